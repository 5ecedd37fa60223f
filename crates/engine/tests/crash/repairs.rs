//! Repairs that are disturbed, of a repository that has lost a bit, a pack, an index object and a second copy.

use super::backups::{Backup, age_leftovers};
use super::copies::{assert_is, copy_all, make_replica};
use super::files_below;
use super::points::Work;
use super::stage::Stage;
use super::watch::Plan;
use crate::world::password;
use lifeboat_engine::{EngineError, ProblemKind, RepairOptions, RepairReport, Workers, repair};
use lifeboat_sys::io::Errno;
use std::fs;
use std::path::{Path, PathBuf};

/// What was harmed is repaired.
pub(crate) struct Repair {
    before: Stage,
    source: PathBuf,
    /// Whether there is a replica, which has all of it.
    is_helped: bool,
}

impl Repair {
    /// All of it comes back.
    pub(crate) fn with_replica() -> Self {
        Self::of(true)
    }

    /// A pack of files is lost, which the next backup stores again.
    pub(crate) fn alone() -> Self {
        Self::of(false)
    }

    fn of(is_helped: bool) -> Self {
        let (before, source) = Backup::first().into_parts();
        before.back_up(&source, &password(), 130).unwrap();
        if is_helped {
            make_replica(&before, true);
            copy_all(&before, 131).unwrap();
        }
        harm(&before.repository());
        before.clock.advance(3600);
        Self { before, source, is_helped }
    }
}

/// Harms a pack within its parity; removes another one, an index object and the second copy of an entry.
fn harm(repository: &Path) {
    let below = |folder: &str| files_below(&repository.join(folder));
    let mut packs = below("packs");
    packs.sort_by_key(|pack| fs::metadata(pack).unwrap().len());
    let [.., flipped, gone] = &packs[..] else { unreachable!("there are several") };
    let mut bytes = fs::read(flipped).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(flipped, bytes).unwrap();
    fs::remove_file(gone).unwrap();
    let index = &below("index")[0];
    fs::remove_file(repository.join("index2").join(index.strip_prefix(repository.join("index")).unwrap()))
        .unwrap();
    fs::remove_file(index).unwrap();
    fs::remove_file(&below("log2")[0]).unwrap();
}

impl Work for Repair {
    type Said = Result<RepairReport, EngineError>;
    const NAME: &str = "repair";

    fn stage(&self) -> Stage {
        self.before.again()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        let mut repository = stage.open(&password(), process)?;
        if self.is_helped {
            let replica = stage.open_at(&stage.replica(), &password(), process + 50)?;
            repository = repository.with_replicas(vec![replica])?;
        }
        repair(&repository, &RepairOptions::default(), &Workers::inline(), &())
    }

    fn check(&self, stage: &Stage, plan: Plan, said: Option<Self::Said>) {
        stage.roots().iter().for_each(|root| age_leftovers(root));
        let is_loss = |report: &RepairReport| {
            report.problems.iter().any(|problem| problem.kind != ProblemKind::Mendable)
        };
        let again = self.run(stage, 2).unwrap();
        assert_eq!(is_loss(&again), !self.is_helped, "again: {:?}", again.problems);
        // What a disk cannot read counts as damaged, even where it can the next time; and what a disturbed replica did not give is
        // named by the run that did without it.
        let may_differ = self.is_helped || matches!(plan, Plan::Fail(_, Errno::IO));
        if let Some(Ok(said)) = said.filter(|_| !may_differ) {
            assert!(is_loss(&said), "{:?}", said.problems);
        }
        // What nothing had is in the source.
        if !self.is_helped {
            let report = stage.back_up(&self.source, &password(), 3).unwrap();
            assert!(report.snapshot.is_some());
        }
        let repository = stage.open(&password(), 4).unwrap();
        let view = repository.view(&repository.read_log().unwrap()).unwrap();
        assert_is(stage, &repository, view.snapshots().last().unwrap(), &self.source);
        if self.is_helped {
            stage.sound_snapshots(&password(), 5);
        }
    }
}
