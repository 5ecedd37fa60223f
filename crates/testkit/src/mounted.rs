//! File systems that a test mounts for itself.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::must::must;
use crate::{needs, needs_root, skip};

/// Length of a file that holds a file system, in bytes: the smallest in use takes half of it. Nearly all is a hole.
const IMAGE_LEN: u64 = 256 << 20;

/// A mount, which ends when this is dropped.
#[derive(Debug)]
pub struct Mounted(PathBuf);

impl Mounted {
    /// A file system in memory at an existing directory; none where that is not allowed.
    pub fn memory(at: &Path) -> Option<Self> {
        Self::memory_of(4, at)
    }

    /// A file system in memory that holds so many mebibytes; none where that is not allowed.
    pub fn memory_of(mebibytes: u32, at: &Path) -> Option<Self> {
        Self::mount(&["-t", "tmpfs", "-o", &format!("size={mebibytes}m,mode=0755"), "tmpfs"], at)
    }

    /// A file system in memory that knows no extended attributes, file flags or holes; none where that is not allowed.
    pub fn bare_memory(at: &Path) -> Option<Self> {
        Self::mount(&["-t", "ramfs", "-o", "mode=0755", "ramfs"], at)
    }

    /// What `mkfs`, a program with its options, makes of a new file beside an existing directory, mounted there as
    /// `kind`; none where that is not allowed or known.
    pub fn made(mkfs: &[&str], kind: &str, at: &Path) -> Option<Self> {
        let (program, options) = mkfs.split_first()?;
        if !needs_root() || !needs(program) {
            return None;
        }
        let image = at.with_extension("image");
        must(File::create_new(&image).and_then(|file| file.set_len(IMAGE_LEN)), "create", &image);
        let made = must(Command::new(program).args(options).arg(&image).output(), "format", &image);
        let complaints = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{} cannot be formatted: {complaints}", image.display());
        Self::mount(&["-t", kind, "-o", "loop", image.to_str()?], at)
    }

    /// What [`Mounted::made`] has made for this directory once more, after it was unmounted.
    pub fn again(kind: &str, at: &Path) -> Option<Self> {
        Self::mount(&["-t", kind, "-o", "loop", at.with_extension("image").to_str()?], at)
    }

    /// Sets other options for what is mounted; says whether the system did, which does not while files are written.
    pub fn remount(&self, options: &str) -> bool {
        let options = format!("remount,{options}");
        must(Command::new("mount").args(["-o", &options]).arg(&self.0).status(), "remount", &self.0).success()
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
