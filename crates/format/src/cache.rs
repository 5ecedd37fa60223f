//! Tags for what is kept outside of the repository: whoever can write there can harm nobody by it.
//!
//! Spec: docs/format.md#keys. Only the key is part of the format; what is tagged, and how it lies in its files, may differ
//! from one version of the program to the next.

use crate::Key;
use crate::key::tags_equal;

/// Length in bytes of a tag.
pub const CACHE_TAG_LENGTH: usize = 32;

/// Tags bytes and knows them again.
#[derive(Clone, Debug)]
pub struct CacheKey(Key);

impl CacheKey {
    pub(crate) fn new(domain_key: &Key) -> Self {
        Self(domain_key.derive("lifeboat v1 index cache"))
    }

    /// The tag of these bytes; `place` is what they are and where they lie, so that none can stand for others.
    #[must_use]
    pub fn tag(&self, place: &[u8], bytes: &[u8]) -> [u8; CACHE_TAG_LENGTH] {
        let mut hasher = blake3::Hasher::new_keyed(self.0.as_bytes());
        hasher.update(&(place.len() as u64).to_le_bytes());
        hasher.update(place);
        hasher.update(bytes);
        *hasher.finalize().as_bytes()
    }

    /// Whether the tag is that of these bytes at this place.
    #[must_use]
    pub fn is_tag(&self, place: &[u8], bytes: &[u8], tag: &[u8; CACHE_TAG_LENGTH]) -> bool {
        tags_equal(&self.tag(place, bytes), tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_that_of_one_key_one_place_and_these_bytes() {
        let key = CacheKey::new(&Key::new([1; 32]));
        let tag = key.tag(b"place", b"bytes");
        assert!(key.is_tag(b"place", b"bytes", &tag));
        assert!(!key.is_tag(b"place", b"byteS", &tag));
        assert!(!key.is_tag(b"placeb", b"ytes", &tag), "where one ends and the other begins counts");
        assert!(!CacheKey::new(&Key::new([2; 32])).is_tag(b"place", b"bytes", &tag));
    }
}
