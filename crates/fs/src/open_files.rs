//! How many files this process may have open: a walk holds one directory open per level.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of open files as far as this process may, and gives the limit that holds then, none when there
/// is no limit.
///
/// The usual soft limit of 1 024 is an old courtesy to programs that cannot count further.
pub fn raise_open_files() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    if raised.is_ok() { maximum } else { current }
}
