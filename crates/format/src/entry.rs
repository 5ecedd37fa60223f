//! Entries of the log: signed statements about the repository, whose union is its state.
//!
//! Spec: docs/format.md#log-entries. Each entry names the newest entries its author had seen when deciding it, so
//! that the log is a graph like a version history. The header is readable to the storage, the body is sealed, and
//! the signature covers both. An entry is named by the hash of its bytes.

use crate::{
    FormatError, Key, KeySetId, ObjectHash, Random, SealContext, SealRole, Sealer, SessionId, Timestamp, wire,
};
use ed25519_dalek::{Signature, Signer, SigningKey};
use minicbor::{Decode, Encode};
use std::fmt;

const VERSION: u32 = 1;
const SIGNED: &str = "lifeboat v1 log entry signature";

/// What an entry says, as a number: kinds of later versions are kept, not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct EntryKind(#[n(0)] pub u32);

impl EntryKind {
    /// First entry: binds the config and names the keys.
    pub const GENESIS: Self = Self(0);
    /// A snapshot, with the objects that hold what is new in it.
    pub const COMMIT: Self = Self(1);
    /// What a backup that still runs has stored so far.
    pub const PROVIDE: Self = Self(2);
    /// Snapshots that nobody wants any more.
    pub const FORGET: Self = Self(3);
    /// Snapshots that are wanted again.
    pub const UNFORGET: Self = Self(4);
    /// Labels of a snapshot.
    pub const AMEND: Self = Self(5);
    /// Copies of what is needed, and index objects made of others.
    pub const RELOCATE: Self = Self(6);
    /// On what nobody may rely any more.
    pub const CONDEMN: Self = Self(7);
    /// What does not exist any more.
    pub const SWEEP: Self = Self(8);
    /// What is not what it should be.
    pub const DAMAGE: Self = Self(9);
    /// What is again what it should be.
    pub const HEALED: Self = Self(10);
    /// What was seen of another repository.
    pub const ANCHOR: Self = Self(11);
}

/// What the storage can read of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EntryHeader {
    #[n(0)]
    version: u32,
    /// The keys it belongs to.
    #[n(1)]
    pub key_set: KeySetId,
    /// The run that wrote it.
    #[n(2)]
    pub session: SessionId,
    /// Its number within that run, from zero.
    #[n(3)]
    pub number: u64,
    /// Newest entries of the reading it was decided from, sorted.
    #[n(4)]
    pub seen: Vec<ObjectHash>,
    /// Public key of who signed it.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub author: [u8; 32],
    /// What it says.
    #[n(6)]
    pub kind: EntryKind,
    /// Whether a writer that does not know the kind must stop.
    #[n(7)]
    pub critical: bool,
    /// When it was written, by its author's clock.
    #[n(8)]
    pub time: Timestamp,
}

#[derive(Encode, Decode)]
struct EntryObject {
    #[cbor(n(0), with = "minicbor::bytes")]
    header: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    signature: [u8; 64],
}

/// Keys that every client of the log holds, and the one it signs with.
pub struct LogKeys {
    key_set: KeySetId,
    sealer: Sealer,
    running: Sealer,
    signing: SigningKey,
}

impl fmt::Debug for LogKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogKeys(secret)")
    }
}

impl LogKeys {
    pub(crate) fn new(key_set: KeySetId, log: &Key, admin: &Key) -> Self {
        Self {
            key_set,
            sealer: Sealer::new(&log.derive("lifeboat v1 log body")),
            running: Sealer::new(&log.derive("lifeboat v1 running")),
            signing: SigningKey::from_bytes(admin.as_bytes()),
        }
    }

    pub(crate) fn key_set(&self) -> KeySetId {
        self.key_set
    }

    pub(crate) fn running_sealer(&self) -> &Sealer {
        &self.running
    }

    /// The only author so far whose entries count.
    #[must_use]
    pub fn author(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }
}

/// What an entry is to say, before it is signed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The run that writes it.
    pub session: SessionId,
    /// Its number within that run.
    pub number: u64,
    /// Newest entries of the reading it is decided from.
    pub seen: Vec<ObjectHash>,
    /// What it says.
    pub kind: EntryKind,
    /// Whether a writer that does not know the kind must stop.
    pub critical: bool,
    /// Now.
    pub time: Timestamp,
    /// The encoded body.
    pub body: Vec<u8>,
}

/// An entry that hashes to its name, carries a good signature, and was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub hash: ObjectHash,
    /// What the storage can read of it.
    pub header: EntryHeader,
    /// What it says.
    pub body: Vec<u8>,
}

impl Entry {
    /// Signs and seals a draft; gives the object's bytes and the entry.
    #[must_use]
    pub fn create(draft: Draft, keys: &LogKeys, random: &dyn Random) -> (Vec<u8>, Self) {
        let mut seen = draft.seen;
        seen.sort_unstable();
        let header = EntryHeader {
            version: VERSION,
            key_set: keys.key_set,
            session: draft.session,
            number: draft.number,
            seen,
            author: keys.author(),
            kind: draft.kind,
            critical: draft.critical,
            time: draft.time,
        };
        let header_bytes = wire::encode(&header);
        let body = keys.sealer.seal(&context(keys.key_set, &header_bytes), &random.array(), &draft.body);
        let signature = keys.signing.sign(&signed(&header_bytes, &body)).to_bytes();
        let bytes = wire::encode(&EntryObject { header: header_bytes, body, signature });
        let hash = ObjectHash::of(&bytes);
        (bytes, Self { hash, header, body: draft.body })
    }

    /// Reads an entry that was stored under `hash`.
    ///
    /// # Errors
    /// [`FormatError::WrongHash`] when the bytes are not those of the name; [`FormatError::NotAuthentic`] naming the
    /// signature when they are, but were not written by a holder of the keys.
    pub fn parse(hash: ObjectHash, bytes: &[u8], keys: &LogKeys) -> Result<Self, FormatError> {
        if ObjectHash::of(bytes) != hash {
            return Err(FormatError::WrongHash("log entry"));
        }
        let object: EntryObject = wire::decode(bytes, "log entry")?;
        let header: EntryHeader = wire::decode(&object.header, "log entry")?;
        wire::check_version(header.version, VERSION, "log entry")?;
        let signature = Signature::from_bytes(&object.signature);
        let known = header.author == keys.author() && header.key_set == keys.key_set;
        Some(keys.signing.verifying_key())
            .filter(|_| known)
            .and_then(|author| author.verify_strict(&signed(&object.header, &object.body), &signature).ok())
            .ok_or(FormatError::NotAuthentic("signature of a log entry"))?;
        let body = keys.sealer.open(&context(keys.key_set, &object.header), &object.body, "log entry")?;
        Ok(Self { hash, header, body })
    }
}

fn context(key_set: KeySetId, header: &[u8]) -> SealContext {
    SealContext::alone(key_set, SealRole::LogBody, *blake3::hash(header).as_bytes(), 0)
}

fn signed(header: &[u8], body: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(SIGNED);
    hasher.update(&(header.len() as u64).to_le_bytes());
    hasher.update(header);
    *hasher.update(body).finalize().as_bytes()
}
