//! Between repositories with other keys or sizes: every file is opened, cut and named as the target does it, so that what is backed up there
//! later deduplicates against it, and every directory is written anew.
//!
//! What a snapshot shares with a relative that was copied before is not read again: the two are walked together with the relative's copy in the
//! target. Invariant: that copy is only ever a shortcut; each blob of it is looked up by itself, as in a backup (docs/log-protocol.md).

use super::Copying;
use super::trouble::Trouble;
use crate::content::ContentSaver;
use crate::copy::stored_file::StoredFile;
use crate::parent::Parent;
use crate::reach::reach;
use crate::stored::is_stored;
use crate::trees::{self, Entries, nodes};
use crate::{EngineError, Event};
use lifeboat_format::{Content, FormatError, Key, Node, NodeKind, PageTreeBuilder, Role, Totals, XattrValue};
use lifeboat_repository::{BlobReader, BlobWriter, Need, RepositoryError, Usage};

/// A directory that is being copied, with the same one of a relative and of its copy.
struct Frame<'r> {
    node: Node,
    entries: Entries<'r, Node>,
    original: Parent<'r>,
    copy: Parent<'r>,
    pages: PageTreeBuilder<Node>,
    totals: Totals,
}

/// What a relative has in the place of a node, and its copy.
type Twins = Option<(Node, Node)>;

/// Copies of the nodes of a snapshot.
pub(super) struct Recoding<'a, 'w> {
    copying: &'a Copying<'a>,
    source: &'a BlobReader,
    target: &'a BlobReader,
    writer: &'w mut BlobWriter,
    contents: ContentSaver,
    page_key: Key,
    /// Pages and blobs of the target that count, as far as somebody asked.
    counting: Usage<'a>,
}

impl<'a, 'w> Recoding<'a, 'w> {
    pub(super) fn new(
        copying: &'a Copying<'a>,
        source: &'a BlobReader,
        target: &'a BlobReader,
        writer: &'w mut BlobWriter,
    ) -> Self {
        let contents = ContentSaver::new(copying.target);
        let page_key = copying.target.page_key();
        Self { copying, source, target, writer, contents, page_key, counting: Usage::of(target.index()) }
    }

    /// The copy of a root.
    pub(super) fn root(&mut self, root: &Node, relative: Option<&(Node, Node)>) -> Result<Node, Trouble> {
        if let Some(copied) = self.unchanged(root, relative)? {
            return Ok(copied);
        }
        let mut stack = vec![self.open(root.clone(), relative)];
        loop {
            self.copying.teller.check()?;
            let frame = stack.last_mut().expect("it ends when the first frame is closed");
            if let Some(node) = frame.entries.next().transpose()? {
                let twins = frame.twins(&node.name);
                match self.unchanged(&node, twins.as_ref())? {
                    Some(copied) => self.add(frame, &copied)?,
                    None if node.kind == NodeKind::Directory => stack.push(self.open(node, twins.as_ref())),
                    None => {
                        let copied = self.file(node)?;
                        self.add(frame, &copied)?;
                    }
                }
                continue;
            }
            let frame = stack.pop().expect("it was there a moment ago");
            let copied = self.close(frame)?;
            match stack.last_mut() {
                Some(above) => self.add(above, &copied)?,
                None => return Ok(copied),
            }
        }
    }

    fn open(&self, node: Node, twins: Option<&(Node, Node)>) -> Frame<'a> {
        Frame {
            entries: nodes(self.source, &node),
            original: Parent::of(self.source, twins.map(|(original, _)| original)),
            copy: Parent::of(self.target, twins.map(|(_, copy)| copy)),
            pages: PageTreeBuilder::new(self.page_key.clone()),
            totals: Totals::default(),
            node,
        }
    }

    fn add(&mut self, frame: &mut Frame<'_>, node: &Node) -> Result<(), Trouble> {
        trees::add_to_totals(&mut frame.totals, node);
        let writer = &mut *self.writer;
        let stored: Result<(), RepositoryError> =
            frame.pages.push(node, &mut |page| writer.put(Role::Tree, page));
        stored.map_err(Trouble::of_target)
    }

    fn close(&mut self, frame: Frame<'_>) -> Result<Node, Trouble> {
        let writer = &mut *self.writer;
        let root: Result<_, RepositoryError> = frame.pages.finish(&mut |page| writer.put(Role::Tree, page));
        let content = root.map_err(Trouble::of_target)?.map_or(Content::Empty, Content::Pages);
        let mut node = Node { content, totals: Some(frame.totals), ..frame.node };
        self.xattrs(&mut node)?;
        Ok(node)
    }

    /// The copy of a node whose content a relative has too, if everything of that copy counts.
    fn unchanged(&mut self, node: &Node, twins: Option<&(Node, Node)>) -> Result<Option<Node>, Trouble> {
        let Some((original, copy)) = twins else { return Ok(None) };
        let same = |one: &Node, other: &Node| {
            (one.kind, &one.content, one.size, &one.xattrs)
                == (other.kind, &other.content, other.size, &other.xattrs)
        };
        if !same(node, original)
            || (copy.kind, copy.size, copy.totals) != (node.kind, node.size, original.totals)
        {
            return Ok(None);
        }
        let content = match &node.content {
            Content::Pieces(_) | Content::Pages(_) => copy.content.clone(),
            other => other.clone(),
        };
        let copied = Node { content, xattrs: copy.xattrs.clone(), ..node.clone() };
        let counts = match node.kind {
            NodeKind::Directory => self.counts(&copied)?,
            _ => is_stored(self.target, self.writer, &copied).map_err(Trouble::of_target)?,
        };
        Ok(counts.then_some(copied))
    }

    /// Whether everything below a directory of the target has a place that counts.
    fn counts(&mut self, directory: &Node) -> Result<bool, Trouble> {
        let (writer, counting, mut is_all) = (&*self.writer, &mut self.counting, true);
        let seen = reach(self.target, directory, || self.copying.teller.check(), &mut |_, id| {
            let counts = match counting.need(id)? {
                Need::Known => return Ok(false),
                Need::Missing | Need::Nowhere | Need::Lost => false,
                Need::New => writer.contains(id)?,
            };
            is_all &= counts;
            Ok::<_, EngineError>(counts)
        });
        let counts = match seen {
            Ok(()) => is_all,
            Err(EngineError::Repository(error)) if error.is_damage() => false,
            Err(error) => return Err(error.into()),
        };
        if !counts {
            // What was passed by is not known to count.
            self.counting = Usage::of(self.target.index());
        }
        Ok(counts)
    }

    /// The copy of a node that is no directory.
    fn file(&mut self, mut node: Node) -> Result<Node, Trouble> {
        if node.kind == NodeKind::File && matches!(node.content, Content::Pieces(_) | Content::Pages(_)) {
            let mut file = StoredFile::new(self.source, &node, self.copying);
            let teller = self.copying.teller;
            let mut told = |bytes| {
                teller.tell(&Event::Read(bytes));
                teller.check()
            };
            let (content, length) = self.contents.save(&mut file, self.writer, &mut told)?;
            if length != node.size {
                let source = FormatError::Malformed("list: it is not as long as its node says");
                return Err(Trouble::Source(RepositoryError::reading(&"content of a file", source)));
            }
            node.content = content;
        }
        self.xattrs(&mut node)?;
        Ok(node)
    }

    fn xattrs(&mut self, node: &mut Node) -> Result<(), Trouble> {
        for xattr in &mut node.xattrs {
            if let XattrValue::Blob(id, _) = &mut xattr.value {
                let value = self.copying.read(self.source, Role::Data, id)?;
                *id = self.writer.put(Role::Data, &value).map_err(Trouble::of_target)?;
            }
        }
        Ok(())
    }
}

impl Frame<'_> {
    /// What the relative has under this name, and its copy; what cannot be read is passed over.
    fn twins(&mut self, name: &[u8]) -> Twins {
        let original = self.original.find(name).unwrap_or_default();
        let copy = self.copy.find(name).unwrap_or_default();
        original.zip(copy)
    }
}
