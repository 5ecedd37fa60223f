//! What the problems of a run mean for the exit code.

use crate::exit::{Code, Failure};
use crate::report::Work;
use lifeboat_engine::{Problem, ProblemKind};

/// Succeeds when the problems, all told by now, do not matter; the worst of them decides otherwise.
pub(super) fn of(problems: &[Problem], work: Work) -> Result<(), Failure> {
    let of_code = |code| problems.iter().filter(move |problem| code_of(problem.kind, work) == Some(code));
    for code in [Code::Tampering, Code::Damage, Code::Partial] {
        if let number @ 1.. = of_code(code).count() {
            let (cause, hint) = match of_code(code).all(|problem| problem.kind == ProblemKind::Mendable) {
                true => mendable(number),
                false => words(code, work, number),
            };
            return Err(Failure::new(code, anyhow::Error::msg(cause), hint));
        }
    }
    Ok(())
}

fn code_of(kind: ProblemKind, work: Work) -> Option<Code> {
    match kind {
        // Whoever looks for damage has found some; whoever reads got what was stored.
        ProblemKind::Mendable => work.looks_for_damage().then_some(Code::Damage),
        // What changed while it was read is saved, and will be saved again; what was not left out is saved too.
        ProblemKind::Unsteady | ProblemKind::Unfiltered => None,
        ProblemKind::NotSet | ProblemKind::Unread | ProblemKind::MissingSource | ProblemKind::NotWritten => {
            Some(Code::Partial)
        }
        ProblemKind::Damage => Some(Code::Damage),
        ProblemKind::Tampering => Some(Code::Tampering),
    }
}

fn mendable(number: usize) -> (String, &'static str) {
    let problems = crate::amount::of(number as u64, "problem");
    (
        format!("the repository is damaged, but all of it can be mended: {problems}"),
        "nothing is lost yet, every file comes back; make it whole again: lifeboat repair",
    )
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
            "mend what can be mended: lifeboat repair; bring back what is sound: lifeboat restore SNAP --target DIR",
        ),
        (Code::Damage, Work::Repair) => (
            format!("not all that is damaged can be mended: {problems}"),
            "what the source still has is stored again by the next one: lifeboat backup PATH...; forget snapshots whose files are named, or restore what is sound of them",
        ),
        (Code::Damage, Work::Copy) => (
            format!("what is damaged was not copied: {problems}"),
            "mend what can be mended and copy again: lifeboat repair",
        ),
        (Code::Damage, Work::Scrub) => (
            format!("the repository is damaged, which files lose by it only a key can tell: {problems}"),
            "find out, with the password: lifeboat verify --read-data",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn code(kinds: &[ProblemKind], work: Work) -> Option<Code> {
        let problem = |kind: &ProblemKind| Problem { kind: *kind, path: "x".into(), cause: String::new() };
        of(&kinds.iter().map(problem).collect::<Vec<_>>(), work).err().map(|failure| failure.code)
    }

    #[test]
    fn what_can_be_mended_is_damage_only_to_whoever_looks_for_it() {
        let mendable = [ProblemKind::Mendable];
        assert_eq!([Work::Verify, Work::Scrub].map(|work| code(&mendable, work)), [Some(Code::Damage); 2]);
        assert_eq!([Work::Backup, Work::List, Work::Restore].map(|work| code(&mendable, work)), [None; 3]);
        let worse = [ProblemKind::Mendable, ProblemKind::Damage];
        assert_eq!(code(&worse, Work::Restore), Some(Code::Damage));
    }
}
