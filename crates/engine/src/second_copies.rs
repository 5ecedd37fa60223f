//! What is said about control objects of which one copy is not what it should be: nothing is lost by it.

use crate::{Problem, ProblemKind, cause_of};
use lifeboat_repository::{CopyFault, Repository, RepositoryError};

/// Control objects in whose place a second copy was used since this was asked last, each told once.
#[must_use]
pub fn replaced_objects(repository: &Repository) -> Vec<Problem> {
    let used = |fault: &CopyFault| {
        let state = match &fault.error {
            RepositoryError::Missing(_) => "missing",
            RepositoryError::Backend(_) => "not readable",
            _ => "damaged",
        };
        let object = &fault.object;
        format!("{object} is {state}; its second copy was used: lifeboat verify tells more")
    };
    repository.take_replaced().iter().map(|fault| problem(fault, used(fault))).collect()
}

/// A copy that is not what it should be, as `verify` names it.
pub(crate) fn copy_problem(fault: &CopyFault) -> Problem {
    let cause = match &fault.error {
        RepositoryError::Missing(_) => "missing, its other copy is sound".to_owned(),
        RepositoryError::Damaged { source, .. } => format!("damaged, its other copy is sound: {source}"),
        error => cause_of(error),
    };
    problem(fault, cause)
}

fn problem(fault: &CopyFault, cause: String) -> Problem {
    Problem { kind: ProblemKind::Mendable, path: fault.object.clone().into(), cause }
}
