//! What is told of replicas: whoever reads got what was stored, and should know that it is lost where it ought to be.

use crate::{Problem, ProblemKind, cause_of};
use lifeboat_repository::{ReplicaHelp, Repository};

/// What was read from replicas since this was asked last, as problems, and what is to be noted of those that were of no help.
#[must_use]
pub fn replica_help(repository: &Repository) -> (Vec<Problem>, Vec<String>) {
    let (mut problems, mut notes) = (Vec::new(), Vec::new());
    for ReplicaHelp { location, blobs, trouble } in repository.take_help() {
        if blobs > 0 {
            let cause = format!(
                "blobs that are lost here and were read from the replica at {location}: {blobs}; bring them back: lifeboat repair"
            );
            problems.push(Problem { kind: ProblemKind::Mendable, path: "packs".into(), cause });
        }
        if let Some(error) = trouble {
            notes.push(format!("the replica at {location} was of no help: {}", cause_of(&error)));
        }
    }
    (problems, notes)
}
