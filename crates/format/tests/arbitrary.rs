//! Any record that the format allows, for proptest.

use lifeboat_format::{
    BlobId, ChildPage, ChunkerParams, Config, Content, Credential, Device, Key, Node, NodeKind, Origin,
    PathBytes, Piece, Process, RepositoryId, Running, Snapshot, SnapshotId, Summary, Timestamp, Totals,
    VerifyWrites, Xattr, XattrValue,
};
use proptest::prelude::*;
use proptest::{collection::vec, option};

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most)
}

fn blob_id() -> impl Strategy<Value = BlobId> {
    any::<[u8; 32]>().prop_map(BlobId::new)
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    (any::<i64>(), 0..1_000_000_000_u32).prop_map(|(seconds, nanoseconds)| Timestamp { seconds, nanoseconds })
}

pub(crate) fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        (blob_id(), 1..=u32::MAX).prop_map(|(id, length)| Piece::Blob(id, length)),
        (1..=u64::MAX).prop_map(Piece::Hole),
    ]
}

pub(crate) fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        Just(Content::Empty),
        bytes(128).prop_map(Content::Inline),
        vec(piece(), 0..=8).prop_map(Content::Pieces),
        blob_id().prop_map(Content::Pages),
    ]
}

/// A name that can be an entry's.
fn name() -> impl Strategy<Value = Vec<u8>> {
    bytes(39).prop_map(|mut name| {
        name.push(b'x');
        name.iter_mut().filter(|byte| matches!(byte, b'/' | 0)).for_each(|byte| *byte = b'-');
        name
    })
}

fn kind() -> impl Strategy<Value = NodeKind> {
    prop::sample::select(vec![
        NodeKind::File,
        NodeKind::Directory,
        NodeKind::Symlink,
        NodeKind::Fifo,
        NodeKind::Socket,
        NodeKind::CharDevice,
        NodeKind::BlockDevice,
    ])
}

fn totals() -> impl Strategy<Value = Totals> {
    any::<[u64; 3]>().prop_map(|[files, directories, bytes]| Totals { files, directories, bytes })
}

pub(crate) fn node() -> impl Strategy<Value = Node> {
    let value = prop_oneof![
        bytes(40).prop_map(XattrValue::Inline),
        (blob_id(), 0..=65_536_u32).prop_map(|(id, length)| XattrValue::Blob(id, length)),
    ];
    let xattr = (bytes(20), value).prop_map(|(name, value)| Xattr { name, value });
    let extras = (option::of(bytes(20)), option::of(bytes(20)), any::<u32>(), option::of(timestamp()));
    let device = any::<[u32; 2]>().prop_map(|[major, minor]| Device { major, minor });
    let numbers = (any::<[u32; 3]>(), any::<[u64; 2]>(), option::of(any::<u32>()));
    let times = (timestamp(), timestamp(), option::of(timestamp()));
    let rest = (
        vec(xattr, 0..3),
        option::of(device),
        option::of(bytes(60)),
        content(),
        option::of(totals()),
        extras,
    );
    (name(), kind(), numbers, times, rest).prop_map(|(name, kind, numbers, times, rest)| {
        let ([mode, uid, gid], [size, inode], link_group) = numbers;
        let (mtime, ctime, btime) = times;
        let (xattrs, device, link_target, content, totals, extras) = rest;
        let (user, group, flags, atime) = extras;
        let size = match &content {
            Content::Inline(bytes) => bytes.len() as u64,
            _ => size,
        };
        Node {
            name,
            kind,
            mode: mode & 0o7777,
            uid,
            gid,
            mtime,
            ctime,
            btime,
            size,
            inode,
            link_group,
            xattrs,
            device,
            link_target,
            content,
            totals,
            user,
            group,
            flags,
            atime,
        }
    })
}

pub(crate) fn child() -> impl Strategy<Value = ChildPage> {
    (blob_id(), bytes(40), any::<u64>()).prop_map(|(id, first, weight)| ChildPage { id, first, weight })
}

fn summary() -> impl Strategy<Value = Summary> {
    any::<[u64; 14]>().prop_map(|n| Summary {
        files_new: n[0],
        files_changed: n[1],
        files_unmodified: n[2],
        dirs_new: n[3],
        dirs_changed: n[4],
        dirs_unmodified: n[5],
        data_blobs: n[6],
        tree_blobs: n[7],
        data_added: n[8],
        data_added_packed: n[9],
        total_files_processed: n[10],
        total_bytes_processed: n[11],
        bytes_read: n[12],
        unread: n[13],
    })
}

pub(crate) fn snapshot() -> impl Strategy<Value = Snapshot> {
    let ids = (any::<[u8; 32]>(), option::of(any::<[u8; 32]>()), option::of(any::<([u8; 16], [u8; 32])>()));
    let texts = (".{0,20}", ".{0,20}", ".{0,20}", vec(".{0,9}", 0..3), vec(".{0,9}", 0..3));
    let paths = vec(bytes(30).prop_map(PathBytes), 0..3);
    (ids, node(), texts, paths, timestamp(), timestamp(), summary()).prop_map(
        |((id, parent, origin), root, texts, paths, start, end, summary)| {
            let root = Node { name: Vec::new(), kind: NodeKind::Directory, ..root };
            let mut snapshot = Snapshot::new(SnapshotId::new(id), root, start);
            (snapshot.host, snapshot.user, snapshot.program, snapshot.tags, snapshot.excludes) = texts;
            snapshot.paths = paths;
            snapshot.end = end;
            snapshot.parent = parent.map(SnapshotId::new);
            snapshot.summary = summary;
            snapshot.verify_writes =
                [VerifyWrites::All, VerifyWrites::Sample, VerifyWrites::Off][id[0] as usize % 3];
            snapshot.origin = origin.map(|(repository, snapshot)| Origin {
                repository: RepositoryId::new(repository),
                snapshot: SnapshotId::new(snapshot),
            });
            snapshot
        },
    )
}

pub(crate) fn config() -> impl Strategy<Value = Config> {
    (any::<[u8; 16]>(), timestamp(), any::<[u32; 4]>(), any::<[u32; 3]>(), 0..=25_u32, any::<[bool; 2]>())
        .prop_map(|(repository, created, chunker, sizes, parity, [second_copies, exclusive])| {
            let mut config = Config::new(RepositoryId::new(repository), created);
            let [number, minimum, average, maximum] = chunker;
            config.chunker = ChunkerParams { number, minimum, average, maximum };
            [config.data_segment, config.tree_segment, config.pack] = sizes;
            (config.parity, config.second_copies, config.exclusive) = (parity, second_copies, exclusive);
            config
        })
}

pub(crate) fn running() -> impl Strategy<Value = Running> {
    (".{0,20}", ".{0,40}", any::<u64>(), any::<u32>(), any::<u64>(), timestamp(), ".{0,9}").prop_map(
        |(host, boot, pid_namespace, pid, start, time, verb)| {
            Running::new(Process { host, boot, pid_namespace, pid, start }, time, verb)
        },
    )
}

/// The contents of a pack: segments of blobs.
pub(crate) fn segments() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    let incompressible = bytes(200);
    let compressible = (any::<u8>(), 0..600_usize).prop_map(|(byte, length)| vec![byte; length]);
    vec(vec(prop_oneof![incompressible, compressible], 0..5), 0..5)
}

pub(crate) fn credential() -> impl Strategy<Value = Credential> {
    prop_oneof![
        vec(any::<u8>(), 0..40).prop_map(Credential::password),
        any::<[u8; 32]>().prop_map(|key| Credential::KeyFile(Key::new(key))),
        any::<[u8; 32]>().prop_map(|key| Credential::RecoverySheet(Key::new(key))),
    ]
}
