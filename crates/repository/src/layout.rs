//! Where each object lies: the only place that makes and reads names of objects.
//!
//! Spec: docs/format.md#objects.

use lifeboat_backend::ObjectName;
use lifeboat_format::{EvidenceHash, EvidenceWriter, KeyId, ObjectHash, PackId, SessionId, SlotId};
use std::fmt;

/// Folder of key slots.
pub(crate) const KEYS: &str = "keys/";
/// Folder of the keyring.
pub(crate) const KEYRING: &str = "keyring/";
/// Folder of the log's only generation so far.
pub(crate) const LOG: &str = "log/0/";
/// Folder of hints that a session lives, or makes the repository.
pub(crate) const RUNNING: &str = "running/";
/// Folder of packs, which are nearly all bytes of a repository; everything else is small.
pub const PACKS: &str = "packs/";
/// Folder of what probes of the store put and delete again.
pub(crate) const PROBE: &str = "probe/";
/// Folder of index objects.
pub(crate) const INDEX: &str = "index/";

/// Folder of what rehearsals proved.
pub(crate) const EVIDENCE: &str = "evidence/";

/// Folders of which there may be second copies.
const DOUBLED: [&str; 4] = [KEYS, KEYRING, LOG, INDEX];

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).expect("made of digits, letters and hyphens")
}

pub(crate) fn config() -> ObjectName {
    name("config")
}

/// The second copy of a control object: the first component of its name is another one.
pub(crate) fn second(object: &ObjectName) -> ObjectName {
    match object.as_str().split_once('/') {
        Some((folder, rest)) => name(&format!("{folder}2/{rest}")),
        None => name(&format!("{object}2")),
    }
}

/// The folder of the second copies of what lies in a folder.
pub(crate) fn second_folder(folder: &str) -> String {
    folder.replacen('/', "2/", 1)
}

/// The control object whose second copy this is.
pub(crate) fn first(second: &ObjectName) -> Option<ObjectName> {
    let text = second.as_str();
    let (folder, rest) = text.split_once('/').unwrap_or((text, ""));
    let folder = folder.strip_suffix('2')?;
    let is_doubled = |known: &str| known.split('/').next() == Some(folder);
    match rest {
        "" => (folder == "config").then(config),
        _ => DOUBLED.into_iter().any(is_doubled).then(|| name(&format!("{folder}/{rest}"))),
    }
}

pub(crate) fn slot(id: SlotId) -> ObjectName {
    name(&format!("{KEYS}{id}"))
}

pub(crate) fn key(id: KeyId, hash: ObjectHash) -> ObjectName {
    name(&format!("{KEYRING}{id}-{hash}"))
}

pub(crate) fn init_claim(session: SessionId) -> ObjectName {
    name(&format!("{RUNNING}init-{session}"))
}

pub(crate) fn running(session: SessionId) -> ObjectName {
    name(&format!("{RUNNING}{session}"))
}

pub(crate) fn probe(session: &str, number: usize) -> ObjectName {
    name(&format!("{PROBE}{session}-{number}"))
}

pub(crate) fn pack(id: PackId) -> ObjectName {
    let hex = id.to_string();
    name(&format!("{PACKS}{}/{hex}", &hex[..2]))
}

pub(crate) fn index(hash: ObjectHash) -> ObjectName {
    name(&format!("{INDEX}{hash}"))
}

pub(crate) fn entry(session: SessionId, number: u64, hash: ObjectHash) -> ObjectName {
    name(&format!("{LOG}{session}-{number}-{hash}"))
}

/// What the name of an object of evidence says. They are in the order of writers and their records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvidenceName {
    /// Whose chain it belongs to.
    pub writer: EvidenceWriter,
    /// Its number in that chain, from zero.
    pub seq: u64,
    /// Hash of the object's bytes.
    pub hash: EvidenceHash,
}

impl EvidenceName {
    /// Reads a name exactly as [`fmt::Display`] writes it.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let writer = EvidenceWriter::parse(parts.next()?).ok()?;
        let seq = parts.next()?.parse().ok()?;
        let hash = EvidenceHash::parse(parts.next()?).ok()?;
        let name = Self { writer, seq, hash };
        // Only the one way to write a name is a name.
        (name.to_string() == text).then_some(name)
    }

    pub(crate) fn parse(object: &ObjectName) -> Option<Self> {
        Self::from_text(object.as_str().strip_prefix(EVIDENCE)?)
    }

    pub(crate) fn object(&self) -> ObjectName {
        name(&format!("{EVIDENCE}{self}"))
    }
}

impl fmt::Display for EvidenceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.writer, self.seq, self.hash)
    }
}

/// What the name of a log entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntryName {
    pub(crate) session: SessionId,
    pub(crate) number: u64,
    pub(crate) hash: ObjectHash,
}

impl EntryName {
    pub(crate) fn parse(object: &ObjectName) -> Option<Self> {
        let mut parts = object.as_str().strip_prefix(LOG)?.split('-');
        let session = SessionId::parse(parts.next()?).ok()?;
        let number = parts.next()?.parse().ok()?;
        let hash = ObjectHash::parse(parts.next()?).ok()?;
        let name = Self { session, number, hash };
        // Only the one way to write a name is a name.
        (entry(session, number, hash) == *object).then_some(name)
    }

    pub(crate) fn object(&self) -> ObjectName {
        entry(self.session, self.number, self.hash)
    }
}

/// What the name of an object promises of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    Config,
    Slot(SlotId),
    Key(ObjectHash),
    Entry(ObjectHash),
    Index(ObjectHash),
    Pack(PackId),
    Evidence(EvidenceHash),
}

impl Promise {
    /// That of a name that this program gives, of a first or second copy.
    pub(crate) fn parse(object: &ObjectName) -> Option<Self> {
        let object = first_copy(object);
        let text = object.as_str();
        if object == config() {
            return Some(Self::Config);
        }
        if let Some(id) = text.strip_prefix(KEYS) {
            return SlotId::parse(id).ok().map(Self::Slot);
        }
        if let Some((id, hash)) = text.strip_prefix(KEYRING).and_then(|ids| ids.split_once('-')) {
            return KeyId::parse(id).and_then(|_| ObjectHash::parse(hash)).ok().map(Self::Key);
        }
        let entry = EntryName::parse(&object).map(|entry| Self::Entry(entry.hash));
        entry
            .or_else(|| parse_index(&object).map(Self::Index))
            .or_else(|| parse_pack(&object).map(Self::Pack))
            .or_else(|| EvidenceName::parse(&object).map(|evidence| Self::Evidence(evidence.hash)))
    }
}

/// The object itself, given its name or that of its second copy.
pub(crate) fn first_copy(object: &ObjectName) -> ObjectName {
    first(object).unwrap_or_else(|| object.clone())
}

/// The name of the other copy, of what may lie twice.
pub(crate) fn other_copy(object: &ObjectName) -> Option<ObjectName> {
    let is_doubled = *object == config() || DOUBLED.iter().any(|folder| object.as_str().starts_with(folder));
    first(object).or_else(|| is_doubled.then(|| second(object)))
}

/// The session whose hint lies under this name.
pub(crate) fn parse_running(object: &ObjectName) -> Option<SessionId> {
    SessionId::parse(object.as_str().strip_prefix(RUNNING)?).ok()
}

/// The pack that lies under this name.
pub(crate) fn parse_pack(object: &ObjectName) -> Option<PackId> {
    let id = PackId::parse(object.as_str().rsplit('/').next()?).ok()?;
    (pack(id) == *object).then_some(id)
}

/// The index object that lies under this name.
pub(crate) fn parse_index(object: &ObjectName) -> Option<ObjectHash> {
    ObjectHash::parse(object.as_str().strip_prefix(INDEX)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let session = SessionId::new([7; 16]);
        let written = entry(session, 12, ObjectHash::new([3; 32]));
        let read = EntryName::parse(&written);
        assert_eq!(read, Some(EntryName { session, number: 12, hash: ObjectHash::new([3; 32]) }));
        let crooked = ObjectName::new(&written.as_str().replace("-12-", "-012-")).unwrap();
        assert_eq!(EntryName::parse(&crooked), None);
        let id = PackId::new([0xab; 32]);
        assert_eq!(parse_pack(&pack(id)), Some(id));
        assert_eq!(parse_pack(&name(&format!("packs/00/{id}"))), None);
    }

    #[test]
    fn second_copies_are_named_after_their_objects() {
        for (object, copy) in [
            ("config", "config2"),
            ("keys/ab", "keys2/ab"),
            ("keyring/ab-cd", "keyring2/ab-cd"),
            ("log/0/ab-1-cd", "log2/0/ab-1-cd"),
            ("index/ab", "index2/ab"),
        ] {
            assert_eq!(second(&name(object)), name(copy));
            assert_eq!(first(&name(copy)), Some(name(object)));
            assert_eq!(first(&name(object)), None);
        }
        assert_eq!(second_folder(LOG), "log2/0/");
        for other in ["keys2", "config2/ab", "packs2/ab", "running2/ab", "2/ab"] {
            assert_eq!(first(&name(other)), None, "{other}");
        }
    }

    #[test]
    fn names_promise_what_lies_under_them_in_either_copy() {
        let (hash, id) = (ObjectHash::new([3; 32]), PackId::new([0xab; 32]));
        let table = [
            (config(), Promise::Config, "config2"),
            (slot(SlotId::new([1; 16])), Promise::Slot(SlotId::new([1; 16])), "keys2/0101"),
            (key(KeyId::new([2; 16]), hash), Promise::Key(hash), "keyring2/0202"),
            (entry(SessionId::new([7; 16]), 12, hash), Promise::Entry(hash), "log2/0/0707"),
            (index(hash), Promise::Index(hash), "index2/0303"),
        ];
        for (first, promise, begins) in table {
            let second = other_copy(&first).unwrap();
            assert!(second.as_str().starts_with(begins), "{second}");
            assert_eq!((other_copy(&second), first_copy(&second)), (Some(first.clone()), first.clone()));
            assert_eq!([&first, &second].map(Promise::parse), [Some(promise); 2]);
        }
        assert_eq!((Promise::parse(&pack(id)), other_copy(&pack(id))), (Some(Promise::Pack(id)), None));
        let (writer, hash) = (EvidenceWriter::new([4; 16]), EvidenceHash::new([5; 32]));
        let evidence = EvidenceName { writer, seq: 12, hash }.object();
        assert_eq!((Promise::parse(&evidence), other_copy(&evidence)), (Some(Promise::Evidence(hash)), None));
        for odd in [
            "config/x",
            "evidence/x",
            &evidence.as_str().replace("-12-", "-012-"),
            &format!("{evidence}-1"),
            "keys/01",
            "keyring/01-02",
            "log/0/x",
            "log/1/x",
            "index/03",
            "packs/ab/cd",
            "a",
            "packs2/x",
        ] {
            assert_eq!(Promise::parse(&name(odd)), None, "{odd}");
        }
    }
}
