//! Where this machine keeps what it need not read from a repository again.

use crate::cli::Globals;
use crate::environment;
use lifeboat_repository::CacheOptions;
use std::path::PathBuf;

/// The cache that the options and the environment ask for.
pub(crate) fn options(globals: &Globals) -> CacheOptions {
    let directory = match (globals.no_cache, &globals.cache_dir) {
        (true, _) => None,
        (false, Some(directory)) => Some(directory.clone()),
        (false, None) => environment::base_directory("XDG_CACHE_HOME", ".cache"),
    };
    // A machine that is being rescued may have nothing but memory to write to.
    let usual = ["/var/tmp", "/tmp", "/dev/shm"].map(PathBuf::from);
    let temporary = std::iter::once(environment::temporary()).chain(usual).collect();
    CacheOptions { directory, temporary, ..CacheOptions::default() }
}
