//! The unprivileged half of a test that runs as root.

use std::path::Path;
use std::thread;

use rustix::fs::{Gid, Uid, chown};
use rustix::process::geteuid;
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::must::must;

/// User and group of whom [`without_root`] runs as, when started by root.
pub const NOBODY: u32 = 65_534;

/// Runs `body` in a thread that has given up its privileges, or as it is where there are none; `owned`, but not what
/// is in it, is given to that user first.
pub fn without_root<T: Send>(owned: &[&Path], body: impl FnOnce() -> T + Send) -> T {
    if !geteuid().is_root() {
        return body();
    }
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    for path in owned {
        must(chown(*path, Some(uid), Some(gid)), "give away", path);
    }
    let demoted = || {
        let given_up = set_thread_groups(&[])
            .and_then(|()| set_thread_res_gid(gid, gid, gid))
            .and_then(|()| set_thread_res_uid(uid, uid, uid));
        must(given_up, "give up root in", Path::new("a thread"));
        body()
    };
    let ended = thread::scope(|scope| scope.spawn(demoted).join());
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
