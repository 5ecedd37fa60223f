//! Forgetting and pruning that is disturbed, in a repository in which a killed backup has left something; and having back what is forgotten.

use super::backups::{Backup, age_leftovers};
use super::points::Work;
use super::stage::Stage;
use super::watch::Plan;
use crate::prune::Timeless;
use crate::world::password;
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_engine::{
    Count, EngineError, ForgetOptions, Policy, PruneOptions, PruneReport, Snapshot, UndoReport, Unused,
    Workers, forget, prune, undo,
};
use lifeboat_testkit::{Difference, change_tree, tree_differences};
use std::path::{Path, PathBuf};

/// Everything that nobody needs.
const ALL: PruneOptions = PruneOptions {
    max_unused: Unused::Bytes(0),
    max_repack: None,
    now: true,
    dry_run: false,
    compression: lifeboat_engine::Compression::Off,
    verify_writes: lifeboat_engine::VerifyWrites::All,
};

/// All but the newest snapshot are forgotten, and what they need goes.
pub(crate) struct Prune {
    before: Stage,
    source: PathBuf,
    newest: Snapshot,
}

impl Prune {
    pub(crate) fn new() -> Self {
        Self::after(Backup::second())
    }

    pub(crate) fn far_away() -> Self {
        Self::after(Backup::second_far_away())
    }

    fn after(backup: Backup) -> Self {
        let (before, source) = backup.into_parts();
        before.back_up(&source, &password(), 105).unwrap();
        change_tree(&source, 3, 20);
        before.clock.advance(3600);
        before.back_up(&source, &password(), 106).unwrap();
        let newest = before.sound_snapshots(&password(), 107).pop().unwrap();
        let orphan = ObjectName::new(&format!("packs/ab/{}", "ab".repeat(32))).unwrap();
        before.place().unwrap().put(&orphan, b"left by somebody").unwrap();
        Self { before, source, newest }
    }
}

impl Work for Prune {
    type Said = Result<PruneReport, EngineError>;
    const NAME: &str = "forget and prune";

    fn stage(&self) -> Stage {
        self.before.again()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        let repository = stage.open(&password(), process)?;
        let policy = Policy { last: Count::Some(1), ..Policy::default() };
        let options = ForgetOptions { policy, reason: "for a test".into(), ..ForgetOptions::default() };
        forget(&repository, &options, &Timeless)?;
        prune(&repository, &ALL, &Workers::inline(), &())
    }

    fn check(&self, stage: &Stage, _: Plan, _: Option<Self::Said>) {
        age_leftovers(&stage.repository());
        age_leftovers(&stage.cache());
        // What is half done is finished, and then there is nothing more to do.
        (2..4).for_each(|process| drop(self.run(stage, process).unwrap()));
        let nothing = self.run(stage, 4).unwrap();
        let plan = nothing.plan;
        assert_eq!((plan.removed, plan.copied, nothing.orphans, nothing.deleted.bytes), (0, 0, 0, 0));
        assert!(nothing.problems.is_empty(), "{:?}", nothing.problems);
        assert_eq!(stage.sound_snapshots(&password(), 5), std::slice::from_ref(&self.newest));
        assert_comes_back(stage, &self.newest, &self.source);
    }
}

/// The snapshot that is forgotten is had back.
pub(crate) struct Undo {
    before: Stage,
    source: PathBuf,
    forgotten: Snapshot,
}

impl Undo {
    pub(crate) fn new() -> Self {
        let (before, source) = Backup::first().into_parts();
        before.back_up(&source, &password(), 108).unwrap();
        let forgotten = before.sound_snapshots(&password(), 109).pop().unwrap();
        let named = vec![forgotten.id.to_string()];
        let options = ForgetOptions { named, allows_none: true, ..ForgetOptions::default() };
        forget(&before.open(&password(), 110).unwrap(), &options, &Timeless).unwrap();
        Self { before, source, forgotten }
    }
}

impl Work for Undo {
    type Said = Result<UndoReport, EngineError>;
    const NAME: &str = "forget --undo";

    fn stage(&self) -> Stage {
        self.before.again()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        undo(&stage.open(&password(), process)?, &[self.forgotten.id.to_string()], &())
    }

    fn check(&self, stage: &Stage, _: Plan, said: Option<Self::Said>) {
        age_leftovers(&stage.repository());
        age_leftovers(&stage.cache());
        let has_said = said.is_some_and(|said| said.is_ok());
        match self.run(stage, 2) {
            Ok(_) => assert!(!has_said, "what was reported as had back was forgotten"),
            Err(EngineError::NotForgotten(_)) => {}
            Err(error) => panic!("again: {error}"),
        }
        prune(&stage.open(&password(), 3).unwrap(), &ALL, &Workers::inline(), &()).unwrap();
        assert_eq!(stage.sound_snapshots(&password(), 4), std::slice::from_ref(&self.forgotten));
        assert_comes_back(stage, &self.forgotten, &self.source);
    }
}

fn assert_comes_back(stage: &Stage, snapshot: &Snapshot, source: &Path) {
    let target = stage.path("back");
    let report = stage.restore(Some(snapshot), source, &target, &password(), 6).unwrap();
    assert!(report.problems.is_empty(), "restore: {:?}", report.problems);
    assert_eq!(tree_differences(source, &target), Vec::<Difference>::new());
}
