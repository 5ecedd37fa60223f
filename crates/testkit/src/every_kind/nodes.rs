//! Entries of every kind, size, mode and owner.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Uid, chownat, makedev, mknodat};
use rustix::process::geteuid;

use super::Refusals;
use crate::Random;
use crate::must::must;

/// Around inline contents, the least, average and largest chunk, and more pieces than a node holds.
const SIZES: [usize; 18] = [
    0,
    1,
    127,
    128,
    129,
    65_535,
    65_536,
    65_537,
    131_071,
    131_072,
    131_073,
    393_215,
    393_216,
    393_217,
    1 << 20,
    (4 << 20) - 1,
    9 << 20,
    (17 << 20) + 5,
];
/// Owners that do not exist here: ordinary, and beyond what a signed number holds.
const OWNERS: [(u32, u32); 3] = [(12_345, 54_321), (0, 4_000_000_001), (3_000_000_000, 100)];
const DIRECTORY_MODES: [u32; 6] = [0o500, 0o555, 0o700, 0o1777, 0o2750, 0o3775];

pub(super) fn make_sizes(directory: &Path, random: &mut Random) {
    for size in SIZES {
        for (kind, content) in [("random", random.bytes(size)), ("text", random.text(size))] {
            let path = directory.join(format!("{kind}-{size}"));
            must(fs::write(&path, content), "write", &path);
        }
    }
    // The same content twice, and a run of zeros that is data.
    for (name, content) in [("twin", random.bytes(200_000)), ("zeros", vec![0; 1 << 20])] {
        for number in 0..2 {
            let path = directory.join(format!("{name}-{number}"));
            must(fs::write(&path, &content), "write", &path);
        }
    }
}

/// Many files in one directory. Most are empty: a disk takes minutes to free as many blocks.
pub(super) fn make_many(directory: &Path, count: usize, random: &mut Random) {
    for number in 0..count {
        let path = directory.join(format!("{number:06}-{:04x}", random.below(1 << 16)));
        let size = match number % 100 {
            0 => 1_000,
            1..10 => random.index(100),
            _ => 0,
        };
        must(fs::write(&path, random.text(size)), "write", &path);
    }
}

/// Links in circles, to nowhere, to odd names, and as long as they can be.
pub(super) fn make_symlinks(directory: &Path) {
    let longest = "x/".repeat(2_047) + "y";
    let targets = [
        ("to-itself", "to-itself"),
        ("circle-1", "circle-2"),
        ("circle-2", "circle-1"),
        ("up", ".."),
        ("dangling", "no/such place\n"),
        ("absolute", "/"),
        ("longest", longest.as_str()),
    ];
    for (name, target) in targets {
        let path = directory.join(name);
        must(symlink(target, &path), "link", &path);
    }
}

/// Directories with odd modes, empty and not. What their owner could not enter can be filled and read by root only.
pub(super) fn make_modes(directory: &Path, random: &mut Random) {
    let locked: &[u32] = if geteuid().is_root() { &[0o000, 0o111, 0o666, 0o7777] } else { &[] };
    for mode in DIRECTORY_MODES.iter().chain(locked) {
        for name in [format!("full-{mode:04o}"), format!("empty-{mode:04o}")] {
            let path = directory.join(&name);
            must(DirBuilder::new().mode(0o700).create(&path), "create", &path);
            if name.starts_with("full") {
                must(fs::write(path.join("file"), random.text(300)), "fill", &path);
            }
            must(fs::set_permissions(&path, Permissions::from_mode(*mode)), "set the mode of", &path);
        }
    }
}

/// Pipes and sockets for everybody, devices as root.
pub(super) fn make_devices(directory: &Path, refusals: &mut Refusals) {
    let nodes = [
        ("fifo", FileType::Fifo, (0, 0), 0o622),
        ("socket", FileType::Socket, (0, 0), 0o700),
        ("null", FileType::CharacterDevice, (1, 3), 0o666),
        ("large-numbers", FileType::CharacterDevice, (4_095, 1_048_575), 0o600),
        ("loop", FileType::BlockDevice, (7, 70_000), 0o660),
        ("zero-numbers", FileType::BlockDevice, (0, 1), 0o640),
    ];
    for (name, kind, (major, minor), mode) in nodes {
        let path = directory.join(name);
        let made = mknodat(CWD, &path, kind, Mode::from_raw_mode(0o600), makedev(major, minor));
        if refusals.accept("devices", made, &path) {
            must(fs::set_permissions(&path, Permissions::from_mode(mode)), "set the mode of", &path);
        }
    }
}

/// Things that belong to others, some of which would lend the rights of their owner.
pub(super) fn make_owners(directory: &Path, random: &mut Random, refusals: &mut Refusals) {
    for (number, (uid, gid)) in OWNERS.into_iter().enumerate() {
        for mode in [0o600, 0o644, 0o4755, 0o2755, 0o6711] {
            let path = directory.join(format!("file-{number}-{mode:04o}"));
            must(fs::write(&path, random.text(400)), "write", &path);
            own(&path, uid, gid, refusals);
            must(fs::set_permissions(&path, Permissions::from_mode(mode)), "set the mode of", &path);
        }
        let path = directory.join(format!("directory-{number}"));
        must(fs::create_dir(&path), "create", &path);
        own(&path, uid, gid, refusals);
        must(fs::set_permissions(&path, Permissions::from_mode(0o2755)), "set the mode of", &path);
        let link = directory.join(format!("symlink-{number}"));
        must(symlink("file", &link), "link", &link);
        own(&link, uid, gid, refusals);
    }
}

/// Gives an entry itself, and not what it points to, to others.
fn own(path: &Path, uid: u32, gid: u32, refusals: &mut Refusals) {
    let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
    let owned = chownat(CWD, path, uid, gid, AtFlags::SYMLINK_NOFOLLOW);
    refusals.accept("foreign owners", owned, path);
}
