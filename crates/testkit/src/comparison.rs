//! Whether two trees are the same in everything that Linux keeps of them, but for access, change and birth times.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use rustix::fd::OwnedFd;
use rustix::fs::FileType;

use crate::cursor::Cursor;
use crate::extents::{extents, first_difference, union};
use crate::inode::Inode;
use crate::{Aspect, Difference};

/// All that differs between two trees, themselves included, in order of names. Nothing is rounded, but for the borders
/// of holes, which are those of blocks.
pub fn tree_differences(first: &Path, second: &Path) -> Vec<Difference> {
    let mut comparison = Comparison { sides: [Side::new(first), Side::new(second)], differences: Vec::new() };
    comparison.entry(b".");
    let mut pending: Vec<IntoIter<Vec<u8>>> = vec![comparison.names()];
    while let Some(names) = pending.last_mut() {
        if let Some(name) = names.next() {
            if comparison.entry(&name) {
                comparison.sides.iter_mut().for_each(|side| side.cursor.enter(&name));
                pending.push(comparison.names());
            }
        } else {
            pending.pop();
            if !pending.is_empty() {
                comparison.sides.iter_mut().for_each(|side| side.cursor.leave());
            }
        }
    }
    comparison.differences
}

/// One of two trees.
struct Side {
    cursor: Cursor,
    /// The first common name of each inode that has several.
    first_names: HashMap<(u32, u32, u64), PathBuf>,
}

impl Side {
    fn new(root: &Path) -> Self {
        Self { cursor: Cursor::open(root), first_names: HashMap::new() }
    }

    fn first_name(&mut self, inode: &Inode) -> String {
        let key = (inode.stat.stx_dev_major, inode.stat.stx_dev_minor, inode.stat.stx_ino);
        let name = self.first_names.entry(key).or_insert_with(|| inode.path.clone());
        name.as_os_str().as_encoded_bytes().escape_ascii().to_string()
    }
}

struct Comparison {
    sides: [Side; 2],
    differences: Vec<Difference>,
}

impl Comparison {
    /// The names that both directories have; those that only one has are told.
    fn names(&mut self) -> IntoIter<Vec<u8>> {
        let [first, second] = self.sides.each_ref().map(|side| side.cursor.names());
        let mut sides: BTreeMap<Vec<u8>, [bool; 2]> = BTreeMap::new();
        for (number, name) in first.into_iter().map(|n| (0, n)).chain(second.into_iter().map(|n| (1, n))) {
            sides.entry(name).or_default()[number] = true;
        }
        let mut common = Vec::new();
        for (name, sides) in sides {
            if sides == [true; 2] {
                common.push(name);
            } else {
                let [one, other] = sides.map(|there| if there { "there" } else { "-" }.to_owned());
                let path = self.sides[0].cursor.path_of(&name);
                self.differ(&path, Aspect::Presence, [one, other]);
            }
        }
        common.into_iter()
    }

    /// Compares the entries of a name; whether both are directories.
    fn entry(&mut self, name: &[u8]) -> bool {
        let inodes = self.sides.each_ref().map(|side| Inode::of(&side.cursor, name));
        let kinds = inodes.each_ref().map(Inode::kind);
        if kinds[0] != kinds[1] {
            self.compare(&inodes, Aspect::Kind, kinds.map(|kind| format!("{kind:?}")));
            return false;
        }
        self.metadata(&inodes);
        self.hard_links(&inodes);
        let [first, second] = [0, 1].map(|side| inodes[side].open(&self.sides[side].cursor, name));
        if let (Some(first), Some(second)) = (first, second) {
            let opened = [first, second];
            let flags = [0, 1].map(|side| inodes[side].flags(&opened[side]));
            self.compare(&inodes, Aspect::Flags, flags.map(|flags| format!("{:x}", flags.bits())));
            if kinds[0] == FileType::RegularFile {
                self.content(&inodes, &opened);
            }
        }
        kinds[0] == FileType::Directory
    }

    fn metadata(&mut self, inodes: &[Inode; 2]) {
        let stats = inodes.each_ref().map(|inode| inode.stat);
        self.compare(inodes, Aspect::Mode, stats.map(|stat| format!("{:o}", stat.stx_mode & 0o7777)));
        self.compare(inodes, Aspect::Owner, stats.map(|stat| stat.stx_uid.to_string()));
        self.compare(inodes, Aspect::Group, stats.map(|stat| stat.stx_gid.to_string()));
        let mtimes = stats.map(|stat| stat.stx_mtime);
        self.compare(
            inodes,
            Aspect::Mtime,
            mtimes.map(|time| format!("{}.{:09}", time.tv_sec, time.tv_nsec)),
        );
        let devices = stats.map(|stat| format!("{}:{}", stat.stx_rdev_major, stat.stx_rdev_minor));
        self.compare(inodes, Aspect::Device, devices);
        let targets = inodes.each_ref().map(|inode| inode.link_target().unwrap_or_default());
        self.compare(inodes, Aspect::LinkTarget, targets);
        let [first, second] = inodes.each_ref().map(Inode::xattrs);
        let mut names: Vec<_> = first.keys().chain(second.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let text = |value: &Vec<u8>| format!("\"{}\"", value.escape_ascii());
            let values =
                [&first, &second].map(|xattrs| xattrs.get(name).map_or_else(|| "-".to_owned(), text));
            self.compare(inodes, Aspect::Xattr(name.clone()), values);
        }
    }

    fn hard_links(&mut self, inodes: &[Inode; 2]) {
        let has_several = inodes.iter().any(|inode| inode.stat.stx_nlink > 1);
        if has_several && inodes[0].kind() != FileType::Directory {
            let [first, second] = &mut self.sides;
            let names = [first.first_name(&inodes[0]), second.first_name(&inodes[1])];
            self.compare(inodes, Aspect::HardLinks, names);
        }
    }

    fn content(&mut self, inodes: &[Inode; 2], opened: &[OwnedFd; 2]) {
        let sizes = inodes.each_ref().map(|inode| inode.stat.stx_size);
        if sizes[0] != sizes[1] {
            self.compare(inodes, Aspect::Size, sizes.map(|size| size.to_string()));
            return;
        }
        let path = &inodes[0].path;
        let maps = opened.each_ref().map(|file| extents(file, sizes[0], path));
        let data = union(&maps[0], &maps[1]);
        if let Some(byte) = first_difference(opened.each_ref(), sizes[0], &data, path) {
            self.differ(path, Aspect::Content, [format!("from byte {byte}"), format!("of {}", sizes[0])]);
        }
        if maps[0] != maps[1] {
            let [first, second] = &maps;
            let texts = [only_in(first, second), only_in(second, first)];
            self.differ(path, Aspect::Holes, texts.map(|runs| format!("data at {runs:?}")));
        }
    }

    fn compare(&mut self, inodes: &[Inode; 2], aspect: Aspect, values: [String; 2]) {
        if values[0] != values[1] {
            self.differ(&inodes[0].path, aspect, values);
        }
    }

    fn differ(&mut self, path: &Path, aspect: Aspect, [first, second]: [String; 2]) {
        self.differences.push(Difference { path: path.to_owned(), aspect, first, second });
    }
}

/// The first runs of data that the other map does not have: enough to see what differs.
fn only_in(one: &[(u64, u64)], other: &[(u64, u64)]) -> Vec<(u64, u64)> {
    one.iter().filter(|run| !other.contains(run)).take(3).copied().collect()
}
