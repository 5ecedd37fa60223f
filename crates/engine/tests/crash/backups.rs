//! Backups that are disturbed: the first one of a repository, and one after a change with a warm cache.

use super::points::Work;
use super::stage::Stage;
use super::watch::Plan;
use crate::world::password;
use lifeboat_engine::{BackupReport, EngineError, Problem, ProblemKind, Snapshot};
use lifeboat_repository::{InitOptions, RepositoryError, init};
use lifeboat_testkit::{Aspect, Difference, TreeSpec, change_tree, make_tree, tree_differences};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A tree with a bit of everything.
pub(crate) const TREE: TreeSpec = TreeSpec { directories: 3, files: 12, large: false, odd: true };

/// A repository of small packs, as disks have them: with parity and second copies. Far away there are none.
pub(crate) fn make_repository(stage: &Stage) {
    let options = InitOptions {
        kdf: super::KDF,
        chunk_average: Some(16 << 10),
        pack_size: Some(64 << 10),
        parity: if stage.is_far { 0 } else { 5 },
        second_copies: !stage.is_far,
        ..InitOptions::default()
    };
    let environment = crate::world::environment(100, &stage.clock);
    init(stage.place().unwrap(), &password(), &options, environment).unwrap();
}

/// A backup.
pub(crate) struct Backup {
    before: Stage,
    source: PathBuf,
    /// Snapshots that were there before.
    old: Vec<Snapshot>,
}

impl Backup {
    /// The first one.
    pub(crate) fn first() -> Self {
        Self::first_on(Stage::empty())
    }

    fn first_on(before: Stage) -> Self {
        make_repository(&before);
        let source = before.path("source");
        make_tree(&source, 1, &TREE);
        before.clock.advance(3600);
        Self { before, source, old: Vec::new() }
    }

    /// One after a change, with all that the first one left on this machine.
    pub(crate) fn second() -> Self {
        Self::first().and_second()
    }

    /// The same in a repository of which this machine keeps what it can.
    pub(crate) fn second_far_away() -> Self {
        Self::first_on(Stage::far_away()).and_second()
    }

    fn and_second(self) -> Self {
        let first = self;
        first.before.back_up(&first.source, &password(), 101).unwrap();
        change_tree(&first.source, 2, 20);
        first.before.clock.advance(3600);
        let old = first.before.sound_snapshots(&password(), 102);
        Self { old, ..first }
    }
}

impl Backup {
    /// The repository, and the tree that is to be saved in it.
    pub(crate) fn into_parts(self) -> (Stage, PathBuf) {
        (self.before, self.source)
    }
}

impl Work for Backup {
    type Said = Result<BackupReport, EngineError>;
    const NAME: &str = "backup";

    fn stage(&self) -> Stage {
        self.before.again()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        stage.back_up(&self.source, &password(), process)
    }

    fn check(&self, stage: &Stage, plan: Plan, said: Option<Self::Said>) {
        if let (Plan::Full(_), Some(Err(error))) = (plan, &said) {
            assert!(is_full(error), "not for want of room: {error:?}");
        }
        age_leftovers(&stage.repository());
        age_leftovers(&stage.cache());
        let again = self.run(stage, 2).unwrap();
        assert!(again.problems.is_empty(), "again: {:?}", again.problems);
        let listed = stage.sound_snapshots(&password(), 3);
        let is_listed = |wanted: &Snapshot| listed.iter().any(|listed| listed == wanted);
        assert!(self.old.iter().all(is_listed), "an old snapshot is not what it was");
        let said = said.and_then(Result::ok);
        let named = said.as_ref().map(|report| &report.problems[..]).unwrap_or_default();
        let reported = [said.as_ref().and_then(|report| report.snapshot), again.snapshot];
        for id in reported.into_iter().flatten() {
            assert!(listed.iter().any(|snapshot| snapshot.id == id), "{id} was reported and is not listed");
        }
        let mut compared = Vec::new();
        for snapshot in listed.iter().filter(|listed| !self.old.contains(listed)) {
            let named = if Some(snapshot.id) == reported[0] { named } else { &[] };
            // Of one tree one restore is enough.
            if !compared.contains(&snapshot.root.content) {
                self.compare(stage, snapshot, named);
                compared.push(snapshot.root.content.clone());
            }
        }
        assert_eq!(leftovers(&stage.repository()), Vec::<PathBuf>::new());
        assert_eq!(leftovers(&stage.cache()), Vec::<PathBuf>::new());
    }
}

impl Backup {
    /// A snapshot restores identical, but for what was named.
    fn compare(&self, stage: &Stage, snapshot: &Snapshot, named: &[Problem]) {
        let target = stage.path(&format!("back-{}", snapshot.id));
        let report = stage.restore(Some(snapshot), &self.source, &target, &password(), 4).unwrap();
        assert!(report.problems.is_empty(), "restore: {:?}", report.problems);
        assert_named(&self.source, &tree_differences(&self.source, &target), named);
    }
}

/// What differs was named, by one of its names, or something above it.
pub(crate) fn assert_named(source: &Path, differences: &[Difference], named: &[Problem]) {
    let is_lost = |problem: &&Problem| problem.kind != ProblemKind::Mendable;
    let lost: Vec<&Problem> = named.iter().filter(is_lost).collect();
    let is_named = |difference: &Difference| {
        let path = match difference.path.to_str() {
            Some(".") => source.to_owned(),
            _ => source.join(&difference.path),
        };
        // A name that is missing makes another one the first of a file.
        let is_of = |problem: &&&Problem| path.starts_with(&problem.path) || is_same(&path, &problem.path);
        lost.iter().any(|problem| is_of(&problem) || difference.aspect == Aspect::HardLinks)
    };
    let unnamed: Vec<String> =
        differences.iter().filter(|difference| !is_named(difference)).map(Difference::to_string).collect();
    assert!(unnamed.is_empty(), "not named: {unnamed:?}, but {named:?}");
}

/// Whether it is told that there is no room, in the repository or on this machine.
fn is_full(error: &EngineError) -> bool {
    match error {
        EngineError::Repository(RepositoryError::Cache { source, .. }) => {
            source.kind() == std::io::ErrorKind::StorageFull
        }
        EngineError::Repository(error) => error.is_full(),
        _ => false,
    }
}

/// Whether two paths are names of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let inode = |path: &Path| path.symlink_metadata().map(|found| (found.dev(), found.ino())).ok();
    inode(one).is_some_and(|one| Some(one) == inode(other))
}

/// Temporary files below a directory.
fn leftovers(root: &Path) -> Vec<PathBuf> {
    let mut found = super::files_below(root);
    found.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(".tmp-") || name.starts_with(".lifeboat-")
    });
    found
}

/// Lets temporary files be of long ago: what is young may be somebody's.
pub(crate) fn age_leftovers(root: &Path) {
    for path in leftovers(root) {
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap();
        file.set_modified(modified - std::time::Duration::from_hours(48)).unwrap();
    }
}
