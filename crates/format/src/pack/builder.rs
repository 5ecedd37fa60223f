//! A pack under construction.
//!
//! Spec: docs/format.md#packs. Segments may arrive in any order: the directory lists them by number.

use super::layout::{BlobRecord, DirectoryHead, PACK_HEADER_LENGTH, SegmentRecord};
use super::parity;
use super::shape::Shape;
use crate::{FormatError, Pack, PackId, PackSealer, PackSegment, PackedBlob, Random, limits};
use zerocopy::IntoBytes;
use zerocopy::little_endian::U32;

/// Gathers the sealed segments of a pack.
#[derive(Debug)]
pub struct PackBuilder {
    bytes: Vec<u8>,
    segments: Vec<Option<PackSegment>>,
    blobs: Vec<PackedBlob>,
}

impl PackBuilder {
    /// An empty pack, in `buffer` whose memory is used again.
    #[must_use]
    pub fn new(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        buffer.resize(PACK_HEADER_LENGTH, 0);
        Self { bytes: buffer, segments: Vec::new(), blobs: Vec::new() }
    }

    /// Adds the sealed segment number `ordinal` with its blobs.
    ///
    /// # Errors
    /// [`FormatError::Limit`] when the pack grows beyond what the format allows.
    pub fn push(
        &mut self,
        ordinal: u32,
        segment: PackSegment,
        sealed: &[u8],
        blobs: &[PackedBlob],
    ) -> Result<(), FormatError> {
        let place = ordinal as usize;
        let length = self.bytes.len() + sealed.len();
        let blob_count = self.blobs.len() + blobs.len();
        if length as u64 > limits::PACK_MAX
            || place >= limits::PACK_SEGMENTS_MAX
            || blob_count > limits::PACK_BLOBS_MAX
        {
            return Err(FormatError::Limit("pack"));
        }
        let offset = u32::try_from(self.bytes.len()).map_err(|_| FormatError::Limit("pack"))?;
        self.segments.resize(self.segments.len().max(place + 1), None);
        self.segments[place] = Some(PackSegment { offset, ..segment });
        self.bytes.extend_from_slice(sealed);
        self.blobs.extend_from_slice(blobs);
        Ok(())
    }

    /// Bytes so far.
    #[must_use]
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Closes the pack with its directory, header, so many percent of parity, and trailer.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] when the number of a segment was left out; [`FormatError::Limit`] when the directory
    /// makes the pack larger than it may be, or for more parity than there may be.
    pub fn finish(
        mut self,
        sealer: &PackSealer,
        random: &dyn Random,
        parity_percent: u32,
    ) -> Result<Pack, FormatError> {
        let segments: Option<Vec<PackSegment>> = self.segments.iter().copied().collect();
        let segments = segments.ok_or(FormatError::Malformed("pack with a segment left out"))?;
        let start = self.bytes.len();
        sealer.seal_directory(&directory(&segments, &self.blobs)?, &random.array(), &mut self.bytes);
        if self.bytes.len() as u64 > limits::PACK_MAX {
            return Err(FormatError::Limit("pack"));
        }
        let mut header = *sealer.header();
        header.core_length.set(self.bytes.len() as u64);
        header.directory_length =
            U32::new(u32::try_from(self.bytes.len() - start).map_err(|_| FormatError::Limit("pack"))?);
        self.bytes[..PACK_HEADER_LENGTH].copy_from_slice(header.as_bytes());
        let id = PackId::new(*blake3::hash(&self.bytes).as_bytes());
        let shape = Shape::new(self.bytes.len(), parity_percent)?;
        parity::append(&mut self.bytes, header, shape.as_ref());
        Ok(Pack { id, header, bytes: self.bytes, segments, blobs: self.blobs })
    }
}

fn directory(segments: &[PackSegment], blobs: &[PackedBlob]) -> Result<Vec<u8>, FormatError> {
    let count = |length: usize| u32::try_from(length).map(U32::new).map_err(|_| FormatError::Limit("pack"));
    let head = DirectoryHead { segments: count(segments.len())?, blobs: count(blobs.len())? };
    let mut out = head.as_bytes().to_vec();
    for segment in segments {
        let record = SegmentRecord {
            offset: segment.offset.into(),
            sealed_length: segment.sealed_length.into(),
            raw_length: segment.raw_length.into(),
            codec: segment.codec as u8,
            reserved: [0; 3],
        };
        out.extend_from_slice(record.as_bytes());
    }
    for blob in blobs {
        let record = BlobRecord {
            id: *blob.id.as_bytes(),
            segment: blob.segment.into(),
            offset: blob.offset.into(),
            length: blob.length.into(),
        };
        out.extend_from_slice(record.as_bytes());
    }
    Ok(out)
}
