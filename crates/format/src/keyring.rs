//! The keyring: all keys of a repository but the master key, each an object of its own sealed under it.
//!
//! Spec: docs/format.md#keyring. All keys are independent random values; deleting an object erases what hangs on
//! its key. Which keys must be there is said by the genesis entry: a missing one is damage, never a fallback.

use crate::{
    BlobHasher, CacheKey, Chunker, ChunkerParams, EvidenceKey, FormatError, Key, KeyId, KeySetId, LogKeys,
    Random, SealContext, SealRole, Sealer, wire,
};
use minicbor::{Decode, Encode};
use std::fmt;
use zeroize::Zeroizing;

const VERSION: u32 = 1;
/// Room for an encoded key record, in bytes: a vector that grows leaves copies behind.
const RECORD_ROOM: usize = 64;

/// What a key of the keyring is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
enum Purpose {
    /// Not a key: the id of the key set, in the first 16 bytes.
    #[n(0)]
    KeySet,
    /// Names and cuts of a deduplication domain.
    #[n(1)]
    Domain,
    /// Wraps pack keys and seals snapshots of a domain and epoch.
    #[n(2)]
    Epoch,
    /// Seals the bodies of log entries.
    #[n(3)]
    Log,
    /// Signs log entries: an Ed25519 seed.
    #[n(4)]
    Admin,
}

const PURPOSES: [Purpose; 5] =
    [Purpose::KeySet, Purpose::Domain, Purpose::Epoch, Purpose::Log, Purpose::Admin];

#[derive(Encode, Decode)]
#[cbor(map)]
struct KeyObject {
    #[n(0)]
    version: u32,
    #[n(1)]
    id: KeyId,
    #[cbor(n(2), with = "minicbor::bytes")]
    sealed: Vec<u8>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct KeyRecord {
    #[n(0)]
    purpose: Purpose,
    #[n(1)]
    domain: u32,
    #[n(2)]
    epoch: u32,
    #[n(3)]
    secret: Key,
}

/// The keys of a repository, ready for use.
pub struct Keyring {
    key_set: KeySetId,
    domain: Key,
    wrap: Sealer,
    snapshot: Sealer,
    index: Sealer,
    log: LogKeys,
    evidence: EvidenceKey,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.key_set)
    }
}

/// A key object to be stored.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// Which key it is.
    pub id: KeyId,
    /// The object's bytes.
    pub bytes: Vec<u8>,
}

impl Keyring {
    /// Draws all keys of a new repository and seals them under the master key.
    #[must_use]
    pub fn generate(master: &Key, random: &dyn Random) -> Vec<SealedKey> {
        let sealer = Sealer::new(&master.derive("lifeboat v1 keyring"));
        PURPOSES
            .iter()
            .map(|purpose| {
                let record =
                    KeyRecord { purpose: *purpose, domain: 0, epoch: 0, secret: Key::random(random) };
                let id = KeyId::new(random.array());
                let mut bytes = Zeroizing::new(Vec::with_capacity(RECORD_ROOM));
                wire::encode_into(&record, &mut bytes);
                let sealed = sealer.seal(&context(id), &random.array(), &bytes);
                SealedKey { id, bytes: wire::encode(&KeyObject { version: VERSION, id, sealed }) }
            })
            .collect()
    }

    /// Those of these objects that hold a key under this master key, each as it is: another repository that has them has the same keys.
    pub fn own<'a>(
        master: &Key,
        objects: impl IntoIterator<Item = &'a [u8]>,
    ) -> impl Iterator<Item = SealedKey> {
        let sealer = Sealer::new(&master.derive("lifeboat v1 keyring"));
        objects.into_iter().filter_map(move |object| {
            let (id, _) = open(&sealer, object).ok()?;
            Some(SealedKey { id, bytes: object.to_vec() })
        })
    }

    /// Puts the keyring together from all of its objects, of which those in other hands may not open.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] naming the key that none of the objects held; [`FormatError::Newer`] instead when
    /// one of them is of a newer version, which may hold it.
    pub fn assemble<'a>(
        master: &Key,
        objects: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(Self, Vec<KeyId>), FormatError> {
        let sealer = Sealer::new(&master.derive("lifeboat v1 keyring"));
        let mut found = [const { None }; PURPOSES.len()];
        let (mut ids, mut newer) = (Vec::new(), false);
        for object in objects {
            match open(&sealer, object) {
                Ok((id, record)) => {
                    ids.push(id);
                    if record.domain == 0 && record.epoch == 0 {
                        found[record.purpose as usize] = Some(record.secret);
                    }
                }
                Err(error) => newer |= error.is_newer(),
            }
        }
        let absent = |what| if newer { FormatError::Newer("key") } else { FormatError::Malformed(what) };
        let mut take = |purpose: Purpose, what| found[purpose as usize].take().ok_or_else(|| absent(what));
        let mut key_set = [0; KeySetId::LENGTH];
        let named = take(Purpose::KeySet, "keyring: no key-set id")?;
        key_set.copy_from_slice(&named.as_bytes()[..KeySetId::LENGTH]);
        let domain = take(Purpose::Domain, "keyring: no domain key")?;
        let epoch = take(Purpose::Epoch, "keyring: no epoch key")?;
        let log = take(Purpose::Log, "keyring: no log key")?;
        let admin = take(Purpose::Admin, "keyring: no admin key")?;
        let keyring = Self {
            key_set: KeySetId::new(key_set),
            wrap: Sealer::new(&epoch.derive("lifeboat v1 wrap")),
            snapshot: Sealer::new(&epoch.derive("lifeboat v1 snapshot")),
            index: Sealer::new(&domain.derive("lifeboat v1 index")),
            log: LogKeys::new(KeySetId::new(key_set), &log, &admin),
            evidence: EvidenceKey::new(&admin),
            domain,
        };
        Ok((keyring, ids))
    }

    /// The set of keys this is.
    #[must_use]
    pub fn key_set(&self) -> KeySetId {
        self.key_set
    }

    /// Names blobs.
    #[must_use]
    pub fn blob_hasher(&self) -> BlobHasher {
        BlobHasher::new(&self.domain)
    }

    /// Cuts files.
    ///
    /// # Errors
    /// When the parameters are not those of a chunker this program knows.
    pub fn chunker(&self, params: ChunkerParams) -> Result<Chunker, FormatError> {
        Chunker::new(params, &self.domain)
    }

    /// Tags what is kept of the index outside of the repository.
    #[must_use]
    pub fn cache_key(&self) -> CacheKey {
        CacheKey::new(&self.domain)
    }

    /// Signs log entries and seals their bodies.
    #[must_use]
    pub fn log(&self) -> &LogKeys {
        &self.log
    }

    /// Signs the evidence of rehearsals.
    #[must_use]
    pub fn evidence(&self) -> &EvidenceKey {
        &self.evidence
    }

    /// Decides where directories are cut into pages.
    #[must_use]
    pub fn page_key(&self) -> Key {
        self.domain.derive("lifeboat v1 page cut")
    }

    pub(crate) fn wrap_sealer(&self) -> &Sealer {
        &self.wrap
    }

    pub(crate) fn snapshot_sealer(&self) -> &Sealer {
        &self.snapshot
    }

    pub(crate) fn index_sealer(&self) -> &Sealer {
        &self.index
    }
}

fn open(sealer: &Sealer, bytes: &[u8]) -> Result<(KeyId, KeyRecord), FormatError> {
    let object: KeyObject = wire::decode(bytes, "key")?;
    wire::check_version(object.version, VERSION, "key")?;
    let record = Zeroizing::new(sealer.open(&context(object.id), &object.sealed, "key")?);
    Ok((object.id, wire::decode(&record, "key")?))
}

fn context(id: KeyId) -> SealContext {
    let mut salt = [0; 32];
    salt[..KeyId::LENGTH].copy_from_slice(id.as_bytes());
    SealContext::alone(KeySetId::default(), SealRole::Keyring, salt, 0)
}
