//! Whether a writer may take a file over as it is.

use crate::trees;
use lifeboat_format::{Node, Piece};
use lifeboat_repository::{BlobReader, BlobWriter, RepositoryError};

/// Whether everything a file consists of, large attributes included, has a place that counts.
pub(crate) fn is_stored(
    reader: &BlobReader,
    writer: &BlobWriter,
    file: &Node,
) -> Result<bool, RepositoryError> {
    for (_, id, _) in trees::xattr_blobs(file) {
        if !writer.contains(&id)? {
            return Ok(false);
        }
    }
    for piece in trees::pieces(reader, file) {
        let is_there = match piece {
            Ok(Piece::Blob(id, _)) => writer.contains(&id)?,
            Ok(Piece::Hole(_)) => true,
            Err(_) => false,
        };
        if !is_there {
            return Ok(false);
        }
    }
    Ok(true)
}
