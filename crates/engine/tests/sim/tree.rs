//! A tree of files in memory: what a snapshot must hold, and what came back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Everything below a directory, by paths that begin with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree(pub(crate) BTreeMap<PathBuf, Entry>);

/// What there is to know of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    mode: u32,
    mtime: (i64, i64),
    /// The first of the names of this file.
    first: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    File(Vec<u8>),
    Link(PathBuf),
}

impl Tree {
    /// What is below a directory now.
    pub(crate) fn read(root: &Path) -> Self {
        let (mut tree, mut names) = (Self::default(), HashMap::new());
        let mut pending = vec![root.to_path_buf()];
        let mut paths = Vec::new();
        while let Some(directory) = pending.pop() {
            for entry in fs::read_dir(&directory).unwrap() {
                let path = entry.unwrap().path();
                let metadata = fs::symlink_metadata(&path).unwrap();
                if metadata.is_dir() {
                    pending.push(path.clone());
                }
                paths.push((path, metadata));
            }
        }
        paths.sort_by(|left, right| left.0.cmp(&right.0));
        for (path, metadata) in paths {
            let shown = Path::new("/").join(path.strip_prefix(root).unwrap());
            let first = names.entry(metadata.ino()).or_insert_with(|| shown.clone()).clone();
            let (mode, mtime) = (metadata.mode() & 0o7777, (metadata.mtime(), metadata.mtime_nsec()));
            tree.0.insert(shown, Entry { kind: kind(&path, &metadata), mode, mtime, first });
        }
        tree
    }

    /// Paths at which this is none of the versions that a tree had while it was saved.
    pub(crate) fn differences(&self, versions: &[Self]) -> Vec<PathBuf> {
        let all = versions.iter().flat_map(|tree| tree.0.keys()).chain(self.0.keys());
        let all: BTreeSet<&PathBuf> = all.collect();
        let is_as_in = |path: &PathBuf, version: &Self| match (version.0.get(path), self.0.get(path)) {
            // Which names are one file may have changed between two looks.
            (Some(saved), Some(own)) => {
                saved.looks_like(own)
                    && (versions.len() > 1 || version.first_of(saved, self) == self.first_of(own, version))
            }
            (saved, own) => saved == own,
        };
        let differs = |path: &&PathBuf| !versions.iter().any(|version| is_as_in(path, version));
        all.into_iter().filter(differs).cloned().collect()
    }

    /// All names of what is at a path.
    pub(crate) fn names(&self, path: &Path) -> Vec<&PathBuf> {
        let first = self.0.get(path).map(|entry| &entry.first);
        self.0.iter().filter(|(_, entry)| Some(&entry.first) == first).map(|(path, _)| path).collect()
    }

    /// The first of the names of a file that another tree has, too.
    fn first_of(&self, entry: &Entry, other: &Self) -> Option<&PathBuf> {
        let names = self.0.iter().filter(|(_, other)| other.first == entry.first).map(|(path, _)| path);
        names.into_iter().find(|path| other.0.contains_key(*path))
    }
}

impl Entry {
    fn looks_like(&self, other: &Self) -> bool {
        (&self.kind, self.mode, self.mtime) == (&other.kind, other.mode, other.mtime)
    }
}

fn kind(path: &Path, metadata: &Metadata) -> Kind {
    match metadata {
        _ if metadata.is_dir() => Kind::Directory,
        _ if metadata.is_symlink() => Kind::Link(fs::read_link(path).unwrap()),
        _ => Kind::File(fs::read(path).unwrap()),
    }
}
