//! Page trees, read: the entries of a directory or the pieces of a file, in order and one page at a time.
//!
//! Invariant: memory holds one path of pages, whatever the size of the directory or file.

use lifeboat_format::{
    BlobId, ChildPage, Content, FormatError, Node, NodeKind, Page, PageEntry, Piece, Role, Totals, XattrValue,
};
use lifeboat_repository::{BlobReader, RepositoryError};
use std::vec::IntoIter;

/// Entries of a page tree in order. After an error it ends.
pub(crate) struct Entries<'r, E> {
    reader: &'r BlobReader,
    leaf: IntoIter<E>,
    inner: Vec<(u8, IntoIter<ChildPage>)>,
    root: Option<BlobId>,
}

/// The nodes of a directory in order of their names.
pub(crate) fn nodes<'r>(reader: &'r BlobReader, directory: &Node) -> Entries<'r, Node> {
    match directory.content {
        Content::Pages(root) if directory.kind == NodeKind::Directory => Entries::of(reader, Some(root)),
        _ => Entries::of(reader, None),
    }
}

/// The pieces of a file in order.
pub(crate) fn pieces<'r>(reader: &'r BlobReader, file: &Node) -> Entries<'r, Piece> {
    match &file.content {
        Content::Pages(root) => Entries::of(reader, Some(*root)),
        Content::Pieces(pieces) => Entries { leaf: pieces.clone().into_iter(), ..Entries::of(reader, None) },
        Content::Empty | Content::Inline(_) => Entries::of(reader, None),
    }
}

/// The attributes of a node whose values are blobs, by their names.
pub(crate) fn xattr_blobs(node: &Node) -> impl Iterator<Item = (&[u8], BlobId)> {
    node.xattrs.iter().filter_map(|xattr| match xattr.value {
        XattrValue::Blob(id, _) => Some((xattr.name.as_slice(), id)),
        XattrValue::Inline(_) => None,
    })
}

/// The node of this name in a directory.
pub(crate) fn find(
    reader: &BlobReader,
    directory: &Node,
    name: &[u8],
) -> Result<Option<Node>, RepositoryError> {
    let Content::Pages(root) = directory.content else { return Ok(None) };
    let (mut id, mut level) = (root, None);
    loop {
        match read_page::<Node>(reader, &id, level)? {
            Page::Leaf(nodes) => return Ok(nodes.into_iter().find(|node| node.name == name)),
            Page::Inner(below, children) => {
                let behind = children.partition_point(|child| child.first.as_slice() <= name);
                let Some(child) = behind.checked_sub(1).map(|position| &children[position]) else {
                    return Ok(None);
                };
                (id, level) = (child.id, Some(below));
            }
        }
    }
}

/// Counts a node of a directory, and all below it.
pub(crate) fn add_to_totals(totals: &mut Totals, node: &Node) {
    match node.kind {
        NodeKind::Directory => {
            let below = node.totals.unwrap_or_default();
            totals.files += below.files;
            totals.directories += below.directories + 1;
            totals.bytes += below.bytes;
        }
        _ => {
            totals.files += 1;
            totals.bytes += node.size;
        }
    }
}

/// Reads one page.
pub(crate) fn read_page<E: PageEntry>(
    reader: &BlobReader,
    id: &BlobId,
    level: Option<u8>,
) -> Result<Page<E>, RepositoryError> {
    let bytes = reader.read(Role::Tree, id)?;
    Page::decode(&bytes, level).map_err(|source| damaged(id, source))
}

fn damaged(id: &BlobId, source: FormatError) -> RepositoryError {
    RepositoryError::reading(&format!("tree page {id}"), source)
}

impl<'r, E: PageEntry> Entries<'r, E> {
    fn of(reader: &'r BlobReader, root: Option<BlobId>) -> Self {
        Self { reader, leaf: Vec::new().into_iter(), inner: Vec::new(), root }
    }

    /// Opens the next page, if there is one.
    fn turn(&mut self) -> Result<bool, RepositoryError> {
        let (id, level) = match self.root.take() {
            Some(root) => (root, None),
            None => match self.next_child() {
                Some((id, level)) => (id, Some(level)),
                None => return Ok(false),
            },
        };
        match read_page(self.reader, &id, level)? {
            Page::Leaf(entries) => self.leaf = entries.into_iter(),
            Page::Inner(level, children) => self.inner.push((level, children.into_iter())),
        }
        Ok(true)
    }

    fn next_child(&mut self) -> Option<(BlobId, u8)> {
        while let Some((level, children)) = self.inner.last_mut() {
            if let Some(child) = children.next() {
                return Some((child.id, *level));
            }
            self.inner.pop();
        }
        None
    }
}

impl<E: PageEntry> Iterator for Entries<'_, E> {
    type Item = Result<E, RepositoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.leaf.next() {
                return Some(Ok(entry));
            }
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.inner.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}
