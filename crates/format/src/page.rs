//! Page trees: directories of any size, and files of any length, as pages of 8 to 64 KiB.
//!
//! Spec: docs/format.md#page-trees. Pages are cut where a keyed hash of an entry says so: one changed entry
//! rewrites one path of pages, whatever the size of the whole. A page is stored as a blob of role tree.

use crate::{BlobId, FormatError, Key, Node, Piece, limits, wire};
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::marker::PhantomData;

const VERSION: u32 = 1;
/// One entry in so many closes a page of nodes or of children.
const NODES_PER_CUT: u32 = 64;
/// One piece in so many closes a page of pieces.
const PIECES_PER_CUT: u32 = 128;
/// The kinds of trees that there are so far.
const KINDS: [u32; 2] = [Node::KIND, Piece::KIND];

/// What the leaves of a page tree hold.
pub trait PageEntry: Encode<()> + for<'b> Decode<'b, ()> {
    /// Number of the kind of tree.
    const KIND: u32;
    /// Whether the page is cut behind this entry.
    fn closes_page(&self, key: &Key) -> bool;
    /// What the entry is found by.
    fn key(&self) -> &[u8];
    /// What is summed up in inner pages.
    fn weight(&self) -> u64;
    /// Whether these may be the entries of one leaf, in this order.
    fn are_sound(entries: &[Self]) -> bool;
}

/// Directories: in ascending order of names, each once. Weighs one.
impl PageEntry for Node {
    const KIND: u32 = 1;

    fn closes_page(&self, key: &Key) -> bool {
        hits(blake3::keyed_hash(key.as_bytes(), &self.name).as_bytes(), NODES_PER_CUT)
    }

    fn key(&self) -> &[u8] {
        &self.name
    }

    fn weight(&self) -> u64 {
        1
    }

    fn are_sound(entries: &[Self]) -> bool {
        entries.is_sorted_by(|left, right| left.name < right.name) && entries.iter().all(Self::is_sound)
    }
}

/// Contents: in the order of the file. Weighs its length.
impl PageEntry for Piece {
    const KIND: u32 = 2;

    /// A blob's id is a keyed hash already; a hole never cuts.
    fn closes_page(&self, _: &Key) -> bool {
        match self {
            Self::Blob(id, _) => hits(id.as_bytes(), PIECES_PER_CUT),
            Self::Hole(_) => false,
        }
    }

    fn key(&self) -> &[u8] {
        &[]
    }

    fn weight(&self) -> u64 {
        self.length()
    }

    fn are_sound(entries: &[Self]) -> bool {
        entries.iter().all(|piece| piece.length() > 0)
    }
}

/// A page below an inner page.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChildPage {
    /// Its blob.
    #[n(0)]
    pub id: BlobId,
    /// Name of the first node below it; empty in contents.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub first: Vec<u8>,
    /// Nodes, or bytes of content, below it.
    #[n(2)]
    pub weight: u64,
}

/// A page, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page<E> {
    /// Entries themselves.
    Leaf(Vec<E>),
    /// Pages of the given level.
    Inner(u8, Vec<ChildPage>),
}

impl<E: PageEntry> Page<E> {
    /// Reads a page; `level` is what the page above says, none for a root.
    ///
    /// # Errors
    /// When the bytes are not a page of this kind and level.
    pub fn decode(bytes: &[u8], level: Option<u8>) -> Result<Self, FormatError> {
        let mut decoder = Decoder::new(bytes);
        let head: Head = decoder.decode().map_err(|_| FormatError::Malformed("page"))?;
        wire::check_version(head.0, VERSION, "page")?;
        let (kind, found) = (head.1, head.2);
        if !KINDS.contains(&kind) {
            return Err(FormatError::Newer("page"));
        }
        if kind != E::KIND || found >= limits::PAGE_DEPTH_MAX || level.is_some_and(|level| level != found) {
            return Err(FormatError::Malformed("page"));
        }
        match found.checked_sub(1) {
            None => match decode_entries(&mut decoder)? {
                entries if E::are_sound(&entries) => Ok(Self::Leaf(entries)),
                _ => Err(FormatError::Malformed("page")),
            },
            Some(below) => decode_entries(&mut decoder).map(|children| Self::Inner(below, children)),
        }
    }

    /// What its first entry is found by.
    #[must_use]
    pub fn first(&self) -> &[u8] {
        match self {
            Self::Leaf(entries) => entries.first().map_or(&[], PageEntry::key),
            Self::Inner(_, children) => children.first().map_or(&[], |child| &child.first),
        }
    }
}

/// The entries of a page, at least one. All but the last lie within the length at which a page is closed, and that one within
/// its own limit: so many small ones as a large page might hold would take many times its length in memory.
fn decode_entries<'b, T: Decode<'b, ()>>(decoder: &mut Decoder<'b>) -> Result<Vec<T>, FormatError> {
    let refused = FormatError::Malformed("page");
    let count = decoder.array().ok().flatten().filter(|count| *count > 0).ok_or_else(|| refused.clone())?;
    let (start, mut entries) = (decoder.position(), Vec::new());
    if decoder.input().len() - start > limits::PAGE_MAX + limits::NODE_MAX {
        return Err(refused);
    }
    for _ in 0..count {
        if decoder.position() - start >= limits::PAGE_MAX {
            return Err(refused);
        }
        entries.push(decoder.decode().map_err(|error| wire::refusal(&error, "page"))?);
    }
    wire::check_end(decoder, "page").map(|()| entries)
}

/// The first three elements of a page, `[version, kind, level, [entry, ..]]`, which tell how to read the fourth.
struct Head(u32, u32, u8);

impl<'b, C> Decode<'b, C> for Head {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        match d.array()? {
            Some(4) => Ok(Self(d.u32()?, d.u32()?, d.u8()?)),
            _ => Err(minicbor::decode::Error::message("a page has four elements")),
        }
    }
}

/// Builds a page tree from entries in order, handing each finished page to a store.
#[derive(Debug)]
pub struct PageTreeBuilder<E> {
    key: Key,
    levels: Vec<OpenPage>,
    entries: PhantomData<fn(&E)>,
}

#[derive(Debug, Default)]
struct OpenPage {
    entries: Vec<u8>,
    count: u64,
    first: Vec<u8>,
    weight: u64,
    last_stored: Option<BlobId>,
}

impl<E: PageEntry> PageTreeBuilder<E> {
    /// An empty tree; the key is that of [`crate::Keyring::page_key`].
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self { key, levels: Vec::new(), entries: PhantomData }
    }

    /// Whether nothing was added yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Adds the next entry. `store` keeps a page as a tree blob and gives its id.
    ///
    /// # Errors
    /// Those of `store`; [`FormatError::Limit`] for an entry or a depth beyond the limits.
    pub fn push<X: From<FormatError>>(
        &mut self,
        entry: &E,
        store: &mut dyn FnMut(&[u8]) -> Result<BlobId, X>,
    ) -> Result<(), X> {
        let closes = entry.closes_page(&self.key);
        self.push_at(0, &wire::encode(entry), entry.key(), entry.weight(), closes, store)
    }

    /// Closes the tree and gives its root, none when it is empty.
    ///
    /// # Errors
    /// As [`PageTreeBuilder::push`].
    pub fn finish<X: From<FormatError>>(
        mut self,
        store: &mut dyn FnMut(&[u8]) -> Result<BlobId, X>,
    ) -> Result<Option<BlobId>, X> {
        let mut level = 0;
        while let Some(page) = self.levels.get(level) {
            let is_top = level + 1 == self.levels.len();
            let only_child = is_top && level > 0 && page.count == 1 && page.last_stored.is_none();
            if only_child {
                return Ok(self.levels[level - 1].last_stored);
            }
            if page.count > 0 {
                let child = self.store_page(level, store)?;
                if is_top {
                    return Ok(Some(child.id));
                }
                self.push_child(level + 1, &child, store)?;
            }
            level += 1;
        }
        Ok(None)
    }

    fn push_at<X: From<FormatError>>(
        &mut self,
        level: usize,
        encoded: &[u8],
        key: &[u8],
        weight: u64,
        closes: bool,
        store: &mut dyn FnMut(&[u8]) -> Result<BlobId, X>,
    ) -> Result<(), X> {
        if level >= usize::from(limits::PAGE_DEPTH_MAX) || encoded.len() > limits::NODE_MAX {
            return Err(FormatError::Limit("page tree").into());
        }
        if self.levels.len() == level {
            self.levels.push(OpenPage::default());
        }
        let page = &mut self.levels[level];
        if page.count == 0 {
            page.first = key.to_vec();
        }
        page.entries.extend_from_slice(encoded);
        page.count += 1;
        page.weight = page.weight.checked_add(weight).ok_or(FormatError::Limit("page tree"))?;
        let length = page.entries.len();
        if length < limits::PAGE_MIN || (length < limits::PAGE_MAX && !closes) {
            return Ok(());
        }
        let child = self.store_page(level, store)?;
        self.push_child(level + 1, &child, store)
    }

    fn push_child<X: From<FormatError>>(
        &mut self,
        level: usize,
        child: &ChildPage,
        store: &mut dyn FnMut(&[u8]) -> Result<BlobId, X>,
    ) -> Result<(), X> {
        let closes = hits(child.id.as_bytes(), NODES_PER_CUT);
        self.push_at(level, &wire::encode(child), &child.first, child.weight, closes, store)
    }

    fn store_page<X: From<FormatError>>(
        &mut self,
        level: usize,
        store: &mut dyn FnMut(&[u8]) -> Result<BlobId, X>,
    ) -> Result<ChildPage, X> {
        let page = std::mem::take(&mut self.levels[level]);
        let number = u8::try_from(level).map_err(|_| FormatError::Limit("page tree"))?;
        let mut bytes = Vec::with_capacity(page.entries.len() + 16);
        Encoder::new(&mut bytes)
            .array(4)
            .and_then(|e| e.u32(VERSION)?.u32(E::KIND)?.u8(number)?.array(page.count))
            .expect("writing to a vector cannot fail");
        bytes.extend_from_slice(&page.entries);
        let id = store(&bytes)?;
        self.levels[level].last_stored = Some(id);
        Ok(ChildPage { id, first: page.first, weight: page.weight })
    }
}

/// Whether a hash falls on the one value in `every` that cuts.
fn hits(hash: &[u8; 32], every: u32) -> bool {
    let value = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]);
    value < u32::MAX / every
}
