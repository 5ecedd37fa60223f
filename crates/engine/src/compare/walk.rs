//! The walk through a snapshot and a directory beside it.
//!
//! Invariant: every item that is wanted ends as compared, as a difference or as a problem, its own or that of its directory.

use super::{CompareReport, Difference, What};
use crate::report::Teller;
use crate::same_content::{CompareError, Compared, content_equals};
use crate::selection::{Selection, Verdict};
use crate::trees::{self, Entries};
use crate::{EngineError, Event, ProblemKind, cause_of};
use lifeboat_format::{Node, NodeKind, Role, Xattr, XattrValue};
use lifeboat_fs::{FsError, Identity, SourceDir, SourceFile, Trail, unlike};
use lifeboat_repository::{BlobReader, RepositoryError, Workers};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

/// Items that are compared together.
const BATCH_MAX: usize = 256;

/// What comparing an item needs.
pub(super) struct Walk<'a> {
    reader: &'a BlobReader,
    teller: &'a Teller<'a, CompareReport>,
    workers: &'a Workers,
    selection: &'a Selection,
    /// Which inode the first name of a file with several led to.
    first_names: HashMap<(u32, u64), Identity>,
    items: Vec<Item>,
}

/// An entry of a directory.
struct Item {
    dir: Arc<SourceDir>,
    node: Node,
    trail: Trail,
}

struct Frame<'a> {
    dir: Arc<SourceDir>,
    trail: Trail,
    entries: Entries<'a, Node>,
    verdict: Verdict,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        reader: &'a BlobReader,
        teller: &'a Teller<'a, CompareReport>,
        workers: &'a Workers,
        selection: &'a Selection,
    ) -> Self {
        Self { reader, teller, workers, selection, first_names: HashMap::new(), items: Vec::new() }
    }

    /// Compares what is at or below a node with what is in a directory.
    pub(super) fn run(mut self, dir: Arc<SourceDir>, start: Node, full: &[u8]) -> Result<(), EngineError> {
        let path = Path::new(OsStr::from_bytes(if full.is_empty() { b"/" } else { full }));
        let is_directory = start.kind == NodeKind::Directory;
        let verdict = self.selection.verdict_of_start(path, is_directory);
        if is_directory {
            let trail = Trail::new(path);
            if verdict == Verdict::Take && !full.is_empty() {
                self.directory(&dir, &start, &trail);
            }
            let entries = trees::nodes(self.reader, &start);
            self.walk(Frame { dir, trail, entries, verdict })?;
        } else if verdict == Verdict::Take {
            let trail = Trail::new(path.parent().unwrap_or(path)).join(&start.name);
            self.add(&dir, start, trail);
        }
        self.carry_out();
        self.teller.check()
    }

    fn walk(&mut self, top: Frame<'a>) -> Result<(), EngineError> {
        let mut stack = vec![top];
        while let Some(frame) = stack.last_mut() {
            self.teller.check()?;
            match frame.entries.next() {
                None => self.leave(&mut stack),
                Some(Ok(node)) => {
                    let below = self.node(frame, node);
                    stack.extend(below);
                }
                Some(Err(error)) if error.is_damage() => {
                    self.teller.problem(ProblemKind::Damage, &frame.trail.path(), cause_of(&error));
                }
                Some(Err(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Goes back up. Where that is not possible the entries of the directory above tell it, each by itself.
    fn leave(&self, stack: &mut Vec<Frame<'a>>) {
        let left = stack.pop();
        if let (Some(left), Some(above)) = (left, stack.last()) {
            drop(above.dir.return_from(&left.dir));
        }
    }

    /// Compares an entry if it is wanted, or gives the frame of a directory.
    fn node(&mut self, frame: &Frame<'a>, node: Node) -> Option<Frame<'a>> {
        let is_directory = node.kind == NodeKind::Directory;
        let trail = frame.trail.join(&node.name);
        let verdict = self.selection.verdict(&trail, is_directory, frame.verdict);
        if verdict == Verdict::Leave {
            return None;
        }
        if !is_directory {
            self.add(&frame.dir, node, trail);
            return None;
        }
        let dir = match frame.dir.open_dir(&node.name) {
            Ok(dir) => Arc::new(dir),
            Err(error) => {
                self.failed(&trail, &error);
                return None;
            }
        };
        if verdict == Verdict::Take {
            self.directory(&dir, &node, &trail);
        }
        Some(Frame { dir, trail, entries: trees::nodes(self.reader, &node), verdict })
    }

    fn directory(&self, dir: &SourceDir, node: &Node, trail: &Trail) {
        let looked = dir.stat_self().and_then(|stat| {
            let mut now = stat.node;
            dir.read_own_details(&mut now).map(|()| now)
        });
        match looked {
            Ok(now) => self.metadata(&now, node, trail),
            Err(error) => self.failed(trail, &error),
        }
    }

    fn add(&mut self, dir: &Arc<SourceDir>, node: Node, trail: Trail) {
        if node.link_group.is_some() && self.is_further_name(dir, &node, &trail) {
            return;
        }
        self.items.push(Item { dir: Arc::clone(dir), node, trail });
        if self.items.len() >= BATCH_MAX {
            self.carry_out();
        }
    }

    /// Whether this is a further name of a file whose first one is compared; where it should be and is not, that is told.
    fn is_further_name(&mut self, dir: &SourceDir, node: &Node, trail: &Trail) -> bool {
        let Some(group) = node.link_group.filter(|_| node.kind == NodeKind::File) else { return false };
        // What cannot be opened here cannot be compared either, which tells it.
        let Ok(identity) = dir.open_file(&node.name).and_then(|file| file.identity()) else { return false };
        match self.first_names.entry((group, node.inode)) {
            Entry::Vacant(first) => {
                first.insert(identity);
                false
            }
            Entry::Occupied(first) if *first.get() == identity => {
                self.teller.tell(&Event::Compared { path: &trail.path(), node });
                true
            }
            Entry::Occupied(_) => {
                self.differs(trail, What::Metadata(vec!["hard link".to_owned()]), false);
                true
            }
        }
    }

    fn carry_out(&mut self) {
        self.workers.for_each(&self.items, |scratch, item| {
            if self.teller.check().is_ok() {
                self.item(scratch, item);
            }
        });
        self.items.clear();
    }

    fn item(&self, scratch: &mut Vec<u8>, item: &Item) {
        let Item { dir, node, trail } = item;
        let done = match node.kind {
            NodeKind::File => self.file(scratch, item),
            _ => dir.stat(&node.name).and_then(|stat| {
                let mut now = stat.node;
                dir.read_details(&mut now)?;
                self.metadata(&now, node, trail);
                Ok(())
            }),
        };
        if let Err(error) = done {
            self.failed(trail, &error);
        }
    }

    fn file(&self, scratch: &mut Vec<u8>, item: &Item) -> Result<(), FsError> {
        let Item { dir, node, trail } = item;
        let kind = dir.stat(&node.name)?.node.kind;
        if kind != NodeKind::File {
            self.differs(trail, What::Metadata(vec!["kind".to_owned()]), false);
            return Ok(());
        }
        let mut file = dir.open_file(&node.name)?;
        let mut now = file.stat()?.node;
        file.read_details(&mut now)?;
        match self.has_content(&mut file, node, scratch) {
            Ok(true) => self.metadata(&now, node, trail),
            // Whoever was told to stop found nothing out.
            Ok(false) if self.teller.check().is_err() => {}
            // What changes while it is read is no rot.
            Ok(false) => {
                let looks_the_same = looks_the_same(&now, node) && looks_the_same(&file.stat()?.node, node);
                self.differs(trail, What::Content, looks_the_same);
            }
            Err(CompareError::File(error)) => return Err(error),
            Err(CompareError::Content(error)) => self.unread(trail, &error),
        }
        Ok(())
    }

    fn has_content(
        &self,
        file: &mut SourceFile,
        node: &Node,
        scratch: &mut Vec<u8>,
    ) -> Result<bool, CompareError> {
        file.forget_cached();
        let goes_on = || self.teller.check().is_ok();
        content_equals(self.reader, &mut Compared { file, goes_on: &goes_on }, node, scratch)
    }

    /// Tells what of the metadata differs; content that there is is the same.
    fn metadata(&self, now: &Node, node: &Node, trail: &Trail) {
        let mut wanted = node.clone();
        for xattr in &mut wanted.xattrs {
            if let Err(error) = self.fetch(xattr) {
                return self.unread(trail, &error);
            }
        }
        let unlike = unlike(now, &wanted);
        match unlike.is_empty() {
            true => self.teller.tell(&Event::Compared { path: &trail.path(), node }),
            false => self.differs(trail, What::Metadata(unlike), looks_the_same(now, node)),
        }
    }

    /// Reads the value of an attribute, unless it is there already.
    fn fetch(&self, xattr: &mut Xattr) -> Result<(), RepositoryError> {
        if let XattrValue::Blob(id, _) = xattr.value {
            xattr.value = XattrValue::Inline(self.reader.read(Role::Data, &id)?);
        }
        Ok(())
    }

    fn differs(&self, trail: &Trail, what: What, looks_the_same: bool) {
        let difference = Difference { path: trail.path(), what, looks_the_same };
        self.teller.tell(&Event::Differs(&difference));
    }

    fn failed(&self, trail: &Trail, error: &FsError) {
        match error.is_not_found() {
            true => self.differs(trail, What::Missing, false),
            false => self.teller.problem(ProblemKind::Unread, &trail.path(), cause_of(error)),
        }
    }

    fn unread(&self, trail: &Trail, error: &RepositoryError) {
        let kind = if error.is_damage() { ProblemKind::Damage } else { ProblemKind::Unread };
        self.teller.problem(kind, &trail.path(), cause_of(error));
    }
}

/// Whether nothing says that an item was changed since it was saved.
fn looks_the_same(now: &Node, node: &Node) -> bool {
    let look = |node: &Node| (node.kind, node.size, node.mtime, node.ctime, node.inode);
    look(now) == look(node)
}
