//! The names of things: 32-byte hashes and random identifiers, shown as lower-case hexadecimal.
//!
//! Spec: docs/format.md#ids. Each kind of name is a type of its own, so that none can stand for another.

use crate::FormatError;
use minicbor::{Decode, Decoder, Encode, Encoder};
use std::fmt::{self, Write as _};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Length in bytes.
            pub const LENGTH: usize = $length;

            /// The name whose bytes these are.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes of the name.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// Reads the hexadecimal form, exactly as [`fmt::Display`] writes it.
            ///
            /// # Errors
            /// When the text has another length or a character outside `0-9a-f`.
            pub fn parse(text: &str) -> Result<Self, FormatError> {
                let mut bytes = [0; $length];
                parse_hex(text, &mut bytes).then_some(Self(bytes)).ok_or(FormatError::Malformed("name"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
                digits.into_iter().try_for_each(|digit| f.write_char(char::from(DIGITS[usize::from(digit)])))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                let bytes = d.bytes()?.try_into();
                bytes.map(Self).map_err(|_| minicbor::decode::Error::message("an id of another length"))
            }
        }
    };
}

id!(
    /// A blob: the keyed hash of its content.
    BlobId, 32);
id!(
    /// A pack: the hash of its header and core.
    PackId, 32);
id!(
    /// An object named by the hash of its bytes: an index object, a log entry, a key.
    ObjectHash, 32);
id!(
    /// A snapshot: drawn at random when its backup starts.
    SnapshotId, 32);
id!(
    /// A repository: drawn at random by `init`.
    RepositoryId, 16);
id!(
    /// The set of keys that a repository's objects are bound to; replicas may share it.
    KeySetId, 16);
id!(
    /// A key of the keyring.
    KeyId, 16);
id!(
    /// A key slot.
    SlotId, 16);
id!(
    /// One run of a program that writes to a repository.
    SessionId, 16);
id!(
    /// A chain of evidence: drawn at random by whoever begins it.
    EvidenceWriter, 16);
id!(
    /// SHA-256 of an object of evidence, or of what evidence tells of.
    EvidenceHash, 32);

impl ObjectHash {
    /// The name of an object with these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::new(*blake3::hash(bytes).as_bytes())
    }
}

impl SnapshotId {
    /// The form for people: the first eight digits.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }
}

/// Reads lower-case digits that fill `out`; tells whether they do.
pub(crate) fn parse_hex(text: &str, out: &mut [u8]) -> bool {
    let digits = text.as_bytes();
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    digits.len() == out.len() * 2
        && out.iter_mut().zip(digits.chunks_exact(2)).all(|(byte, pair)| {
            match (digit(pair[0]), digit(pair[1])) {
                (Some(high), Some(low)) => {
                    *byte = high << 4 | low;
                    true
                }
                _ => false,
            }
        })
}
