//! Page trees, read: the entries of a directory or the pieces of a file, in order and one page at a time.
//!
//! Invariants, whatever the pages say: memory holds one path of pages; no name comes twice, and none before one that is smaller;
//! there is no more of it than the node says. Else a few pages that name each other often would be more than anybody can wait
//! for.

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
    /// What the last entry of the page before is found by; empty for pieces.
    last: Vec<u8>,
    /// How much more there may be.
    left: u64,
}

/// What an entry takes of what a node says that it holds.
pub(crate) trait Share {
    /// Entries of a directory and all below it, or bytes of a file.
    fn share(&self) -> u64;
}

impl Share for Node {
    fn share(&self) -> u64 {
        1_u64.saturating_add(below(self))
    }
}

impl Share for Piece {
    fn share(&self) -> u64 {
        self.length()
    }
}

/// How much a directory says is below it.
fn below(directory: &Node) -> u64 {
    let totals = directory.totals.filter(|_| directory.kind == NodeKind::Directory).unwrap_or_default();
    totals.files.saturating_add(totals.directories)
}

/// The nodes of a directory in order of their names.
pub(crate) fn nodes<'r>(reader: &'r BlobReader, directory: &Node) -> Entries<'r, Node> {
    match directory.content {
        Content::Pages(root) if directory.kind == NodeKind::Directory => {
            Entries::of(reader, Some(root), below(directory))
        }
        _ => Entries::of(reader, None, 0),
    }
}

/// The pieces of a file in order.
pub(crate) fn pieces<'r>(reader: &'r BlobReader, file: &Node) -> Entries<'r, Piece> {
    match &file.content {
        Content::Pages(root) => Entries::of(reader, Some(*root), file.size),
        Content::Pieces(pieces) => {
            Entries { leaf: pieces.clone().into_iter(), ..Entries::of(reader, None, file.size) }
        }
        Content::Empty | Content::Inline(_) => Entries::of(reader, None, 0),
    }
}

/// The attributes of a node whose values are blobs, by their names, with the lengths of those.
pub(crate) fn xattr_blobs(node: &Node) -> impl Iterator<Item = (&[u8], BlobId, u32)> {
    node.xattrs.iter().filter_map(|xattr| match xattr.value {
        XattrValue::Blob(id, length) => Some((xattr.name.as_slice(), id, length)),
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
            totals.files = totals.files.saturating_add(below.files);
            totals.directories = totals.directories.saturating_add(below.directories).saturating_add(1);
            // Files full of holes may have any size.
            totals.bytes = totals.bytes.saturating_add(below.bytes);
        }
        _ => {
            totals.files = totals.files.saturating_add(1);
            totals.bytes = totals.bytes.saturating_add(node.size);
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
    fn of(reader: &'r BlobReader, root: Option<BlobId>, left: u64) -> Self {
        Self { reader, leaf: Vec::new().into_iter(), inner: Vec::new(), root, last: Vec::new(), left }
    }

    /// Opens the next page, if there is one.
    fn turn(&mut self) -> Result<bool, RepositoryError> {
        let (id, level, first) = match self.root.take() {
            Some(root) => (root, None, None),
            None => match self.next_child() {
                Some((level, child)) => (child.id, Some(level), Some(child.first)),
                None => return Ok(false),
            },
        };
        let page = read_page::<E>(self.reader, &id, level)?;
        // Whoever looks for a name goes by what the page above says.
        if first.is_some_and(|first| first != page.first()) {
            return Err(damaged(&id, FormatError::Malformed("page")));
        }
        match page {
            Page::Leaf(entries) => self.open_leaf(&id, entries)?,
            Page::Inner(level, children) => self.inner.push((level, children.into_iter())),
        }
        Ok(true)
    }

    fn open_leaf(&mut self, id: &BlobId, entries: Vec<E>) -> Result<(), RepositoryError> {
        let ends = entries.first().zip(entries.last()).map(|(first, last)| (first.key(), last.key()));
        if let Some((first, last)) = ends.filter(|(first, _)| !first.is_empty()) {
            if first <= self.last.as_slice() {
                return Err(damaged(id, FormatError::Malformed("page")));
            }
            self.last = last.to_vec();
        }
        self.leaf = entries.into_iter();
        Ok(())
    }

    fn next_child(&mut self) -> Option<(u8, ChildPage)> {
        while let Some((level, children)) = self.inner.last_mut() {
            if let Some(child) = children.next() {
                return Some((*level, child));
            }
            self.inner.pop();
        }
        None
    }
}

impl<E: PageEntry + Share> Entries<'_, E> {
    fn advance(&mut self) -> Result<Option<E>, RepositoryError> {
        loop {
            if let Some(entry) = self.leaf.next() {
                let left = self.left.checked_sub(entry.share());
                self.left = left.ok_or_else(|| {
                    let source = FormatError::Malformed("list: it is longer than its node says");
                    RepositoryError::reading(&"its content", source)
                })?;
                return Ok(Some(entry));
            }
            if !self.turn()? {
                return Ok(None);
            }
        }
    }
}

impl<E: PageEntry + Share> Iterator for Entries<'_, E> {
    type Item = Result<E, RepositoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        if next.is_err() {
            self.leaf = Vec::new().into_iter();
            self.inner.clear();
        }
        next.transpose()
    }
}
