//! Which files lose by what is not sound in the storage: every snapshot's tree against what was found of packs and segments.
//!
//! Invariant: a blob is sound when one of its places is; what is seen once, in whatever snapshot, is not looked at again.

use crate::report::{Fold, Teller};
use crate::trees::{Entries, nodes, pieces, xattr_blobs};
use crate::{EngineError, ProblemKind, cause_of};
use lifeboat_format::{BlobId, BlobPrefix, Content, Node, NodeKind, Piece, Role, Snapshot};
use lifeboat_fs::{Trail, escaped};
use lifeboat_repository::{BlobPlace, BlobReader, RepositoryError, SegmentNumber};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

/// A look at snapshots, one after the other.
pub(crate) struct Losses<'a, R> {
    teller: &'a Teller<'a, R>,
    reader: &'a BlobReader,
    /// Segments that cannot be opened, of packs that are not as they should be; each of these was tried.
    bad: &'a BTreeSet<SegmentNumber>,
    directories: HashSet<BlobPrefix>,
    /// Long files by their root pages; what is wrong with them, if anything is.
    files: HashMap<BlobPrefix, Option<Box<str>>>,
}

impl<'a, R: Fold> Losses<'a, R> {
    pub(crate) fn new(
        teller: &'a Teller<'a, R>,
        reader: &'a BlobReader,
        bad: &'a BTreeSet<SegmentNumber>,
    ) -> Self {
        Self { teller, reader, bad, directories: HashSet::new(), files: HashMap::new() }
    }

    /// Walks the tree of a snapshot and tells what in it is lost; directories that were seen before, in this snapshot or another, are known.
    pub(crate) fn tell(&mut self, snapshot: &Snapshot) -> Result<(), EngineError> {
        let top = Trail::new(Path::new(&format!("{}:/", snapshot.id.short())));
        if let Some(cause) = self.lost_xattr(&snapshot.root)? {
            self.problem(&top.path(), cause);
        }
        let reader = self.reader;
        let mut stack: Vec<(Entries<'_, Node>, Trail)> = vec![(nodes(reader, &snapshot.root), top)];
        while let Some((entries, above)) = stack.last_mut() {
            self.teller.check()?;
            match entries.next() {
                None => drop(stack.pop()),
                Some(Err(error)) if error.is_damage() => self.problem(&above.path(), cause_of(&error)),
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(node)) => {
                    if let Some(cause) = self.trouble(&node)? {
                        self.problem(&above.path_of(&node.name), cause);
                    }
                    if let (NodeKind::Directory, Content::Pages(root)) = (node.kind, &node.content)
                        && self.directories.insert(root.into())
                    {
                        let below = above.join(&node.name);
                        stack.push((nodes(reader, &node), below));
                    }
                }
            }
        }
        Ok(())
    }

    /// What is wrong with a node, if anything is.
    fn trouble(&mut self, node: &Node) -> Result<Option<String>, EngineError> {
        let of_content = match node.kind {
            NodeKind::File => self.lost_content(node)?,
            _ => None,
        };
        match of_content {
            None => Ok(self.lost_xattr(node)?),
            some => Ok(some),
        }
    }

    /// What is wrong with the content of a file, if anything is; long files are walked once, whatever names they have.
    fn lost_content(&mut self, file: &Node) -> Result<Option<String>, EngineError> {
        let Content::Pages(root) = file.content else { return self.lost_pieces(file) };
        if let Some(known) = self.files.get(&BlobPrefix::from(&root)) {
            return Ok(known.as_deref().map(str::to_owned));
        }
        let trouble = self.lost_pieces(file)?;
        self.files.insert(BlobPrefix::from(&root), trouble.as_deref().map(Box::from));
        Ok(trouble)
    }

    /// Every piece must have a sound place, and their lengths must add up.
    fn lost_pieces(&self, file: &Node) -> Result<Option<String>, EngineError> {
        let mut length = match &file.content {
            Content::Inline(bytes) => bytes.len() as u64,
            _ => 0,
        };
        for piece in pieces(self.reader, file) {
            self.teller.check()?;
            match piece {
                Err(error) if error.is_damage() => return Ok(Some(cause_of(&error))),
                Err(error) => return Err(error.into()),
                Ok(Piece::Blob(id, length)) if !self.is_sound(&id, length)? => return Ok(Some(missing(&id))),
                Ok(piece) => length += piece.length(),
            }
        }
        Ok((length != file.size)
            .then(|| format!("its content has {length} bytes and should have {}", file.size)))
    }

    /// What is wrong with a large attribute of a node, if anything is.
    fn lost_xattr(&self, node: &Node) -> Result<Option<String>, RepositoryError> {
        for (name, id, length) in xattr_blobs(node) {
            if !self.is_sound(&id, length)? {
                let name = escaped(name);
                return Ok(Some(format!("its attribute \"{name}\" is lost: {}", missing(&id))));
            }
        }
        Ok(None)
    }

    fn is_sound(&self, id: &BlobId, length: u32) -> Result<bool, RepositoryError> {
        let is_usable = |place: &BlobPlace| place.length == length && !self.bad.contains(&place.segment);
        let is_here = self.reader.index().places(id)?.iter().any(is_usable);
        Ok(is_here || self.reader.is_in_replica(Role::Data, id))
    }

    fn problem(&self, path: &Path, cause: impl Into<String>) {
        self.teller.problem(ProblemKind::Damage, path, cause);
    }
}

fn missing(id: &BlobId) -> String {
    format!("a sound copy of blob {id} is missing")
}
