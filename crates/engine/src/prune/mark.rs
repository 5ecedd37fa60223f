//! What snapshots need: every blob that can be reached from their roots.
//!
//! Invariants: each page is read once, however many trees it stands in. A page that cannot be read, and a blob that is nowhere, end
//! it: whoever does not know what is needed must not take anything away.

use crate::report::Teller;
use crate::trees::{read_page, xattr_blobs};
use crate::{EngineError, PruneReport};
use lifeboat_format::{BlobId, Content, Node, NodeKind, Page, Piece, Snapshot};
use lifeboat_repository::{BlobReader, Index, Need, RepositoryError, Usage};

/// A page that was not looked at yet.
#[derive(Clone, Copy)]
enum Unread {
    /// Of a directory.
    Nodes(BlobId),
    /// Of a long file.
    Pieces(BlobId),
}

struct Marking<'i, 'r> {
    usage: Usage<'i>,
    reader: &'r BlobReader,
    unread: Vec<Unread>,
}

/// Marks what these snapshots need.
pub(super) fn mark<'i>(
    teller: &Teller<'_, PruneReport>,
    reader: &BlobReader,
    index: &'i Index,
    roots: &[&Snapshot],
) -> Result<Usage<'i>, EngineError> {
    let mut marking = Marking { usage: Usage::of(index), reader, unread: Vec::new() };
    for snapshot in roots {
        marking.node(&snapshot.root)?;
        while let Some(page) = marking.unread.pop() {
            teller.check()?;
            marking.page(page)?;
        }
    }
    Ok(marking.usage)
}

impl Marking<'_, '_> {
    fn page(&mut self, page: Unread) -> Result<(), RepositoryError> {
        match page {
            Unread::Nodes(id) => match read_page::<Node>(self.reader, &id, None)? {
                Page::Leaf(nodes) => nodes.iter().try_for_each(|node| self.node(node)),
                Page::Inner(_, children) => {
                    children.iter().try_for_each(|child| self.below(child.id, Unread::Nodes))
                }
            },
            Unread::Pieces(id) => match read_page::<Piece>(self.reader, &id, None)? {
                Page::Leaf(pieces) => self.pieces(&pieces),
                Page::Inner(_, children) => {
                    children.iter().try_for_each(|child| self.below(child.id, Unread::Pieces))
                }
            },
        }
    }

    fn node(&mut self, node: &Node) -> Result<(), RepositoryError> {
        for (_, id, _) in xattr_blobs(node) {
            self.need(&id)?;
        }
        match &node.content {
            Content::Empty | Content::Inline(_) => Ok(()),
            Content::Pieces(pieces) => self.pieces(pieces),
            Content::Pages(root) if node.kind == NodeKind::Directory => self.below(*root, Unread::Nodes),
            Content::Pages(root) => self.below(*root, Unread::Pieces),
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Result<(), RepositoryError> {
        for piece in pieces {
            if let Piece::Blob(id, _) = piece {
                self.need(id)?;
            }
        }
        Ok(())
    }

    /// A page is looked at where it is met first. Whoever has lost one does not know what else is needed.
    fn below(&mut self, id: BlobId, page: impl Fn(BlobId) -> Unread) -> Result<(), RepositoryError> {
        match self.usage.need(&id)? {
            Need::New => self.unread.push(page(id)),
            Need::Known => {}
            Need::Missing | Need::Lost => return Err(missing(&id)),
        }
        Ok(())
    }

    /// Nothing hangs on a blob of data that is known to be lost.
    fn need(&mut self, id: &BlobId) -> Result<(), RepositoryError> {
        match self.usage.need(id)? {
            Need::New | Need::Known | Need::Lost => Ok(()),
            Need::Missing => Err(missing(id)),
        }
    }
}

fn missing(id: &BlobId) -> RepositoryError {
    RepositoryError::Missing(format!("blob {id}, which a snapshot needs,"))
}
