//! `copy`: snapshots of one repository in another one, stored there as a backup stores them.
//!
//! Where both have the same keys and cut files alike, packs travel as they are; else everything is opened, cut and sealed anew. Each snapshot is committed
//! by a session of its own: a copy that is killed has copied whole snapshots, and what else it stored is found by the next one.
//!
//! Invariants: a snapshot is committed only when each of its blobs was found or stored at the target; one of which anything is damaged is
//! not, and is named, and the others are copied.

mod anchors;
mod choice;
mod packs;
mod recode;
mod stored_file;
mod trouble;

use crate::current::load_current;
use crate::losses::Losses;
use crate::report::Teller;
use crate::select::{SnapshotFilter, faults_of, log_faults};
use crate::{CopyReport, EngineError, Event, Observer, ProblemKind, Workers, cause_of};
use choice::{Choice, is_copied, origin_of, relative};
use lifeboat_format::{
    BlobId, Compression, Node, PackId, RepositoryId, Role, Snapshot, SnapshotId, VerifyWrites,
};
use lifeboat_repository::{
    BlobReader, BlobWriter, Committed, Flushed, Index, Repository, RepositoryError, RunningHint, Session,
    Usage, View, WriterOptions,
};
use packs::names_in_use;
use recode::Recoding;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use trouble::Trouble;

/// Why a snapshot is looked at again.
const OVERTAKEN: &str =
    "others have pruned the target meanwhile: what is there of the snapshot is looked up again";

/// What to copy, and how.
#[derive(Clone, Debug, Default)]
pub struct CopyOptions {
    /// Which snapshots are looked at.
    pub filter: SnapshotFilter,
    /// References of those to copy; all that are looked at where there is none. A snapshot whose copy was forgotten is copied again
    /// only when it is named.
    pub named: Vec<String>,
    /// Find out what would be copied, and leave everything as it is.
    pub dry_run: bool,
    /// How hard to compress what is not taken over as it is.
    pub compression: Compression,
    /// How much of that is read back before it is stored.
    pub verify_writes: VerifyWrites,
}

/// Copies.
///
/// # Errors
/// When a named snapshot does not exist, the log of either repository cannot be read, the target cannot be written, or the observer wants to
/// stop. What was copied by then is copied; damage of the source is in the report.
pub fn copy(
    source: &Repository,
    target: &Repository,
    options: &CopyOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<CopyReport, EngineError> {
    let target = if options.dry_run { &target.rehearsal() } else { target };
    let teller = Teller::new(CopyReport::default(), observer);
    let is_alike = source.has_keys_of(target) && source.config().chunker == target.config().chunker;
    let bad = RefCell::default();
    Copying { source, target, options, workers, teller: &teller, is_alike, bad }.run()?;
    Ok(teller.into_report())
}

/// A copy under way.
struct Copying<'a> {
    source: &'a Repository,
    target: &'a Repository,
    options: &'a CopyOptions,
    workers: &'a Workers,
    teller: &'a Teller<'a, CopyReport>,
    /// Whether packs of the one are packs of the other.
    is_alike: bool,
    /// Segments of the source that turned out to be damaged, by their packs and their numbers within these.
    bad: RefCell<BTreeSet<(PackId, u32)>>,
}

/// What is copied from.
#[derive(Clone, Copy)]
struct Original<'i, 'r> {
    view: &'r View,
    index: &'i Index,
    reader: &'r BlobReader,
    snapshot: &'r Snapshot,
}

/// What earlier snapshots of this run need, which the target has.
struct Seen<'i> {
    usage: Usage<'i>,
    /// Packs of the target that hold it.
    relied: BTreeSet<PackId>,
}

impl<'i> Seen<'i> {
    fn nothing(index: &'i Index) -> Self {
        Self { usage: Usage::of(index), relied: BTreeSet::new() }
    }
}

impl Copying<'_> {
    fn run(&self) -> Result<(), EngineError> {
        let reading = self.source.read_log()?;
        let view = self.source.view(&reading)?;
        log_faults(&reading, &view).iter().for_each(|problem| self.teller.tell(&Event::Problem(problem)));
        let session = Session::start(self.target)?;
        faults_of(session.forged()).iter().for_each(|problem| self.teller.tell(&Event::Problem(problem)));
        self.check_anchors(&reading, &view, &session)?;
        let choice = Choice::of((self.source_id(), &view), (self.target_id(), session.view()), self.options)?;
        self.teller.with(|report| {
            report.present = choice.present;
            report.forgotten = choice.forgotten;
        });
        if choice.wanted.is_empty() {
            return Ok(());
        }
        let hint = session.announce("copy");
        let ended = self.all(&view, &choice.wanted, session).and_then(|()| {
            let has_copied = !self.options.dry_run && self.teller.with(|report| !report.copied.is_empty());
            if has_copied { self.remember() } else { Ok(()) }
        });
        self.teller.tell_hinted("copy", hint.and_then(RunningHint::remove));
        ended
    }

    /// Copies these snapshots of a view, one after the other.
    fn all(&self, view: &View, wanted: &[SnapshotId], session: Session) -> Result<(), EngineError> {
        let snapshots = view.snapshots();
        let wanted: Vec<&Snapshot> =
            snapshots.into_iter().filter(|snapshot| wanted.contains(&snapshot.id)).collect();
        let Some(first) = wanted.first() else { return Ok(()) };
        let mut reader = self.source.snapshot_reader(view, first, || self.teller.check())?;
        let index = Arc::clone(reader.index());
        self.teller.tell_cache(&index);
        let (mut seen, mut session) = (Seen::nothing(&index), Some(session));
        for snapshot in wanted {
            reader.read_for(snapshot);
            let session = session.take().map_or_else(|| Session::start(self.target), Ok)?;
            let original = Original { view, index: &index, reader: &reader, snapshot };
            match self.one(original, &mut seen, session) {
                Ok(()) => {}
                Err(Trouble::Source(error)) => self.damaged(&mut reader, snapshot, &error)?,
                Err(Trouble::Gone(error)) => {
                    self.teller.tell(&Event::Note(&format!("not copied: {}", cause_of(&error))));
                }
                Err(Trouble::Run(error)) => return Err(error),
            }
        }
        self.teller.mended(&reader);
        Ok(())
    }

    /// Copies a snapshot, again where others condemn at the target what it relies on.
    fn one<'i>(
        &self,
        original: Original<'i, '_>,
        seen: &mut Seen<'i>,
        mut session: Session,
    ) -> Result<(), Trouble> {
        let snapshot = original.snapshot;
        // Another copy may have been faster. Later on what is there may be of this session, which has not been told that it counts.
        if is_copied(snapshot, self.source_id(), (self.target_id(), session.view())) {
            self.teller.with(|report| report.present += 1);
            return Ok(());
        }
        loop {
            let index = load_current(self.target, &mut session, self.teller, |view| {
                self.target.load_index_checked(view, || self.teller.check())
            })?;
            if !index.counts_all(&seen.relied) {
                *seen = Seen::nothing(original.index);
            }
            let mut writer = session.writer(Arc::clone(&index), self.writer_options());
            writer.adopt(|| self.teller.check())?;
            let root = match self.store(original, seen, &session, &mut writer) {
                Ok(root) => root,
                Err(trouble) => {
                    *seen = Seen::nothing(original.index);
                    if !matches!(trouble, Trouble::Run(EngineError::Repository(_))) {
                        // What is stored is for the next one.
                        writer.leave().map_err(Trouble::of_target)?;
                    }
                    return Err(trouble);
                }
            };
            let flushed = writer.finish().map_err(Trouble::of_target)?.relying_on(&seen.relied);
            let relied = if self.is_alike { flushed.relied().clone() } else { BTreeSet::new() };
            let copied = self.describe(snapshot, root, &session);
            match self.commit(session, &copied, snapshot.id, flushed)? {
                None => {
                    seen.relied = relied;
                    return Ok(());
                }
                Some(overtaken) => session = *overtaken,
            }
            *seen = Seen::nothing(original.index);
            self.teller.tell(&Event::Note(OVERTAKEN));
        }
    }

    /// Stores all that a snapshot needs, and gives the root of its copy.
    fn store(
        &self,
        original: Original<'_, '_>,
        seen: &mut Seen<'_>,
        session: &Session,
        writer: &mut BlobWriter,
    ) -> Result<Node, Trouble> {
        let Original { view, reader, snapshot, .. } = original;
        if self.is_alike {
            let in_use = names_in_use(writer, session.view());
            self.take_over(reader, &mut seen.usage, writer, &in_use, snapshot)?;
            return Ok(snapshot.root.clone());
        }
        let target = session.reader(Arc::clone(writer.index()));
        let views = [(self.source_id(), view), (self.target_id(), session.view())];
        let twins = relative(snapshot, views[0], views[1])
            .map(|(original, copy)| (original.root.clone(), copy.root.clone()));
        if twins.is_none() {
            self.teller.tell(&Event::Expect { files: 0, bytes: snapshot.summary.total_bytes_processed });
        }
        Recoding::new(self, reader, &target, writer).root(&snapshot.root, twins.as_ref())
    }

    /// The copy: as the snapshot is, but for where it was made.
    fn describe(&self, snapshot: &Snapshot, root: Node, session: &Session) -> Snapshot {
        let view = session.view();
        // What was forgotten once stays forgotten, and what is there under this id stays what it is.
        let is_other = view.states(snapshot.id).any(|state| state.end != snapshot.end);
        let id = if is_other || view.is_forgotten(snapshot.id) { session.snapshot() } else { snapshot.id };
        let mut copied = snapshot.clone();
        (copied.id, copied.root) = (id, root);
        copied.origin = Some(origin_of(snapshot, self.source_id()));
        copied
    }

    /// Makes a copy count, unless this is a dry run; gives the session back when there has to be another round.
    fn commit(
        &self,
        session: Session,
        copied: &Snapshot,
        from: SnapshotId,
        flushed: Flushed,
    ) -> Result<Option<Box<Session>>, EngineError> {
        let (stats, bytes) = (flushed.stats(), flushed.stored_bytes());
        self.teller.with(|report| {
            report.data_blobs += stats.data_blobs;
            report.tree_blobs += stats.tree_blobs;
            report.bytes_added += stats.bytes_added;
            report.stored_bytes += bytes;
        });
        if !self.options.dry_run
            && let Committed::Overtaken(session) = session.commit(copied, flushed)?
        {
            return Ok(Some(session));
        }
        self.teller.tell(&Event::Copied { from, snapshot: copied });
        Ok(None)
    }

    /// Names what of a snapshot is damaged, which is not copied.
    fn damaged(
        &self,
        reader: &mut BlobReader,
        snapshot: &Snapshot,
        error: &RepositoryError,
    ) -> Result<(), EngineError> {
        if !Losses::new(self.teller, &self.bad.borrow()).tell(reader, snapshot)? {
            return Ok(());
        }
        let object = format!("snapshot {}", snapshot.id.short());
        let cause = format!("not copied, because of what is damaged: {}", cause_of(error));
        self.teller.problem(ProblemKind::Damage, Path::new(&object), cause);
        self.teller.with(|report| report.damaged += 1);
        Ok(())
    }

    /// A blob of the source.
    fn read(&self, reader: &BlobReader, role: Role, id: &BlobId) -> Result<Vec<u8>, Trouble> {
        let read = reader.read(role, id);
        if read.as_ref().is_err_and(RepositoryError::is_damage) {
            for place in reader.index().places(id)? {
                let segment = reader.index().segment(place.segment)?;
                self.bad.borrow_mut().insert((reader.index().pack(segment.pack).id, segment.ordinal));
            }
        }
        Ok(read?)
    }

    fn writer_options(&self) -> WriterOptions {
        let CopyOptions { compression, verify_writes, .. } = *self.options;
        WriterOptions { compression, verify_writes, workers: self.workers.clone() }
    }

    fn source_id(&self) -> RepositoryId {
        self.source.config().repository
    }

    fn target_id(&self) -> RepositoryId {
        self.target.config().repository
    }
}
