//! Secret keys and how further keys come from them.
//!
//! Spec: docs/format.md#keys. A key never prints itself and is wiped when dropped. Derivation is BLAKE3's
//! `derive_key` with one hard-coded context per purpose, so that no key serves two.

use std::fmt;
use zeroize::Zeroizing;

/// 256 secret bits.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// The key of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
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

/// Compares two tags of public length without telling where they differ.
pub(crate) fn tags_equal(left: &[u8; 32], right: &[u8; 32]) -> bool {
    blake3::Hash::from_bytes(*left) == blake3::Hash::from_bytes(*right)
}
