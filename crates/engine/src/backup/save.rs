//! One item of the source becomes a node: taken over from the parent when unchanged, read when not.

use super::BackupOptions;
use super::compare::{Compare, same};
use super::links::Links;
use super::sift::Sift;
use super::xattrs;
use crate::content::{ContentError, ContentSaver};
use crate::parent::Parent;
use crate::report::Teller;
use crate::stored::is_stored;
use crate::{BackupReport, EngineError, Event, Fate, ProblemKind, cause_of};
use lifeboat_format::{BlobId, Bug, Key, Node, NodeKind, Role, Snapshot, planted};
use lifeboat_fs::{FsError, NameRoom, Owners, SourceDir, Stat, escaped};
use lifeboat_repository::{BlobReader, BlobWriter, Repository, RepositoryError, View};
use std::cell::Cell;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Times a file is read when it changes meanwhile.
const READS_MAX: u32 = 4;
/// What saving an item needs.
pub(super) struct Save<'a> {
    pub(super) reader: &'a BlobReader,
    pub(super) writer: &'a mut BlobWriter,
    pub(super) sift: Sift<'a>,
    pub(super) page_key: Key,
    pub(super) teller: &'a Teller<'a, BackupReport>,
    pub(super) contents: ContentSaver,
    pub(super) read_special: bool,
    owners: Owners,
    compare: Compare,
    links: Links,
    with_atime: bool,
    repository: &'a Repository,
    /// What the backup goes by.
    view: &'a View,
    /// Whether anything was swept since, once that was asked.
    is_outdated: Cell<Option<bool>>,
    /// Whether anything that was asked for is not what it was in the parent, or had to be stored.
    has_news: bool,
    /// Pages that were stored and only lead to what was asked for.
    pages_on_the_way: u64,
    /// Whether anything that was asked for could be read at all.
    has_some: bool,
}

impl<'a> Save<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        view: &'a View,
        reader: &'a BlobReader,
        writer: &'a mut BlobWriter,
        teller: &'a Teller<'a, BackupReport>,
        parent: Option<&Snapshot>,
        options: &'a BackupOptions,
    ) -> Self {
        let room = NameRoom::new(repository.memory().names(), &options.temporary);
        Self {
            reader,
            writer,
            sift: Sift { filter: &options.filter, teller, room },
            page_key: repository.page_key(),
            teller,
            contents: ContentSaver::new(repository),
            owners: Owners::default(),
            compare: Compare::new(parent, options),
            repository,
            view,
            is_outdated: Cell::new(None),
            links: Links::default(),
            read_special: options.read_special,
            with_atime: options.with_atime,
            has_news: false,
            pages_on_the_way: 0,
            has_some: false,
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

    /// Tells that a node is done. That a file was looked at since is no change.
    pub(super) fn saved(&self, path: &Path, node: &Node, previous: Option<&Node>) {
        let as_before = |previous: &Node| {
            previous == node
                || previous.atime != node.atime && *previous == Node { atime: previous.atime, ..node.clone() }
        };
        let fate = match previous {
            None => Fate::New,
            Some(previous) if as_before(previous) => Fate::Unmodified,
            Some(_) => Fate::Changed,
        };
        self.teller.tell(&Event::Saved { path, node, fate });
    }

    /// Compares what was asked for, as far as it could be saved, with what the parent has.
    pub(super) fn asked_for(&mut self, node: Option<&Node>, previous: Option<&Node>) {
        self.has_news |= node != previous;
        self.has_some |= node.is_some();
    }

    /// Stores a page of a directory; one that is `on_the_way` only leads to what was asked for: it is no news, unless it was
    /// stored before and is lost.
    pub(super) fn page(&mut self, page: &[u8], on_the_way: bool) -> Result<BlobId, RepositoryError> {
        let before = self.writer.stats().tree_blobs;
        let id = self.writer.put(Role::Tree, page)?;
        if on_the_way
            && self.writer.stats().tree_blobs > before
            && self.reader.index().places(&id)?.is_empty()
        {
            self.pages_on_the_way += 1;
        }
        Ok(id)
    }

    /// Whether all that was asked for is what it was in the parent, and is stored there. The way to it may differ.
    pub(super) fn is_as_before(&self) -> bool {
        let stored = self.writer.stats();
        planted(Bug::MissedNews)
            || !self.has_news && (stored.data_blobs, stored.tree_blobs) == (0, self.pages_on_the_way)
    }

    /// Succeeds when something of what was asked for is there to be kept: a snapshot of nothing would pass for a backup.
    pub(super) fn check_some(&self) -> Result<(), EngineError> {
        let cause = || {
            let first =
                self.teller.with(|report| report.problems.first().map(|problem| problem.cause.clone()));
            first.unwrap_or_else(|| "nothing could be read".to_owned())
        };
        if self.has_some { Ok(()) } else { Err(EngineError::NoSource(cause())) }
    }

    /// Adds to a node what is kept only where it is wanted.
    pub(super) fn look(&self, stat: Stat) -> Stat {
        let atime = self.with_atime.then_some(stat.atime);
        Stat { node: Node { atime, ..stat.node }, ..stat }
    }

    /// Counts an item that could not be read. One that vanished since its directory was listed is no loss: the
    /// snapshot shows the source without it.
    pub(super) fn unread(&self, path: &Path, error: &FsError) {
        if planted(Bug::SilentSkip) {
            return;
        }
        let kind = if error.is_not_found() { ProblemKind::Unsteady } else { ProblemKind::Unread };
        self.teller.problem(kind, path, cause_of(error));
    }

    /// Counts a directory of which so many items could not be looked at. Where they are by now is unknown: even what
    /// seems to have vanished is a loss.
    pub(super) fn cut_short(&self, path: &Path, items: usize, error: &FsError) {
        let cause = format!("not saved of it, items: {items}: {}", cause_of(error));
        self.teller.problem(ProblemKind::Unread, path, cause);
    }

    /// The previous node of this name; a parent that cannot be read is told once, unless it was forgotten and is being swept.
    pub(super) fn previous(&self, parent: &mut Parent<'_>, name: &[u8], path: &Path) -> Option<Node> {
        parent.find(name).unwrap_or_else(|error| {
            self.tell_unread_parent(path, &error);
            None
        })
    }

    /// Tells why the parent cannot be read here: whether it is damaged or only out of reach for the moment.
    pub(super) fn tell_unread_parent(&self, path: &Path, error: &RepositoryError) {
        if !error.is_damage() {
            let path = escaped(path.as_os_str().as_bytes());
            let note =
                format!("{path}: read anew, because the parent cannot be read now: {}", cause_of(error));
            self.teller.tell(&Event::Note(&note));
        } else if !self.is_outdated() {
            self.teller.problem(ProblemKind::Damage, path, cause_of(error));
        }
    }

    /// Whether somebody has swept something since the backup began: what it relied on is checked in the end.
    fn is_outdated(&self) -> bool {
        let ask = || self.repository.has_swept_since(self.view).unwrap_or(false);
        let is_outdated = self.is_outdated.get().unwrap_or_else(ask);
        self.is_outdated.set(Some(is_outdated));
        is_outdated
    }

    fn special(&mut self, dir: &SourceDir, stat: Stat) -> Result<Node, ContentError> {
        let link_group = self.links.group(dir, &stat)?;
        let mut node = Node { link_group, ..stat.node };
        dir.read_details(&mut node)?;
        self.describe(&mut node)?;
        Ok(node)
    }

    fn file(
        &mut self,
        dir: &SourceDir,
        path: &Path,
        stat: Stat,
        previous: Option<&Node>,
    ) -> Result<Node, ContentError> {
        let keeps_inodes = self.links.keeps_inodes(dir, &stat)?;
        let link_group = self.links.group(dir, &stat)?;
        let other_names = stat.links.saturating_sub(1);
        let now = Node { link_group, ..stat.node };
        let alike = previous.filter(|previous| self.compare.is_unchanged(&now, previous, keeps_inodes));
        if let Some(previous) = alike
            && (planted(Bug::UncheckedReuse) || is_stored(self.reader, self.writer, previous)?)
        {
            return self.take_over(dir, now, previous);
        }
        if let Some(first) = self.links.read_before(link_group, &now) {
            return Ok(Node { name: now.name, atime: now.atime, ..first });
        }
        let node = Node { link_group, atime: now.atime, ..self.read(dir, path, &now.name)? };
        self.links.keep(link_group, &node, other_names);
        Ok(node)
    }

    /// The node of a file whose content is that of the parent's. All that a look tells is as of now, so that numbers of
    /// one run stand beside numbers of the same run; what takes opening is taken over while the change time is the same.
    fn take_over(&mut self, dir: &SourceDir, now: Node, previous: &Node) -> Result<Node, ContentError> {
        let mut node = Node { content: previous.content.clone(), ..now };
        if node.ctime == previous.ctime {
            (node.flags, node.xattrs) = (previous.flags, previous.xattrs.clone());
        } else {
            dir.open_file(&node.name)?.read_details(&mut node)?;
        }
        self.describe(&mut node)?;
        Ok(node)
    }

    /// Completes a node that has all that its inode tells: with the names of its owners, and large attributes stored.
    pub(super) fn describe(&mut self, node: &mut Node) -> Result<(), RepositoryError> {
        self.owners.name(node);
        xattrs::store(&mut node.xattrs, &mut |value| self.writer.put(Role::Data, value))
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
                file.read_details(&mut node)?;
                self.describe(&mut node)?;
                return Ok(node);
            }
            before = after;
            file.rewind()?;
        }
    }
}
