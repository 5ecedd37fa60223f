//! `backup`: from files to a snapshot.
//!
//! `walk → compare → read → chunk → hash → dedup → … → root tree → commit`. The stages below hashing belong to the
//! repository. One unreadable item never ends a backup: it is named, counted, and makes the snapshot partial; an
//! error of the repository always does.

mod compare;
mod device;
mod directory;
mod graft;
mod links;
mod save;
mod sift;
mod source;
mod stream;
mod wanted;
mod xattrs;

use crate::current::load_current;
use crate::report::Teller;
use crate::select::{faults_of, find_among};
use crate::{BackupReport, EngineError, Event, Observer, Workers, cause_of};
use lifeboat_format::{Bug, Compression, Node, PathBytes, Snapshot, Timestamp, VerifyWrites, planted};
use lifeboat_fs::Filter;
use lifeboat_repository::{
    BlobWriter, Committed, Repository, RepositoryError, RunningHint, Session, View, WriterOptions,
};
use save::Save;
use source::Source;
use std::io::Read;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::Arc;

/// Why all is done again.
const OVERTAKEN: &str = "others have pruned meanwhile, and what this backup relied on is about to go: it looks at everything again, and stores that anew";

/// What to back up, and how.
#[derive(Clone, Debug, Default)]
pub struct BackupOptions {
    /// Absolute paths; of a stream the one where the snapshot shows it.
    pub paths: Vec<PathBuf>,
    /// Absolute path where the snapshot shows the one path that is saved, when not where it is.
    pub as_path: Option<PathBuf>,
    /// Read block devices that are among the paths, instead of saving their numbers.
    pub read_special: bool,
    /// Labels.
    pub tags: Vec<String>,
    /// Name of this machine.
    pub host: String,
    /// Name of the user.
    pub user: String,
    /// What to leave out below the paths; they themselves are always kept.
    pub filter: Filter,
    /// The same as it was asked for, for the snapshot: patterns and options.
    pub excludes: Vec<String>,
    /// Do everything but keep nothing.
    pub dry_run: bool,
    /// Program and version.
    pub program: String,
    /// How hard to compress.
    pub compression: Compression,
    /// What is read back before it is stored.
    pub verify_writes: VerifyWrites,
    /// What unchanged files are taken over from.
    pub parent: ParentChoice,
    /// Take a file with another change time for unchanged.
    pub ignore_ctime: bool,
    /// Take a file with another inode number for unchanged.
    pub ignore_inode: bool,
    /// Record the times of last access.
    pub with_atime: bool,
    /// Make no snapshot when all that was asked for is as the parent has it, under the same tags.
    pub skip_if_unchanged: bool,
    /// Directory for what does not fit into memory; it stays in memory where nothing can be written there.
    pub temporary: PathBuf,
    /// The start of the snapshot, when it is not now. Not in the future.
    pub time: Option<Timestamp>,
}

/// The snapshot that unchanged files are taken over from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ParentChoice {
    /// The newest of the same paths of the same machine.
    #[default]
    Newest,
    /// None: everything is read.
    None,
    /// The one of this reference.
    Named(String),
}

/// Backs up.
///
/// # Errors
/// When nothing that was asked for exists, the parent that was named does not, the time lies in the future, the repository
/// fails, or the observer wants to stop: then there is no snapshot. After a stop everything that was read is stored, and the next backup takes it over.
pub fn backup(
    repository: &Repository,
    options: &BackupOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<BackupReport, EngineError> {
    run(repository, Source::find(options)?, options, workers, observer)
}

/// Backs up a stream as a file. An error of the kind `WouldBlock` means that nothing has come for a while: it lets the
/// observer be asked whether to stop, and then the stream again. Every other error ends the backup.
///
/// # Errors
/// When the stream or the repository fails: then there is no snapshot.
pub fn backup_stream(
    repository: &Repository,
    stream: &mut dyn Read,
    options: &BackupOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<BackupReport, EngineError> {
    run(repository, Source::of_stream(options, stream)?, options, workers, observer)
}

fn run<'a>(
    repository: &Repository,
    source: Source<'a>,
    options: &'a BackupOptions,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<BackupReport, EngineError> {
    let repository = if options.dry_run { &repository.rehearsal() } else { repository };
    // Who reads every file anew believes nothing that is only remembered of the repository either.
    let repository = if options.parent == ParentChoice::None { &repository.anew() } else { repository };
    let start = start(repository, options)?;
    let session = Session::start(repository)?;
    let teller = Teller::new(BackupReport::default(), observer);
    note_unread(&teller, options.verify_writes);
    let hint = session.announce("backup");
    let buried = session.remove_dead_hints();
    let ended = save(repository, session, source, start, options, workers, &teller);
    let removed = hint.and_then(RunningHint::remove);
    // Who may not delete hears of it once.
    teller.tell_hinted("backup", buried.and(removed));
    ended.map(|()| teller.into_report())
}

/// Saves what is asked for, again and again where others condemn meanwhile what it relies on; the report is with the teller.
fn save<'a>(
    repository: &Repository,
    mut session: Session,
    mut source: Source<'a>,
    start: Timestamp,
    options: &'a BackupOptions,
    workers: &Workers,
    teller: &Teller<'_, BackupReport>,
) -> Result<(), EngineError> {
    loop {
        let can_repeat = source.can_be_read_again();
        let Some(overtaken) = save_once(repository, session, source, start, options, workers, teller)? else {
            return Ok(());
        };
        if !can_repeat {
            return Err(RepositoryError::Overtaken.into());
        }
        teller.tell(&Event::Note(OVERTAKEN));
        // What the first round counted is counted again.
        teller.with(|report| {
            *report = BackupReport { notes: std::mem::take(&mut report.notes), ..BackupReport::default() };
        });
        session = *overtaken;
        source = Source::find(options)?;
    }
}

/// One round: gives the session back when there has to be another one.
fn save_once(
    repository: &Repository,
    mut session: Session,
    source: Source<'_>,
    start: Timestamp,
    options: &BackupOptions,
    workers: &Workers,
    teller: &Teller<'_, BackupReport>,
) -> Result<Option<Box<Session>>, EngineError> {
    faults_of(session.forged()).iter().for_each(|problem| teller.tell(&Event::Problem(problem)));
    let index = load_current(repository, &mut session, teller, |view| match options.parent {
        ParentChoice::None => repository.load_index_anew(view, || teller.check()),
        _ => repository.load_index_checked(view, || teller.check()),
    })?;
    let parent = find_parent(session.view(), options)?;
    teller.with(|report| report.parent = parent.map(|parent| parent.id));
    tell_expectation(teller, newest_alike(session.view(), options).or(parent));
    sweep(repository, teller);

    let reader = session.reader(Arc::clone(&index));
    let mut writer = session.writer(Arc::clone(&index), writer_options(options, workers));
    let saved = adopt(&mut writer, reader.index().orphans().len(), teller).and_then(|()| {
        let mut save = Save::new(repository, session.view(), &reader, &mut writer, teller, parent, options);
        let root = source.save(&mut save, parent, start)?;
        save.check_some()?;
        Ok((root, save.is_as_before()))
    });
    teller.mended(&reader);
    let (root, is_as_before) = match saved {
        Err(EngineError::Interrupted) => {
            writer.leave()?;
            return Err(EngineError::Interrupted);
        }
        other => other?,
    };
    let mut snapshot = describe(session.snapshot(), root, start, options, parent);
    snapshot.end = repository.environment().clock.now();
    teller.replaced_objects(repository);
    let says_nothing_new = is_as_before
        && parent.is_some_and(|parent| repeats(&snapshot, parent) && session.view().is_settled(parent.id))
        && teller.with(|report| report.summary.unread == 0);
    if options.skip_if_unchanged && says_nothing_new && !options.dry_run {
        // What little the writer holds is pages on the way, which nobody needs.
        teller.with(|report| report.skipped = true);
        return Ok(None);
    }
    if planted(Bug::CommitBeforePacks) {
        let nothing = session.writer(index, writer_options(options, workers));
        commit(session, nothing, snapshot, teller, options.dry_run)?;
        writer.leave()?;
        return Ok(None);
    }
    commit(session, writer, snapshot, teller, options.dry_run)
}

/// When the snapshot is said to begin. A start in the future would make files pass for settled that are not, and the
/// snapshot for the latest for as long.
fn start(repository: &Repository, options: &BackupOptions) -> Result<Timestamp, EngineError> {
    let now = repository.environment().clock.now();
    match options.time {
        Some(time) if time > now => Err(EngineError::FutureTime),
        Some(time) => Ok(time),
        None => Ok(now),
    }
}

/// Whether a snapshot would differ from a whole one in nothing but what it holds.
fn repeats(snapshot: &Snapshot, parent: &Snapshot) -> bool {
    let asked = |snapshot: &Snapshot| (snapshot.host.clone(), snapshot.paths.clone(), snapshot.tags.clone());
    !parent.is_partial() && asked(snapshot) == asked(parent)
}

/// Removes the temporary files of runs that were killed. That it cannot be done is no reason to save nothing.
fn sweep(repository: &Repository, teller: &Teller<'_, BackupReport>) {
    let text = match repository.sweep() {
        Ok(0) => return,
        Ok(count) => format!("removed temporary files of interrupted runs: {count}"),
        Err(error) => format!("temporary files of interrupted runs may stay: {}", cause_of(&error)),
    };
    teller.tell(&Event::Note(&text));
}

/// Takes over what killed backups have stored and could not tell, which takes as long as reading it.
fn adopt(
    writer: &mut BlobWriter,
    orphans: usize,
    teller: &Teller<'_, BackupReport>,
) -> Result<(), EngineError> {
    const UNNAMED: &str = "packs that no index names, as killed backups leave them";
    if orphans > 0 {
        teller.tell(&Event::Note(&format!("taking over {UNNAMED}: {orphans}")));
    }
    let refused = writer.adopt(|| teller.check())?;
    if let Some((_, error)) = refused.first() {
        let (count, cause) = (refused.len(), cause_of(error));
        teller
            .tell(&Event::Note(&format!("left alone of them, because they are not sound: {count}; {cause}")));
    }
    Ok(())
}

/// Stores what is left, then makes the snapshot count, unless this is a dry run.
fn commit(
    session: Session,
    writer: BlobWriter,
    mut snapshot: Snapshot,
    teller: &Teller<'_, BackupReport>,
    dry_run: bool,
) -> Result<Option<Box<Session>>, EngineError> {
    let flushed = writer.finish()?;
    let stats = flushed.stats();
    snapshot.summary = teller.with(|report| {
        report.summary.data_blobs = stats.data_blobs;
        report.summary.tree_blobs = stats.tree_blobs;
        report.summary.data_added = stats.bytes_added;
        report.summary.data_added_packed = flushed.stored_bytes();
        report.summary
    });
    if dry_run {
        return Ok(None);
    }
    match session.commit(&snapshot, flushed)? {
        Committed::Overtaken(session) => return Ok(Some(session)),
        Committed::Counts { is_forgotten: false } => {}
        Committed::Counts { is_forgotten: true } => {
            teller.tell(&Event::Note("somebody has forgotten the snapshot before it was complete"));
        }
    }
    teller.with(|report| report.snapshot = Some(snapshot.id));
    Ok(None)
}

fn writer_options(options: &BackupOptions, workers: &Workers) -> WriterOptions {
    let BackupOptions { compression, verify_writes, .. } = *options;
    WriterOptions { compression, verify_writes, workers: workers.clone() }
}

fn find_parent<'v>(view: &'v View, options: &BackupOptions) -> Result<Option<&'v Snapshot>, EngineError> {
    match &options.parent {
        ParentChoice::None => Ok(None),
        ParentChoice::Named(reference) => find_among(&view.snapshots(), reference, false).map(Some),
        ParentChoice::Newest => Ok(newest_alike(view, options)),
    }
}

/// The newest snapshot of the same paths of the same machine.
fn newest_alike<'v>(view: &'v View, options: &BackupOptions) -> Option<&'v Snapshot> {
    let paths = paths(options);
    let is_alike = |snapshot: &&Snapshot| snapshot.host == options.host && snapshot.paths == paths;
    view.snapshots().into_iter().rev().find(is_alike)
}

/// Whoever asks for less than everything is told what it means.
fn note_unread(teller: &Teller<'_, BackupReport>, verify_writes: VerifyWrites) {
    let what = match verify_writes {
        VerifyWrites::All => return,
        VerifyWrites::Sample => "only a sample of what is stored is read back before",
        VerifyWrites::Off => "nothing of what is stored is read back before",
    };
    teller.tell(&Event::Note(&format!("{what}: bad memory of this machine may go unnoticed")));
}

/// As much as last time, whether anything is taken over from there or not.
fn tell_expectation(teller: &Teller<'_, BackupReport>, last: Option<&Snapshot>) {
    if let Some(last) = last {
        let (files, bytes) = (last.summary.total_files_processed, last.summary.total_bytes_processed);
        teller.tell(&Event::Expect { files, bytes });
    }
}

fn describe(
    id: lifeboat_format::SnapshotId,
    root: Node,
    start: Timestamp,
    options: &BackupOptions,
    parent: Option<&Snapshot>,
) -> Snapshot {
    let mut snapshot = Snapshot::new(id, root, start);
    snapshot.host.clone_from(&options.host);
    snapshot.user.clone_from(&options.user);
    snapshot.paths = paths(options);
    snapshot.tags.clone_from(&options.tags);
    snapshot.excludes.clone_from(&options.excludes);
    snapshot.program.clone_from(&options.program);
    snapshot.parent = parent.map(|parent| parent.id);
    snapshot.verify_writes = options.verify_writes;
    snapshot
}

/// As the snapshot shows them; in one order, so that the order they were typed in makes no other group.
fn paths(options: &BackupOptions) -> Vec<PathBytes> {
    let shown = options.as_path.as_ref().map_or(&options.paths[..], std::slice::from_ref);
    let mut paths: Vec<PathBytes> =
        shown.iter().map(|path| PathBytes(path.as_os_str().as_bytes().to_vec())).collect();
    paths.sort();
    paths.dedup();
    paths
}
