//! What a sweep removes, and what it must not touch.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lifeboat_backend::{Backend, LocalBackend};
use rustix::fs::{CWD, FileType, FlockOperation, Mode, flock, mknodat};

use super::files_below;
use crate::contract::name;

/// Older than any age at which a temporary is swept.
const DAYS: Duration = Duration::from_secs(5 * 24 * 3600);

fn temporary(number: u32) -> String {
    format!(".tmp-{number:032x}")
}

/// A file that was last written so long ago.
fn write_old(path: &Path, age: Duration) -> File {
    fs::write(path, b"cut off").unwrap();
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let now = file.metadata().unwrap().modified().unwrap();
    file.set_modified(now - age).unwrap();
    file
}

#[test]
fn leftovers_are_removed_wherever_objects_can_be() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    assert_eq!(backend.sweep().unwrap(), 0);
    backend.put(&name("a/b/c/d"), b"bytes").unwrap();
    backend.put(&name("config"), b"bytes").unwrap();
    for folder in ["", "a", "a/b", "a/b/c"] {
        for number in 0..3 {
            write_old(&directory.path().join(folder).join(temporary(number)), DAYS);
        }
    }
    assert_eq!(backend.sweep().unwrap(), 12);
    assert_eq!(files_below(directory.path()), [Path::new("a/b/c/d"), Path::new("config")]);
    assert_eq!(backend.sweep().unwrap(), 0);
}

#[test]
fn what_is_young_or_locked_may_still_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    let path = |number| directory.path().join(temporary(number));
    write_old(&path(1), Duration::ZERO);
    write_old(&path(2), Duration::from_secs(1800));
    let locked = write_old(&path(3), DAYS);
    flock(&locked, FlockOperation::LockExclusive).unwrap();
    let future = write_old(&path(4), Duration::ZERO);
    future.set_modified(fs::metadata(path(1)).unwrap().modified().unwrap() + DAYS).unwrap();
    // To be asked does not make them younger.
    for _ in 0..3 {
        assert_eq!(backend.sweep().unwrap(), 0);
    }
    assert_eq!(files_below(directory.path()).len(), 4);
    drop(locked);
    assert_eq!(backend.sweep().unwrap(), 1);
    assert!(!path(3).exists());
}

#[test]
fn nothing_but_temporaries_is_touched() {
    let directory = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    let there = |name: &str| directory.path().join(name);
    for foreign in [".tmp-", ".tmp-0123", ".temporary", "object", ".tmp-0123456789ABCDEF0123456789ABCDEF"] {
        write_old(&there(foreign), DAYS);
    }
    for folder in [".hidden", "lost+found", "1/2/3/4", &temporary(1)] {
        fs::create_dir_all(there(folder)).unwrap();
        write_old(&there(folder).join(temporary(2)), DAYS);
    }
    write_old(&outside.path().join(temporary(3)), DAYS);
    symlink(outside.path(), there("linked")).unwrap();
    symlink(outside.path().join(temporary(3)), there(&temporary(3))).unwrap();
    mknodat(CWD, there(&temporary(4)), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let before = files_below(directory.path());
    assert_eq!(backend.sweep().unwrap(), 0);
    assert_eq!(files_below(directory.path()), before);
    assert_eq!(files_below(outside.path()), [PathBuf::from(temporary(3))]);
}
