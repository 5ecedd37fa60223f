//! A file's bytes on their way into blobs, and the list of blobs on its way into the node.
//!
//! Spec: docs/format.md#nodes. Few bytes lie in the node itself, few pieces too; long contents are page trees.

use crate::EngineError;
use lifeboat_format::{BlobId, Chunker, Content, PageTreeBuilder, Piece, Role, limits};
use lifeboat_fs::{FsError, SourceFile};
use lifeboat_repository::{BlobWriter, Repository, RepositoryError};

/// Bytes read from a file at once, at least.
const READ_LENGTH: usize = 1 << 20;

/// Why a file could not be saved: its own trouble is counted, that of the whole run ends the backup.
pub(super) enum ContentError {
    Source(FsError),
    Run(EngineError),
}

impl From<FsError> for ContentError {
    fn from(error: FsError) -> Self {
        Self::Source(error)
    }
}

impl From<RepositoryError> for ContentError {
    fn from(error: RepositoryError) -> Self {
        Self::Run(error.into())
    }
}

impl From<EngineError> for ContentError {
    fn from(error: EngineError) -> Self {
        Self::Run(error)
    }
}

/// What content is read from.
pub(super) trait Bytes {
    /// Fills the buffer as far as the content goes and gives how many bytes that were; fewer are the end.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ContentError>;
}

impl Bytes for SourceFile {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ContentError> {
        Ok(self.read(buffer)?)
    }
}

/// Cuts files and keeps their pieces; its buffer serves one file after the other.
pub(super) struct ContentSaver {
    chunker: Chunker,
    page_key: lifeboat_format::Key,
    buffer: Vec<u8>,
}

impl ContentSaver {
    pub(super) fn new(repository: &Repository) -> Self {
        let chunker = repository.chunker().clone();
        let length = READ_LENGTH.max(2 * chunker.params().maximum as usize);
        Self { chunker, page_key: repository.page_key(), buffer: vec![0; length] }
    }

    /// Saves a file from where it stands to its end; gives the content and its length in bytes. `read` is told of
    /// every buffer, and its error ends the run.
    pub(super) fn save(
        &mut self,
        file: &mut dyn Bytes,
        writer: &mut BlobWriter,
        read: &mut dyn FnMut(u64) -> Result<(), EngineError>,
    ) -> Result<(Content, u64), ContentError> {
        let mut list = PieceList::new(self.page_key.clone());
        let (mut filled, mut length, mut ended) = (0, 0, false);
        loop {
            if !ended {
                let got = file.fill(&mut self.buffer[filled..])?;
                ended = got < self.buffer.len() - filled;
                filled += got;
                length += got as u64;
                read(got as u64)?;
            }
            if ended && length <= limits::INLINE_MAX as u64 {
                let bytes = self.buffer[..filled].to_vec();
                return Ok((if bytes.is_empty() { Content::Empty } else { Content::Inline(bytes) }, length));
            }
            let mut start = 0;
            while let Some(cut) = self.chunker.cut(&self.buffer[start..filled], ended) {
                let id = writer.put(Role::Data, &self.buffer[start..start + cut])?;
                list.push(id, cut, writer)?;
                start += cut;
            }
            self.buffer.copy_within(start..filled, 0);
            filled -= start;
            if ended && filled == 0 {
                return Ok((list.finish(writer)?, length));
            }
        }
    }
}

/// The pieces of one file.
struct PieceList {
    few: Vec<Piece>,
    many: PageTreeBuilder<Piece>,
}

impl PieceList {
    fn new(page_key: lifeboat_format::Key) -> Self {
        Self { few: Vec::new(), many: PageTreeBuilder::new(page_key) }
    }

    fn push(&mut self, id: BlobId, length: usize, writer: &mut BlobWriter) -> Result<(), RepositoryError> {
        let length = u32::try_from(length).map_err(|_| lifeboat_format::FormatError::Limit("blob"))?;
        self.few.push(Piece::Blob(id, length));
        match self.few.len() > limits::NODE_PIECES_MAX {
            true => self.move_to_pages(writer),
            false => Ok(()),
        }
    }

    fn move_to_pages(&mut self, writer: &mut BlobWriter) -> Result<(), RepositoryError> {
        for piece in self.few.drain(..) {
            self.many.push(&piece, &mut |page| writer.put(Role::Tree, page))?;
        }
        Ok(())
    }

    fn finish(mut self, writer: &mut BlobWriter) -> Result<Content, RepositoryError> {
        if self.many.is_empty() {
            return Ok(Content::Pieces(self.few));
        }
        self.move_to_pages(writer)?;
        let root = self.many.finish(&mut |page| writer.put(Role::Tree, page))?;
        Ok(root.map_or(Content::Empty, Content::Pages))
    }
}
