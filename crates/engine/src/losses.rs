//! Which files lose by what is not sound in the storage: every snapshot's tree against what was found of packs and segments.
//!
//! Invariant: a blob is sound when one of its places is; what is seen once, in whatever snapshot, is not looked at again.

use crate::report::{Fold, Teller};
use crate::trees::{Entries, nodes, pieces, xattr_blobs};
use crate::{EngineError, Event, ProblemKind, cause_of};
use lifeboat_format::{BlobId, BlobPrefix, Content, Node, NodeKind, PackId, Piece, Role, Snapshot};
use lifeboat_fs::{Trail, escaped};
use lifeboat_repository::{BlobReader, RepositoryError};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

/// A look at snapshots, one after the other.
pub(crate) struct Losses<'a, R> {
    teller: &'a Teller<'a, R>,
    /// Segments that cannot be opened, by their packs and their numbers within these.
    bad: &'a BTreeSet<(PackId, u32)>,
    directories: HashSet<BlobPrefix>,
    /// Long files by their root pages; what is wrong with them, if anything is.
    files: HashMap<BlobPrefix, Option<Box<str>>>,
}

impl<'a, R: Fold> Losses<'a, R> {
    pub(crate) fn new(teller: &'a Teller<'a, R>, bad: &'a BTreeSet<(PackId, u32)>) -> Self {
        Self { teller, bad, directories: HashSet::new(), files: HashMap::new() }
    }

    /// Walks the tree of a snapshot and tells what in it is lost; whether it is still there. One that was forgotten and swept meanwhile is noted.
    pub(crate) fn tell(&mut self, reader: &mut BlobReader, snapshot: &Snapshot) -> Result<bool, EngineError> {
        reader.read_for(snapshot);
        match self.walk(reader, snapshot) {
            Err(EngineError::Repository(gone @ RepositoryError::Swept(_))) => {
                self.teller.tell(&Event::Note(&gone.to_string()));
                // Of what it shares with others not everything was looked at.
                self.directories.clear();
                self.files.clear();
                Ok(false)
            }
            walked => walked.map(|()| true),
        }
    }

    /// Directories that were seen before, in this snapshot or another, are known.
    fn walk(&mut self, reader: &BlobReader, snapshot: &Snapshot) -> Result<(), EngineError> {
        let top = Trail::new(Path::new(&format!("{}:/", snapshot.id.short())));
        if let Some(cause) = self.lost_xattr(reader, &snapshot.root)? {
            self.problem(&top.path(), cause);
        }
        let mut stack: Vec<(Entries<'_, Node>, Trail)> = vec![(nodes(reader, &snapshot.root), top)];
        while let Some((entries, above)) = stack.last_mut() {
            self.teller.check()?;
            match entries.next() {
                None => drop(stack.pop()),
                Some(Err(error)) if error.is_damage() => self.problem(&above.path(), cause_of(&error)),
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(node)) => {
                    if let Some(cause) = self.trouble(reader, &node)? {
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
    fn trouble(&mut self, reader: &BlobReader, node: &Node) -> Result<Option<String>, EngineError> {
        let of_content = match node.kind {
            NodeKind::File => self.lost_content(reader, node)?,
            _ => None,
        };
        match of_content {
            None => Ok(self.lost_xattr(reader, node)?),
            some => Ok(some),
        }
    }

    /// What is wrong with the content of a file, if anything is; long files are walked once, whatever names they have.
    fn lost_content(&mut self, reader: &BlobReader, file: &Node) -> Result<Option<String>, EngineError> {
        let Content::Pages(root) = file.content else { return self.lost_pieces(reader, file) };
        if let Some(known) = self.files.get(&BlobPrefix::from(&root)) {
            return Ok(known.as_deref().map(str::to_owned));
        }
        let trouble = self.lost_pieces(reader, file)?;
        self.files.insert(BlobPrefix::from(&root), trouble.as_deref().map(Box::from));
        Ok(trouble)
    }

    /// Every piece must have a sound place, and their lengths must add up.
    fn lost_pieces(&self, reader: &BlobReader, file: &Node) -> Result<Option<String>, EngineError> {
        let mut length = match &file.content {
            Content::Inline(bytes) => bytes.len() as u64,
            _ => 0,
        };
        for piece in pieces(reader, file) {
            self.teller.check()?;
            match piece {
                Err(error) if error.is_damage() => return Ok(Some(cause_of(&error))),
                Err(error) => return Err(error.into()),
                Ok(Piece::Blob(id, length)) if !self.is_sound(reader, &id, length)? => {
                    return Ok(Some(missing(&id)));
                }
                Ok(piece) => length += piece.length(),
            }
        }
        Ok((length != file.size)
            .then(|| format!("its content has {length} bytes and should have {}", file.size)))
    }

    /// What is wrong with a large attribute of a node, if anything is.
    fn lost_xattr(&self, reader: &BlobReader, node: &Node) -> Result<Option<String>, RepositoryError> {
        for (name, id, length) in xattr_blobs(node) {
            if !self.is_sound(reader, &id, length)? {
                let name = escaped(name);
                return Ok(Some(format!("its attribute \"{name}\" is lost: {}", missing(&id))));
            }
        }
        Ok(None)
    }

    fn is_sound(&self, reader: &BlobReader, id: &BlobId, length: u32) -> Result<bool, RepositoryError> {
        let is_here = reader.has_place(id, |index, place| {
            if place.length != length || self.bad.is_empty() {
                return Ok(place.length == length);
            }
            let segment = index.segment(place.segment)?;
            Ok(!self.bad.contains(&(index.pack(segment.pack).id, segment.ordinal)))
        })?;
        Ok(is_here || reader.is_in_replica(Role::Data, id))
    }

    fn problem(&self, path: &Path, cause: impl Into<String>) {
        self.teller.problem(ProblemKind::Damage, path, cause);
    }
}

fn missing(id: &BlobId) -> String {
    format!("a sound copy of blob {id} is missing")
}
