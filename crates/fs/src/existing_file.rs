//! A regular file that a restore finds under a name it wants to use.

use crate::handle::Handle;
use crate::{FsError, Identity, SourceFile, Unset, apply};
use lifeboat_format::Node;

/// An open regular file of a target, to be compared with what would take its place. Its content is never changed.
#[derive(Debug)]
pub struct ExistingFile {
    file: SourceFile,
    privileged: bool,
}

impl ExistingFile {
    pub(crate) fn new(file: SourceFile, privileged: bool) -> Self {
        Self { file, privileged }
    }

    /// What is in it.
    pub fn content(&mut self) -> &mut SourceFile {
        &mut self.file
    }

    /// Which inode it is.
    ///
    /// # Errors
    /// The file system fails.
    pub fn identity(&self) -> Result<Identity, FsError> {
        self.file.identity()
    }

    /// Gives the file the metadata of the node and returns what of it could not be set. None, and nothing is done,
    /// when a new file has to take its place: it lacks some and has further names, which may lie outside of the target,
    /// or it has a capability that takes root to be removed, or this process is root and would give rights to what somebody
    /// else may still hold open for writing.
    #[must_use]
    pub fn refit(&self, node: &Node) -> Option<Vec<Unset>> {
        apply::refit(Handle::Open(self.file.descriptor()), node, self.privileged)
    }
}
