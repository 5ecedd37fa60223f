//! The way down to a directory, for messages and events.
//!
//! Directories of one walk share what their ways have in common: memory grows with the names on the way, not with the
//! sum of all paths, which for a deep tree is the square of that.

use crate::chain::Chain;
use std::ffi::OsStr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A path, held as the way that leads there. Clones share it. Two are the same when they start at the same path and
/// take the same steps.
#[derive(Clone)]
pub struct Trail(Chain<Vec<u8>>);

impl Trail {
    /// Starts at a path.
    #[must_use]
    pub fn new(start: &Path) -> Self {
        Self(Chain::new(start.as_os_str().as_bytes().to_vec()))
    }

    /// One step further down.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        Self(self.0.join(name.to_vec()))
    }

    /// The last name of the path; at the start of the trail the path itself.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.0.value()
    }

    /// The whole path, which may be longer than the kernel takes.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        let names: Vec<&OsStr> = self.0.upward().map(|name| OsStr::from_bytes(name)).collect();
        let length = names.iter().map(|name| name.len() + 1).sum();
        let mut path = PathBuf::with_capacity(length);
        path.extend(names.into_iter().rev());
        path
    }

    /// The whole path of an entry of the directory that this leads to.
    #[must_use]
    pub fn path_of(&self, name: &[u8]) -> PathBuf {
        let mut path = self.path();
        path.push(OsStr::from_bytes(name));
        path
    }
}

impl PartialEq for Trail {
    fn eq(&self, other: &Self) -> bool {
        self.0.upward().eq(other.0.upward())
    }
}

impl Eq for Trail {}

impl Hash for Trail {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.upward().for_each(|name| name.hash(state));
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Trail;
    use std::collections::HashSet;
    use std::path::{Path, PathBuf};

    #[test]
    fn a_trail_is_the_path_it_leads_to() {
        let root = Trail::new(Path::new("/"));
        let etc = root.join(b"etc");
        assert_eq!(
            [root.path(), etc.path(), etc.path_of(b"passwd")],
            ["/", "/etc", "/etc/passwd"].map(PathBuf::from)
        );
        assert_eq!(Trail::new(Path::new("there")).join(b"a\xff").path_of(b"b").as_os_str().len(), 10);
    }

    #[test]
    fn trails_of_the_same_steps_are_the_same() {
        let start = |path| Trail::new(Path::new(path));
        let set = HashSet::from([start("/").join(b"a").join(b"b")]);
        assert!(set.contains(&start("/").join(b"a").join(b"b")));
        for other in
            [start("/").join(b"a"), start("/").join(b"b").join(b"a"), start("/x").join(b"a").join(b"b")]
        {
            assert!(!set.contains(&other), "{other:?}");
        }
    }

    #[test]
    fn a_long_trail_does_not_exhaust_the_stack() {
        let mut trail = Trail::new(Path::new("/"));
        for _ in 0..1_000_000 {
            trail = trail.join(b"d");
        }
        let half_way = trail.clone();
        drop(trail);
        assert_eq!(half_way.path().as_os_str().len(), 2_000_000);
    }
}
