//! What the tests start from: seeded randomness, keys, and one sample of every record.

use lifeboat_format::{
    Amend, Anchor, BlobHasher, BuiltIndex, Commit, Compression, Compressor, Config, Content, Credential,
    Draft, Entry, EntryKind, Forget, IndexBuilder, KdfParams, Key, Keyring, Node, NodeKind, ObjectHash,
    ObjectList, Pack, PackBuilder, PackId, PackSealer, PackedBlob, PathBytes, Piece, Process, Random,
    RepositoryId, Role, Running, SessionId, Slot, SlotAbout, Snapshot, SnapshotId, Statement, Timestamp,
    Totals, Unforget, VerifyWrites, Xattr, XattrValue,
};
use std::sync::Mutex;

/// Randomness that is a function of its seed.
pub(crate) struct Seeded(Mutex<lifeboat_testkit::Random>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(lifeboat_testkit::Random::new(seed)))
    }

    pub(crate) fn array<const N: usize>(&self) -> [u8; N] {
        (self as &dyn Random).array()
    }
}

impl Random for Seeded {
    fn fill(&self, out: &mut [u8]) {
        self.0.lock().expect("nothing panics while it draws").fill(out);
    }
}

/// Incompressible bytes.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    lifeboat_testkit::Random::new(seed).bytes(length)
}

/// Bytes that compress well.
pub(crate) fn prose(seed: u64, length: usize) -> Vec<u8> {
    lifeboat_testkit::Random::new(seed).text(length)
}

pub(crate) fn master() -> Key {
    Key::new([0xa7; 32])
}

/// A keyring as `init` makes it.
pub(crate) fn keyring(seed: u64) -> Keyring {
    let objects = Keyring::generate(&master(), &Seeded::new(seed));
    let (keyring, ids) =
        Keyring::assemble(&master(), objects.iter().map(|object| object.bytes.as_slice())).expect("all keys");
    assert_eq!(ids, objects.iter().map(|object| object.id).collect::<Vec<_>>());
    keyring
}

pub(crate) fn moment() -> Timestamp {
    Timestamp { seconds: 1_700_000_000, nanoseconds: 123_456_789 }
}

pub(crate) fn cheap() -> KdfParams {
    KdfParams { memory_kib: 8, passes: 1, lanes: 1 }
}

pub(crate) fn password() -> Credential {
    Credential::password(b"correct horse".to_vec())
}

/// One of each kind, in the order of their numbers.
pub(crate) fn credentials() -> [Credential; 3] {
    [password(), Credential::KeyFile(written_key()), Credential::RecoverySheet(written_key())]
}

/// The key in key files and on recovery sheets.
pub(crate) fn written_key() -> Key {
    Key::random(&Seeded::new(8))
}

pub(crate) fn about() -> SlotAbout {
    SlotAbout { host: "ark".to_owned(), user: "noah".to_owned(), label: Some("in the drawer".to_owned()) }
}

pub(crate) fn slot() -> Slot {
    slot_of(&password())
}

pub(crate) fn slot_of(credential: &Credential) -> Slot {
    Slot::create(&master(), credential, cheap(), &about(), moment(), &Seeded::new(3))
        .expect("costs within limits")
}

pub(crate) fn config() -> Config {
    Config::new(RepositoryId::new([0x11; 16]), moment())
}

/// A config with every field.
pub(crate) fn full_config() -> Config {
    let mut config = config();
    (config.parity, config.second_copies, config.exclusive) = (3, true, true);
    config
}

/// A node with every field.
pub(crate) fn full_node(hasher: &BlobHasher) -> Node {
    let piece = Piece::Blob(hasher.id(Role::Data, b"piece"), 5);
    Node {
        name: b"caf\xe9.txt".to_vec(),
        kind: NodeKind::File,
        mode: 0o4755,
        uid: 1000,
        gid: 100,
        mtime: moment(),
        ctime: Timestamp { seconds: -1, nanoseconds: 999_999_999 },
        btime: Some(Timestamp::default()),
        size: 4101,
        inode: 77,
        link_group: Some(0),
        xattrs: vec![
            Xattr { name: b"user.comment".to_vec(), value: XattrValue::Inline(b"\0any".to_vec()) },
            Xattr {
                name: b"user.large".to_vec(),
                value: XattrValue::Blob(hasher.id(Role::Data, b"value"), 5),
            },
        ],
        device: None,
        link_target: None,
        content: Content::Pieces(vec![piece, Piece::Hole(4096)]),
        totals: None,
        user: Some(b"noah".to_vec()),
        group: Some(b"cr\xe9w".to_vec()),
        flags: 0x40,
        atime: Some(moment()),
    }
}

/// A snapshot with every field.
pub(crate) fn full_snapshot(keyring: &Keyring) -> Snapshot {
    let root = Node {
        kind: NodeKind::Directory,
        mode: 0o755,
        content: Content::Pages(keyring.blob_hasher().id(Role::Tree, b"page")),
        totals: Some(Totals { files: 3, directories: 1, bytes: 4101 }),
        ..Node::default()
    };
    let mut snapshot = Snapshot::new(SnapshotId::new([0x51; 32]), root, moment());
    snapshot.host = "ark".to_owned();
    snapshot.user = "noah".to_owned();
    snapshot.paths = vec![PathBytes(b"/home/no\xffah".to_vec())];
    snapshot.tags = vec!["daily".to_owned()];
    snapshot.end = Timestamp { seconds: 1_700_000_060, nanoseconds: 0 };
    snapshot.parent = Some(SnapshotId::new([0x50; 32]));
    snapshot.summary.files_new = 3;
    snapshot.summary.total_bytes_processed = 4101;
    snapshot.program = "lifeboat 0.1.0".to_owned();
    snapshot.excludes = vec!["*.tmp".to_owned()];
    snapshot.verify_writes = VerifyWrites::Sample;
    snapshot.origin = Some(lifeboat_format::Origin {
        repository: RepositoryId::new([0x12; 16]),
        snapshot: SnapshotId::new([0x4f; 32]),
    });
    snapshot
}

/// A pack of these segments, each a list of blobs.
pub(crate) fn pack(
    keyring: &Keyring,
    role: Role,
    compression: Compression,
    segments: &[Vec<Vec<u8>>],
    seed: u64,
) -> Pack {
    pack_with_parity(keyring, role, compression, segments, seed, 0)
}

/// The same with so many percent of parity.
pub(crate) fn pack_with_parity(
    keyring: &Keyring,
    role: Role,
    compression: Compression,
    segments: &[Vec<Vec<u8>>],
    seed: u64,
    percent: u32,
) -> Pack {
    let random = Seeded::new(seed);
    let (sealer, hasher) = (PackSealer::create(keyring, role, &random), keyring.blob_hasher());
    let (mut builder, mut compressor) = (PackBuilder::new(Vec::new()), Compressor::new(compression));
    for (ordinal, contents) in (0..).zip(segments) {
        let (mut raw, mut blobs) = (Vec::new(), Vec::new());
        for content in contents {
            blobs.push(PackedBlob {
                id: hasher.id(role, content),
                segment: ordinal,
                offset: raw.len().try_into().expect("a small segment"),
                length: content.len().try_into().expect("a small blob"),
            });
            raw.extend_from_slice(content);
        }
        let mut sealed = Vec::new();
        let segment = sealer
            .seal_segment(ordinal, &raw, &mut compressor, &random.array(), VerifyWrites::All, &mut sealed)
            .expect("it opens again");
        builder.push(ordinal, segment, &sealed, &blobs).expect("within the limits");
    }
    builder.finish(&sealer, &random, percent).expect("all segments are there")
}

/// Two segments of two blobs each.
pub(crate) fn small_pack(keyring: &Keyring, compression: Compression) -> Pack {
    pack(keyring, Role::Data, compression, &small_segments(), 4)
}

/// The same, raw and with as much parity as is usual.
pub(crate) fn small_pack_with_parity(keyring: &Keyring) -> Pack {
    pack_with_parity(keyring, Role::Data, Compression::Off, &small_segments(), 4, 3)
}

fn small_segments() -> [Vec<Vec<u8>>; 2] {
    [vec![prose(1, 300), noise(2, 40)], vec![prose(3, 200), Vec::new()]]
}

pub(crate) fn index_of(keyring: &Keyring, packs: &[Pack], seed: u64) -> BuiltIndex {
    let mut builder = IndexBuilder::new(packs[0].header.role());
    packs.iter().for_each(|pack| builder.add(pack).expect("few packs"));
    builder.finish(keyring, &Seeded::new(seed)).expect("a small index")
}

pub(crate) fn commit(keyring: &Keyring) -> Commit {
    let pack = small_pack(keyring, Compression::Off);
    let index = index_of(keyring, std::slice::from_ref(&pack), 5);
    Commit::new(&full_snapshot(keyring), vec![index.hash], vec![pack.id], keyring, &Seeded::new(6))
}

/// What a session says of itself while it lives.
pub(crate) fn running() -> Running {
    let boot = "5dd1a7ab-7fc4-4fd3-9d0c-7c0b8e1f2a30".to_owned();
    let process =
        Process { host: "ark".to_owned(), boot, pid_namespace: 4_026_531_836, pid: 4711, start: 1_234_567 };
    Running::new(process, moment(), "backup".to_owned())
}

pub(crate) fn draft(kind: EntryKind, body: Vec<u8>) -> Draft {
    let seen = vec![ObjectHash::of(b"b"), ObjectHash::of(b"a")];
    let session = SessionId::new([0x21; 16]);
    Draft { session, number: 1, seen, kind, critical: true, time: moment(), body }
}

/// The entry that commits [`full_snapshot`].
pub(crate) fn commit_entry(keyring: &Keyring) -> (Vec<u8>, Entry) {
    Entry::create(draft(EntryKind::COMMIT, commit(keyring).encode()), keyring.log(), &Seeded::new(7))
}

/// One of every kind whose body is what it says: the kind, the body's bytes, and what they mean.
pub(crate) fn statements() -> Vec<(EntryKind, Vec<u8>, Statement)> {
    let list = ObjectList {
        index: vec![ObjectHash::new([3; 32])],
        packs: vec![PackId::new([4; 32]), PackId::new([5; 32])],
    };
    let snapshots = vec![SnapshotId::new([6; 32]), SnapshotId::new([7; 32])];
    let forget = Forget { snapshots: snapshots.clone(), reason: "--keep-daily 7".to_owned() };
    let unforget = Unforget { snapshots };
    let tags = vec!["before the move".to_owned(), "k\u{e4}se".to_owned()];
    let amend = Amend { snapshot: SnapshotId::new([6; 32]), tags, is_pinned: true };
    let heads = vec![ObjectHash::new([8; 32]), ObjectHash::new([9; 32])];
    let anchor = Anchor { repository: RepositoryId::new([0x12; 16]), heads };
    vec![
        (EntryKind::PROVIDE, list.encode(), Statement::Provide(list.clone())),
        (EntryKind::FORGET, forget.encode(), Statement::Forget(forget)),
        (EntryKind::UNFORGET, unforget.encode(), Statement::Unforget(unforget)),
        (EntryKind::AMEND, amend.encode(), Statement::Amend(amend)),
        (EntryKind::RELOCATE, list.encode(), Statement::Relocate(list.clone())),
        (EntryKind::CONDEMN, list.encode(), Statement::Condemn(list.clone())),
        (EntryKind::SWEEP, list.encode(), Statement::Sweep(list.clone())),
        (EntryKind::DAMAGE, list.encode(), Statement::Damage(list.clone())),
        (EntryKind::HEALED, list.encode(), Statement::Healed(list)),
        (EntryKind::ANCHOR, anchor.encode(), Statement::Anchor(anchor)),
    ]
}
