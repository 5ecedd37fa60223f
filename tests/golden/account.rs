//! What is in a directory, as text that can be compared and read: one line for each entry.
//!
//! `KIND MODE OWNER TIME XATTRS CONTENT PATH`, where bytes that are not printable ASCII are escaped. The content of a file is its
//! length and BLAKE3, of a link its target, of a further name of a file the first one.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use lifeboat_format::ObjectHash;
use rustix::fs::{lgetxattr, llistxattr};

/// More than the names and values of a test take.
const XATTRS_MAX: usize = 64 << 10;

/// The account of a directory.
pub(super) fn account(root: &Path) -> String {
    let (mut text, mut names) = (String::new(), HashMap::new());
    for path in below(root) {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let shown = path.strip_prefix(root).unwrap().as_os_str().as_bytes().escape_ascii().to_string();
        let first = names.entry(metadata.ino()).or_insert_with(|| shown.clone());
        let (kind, content) = match metadata.is_dir() || *first == shown {
            true => content(&path, &metadata),
            false => ("again", first.clone()),
        };
        let mode = metadata.mode() & 0o7777;
        let (uid, gid) = (metadata.uid(), metadata.gid());
        let time = format!("{}.{:09}", metadata.mtime(), metadata.mtime_nsec());
        let xattrs = xattrs(&path);
        writeln!(text, "{kind} {mode:04o} {uid}:{gid} {time} {xattrs} {content} ./{shown}").unwrap();
    }
    text
}

/// The same without what only root can give to files.
pub(super) fn without_owners(account: &str) -> String {
    let without = |line: &str| {
        let fields = line.split(' ').enumerate().filter(|(number, _)| *number != 2);
        fields.map(|(_, field)| field).collect::<Vec<_>>().join(" ")
    };
    account.lines().map(without).collect::<Vec<_>>().join("\n")
}

/// All regular files below a directory.
pub(super) fn files(root: &Path) -> Vec<PathBuf> {
    below(root).into_iter().filter(|path| fs::symlink_metadata(path).unwrap().is_file()).collect()
}

/// The directory and everything below it, sorted.
pub(super) fn below(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut next) = (vec![root.to_owned()], 0);
    while let Some(path) = found.get(next).cloned() {
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            found.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        }
        next += 1;
    }
    found.sort();
    found
}

fn content(path: &Path, metadata: &Metadata) -> (&'static str, String) {
    let kind = metadata.file_type();
    if kind.is_dir() {
        ("directory", "-".to_owned())
    } else if kind.is_symlink() {
        ("symlink", fs::read_link(path).unwrap().as_os_str().as_bytes().escape_ascii().to_string())
    } else if kind.is_fifo() {
        ("fifo", "-".to_owned())
    } else {
        let bytes = fs::read(path).unwrap();
        ("file", format!("{},{}", bytes.len(), ObjectHash::of(&bytes)))
    }
}

/// Extended attributes that users can give.
fn xattrs(path: &Path) -> String {
    let mut buffer = vec![0; XATTRS_MAX];
    let length = llistxattr(path, &mut buffer).unwrap();
    let names = buffer[..length].split(|byte| *byte == 0).filter(|name| name.starts_with(b"user."));
    let mut found: Vec<_> = names
        .map(|name| {
            let mut value = vec![0; XATTRS_MAX];
            let length = lgetxattr(path, name, &mut value).unwrap();
            format!("{}={}", name.escape_ascii(), value[..length].escape_ascii())
        })
        .collect();
    found.sort();
    if found.is_empty() { "-".to_owned() } else { found.join(",") }
}
