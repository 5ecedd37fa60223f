//! One item of the source becomes a node: taken over from the parent when unchanged, read when not.

use super::content::{ContentError, ContentSaver};
use super::parent::Parent;
use super::sift::Sift;
use crate::report::Teller;
use crate::{BackupReport, EngineError, Event, Fate, ProblemKind, cause_of, trees};
use lifeboat_format::{Content, Key, Node, NodeKind, Piece, Snapshot, Timestamp};
use lifeboat_fs::{Filter, FsError, SourceDir, Stat};
use lifeboat_repository::{BlobReader, BlobWriter, Repository, RepositoryError};
use std::collections::HashMap;
use std::path::Path;

/// Times a file is read when it changes meanwhile.
const READS_MAX: u32 = 4;
/// A file that changed so shortly before the parent began may have changed again within the same tick of its file
/// system's clock: the coarsest in use counts in two seconds.
const CLOCK_GRAIN_SECONDS: i64 = 2;

/// What saving an item needs.
pub(super) struct Save<'a> {
    pub(super) reader: &'a BlobReader,
    pub(super) writer: &'a mut BlobWriter,
    pub(super) sift: Sift<'a>,
    pub(super) page_key: Key,
    pub(super) teller: &'a Teller<'a, BackupReport>,
    pub(super) contents: ContentSaver,
    pub(super) read_special: bool,
    parent_start: Option<Timestamp>,
    devices: HashMap<u64, u32>,
    linked: HashMap<(u32, u64), Node>,
}

impl<'a> Save<'a> {
    pub(super) fn new(
        repository: &Repository,
        reader: &'a BlobReader,
        writer: &'a mut BlobWriter,
        filter: &'a Filter,
        teller: &'a Teller<'a, BackupReport>,
        parent: Option<&Snapshot>,
    ) -> Self {
        Self {
            reader,
            writer,
            sift: Sift { filter, teller },
            page_key: repository.page_key(),
            teller,
            contents: ContentSaver::new(repository),
            read_special: false,
            parent_start: parent.map(|parent| parent.start),
            devices: HashMap::new(),
            linked: HashMap::new(),
        }
    }

    /// The node of an item that is no directory; none when it could not be read.
    pub(super) fn item(
        &mut self,
        dir: &SourceDir,
        path: &Path,
        stat: Stat,
        previous: Option<&Node>,
    ) -> Result<Option<Node>, EngineError> {
        let saved = match stat.node.kind {
            NodeKind::File => self.file(dir, path, stat, previous),
            _ => self.special(dir, stat),
        };
        self.outcome(path, saved, previous)
    }

    /// Tells how the saving of an item ended: its own trouble is counted, that of the whole run is passed on.
    pub(super) fn outcome(
        &self,
        path: &Path,
        saved: Result<Node, ContentError>,
        previous: Option<&Node>,
    ) -> Result<Option<Node>, EngineError> {
        match saved {
            Ok(node) => {
                self.saved(path, &node, previous);
                Ok(Some(node))
            }
            Err(ContentError::Source(error)) => {
                self.unread(path, &error);
                Ok(None)
            }
            Err(ContentError::Run(error)) => Err(error),
        }
    }

    /// Succeeds unless the backup shall end early.
    pub(super) fn check(&self) -> Result<(), EngineError> {
        self.teller.check()
    }

    /// Tells that a node is done.
    pub(super) fn saved(&self, path: &Path, node: &Node, previous: Option<&Node>) {
        let fate = match previous {
            None => Fate::New,
            Some(previous) if previous == node => Fate::Unmodified,
            Some(_) => Fate::Changed,
        };
        self.teller.tell(&Event::Saved { path, node, fate });
    }

    /// Counts an item that could not be read. One that vanished since its directory was listed is no loss: the
    /// snapshot shows the source without it.
    pub(super) fn unread(&self, path: &Path, error: &FsError) {
        let kind = if error.is_not_found() { ProblemKind::Unsteady } else { ProblemKind::Unread };
        self.teller.problem(kind, path, cause_of(error));
    }

    /// The previous node of this name; a parent that cannot be read is told once.
    pub(super) fn previous(&self, parent: &mut Parent<'_>, name: &[u8], path: &Path) -> Option<Node> {
        parent.find(name).unwrap_or_else(|error| {
            self.teller.problem(ProblemKind::Damage, path, cause_of(&error));
            None
        })
    }

    fn special(&mut self, dir: &SourceDir, stat: Stat) -> Result<Node, ContentError> {
        let link_group = self.link_group(&stat);
        let mut node = stat.node;
        dir.read_details(&mut node)?;
        node.link_group = link_group;
        Ok(node)
    }

    fn file(
        &mut self,
        dir: &SourceDir,
        path: &Path,
        stat: Stat,
        previous: Option<&Node>,
    ) -> Result<Node, ContentError> {
        let link_group = self.link_group(&stat);
        if let Some(node) = previous.filter(|previous| self.is_unchanged(&stat.node, previous)) {
            return Ok(Node { link_group, ..node.clone() });
        }
        let link = link_group.map(|group| (group, stat.node.inode));
        if let Some(first) =
            link.and_then(|link| self.linked.get(&link)).filter(|first| same(first, &stat.node))
        {
            return Ok(Node { name: stat.node.name, ..first.clone() });
        }
        let node = Node { link_group, ..self.read(dir, path, &stat.node.name)? };
        if let Some(link) = link {
            self.linked.insert(link, node.clone());
        }
        Ok(node)
    }

    /// Reads a file, again when it changes meanwhile.
    fn read(&mut self, dir: &SourceDir, path: &Path, name: &[u8]) -> Result<Node, ContentError> {
        let mut file = dir.open_file(name)?;
        let teller = self.teller;
        let mut before = file.stat()?.node;
        let mut reads = 0;
        loop {
            reads += 1;
            let mut told = |bytes| {
                teller.tell(&Event::Read(bytes));
                teller.check()
            };
            let (content, length) = self.contents.save(&mut file, self.writer, &mut told)?;
            let after = file.stat()?.node;
            let is_steady = same(&before, &after) && length == after.size;
            if is_steady || reads == READS_MAX {
                if !is_steady {
                    teller.problem(
                        ProblemKind::Unsteady,
                        path,
                        "it changes while it is read: saved as last read",
                    );
                }
                let mut node = Node { name: name.to_vec(), content, size: length, ..after };
                file.read_xattrs(&mut node)?;
                return Ok(node);
            }
            before = after;
            file.rewind()?;
        }
    }

    fn is_unchanged(&self, now: &Node, previous: &Node) -> bool {
        let settled = self
            .parent_start
            .is_some_and(|start| previous.ctime.seconds < start.seconds - CLOCK_GRAIN_SECONDS);
        settled && previous.kind == NodeKind::File && same(now, previous) && self.is_stored(previous)
    }

    /// Whether everything a file consists of has a place that counts.
    fn is_stored(&self, file: &Node) -> bool {
        match &file.content {
            Content::Empty | Content::Inline(_) => true,
            Content::Pieces(_) | Content::Pages(_) => {
                trees::pieces(self.reader, file).all(|piece: Result<Piece, RepositoryError>| match piece {
                    Ok(Piece::Blob(id, _)) => self.writer.contains(&id),
                    Ok(Piece::Hole(_)) => true,
                    Err(_) => false,
                })
            }
        }
    }

    /// Number of the file system of an item with more than one name.
    fn link_group(&mut self, stat: &Stat) -> Option<u32> {
        let next = u32::try_from(self.devices.len()).ok()?;
        (stat.links > 1).then(|| *self.devices.entry(stat.device).or_insert(next))
    }
}

/// Whether two looks at a file saw the same state of it.
fn same(left: &Node, right: &Node) -> bool {
    let state = |node: &Node| (node.size, node.mtime, node.ctime, node.inode);
    state(left) == state(right)
}
