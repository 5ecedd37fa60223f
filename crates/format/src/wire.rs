//! Encoding and decoding of the records that may grow: CBOR maps with numbered fields.
//!
//! Spec: docs/format.md#encoding. Writers produce the shortest form with ascending field numbers; readers skip
//! fields they do not know, refuse trailing bytes, and never allocate more than the input's own length suggests.

use crate::FormatError;
use minicbor::{Decode, Decoder, Encode};

/// Encodes a record.
pub(crate) fn encode<T: Encode<()>>(record: &T) -> Vec<u8> {
    minicbor::to_vec(record).expect("writing to a vector cannot fail")
}

/// Encodes a record behind what `out` holds.
pub(crate) fn encode_into<T: Encode<()>>(record: &T, out: &mut Vec<u8>) {
    minicbor::encode(record, out).expect("writing to a vector cannot fail");
}

/// Decodes a record that must fill `bytes` to the end; `what` names it in errors.
pub(crate) fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8], what: &'static str) -> Result<T, FormatError> {
    decode_rest(&mut Decoder::new(bytes), what)
}

/// Decodes a record that must reach to the end of what `decoder` reads.
pub(crate) fn decode_rest<'b, T: Decode<'b, ()>>(
    decoder: &mut Decoder<'b>,
    what: &'static str,
) -> Result<T, FormatError> {
    let record = decoder.decode().map_err(|error| refusal(&error, what))?;
    check_end(decoder, what).map(|()| record)
}

/// Refuses bytes behind what was decoded.
pub(crate) fn check_end(decoder: &Decoder<'_>, what: &'static str) -> Result<(), FormatError> {
    match decoder.position() == decoder.input().len() {
        true => Ok(()),
        false => Err(FormatError::Malformed(what)),
    }
}

/// Why a record is refused: what nobody knows yet is newer.
pub(crate) fn refusal(error: &minicbor::decode::Error, what: &'static str) -> FormatError {
    match error.is_unknown_variant() {
        true => FormatError::Newer(what),
        false => FormatError::Malformed(what),
    }
}

/// Decodes a list of at most so many elements: where each takes a byte or two, and many times that in memory, the length
/// of the input is no bound.
pub(crate) fn decode_list<'b, C, T: Decode<'b, C>>(
    decoder: &mut Decoder<'b>,
    context: &mut C,
    most: usize,
) -> Result<Vec<T>, minicbor::decode::Error> {
    let mut list = Vec::new();
    for element in decoder.array_iter_with(context)? {
        if list.len() == most {
            return Err(minicbor::decode::Error::message("a list has more elements than there may be"));
        }
        list.push(element?);
    }
    Ok(list)
}

/// Refuses a version above the one this program writes.
pub(crate) fn check_version(found: u32, known: u32, what: &'static str) -> Result<(), FormatError> {
    match found {
        0 => Err(FormatError::Malformed(what)),
        version if version > known => Err(FormatError::Newer(what)),
        _ => Ok(()),
    }
}
