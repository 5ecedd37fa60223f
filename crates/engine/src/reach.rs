//! Everything that can be reached from a node: pages of directories and long files, pieces, large attributes.
//!
//! Invariants: what is below a page is looked at when whoever asks says that the page is new to them; a page that cannot be read ends it. The stack is
//! our own: no depth of directories exhausts the thread's.

use crate::EngineError;
use crate::trees::{read_page, xattr_blobs};
use lifeboat_format::{BlobId, Bug, Content, Node, NodeKind, Page, Piece, Role, planted};
use lifeboat_repository::{BlobReader, RepositoryError};

/// A page that was not looked at yet.
#[derive(Clone, Copy)]
enum Unread {
    /// Of a directory.
    Nodes(BlobId),
    /// Of a long file.
    Pieces(BlobId),
}

/// What is done with each blob: whether it is new, and what is below it to be looked at.
pub(crate) type Visit<'v, E> = &'v mut dyn FnMut(Role, &BlobId) -> Result<bool, E>;

struct Reaching<'v, 'r, E> {
    reader: &'r BlobReader,
    visit: Visit<'v, E>,
    unread: Vec<Unread>,
}

/// Shows `visit` every blob that is reached from a node; `check` is asked before every page.
///
/// # Errors
/// Those of `visit` and `check`, and of the first page that cannot be read.
pub(crate) fn reach<E: From<EngineError> + From<RepositoryError>>(
    reader: &BlobReader,
    root: &Node,
    check: impl Fn() -> Result<(), EngineError>,
    visit: Visit<'_, E>,
) -> Result<(), E> {
    let mut reaching = Reaching { reader, visit, unread: Vec::new() };
    reaching.node(root)?;
    while let Some(page) = reaching.unread.pop() {
        check()?;
        match reaching.page(page) {
            Err(_) if planted(Bug::UnreadSkipped) => {}
            read => read?,
        }
    }
    Ok(())
}

impl<E: From<RepositoryError>> Reaching<'_, '_, E> {
    fn page(&mut self, page: Unread) -> Result<(), E> {
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

    fn node(&mut self, node: &Node) -> Result<(), E> {
        for (_, id, _) in xattr_blobs(node) {
            (self.visit)(Role::Data, &id)?;
        }
        match &node.content {
            Content::Empty | Content::Inline(_) => Ok(()),
            Content::Pieces(pieces) => self.pieces(pieces),
            Content::Pages(root) if node.kind == NodeKind::Directory => self.below(*root, Unread::Nodes),
            Content::Pages(root) if planted(Bug::LongFilesUnmarked) => {
                (self.visit)(Role::Tree, root).map(drop)
            }
            Content::Pages(root) => self.below(*root, Unread::Pieces),
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Result<(), E> {
        for piece in pieces {
            if let Piece::Blob(id, _) = piece {
                (self.visit)(Role::Data, id)?;
            }
        }
        Ok(())
    }

    /// A page is looked at where it is met first.
    fn below(&mut self, id: BlobId, page: impl Fn(BlobId) -> Unread) -> Result<(), E> {
        if (self.visit)(Role::Tree, &id)? {
            self.unread.push(page(id));
        }
        Ok(())
    }
}
