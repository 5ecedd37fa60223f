//! `verify`: proves stored data sound, and names the files that lose by what is not.
//!
//! First every pack on its own (its presence, and of those that are chosen every byte), then every snapshot's tree
//! against what was found: a blob is sound when one of its places is.
//!
//! Invariant: each damaged object is named once, by its name in the storage.

mod read_data;

pub use read_data::ReadData;

use crate::current::load_anew;
use crate::losses::Losses;
use crate::mended::mended_pack;
use crate::report::Teller;
use crate::second_copies::copy_problem;
use crate::select::log_faults;
use crate::survey::survey;
use crate::{EngineError, Event, Observer, ProblemKind, VerifyReport, Workers, cause_of};
use lifeboat_format::PackId;
use lifeboat_fs::escaped;
use lifeboat_repository::{
    BlobReader, Index, KnownPack, ObjectSet, Reading, Repository, RepositoryError, Running, View, pack_object,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// How deep to look.
#[derive(Clone, Debug, Default)]
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
    let teller = Teller::new(VerifyReport::default(), observer);
    let (reading, view, index) = load_anew(repository, &teller)?;
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
    teller.tell_cache(&index);
    let (bad, mendable) = Default::default();
    let verify = Verify { repository, teller: &teller, known: view.damaged(), bad, mendable };
    verify.check_index(&reading, &view, &index)?;
    verify.note_hints()?;
    let mut reader = repository.reader_of(&view, index);
    verify.check_packs(&reader, options, workers)?;
    let bad = verify.bad.lock().unwrap_or_else(PoisonError::into_inner);
    let mut losses = Losses::new(&teller, &bad);
    for snapshot in view.snapshots() {
        if losses.tell(&mut reader, snapshot)? {
            teller.with(|report| report.snapshots += 1);
        }
    }
    drop(bad);
    verify.tell_mended_on_the_way(&reader);
    // What was read from second copies is named above, each copy by itself.
    drop(repository.take_replaced());
    teller.replicas(repository);
    Ok(teller.into_report())
}

struct Verify<'a> {
    repository: &'a Repository,
    teller: &'a Teller<'a, VerifyReport>,
    /// What is known to be damaged, and harms only whom it is said of below.
    known: &'a ObjectSet,
    /// Segments that cannot be used, by their packs and their numbers within these.
    bad: Mutex<BTreeSet<(PackId, u32)>>,
    /// Damaged packs of which nothing is lost.
    mendable: Mutex<BTreeSet<PackId>>,
}

impl Verify<'_> {
    fn check_index(&self, reading: &Reading, view: &View, index: &Index) -> Result<(), EngineError> {
        for fault in index.faults() {
            self.damage(&format!("index/{}", fault.object), &fault.error);
        }
        if let count @ 1.. = self.known.packs.len() + self.known.index.len() {
            let note = format!(
                "objects under quarantine, on which nobody relies: {count}; prune removes them when nobody needs what is left of them"
            );
            self.teller.tell(&Event::Note(&note));
        }
        // Packs of an index object that is damaged have none: that is said already.
        if index.faults().is_empty() {
            let indexed: BTreeSet<PackId> = index.packs().map(|pack| pack.id).collect();
            // Nobody relies on what is under quarantine, or about to be swept.
            let is_known =
                |pack: &&PackId| [self.known, view.condemned()].iter().any(|set| set.packs.contains(*pack));
            for pack in view.packs().difference(&indexed).filter(|pack| !is_known(pack)) {
                self.problem(pack_object(*pack).as_ref(), "no index object lists it");
            }
        }
        // Where part of the index or of the log is gone, nobody can say what is needed.
        if !index.faults().is_empty() || !reading.faults().is_empty() {
            return Ok(());
        }
        self.note_strays(view, index)
    }

    /// What nobody has named, not even since the log was read. What was swept waits to be deleted, and what is condemned to be swept.
    fn note_strays(&self, view: &View, index: &Index) -> Result<(), EngineError> {
        let mut stray = ObjectSet {
            packs: index.orphans().iter().map(|(pack, _)| *pack).collect(),
            index: self.repository.list_index()?.into_keys().collect(),
        };
        stray.remove_known(view);
        if !stray.is_empty() {
            stray.remove_known(&self.repository.view(&self.repository.read_log()?)?);
        }
        for (count, what) in [
            (
                stray.packs.len(),
                "packs that no index names, left by killed backups; the next backup takes over what is sound",
            ),
            (stray.index.len(), "index objects that no log entry names, left by killed backups"),
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
        self.teller.with(|report| {
            report.packs = reader.index().packs().count() as u64;
            report.bytes = reader.index().packs().filter_map(|pack| pack.found_length).sum();
        });
        survey(
            self.teller,
            self.repository,
            reader,
            options.read_data.clone(),
            workers,
            |scratch, pack, error| self.pack_damage(reader, pack, error, scratch),
        )
    }

    /// Names a damaged pack; unless it can be mended, finds out what in it can be used. Any other error ends the
    /// verification.
    fn pack_damage(
        &self,
        reader: &BlobReader,
        pack: &KnownPack,
        error: &RepositoryError,
        scratch: &mut Vec<u8>,
    ) -> Result<(), EngineError> {
        if self.known.packs.contains(&pack.id) {
            return Ok(self.find_bad_segments(reader, pack, scratch)?);
        }
        if matches!(error, RepositoryError::Missing(_)) && reader.is_swept(pack.id)? {
            return Ok(());
        }
        let object = pack_object(pack.id);
        if reader.can_mend(pack)? || self.repository.is_in_replica(pack) {
            self.mendable.lock().unwrap_or_else(PoisonError::into_inner).insert(pack.id);
            self.teller.problem(ProblemKind::Mendable, Path::new(&object), bare_cause(error));
        } else {
            self.damage(&object, error);
            self.find_bad_segments(reader, pack, scratch)?;
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
    fn find_bad_segments(
        &self,
        reader: &BlobReader,
        pack: &KnownPack,
        scratch: &mut Vec<u8>,
    ) -> Result<(), RepositoryError> {
        for number in reader.index().segments_of(pack) {
            if reader.open_segment(number, scratch).is_err() {
                let ordinal = reader.index().segment(number)?.ordinal;
                self.bad.lock().unwrap_or_else(PoisonError::into_inner).insert((pack.id, ordinal));
            }
        }
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
