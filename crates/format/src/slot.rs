//! Key slots: the master key, wrapped under what a person remembers, or keeps in a file or on paper.
//!
//! Spec: docs/format.md#key-slots. The costs of the key derivation lie in the slot; readers refuse what would
//! exhaust the machine, but never a slot that is merely cheap. Who made a slot is told to whoever opens one, and
//! to nobody else.

use crate::key::tags_equal;
use crate::{
    Credential, FormatError, Key, KeySetId, Random, SealContext, SealRole, Sealer, SlotId, Timestamp, limits,
    wire,
};
use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

const VERSION: u32 = 1;
const COMMITMENT: &str = "lifeboat v1 slot commitment";
const WRAP: &str = "lifeboat v1 slot wrap";
const ABOUT: &str = "lifeboat v1 slot about";
const KEY_FILE: &str = "lifeboat v1 slot key file";
const RECOVERY_SHEET: &str = "lifeboat v1 slot recovery sheet";

/// What it costs to turn a password into a key (Argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KdfParams {
    /// Memory in KiB.
    #[n(0)]
    pub memory_kib: u32,
    /// Passes over the memory.
    #[n(1)]
    pub passes: u32,
    /// Lanes that may be computed at once.
    #[n(2)]
    pub lanes: u32,
}

impl Default for KdfParams {
    /// The second recommendation of RFC 9106.
    fn default() -> Self {
        Self { memory_kib: 64 << 10, passes: 3, lanes: 4 }
    }
}

/// What a slot opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum SlotKind {
    /// A password, stretched by Argon2id.
    #[n(0)]
    Password,
    /// The key in a key file.
    #[n(1)]
    KeyFile,
    /// The key on a recovery sheet.
    #[n(2)]
    RecoverySheet,
}

/// Who made a slot and what for; sealed, so that the storage does not learn it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SlotAbout {
    /// Machine it was made on.
    #[n(0)]
    pub host: String,
    /// User who made it.
    #[n(1)]
    pub user: String,
    /// What it is for, in the words of its maker.
    #[n(2)]
    pub label: Option<String>,
}

/// A key slot as stored.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Slot {
    #[n(0)]
    version: u32,
    /// Its name.
    #[n(1)]
    pub id: SlotId,
    /// What it opens with.
    #[n(2)]
    pub kind: SlotKind,
    /// What a password costs to try; nothing for the other kinds.
    #[n(3)]
    pub kdf: Option<KdfParams>,
    #[cbor(n(4), with = "minicbor::bytes")]
    salt: [u8; 32],
    #[cbor(n(5), with = "minicbor::bytes")]
    commitment: [u8; 32],
    #[cbor(n(6), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    /// When it was made.
    #[n(7)]
    pub created: Timestamp,
    #[cbor(n(8), with = "minicbor::bytes")]
    about: Vec<u8>,
}

impl Slot {
    /// Wraps the master key under a credential; the costs count for a password only.
    ///
    /// # Errors
    /// [`FormatError::Limit`] for costs that no reader would accept, and for more words about it than a slot holds.
    pub fn create(
        master: &Key,
        credential: &Credential,
        kdf: KdfParams,
        about: &SlotAbout,
        created: Timestamp,
        random: &dyn Random,
    ) -> Result<Self, FormatError> {
        let kind = credential.kind();
        let mut slot = Self {
            version: VERSION,
            id: SlotId::new(random.array()),
            kind,
            kdf: (kind == SlotKind::Password).then_some(kdf),
            salt: random.array(),
            commitment: [0; 32],
            sealed: Vec::new(),
            created,
            about: Vec::new(),
        };
        let key = slot.key(credential)?;
        slot.commitment = key.commitment(COMMITMENT, &slot.bound());
        let sealer = Sealer::new(&key.derive(WRAP));
        slot.sealed = sealer.seal(&slot.context(), &random.array(), master.as_bytes());
        let about = wire::encode(about);
        slot.about = about_sealer(master).seal(&slot.about_context(), &random.array(), &about);
        match slot.encode().len() as u64 <= limits::SMALL_OBJECT_MAX {
            true => Ok(slot),
            false => Err(FormatError::Limit("key slot")),
        }
    }

    /// The master key.
    ///
    /// # Errors
    /// [`FormatError::WrongKey`] for another credential; [`FormatError::Limit`] for costs beyond the limits.
    pub fn open(&self, credential: &Credential) -> Result<Key, FormatError> {
        let key = self.key(credential)?;
        if !tags_equal(&key.commitment(COMMITMENT, &self.bound()), &self.commitment) {
            return Err(FormatError::WrongKey);
        }
        let sealer = Sealer::new(&key.derive(WRAP));
        let master = Zeroizing::new(sealer.open(&self.context(), &self.sealed, "key slot")?);
        Key::of_slice(&master).ok_or(FormatError::Malformed("key slot"))
    }

    /// Who made it and what for.
    ///
    /// # Errors
    /// When anything in the slot was altered, or it is that of another master key.
    pub fn about(&self, master: &Key) -> Result<SlotAbout, FormatError> {
        let about = about_sealer(master).open(&self.about_context(), &self.about, "key slot")?;
        wire::decode(&about, "key slot")
    }

    /// The object's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads a slot.
    ///
    /// # Errors
    /// When the bytes are not a slot, or one of a newer version or kind.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let slot: Self = wire::decode(bytes, "key slot")?;
        wire::check_version(slot.version, VERSION, "key slot")?;
        match slot.kdf.is_some() == (slot.kind == SlotKind::Password) {
            true => Ok(slot),
            false => Err(FormatError::Malformed("key slot")),
        }
    }

    /// What the credential makes of this slot's costs and salt.
    fn key(&self, credential: &Credential) -> Result<Key, FormatError> {
        match (credential, self.kind, self.kdf) {
            (Credential::Password(password), SlotKind::Password, Some(kdf)) => {
                stretch(password, kdf, &self.salt)
            }
            (Credential::KeyFile(key), SlotKind::KeyFile, None) => {
                Ok(Key::new(key.commitment(KEY_FILE, &self.salt)))
            }
            (Credential::RecoverySheet(key), SlotKind::RecoverySheet, None) => {
                Ok(Key::new(key.commitment(RECOVERY_SHEET, &self.salt)))
            }
            _ => Err(FormatError::WrongKey),
        }
    }

    /// Everything in the slot that must not be changed unnoticed.
    fn bound(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.id.as_bytes());
        hasher.update(&[self.kind as u8]);
        let costs = self.kdf.map_or([0; 3], |kdf| [kdf.memory_kib, kdf.passes, kdf.lanes]);
        for cost in costs {
            hasher.update(&cost.to_le_bytes());
        }
        hasher.update(&self.salt);
        hasher.update(&self.created.seconds.to_le_bytes());
        hasher.update(&self.created.nanoseconds.to_le_bytes());
        *hasher.finalize().as_bytes()
    }

    fn context(&self) -> SealContext {
        SealContext::alone(KeySetId::default(), SealRole::Slot, self.bound(), 32)
    }

    /// Of all that is in the slot: with the master key alone a slot is known to be whole whose credential lies in a safe.
    fn about_context(&self) -> SealContext {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bound()).update(&self.commitment).update(&self.sealed);
        SealContext::alone(KeySetId::default(), SealRole::SlotAbout, *hasher.finalize().as_bytes(), 0)
    }
}

fn about_sealer(master: &Key) -> Sealer {
    Sealer::new(&master.derive(ABOUT))
}

fn stretch(password: &[u8], kdf: KdfParams, salt: &[u8; 32]) -> Result<Key, FormatError> {
    let bounded = kdf.memory_kib <= limits::KDF_MEMORY_KIB_MAX
        && kdf.passes <= limits::KDF_PASSES_MAX
        && kdf.lanes <= limits::KDF_LANES_MAX;
    let params = Params::new(kdf.memory_kib, kdf.passes, kdf.lanes, Some(32));
    let params = params.ok().filter(|_| bounded).ok_or(FormatError::Limit("cost of the key slot"))?;
    let mut out = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, &mut *out)
        .map_err(|_| FormatError::Limit("cost of the key slot"))?;
    Ok(Key::filled(|key| key.copy_from_slice(&*out)))
}
