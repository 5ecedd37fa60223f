//! Histories of the log from the fuzzer's bytes: any set of entries, seen in any order, some of them damaged, misplaced or forged.
//!
//! What a log means is a function of the set of its entries: however the storage lists them, and whatever it shows first, the same
//! is read and said of it, and nothing panics. Tests of `lifeboat-repository` replay the corpus with this same function.

use crate::alone::{credential, environment};
use lifeboat_backend::{Backend, BackendError, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_format::{
    Amend, Anchor, Commit, Draft, Entry, EntryKind, Forget, Genesis, KeyId, Keyring, Node, NodeKind,
    ObjectHash, ObjectList, PackId, RepositoryId, SessionId, Slot, Snapshot, SnapshotId, Timestamp, Unforget,
};
use lifeboat_repository::{InitOptions, Random, Reading, Repository, RepositoryError, View, init};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

/// Bytes that describe an entry.
const STEP: usize = 8;
/// Entries of a history, at most.
const STEPS_MAX: usize = 64;

type Objects = BTreeMap<ObjectName, Vec<u8>>;

/// A repository that was just made, and its keys.
struct Made {
    objects: Objects,
    keyring: Keyring,
    keys: Vec<KeyId>,
    config: ObjectHash,
    /// Keys of another repository.
    stranger: Keyring,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let backend = Arc::new(MemoryBackend::new());
    init(Arc::clone(&backend) as _, &credential(), &InitOptions::default(), environment(1))
        .expect("memory takes it");
    let mut objects = Objects::new();
    backend.list("", &mut |object| drop(objects.insert(object.name, Vec::new()))).expect("memory lists it");
    for (name, bytes) in &mut objects {
        *bytes = backend.get(name, u64::MAX).expect("it was listed");
    }
    let of = |folder: &str| -> Vec<&[u8]> {
        objects
            .iter()
            .filter(|(name, _)| name.as_str().starts_with(folder))
            .map(|(_, bytes)| &bytes[..])
            .collect()
    };
    let master = Slot::decode(of("keys/")[0]).and_then(|slot| slot.open(&credential())).expect("its own key");
    let (keyring, keys) = Keyring::assemble(&master, of("keyring/")).expect("its own keys");
    let strange = Keyring::generate(&master, &Repeated(9));
    let (stranger, _) =
        Keyring::assemble(&master, strange.iter().map(|key| &key.bytes[..])).expect("all keys");
    let config = ObjectHash::of(of("config")[0]);
    Made { keyring, keys, config, stranger, objects }
});

/// A history: reads it twice, in different orders, and compares what is found and what it means.
pub fn history(bytes: &[u8]) -> bool {
    let objects = stored(bytes);
    let forward = read(&objects, Order::Forward);
    for order in [Order::Backward, Order::Late] {
        assert_eq!(told(&read(&objects, order)), told(&forward), "the order of a listing means nothing");
    }
    let Ok((reading, _)) = &forward else { return false };
    for seen in reading.entries().flat_map(|entry| &entry.header.seen) {
        let is_damaged = reading.faults().iter().any(|(name, _)| name.ends_with(&seen.to_string()));
        assert!(reading.contains(seen) || is_damaged, "an ancestor is missing, and nobody says so");
    }
    assert!(reading.heads().iter().all(|head| reading.contains(head)));
    true
}

/// All objects: those of `init`, and an entry for each few bytes.
fn stored(bytes: &[u8]) -> Objects {
    let mut objects = MADE.objects.clone();
    let first = objects.keys().filter_map(|name| name.as_str().strip_prefix("log/0/")?.rsplit('-').next());
    let mut hashes: Vec<ObjectHash> = first.filter_map(|hash| ObjectHash::parse(hash).ok()).collect();
    for step in bytes.chunks_exact(STEP).take(STEPS_MAX) {
        let &[kind, session, number, low, high, critical, body, mischief] = step else { continue };
        let draft = Draft {
            session: SessionId::new([session % 4; 16]),
            number: u64::from(number % 8),
            seen: seen(&hashes, u16::from_le_bytes([low, high])),
            kind: EntryKind(u32::from(kind % 10)),
            critical: critical % 2 == 1,
            time: Timestamp { seconds: i64::from(critical), nanoseconds: 0 },
            body: said(kind % 10, body),
        };
        let (name, bytes, hash) = entry(draft, mischief);
        hashes.push(hash);
        if mischief != 0xff {
            objects.insert(name, bytes);
        }
    }
    objects
}

/// The entries before that these bits choose; the highest stands for one that nobody knows.
fn seen(hashes: &[ObjectHash], chosen: u16) -> Vec<ObjectHash> {
    let is_chosen = |at: &usize| chosen & (1 << (at % 15)) != 0;
    let known = hashes.iter().enumerate().filter(|(at, _)| is_chosen(at)).map(|(_, hash)| *hash);
    known.chain((chosen & 0x8000 != 0).then(|| ObjectHash::new([0xee; 32]))).collect()
}

/// The body of an entry; of some it is that of another kind, or nothing at all.
fn said(kind: u8, body: u8) -> Vec<u8> {
    let hash = ObjectHash::new([body; 32]);
    match (kind, body % 8) {
        (_, 6) => Vec::new(),
        (_, 7) => vec![body; 40],
        (0, odd) => {
            let config = if odd == 5 { hash } else { MADE.config };
            Genesis { config, keys: MADE.keys.clone() }.encode()
        }
        (1, odd) => {
            let root = Node { kind: NodeKind::Directory, ..Node::default() };
            let snapshot = Snapshot::new(SnapshotId::new([body; 32]), root, Timestamp::default());
            let keyring = if odd == 5 { &MADE.stranger } else { &MADE.keyring };
            Commit::new(&snapshot, vec![hash], vec![PackId::new([body; 32])], keyring, &Repeated(body))
                .encode()
        }
        (3, odd) => Forget { snapshots: vec![SnapshotId::new([odd; 32])], reason: String::new() }.encode(),
        (4, odd) => Unforget { snapshots: vec![SnapshotId::new([odd; 32])] }.encode(),
        (5, odd) => {
            Amend { snapshot: SnapshotId::new([odd; 32]), tags: vec![odd.to_string()], is_pinned: body > 127 }
                .encode()
        }
        (11, odd) => Anchor { repository: RepositoryId::new([odd; 16]), heads: vec![hash] }.encode(),
        _ => ObjectList { index: vec![hash], packs: vec![PackId::new([body; 32])] }.encode(),
    }
}

/// Name, bytes and hash of an entry to which something may have happened.
fn entry(draft: Draft, mischief: u8) -> (ObjectName, Vec<u8>, ObjectHash) {
    let (mut session, number) = (draft.session, draft.number);
    let keys = if mischief % 16 == 4 { &MADE.stranger } else { &MADE.keyring };
    let (mut bytes, entry) = Entry::create(draft, keys.log(), &Repeated(mischief / 16));
    let mut hash = entry.hash;
    let length = bytes.len();
    match mischief % 16 {
        0 => bytes[usize::from(mischief) * 7 % length] ^= 1,
        1 => bytes.truncate(usize::from(mischief)),
        2 => session = SessionId::new([0xdd; 16]),
        3 => {
            *bytes.last_mut().expect("a signature") ^= 1;
            hash = ObjectHash::of(&bytes);
        }
        _ => {}
    }
    let name = ObjectName::new(&format!("log/0/{session}-{number}-{hash}")).expect("digits and hyphens");
    (name, bytes, hash)
}

/// How a storage lists.
#[derive(Clone, Copy, Debug)]
enum Order {
    Forward,
    Backward,
    /// The first time only half of it, as when others write meanwhile.
    Late,
}

fn read(objects: &Objects, order: Order) -> Result<(Reading, View), RepositoryError> {
    let inner = MemoryBackend::new();
    objects.iter().for_each(|(name, bytes)| inner.put(name, bytes).expect("memory takes it"));
    let backend = Listed { inner, order, was_asked: AtomicBool::default() };
    let repository = Repository::open(Arc::new(backend), &credential(), environment(2))?;
    let reading = repository.read_log()?;
    let view = repository.view(&reading)?;
    Ok((reading, view))
}

/// All that a reader can tell.
fn told(read: &Result<(Reading, View), RepositoryError>) -> String {
    match read {
        // Of several things that are wrong any may be told.
        Err(error) => format!("{:?}", std::mem::discriminant(error)),
        Ok((reading, view)) => {
            let mut faults: Vec<_> = reading.faults().iter().map(|fault| format!("{fault:?}")).collect();
            faults.sort();
            let entries: Vec<_> = reading.entries().map(|entry| entry.hash).collect();
            let is_writable = view.check_writable().is_ok();
            format!("{entries:?} {:?} {faults:?} {view:?} {is_writable}", reading.heads())
        }
    }
}

#[derive(Debug)]
struct Listed {
    inner: MemoryBackend,
    order: Order,
    was_asked: AtomicBool,
}

impl Backend for Listed {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.inner.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.inner.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.inner.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.inner.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        let mut found = Vec::new();
        self.inner.list(prefix, &mut |object| found.push(object))?;
        match self.order {
            Order::Forward => {}
            Order::Backward => found.reverse(),
            Order::Late if prefix.starts_with("log/") && !self.was_asked.swap(true, Ordering::Relaxed) => {
                found.truncate(found.len() / 2);
            }
            Order::Late => {}
        }
        found.into_iter().for_each(visit);
        Ok(())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.inner.delete(name)
    }

    fn location(&self) -> String {
        "memory".to_owned()
    }
}

/// One byte, repeated.
struct Repeated(u8);

impl Random for Repeated {
    fn fill(&self, out: &mut [u8]) {
        out.fill(self.0);
    }
}
