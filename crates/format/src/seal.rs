//! Authenticated encryption of everything that is secret: seal and open.
//!
//! Spec: docs/format.md#sealing. XChaCha20-Poly1305 gives nonce, ciphertext and tag. The context binds a message
//! to its place, so that no sealed bytes can stand in for others. The nonce mixes fresh randomness with a hash of
//! the message: a cloned machine that repeats its randomness repeats a nonce only for identical bytes.

use crate::{FormatError, Key, KeySetId};
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use std::fmt;

/// Bytes that sealing adds to a message.
pub const SEAL_OVERHEAD: usize = NONCE_LENGTH + TAG_LENGTH;
const NONCE_LENGTH: usize = 24;
const TAG_LENGTH: usize = 16;

/// What a sealed message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SealRole {
    /// A segment of data blobs.
    Data = 1,
    /// A segment of tree blobs.
    Tree = 2,
    /// The directory of a pack.
    PackDirectory = 3,
    /// The key of a pack, in its header.
    PackKey = 4,
    /// A page of an index object.
    IndexPage = 5,
    /// The body of a log entry.
    LogBody = 6,
    /// A snapshot.
    Snapshot = 7,
    /// The master key in a slot.
    Slot = 8,
    /// A key of the keyring.
    Keyring = 9,
    /// What a slot tells about itself.
    SlotAbout = 10,
    /// A hint that a session lives.
    Running = 11,
}

/// Where a sealed message belongs: the associated data of its authentication.
#[derive(Clone, Copy, Debug)]
pub struct SealContext {
    /// The key set it belongs to; all zero for slots and keyring objects, which lead to it.
    pub key_set: KeySetId,
    /// What it is.
    pub role: SealRole,
    /// Deduplication domain.
    pub domain: u32,
    /// Salt or name of the object that holds it.
    pub salt: [u8; 32],
    /// Its number within that object.
    pub ordinal: u32,
    /// Length after opening and decompressing.
    pub raw_length: u32,
    /// How it is compressed.
    pub codec: u8,
}

impl SealContext {
    /// The context of a message that is alone in its object and not compressed.
    #[must_use]
    pub fn alone(key_set: KeySetId, role: SealRole, salt: [u8; 32], raw_length: u32) -> Self {
        Self { key_set, role, domain: 0, salt, ordinal: 0, raw_length, codec: 0 }
    }

    fn bytes(&self) -> [u8; 62] {
        let mut out = [0; 62];
        out[..16].copy_from_slice(self.key_set.as_bytes());
        out[16] = self.role as u8;
        out[17..21].copy_from_slice(&self.domain.to_le_bytes());
        out[21..53].copy_from_slice(&self.salt);
        out[53..57].copy_from_slice(&self.ordinal.to_le_bytes());
        out[57..61].copy_from_slice(&self.raw_length.to_le_bytes());
        out[61] = self.codec;
        out
    }
}

/// Seals and opens under one key.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    nonce_key: Key,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(secret)")
    }
}

impl Sealer {
    /// A sealer for this key, which must serve nothing else.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(key.as_bytes().into()),
            nonce_key: key.derive("lifeboat v1 nonce"),
        }
    }

    /// Appends the sealed message to `out`. `random` must be fresh.
    pub fn seal_into(&self, context: &SealContext, random: &[u8; 32], message: &[u8], out: &mut Vec<u8>) {
        let nonce = self.nonce(context, random, message);
        out.reserve(message.len() + SEAL_OVERHEAD);
        out.extend_from_slice(&nonce);
        let start = out.len();
        out.extend_from_slice(message);
        let tag = self
            .cipher
            .encrypt_inout_detached(&nonce, &context.bytes(), (&mut out[start..]).into())
            .expect("a message within the limits of the format is within those of the cipher");
        out.extend_from_slice(&tag);
    }

    /// The sealed message.
    #[must_use]
    pub fn seal(&self, context: &SealContext, random: &[u8; 32], message: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.seal_into(context, random, message, &mut out);
        out
    }

    /// Opens a message into `out`, whose former content is dropped.
    ///
    /// # Errors
    /// [`FormatError::NotAuthentic`] naming `what`: altered bytes, another place, or another key.
    pub fn open_into(
        &self,
        context: &SealContext,
        sealed: &[u8],
        out: &mut Vec<u8>,
        what: &'static str,
    ) -> Result<(), FormatError> {
        let body = sealed.len().checked_sub(SEAL_OVERHEAD).ok_or(FormatError::Malformed(what))?;
        let (nonce, rest) = sealed.split_at(NONCE_LENGTH);
        let (ciphertext, tag) = rest.split_at(body);
        out.clear();
        out.extend_from_slice(ciphertext);
        let nonce = XNonce::try_from(nonce).expect("split at the nonce's length");
        let tag = Tag::try_from(tag).expect("what is left is as long as a tag");
        self.cipher
            .decrypt_inout_detached(&nonce, &context.bytes(), out.as_mut_slice().into(), &tag)
            .map_err(|_| FormatError::NotAuthentic(what))
    }

    /// Opens a message.
    ///
    /// # Errors
    /// As [`Sealer::open_into`].
    pub fn open(
        &self,
        context: &SealContext,
        sealed: &[u8],
        what: &'static str,
    ) -> Result<Vec<u8>, FormatError> {
        let mut out = Vec::new();
        self.open_into(context, sealed, &mut out, what)?;
        Ok(out)
    }

    fn nonce(&self, context: &SealContext, random: &[u8; 32], message: &[u8]) -> XNonce {
        let mut hasher = blake3::Hasher::new_keyed(self.nonce_key.as_bytes());
        hasher.update(random);
        hasher.update(&[context.role as u8]);
        hasher.update(&context.ordinal.to_le_bytes());
        hasher.update(blake3::hash(message).as_bytes());
        XNonce::try_from(&hasher.finalize().as_bytes()[..NONCE_LENGTH]).expect("24 of 32 bytes")
    }
}
