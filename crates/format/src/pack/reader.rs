//! A whole pack, as built or as read back.
//!
//! Spec: docs/format.md#packs. Reading trusts nothing: the name must be the hash of the bytes, the directory must
//! be authentic, and every place it names must lie within the pack.

use super::layout::{
    BlobRecord, DirectoryHead, PACK_HEADER_LENGTH, PACK_TRAILER_LENGTH, SegmentRecord, Trailer,
};
use super::parity;
use super::shape::Shape;
use crate::{
    BlobId, Bug, Codec, FormatError, Keyring, PackHeader, PackId, PackSealer, PackSegment, PackedBlob,
    limits, planted,
};
use zerocopy::FromBytes;

/// A pack with its directory.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Its name.
    pub id: PackId,
    /// Its first bytes.
    pub header: PackHeader,
    /// All of its bytes, as stored.
    pub bytes: Vec<u8>,
    /// Its segments by number.
    pub segments: Vec<PackSegment>,
    /// Its blobs.
    pub blobs: Vec<PackedBlob>,
}

impl Pack {
    /// Reads a pack that was stored under the name `id`.
    ///
    /// # Errors
    /// [`FormatError::WrongHash`] when header and core do not hash to `id`; else what is wrong with it.
    pub fn parse(id: PackId, bytes: Vec<u8>, keyring: &Keyring) -> Result<Self, FormatError> {
        let header = Self::scrub(id, &bytes)?;
        let sealer = PackSealer::open(keyring, header)?;
        let start = usize::try_from(header.directory_start()).map_err(|_| FormatError::Limit("pack"))?;
        let end = usize::try_from(header.core_length()).map_err(|_| FormatError::Limit("pack"))?;
        let directory = sealer.open_directory(&bytes[start..end])?;
        let (segments, blobs) = parse_directory(&directory, header.directory_start())?;
        Ok(Self { id, header, bytes, segments, blobs })
    }

    /// Whether stored bytes are what the name promises, without any key. Its parity is not looked at: that is
    /// [`Pack::scrub_parity`].
    ///
    /// # Errors
    /// [`FormatError::WrongHash`], or what is wrong with header, trailer or length.
    pub fn scrub(id: PackId, bytes: &[u8]) -> Result<PackHeader, FormatError> {
        // The hash comes first: a header that was altered must not pass for one of a newer version.
        let core = PackHeader::unchecked_core_length(bytes)?;
        let covered = bytes.get(..core).ok_or(FormatError::Malformed("pack: it is cut short"))?;
        if blake3::hash(covered) != *id.as_bytes() && !planted(Bug::CopiedUnproved) {
            return Err(FormatError::WrongHash("pack"));
        }
        let header = PackHeader::parse(bytes)?;
        let shape = Trailer::parse(bytes, &header)?;
        let length = shape.map_or(core + PACK_TRAILER_LENGTH, |shape| shape.stored_length());
        match bytes.len() == length {
            true => Ok(header),
            false => Err(FormatError::Malformed("pack length")),
        }
    }

    /// Whether the parity of a pack that is sound but for it, if it has any, would bring back all that it should:
    /// it is made again and compared.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] when it would not, or what is wrong with header or trailer.
    pub fn scrub_parity(bytes: &[u8]) -> Result<(), FormatError> {
        let header = PackHeader::parse(bytes)?;
        let shape: Option<Shape> = Trailer::parse(bytes, &header)?;
        match shape {
            Some(shape) if bytes.len() != shape.stored_length() => Err(FormatError::Malformed("pack length")),
            Some(shape) if !parity::is_sound(bytes, &header, &shape) => {
                Err(FormatError::Malformed("parity of the pack"))
            }
            _ => Ok(()),
        }
    }

    /// The sealed bytes of a segment.
    #[must_use]
    pub fn sealed(&self, segment: &PackSegment) -> &[u8] {
        let start = segment.offset as usize;
        &self.bytes[start..start + segment.sealed_length as usize]
    }
}

type Directory = (Vec<PackSegment>, Vec<PackedBlob>);

fn parse_directory(bytes: &[u8], segments_end: u64) -> Result<Directory, FormatError> {
    let malformed = || FormatError::Malformed("pack directory");
    let (head, rest) = DirectoryHead::read_from_prefix(bytes).map_err(|_| malformed())?;
    let (segment_count, blob_count) = (head.segments.get() as usize, head.blobs.get() as usize);
    if segment_count > limits::PACK_SEGMENTS_MAX || blob_count > limits::PACK_BLOBS_MAX {
        return Err(FormatError::Limit("pack directory"));
    }
    let (segments, rest) =
        <[SegmentRecord]>::ref_from_prefix_with_elems(rest, segment_count).map_err(|_| malformed())?;
    let blobs = <[BlobRecord]>::ref_from_bytes_with_elems(rest, blob_count).map_err(|_| malformed())?;
    let segments: Vec<PackSegment> =
        segments.iter().map(|record| segment(record, segments_end)).collect::<Result<_, _>>()?;
    let blobs = blobs.iter().map(|record| blob(record, &segments)).collect::<Result<_, _>>()?;
    Ok((segments, blobs))
}

fn segment(record: &SegmentRecord, segments_end: u64) -> Result<PackSegment, FormatError> {
    let end = u64::from(record.offset.get()) + u64::from(record.sealed_length.get());
    let bounded = record.raw_length.get() as usize <= limits::SEGMENT_RAW_MAX
        && record.sealed_length.get() as usize <= limits::SEGMENT_SEALED_MAX;
    match record.offset.get() as usize >= PACK_HEADER_LENGTH && end <= segments_end && bounded {
        true => Ok(PackSegment {
            offset: record.offset.get(),
            sealed_length: record.sealed_length.get(),
            raw_length: record.raw_length.get(),
            codec: Codec::from_number(record.codec)?,
        }),
        false => Err(FormatError::Malformed("pack directory")),
    }
}

fn blob(record: &BlobRecord, segments: &[PackSegment]) -> Result<PackedBlob, FormatError> {
    let end = u64::from(record.offset.get()) + u64::from(record.length.get());
    let segment = segments.get(record.segment.get() as usize);
    match segment.is_some_and(|segment| end <= u64::from(segment.raw_length)) {
        true => Ok(PackedBlob {
            id: BlobId::new(record.id),
            segment: record.segment.get(),
            offset: record.offset.get(),
            length: record.length.get(),
        }),
        false => Err(FormatError::Malformed("pack directory")),
    }
}
