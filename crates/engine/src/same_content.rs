//! Whether a file on the disk holds what a node says.
//!
//! Invariant: memory holds one piece at a time, whatever the size of the file.

use crate::trees;
use lifeboat_format::{BlobId, Content, Node, Piece, Role, limits};
use lifeboat_fs::{FsError, SourceFile, is_zeros};
use lifeboat_repository::{BlobReader, RepositoryError};
use thiserror::Error;

/// Bytes of a hole that are looked at at once.
const HOLE_STEP: usize = 64 << 10;

/// A file that is compared, from its first byte to its last.
pub(crate) struct Compared<'f> {
    pub(crate) file: &'f mut SourceFile,
    /// Whether it is still worth while: whoever is to stop does not read a long file to its end, and finds nothing out.
    pub(crate) goes_on: &'f dyn Fn() -> bool,
}

/// Why nobody knows.
#[derive(Debug, Error)]
pub(crate) enum CompareError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FsError),
    /// The list of its pieces cannot be read from the repository.
    #[error(transparent)]
    Content(#[from] RepositoryError),
}

/// Whether a file is the content of the node: each piece hashes to the id of its blob, a hole is all zeros, and nothing
/// follows. `scratch` is overwritten.
///
/// # Errors
/// When the file or the list of pieces cannot be read. Content that differs is none.
pub(crate) fn content_equals(
    reader: &BlobReader,
    file: &mut Compared<'_>,
    node: &Node,
    scratch: &mut Vec<u8>,
) -> Result<bool, CompareError> {
    if let Content::Inline(bytes) = &node.content {
        return Ok(next(file, bytes.len(), scratch)? == Some(bytes) && is_at_end(file, scratch)?);
    }
    for piece in trees::pieces(reader, node) {
        let same = match piece? {
            Piece::Blob(id, length) => is_blob(reader, file, &id, length, scratch)?,
            Piece::Hole(length) => is_hole(file, length, scratch)?,
        };
        if !same {
            return Ok(false);
        }
    }
    is_at_end(file, scratch)
}

fn is_blob(
    reader: &BlobReader,
    file: &mut Compared<'_>,
    id: &BlobId,
    length: u32,
    scratch: &mut Vec<u8>,
) -> Result<bool, CompareError> {
    let length = length as usize;
    // No blob is longer than that, so that a list which says otherwise costs no memory.
    let bytes = if length <= limits::SEGMENT_RAW_MAX { next(file, length, scratch)? } else { None };
    Ok(bytes.is_some_and(|bytes| reader.is_blob(Role::Data, id, bytes)))
}

fn is_hole(file: &mut Compared<'_>, length: u64, scratch: &mut Vec<u8>) -> Result<bool, CompareError> {
    let mut left = length;
    while left > 0 {
        left -= file.file.skip_hole(left)?;
        let step = usize::try_from(left).map_or(HOLE_STEP, |left| left.min(HOLE_STEP));
        if step > 0 && !next(file, step, scratch)?.is_some_and(is_zeros) {
            return Ok(false);
        }
        left -= step as u64;
    }
    Ok(true)
}

fn is_at_end(file: &mut Compared<'_>, scratch: &mut Vec<u8>) -> Result<bool, CompareError> {
    Ok(next(file, 1, scratch)?.is_none())
}

/// The next so many bytes, none when the file has fewer.
fn next<'s>(
    file: &mut Compared<'_>,
    length: usize,
    scratch: &'s mut Vec<u8>,
) -> Result<Option<&'s [u8]>, FsError> {
    if !(file.goes_on)() {
        return Ok(None);
    }
    scratch.resize(length, 0);
    let count = file.file.read(scratch)?;
    Ok((count == length).then_some(&scratch[..length]))
}
