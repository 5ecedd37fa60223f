//! Restores that are disturbed: into a new directory, and over a tree that is there.

use super::backups::{Backup, assert_named};
use super::points::Work;
use super::stage::Stage;
use super::watch::Plan;
use crate::world::password;
use lifeboat_engine::{EngineError, RestoreReport};
use lifeboat_testkit::{copy_tree, tree_differences};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

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
        if let Some(Ok(report)) = said {
            assert_named(&self.source, &tree_differences(&self.source, &target), &report.problems);
        }
        let again = self.run(stage, 2).unwrap();
        assert!(again.problems.is_empty(), "again: {:?}", again.problems);
        assert_named(&self.source, &tree_differences(&self.source, &target), &[]);
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
