//! File systems that a test mounts for itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::must::must;
use crate::{needs, needs_root, skip};

/// A mount, which ends when this is dropped.
#[derive(Debug)]
pub struct Mounted(PathBuf);

impl Mounted {
    /// A file system in memory at an existing directory; none where that is not allowed.
    pub fn memory(at: &Path) -> Option<Self> {
        Self::mount(&["-t", "tmpfs", "-o", "size=4m,mode=0755", "tmpfs"], at)
    }

    /// A file or directory once more at another, existing one; none where that is not allowed.
    pub fn bind(from: &Path, at: &Path) -> Option<Self> {
        Self::mount(&["--bind", from.to_str()?], at)
    }

    fn mount(arguments: &[&str], at: &Path) -> Option<Self> {
        if !needs_root() || !needs("mount") {
            return None;
        }
        let status = must(Command::new("mount").args(arguments).arg(at).status(), "mount at", at);
        if !status.success() {
            skip("file systems cannot be mounted here");
        }
        status.success().then(|| Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let status = must(Command::new("umount").arg("-l").arg(&self.0).status(), "unmount", &self.0);
        assert!(status.success(), "{} stays mounted", self.0.display());
    }
}
