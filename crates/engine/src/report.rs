//! What a verb has done, as the sum of its events.

use crate::mended::mended_packs;
use crate::prune::PlanFigures;
use crate::{
    EngineError, Event, Fate, Means, Observer, Outcome, Problem, ProblemKind, cause_of, replaced_objects,
    replica_help,
};
use lifeboat_format::{Node, NodeKind, SnapshotId, Summary};
use lifeboat_repository::{BlobReader, Deleted, Index, ObjectKind, Repository, RepositoryError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What a backup has done.
#[derive(Clone, Debug, Default)]
pub struct BackupReport {
    /// The snapshot; none after a dry run, or when it was skipped.
    pub snapshot: Option<SnapshotId>,
    /// Whether no snapshot was made because nothing has changed.
    pub skipped: bool,
    /// The snapshot that unchanged files were compared with.
    pub parent: Option<SnapshotId>,
    /// What was counted.
    pub summary: Summary,
    /// Items that were left out, without what lies below them.
    pub excluded: u64,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
}

/// What a restore has done.
#[derive(Clone, Debug, Default)]
pub struct RestoreReport {
    /// Nodes that are no directories: made, or put in the place of something else.
    pub files: u64,
    /// Directories, likewise.
    pub directories: u64,
    /// Sizes of those files in bytes.
    pub bytes: u64,
    /// Files whose content was there already.
    pub files_unchanged: u64,
    /// Files in whose place something else was kept, or the same without a look at it.
    pub files_kept: u64,
    /// Sizes of the files that were unchanged or kept, as the snapshot has them, in bytes.
    pub bytes_skipped: u64,
    /// What was read again in the end and is what it should be; none where that was not asked for.
    pub verified: Option<Verified>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// What was not even tried and what else is worth knowing, each kind once.
    pub notes: Vec<String>,
}

/// What was read from the disk again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files; further names of the same one do not count.
    pub files: u64,
    /// Their sizes in bytes.
    pub bytes: u64,
}

/// What a verification has found.
#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    /// Snapshots whose trees were walked.
    pub snapshots: u64,
    /// Packs that the index names.
    pub packs: u64,
    /// Their lengths in bytes, as far as they are there.
    pub bytes: u64,
    /// Packs whose data was read.
    pub packs_read: u64,
    /// Bytes that were read from the storage for it.
    pub bytes_read: u64,
    /// What is wrong: stored objects, and the files that lose by it.
    pub problems: Vec<Problem>,
    /// What is odd and harmless.
    pub notes: Vec<String>,
}

/// What a repair has done.
#[derive(Clone, Debug, Default)]
pub struct RepairReport {
    /// Packs that the index names.
    pub packs: u64,
    /// Packs whose data was read.
    pub packs_read: u64,
    /// Bytes that were read from the storage for it.
    pub bytes_read: u64,
    /// Stored objects that are whole again, or whose content lies elsewhere now, and by what.
    pub mended: Vec<(PathBuf, Means)>,
    /// Stored objects on which nobody relies any more.
    pub quarantined: Vec<PathBuf>,
    /// Bytes of packs and index objects that were stored anew.
    pub bytes_added: u64,
    /// What stays damaged: stored objects, and the files that lose by it.
    pub problems: Vec<Problem>,
    /// What is odd and harmless.
    pub notes: Vec<String>,
}

/// What a scrub has found.
#[derive(Clone, Debug, Default)]
pub struct ScrubReport {
    /// What was read of each kind, damaged or not.
    pub checked: BTreeMap<ObjectKind, Checked>,
    /// What is wrong: stored objects.
    pub problems: Vec<Problem>,
    /// What is odd and harmless.
    pub notes: Vec<String>,
}

impl ScrubReport {
    /// All kinds together.
    #[must_use]
    pub fn total(&self) -> Checked {
        let mut total = Checked::default();
        for checked in self.checked.values() {
            total.objects += checked.objects;
            total.bytes += checked.bytes;
        }
        total
    }
}

/// What a prune has done, or would do.
#[derive(Clone, Debug, Default)]
pub struct PruneReport {
    /// Snapshots that something is needed for.
    pub snapshots: u64,
    /// Those of them that are forgotten and can be had back.
    pub kept_for_undo: u64,
    /// Packs of backups that run or were interrupted.
    pub provided: u64,
    /// What was to be done with packs.
    pub plan: PlanFigures,
    /// Packs that no entry of the log names, and that go.
    pub orphans: u64,
    /// Bytes of copies that were stored.
    pub bytes_added: u64,
    /// What was deleted.
    pub deleted: Deleted,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
}

impl Fold for PruneReport {
    fn fold(&mut self, event: &Event<'_>) {
        match event {
            Event::Problem(problem) => self.problems.push((*problem).clone()),
            Event::Note(note) => self.notes.push((*note).to_owned()),
            _ => {}
        }
    }
}

/// What a copy has done, or would do.
#[derive(Clone, Debug, Default)]
pub struct CopyReport {
    /// The snapshots that were copied, oldest first: each by its id in the repository that it comes from, and in that where it is now.
    pub copied: Vec<(SnapshotId, SnapshotId)>,
    /// Snapshots of those that were asked for that were there already.
    pub present: u64,
    /// Snapshots whose copies were forgotten there, and that nobody named.
    pub forgotten: u64,
    /// Snapshots that were not copied because of damage.
    pub damaged: u64,
    /// Packs that were taken over as they are.
    pub packs: u64,
    /// Data blobs that were packed anew.
    pub data_blobs: u64,
    /// Tree blobs that were packed anew.
    pub tree_blobs: u64,
    /// Bytes of these blobs before compression.
    pub bytes_added: u64,
    /// Bytes that were read: as they are stored where packs are taken over, of content else.
    pub bytes_read: u64,
    /// Bytes of all objects that were stored; in a dry run what they are expected to have.
    pub stored_bytes: u64,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
}

impl Fold for CopyReport {
    fn fold(&mut self, event: &Event<'_>) {
        match event {
            Event::Copied { from, snapshot } => self.copied.push((*from, snapshot.id)),
            Event::Read(bytes) => self.bytes_read += bytes,
            Event::Problem(problem) => self.problems.push((*problem).clone()),
            Event::Note(note) => self.notes.push((*note).to_owned()),
            _ => {}
        }
    }
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Objects.
    pub objects: u64,
    /// Their lengths in bytes.
    pub bytes: u64,
}

/// What a report learns from an event.
pub(crate) trait Fold {
    fn fold(&mut self, event: &Event<'_>);
}

impl Fold for BackupReport {
    fn fold(&mut self, event: &Event<'_>) {
        match event {
            Event::Saved { node, fate, .. } => self.count(node.kind, *fate, node.size),
            Event::Excluded { .. } => self.excluded += 1,
            Event::Read(bytes) => self.summary.bytes_read += bytes,
            Event::Problem(problem) => {
                let unread = matches!(problem.kind, ProblemKind::Unread | ProblemKind::MissingSource);
                self.summary.unread += u64::from(unread);
                self.problems.push((*problem).clone());
            }
            Event::Note(note) => self.notes.push((*note).to_owned()),
            _ => {}
        }
    }
}

impl BackupReport {
    fn count(&mut self, kind: NodeKind, fate: Fate, size: u64) {
        let summary = &mut self.summary;
        let counter = match (kind, fate) {
            (NodeKind::Directory, Fate::New) => &mut summary.dirs_new,
            (NodeKind::Directory, Fate::Changed) => &mut summary.dirs_changed,
            (NodeKind::Directory, Fate::Unmodified) => &mut summary.dirs_unmodified,
            (NodeKind::File, Fate::New) => &mut summary.files_new,
            (NodeKind::File, Fate::Changed) => &mut summary.files_changed,
            (NodeKind::File, Fate::Unmodified) => &mut summary.files_unmodified,
            // Links, pipes, sockets and devices have no content to count.
            _ => return,
        };
        *counter += 1;
        if kind == NodeKind::File {
            summary.total_files_processed += 1;
            summary.total_bytes_processed = summary.total_bytes_processed.saturating_add(size);
        }
    }
}

impl Fold for RestoreReport {
    fn fold(&mut self, event: &Event<'_>) {
        match event {
            Event::Restored { node, outcome, .. } => self.count(node, *outcome),
            Event::Compared { node, .. } => {
                let verified = self.verified.get_or_insert_default();
                verified.files += 1;
                verified.bytes = verified.bytes.saturating_add(node.size);
            }
            Event::Problem(problem) => self.problems.push((*problem).clone()),
            Event::Note(note) => self.notes.push((*note).to_owned()),
            _ => {}
        }
    }
}

impl RestoreReport {
    fn count(&mut self, node: &Node, outcome: Outcome) {
        let is_written = matches!(outcome, Outcome::Restored | Outcome::Updated);
        if node.kind == NodeKind::Directory {
            self.directories += u64::from(is_written);
            return;
        }
        let (files, bytes) = match outcome {
            Outcome::Restored | Outcome::Updated => (&mut self.files, &mut self.bytes),
            Outcome::Unchanged => (&mut self.files_unchanged, &mut self.bytes_skipped),
            Outcome::Kept => (&mut self.files_kept, &mut self.bytes_skipped),
        };
        *files += 1;
        // Files full of holes may have any size.
        *bytes = bytes.saturating_add(node.size);
    }
}

impl Fold for VerifyReport {
    fn fold(&mut self, event: &Event<'_>) {
        match event {
            Event::Read(bytes) => {
                self.packs_read += 1;
                self.bytes_read += bytes;
            }
            Event::Problem(problem) => self.problems.push((*problem).clone()),
            Event::Note(note) => self.notes.push((*note).to_owned()),
            _ => {}
        }
    }
}

impl Fold for RepairReport {
    fn fold(&mut self, event: &Event<'_>) {
        match event {
            Event::Read(bytes) => {
                self.packs_read += 1;
                self.bytes_read += bytes;
            }
            Event::Mended { object, means } => self.mended.push(((*object).to_owned(), (*means).clone())),
            Event::Quarantined(object) => self.quarantined.push((*object).to_owned()),
            Event::Problem(problem) => self.problems.push((*problem).clone()),
            Event::Note(note) => self.notes.push((*note).to_owned()),
            _ => {}
        }
    }
}

impl Fold for ScrubReport {
    fn fold(&mut self, event: &Event<'_>) {
        match event {
            Event::Checked { kind, bytes } => {
                let checked = self.checked.entry(*kind).or_default();
                checked.objects += 1;
                checked.bytes += bytes;
            }
            Event::Problem(problem) => self.problems.push((*problem).clone()),
            Event::Note(note) => self.notes.push((*note).to_owned()),
            _ => {}
        }
    }
}

/// A report that keeps notes.
pub(crate) trait Notes: Fold {
    fn notes(&self) -> &[String];
}

impl Notes for RestoreReport {
    fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Tells each event to the report and to the observer.
pub(crate) struct Teller<'a, R> {
    report: Mutex<R>,
    observer: &'a dyn Observer,
}

impl<'a, R: Fold> Teller<'a, R> {
    pub(crate) fn new(report: R, observer: &'a dyn Observer) -> Self {
        Self { report: Mutex::new(report), observer }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).fold(event);
        self.observer.event(event);
    }

    /// Succeeds unless the verb shall end early.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        match self.observer.should_stop() {
            true => Err(EngineError::Interrupted),
            false => Ok(()),
        }
    }

    pub(crate) fn problem(&self, kind: ProblemKind, path: &Path, cause: impl Into<String>) {
        let problem = Problem { kind, path: path.to_owned(), cause: cause.into() };
        self.tell(&Event::Problem(&problem));
    }

    /// Tells which packs a reader mended.
    pub(crate) fn mended(&self, reader: &BlobReader) {
        mended_packs(reader).iter().for_each(|problem| self.tell(&Event::Problem(problem)));
    }

    /// Tells where second copies were used.
    pub(crate) fn replaced_objects(&self, repository: &Repository) {
        replaced_objects(repository).iter().for_each(|problem| self.tell(&Event::Problem(problem)));
        self.replicas(repository);
    }

    /// Tells what was read from replicas.
    pub(crate) fn replicas(&self, repository: &Repository) {
        let (problems, notes) = replica_help(repository);
        problems.iter().for_each(|problem| self.tell(&Event::Problem(problem)));
        notes.iter().for_each(|note| self.tell(&Event::Note(note)));
    }

    /// Tells a note, unless it was told before.
    pub(crate) fn note_once(&self, note: &str)
    where
        R: Notes,
    {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        let known = report.notes().iter().any(|known| known == note);
        if !known {
            report.fold(&Event::Note(note));
            drop(report);
            self.observer.event(&Event::Note(note));
        }
    }

    /// Tells why the next run will not find the index on this machine, if that is so.
    pub(crate) fn tell_cache(&self, index: &Index) {
        if let Some(trouble) = index.cache_trouble() {
            self.tell(&Event::Note(&format!("the index is not kept for the next run: {trouble}")));
        }
    }

    /// Hints are there for people and to save work: nothing ends because one could not be put or removed.
    pub(crate) fn tell_hinted(&self, verb: &str, hinted: Result<(), RepositoryError>) {
        if let Err(error) = hinted {
            let cause = cause_of(&error);
            let note = format!("a hint that a {verb} runs could not be kept, which harms nothing: {cause}");
            self.tell(&Event::Note(&note));
        }
    }

    pub(crate) fn into_report(self) -> R {
        self.report.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut R) -> T) -> T {
        look(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
