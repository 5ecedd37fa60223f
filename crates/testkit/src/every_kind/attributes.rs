//! Extended attributes of every name space, size and kind of entry; capabilities.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, XattrFlags, lsetxattr, mknodat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::Refusals;
use crate::Random;
use crate::must::must;

/// From the largest that the kernel takes to what every file system does.
const LARGE_SIZES: [usize; 5] = [65_536, 60 << 10, 16_000, 4_000, 2_000];

/// May bind to low ports, in effect: version 2 and, for the root of some name space, version 3.
const CAPABILITY_V2: [u32; 5] = [0x0200_0001, 1 << 10, 0, 0, 0];
const CAPABILITY_V3: [u32; 6] = [0x0300_0001, 1 << 10, 1 << 13, 0, 0, 100_000];

pub(super) fn make(directory: &Path, random: &mut Random, refusals: &mut Refusals) {
    let [file, nested] = ["file", "directory"].map(|name| directory.join(name));
    must(fs::write(&file, random.text(300)), "write", &file);
    must(fs::create_dir(&nested), "create", &nested);
    let binary = random.bytes(300);
    let long_name = format!("user.{}", "n".repeat(250));
    let values: [(&str, &[u8]); 5] = [
        ("user.empty", b""),
        ("user.zero", b"\0"),
        ("user.text", b"one line\nand another"),
        ("user.binary \u{e9}\n", &binary),
        (&long_name, b"a long name"),
    ];
    for path in [&file, &nested] {
        for (name, value) in values {
            set(path, name, value, refusals);
        }
    }
    make_large(&directory.join("large"), random, refusals);
    if geteuid().is_root() {
        make_privileged(directory, random, refusals);
    }
}

/// As large as the file system takes: ext4 has one block for all attributes of a file unless it was made otherwise.
fn make_large(path: &Path, random: &mut Random, refusals: &mut Refusals) {
    must(fs::write(path, random.text(10)), "write", path);
    let taken = LARGE_SIZES.into_iter().find(|size| {
        let value = random.clone().bytes(*size);
        match lsetxattr(path, "user.large", &value, XattrFlags::empty()) {
            Err(Errno::NOSPC | Errno::TOOBIG | Errno::RANGE) => false,
            set => refusals.accept("xattrs", set, path),
        }
    });
    if let Some(size) = taken {
        random.bytes(size);
    }
}

/// What only root may set, on everything that has a place for it.
fn make_privileged(directory: &Path, random: &mut Random, refusals: &mut Refusals) {
    let [file, nested, link, fifo] =
        ["root-file", "root-directory", "root-symlink", "root-fifo"].map(|name| directory.join(name));
    must(fs::write(&file, random.text(300)), "write", &file);
    must(fs::create_dir(&nested), "create", &nested);
    must(symlink("root-file", &link), "link", &link);
    must(mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o644), 0), "create", &fifo);
    for path in [&file, &nested, &link, &fifo] {
        set(path, "trusted.lifeboat", &random.bytes(40), refusals);
        set(path, "trusted.empty", b"", refusals);
        set(path, "security.lifeboat", &random.bytes(20), refusals);
    }
    for (name, words) in [("capability-2", &CAPABILITY_V2[..]), ("capability-3", &CAPABILITY_V3)] {
        let path = directory.join(name);
        must(fs::write(&path, random.text(500)), "write", &path);
        let value: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        set(&path, "security.capability", &value, refusals);
    }
}

fn set(path: &Path, name: &str, value: &[u8], refusals: &mut Refusals) {
    let space = name.split('.').next().unwrap_or_default();
    let what = format!("xattrs in {space}");
    refusals.accept(&what, lsetxattr(path, name, value, XattrFlags::empty()), path);
}
