//! Why a snapshot is not copied: what it is made of is damaged, which ends nothing but this snapshot, or the run cannot go on.

use crate::EngineError;
use crate::content::ContentError;
use lifeboat_repository::RepositoryError;

/// What came between.
pub(super) enum Trouble {
    /// Something that is read is damaged or missing.
    Source(RepositoryError),
    /// The snapshot was forgotten and swept while it was read.
    Gone(RepositoryError),
    /// The run cannot go on.
    Run(EngineError),
}

impl Trouble {
    /// Of the repository that is written to: whatever it is, nothing can be stored there.
    pub(super) fn of_target(error: RepositoryError) -> Self {
        Self::Run(error.into())
    }
}

impl From<RepositoryError> for Trouble {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Swept(_) => Self::Gone(error),
            damage if damage.is_damage() => Self::Source(damage),
            other => Self::Run(other.into()),
        }
    }
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        Self::Run(error)
    }
}

impl From<ContentError<RepositoryError>> for Trouble {
    fn from(error: ContentError<RepositoryError>) -> Self {
        match error {
            ContentError::Source(error) => error.into(),
            ContentError::Run(error) => Self::Run(error),
        }
    }
}

impl From<Trouble> for ContentError<RepositoryError> {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Source(error) | Trouble::Gone(error) => Self::Source(error),
            Trouble::Run(error) => Self::Run(error),
        }
    }
}
