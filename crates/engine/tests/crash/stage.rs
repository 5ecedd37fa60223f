//! Where a run takes place: a repository, a cache and a target in real directories, as they were before.

use crate::world::{MovedClock, bytes, environment};
use lifeboat_backend::{Backend, BackendError, LocalBackend, ObjectInfo, ObjectName};
use lifeboat_engine::{
    BackupOptions, BackupReport, EngineError, Problem, ProblemKind, ReadData, RestoreOptions, RestoreReport,
    Snapshot, SnapshotFilter, VerifyOptions, Workers, backup, restore, snapshots, verify,
};
use lifeboat_repository::{CacheOptions, Credential, Repository, RepositoryError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Directories of a run, gone when it is over.
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) clock: Arc<MovedClock>,
    /// Whether the repository passes for one that every request to costs time.
    pub(crate) is_far: bool,
}

/// A directory that passes for storage far away.
#[derive(Debug)]
struct Far(LocalBackend);

impl Backend for Far {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.0.put(name, bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.0.get(name, limit)
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.0.get_range(name, offset, buffer)
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.0.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.0.list(prefix, visit)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.0.delete(name)
    }

    fn sweep(&self) -> Result<u64, BackendError> {
        self.0.sweep()
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn location(&self) -> String {
        self.0.location()
    }
}

impl Stage {
    /// Nothing is there yet.
    pub(crate) fn empty() -> Self {
        // In memory where that is possible: thousands of runs wear out a disk.
        let memory = Path::new("/dev/shm");
        let folder = tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).unwrap();
        Self { folder, clock: Arc::default(), is_far: false }
    }

    /// The same, where the repository will be far away.
    pub(crate) fn far_away() -> Self {
        Self { is_far: true, ..Self::empty() }
    }

    /// A copy of repository, replica and cache; nothing else of it changes in a run, or is copied by whoever wants it.
    pub(crate) fn again(&self) -> Self {
        let copy = Self { clock: Arc::clone(&self.clock), is_far: self.is_far, ..Self::empty() };
        for (from, to) in self.roots().into_iter().zip(copy.roots()) {
            copy_files(&from, &to);
        }
        copy
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    /// Another repository, if there is one.
    pub(crate) fn replica(&self) -> PathBuf {
        self.path("replica")
    }

    /// All in which runs leave something that lasts.
    pub(crate) fn roots(&self) -> Vec<PathBuf> {
        vec![self.repository(), self.cache(), self.replica()]
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    /// The repository as a process opens it.
    pub(crate) fn open(&self, credential: &Credential, process: u64) -> Result<Repository, RepositoryError> {
        self.open_at(&self.repository(), credential, process)
    }

    /// The same of whatever repository.
    pub(crate) fn open_at(
        &self,
        place: &Path,
        credential: &Credential,
        process: u64,
    ) -> Result<Repository, RepositoryError> {
        let local = LocalBackend::open(place)?;
        let backend: Arc<dyn Backend> = if self.is_far { Arc::new(Far(local)) } else { Arc::new(local) };
        let cache = CacheOptions { directory: Some(self.cache()), ..CacheOptions::default() };
        Repository::open_with_cache(backend, credential, environment(process, &self.clock), &cache)
    }

    pub(crate) fn back_up(
        &self,
        source: &Path,
        credential: &Credential,
        process: u64,
    ) -> Result<BackupReport, EngineError> {
        let options = BackupOptions {
            paths: vec![source.to_owned()],
            host: "here".into(),
            user: "somebody".into(),
            program: "test".into(),
            ..BackupOptions::default()
        };
        backup(&self.open(credential, process)?, &options, &Workers::inline(), &())
    }

    /// What was below `source` in the newest snapshot, or that of this number, into a directory.
    pub(crate) fn restore(
        &self,
        snapshot: Option<&Snapshot>,
        source: &Path,
        target: &Path,
        credential: &Credential,
        process: u64,
    ) -> Result<RestoreReport, EngineError> {
        let (target, path) = (target.to_owned(), Some(bytes(source)));
        let options = RestoreOptions { target, path, ..RestoreOptions::default() };
        self.restore_as(snapshot, &options, credential, process)
    }

    /// The same as the options say.
    pub(crate) fn restore_as(
        &self,
        snapshot: Option<&Snapshot>,
        options: &RestoreOptions,
        credential: &Credential,
        process: u64,
    ) -> Result<RestoreReport, EngineError> {
        let repository = self.open(credential, process)?;
        let list = snapshots(&repository, &SnapshotFilter::default())?;
        let snapshot = snapshot.or_else(|| list.snapshots.last()).expect("there is one");
        restore(&repository, &list.view, snapshot, options, &Workers::inline(), &())
    }

    /// All snapshots, once every byte that they need was proved sound.
    pub(crate) fn sound_snapshots(&self, credential: &Credential, process: u64) -> Vec<Snapshot> {
        self.sound_snapshots_at(&self.repository(), credential, process)
    }

    /// The same of whatever repository.
    pub(crate) fn sound_snapshots_at(
        &self,
        place: &Path,
        credential: &Credential,
        process: u64,
    ) -> Vec<Snapshot> {
        let repository = self.open_at(place, credential, process).unwrap();
        let problems = problems(&repository);
        assert!(problems.is_empty(), "verify: {problems:?}");
        snapshots(&repository, &SnapshotFilter::default()).unwrap().snapshots
    }

    /// The same for what was no backup: a second copy may be missing, of which there is word, until the next backup.
    pub(crate) fn assert_sound_after_backup(&self, credential: &Credential, process: u64) {
        let is_harmless = |problem: &Problem| problem.kind == ProblemKind::Mendable;
        let found = problems(&self.open(credential, process).unwrap());
        assert!(found.iter().all(is_harmless), "verify: {found:?}");
        let source = self.path("anything");
        std::fs::write(&source, b"anything").unwrap();
        let report = self.back_up(&source, credential, process + 1).unwrap();
        assert!(report.problems.iter().all(is_harmless), "backup: {:?}", report.problems);
        assert_eq!(self.sound_snapshots(credential, process + 2).len(), 1);
    }

    /// The place of a repository that may have to be made first.
    pub(crate) fn place(&self) -> Result<Arc<LocalBackend>, BackendError> {
        LocalBackend::create(&self.repository()).map(Arc::new)
    }
}

/// What a look at every byte finds.
fn problems(repository: &Repository) -> Vec<Problem> {
    let all = VerifyOptions { read_data: ReadData::All };
    verify(repository, &all, &Workers::inline(), &()).unwrap().problems
}

/// Copies directories and regular files.
fn copy_files(from: &Path, to: &Path) {
    let Ok(entries) = std::fs::read_dir(from) else { return };
    std::fs::create_dir(to).unwrap();
    for entry in entries {
        let (path, copy) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if path.is_dir() {
            copy_files(&path, &copy);
        } else {
            std::fs::copy(path, copy).unwrap();
        }
    }
}
