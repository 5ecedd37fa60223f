//! Each single thing that can differ is found, and nothing else with it.

use std::fs::{self, File, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use lifeboat_testkit::{Aspect, Scratch, needs_root, skip, tree_differences};
use rustix::fs::{
    AtFlags, CWD, FallocateFlags, FileType, Gid, IFlags, Mode, Timespec, Timestamps, Uid, XattrFlags,
    chownat, fallocate, ioctl_getflags, ioctl_setflags, lsetxattr, makedev, mknodat, utimensat,
};
use rustix::io::Errno;

const ENTRIES: [&str; 10] = [
    "file",
    "directory/below",
    "directory",
    "symlink",
    "fifo",
    "linked-1",
    "linked-2",
    "linked-3",
    "sparse",
    ".",
];

/// A path, what of it differs, and what makes it differ.
type Change = (&'static str, Aspect, fn(&Path));

fn make(root: &Path) {
    fs::create_dir_all(root.join("directory")).unwrap();
    fs::write(root.join("directory/below"), "x").unwrap();
    fs::write(root.join("file"), "content").unwrap();
    symlink("target", root.join("symlink")).unwrap();
    mknodat(CWD, root.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    fs::write(root.join("linked-1"), "linked").unwrap();
    for name in ["linked-2", "linked-3"] {
        fs::hard_link(root.join("linked-1"), root.join(name)).unwrap();
    }
    let mut sparse = File::create(root.join("sparse")).unwrap();
    sparse.write_all(&[0; 128 << 10]).unwrap();
    sparse.seek(SeekFrom::Start(1 << 20)).unwrap();
    sparse.write_all(b"data after a hole").unwrap();
    set_times(root, 1_000_000_000);
}

fn set_times(root: &Path, tv_sec: i64) {
    for name in ENTRIES {
        set_time(&root.join(name), Timespec { tv_sec, tv_nsec: 5 });
    }
}

fn set_time(path: &Path, time: Timespec) {
    let times = Timestamps { last_access: time, last_modification: time };
    match utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW) {
        // It is what is missing in this case.
        Err(Errno::NOENT) => {}
        set => set.unwrap(),
    }
}

/// Asserts that each change is found as what it is.
fn assert_found(changes: &[Change]) {
    let scratch = Scratch::new();
    let original = scratch.path().join("original");
    make(&original);
    for (number, (path, aspect, change)) in changes.iter().enumerate() {
        let changed = scratch.path().join(number.to_string());
        make(&changed);
        assert_eq!(tree_differences(&original, &changed), []);
        change(&changed);
        if *aspect != Aspect::Mtime {
            set_times(&changed, 1_000_000_000);
        }
        for (first, second) in [(&original, &changed), (&changed, &original)] {
            let found: Vec<_> =
                tree_differences(first, second).into_iter().map(|found| (found.path, found.aspect)).collect();
            assert_eq!(found, [(path.into(), aspect.clone())]);
        }
    }
}

#[test]
fn what_everybody_can_change() {
    assert_found(&[
        ("file", Aspect::Content, |root| fs::write(root.join("file"), "CONTENT").unwrap()),
        ("file", Aspect::Size, |root| fs::write(root.join("file"), "content and more").unwrap()),
        ("file", Aspect::Mode, |root| set_mode(&root.join("file"), 0o4640)),
        (".", Aspect::Mode, |root| set_mode(root, 0o1700)),
        ("file", Aspect::Mtime, |root| {
            set_time(&root.join("file"), Timespec { tv_sec: 1_000_000_000, tv_nsec: 6 });
        }),
        ("symlink", Aspect::Mtime, |root| {
            set_time(&root.join("symlink"), Timespec { tv_sec: -1, tv_nsec: 5 });
        }),
        ("file", Aspect::Presence, |root| fs::remove_file(root.join("file")).unwrap()),
        ("directory", Aspect::Presence, |root| fs::remove_dir_all(root.join("directory")).unwrap()),
        ("symlink", Aspect::LinkTarget, |root| {
            fs::remove_file(root.join("symlink")).unwrap();
            symlink("TARGET", root.join("symlink")).unwrap();
        }),
        ("fifo", Aspect::Kind, |root| {
            fs::remove_file(root.join("fifo")).unwrap();
            mknodat(CWD, root.join("fifo"), FileType::Socket, Mode::from_raw_mode(0o600), 0).unwrap();
        }),
        ("linked-3", Aspect::HardLinks, |root| {
            fs::remove_file(root.join("linked-3")).unwrap();
            fs::write(root.join("linked-3"), "linked").unwrap();
        }),
    ]);
}

#[test]
fn two_groups_of_names_are_not_one() {
    let scratch = Scratch::new();
    let [pairs, other_pairs] = ["pairs", "other-pairs"].map(|name| scratch.path().join(name));
    for (root, second) in [(&pairs, "b"), (&other_pairs, "c")] {
        fs::create_dir(root).unwrap();
        let third = if second == "b" { "c" } else { "b" };
        for (original, link) in [("a", second), (third, "d")] {
            fs::write(root.join(original), "same").unwrap();
            fs::hard_link(root.join(original), root.join(link)).unwrap();
        }
    }
    let differences = tree_differences(&pairs, &other_pairs);
    let found = differences.iter().filter(|difference| difference.aspect == Aspect::HardLinks).count();
    assert_eq!(found, 3, "{differences:?}");
}

#[test]
fn holes() {
    let scratch = Scratch::new();
    let probe = File::create(scratch.path().join("probe")).unwrap();
    probe.set_len(1 << 20).unwrap();
    if rustix::fs::seek(&probe, rustix::fs::SeekFrom::Data(0)) != Err(Errno::NXIO) {
        return skip("this file system does not tell its holes");
    }
    assert_found(&[
        // Zeros that were data become a hole, a hole becomes zeros that are data.
        ("sparse", Aspect::Holes, |root| {
            let file = File::options().write(true).open(root.join("sparse")).unwrap();
            let how = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            fallocate(file, how, 0, 64 << 10).unwrap();
        }),
        ("sparse", Aspect::Holes, |root| {
            let mut file = File::options().write(true).open(root.join("sparse")).unwrap();
            file.seek(SeekFrom::Start(512 << 10)).unwrap();
            file.write_all(&[0; 4096]).unwrap();
        }),
        ("sparse", Aspect::Content, |root| {
            let mut file = File::options().write(true).open(root.join("sparse")).unwrap();
            file.seek(SeekFrom::Start((1 << 20) + 16)).unwrap();
            file.write_all(b"A").unwrap();
        }),
    ]);
}

#[test]
fn attributes_and_flags() {
    let scratch = Scratch::new();
    let probe = scratch.path().join("probe");
    fs::write(&probe, "").unwrap();
    if let Err(errno) = lsetxattr(&probe, "user.probe", b"", XattrFlags::empty()) {
        return skip(&format!("no extended attributes here: {errno}"));
    }
    assert_found(&[
        ("file", Aspect::Xattr("user.x".to_owned()), |root| set_xattr(&root.join("file"), "user.x", b"")),
        ("directory", Aspect::Xattr("user.x\\n".to_owned()), |root| {
            set_xattr(&root.join("directory"), "user.x\n", &[0, 255]);
        }),
    ]);
    if let Err(errno) = set_flag(&probe, IFlags::NODUMP) {
        return skip(&format!("no flags of files here: {errno}"));
    }
    assert_found(&[
        ("file", Aspect::Flags, |root| set_flag(&root.join("file"), IFlags::NODUMP).unwrap()),
        ("directory", Aspect::Flags, |root| set_flag(&root.join("directory"), IFlags::NOATIME).unwrap()),
    ]);
}

#[test]
fn what_root_can_change() {
    if !needs_root() {
        return;
    }
    assert_found(&[
        ("file", Aspect::Owner, |root| {
            chownat(CWD, root.join("file"), Some(Uid::from_raw(1)), None, AtFlags::empty()).unwrap();
        }),
        ("symlink", Aspect::Group, |root| {
            let group = Some(Gid::from_raw(1));
            chownat(CWD, root.join("symlink"), None, group, AtFlags::SYMLINK_NOFOLLOW).unwrap();
        }),
        ("symlink", Aspect::Xattr("trusted.x".to_owned()), |root| {
            set_xattr(&root.join("symlink"), "trusted.x", b"hidden");
        }),
        ("fifo", Aspect::Xattr("security.x".to_owned()), |root| {
            set_xattr(&root.join("fifo"), "security.x", b"label");
        }),
    ]);
    let scratch = Scratch::new();
    for (name, minor) in [("null", 3), ("zero", 5)] {
        fs::create_dir(scratch.path().join(name)).unwrap();
        let device = scratch.path().join(name).join("device");
        let number = makedev(1, minor);
        mknodat(CWD, &device, FileType::CharacterDevice, Mode::from_raw_mode(0o600), number).unwrap();
    }
    let differences = tree_differences(&scratch.path().join("null"), &scratch.path().join("zero"));
    assert!(differences.iter().any(|found| found.aspect == Aspect::Device), "{differences:?}");
}

#[test]
fn a_difference_is_one_line() {
    let scratch = Scratch::new();
    for root in ["one", "other"] {
        fs::create_dir(scratch.path().join(root)).unwrap();
        set_time(&scratch.path().join(root), Timespec { tv_sec: 0, tv_nsec: 0 });
    }
    fs::write(scratch.path().join("other/new\nline"), "").unwrap();
    set_time(&scratch.path().join("other"), Timespec { tv_sec: 0, tv_nsec: 0 });
    let [found] = &tree_differences(&scratch.path().join("one"), &scratch.path().join("other"))[..] else {
        panic!("one file is not one difference");
    };
    assert_eq!(found.to_string(), "new\\nline: Presence: - and there");
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn set_xattr(path: &Path, name: &str, value: &[u8]) {
    lsetxattr(path, name, value, XattrFlags::empty()).unwrap();
}

fn set_flag(path: &Path, flag: IFlags) -> Result<(), Errno> {
    let file = File::open(path).unwrap();
    let flags = ioctl_getflags(&file)?;
    ioctl_setflags(&file, flags | flag)
}
