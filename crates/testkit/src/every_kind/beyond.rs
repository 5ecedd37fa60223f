//! Paths longer than the kernel takes, made step by step, and more directories within each other than a process may
//! have open.

use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, linkat, mkdirat, openat, symlinkat};
use rustix::io::write;

use crate::Random;
use crate::cursor::Cursor;
use crate::must::must;

/// Long names within each other: 20 are more than 4 096 bytes.
const LONG_NAMES: usize = 20;

/// `long` has a path that is too long to be named, `deep` has `depth` directories within each other.
pub(super) fn make(directory: &Path, depth: usize, random: &mut Random) {
    let mut cursor = Cursor::open(directory);
    for (name, below, depth) in [("long", "n".repeat(250), LONG_NAMES), ("deep", "d".to_owned(), depth)] {
        descend(&mut cursor, name);
        for level in 1..=depth {
            if level % 500 == 0 {
                write_file(&cursor, "half-way", &random.text(100));
            }
            descend(&mut cursor, &below);
        }
        write_file(&cursor, "bottom", &random.bytes(70_000));
        let bottom = cursor.path_of(b"bottom");
        must(linkat(&cursor, "bottom", &cursor, "linked", AtFlags::empty()), "link", &bottom);
        must(symlinkat("../bottom", &cursor, "symlink"), "link", &bottom);
        cursor = Cursor::open(directory);
    }
}

/// Makes so many directories called `d` within each other, and a file `bottom` in the last one.
pub fn make_deep(directory: &Path, depth: usize) {
    let mut cursor = Cursor::open(directory);
    (0..depth).for_each(|_| descend(&mut cursor, "d"));
    write_file(&cursor, "bottom", b"deep");
}

fn descend(cursor: &mut Cursor, name: &str) {
    must(mkdirat(&*cursor, name, Mode::from_raw_mode(0o755)), "create", &cursor.path_of(name.as_bytes()));
    cursor.enter(name.as_bytes());
}

/// Makes a file whose content one write takes.
fn write_file(cursor: &Cursor, name: &str, content: &[u8]) {
    let path = cursor.path_of(name.as_bytes());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = must(openat(cursor, name, flags, Mode::from_raw_mode(0o644)), "create", &path);
    let written = must(write(&file, content), "write", &path);
    assert_eq!(written, content.len(), "{} was written in part", path.display());
}
