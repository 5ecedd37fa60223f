//! The entries that backup tools get wrong: names, modes, links, special files, extended attributes.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, XattrFlags};
use rustix::io::Errno;

use crate::Random;
use crate::must::must;

const FILE_MODES: [u32; 7] = [0o600, 0o444, 0o400, 0o666, 0o755, 0o2755, 0o4755];
const DIRECTORY_MODES: [u32; 4] = [0o700, 0o711, 0o1777, 0o2775];

/// Creates `directory` and in it one of everything odd.
pub(crate) fn make_odd_entries(directory: &Path, random: &mut Random) {
    must(fs::create_dir(directory), "create", directory);
    make_names(directory, random);
    make_modes(directory, random);
    make_links(directory, random);
    make_specials(directory);
    make_xattrs(directory, random);
}

fn make_names(directory: &Path, random: &mut Random) {
    let names: [&[u8]; 12] = [
        b"new\nline",
        b"invalid \xff\xfe utf-8",
        &[b'n'; 255],
        b"-rf",
        b"--help",
        b" leading and trailing ",
        b"back\\slash",
        b"star * question ? [bracket]",
        b"quote ' and \" and $HOME",
        b"composed \xc3\xa9",
        b"composed e\xcc\x81",
        b"...",
    ];
    for name in names {
        let path = directory.join(OsStr::from_bytes(name));
        must(fs::write(&path, random.text(200)), "write", &path);
    }
    let nested = directory.join(OsStr::from_bytes(b"directory \xff\n"));
    must(fs::create_dir(&nested), "create", &nested);
    let inside = nested.join("inside");
    must(fs::write(&inside, random.bytes(5000)), "write", &inside);
}

fn make_modes(directory: &Path, random: &mut Random) {
    for mode in FILE_MODES {
        make_file_with_mode(directory, mode, random);
    }
    if rustix::process::geteuid().is_root() {
        // Nobody else could read it back.
        make_file_with_mode(directory, 0o000, random);
    }
    for mode in DIRECTORY_MODES {
        let path = directory.join(format!("directory-mode-{mode:04o}"));
        must(fs::create_dir(&path), "create", &path);
        must(fs::set_permissions(&path, Permissions::from_mode(mode)), "set the mode of", &path);
    }
}

fn make_file_with_mode(directory: &Path, mode: u32, random: &mut Random) {
    let path = directory.join(format!("mode-{mode:04o}"));
    must(fs::write(&path, random.text(300)), "write", &path);
    must(fs::set_permissions(&path, Permissions::from_mode(mode)), "set the mode of", &path);
}

fn make_links(directory: &Path, random: &mut Random) {
    let original = directory.join("hard-link-0");
    must(fs::write(&original, random.bytes(70_000)), "write", &original);
    let elsewhere = directory.join("hard-links");
    must(fs::create_dir(&elsewhere), "create", &elsewhere);
    for link in [directory.join("hard-link-1"), elsewhere.join("hard-link-2")] {
        must(fs::hard_link(&original, &link), "link", &link);
    }
    let long = "long/".repeat(300);
    let targets =
        ["hard-link-0", "hard-links", "gone", "/nowhere/at/all", "../../..", "symlink-5", long.as_str()];
    for (number, target) in targets.into_iter().enumerate() {
        let link = directory.join(format!("symlink-{number}"));
        must(symlink(target, &link), "link", &link);
    }
}

fn make_specials(directory: &Path) {
    for (name, kind) in [("fifo", FileType::Fifo), ("socket", FileType::Socket)] {
        let path = directory.join(name);
        let made = rustix::fs::mknodat(CWD, &path, kind, Mode::from_raw_mode(0o640), 0);
        must(made, "create", &path);
    }
}

fn make_xattrs(directory: &Path, random: &mut Random) {
    let file = directory.join("xattrs");
    must(fs::write(&file, random.text(500)), "write", &file);
    let binary = random.bytes(256);
    let xattrs: [(&str, &[u8]); 3] =
        [("user.lifeboat.text", b"value"), ("user.lifeboat.empty", b""), ("user.lifeboat.binary", &binary)];
    for path in [file.as_path(), directory] {
        for (name, value) in xattrs {
            match rustix::fs::lsetxattr(path, name, value, XattrFlags::empty()) {
                // A file system without them has a tree without them.
                Err(Errno::OPNOTSUPP) => return,
                set => must(set, "set an extended attribute of", path),
            }
        }
    }
}
