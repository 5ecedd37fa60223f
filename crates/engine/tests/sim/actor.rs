//! What an actor does: the verbs of the engine, on the storage as it sees it.

use super::faults::Fault;
use super::handle::{Death, Handle};
use super::plan::{Act, Saving, Shape, Verb};
use super::retention::Doomed;
use super::source::Source;
use super::tree::Tree;
use lifeboat_engine::{
    BackupOptions, BackupReport, CopyReport, EngineError, Event, Observer, ParentChoice, Problem,
    ProblemKind, PruneReport, ReadData, RepairReport, RestoreOptions, Snapshot, SnapshotFilter, SnapshotId,
    VerifyOptions, VerifyReport, VerifyWrites, Workers, backup, restore, snapshots, verify,
};
use lifeboat_format::{self as planted, Bug, KdfParams, SlotAbout};
use lifeboat_repository::{
    CacheOptions, Credential, Environment, InitOptions, Repository, RepositoryError, View, init,
};
use lifeboat_sys::Call;
use lifeboat_sys::faults::{self, Faults, Verdict};
use lifeboat_testkit::Random;
use rustix::fs::Statx;
use rustix::io::Errno;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What passwords cost: next to nothing.
const KDF: KdfParams = KdfParams { memory_kib: 8, passes: 1, lanes: 1 };

/// Somebody who is about to do something.
pub(crate) struct Actor {
    pub(crate) handle: Arc<Handle>,
    /// The other repository, where it has to do with that.
    pub(crate) other: Option<Other>,
    pub(crate) environment: Environment,
    pub(crate) host: String,
    pub(crate) source: Arc<Source>,
    pub(crate) cache: PathBuf,
    /// Where restores go, one over the other.
    pub(crate) target: PathBuf,
    /// For files that are gone in the end.
    pub(crate) temporary: PathBuf,
    /// The number of the key it opens the repository with.
    pub(crate) key: u32,
    /// The number of the key that it makes, if it makes one.
    pub(crate) new_key: u32,
    /// Label of the snapshot that it makes, if it makes one.
    pub(crate) tag: String,
    pub(crate) act: Act,
    /// What the repository is to be like, if it makes it.
    pub(crate) shape: Shape,
    /// What is wrong with its code.
    pub(crate) bug: Option<Bug>,
    pub(crate) record: Arc<Record>,
}

/// Another repository as somebody sees it.
pub(crate) struct Other {
    pub(crate) handle: Arc<Handle>,
    /// The number of a key that opens it.
    pub(crate) key: u32,
}

/// What is known of an act even if the actor did not live to tell.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// What the files were, one after the other, while they were saved.
    pub(crate) versions: Mutex<Vec<Tree>>,
    /// Paths that were named as not saved as they are, as the snapshot shows them.
    pub(crate) named: Mutex<Vec<PathBuf>>,
    /// The key that was about to be taken away.
    pub(crate) leaving: Mutex<Option<u32>>,
    /// The snapshots that were about to be forgotten; any where that is for a policy to say.
    pub(crate) doomed: Mutex<Option<Doomed>>,
    /// The snapshot that was about to be had back.
    pub(crate) regained: Mutex<Option<SnapshotId>>,
    /// Copies that were reported, and their labels.
    pub(crate) copied: Mutex<Vec<(SnapshotId, String)>>,
}

/// How an act ended.
#[derive(Debug)]
pub(crate) enum End {
    Saved(BackupReport),
    /// A snapshot by its label, the tree that came back, and what was named.
    Restored(String, Tree, Vec<Problem>),
    /// There is none.
    NothingToDo,
    Verified(VerifyReport),
    KeysChanged,
    Forgotten(Vec<SnapshotId>),
    Regained(SnapshotId),
    Pruned(PruneReport),
    Copied(CopyReport),
    Repaired(RepairReport),
    Made,
    Failed(EngineError),
    Died,
    Panicked(String),
}

impl Actor {
    /// Does it, or dies.
    pub(crate) fn run(&self) -> End {
        let (source, handle) = (Arc::clone(&self.source), Arc::clone(&self.handle));
        let eyes = Rc::new(RefCell::new(Eyes { source, handle }));
        let act = AssertUnwindSafe(|| faults::under(&eyes, || self.act()));
        let done = planted::under(self.bug, || catch_unwind(act));
        match done {
            Ok(Ok(Ok(end))) => end,
            Ok(Ok(Err(error))) => End::Failed(error),
            Ok(Err(faults::Death)) => End::Died,
            Err(panic) => match panic.downcast::<Death>() {
                Ok(_) => End::Died,
                Err(panic) => {
                    let text = panic.downcast_ref::<String>().cloned();
                    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                    End::Panicked(text.unwrap_or_default())
                }
            },
        }
    }

    /// Opens the repository with a key.
    pub(crate) fn open(&self, key: u32) -> Result<Repository, RepositoryError> {
        self.open_at(&self.handle, key)
    }

    /// The same where another storage may be meant.
    pub(super) fn open_at(&self, handle: &Arc<Handle>, key: u32) -> Result<Repository, RepositoryError> {
        let cache = CacheOptions {
            directory: Some(self.cache.clone()),
            temporary: vec![self.temporary.clone()],
            ..CacheOptions::default()
        };
        let backend = Arc::clone(handle) as _;
        Repository::open_with_cache(backend, &credential(key), self.environment.clone(), &cache)
    }

    fn make(&self) -> Result<End, EngineError> {
        let shape = &self.shape;
        let other = self.other.as_ref().filter(|_| self.act.verb == Verb::MakeAlike);
        let same_keys_as = other.map(|other| self.open_at(&other.handle, other.key)).transpose()?;
        let options = InitOptions {
            kdf: KDF,
            about: about(self.key),
            chunk_average: same_keys_as.is_none().then_some(shape.chunk),
            same_keys_as,
            pack_size: Some(shape.pack),
            parity: shape.parity,
            second_copies: shape.second_copies,
            ..InitOptions::default()
        };
        let backend = Arc::clone(&self.handle) as _;
        init(backend, &credential(self.key), &options, self.environment.clone())?;
        Ok(End::Made)
    }

    fn act(&self) -> Result<End, EngineError> {
        let repository = match self.act.verb {
            Verb::Make | Verb::MakeAlike => return self.make(),
            _ => &self.open_helped()?,
        };
        match self.act.verb {
            Verb::Make | Verb::MakeAlike => Ok(End::Made),
            Verb::Backup(how) => self.backup(repository, how),
            Verb::Restore { over } => self.restore(repository, over),
            Verb::Verify => self.verify(repository).map(End::Verified),
            Verb::AddKey => {
                repository.slots().add(&credential(self.new_key), KDF, &about(self.new_key))?;
                Ok(End::KeysChanged)
            }
            Verb::RemoveKey => self.remove_key(repository),
            Verb::Forget(what) => self.forget(repository, what),
            Verb::Regain => self.regain(repository),
            Verb::Prune(how) => self.prune(repository, how).map(End::Pruned),
            Verb::Copy(how) => self.copy(repository, how),
            Verb::Repair(how) => self.repair(repository, how).map(End::Repaired),
            Verb::ChangeKey => {
                *self.record.leaving.lock().unwrap() = Some(self.key);
                let (new, about) = (credential(self.new_key), about(self.new_key));
                repository.slots().replace_current(&new, KDF, &about)?;
                Ok(End::KeysChanged)
            }
        }
    }

    /// Reads everything.
    pub(crate) fn verify(&self, repository: &Repository) -> Result<VerifyReport, EngineError> {
        verify(repository, &VerifyOptions { read_data: ReadData::All }, &Workers::inline(), &())
    }

    fn backup(&self, repository: &Repository, how: Saving) -> Result<End, EngineError> {
        self.record.versions.lock().unwrap().push(Tree::read(&self.source.root));
        if let Some(at) = how.changes_at {
            let (source, record, seed) = (Arc::clone(&self.source), Arc::clone(&self.record), self.act.seed);
            self.handle.meddle((
                at,
                Box::new(move || {
                    let look = || record.versions.lock().unwrap().push(Tree::read(&source.root));
                    source.change(seed, look);
                }),
            ));
        }
        let options = BackupOptions {
            paths: vec![self.source.root.clone()],
            as_path: Some("/".into()),
            host: self.host.clone(),
            // Labels that differ make another snapshot; who made it does not.
            user: self.tag.clone(),
            parent: if how.force { ParentChoice::None } else { ParentChoice::Newest },
            skip_if_unchanged: how.skip_if_unchanged,
            verify_writes: if how.samples { VerifyWrites::Sample } else { VerifyWrites::All },
            temporary: self.temporary.clone(),
            ..BackupOptions::default()
        };
        let watcher = Watcher::new(&self.source.root, &self.record, how.stops_after);
        Ok(End::Saved(backup(repository, &options, &Workers::inline(), &watcher)?))
    }

    fn restore(&self, repository: &Repository, over: bool) -> Result<End, EngineError> {
        let list = snapshots(repository, &SnapshotFilter::default())?;
        if list.snapshots.is_empty() {
            return Ok(End::NothingToDo);
        }
        let snapshot = Random::new(self.act.seed).pick(&list.snapshots);
        match over {
            true => self.restore_into(&self.target, repository, &list.view, snapshot),
            false => self.restore_one(repository, &list.view, snapshot),
        }
    }

    /// Restores a snapshot into a new directory and looks at what came back.
    pub(crate) fn restore_one(
        &self,
        repository: &Repository,
        view: &View,
        snapshot: &Snapshot,
    ) -> Result<End, EngineError> {
        let folder = tempfile::tempdir_in(&self.temporary).unwrap();
        self.restore_into(folder.path(), repository, view, snapshot)
    }

    fn restore_into(
        &self,
        target: &Path,
        repository: &Repository,
        view: &View,
        snapshot: &Snapshot,
    ) -> Result<End, EngineError> {
        let verify = self.act.seed.is_multiple_of(2);
        let options = RestoreOptions { target: target.to_owned(), verify, ..RestoreOptions::default() };
        let report = restore(repository, view, snapshot, &options, &Workers::inline(), &())?;
        Ok(End::Restored(snapshot.user.clone(), Tree::read(target), report.problems))
    }

    fn remove_key(&self, repository: &Repository) -> Result<End, EngineError> {
        let others: Vec<_> =
            repository.slots().list()?.slots.into_iter().filter(|slot| !slot.current).collect();
        if others.is_empty() {
            return Ok(End::NothingToDo);
        }
        let slot = Random::new(self.act.seed).pick(&others).clone();
        *self.record.leaving.lock().unwrap() =
            slot.about.label.as_deref().and_then(|label| label.parse().ok());
        repository.slots().remove(&slot.id.to_string())?;
        Ok(End::KeysChanged)
    }
}

fn credential(key: u32) -> Credential {
    Credential::password(format!("password {key}").into_bytes())
}

fn about(key: u32) -> SlotAbout {
    SlotAbout { label: Some(key.to_string()), ..SlotAbout::default() }
}

/// Watches what an actor does with files.
struct Eyes {
    source: Arc<Source>,
    handle: Arc<Handle>,
}

impl Faults for Eyes {
    /// What is dead changes no file either.
    fn before(&mut self, call: &Call<'_>) -> Verdict {
        if self.handle.is_dead() {
            return Verdict::Fail(Errno::IO);
        }
        match self.handle.strike_file(call.kind) {
            (Some(Fault::FileDies), _) => Verdict::Die,
            (Some(Fault::FileShort), number) => Verdict::Short(usize::try_from(number % 5000).unwrap()),
            (Some(_), number) if call.kind.changes() && number.is_multiple_of(2) => {
                Verdict::Fail(Errno::NOSPC)
            }
            (Some(_), _) => Verdict::Fail(Errno::IO),
            (None, _) => Verdict::Go,
        }
    }

    fn tell(&mut self, told: &mut Statx) {
        self.source.tell(told);
    }
}

/// Sees what is named, and may want a backup to stop.
pub(super) struct Watcher<'a> {
    root: &'a Path,
    record: &'a Record,
    left: AtomicU64,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(root: &'a Path, record: &'a Record, stops_after: Option<u64>) -> Self {
        Self { root, record, left: AtomicU64::new(stops_after.unwrap_or(u64::MAX)) }
    }
}

impl Observer for Watcher<'_> {
    fn event(&self, event: &Event<'_>) {
        let less = |left: u64| (left < u64::MAX).then(|| left.saturating_sub(1));
        // One that is never to stop stays so.
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok();
        if let Event::Copied { snapshot, .. } = event {
            self.record.copied.lock().unwrap().push((snapshot.id, snapshot.user.clone()));
        }
        if let Event::Problem(problem) = event
            && matches!(problem.kind, ProblemKind::Unsteady | ProblemKind::Unread)
        {
            let shown = problem.path.strip_prefix(self.root).unwrap_or(&problem.path);
            self.record.named.lock().unwrap().push(Path::new("/").join(shown));
        }
    }

    fn should_stop(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}
