//! `verify`: proves stored data sound, and names the files that lose by what is not.
//!
//! First every pack on its own (its presence, and of those that are chosen every byte), then every snapshot's tree
//! against what was found: a blob is sound when one of its places is.
//!
//! Invariant: each damaged object is named once, by its name in the storage.

mod read_data;

pub use read_data::ReadData;

use crate::mended::mended_pack;
use crate::report::Teller;
use crate::second_copies::copy_problem;
use crate::select::log_faults;
use crate::sweep::{sweep, sweep_fetched};
use crate::trees::{Entries, nodes, pieces, xattr_blobs};
use crate::{EngineError, Event, Observer, ProblemKind, VerifyReport, Workers, cause_of};
use lifeboat_format::{BlobId, BlobPrefix, Content, Node, NodeKind, PackId, Piece, Snapshot};
use lifeboat_fs::{Trail, escaped};
use lifeboat_repository::{
    BlobPlace, BlobReader, Index, KnownPack, Reading, Repository, RepositoryError, Running, SegmentNumber,
    View, pack_object,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// How deep to look.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyOptions {
    /// Of which packs everything is read, opened and hashed again; all else is always checked as a whole.
    pub read_data: ReadData,
}

/// Verifies.
///
/// # Errors
/// When the log cannot be read or trusted, the storage fails, or the observer wants to stop. Damage is in the report.
pub fn verify(
    repository: &Repository,
    options: &VerifyOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<VerifyReport, EngineError> {
    let repository = &repository.anew();
    let reading = repository.read_log()?;
    let view = repository.view(&reading)?;
    let teller = Teller::new(VerifyReport::default(), observer);
    log_faults(&reading, &view).iter().for_each(|problem| teller.tell(&Event::Problem(problem)));
    for (object, error) in repository.check_keys()? {
        match error.is_newer() {
            true => teller.tell(&Event::Note(&format!("{object} cannot be checked: {error}"))),
            false => teller.problem(ProblemKind::Damage, Path::new(&object), error.to_string()),
        }
    }
    for fault in repository.check_copies(&view, || teller.check())? {
        teller.tell(&Event::Problem(&copy_problem(&fault)));
    }
    let index = Arc::new(repository.load_index_anew(&view, || teller.check())?);
    teller.tell_cache(&index);
    let (bad, mendable) = Default::default();
    let verify = Verify { repository, teller: &teller, bad, mendable };
    verify.check_index(&reading, &view, &index)?;
    verify.note_hints()?;
    let reader = repository.reader(index);
    verify.check_packs(&reader, options, workers)?;
    let mut seen = Seen::default();
    for snapshot in view.snapshots() {
        verify.check_tree(&reader, snapshot, &mut seen)?;
        teller.with(|report| report.snapshots += 1);
    }
    verify.tell_mended_on_the_way(&reader);
    // What was read from second copies is named above, each copy by itself.
    drop(repository.take_replaced());
    Ok(teller.into_report())
}

struct Verify<'a> {
    repository: &'a Repository,
    teller: &'a Teller<'a, VerifyReport>,
    bad: Mutex<BTreeSet<SegmentNumber>>,
    /// Damaged packs of which nothing is lost.
    mendable: Mutex<BTreeSet<PackId>>,
}

/// What need not be looked at again.
#[derive(Default)]
struct Seen {
    directories: HashSet<BlobPrefix>,
    /// Long files by their root pages; what is wrong with them, if anything is.
    files: HashMap<BlobPrefix, Option<Box<str>>>,
}

impl Verify<'_> {
    fn check_index(&self, reading: &Reading, view: &View, index: &Index) -> Result<(), EngineError> {
        for fault in index.faults() {
            self.damage(&format!("index/{}", fault.object), &fault.error);
        }
        // Packs of an index object that is damaged have none: that is said already.
        if index.faults().is_empty() {
            let indexed: BTreeSet<PackId> = index.packs().map(|pack| pack.id).collect();
            for pack in view.packs().difference(&indexed) {
                self.problem(pack_object(*pack).as_ref(), "no index object lists it");
            }
        }
        // Where part of the index or of the log is gone, nobody can say what is needed.
        if !index.faults().is_empty() || !reading.faults().is_empty() {
            return Ok(());
        }
        let named = |hash| view.index().contains(hash);
        let stray_index = self.repository.list_index()?.keys().filter(|hash| !named(hash)).count();
        for (count, what) in [
            (
                index.orphans().len(),
                "packs that no index names, left by killed backups; the next backup takes over what is sound",
            ),
            (stray_index, "index objects that no log entry names, left by killed backups"),
        ] {
            if count > 0 {
                self.teller.tell(&Event::Note(&format!("{what}: {count}")));
            }
        }
        Ok(())
    }

    /// Hints of the dead say nothing about what is stored.
    fn note_hints(&self) -> Result<(), EngineError> {
        let hints = self.repository.running()?;
        for Running { process, verb, .. } in &hints.dead {
            let (verb, host) = (escaped(verb.as_bytes()), escaped(process.host.as_bytes()));
            let note = format!(
                "a {verb} on {host}, process {}, has ended without a word; the next backup removes its hint",
                process.pid
            );
            self.teller.tell(&Event::Note(&note));
        }
        for (object, error) in &hints.unread {
            let note = format!("{object} cannot be read and is left alone: {error}");
            self.teller.tell(&Event::Note(&note));
        }
        Ok(())
    }

    fn check_packs(
        &self,
        reader: &BlobReader,
        options: &VerifyOptions,
        workers: &Workers,
    ) -> Result<(), EngineError> {
        let index = &**reader.index();
        let mut packs: Vec<&KnownPack> = index.packs().collect();
        self.teller.with(|report| {
            report.packs = packs.len() as u64;
            report.bytes = packs.iter().filter_map(|pack| pack.found_length).sum();
        });
        sweep(self.teller, workers, &packs, |scratch, pack| {
            let present = self.repository.check_present(pack);
            present.or_else(|error| self.pack_damage(reader, pack, error, scratch))
        })?;
        packs.retain(|pack| self.repository.check_present(pack).is_ok());
        self.read_packs(reader, options.read_data, packs, workers)
    }

    fn read_packs(
        &self,
        reader: &BlobReader,
        read_data: ReadData,
        packs: Vec<&KnownPack>,
        workers: &Workers,
    ) -> Result<(), EngineError> {
        let environment = self.repository.environment();
        let end = match read_data {
            ReadData::Time(time) => Some(environment.clock.elapsed().saturating_add(time)),
            _ => None,
        };
        let packs = read_data.choose(packs, &*environment.random);
        let whole = reader.pack_reader();
        // How far a time will go is not known.
        let bytes = if end.is_some() { 0 } else { packs.iter().map(|pack| pack.stored_length).sum() };
        self.teller.tell(&Event::Expect { files: packs.len() as u64, bytes });
        let is_in_time = || end.is_none_or(|end| environment.clock.elapsed() < end);
        let fetch = |pack: &&KnownPack| is_in_time().then(|| whole.fetch(pack));
        sweep_fetched(self.teller, workers, &packs, fetch, |scratch, pack, fetched| {
            let Some(fetched) = fetched else { return Ok(()) };
            let checked = fetched.and_then(|fetched| whole.verify_fetched(pack, fetched, reader.index()));
            self.teller.tell(&Event::Read(pack.stored_length));
            checked.map(drop).or_else(|error| self.pack_damage(reader, pack, error, scratch))
        })
    }

    /// Names a damaged pack; unless it can be mended, finds out what in it can be used. Any other error ends the
    /// verification.
    fn pack_damage(
        &self,
        reader: &BlobReader,
        pack: &KnownPack,
        error: RepositoryError,
        scratch: &mut Vec<u8>,
    ) -> Result<(), EngineError> {
        if !error.is_damage() {
            return Err(error.into());
        }
        let object = pack_object(pack.id);
        if reader.can_mend(pack)? {
            self.mendable.lock().unwrap_or_else(PoisonError::into_inner).insert(pack.id);
            self.teller.problem(ProblemKind::Mendable, Path::new(&object), bare_cause(&error));
        } else {
            self.damage(&object, &error);
            self.find_bad_segments(reader, pack, scratch);
        }
        Ok(())
    }

    /// Where not all data is read, damage may be met by whoever reads directories.
    fn tell_mended_on_the_way(&self, reader: &BlobReader) {
        let known = self.mendable.lock().unwrap_or_else(PoisonError::into_inner);
        for id in reader.mended().into_iter().filter(|id| !known.contains(id)) {
            self.teller.tell(&Event::Problem(&mended_pack(id)));
        }
    }

    /// A damaged pack may hold sound segments: only files that need the others lose by it.
    fn find_bad_segments(&self, reader: &BlobReader, pack: &KnownPack, scratch: &mut Vec<u8>) {
        for number in reader.index().segments_of(pack) {
            if reader.open_segment(number, scratch).is_err() {
                self.bad.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
            }
        }
    }

    /// Walks the tree of a snapshot; directories that were seen before, in this snapshot or another, are known.
    fn check_tree(
        &self,
        reader: &BlobReader,
        snapshot: &Snapshot,
        seen: &mut Seen,
    ) -> Result<(), EngineError> {
        let top = Trail::new(Path::new(&format!("{}:/", snapshot.id.short())));
        if let Some(cause) = self.lost_xattr(reader.index(), &snapshot.root)? {
            self.problem(&top.path(), cause);
        }
        let mut stack: Vec<(Entries<'_, Node>, Trail)> = vec![(nodes(reader, &snapshot.root), top)];
        while let Some((entries, above)) = stack.last_mut() {
            self.teller.check()?;
            match entries.next() {
                None => drop(stack.pop()),
                Some(Err(error)) => self.tree_damage(&above.path(), error)?,
                Some(Ok(node)) => {
                    let trouble = match node.kind {
                        NodeKind::File => self.known_trouble(reader, &node, seen)?,
                        _ => None,
                    };
                    let trouble = match trouble {
                        None => self.lost_xattr(reader.index(), &node)?,
                        some => some,
                    };
                    if let Some(cause) = trouble {
                        self.problem(&above.path_of(&node.name), cause);
                    }
                    match (node.kind, &node.content) {
                        (NodeKind::Directory, Content::Pages(root))
                            if seen.directories.insert(root.into()) =>
                        {
                            let below = above.join(&node.name);
                            stack.push((nodes(reader, &node), below));
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// What is wrong with a file, if anything is; long files are walked once, whatever names they have.
    fn known_trouble(
        &self,
        reader: &BlobReader,
        file: &Node,
        seen: &mut Seen,
    ) -> Result<Option<String>, EngineError> {
        let Content::Pages(root) = file.content else { return self.trouble(reader, file) };
        if let Some(known) = seen.files.get(&BlobPrefix::from(&root)) {
            return Ok(known.as_deref().map(str::to_owned));
        }
        let trouble = self.trouble(reader, file)?;
        seen.files.insert(BlobPrefix::from(&root), trouble.as_deref().map(Box::from));
        Ok(trouble)
    }

    /// Every piece must have a sound place, and their lengths must add up.
    fn trouble(&self, reader: &BlobReader, file: &Node) -> Result<Option<String>, EngineError> {
        let mut length = match &file.content {
            Content::Inline(bytes) => bytes.len() as u64,
            _ => 0,
        };
        for piece in pieces(reader, file) {
            self.teller.check()?;
            match piece {
                Err(error) if error.is_damage() => return Ok(Some(cause_of(&error))),
                Err(error) => return Err(error.into()),
                Ok(Piece::Blob(id, length)) if !self.is_sound(reader.index(), &id, length)? => {
                    return Ok(Some(missing(&id)));
                }
                Ok(piece) => length += piece.length(),
            }
        }
        Ok((length != file.size)
            .then(|| format!("its content has {length} bytes and should have {}", file.size)))
    }

    /// What is wrong with a large attribute of a node, if anything is.
    fn lost_xattr(&self, index: &Index, node: &Node) -> Result<Option<String>, RepositoryError> {
        for (name, id, length) in xattr_blobs(node) {
            if !self.is_sound(index, &id, length)? {
                let name = escaped(name);
                return Ok(Some(format!("its attribute \"{name}\" is lost: {}", missing(&id))));
            }
        }
        Ok(None)
    }

    fn is_sound(&self, index: &Index, id: &BlobId, length: u32) -> Result<bool, RepositoryError> {
        // Of packs that are not as they should be, and cannot be mended, each segment was tried.
        let bad = self.bad.lock().unwrap_or_else(PoisonError::into_inner);
        let is_usable = |place: &BlobPlace| place.length == length && !bad.contains(&place.segment);
        Ok(index.places(id)?.iter().any(is_usable))
    }

    fn tree_damage(&self, path: &Path, error: RepositoryError) -> Result<(), EngineError> {
        if !error.is_damage() {
            return Err(error.into());
        }
        self.problem(path, cause_of(&error));
        Ok(())
    }

    fn damage(&self, object: &str, error: &RepositoryError) {
        self.problem(Path::new(object), bare_cause(error));
    }

    fn problem(&self, path: &Path, cause: impl Into<String>) {
        self.teller.problem(ProblemKind::Damage, path, cause);
    }
}

/// What is wrong with an object whose name stands before the cause already.
fn bare_cause(error: &RepositoryError) -> String {
    match error {
        RepositoryError::Damaged { source, .. } => format!("damaged: {source}"),
        RepositoryError::Missing(_) => "missing".to_owned(),
        other => cause_of(other),
    }
}

fn missing(id: &BlobId) -> String {
    format!("a sound copy of blob {id} is missing")
}
