//! Why a repository could not do what was asked.
//!
//! Invariant: errors of the storage and errors of the source are different types all the way up; a full repository
//! can never be mistaken for an unreadable file.

use crate::SlotError;
use lifeboat_backend::BackendError;
use lifeboat_format::{FormatError, ObjectHash, SnapshotId};
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// What went wrong, naming the object.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// The storage failed.
    #[error("the storage failed")]
    Backend(#[from] BackendError),
    /// There is no repository.
    #[error("no repository at {0}")]
    NoRepository(String),
    /// Something else lies there.
    #[error("{0} is not a lifeboat repository")]
    Foreign(String),
    /// A repository that was to help has other keys.
    #[error("{0} has other keys, so nothing in it has the name that it has here")]
    OtherKeys(String),
    /// There is a repository already.
    #[error("a repository exists already at {0}")]
    Exists(String),
    /// Something else lies where the repository was to be made.
    #[error("{0} is neither empty nor a repository")]
    NotEmpty(String),
    /// An `init` began here and did not end, or has not ended yet.
    #[error("an init of {0} was interrupted, or is still under way")]
    Unfinished(String),
    /// No key slot opens.
    #[error("wrong password or no matching key slot")]
    WrongKey,
    /// A stored object is not what it should be.
    #[error("{object} is damaged")]
    Damaged {
        /// Name of the object, or of what it holds.
        object: String,
        /// What is wrong with it.
        source: FormatError,
    },
    /// Something that must be there is not.
    #[error("{0} is missing")]
    Missing(String),
    /// A signature, a name or the history does not fit: not an accident.
    #[error("the log is not to be trusted: {0}")]
    Tampered(String),
    /// Less history than this machine knew.
    #[error(
        "the log is not to be trusted: entry {entry} was there when this machine last looked, and is gone"
    )]
    RolledBack {
        /// What is gone.
        entry: ObjectHash,
        /// The file that remembers it.
        remembered: PathBuf,
    },
    /// Nobody wants a snapshot any more, and something that it needs is gone.
    #[error("snapshot {} was forgotten, and swept meanwhile", .0.short())]
    Swept(SnapshotId),
    /// What was relied on was condemned again and again.
    #[error("prunes came between again and again")]
    Overtaken,
    /// Written by a later version of this program.
    #[error("{object} needs a newer version of this program")]
    Newer {
        /// Name of the object.
        object: String,
        /// What is new.
        source: FormatError,
    },
    /// The index can nowhere be kept on this machine while it is used.
    #[error("cannot keep the index of the repository in {place}")]
    Cache {
        /// The directory.
        place: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// What this machine remembers of the evidence that it wrote cannot be read.
    #[error("cannot read which evidence this machine wrote from {}", place.display())]
    State {
        /// The file.
        place: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// Key slots are not changed, or cannot be read.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The system does not tell which process this is.
    #[error("cannot tell which process this is")]
    Process(#[source] io::Error),
    /// What was to be stored could not be made.
    #[error("cannot make what is to be stored")]
    Produce(#[from] FormatError),
}

impl RepositoryError {
    /// The error of reading `object`: damage, or a newer format.
    #[must_use]
    pub fn reading(object: &impl ToString, source: FormatError) -> Self {
        let object = object.to_string();
        match source {
            FormatError::Newer(_) => Self::Newer { object, source },
            FormatError::WrongKey => Self::WrongKey,
            _ => Self::Damaged { object, source },
        }
    }

    /// Whether stored data is not what it should be.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Missing(_) => true,
            Self::Backend(error) => error.is_damaged(),
            _ => false,
        }
    }

    /// Whether the storage does not answer at all, rather than refuse one object.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Backend(error) if error.is_retryable())
    }

    /// Whether the storage or the disk under it is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Backend(error) if error.is_full())
    }
}
