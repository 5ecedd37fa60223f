//! Why a drill could not be carried out, which says nothing of what is stored.

use crate::sandbox::SandboxError;
use lifeboat_engine::EngineError;
use lifeboat_repository::RepositoryError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// What ended a drill.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DrillError {
    /// The repository, or a verb that the drill consists of.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The place where files were to be written.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// Something that a plan may ask for is not built yet.
    #[error("this version cannot do what the plan asks for: {0}")]
    NotYet(&'static str),
    /// A copy of what was restored could not be made, or not be spoilt.
    #[error("cannot use {path} in the sandbox: {error}", path = path.display())]
    Scratch {
        /// The copy.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Threads could not be started.
    #[error("cannot start threads: {0}")]
    Threads(io::Error),
}

impl From<RepositoryError> for DrillError {
    fn from(error: RepositoryError) -> Self {
        Self::Engine(error.into())
    }
}

impl DrillError {
    /// Whether stored data is not what it should be.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Engine(EngineError::Repository(error)) if error.is_damage())
    }

    /// Whether it was refused before anything was done.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Sandbox(SandboxError::Refused { .. }) | Self::NotYet(_))
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Engine(EngineError::Interrupted))
    }
}
