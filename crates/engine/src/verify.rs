//! `verify`: proves stored data sound, and names the files that lose by what is not.
//!
//! First every pack on its own (its presence, and with `read_data` every byte), then every snapshot's tree against
//! what was found: a blob is sound when one of its places is.

use crate::report::Teller;
use crate::select::log_faults;
use crate::trees::{Entries, nodes, pieces};
use crate::{EngineError, Event, Observer, ProblemKind, Runtime, VerifyReport, cause_of};
use lifeboat_format::{BlobId, Content, Node, NodeKind, PackId, Piece, Snapshot};
use lifeboat_repository::{BlobReader, Index, Repository, RepositoryError, View};
use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How deep to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyOptions {
    /// Read, open and re-hash everything that is stored.
    pub read_data: bool,
}

/// Verifies.
///
/// # Errors
/// When the log cannot be read or trusted, or the storage fails. Damage is in the report.
pub fn verify(
    repository: &Repository,
    options: &VerifyOptions,
    runtime: &Runtime,
    observer: &dyn Observer,
) -> Result<VerifyReport, EngineError> {
    let reading = repository.read_log()?;
    let view = repository.view(&reading)?;
    let teller = Teller::new(VerifyReport::default(), observer);
    log_faults(&reading, &view).iter().for_each(|problem| teller.tell(&Event::Problem(problem)));
    let index = Arc::new(repository.load_index(&view)?);
    let verify = Verify { repository, teller: &teller, bad: Mutex::default() };
    verify.check_index(&view, &index)?;
    verify.check_packs(&index, options, runtime)?;
    let reader = repository.reader(index);
    let mut seen = HashSet::new();
    for snapshot in view.snapshots() {
        verify.check_tree(&reader, snapshot, &mut seen)?;
        teller.with(|report| report.snapshots += 1);
    }
    Ok(teller.into_report())
}

struct Verify<'a> {
    repository: &'a Repository,
    teller: &'a Teller<'a, VerifyReport>,
    bad: Mutex<BTreeSet<PackId>>,
}

impl Verify<'_> {
    fn check_index(&self, view: &View, index: &Index) -> Result<(), EngineError> {
        for fault in index.faults() {
            self.damage(&format!("index/{}", fault.object), &fault.error);
        }
        let indexed: BTreeSet<PackId> = index.packs().iter().map(|pack| pack.id).collect();
        if let Some(pack) = view.packs().difference(&indexed).next() {
            let error = RepositoryError::Missing(format!("index of pack {pack}"));
            self.damage(&format!("pack {pack}"), &error);
        }
        let stray_packs = self.repository.list_packs()?.keys().filter(|id| !indexed.contains(id)).count();
        let named = |hash| view.index().contains(hash);
        let stray_index = self.repository.list_index()?.iter().filter(|hash| !named(hash)).count();
        for (count, what) in [(stray_packs, "packs"), (stray_index, "index objects")] {
            if count > 0 {
                let note = format!("{count} {what} that no snapshot needs: left by an interrupted backup");
                self.teller.tell(&Event::Note(&note));
            }
        }
        Ok(())
    }

    fn check_packs(
        &self,
        index: &Index,
        options: &VerifyOptions,
        runtime: &Runtime,
    ) -> Result<(), EngineError> {
        let packs = index.packs();
        self.teller.with(|report| report.packs = packs.len() as u64);
        let bytes = packs.iter().filter_map(|pack| pack.found_length).sum();
        self.teller.tell(&Event::Expect { files: packs.len() as u64, bytes });
        let failure = Mutex::new(None);
        runtime.workers.for_each(packs, |_, pack| {
            let checked = self.repository.check_present(pack).and_then(|()| match options.read_data {
                true => self
                    .repository
                    .verify_pack(pack, index)
                    .map(|bytes| self.teller.tell(&Event::Read(bytes))),
                false => Ok(()),
            });
            match checked {
                Ok(()) => {}
                Err(error) if error.is_damage() => {
                    self.damage(&format!("pack {}", pack.id), &error);
                    self.bad.lock().unwrap_or_else(PoisonError::into_inner).insert(pack.id);
                }
                Err(error) => *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
            }
        });
        let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Walks the tree of a snapshot; directories that were seen before, in this snapshot or another, are known.
    fn check_tree(
        &self,
        reader: &BlobReader,
        snapshot: &Snapshot,
        seen: &mut HashSet<BlobId>,
    ) -> Result<(), EngineError> {
        let top = PathBuf::from(format!("{}:/", snapshot.id.short()));
        let mut stack: Vec<(Entries<'_, Node>, PathBuf)> = vec![(nodes(reader, &snapshot.root), top)];
        while let Some((entries, above)) = stack.last_mut() {
            match entries.next() {
                None => drop(stack.pop()),
                Some(Err(error)) => self.tree_damage(above, error)?,
                Some(Ok(node)) => {
                    let path = above.join(OsStr::from_bytes(&node.name));
                    let is_known = matches!(node.content, Content::Pages(root) if !seen.insert(root));
                    match node.kind {
                        _ if is_known => {}
                        NodeKind::Directory => stack.push((nodes(reader, &node), path)),
                        NodeKind::File => self.check_file(reader, &node, &path)?,
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// Every piece must have a sound place, and their lengths must add up.
    fn check_file(&self, reader: &BlobReader, file: &Node, path: &Path) -> Result<(), EngineError> {
        let mut length = match &file.content {
            Content::Inline(bytes) => bytes.len() as u64,
            _ => 0,
        };
        for piece in pieces(reader, file) {
            match piece {
                Err(error) => return self.tree_damage(path, error),
                Ok(piece) => {
                    if let Piece::Blob(id, _) = &piece
                        && !self.is_sound(reader.index(), id)
                    {
                        let error = RepositoryError::Missing(format!("a sound copy of blob {id}"));
                        self.problem(path, &error);
                        return Ok(());
                    }
                    length += piece.length();
                }
            }
        }
        if length != file.size {
            let cause = format!("its content has {length} bytes and should have {}", file.size);
            self.teller.problem(ProblemKind::Damage, path, cause);
        }
        Ok(())
    }

    fn is_sound(&self, index: &Index, id: &BlobId) -> bool {
        let bad = self.bad.lock().unwrap_or_else(PoisonError::into_inner);
        index.places(id).any(|place| {
            let pack = index.pack(index.segment(place.segment).pack);
            pack.counts() && !bad.contains(&pack.id)
        })
    }

    fn tree_damage(&self, path: &Path, error: RepositoryError) -> Result<(), EngineError> {
        if !error.is_damage() {
            return Err(error.into());
        }
        self.problem(path, &error);
        Ok(())
    }

    fn damage(&self, object: &str, error: &RepositoryError) {
        self.problem(Path::new(object), error);
    }

    fn problem(&self, path: &Path, error: &RepositoryError) {
        self.teller.problem(ProblemKind::Damage, path, cause_of(error));
    }
}
