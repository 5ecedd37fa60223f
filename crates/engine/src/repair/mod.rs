//! `repair`: what is damaged is made whole again where anything has it, and nobody relies on the rest.
//!
//! From the cheapest source to the dearest: the second copy of a control object, the parity of a pack, a replica by pack, a replica
//! by blob. What is sound in a pack that cannot be made whole is stored anew; the pack stays where it is, under quarantine by a `Damage` in the log, and
//! what it has lost is stored again by the next backup that finds it in its source. Index objects are made again from the packs.
//!
//! Invariants: nothing is deleted, and nothing is put in the place of anything but what its name stands for. A dry run is the real
//! run on a storage that keeps nothing, up to where it would have to read what it has stored.

mod rescue;

use crate::current::load_anew;
use crate::losses::Losses;
use crate::report::Teller;
use crate::second_copies::copy_problem;
use crate::select::log_faults;
use crate::survey::survey;
use crate::{EngineError, Event, Means, Observer, ProblemKind, ReadData, RepairReport, Workers, cause_of};
use lifeboat_format::{Bug, Compression, ObjectHash, ObjectList, PackId, VerifyWrites, planted};
use lifeboat_repository::{
    BlobReader, Index, KnownPack, Repository, RepositoryError, RunningHint, Session, Source, Unlisted, View,
    WriterOptions, pack_object,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What to repair, and how.
#[derive(Clone, Debug, Default)]
pub struct RepairOptions {
    /// Whether only that is looked at which a listing shows; else every pack is read.
    pub trusts_content: bool,
    /// Of which packs the content is read, where any is; none for all.
    pub packs: Option<BTreeSet<PackId>>,
    /// Find out what would be done, and leave everything as it is.
    pub dry_run: bool,
    /// How hard to compress what is stored anew.
    pub compression: Compression,
}

/// Repairs.
///
/// # Errors
/// When the log cannot be read or trusted, the storage fails, or the observer wants to stop. What stays damaged is in the report.
pub fn repair(
    repository: &Repository,
    options: &RepairOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<RepairReport, EngineError> {
    let repository = if options.dry_run { &repository.rehearsal() } else { repository };
    let mended = repository.mend_log()?;
    let repository = &repository.anew();
    let teller = Teller::new(RepairReport::default(), observer);
    let repair = Repair { repository, options, workers, teller: &teller };
    mended.iter().for_each(|object| repair.mended(object, &Means::Kept));
    repair.run()?;
    // What was read from second copies is mended by now, or named.
    drop(repository.take_replaced());
    Ok(teller.into_report())
}

struct Repair<'a> {
    repository: &'a Repository,
    options: &'a RepairOptions,
    workers: &'a Workers,
    teller: &'a Teller<'a, RepairReport>,
}

/// What a second look at the index has found.
#[derive(Default)]
struct Again {
    /// Index objects that cannot be read.
    faulty: BTreeSet<ObjectHash>,
    /// Packs that no index object lists and of which nothing has a whole copy.
    lost: Vec<PackId>,
}

impl Repair<'_> {
    fn run(&self) -> Result<(), EngineError> {
        let (reading, view, index) = load_anew(self.repository, self.teller)?;
        self.teller.tell_cache(&index);
        log_faults(&reading, &view).iter().for_each(|problem| self.teller.tell(&Event::Problem(problem)));
        self.mend_control_objects(&view)?;
        let damaged = self.find_damaged(&view, &index)?;
        let beyond = self.mend_packs(&index, &damaged)?;
        let mut healed = self.healed(&index, &damaged, &beyond);
        let faulty: Vec<_> = index.faults().iter().map(|fault| fault.object).collect();
        let unlisted = self.unlisted(&view, &index)?;
        healed.packs.extend(unlisted.keys().filter(|pack| view.damaged().packs.contains(pack)));
        let has_work = !(beyond.is_empty() && healed.is_empty() && faulty.is_empty() && unlisted.is_empty());
        if has_work && !reading.faults().is_empty() {
            let note =
                "the log cannot be told what stays damaged while entries of it are: nobody may write to it";
            self.teller.tell(&Event::Note(note));
        } else if has_work {
            let list = ObjectList { index: faulty, packs: beyond.keys().copied().collect() };
            drop(index);
            self.tell_log(&list, &healed, &unlisted)?;
        }
        match (has_work || !view.damaged().is_empty()) && !planted(Bug::LossesUntold) {
            true => self.tell_losses(&beyond),
            false => Ok(()),
        }
    }

    /// Mends copies beside sound ones, and names keys of which none is.
    fn mend_control_objects(&self, view: &View) -> Result<(), EngineError> {
        for (object, error) in self.repository.check_keys()? {
            match error.is_newer() {
                true => self.teller.tell(&Event::Note(&format!("{object} cannot be checked: {error}"))),
                false => self.teller.problem(ProblemKind::Damage, Path::new(&object), error.to_string()),
            }
        }
        for fault in self.repository.check_copies(view, || self.teller.check())? {
            match self.repository.mend_copy(&fault)? {
                true => self.mended(&fault.object, &Means::OtherCopy),
                false => self.teller.tell(&Event::Problem(&copy_problem(&fault))),
            }
        }
        Ok(())
    }

    fn load(&self, view: &View) -> Result<Index, EngineError> {
        let index = self.repository.load_index_anew(view, || self.teller.check())?;
        self.teller.tell_cache(&index);
        Ok(index)
    }

    /// All packs that are not as they should be, and why.
    fn find_damaged(&self, view: &View, index: &Arc<Index>) -> Result<BTreeMap<PackId, String>, EngineError> {
        let damaged = Mutex::new(BTreeMap::new());
        let reader = self.repository.reader_of(view, Arc::clone(index));
        let read_data = match &self.options.packs {
            _ if self.options.trusts_content => ReadData::None,
            Some(packs) => ReadData::Packs(packs.clone()),
            None => ReadData::All,
        };
        self.teller.with(|report| report.packs = index.packs().count() as u64);
        survey(self.teller, self.repository, &reader, read_data, self.workers, |_, pack, error| {
            if matches!(error, RepositoryError::Missing(_)) && reader.is_swept(pack.id)? {
                return Ok(());
            }
            damaged.lock().unwrap_or_else(PoisonError::into_inner).insert(pack.id, cause_of(error));
            Ok(())
        })?;
        Ok(damaged.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts packs back as they were stored; gives those of which nothing has a whole copy.
    fn mend_packs(
        &self,
        index: &Index,
        damaged: &BTreeMap<PackId, String>,
    ) -> Result<BTreeMap<PackId, String>, EngineError> {
        let mut beyond = BTreeMap::new();
        for pack in index.packs() {
            let Some(cause) = damaged.get(&pack.id) else { continue };
            self.teller.check()?;
            match self.repository.mend_pack(pack)? {
                Some(source) => self.mended(&pack_object(pack.id), &source.into()),
                None => drop(beyond.insert(pack.id, cause.clone())),
            }
        }
        Ok(beyond)
    }

    /// Packs that the log names and no index object lists, and whether each of them lies there whole by now. Those under quarantine are
    /// among them when they do.
    fn unlisted(&self, view: &View, index: &Index) -> Result<BTreeMap<PackId, bool>, EngineError> {
        let listed: BTreeSet<PackId> = index.packs().map(|pack| pack.id).collect();
        let known = &view.damaged().packs;
        let is_gone = |pack: &PackId| {
            [view.condemned(), view.swept()].iter().any(|set| set.packs.contains(pack))
                || listed.contains(pack)
        };
        let mut unlisted = BTreeMap::new();
        for pack in view.packs().union(known).filter(|pack| !is_gone(pack)) {
            self.teller.check()?;
            let found = self.repository.mend_unlisted(*pack)?;
            if found != Unlisted::Lost || !known.contains(pack) {
                unlisted.insert(*pack, found != Unlisted::Lost);
            }
            if let Unlisted::Mended(source) = found {
                self.mended(&pack_object(*pack), &source.into());
            }
        }
        Ok(unlisted)
    }

    /// Packs that the log says are damaged, and that are sound.
    fn healed(
        &self,
        index: &Index,
        damaged: &BTreeMap<PackId, String>,
        beyond: &BTreeMap<PackId, String>,
    ) -> ObjectList {
        let is_sound = |pack: &&KnownPack| match damaged.contains_key(&pack.id) {
            true => !beyond.contains_key(&pack.id),
            false => !self.options.trusts_content,
        };
        let packs = index.packs().filter(|pack| pack.is_damaged()).filter(is_sound);
        ObjectList { index: Vec::new(), packs: packs.map(|pack| pack.id).collect() }
    }

    /// Tells the log what nobody may rely on and what is sound again, and stores anew what is left of it.
    fn tell_log(
        &self,
        damage: &ObjectList,
        healed: &ObjectList,
        unlisted: &BTreeMap<PackId, bool>,
    ) -> Result<(), EngineError> {
        let session = Session::start(self.repository)?;
        let hint = session.announce("repair");
        let told = self.quarantine(session, damage, healed, unlisted);
        self.teller.tell_hinted("repair", hint.and_then(RunningHint::remove));
        told
    }

    fn quarantine(
        &self,
        mut session: Session,
        damage: &ObjectList,
        healed: &ObjectList,
        unlisted: &BTreeMap<PackId, bool>,
    ) -> Result<(), EngineError> {
        session.healed(healed)?;
        if !healed.is_empty() {
            // Nobody takes over what counts as damaged.
            session.look_again()?;
        }
        let again = match damage.index.is_empty() && unlisted.is_empty() {
            true => Again::default(),
            false => self.make_index_again(&session, unlisted)?,
        };
        let known = session.view().damaged().clone();
        let lost = damage.packs.iter().filter(|pack| !known.packs.contains(pack)).chain(&again.lost);
        let faulty = damage.index.iter().filter(|hash| again.faulty.contains(hash));
        let new = ObjectList {
            index: faulty.copied().filter(|hash| !known.index.contains(hash)).collect(),
            packs: lost.copied().collect::<BTreeSet<_>>().into_iter().collect(),
        };
        session.damaged(&new)?;
        let index = new.index.iter().map(|hash| format!("index/{hash}"));
        for object in index.chain(new.packs.iter().map(|pack| pack_object(*pack))) {
            self.teller.tell(&Event::Quarantined(Path::new(&object)));
        }
        match self.options.dry_run || damage.packs.is_empty() {
            true => Ok(()),
            false => self.rescue(session),
        }
    }

    /// Packs that no index object names any more are read, and named by new ones. Nothing is given up that was misread once.
    fn make_index_again(
        &self,
        session: &Session,
        unlisted: &BTreeMap<PackId, bool>,
    ) -> Result<Again, EngineError> {
        let index = Arc::new(self.load(session.view())?);
        let mut again =
            Again { faulty: index.faults().iter().map(|fault| fault.object).collect(), lost: Vec::new() };
        if planted(Bug::IndexGivenUp) {
            return Ok(again);
        }
        let listed: BTreeSet<PackId> = index.packs().map(|pack| pack.id).collect();
        let orphans: BTreeSet<PackId> = index.orphans().iter().map(|(id, _)| *id).collect();
        let mut writer = session.writer(index, self.writer_options());
        let mut refused: BTreeMap<PackId, RepositoryError> =
            writer.adopt(|| self.teller.check())?.into_iter().collect();
        writer.leave()?;
        for (pack, is_there) in unlisted.iter().filter(|(pack, _)| !listed.contains(pack)) {
            let object = pack_object(*pack);
            match refused.remove(pack) {
                None if orphans.contains(pack) => self.mended(&object, &Means::Index),
                Some(error) if !error.is_damage() => return Err(error.into()),
                Some(error) if *is_there => {
                    self.teller.problem(ProblemKind::Damage, Path::new(&object), cause_of(&error));
                }
                // A dry run has not put it back.
                None if *is_there => {}
                _ => again.lost.push(*pack),
            }
        }
        Ok(again)
    }

    /// Names what stays damaged, and the files that lose by it: what only a replica has is not brought back.
    fn tell_losses(&self, beyond: &BTreeMap<PackId, String>) -> Result<(), EngineError> {
        let repository = self.repository.without_replicas();
        let view = repository.view(&repository.read_log()?)?;
        let index = Arc::new(self.load(&view)?);
        let mut reader = repository.reader_of(&view, index);
        let bad = self.bad_segments(&reader, |pack| {
            beyond.contains_key(&pack.id) || view.damaged().packs.contains(&pack.id)
        })?;
        let mut losses = Losses::new(self.teller, &bad);
        view.snapshots().into_iter().try_for_each(|snapshot| losses.tell(&mut reader, snapshot).map(drop))
    }

    /// What cannot be opened of these packs.
    fn bad_segments(
        &self,
        reader: &BlobReader,
        is_meant: impl Fn(&KnownPack) -> bool,
    ) -> Result<BTreeSet<(PackId, u32)>, EngineError> {
        let (mut bad, mut scratch) = (BTreeSet::new(), Vec::new());
        for pack in reader.index().packs().filter(|pack| is_meant(pack)) {
            for number in reader.index().segments_of(pack) {
                self.teller.check()?;
                if reader.open_segment(number, &mut scratch).is_err() {
                    bad.insert((pack.id, reader.index().segment(number)?.ordinal));
                }
            }
        }
        Ok(bad)
    }

    fn writer_options(&self) -> WriterOptions {
        WriterOptions {
            compression: self.options.compression,
            verify_writes: VerifyWrites::All,
            workers: self.workers.clone(),
        }
    }

    fn mended(&self, object: &str, means: &Means) {
        self.teller.tell(&Event::Mended { object: Path::new(object), means });
    }
}

impl From<Source> for Means {
    fn from(source: Source) -> Self {
        match source {
            Source::Parity => Self::Parity,
            Source::Replica(place) => Self::Replica(place),
        }
    }
}
