//! A file's bytes on their way into blobs, and the list of blobs on its way into the node.
//!
//! Spec: docs/format.md#nodes. Few bytes lie in the node itself, few pieces too; long contents are page trees. Holes are
//! neither read nor stored.

use crate::EngineError;
use lifeboat_format::{Chunker, Content, FormatError, Key, PageTreeBuilder, Piece, Role, limits};
use lifeboat_fs::{FsError, Run, SourceFile};
use lifeboat_repository::{BlobWriter, Repository, RepositoryError};

/// Bytes read from a file at once, at least.
const READ_LENGTH: usize = 1 << 20;

/// Why a file could not be saved: trouble with what it is read from is its own, that of the whole run ends it.
pub(crate) enum ContentError<S = FsError> {
    Source(S),
    Run(EngineError),
}

impl From<FsError> for ContentError {
    fn from(error: FsError) -> Self {
        Self::Source(error)
    }
}

impl<S> From<RepositoryError> for ContentError<S> {
    fn from(error: RepositoryError) -> Self {
        Self::Run(error.into())
    }
}

impl<S> From<EngineError> for ContentError<S> {
    fn from(error: EngineError) -> Self {
        Self::Run(error)
    }
}

/// What content is read from.
pub(crate) trait Bytes {
    /// What can be wrong with it.
    type Error;

    /// Gives what comes next. Data fills the buffer as far as the next hole or the end allows.
    fn next_run(&mut self, buffer: &mut [u8]) -> Result<Run, ContentError<Self::Error>>;
}

impl Bytes for SourceFile {
    type Error = FsError;

    fn next_run(&mut self, buffer: &mut [u8]) -> Result<Run, ContentError> {
        Ok(Self::next_run(self, buffer)?)
    }
}

/// Cuts files and keeps their pieces; its buffer serves one file after the other.
pub(crate) struct ContentSaver {
    chunker: Chunker,
    page_key: Key,
    buffer: Vec<u8>,
}

impl ContentSaver {
    pub(crate) fn new(repository: &Repository) -> Self {
        let chunker = repository.chunker().clone();
        let length = READ_LENGTH.max(2 * chunker.params().maximum as usize);
        Self { chunker, page_key: repository.page_key(), buffer: vec![0; length] }
    }

    /// Saves a file from where it stands to its end; gives the content and its length in bytes. `read` is told of all
    /// data, and its error ends the run. Each run of data is cut by itself, whatever lies before it: a hole that is
    /// filled, or a new one, moves no cut behind it.
    pub(crate) fn save<S>(
        &mut self,
        file: &mut dyn Bytes<Error = S>,
        writer: &mut BlobWriter,
        read: &mut dyn FnMut(u64) -> Result<(), EngineError>,
    ) -> Result<(Content, u64), ContentError<S>> {
        let mut list = PieceList::new(self.page_key.clone());
        let (mut filled, mut length) = (0, 0);
        loop {
            match file.next_run(&mut self.buffer[filled..])? {
                Run::Data(count) => {
                    filled += count;
                    length += count as u64;
                    read(count as u64)?;
                    filled = self.cut(filled, false, &mut list, writer)?;
                }
                Run::Hole(hole) => {
                    filled = self.cut(filled, true, &mut list, writer)?;
                    length += hole;
                    list.push(Piece::Hole(hole), writer)?;
                }
                Run::End if list.is_empty() && filled <= limits::INLINE_MAX => {
                    let bytes = self.buffer[..filled].to_vec();
                    let content = if bytes.is_empty() { Content::Empty } else { Content::Inline(bytes) };
                    return Ok((content, length));
                }
                Run::End => {
                    self.cut(filled, true, &mut list, writer)?;
                    return Ok((list.finish(writer)?, length));
                }
            }
        }
    }

    /// Stores the chunks of what the buffer is filled with, all of it where the data `ends` there, and gives how many
    /// bytes are left, at the front of the buffer: less than the longest chunk, so that more will always fit.
    fn cut(
        &mut self,
        filled: usize,
        ends: bool,
        list: &mut PieceList,
        writer: &mut BlobWriter,
    ) -> Result<usize, RepositoryError> {
        let mut start = 0;
        while let Some(cut) = self.chunker.cut(&self.buffer[start..filled], ends) {
            let id = writer.put(Role::Data, &self.buffer[start..start + cut])?;
            let length = u32::try_from(cut).map_err(|_| FormatError::Limit("blob"))?;
            list.push(Piece::Blob(id, length), writer)?;
            start += cut;
        }
        self.buffer.copy_within(start..filled, 0);
        Ok(filled - start)
    }
}

/// The pieces of one file.
struct PieceList {
    few: Vec<Piece>,
    many: PageTreeBuilder<Piece>,
}

impl PieceList {
    fn new(page_key: Key) -> Self {
        Self { few: Vec::new(), many: PageTreeBuilder::new(page_key) }
    }

    fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }

    fn push(&mut self, piece: Piece, writer: &mut BlobWriter) -> Result<(), RepositoryError> {
        self.few.push(piece);
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
