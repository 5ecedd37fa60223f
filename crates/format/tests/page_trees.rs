//! Page trees: what goes in comes out, pages stay within limits, and a small change rewrites little.

use crate::{by_hand, world};
use lifeboat_format::{
    BlobId, ChildPage, FormatError, Keyring, Node, NodeKind, Page, PageEntry, PageTreeBuilder, Piece, Role,
    Timestamp, XattrValue, limits,
};
use std::collections::HashMap;
use std::fmt::Debug;

/// Under these keys the trees below are as deep as is to be expected.
fn ours() -> Keyring {
    world::keyring(2)
}

/// A stored tree.
struct Tree {
    root: Option<BlobId>,
    pages: HashMap<BlobId, Vec<u8>>,
}

fn build<E: PageEntry>(keyring: &Keyring, entries: &[E]) -> Tree {
    let (hasher, mut pages) = (keyring.blob_hasher(), HashMap::new());
    let mut store = |page: &[u8]| {
        let id = hasher.id(Role::Tree, page);
        pages.insert(id, page.to_vec());
        Ok::<_, FormatError>(id)
    };
    let mut builder = PageTreeBuilder::new(keyring.page_key());
    entries.iter().for_each(|entry| builder.push(entry, &mut store).expect("within the limits"));
    let root = builder.finish(&mut store).expect("within the limits");
    Tree { root, pages }
}

impl Tree {
    fn entries<E: PageEntry>(&self) -> Vec<E> {
        let mut entries = Vec::new();
        if let Some(root) = &self.root {
            self.read(root, None, &mut entries);
        }
        entries
    }

    /// Reads a page and all below it; gives what the page above must say of it.
    fn read<E: PageEntry>(&self, id: &BlobId, level: Option<u8>, out: &mut Vec<E>) -> (Vec<u8>, u64) {
        match Page::<E>::decode(&self.pages[id], level).expect("a page of the tree") {
            Page::Leaf(entries) => {
                let first = entries.first().map(|entry| entry.key().to_vec()).unwrap_or_default();
                let weight = entries.iter().map(PageEntry::weight).sum();
                out.extend(entries);
                (first, weight)
            }
            Page::Inner(below, children) => {
                let mut weight = 0;
                for child in &children {
                    assert_eq!(self.read(&child.id, Some(below), out), (child.first.clone(), child.weight));
                    weight += child.weight;
                }
                (children[0].first.clone(), weight)
            }
        }
    }

    fn depth<E: PageEntry>(&self) -> usize {
        let level = |id| match Page::<E>::decode(&self.pages[id], None).expect("a page") {
            Page::Leaf(_) => 0,
            Page::Inner(below, _) => usize::from(below) + 1,
        };
        self.root.as_ref().map_or(0, |root| level(root) + 1)
    }

    /// Pages that are not in the other tree.
    fn new_pages(&self, other: &Self) -> usize {
        self.pages.keys().filter(|id| !other.pages.contains_key(id)).count()
    }
}

fn nodes(count: u32) -> Vec<Node> {
    (0..count).map(|number| node(&format!("file {number:07}"), number)).collect()
}

fn node(name: &str, number: u32) -> Node {
    let mtime = Timestamp { seconds: 1_700_000_000 + i64::from(number), nanoseconds: number };
    let inode = u64::from(number) + 100;
    Node {
        name: name.into(),
        kind: NodeKind::Fifo,
        mode: 0o644,
        mtime,
        ctime: mtime,
        inode,
        ..Node::default()
    }
}

fn pieces(count: u32) -> Vec<Piece> {
    let mut random = lifeboat_testkit::Random::new(7);
    (0..count)
        .map(|number| match number % 50 {
            49 => Piece::Hole(random.below(1 << 40)),
            _ => Piece::Blob(BlobId::new(random.bytes(32).try_into().expect("32")), 65_536 + number % 9),
        })
        .collect()
}

fn check<E: PageEntry + PartialEq + Debug>(entries: &[E]) -> Tree {
    let keyring = ours();
    let tree = build(&keyring, entries);
    assert!(tree.entries::<E>() == entries, "other entries came out");
    assert_eq!(build(&keyring, entries).root, tree.root);
    assert_eq!(tree.root.is_none(), entries.is_empty());
    // All but the last page of each level are at least of the least size.
    let short = tree.pages.values().filter(|page| page.len() < limits::PAGE_MIN).count();
    assert!(short <= tree.depth::<E>(), "{short} short pages");
    let largest = tree.pages.values().map(Vec::len).max().unwrap_or_default();
    assert!(largest < limits::PAGE_MAX + 1024, "a page of {largest} bytes");
    tree
}

#[test]
fn directories_of_any_size_come_back() {
    let depths = [0, 1, 10, 5_000, 60_000].map(|count| check(&nodes(count)).depth::<Node>());
    assert_eq!(depths, [0, 1, 1, 2, 3]);
}

#[test]
fn contents_of_any_length_come_back() {
    let depths = [0, 1, 10, 5_000, 200_000].map(|count| check(&pieces(count)).depth::<Piece>());
    assert_eq!(depths, [0, 1, 1, 2, 3]);
}

#[test]
fn contents_that_never_cut_are_cut_by_size() {
    let tree = check(&vec![Piece::Hole(1 << 40); 100_000]);
    // All full pages are the same page.
    assert!(tree.pages.len() <= 4);
}

#[test]
fn a_length_that_no_file_has_is_refused() {
    let mut builder = PageTreeBuilder::new(ours().page_key());
    let mut push = |length| builder.push(&Piece::Hole(length), &mut |_| Ok(BlobId::default()));
    assert_eq!(push(u64::MAX), Ok(()));
    assert_eq!(push(1), Err(FormatError::Limit("page tree")));
}

#[test]
fn entries_larger_than_a_page_have_one_each() {
    let large = |number: u32| {
        let value = XattrValue::Inline(world::noise(u64::from(number), limits::PAGE_MAX));
        let xattr = lifeboat_format::Xattr { name: b"user.large".to_vec(), value };
        Node { xattrs: vec![xattr], ..node(&format!("{number:04}"), number) }
    };
    let entries: Vec<Node> = (0..20).map(large).collect();
    let tree = build(&ours(), &entries);
    assert_eq!(tree.entries::<Node>(), entries);
    assert_eq!(tree.pages.len(), 21);
}

#[test]
fn another_key_cuts_elsewhere() {
    let entries = nodes(5_000);
    let lengths = |seed| {
        let mut lengths: Vec<_> =
            build(&world::keyring(seed), &entries).pages.values().map(Vec::len).collect();
        lengths.sort_unstable();
        lengths
    };
    assert_ne!(lengths(1), lengths(2));
}

/// Cuts one level as the text says: each page as its number of entries.
fn cut(entries: &[(usize, bool)]) -> Vec<usize> {
    let (mut pages, mut length, mut count) = (Vec::new(), 0, 0);
    for (encoded, hits) in entries {
        length += encoded;
        count += 1;
        if (length >= 8192 && *hits) || length >= 65_536 {
            pages.push(std::mem::take(&mut count));
            length = 0;
        }
    }
    pages.extend(Some(count).filter(|count| *count > 0));
    pages
}

fn encoded_length(value: &impl minicbor::Encode<()>) -> usize {
    minicbor::to_vec(value).expect("a vector").len()
}

fn below(hash: &[u8; 32], threshold: u32) -> bool {
    u32::from_le_bytes(hash[..4].try_into().expect("four bytes")) < threshold
}

/// Builds a tree level by level; `entries` have their encoded length, whether they hit, name and weight.
fn by_levels<E: PageEntry>(entries: &[E], hits: impl Fn(&E) -> bool) -> Option<BlobId> {
    let hasher = by_hand::keyring().blob_hasher();
    let measured: Vec<_> = entries.iter().map(|entry| (encoded_length(entry), hits(entry))).collect();
    let (mut rest, mut level, mut children) = (entries, 0, Vec::new());
    for count in cut(&measured) {
        let (page, left) = rest.split_at(count);
        let id = hasher.id(Role::Tree, &by_hand::page(1, E::KIND, 0, page));
        let weight = page.iter().map(PageEntry::weight).sum();
        children.push(ChildPage { id, first: page[0].key().to_vec(), weight });
        rest = left;
    }
    while children.len() > 1 {
        level += 1;
        let measured: Vec<_> = children
            .iter()
            .map(|child| (encoded_length(child), below(child.id.as_bytes(), 67_108_863)))
            .collect();
        let mut rest = &children[..];
        let mut above = Vec::new();
        for count in cut(&measured) {
            let (page, left) = rest.split_at(count);
            let id = hasher.id(Role::Tree, &by_hand::page(1, E::KIND, level, page));
            let weight = page.iter().map(|child| child.weight).sum();
            above.push(ChildPage { id, first: page[0].first.clone(), weight });
            rest = left;
        }
        children = above;
    }
    children.first().map(|root| root.id)
}

#[test]
fn the_code_cuts_pages_as_the_text_says() {
    let keyring = by_hand::keyring();
    let key = blake3::derive_key("lifeboat v1 page cut", &by_hand::SECRETS[1]);
    let node_hits = |node: &Node| below(blake3::keyed_hash(&key, &node.name).as_bytes(), 67_108_863);
    let piece_hits = |piece: &Piece| matches!(piece, Piece::Blob(id, _) if below(id.as_bytes(), 33_554_431));
    for count in [0, 1, 200, 1_000, 30_000] {
        let entries = nodes(count);
        assert_eq!(build(&keyring, &entries).root, by_levels(&entries, node_hits), "{count} nodes");
    }
    for count in [1, 500, 100_000, 200_000] {
        let entries = pieces(count);
        assert_eq!(build(&keyring, &entries).root, by_levels(&entries, piece_hits), "{count} pieces");
    }
    // Trees of which a page closes exactly at the end.
    for count in 80..400 {
        let entries = nodes(count);
        assert_eq!(build(&keyring, &entries).root, by_levels(&entries, node_hits), "{count} nodes");
    }
}

/// Pages that each change rewrites, beyond one for each level, at many places of a tree.
fn rewritten<E: PageEntry + Clone>(entries: &[E], change: impl Fn(&mut Vec<E>, usize)) -> Vec<usize> {
    let keyring = ours();
    let before = build(&keyring, entries);
    let places = (0..60).map(|number| number * (entries.len() - 1) / 59);
    let count = |place| {
        let mut changed = entries.to_vec();
        change(&mut changed, place);
        let after = build(&keyring, &changed);
        after.new_pages(&before).saturating_sub(after.depth::<E>())
    };
    places.map(count).collect()
}

#[test]
fn a_changed_node_rewrites_one_path() {
    let entries = nodes(5_000);
    let touched = rewritten(&entries, |nodes, place| nodes[place].mtime.nanoseconds ^= 1);
    assert!(touched.iter().all(|more| *more == 0), "{touched:?}");
    let grown = rewritten(&entries, |nodes, place| nodes[place].link_target = Some(vec![b'x'; 60]));
    assert!(grown.iter().all(|more| *more <= 2), "{grown:?}");
}

#[test]
fn an_added_or_removed_node_rewrites_little() {
    let entries = nodes(5_000);
    let removed = rewritten(&entries, |nodes, place| drop(nodes.remove(place)));
    let added = rewritten(&entries, |nodes, place| {
        let name = [&nodes[place].name[..], b"+"].concat();
        nodes.insert(place + 1, Node { name, ..nodes[place].clone() });
    });
    for more in [removed, added] {
        assert!(more.iter().all(|more| *more <= 2), "{more:?}");
    }
}

#[test]
fn a_changed_piece_rewrites_one_path() {
    let entries = pieces(60_000);
    let changed = rewritten(&entries, |pieces, place| pieces[place] = Piece::Hole(5));
    assert!(changed.iter().all(|more| *more <= 2), "{changed:?}");
}

#[test]
fn a_page_passes_only_at_its_level_and_for_its_kind() {
    let corrupt = |error: FormatError| error.is_corrupt();
    let child = ChildPage { id: BlobId::new([1; 32]), first: b"a".to_vec(), weight: 1 };
    let leaf = by_hand::page(1, 1, 0, &[node("a", 1)]);
    let inner = by_hand::page(1, 1, 3, std::slice::from_ref(&child));
    for level in [0, 3] {
        assert_eq!(Page::<Node>::decode(&leaf, Some(level)).is_ok(), level == 0);
        assert_eq!(Page::<Node>::decode(&inner, Some(level)).is_ok(), level == 3);
        assert!(Page::<Piece>::decode(&leaf, Some(level)).is_err_and(corrupt));
    }
    let too_deep = by_hand::page(1, 1, limits::PAGE_DEPTH_MAX, std::slice::from_ref(&child));
    assert!(Page::<Node>::decode(&too_deep, None).is_err_and(corrupt));
    let not_its_level = by_hand::page(1, 1, 0, &[child]);
    assert!(Page::<Node>::decode(&not_its_level, None).is_err_and(corrupt));
    let three = by_hand::cbor(|e| e.array(3)?.u8(1)?.u8(1)?.u8(0)?.ok());
    assert!(Page::<Node>::decode(&three, None).is_err_and(corrupt));
}

#[test]
fn errors_of_the_store_are_passed_on() {
    #[derive(Debug, PartialEq)]
    enum Failure {
        Full,
        Format(FormatError),
    }
    impl From<FormatError> for Failure {
        fn from(error: FormatError) -> Self {
            Self::Format(error)
        }
    }
    let mut builder = PageTreeBuilder::new(ours().page_key());
    let mut full = |_: &[u8]| Err(Failure::Full);
    assert_eq!(builder.push(&node("a", 1), &mut full), Ok(()));
    assert_eq!(builder.finish(&mut full), Err(Failure::Full));
}
