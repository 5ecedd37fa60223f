//! Restores that are disturbed: into a new directory, and over a tree that is there.

use super::backups::{Backup, assert_named};
use super::points::{Work, calls_of};
use super::stage::Stage;
use super::watch::{Plan, Watch};
use crate::world::{bytes, password};
use lifeboat_engine::{EngineError, Overwrite, RestoreOptions, RestoreReport};
use lifeboat_sys::faults::{Faults, under};
use lifeboat_sys::{Call, Kind};
use lifeboat_testkit::{Mounted, Random, copy_tree, tree_differences};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A restore.
pub(crate) struct Restore {
    before: Stage,
    source: PathBuf,
    /// What is there before, if anything is.
    old: Option<PathBuf>,
}

impl Restore {
    /// Into a new directory.
    pub(crate) fn anew() -> Self {
        let (before, source) = Backup::first().into_parts();
        before.back_up(&source, &password(), 104).unwrap();
        Self { before, source, old: None }
    }

    /// Over a tree that was the same once.
    pub(crate) fn over() -> Self {
        let anew = Self::anew();
        let old = anew.before.path("old");
        copy_tree(&anew.source, &old);
        spoil(&old);
        Self { old: Some(old), ..anew }
    }

    fn target(stage: &Stage) -> PathBuf {
        stage.path("target")
    }

    /// Under each name lies what was there before, or what is to be there: never a part of it.
    fn assert_whole(&self, target: &Path) {
        for path in super::files_below(target) {
            let relative = path.strip_prefix(target).unwrap();
            let name = relative.file_name().unwrap().to_string_lossy();
            if name.starts_with(".lifeboat-restore-") || !path.symlink_metadata().unwrap().is_file() {
                continue;
            }
            let found = std::fs::read(&path).unwrap();
            let trees = [Some(&self.source), self.old.as_ref()];
            let is = |tree: &PathBuf| std::fs::read(tree.join(relative)).is_ok_and(|bytes| bytes == found);
            assert!(trees.into_iter().flatten().any(is), "part of {}", relative.display());
        }
    }
}

impl Work for Restore {
    type Said = Result<RestoreReport, EngineError>;
    const NAME: &str = "restore";

    fn stage(&self) -> Stage {
        let stage = self.before.again();
        if let Some(old) = &self.old {
            copy_tree(old, &Self::target(&stage));
        }
        stage
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        stage.restore(None, &self.source, &Self::target(stage), &password(), process)
    }

    fn check(&self, stage: &Stage, _: Plan, said: Option<Self::Said>) {
        let target = Self::target(stage);
        if target.exists() {
            self.assert_whole(&target);
        }
        if let Some(Ok(mut report)) = said {
            // What is wrong with the target itself is told by its own path.
            for problem in report.problems.iter_mut().filter(|problem| problem.path == target) {
                problem.path.clone_from(&self.source);
            }
            assert_named(&self.source, &tree_differences(&self.source, &target), &report.problems);
        }
        let again = self.run(stage, 2).unwrap();
        assert!(again.problems.is_empty(), "again: {:?}", again.problems);
        assert_named(&self.source, &tree_differences(&self.source, &target), &[]);
    }
}

#[test]
fn a_restore_is_on_disk_when_it_is_reported() {
    let calls = calls_of(&Restore::over(), false);
    let synced = calls.iter().rposition(|made| made.kind == Kind::SyncAll).unwrap();
    let changes: Vec<Kind> =
        calls[synced..].iter().map(|made| made.kind).filter(|kind| kind.changes()).collect();
    // Only its mark goes then, which does not show in the time of the directory.
    assert_eq!(changes, [Kind::SyncAll, Kind::Remove, Kind::SetAttribute]);
}

#[test]
fn content_that_a_power_cut_took_away_is_not_believed_to_be_there() {
    let work = Restore::over();
    let calls = calls_of(&work, false);
    let synced = calls.iter().rposition(|made| made.kind == Kind::SyncAll).unwrap();
    // Before its mark is on disk it has written nothing.
    let marked = calls.iter().position(|made| made.kind == Kind::Sync).unwrap();
    for (number, made) in calls[..synced].iter().enumerate().skip(marked).step_by(5) {
        if !made.kind.changes() {
            continue;
        }
        let plan = Plan::After(number);
        let stage = work.stage();
        let watch = Rc::new(RefCell::new(Watch::new(plan, false)));
        under(&watch, || work.run(&stage, 1)).unwrap_err();
        let target = Restore::target(&stage);
        lose_content(&target, &mut Random::new(number as u64));
        let (path, overwrite) = (Some(bytes(&work.source)), Overwrite::IfChanged);
        let options = RestoreOptions { target: target.clone(), path, overwrite, ..RestoreOptions::default() };
        let report = stage.restore_as(None, &options, &password(), 2).unwrap();
        assert!(report.problems.is_empty(), "{plan:?}: {:?}", report.problems);
        assert_named(&work.source, &tree_differences(&work.source, &target), &[]);
    }
}

/// Which file systems were synced.
#[derive(Default)]
struct Synced(BTreeSet<u64>);

impl Faults for Synced {
    fn after(&mut self, call: &Call<'_>, done: bool) -> bool {
        if call.kind == Kind::SyncAll && done {
            self.0.insert(rustix::fs::fstat(call.on).unwrap().st_dev);
        }
        true
    }
}

#[test]
fn every_file_system_below_the_target_is_on_disk() {
    let work = Restore::anew();
    let stage = work.stage();
    let target = Restore::target(&stage);
    let below = target.join("directory-000");
    std::fs::create_dir_all(&below).unwrap();
    let Some(_mounted) = Mounted::memory(&below) else { return };
    let synced = Rc::new(RefCell::new(Synced::default()));
    let report = under(&synced, || work.run(&stage, 1)).unwrap().unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let devices = [&target, &below].map(|path| path.metadata().unwrap().dev());
    assert_eq!(synced.borrow().0, BTreeSet::from(devices));
}

/// What a power cut may leave where nothing was synced: names, sizes and times, without the content.
fn lose_content(target: &Path, random: &mut Random) {
    for path in super::files_below(target) {
        let found = path.symlink_metadata().unwrap();
        if found.is_file() && random.below(2) == 0 {
            let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all_at(&vec![0; usize::try_from(found.len()).unwrap()], 0).unwrap();
            file.set_modified(found.modified().unwrap()).unwrap();
        }
    }
}

/// Makes a tree another one in all ways that a restore has to mend. Nothing is added.
fn spoil(tree: &Path) {
    for (number, path) in super::files_below(tree).iter().enumerate() {
        let found = path.symlink_metadata().unwrap();
        if !found.is_file() || number % 2 == 0 {
            continue;
        }
        let mut bytes = std::fs::read(path).unwrap();
        match number / 2 % 5 {
            0 => {
                bytes.iter_mut().for_each(|byte| *byte ^= 1);
                std::fs::write(path, bytes).unwrap();
            }
            1 => std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap(),
            2 => std::fs::remove_file(path).unwrap(),
            3 => {
                std::fs::remove_file(path).unwrap();
                symlink("elsewhere", path).unwrap();
            }
            _ => std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o640)).unwrap(),
        }
    }
}
