//! Extended attributes of an entry, POSIX ACLs and capabilities among them.
//!
//! Spec: docs/format.md#nodes. Names are any bytes, values too. A large value is a blob, so that it neither swells the
//! pages of its directory nor is stored twice.

use crate::{BlobId, limits, wire};
use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};

/// An extended attribute with its value as the kernel gave it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Xattr {
    /// Full name with its name space, such as `user.comment` or `system.posix_acl_access`.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub name: Vec<u8>,
    /// Value, any bytes, possibly none.
    #[n(1)]
    pub value: XattrValue,
}

/// Where the value of an extended attribute lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XattrValue {
    /// Here.
    Inline(Vec<u8>),
    /// In a blob of role data, of this length in bytes.
    Blob(BlobId, u32),
}

impl XattrValue {
    /// Length in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        match self {
            Self::Inline(bytes) => bytes.len(),
            Self::Blob(_, length) => *length as usize,
        }
    }
}

/// Decodes the attributes of a node, which has only so many.
pub(crate) fn decode_list<'b, C>(
    d: &mut Decoder<'b>,
    c: &mut C,
) -> Result<Vec<Xattr>, minicbor::decode::Error> {
    wire::decode_list(d, c, limits::XATTRS_MAX)
}

/// The bytes themselves, or `[blob id, length]`.
impl<C> Encode<C> for XattrValue {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Inline(bytes) => e.bytes(bytes)?.ok(),
            Self::Blob(id, length) => e.array(2)?.bytes(id.as_bytes())?.u32(*length)?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for XattrValue {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        match d.datatype()? {
            Type::Bytes => Ok(Self::Inline(d.bytes()?.to_vec())),
            _ => match d.array()? {
                Some(2) => Ok(Self::Blob(d.decode()?, d.u32()?)),
                _ => Err(minicbor::decode::Error::message("a value is bytes, or a blob and its length")),
            },
        }
    }
}
