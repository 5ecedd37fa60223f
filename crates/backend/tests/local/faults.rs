//! Disks that are full and directories that may not be read or written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use lifeboat_backend::{Backend, LocalBackend};
use rustix::process::geteuid;
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use tempfile::TempDir;

use super::files_below;
use crate::contract::name;

/// A file system of one mebibyte, unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where it may not be mounted.
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs"]).arg(directory.path());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(directory))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "the small disk stays mounted");
    }
}

/// Runs `act` in a thread to which permissions apply, even where the tests run as root.
fn without_privileges(act: impl FnOnce() + Send) {
    let unprivileged = || {
        let mut sets = capabilities(None).expect("the capabilities of this thread");
        sets.effective = CapabilitySet::empty();
        set_capabilities(None, sets).expect("giving up is always allowed");
        act();
    };
    std::thread::scope(|scope| scope.spawn(unprivileged).join().expect("the body of the test"));
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a file of the test");
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    if !geteuid().is_root() {
        return println!("SKIPPED a_full_disk_leaves_nothing_behind: only root mounts");
    }
    let Some(disk) = SmallDisk::mount() else {
        return println!("SKIPPED a_full_disk_leaves_nothing_behind: mounting is not allowed here");
    };
    let backend = LocalBackend::open(disk.0.path()).unwrap();
    let (small, large) = (vec![1; 300 << 10], vec![2; 2 << 20]);
    backend.put(&name("packs/ab/small"), &small).unwrap();
    for _ in 0..3 {
        let error = backend.put(&name("packs/ab/large"), &large).unwrap_err();
        assert!(error.is_full() && !error.is_retryable(), "{error}");
    }
    assert_eq!(files_below(disk.0.path()), [Path::new("packs/ab/small")]);
    // The failed attempts have given their space back.
    backend.put(&name("packs/ab/another"), &small).unwrap();
    assert_eq!(backend.get(&name("packs/ab/small"), 1 << 20).unwrap(), small);
    assert!(backend.get(&name("packs/ab/large"), 1 << 30).unwrap_err().is_not_found());
}

#[test]
fn a_directory_that_may_not_be_written_is_denied() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    backend.put(&name("config"), b"bytes").unwrap();
    set_mode(directory.path(), 0o500);
    without_privileges(|| {
        assert!(backend.put(&name("packs/ab/1"), b"bytes").unwrap_err().is_denied());
        assert!(backend.put(&name("second"), b"bytes").unwrap_err().is_denied());
        assert!(backend.delete(&name("config")).unwrap_err().is_denied());
        assert!(LocalBackend::create(&directory.path().join("new")).unwrap_err().is_denied());
    });
    assert_eq!(files_below(directory.path()), [Path::new("config")]);
    set_mode(directory.path(), 0o700);
}

#[test]
fn a_folder_that_cannot_be_read_is_not_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    backend.put(&name("log/1/a"), b"bytes").unwrap();
    for (folder, prefixes) in
        [("log", &["", "log/", "log/1/"][..]), ("log/1", &["", "log/", "log/1/"]), ("", &[""])]
    {
        // Neither readable nor searchable, only searchable, only readable.
        for mode in [0o000, 0o100, 0o400] {
            set_mode(&directory.path().join(folder), mode);
            without_privileges(|| {
                for prefix in prefixes {
                    let error = backend.list(prefix, &mut |_| ()).unwrap_err();
                    assert!(error.is_denied(), "{prefix:?} with mode {mode:o} of {folder:?}: {error}");
                }
            });
            set_mode(&directory.path().join(folder), 0o700);
        }
    }
}

#[test]
fn an_object_that_cannot_be_read_is_denied_not_absent() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    let config = name("config");
    backend.put(&config, b"bytes").unwrap();
    set_mode(&directory.path().join("config"), 0);
    without_privileges(|| {
        assert!(backend.get(&config, 100).unwrap_err().is_denied());
        assert!(backend.get_range(&config, 0, &mut [0]).unwrap_err().is_denied());
        assert!(backend.put(&config, b"bytes").unwrap_err().is_denied());
        assert_eq!(backend.stat(&config).unwrap().size, 5);
    });
}
