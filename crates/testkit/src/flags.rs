//! File flags, as `chattr` sets them.

use std::path::Path;
use std::process::Command;

use crate::must::must;
use crate::{needs, skip};

/// Sets file flags, such as `+d`; prints why the test is skipped and returns false where that does not work.
pub fn chattr(flags: &str, path: &Path) -> bool {
    if !needs("chattr") {
        return false;
    }
    let set = must(Command::new("chattr").arg(flags).arg(path).status(), "flag", path).success();
    if !set {
        skip("the file system has no such flags");
    }
    set
}
