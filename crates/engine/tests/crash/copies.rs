//! Copies that are disturbed: what is reported as copied is there, and the next copy copies the rest.

use super::backups::{Backup, age_leftovers};
use super::points::Work;
use super::stage::Stage;
use super::watch::Plan;
use crate::world::{bytes, environment, password};
use lifeboat_backend::LocalBackend;
use lifeboat_engine::{
    CopyOptions, CopyReport, EngineError, RepairOptions, RestoreOptions, Snapshot, Workers, copy, repair,
    restore,
};
use lifeboat_repository::{InitOptions, Repository, init};
use lifeboat_testkit::{Difference, tree_differences};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a repository has is copied to an empty one.
pub(crate) struct Copy {
    before: Stage,
    source: PathBuf,
    originals: Vec<Snapshot>,
}

impl Copy {
    /// Packs travel as they are.
    pub(crate) fn to_replica() -> Self {
        Self::to(true)
    }

    /// Everything is opened, cut and sealed anew.
    pub(crate) fn to_other_keys() -> Self {
        Self::to(false)
    }

    fn to(is_alike: bool) -> Self {
        let (before, source) = Backup::first().into_parts();
        before.back_up(&source, &password(), 120).unwrap();
        let originals = before.sound_snapshots(&password(), 121);
        make_replica(&before, is_alike);
        Self { before, source, originals }
    }
}

/// Makes an empty repository beside that of a stage.
pub(crate) fn make_replica(stage: &Stage, is_alike: bool) {
    let options = InitOptions {
        kdf: super::KDF,
        same_keys_as: is_alike.then(|| stage.open(&password(), 122).unwrap()),
        chunk_average: (!is_alike).then_some(16 << 10),
        pack_size: Some(64 << 10),
        second_copies: true,
        ..InitOptions::default()
    };
    let place = Arc::new(LocalBackend::create(&stage.replica()).unwrap());
    init(place, &password(), &options, environment(123, &stage.clock)).unwrap();
}

/// Copies all there is, as a process of this number.
pub(crate) fn copy_all(stage: &Stage, process: u64) -> Result<CopyReport, EngineError> {
    let source = stage.open(&password(), process)?;
    let target = stage.open_at(&stage.replica(), &password(), process + 50)?;
    copy(&source, &target, &CopyOptions::default(), &Workers::inline(), &())
}

impl Work for Copy {
    type Said = Result<CopyReport, EngineError>;
    const NAME: &str = "copy";

    fn stage(&self) -> Stage {
        self.before.again()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        copy_all(stage, process)
    }

    fn check(&self, stage: &Stage, _: Plan, said: Option<Self::Said>) {
        stage.roots().iter().for_each(|root| age_leftovers(root));
        let again = self.run(stage, 2).unwrap();
        assert!(again.problems.is_empty(), "again: {:?}", again.problems);
        if let Some(Ok(said)) = said {
            assert_eq!(said.copied.len() + usize::try_from(said.present).unwrap(), self.originals.len());
            assert_eq!(again.present, self.originals.len() as u64, "what was reported is copied again");
        }
        // Of an entry whose author died between its two copies one is missing, which a copy leaves as it is.
        for (place, process) in [(stage.repository(), 60), (stage.replica(), 61)] {
            let repository = stage.open_at(&place, &password(), process).unwrap();
            let repaired = repair(&repository, &RepairOptions::default(), &Workers::inline(), &()).unwrap();
            assert!(repaired.problems.is_empty(), "repair: {:?}", repaired.problems);
        }
        let ids = |snapshots: &[Snapshot]| snapshots.iter().map(|snapshot| snapshot.id).collect::<Vec<_>>();
        let copies = stage.sound_snapshots_at(&stage.replica(), &password(), 3);
        assert_eq!(ids(&copies), ids(&self.originals));
        assert_eq!(stage.sound_snapshots(&password(), 4), self.originals);
        let replica = stage.open_at(&stage.replica(), &password(), 5).unwrap();
        assert_is(stage, &replica, copies.last().unwrap(), &self.source);
    }
}

/// A snapshot of a repository is what its source is.
pub(crate) fn assert_is(stage: &Stage, repository: &Repository, snapshot: &Snapshot, source: &Path) {
    let target = stage.path("back");
    let path = Some(bytes(source));
    let options = RestoreOptions { target: target.clone(), path, ..RestoreOptions::default() };
    let view = repository.view(&repository.read_log().unwrap()).unwrap();
    let report = restore(repository, &view, snapshot, &options, &Workers::inline(), &()).unwrap();
    assert!(report.problems.is_empty(), "restore: {:?}", report.problems);
    assert_eq!(tree_differences(source, &target), Vec::<Difference>::new());
}
