//! What the problems of a run mean for the exit code.

use crate::exit::{Code, Failure};
use crate::report::Work;
use lifeboat_engine::{Problem, ProblemKind};

/// Succeeds when the problems, all told by now, do not matter; the worst of them decides otherwise.
pub(super) fn of(problems: &[Problem], work: Work) -> Result<(), Failure> {
    let count = |code| problems.iter().filter(|problem| code_of(problem.kind) == Some(code)).count();
    for code in [Code::Tampering, Code::Damage, Code::Partial] {
        if let number @ 1.. = count(code) {
            let (cause, hint) = words(code, work, number);
            return Err(Failure::new(code, anyhow::Error::msg(cause), hint));
        }
    }
    Ok(())
}

fn code_of(kind: ProblemKind) -> Option<Code> {
    match kind {
        // What changed while it was read is saved, and will be saved again; what was not left out is saved too.
        ProblemKind::Unsteady | ProblemKind::Unfiltered => None,
        ProblemKind::NotSet | ProblemKind::Unread | ProblemKind::MissingSource | ProblemKind::NotWritten => {
            Some(Code::Partial)
        }
        ProblemKind::Damage => Some(Code::Damage),
        ProblemKind::Tampering => Some(Code::Tampering),
    }
}

fn words(code: Code, work: Work, number: usize) -> (String, &'static str) {
    let problems = crate::amount::of(number as u64, "problem");
    match (code, work) {
        (Code::Tampering, _) => (
            format!("the repository is not to be trusted: {problems}"),
            "write nothing to it, and compare it with another copy",
        ),
        (Code::Damage, Work::Verify) => (
            format!("the repository is damaged: {problems}"),
            "bring back what is sound, damaged files are named: lifeboat restore SNAP --target DIR",
        ),
        (Code::Damage, _) => (
            format!("stored data is damaged: {problems}"),
            "see how far the damage goes: lifeboat verify --read-data",
        ),
        (_, Work::Backup) => (
            format!("not everything could be saved: {problems}"),
            "mend what is named above and run the same command again",
        ),
        _ => (
            format!("not everything could be restored as it was: {problems}"),
            "mend what is named above and run the same command again",
        ),
    }
}
