//! Which files of a source are names of one.
//!
//! Invariant: two nodes of a snapshot have the same link group and inode only if they are names of the same file. Where
//! a file system makes inode numbers up, the same number is not enough: both must look alike.

use super::compare::same;
use lifeboat_format::Node;
use lifeboat_fs::{FsError, SourceDir, Stat};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The file systems of a source, and the files on them that have several names.
#[derive(Default)]
pub(super) struct Links {
    file_systems: HashMap<u64, FileSystem>,
    groups: u32,
    /// First looks, on file systems that do not keep inode numbers.
    looks: HashMap<(u32, u64), Node>,
    /// What was read, until all names are met.
    read: HashMap<(u32, u64), Read>,
}

struct Read {
    node: Node,
    names_left: u64,
}

struct FileSystem {
    keeps_inodes: bool,
    /// Given when the first file with several names is met, so that the same source gets the same numbers.
    group: Option<u32>,
}

impl Links {
    /// Whether the number of an entry's inode can be relied on.
    pub(super) fn keeps_inodes(&mut self, dir: &SourceDir, stat: &Stat) -> Result<bool, FsError> {
        if let Some(known) = self.file_systems.get(&stat.device) {
            return Ok(known.keeps_inodes);
        }
        let keeps_inodes = dir.keeps_inodes(&stat.node.name)?;
        self.file_systems.insert(stat.device, FileSystem { keeps_inodes, group: None });
        Ok(keeps_inodes)
    }

    /// The group of an entry with more than one name. To be asked once for each name.
    pub(super) fn group(&mut self, dir: &SourceDir, stat: &Stat) -> Result<Option<u32>, FsError> {
        if stat.links < 2 {
            return Ok(None);
        }
        let keeps_inodes = self.keeps_inodes(dir, stat)?;
        let Some(file_system) = self.file_systems.get_mut(&stat.device) else { return Ok(None) };
        let group = *file_system.group.get_or_insert_with(|| {
            self.groups += 1;
            self.groups - 1
        });
        if keeps_inodes {
            return Ok(Some(group));
        }
        let first = self.looks.entry((group, stat.node.inode)).or_insert_with(|| stat.node.clone());
        Ok((first.kind == stat.node.kind && same(first, &stat.node)).then_some(group))
    }

    /// The node that was read under another name, if the file still looks like it.
    pub(super) fn read_before(&mut self, group: Option<u32>, now: &Node) -> Option<Node> {
        let Entry::Occupied(mut entry) = self.read.entry((group?, now.inode)) else { return None };
        let read = entry.get_mut();
        read.names_left -= 1;
        let first = if read.names_left == 0 { entry.remove().node } else { read.node.clone() };
        same(&first, now).then_some(first)
    }

    /// Keeps what was read for the other names, of which there are so many.
    pub(super) fn keep(&mut self, group: Option<u32>, node: &Node, names_left: u64) {
        if let Some(group) = group.filter(|_| names_left > 0) {
            self.read.insert((group, node.inode), Read { node: node.clone(), names_left });
        }
    }
}
