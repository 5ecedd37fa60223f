//! What a tree is, in few words: enough to tell it from every other one.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// For each path its mode, owner, times and a hash of its content.
pub(super) type Manifest = BTreeMap<PathBuf, [u64; 5]>;

/// The manifest of all that is below a directory, and of itself.
pub(super) fn manifest(root: &Path) -> Manifest {
    let (mut manifest, mut unread) = (Manifest::new(), vec![root.to_path_buf()]);
    while let Some(path) = unread.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mut hasher = DefaultHasher::new();
        if metadata.is_dir() {
            unread.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            hasher.write(&fs::read(&path).unwrap());
        }
        let owner = u64::from(metadata.uid()) << 32 | u64::from(metadata.gid());
        let [seconds, nanoseconds] = [metadata.mtime(), metadata.mtime_nsec()].map(i64::cast_unsigned);
        let node = [metadata.mode().into(), owner, seconds, nanoseconds, hasher.finish()];
        manifest.insert(path.strip_prefix(root).unwrap().to_path_buf(), node);
    }
    manifest
}

/// Where two of them differ.
pub(super) fn differences<'m>(left: &'m Manifest, right: &'m Manifest) -> Vec<&'m PathBuf> {
    let paths = left.keys().chain(right.keys());
    paths.filter(|path| left.get(*path) != right.get(*path)).collect()
}
