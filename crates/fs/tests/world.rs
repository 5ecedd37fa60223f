//! What the tests stand on: scratch directories, privileges, and parts of the system that may be absent.

use lifeboat_format::{Node, NodeKind, Timestamp, Xattr, XattrValue};
use lifeboat_fs::{SourceDir, Target, TargetDir};
use rustix::fs::{CWD, FileType, Mode, XattrFlags, lsetxattr, mknodat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A scratch directory with a directory `from` to read and a path `to`, which does not exist yet.
pub(crate) struct World {
    pub(crate) scratch: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let scratch = TempDir::new().unwrap();
        std::fs::create_dir(scratch.path().join("from")).unwrap();
        Self { scratch }
    }

    pub(crate) fn from(&self) -> PathBuf {
        self.scratch.path().join("from")
    }

    pub(crate) fn to(&self) -> PathBuf {
        self.scratch.path().join("to")
    }

    /// A path in `from`, of any bytes.
    pub(crate) fn entry(&self, name: &[u8]) -> PathBuf {
        self.from().join(OsStr::from_bytes(name))
    }

    pub(crate) fn source(&self) -> SourceDir {
        SourceDir::open(&self.from()).unwrap()
    }

    pub(crate) fn target(&self) -> TargetDir {
        Target::create(&self.to()).unwrap()
    }
}

/// A node with an ordinary mode and time that belongs to whoever runs the test.
pub(crate) fn node(name: &[u8], kind: NodeKind) -> Node {
    Node {
        name: name.to_vec(),
        kind,
        mode: 0o640,
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        mtime: Timestamp { seconds: 1_500_000_000, nanoseconds: 123_456_789 },
        ..Node::default()
    }
}

pub(crate) fn xattr(name: &str, value: &[u8]) -> Xattr {
    Xattr { name: name.as_bytes().to_vec(), value: XattrValue::Inline(value.to_vec()) }
}

/// Whether this is root; tells why a part is skipped where it is not.
pub(crate) fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("SKIPPED test: needs root");
    }
    root
}

/// Says that a part of the system is absent. Root in CI has to have them all.
#[expect(clippy::disallowed_methods, reason = "whether this is CI is known from the environment only")]
pub(crate) fn absent(reason: &str) {
    let ci = std::env::var_os("CI").is_some();
    assert!(!(ci && rustix::process::geteuid().is_root()), "absent although this is CI: {reason}");
    println!("SKIPPED test: {reason}");
}

/// Sets an attribute on a path, itself; false where the file system or the privileges do not allow that.
pub(crate) fn put_xattr(path: &Path, xattr: &Xattr) -> bool {
    let XattrValue::Inline(value) = &xattr.value else { panic!("no blobs here") };
    match lsetxattr(path, xattr.name.as_slice(), value, XattrFlags::empty()) {
        Ok(()) => true,
        Err(Errno::OPNOTSUPP | Errno::PERM) => {
            absent(&format!("no {} here", xattr.name.escape_ascii()));
            false
        }
        Err(errno) => panic!("{}: {errno}", path.display()),
    }
}

/// Makes a pipe, socket or device; false where devices are not allowed.
pub(crate) fn put_special(path: &Path, kind: FileType, number: u64) -> bool {
    match mknodat(CWD, path, kind, Mode::from_raw_mode(0o640), number) {
        Ok(()) => true,
        Err(Errno::PERM) => {
            absent("devices cannot be made here");
            false
        }
        Err(errno) => panic!("{}: {errno}", path.display()),
    }
}
