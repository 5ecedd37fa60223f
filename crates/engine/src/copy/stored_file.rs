//! The content of a file of a snapshot, as somebody reads it who cuts it anew.

use super::Copying;
use crate::content::{Bytes, ContentError};
use crate::trees::{Entries, pieces};
use lifeboat_format::{Node, Piece, Role};
use lifeboat_fs::Run;
use lifeboat_repository::{BlobReader, RepositoryError};

/// A file that is read from a repository.
pub(super) struct StoredFile<'a> {
    reader: &'a BlobReader,
    copying: &'a Copying<'a>,
    pieces: Entries<'a, Piece>,
    /// What was read last, and how much of it was given.
    blob: Vec<u8>,
    given: usize,
    /// The hole that comes next.
    hole: Option<u64>,
}

impl<'a> StoredFile<'a> {
    pub(super) fn new(reader: &'a BlobReader, file: &Node, copying: &'a Copying<'a>) -> Self {
        Self { reader, copying, pieces: pieces(reader, file), blob: Vec::new(), given: 0, hole: None }
    }
}

impl Bytes for StoredFile<'_> {
    type Error = RepositoryError;

    fn next_run(&mut self, buffer: &mut [u8]) -> Result<Run, ContentError<RepositoryError>> {
        let mut filled = 0;
        while filled < buffer.len() && self.hole.is_none() {
            if self.given < self.blob.len() {
                let count = (self.blob.len() - self.given).min(buffer.len() - filled);
                buffer[filled..filled + count].copy_from_slice(&self.blob[self.given..][..count]);
                (filled, self.given) = (filled + count, self.given + count);
                continue;
            }
            match self.pieces.next().transpose().map_err(ContentError::Source)? {
                None => break,
                Some(Piece::Hole(length)) => self.hole = Some(length),
                Some(Piece::Blob(id, _)) => {
                    let read = self.copying.read(self.reader, Role::Data, &id);
                    (self.blob, self.given) = (read.map_err(ContentError::from)?, 0);
                }
            }
        }
        match (filled, self.hole) {
            (0, Some(length)) => {
                self.hole = None;
                Ok(Run::Hole(length))
            }
            (0, None) => Ok(Run::End),
            _ => Ok(Run::Data(filled)),
        }
    }
}
