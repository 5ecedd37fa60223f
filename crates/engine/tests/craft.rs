//! Snapshots made of nodes: what no file system of a test machine may hold.

use crate::world::World;
use lifeboat_engine::{Compression, Content, Node, NodeKind, Snapshot, Timestamp, VerifyWrites};
use lifeboat_format::{BlobId, PageTreeBuilder, Role, Totals};
use lifeboat_repository::{BlobWriter, Committed, RepositoryError, Session, WriterOptions};
use std::sync::Arc;

/// An entry with what is in it.
pub(crate) struct Item {
    node: Node,
    entries: Vec<Self>,
}

impl Item {
    pub(crate) fn file(name: &str, content: &[u8]) -> Self {
        let (size, content) = (content.len() as u64, Content::Inline(content.to_vec()));
        Self::with(Node { size, content, ..node(name, NodeKind::File) })
    }

    pub(crate) fn dir(name: &str, entries: Vec<Self>) -> Self {
        Self { node: Node { mode: 0o755, ..node(name, NodeKind::Directory) }, entries }
    }

    pub(crate) fn with(node: Node) -> Self {
        Self { node, entries: Vec::new() }
    }

    pub(crate) fn but(mut self, change: impl FnOnce(&mut Node)) -> Self {
        change(&mut self.node);
        self
    }
}

/// A node with an ordinary mode and time that belongs to whoever runs the test.
pub(crate) fn node(name: &str, kind: NodeKind) -> Node {
    let own = std::fs::metadata("/proc/self").unwrap();
    let (uid, gid) = (std::os::unix::fs::MetadataExt::uid(&own), std::os::unix::fs::MetadataExt::gid(&own));
    let mtime = Timestamp { seconds: 1_500_000_000, nanoseconds: 123_456_789 };
    Node { name: name.into(), kind, mode: 0o640, uid, gid, mtime, ..Node::default() }
}

/// Stores blobs and directories, then commits them as a snapshot.
pub(crate) struct Craft<'w> {
    world: &'w World,
    session: Session,
    writer: BlobWriter,
}

impl<'w> Craft<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        let session = Session::start(&world.repository).unwrap();
        let index = Arc::new(world.repository.load_index(session.view()).unwrap());
        let workers = world.workers.clone();
        let options =
            WriterOptions { compression: Compression::default(), verify_writes: VerifyWrites::All, workers };
        let writer = session.writer(index, options);
        Self { world, session, writer }
    }

    /// Stores a blob of role data.
    pub(crate) fn data(&mut self, bytes: &[u8]) -> BlobId {
        self.writer.put(Role::Data, bytes).unwrap()
    }

    /// Commits these entries as the content of the root.
    pub(crate) fn commit(mut self, entries: Vec<Item>) -> Snapshot {
        let root = self.store(Item::dir("", entries));
        let flushed = self.writer.finish().unwrap();
        let now = self.world.repository.environment().clock.now();
        let snapshot = Snapshot::new(self.session.snapshot(), root, now);
        assert!(matches!(self.session.commit(&snapshot, flushed), Ok(Committed::Counts { .. })));
        snapshot
    }

    /// Entries have to be in the order of their names.
    fn store(&mut self, item: Item) -> Node {
        let Item { node, entries } = item;
        if node.kind != NodeKind::Directory || node.content != Content::Empty {
            return node;
        }
        let entries = entries.into_iter().map(|entry| self.store(entry)).collect();
        self.fill(node, entries)
    }

    /// Stores the entries of a directory; levels of any number can be made so, from below.
    pub(crate) fn fill(&mut self, mut node: Node, entries: Vec<Node>) -> Node {
        let mut pages = PageTreeBuilder::new(self.world.repository.page_key());
        node.totals = Some(totals(&entries));
        for entry in entries {
            let put = &mut |page: &[u8]| self.writer.put(Role::Tree, page);
            pages.push::<RepositoryError>(&entry, put).unwrap();
        }
        let put = &mut |page: &[u8]| self.writer.put(Role::Tree, page);
        node.content = pages.finish::<RepositoryError>(put).unwrap().map_or(Content::Empty, Content::Pages);
        node
    }

    /// Stores a page as it is, of whatever it holds.
    pub(crate) fn page(&mut self, page: &[u8]) -> BlobId {
        self.writer.put(Role::Tree, page).unwrap()
    }
}

/// What lies below a directory that holds these.
fn totals(entries: &[Node]) -> Totals {
    entries.iter().fold(Totals::default(), |sum, node| {
        let is_directory = node.kind == NodeKind::Directory;
        let below = node.totals.filter(|_| is_directory).unwrap_or_default();
        Totals {
            files: sum.files.saturating_add(below.files + u64::from(!is_directory)),
            directories: sum.directories.saturating_add(below.directories + u64::from(is_directory)),
            bytes: sum.bytes.saturating_add(below.bytes).saturating_add(node.size),
        }
    })
}
