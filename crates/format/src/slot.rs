//! Key slots: the master key, wrapped under what a person remembers.
//!
//! Spec: docs/format.md#key-slots. The costs of the key derivation lie in the slot; readers refuse what would
//! exhaust the machine, but never a slot that is merely cheap.

use crate::key::tags_equal;
use crate::{
    FormatError, Key, KeySetId, Random, SealContext, SealRole, Sealer, SlotId, Timestamp, limits, wire,
};
use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::{Decode, Encode};

const VERSION: u32 = 1;
const COMMITMENT: &str = "lifeboat v1 slot commitment";
const WRAP: &str = "lifeboat v1 slot wrap";

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
enum SlotKind {
    #[n(0)]
    Passphrase,
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
    #[n(2)]
    kind: SlotKind,
    #[n(3)]
    kdf: KdfParams,
    #[cbor(n(4), with = "minicbor::bytes")]
    salt: [u8; 32],
    #[cbor(n(5), with = "minicbor::bytes")]
    commitment: [u8; 32],
    #[cbor(n(6), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    /// When it was made.
    #[n(7)]
    pub created: Timestamp,
}

impl Slot {
    /// Wraps the master key under a password.
    ///
    /// # Errors
    /// [`FormatError::Limit`] for costs that no reader would accept.
    pub fn create(
        master: &Key,
        password: &[u8],
        kdf: KdfParams,
        created: Timestamp,
        random: &dyn Random,
    ) -> Result<Self, FormatError> {
        let (id, salt) = (SlotId::new(random.array()), random.array());
        let key = derive(password, kdf, &salt)?;
        let mut slot = Self {
            version: VERSION,
            id,
            kind: SlotKind::Passphrase,
            kdf,
            salt,
            commitment: [0; 32],
            sealed: Vec::new(),
            created,
        };
        slot.commitment = key.commitment(COMMITMENT, &slot.bound());
        slot.sealed =
            Sealer::new(&key.derive(WRAP)).seal(&slot.context(), &random.array(), master.as_bytes());
        Ok(slot)
    }

    /// The master key.
    ///
    /// # Errors
    /// [`FormatError::WrongKey`] for another password; [`FormatError::Limit`] for costs beyond the limits.
    pub fn open(&self, password: &[u8]) -> Result<Key, FormatError> {
        let key = derive(password, self.kdf, &self.salt)?;
        if !tags_equal(&key.commitment(COMMITMENT, &self.bound()), &self.commitment) {
            return Err(FormatError::WrongKey);
        }
        let master = Sealer::new(&key.derive(WRAP)).open(&self.context(), &self.sealed, "key slot")?;
        master.try_into().map(Key::new).map_err(|_| FormatError::Malformed("key slot"))
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
        Ok(slot)
    }

    /// Everything in the slot that must not be changed unnoticed.
    fn bound(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.id.as_bytes());
        for cost in [self.kdf.memory_kib, self.kdf.passes, self.kdf.lanes] {
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
}

fn derive(password: &[u8], kdf: KdfParams, salt: &[u8; 32]) -> Result<Key, FormatError> {
    let bounded = kdf.memory_kib <= limits::KDF_MEMORY_KIB_MAX
        && kdf.passes <= limits::KDF_PASSES_MAX
        && kdf.lanes <= limits::KDF_LANES_MAX;
    let params = Params::new(kdf.memory_kib, kdf.passes, kdf.lanes, Some(32));
    let params = params.ok().filter(|_| bounded).ok_or(FormatError::Limit("cost of the key slot"))?;
    let mut out = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, &mut out)
        .map_err(|_| FormatError::Limit("cost of the key slot"))?;
    Ok(Key::new(out))
}
