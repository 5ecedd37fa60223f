//! What a verb says in the end: what becomes the exit code.

use lifeboat_engine::{EngineError, Problem, ProblemKind};
use lifeboat_repository::{RepositoryError, SlotError};

/// The worst of all that a verb said, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    /// Nothing, and rightly so.
    Nothing,
    /// Damage that costs nothing.
    Mendable,
    /// Nothing, though something is missing.
    Unnoticed,
    Damage,
    WrongPassword,
    NoRepository,
    Tampering,
}

impl Said {
    /// In the table: the exit code, where there is one.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "-",
            Self::Mendable => "mend",
            Self::Unnoticed => "unnoticed",
            Self::Damage => "4",
            Self::WrongPassword => "12",
            Self::NoRepository => "10",
            Self::Tampering => "14",
        }
    }

    pub(crate) fn of_problems(problems: &[Problem]) -> Self {
        let said = |problem: &Problem| match problem.kind {
            ProblemKind::Mendable => Self::Mendable,
            ProblemKind::Damage => Self::Damage,
            ProblemKind::Tampering => Self::Tampering,
            _ => unreachable!("no damage does that: {problem:?}"),
        };
        problems.iter().map(said).max().unwrap_or(Self::Nothing)
    }

    pub(crate) fn of_error(error: &RepositoryError) -> Self {
        match error {
            RepositoryError::WrongKey | RepositoryError::Slot(SlotError::Unread(..)) => Self::WrongPassword,
            RepositoryError::NoRepository(_) | RepositoryError::Foreign(_) => Self::NoRepository,
            RepositoryError::Tampered(_) | RepositoryError::RolledBack { .. } => Self::Tampering,
            error if error.is_damage() => Self::Damage,
            error => unreachable!("no damage does that: {error:?}"),
        }
    }

    pub(crate) fn of_end(error: &EngineError) -> Self {
        match error {
            EngineError::Repository(error) => Self::of_error(error),
            error => unreachable!("no damage does that: {error:?}"),
        }
    }
}
