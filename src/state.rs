//! Where this machine keeps what it alone knows: what it wrote, so that it notices when that is taken away.

use crate::cli::Globals;
use crate::environment;
use lifeboat_repository::{OwnChain, Repository};
use std::path::PathBuf;

/// The chain of evidence that this machine writes in a repository.
pub(crate) fn own_chain(globals: &Globals, repository: &Repository) -> OwnChain {
    OwnChain::new(directory(globals).as_deref(), repository.config().repository)
}

/// The directory that the options and the environment ask for; none for those who have no home.
fn directory(globals: &Globals) -> Option<PathBuf> {
    globals.state_dir.clone().or_else(|| environment::base_directory("XDG_STATE_HOME", ".local/state"))
}
