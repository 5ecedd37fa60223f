//! Secret keys and how further keys come from them.
//!
//! Spec: docs/format.md#keys. A key never prints itself, lies in one place however often it is handed on, and is wiped
//! when dropped. Derivation is BLAKE3's `derive_key` with one hard-coded context per purpose, so that no key serves two.

use crate::Random;
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::fmt;
use zeroize::{Zeroize as _, Zeroizing};

/// 256 secret bits.
#[derive(Clone)]
pub struct Key(Box<Zeroizing<[u8; 32]>>);

impl Key {
    /// The key of these bytes.
    #[must_use]
    pub fn new(mut bytes: [u8; 32]) -> Self {
        let key = Self::filled(|out| out.copy_from_slice(&bytes));
        bytes.zeroize();
        key
    }

    /// A fresh key.
    #[must_use]
    pub fn random(random: &dyn Random) -> Self {
        Self::filled(|out| random.fill(out))
    }

    /// The key of these bytes, if there are 32 of them.
    pub(crate) fn of_slice(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == 32).then(|| Self::filled(|out| out.copy_from_slice(bytes)))
    }

    /// The key whose bytes `fill` writes.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        let mut key = Self(Box::default());
        fill(&mut key.0);
        key
    }

    /// The key for one purpose; `context` must be unique to it.
    #[must_use]
    pub(crate) fn derive(&self, context: &'static str) -> Self {
        Self::new(blake3::derive_key(context, &self.0[..]))
    }

    /// A tag that only this key yields for `bound`: it tells a wrong key before anything is opened with it.
    #[must_use]
    pub(crate) fn commitment(&self, context: &'static str, bound: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(self.derive(context).as_bytes(), bound).as_bytes()
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

impl<C> Encode<C> for Key {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(self.as_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Key {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::of_slice(d.bytes()?).ok_or_else(|| minicbor::decode::Error::message("a key of another length"))
    }
}

/// Compares two tags of public length without telling where they differ.
pub(crate) fn tags_equal(left: &[u8; 32], right: &[u8; 32]) -> bool {
    blake3::Hash::from_bytes(*left) == blake3::Hash::from_bytes(*right)
}
