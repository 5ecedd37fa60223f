//! `storage-damage`: faults are injected into what the drill sees, have to be noticed, and to be healed where anything has what they took.
//!
//! Invariants: the faults and what heals them live in memory alone; a healed pack is byte for byte what lies in the storage.

use super::Rehearsal;
use crate::DrillError;
use crate::plan::{DamageSpec, FaultKind, Means};
use crate::record::{Amount, CheckResult, Fault, Kind, Mode, Outcome, SelectionKind};
use crate::site::Site;
use crate::storage::{Overlay, StorageFault};
use lifeboat_backend::{Backend, ObjectName};
use lifeboat_engine::{
    self as engine, Problem, ProblemKind, ReadData, RepairOptions, SnapshotList, VerifyOptions, Workers,
    repair, verify,
};
use lifeboat_format::PackId;
use lifeboat_repository::{CacheOptions, Repository, RepositoryError, pack_object};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Largest object that is compared, in bytes.
const OBJECT_MAX: u64 = 1 << 30;

/// What is broken.
struct Harm {
    packs: BTreeSet<PackId>,
    faults: BTreeMap<ObjectName, StorageFault>,
}

impl Rehearsal<'_> {
    pub(super) fn storage_damage(
        &mut self,
        list: &SnapshotList,
        damage: &DamageSpec,
        heal_from: &[Means],
    ) -> Result<(), DrillError> {
        let harm = self.choose_harm(list, damage)?;
        self.stopwatch.lap("plan");
        let live = Arc::clone(&self.meters.0[0]);
        let overlay = Arc::new(Overlay::over(Arc::clone(&live) as _, harm.faults.clone()));
        let harmed = self.open_harmed(&overlay, heal_from)?;
        let workers = Site::workers(&harmed)?;
        let found = self.look(&harmed, &harm, &workers)?;
        self.stopwatch.lap("detect");
        let healing = match heal_from {
            [] => None,
            _ => Some(self.heal(&harmed, &harm, &workers)?),
        };
        self.stopwatch.lap("heal");
        let is_detected =
            |name: &ObjectName| found.iter().any(|problem| problem.path == Path::new(name.as_str()));
        let mut faults = Vec::new();
        for (name, fault) in &harm.faults {
            let healed = healing.as_ref().and_then(|healed| healed.get(name.as_str()));
            let is_as_before = healed.is_some() && is_same(&*overlay, &*live, name);
            faults.push(Fault {
                fault: fault.name().to_owned(),
                target: name.to_string(),
                detected_by: is_detected(name).then(|| "verify".to_owned()),
                detected: is_detected(name),
                healed_from: healed.filter(|_| is_as_before).cloned(),
            });
        }
        self.real_damage(&harm, &found);
        self.stopwatch.lap("compare");
        self.tell_faults(faults, healing.is_some());
        self.rto.took = self.stopwatch.elapsed();
        self.account.kind = Kind::Run;
        self.account.method.mode = Mode::Read;
        self.account.objectives = self.objectives(list, &[])?;
        Ok(())
    }

    /// Draws the packs, and an index object and a log entry that another copy may stand in for.
    fn choose_harm(&mut self, list: &SnapshotList, damage: &DamageSpec) -> Result<Harm, DrillError> {
        let (seed, origin) = self.seed(&damage.seed);
        let index = self.repository.load_index(&list.view)?;
        // What is gone already cannot be damaged.
        let there = index.packs().filter(|pack| pack.is_there());
        let mut packs: Vec<PackId> = there.map(|pack| pack.id).collect();
        packs.sort_unstable();
        self.account.scope.population.packs = packs.len() as u64;
        let mut harm = Harm { packs: BTreeSet::new(), faults: BTreeMap::new() };
        let kinds: Vec<FaultKind> = damage.faults.iter().copied().collect();
        let part = seed.part("packs");
        for number in 0..u64::from(damage.packs) {
            if !packs.is_empty() && !kinds.is_empty() {
                let at = part.choose(number, packs.len() as u64);
                let pack = packs.swap_remove(usize::try_from(at).unwrap_or_default());
                let kind = kinds[harm.packs.len() % kinds.len()];
                harm.packs.insert(pack);
                let name = ObjectName::new(&pack_object(pack)).map_err(RepositoryError::from)?;
                harm.faults
                    .insert(name, fault(kind, part.choose(number + u64::from(damage.packs), u64::MAX)));
            }
        }
        if damage.metadata
            && let Some(kind) = kinds.first()
        {
            for folder in ["index", "log/0"] {
                harm.faults.extend(self.metadata(folder, seed.part(folder), *kind)?);
            }
        }
        let method = &mut self.account.method.selection;
        (method.kind, method.seed) = (SelectionKind::Random, Some(seed.text()));
        (method.seed_origin, method.weight) = (Some(origin.to_owned()), Some("equal".to_owned()));
        method.draws = harm.faults.len() as u64;
        self.account.scope.selected = Amount { packs: harm.packs.len() as u64, ..Amount::default() };
        Ok(harm)
    }

    /// One object of a folder, if it lies twice: without another copy nobody could go on.
    fn metadata(
        &self,
        folder: &str,
        seed: crate::DrawSeed,
        kind: FaultKind,
    ) -> Result<Option<(ObjectName, StorageFault)>, DrillError> {
        let live = &self.meters.0[0];
        let mut names = Vec::new();
        live.list(&format!("{folder}/"), &mut |info| names.push(info.name)).map_err(RepositoryError::from)?;
        names.sort();
        let second = |name: &ObjectName| {
            let twice = name.as_str().replacen(folder.split('/').next().unwrap_or(folder), "", 1);
            let first = folder.split('/').next().unwrap_or(folder);
            ObjectName::new(&format!("{first}2{twice}"))
        };
        names.retain(|name| second(name).is_ok_and(|second| live.stat(&second).is_ok()));
        if names.is_empty() {
            return Ok(None);
        }
        let at = seed.choose(0, names.len() as u64);
        let name = names.swap_remove(usize::try_from(at).unwrap_or_default());
        Ok(Some((name, fault(kind, seed.choose(1, u64::MAX)))))
    }

    /// The repository as it is with the faults, with those replicas that may heal it.
    fn open_harmed(&self, overlay: &Arc<Overlay>, heal_from: &[Means]) -> Result<Repository, DrillError> {
        let harmed = self.site.open(&self.site.tested, Arc::clone(overlay) as _)?;
        let options =
            CacheOptions { temporary: vec![self.site.temporary.clone()], ..CacheOptions::default() };
        let harmed = self.site.caching(&harmed, &options);
        let mut replicas = Vec::new();
        for (place, meter) in self.site.replicas.iter().zip(&self.meters.0[1..]) {
            if heal_from.contains(&Means::Replica(place.name.clone())) {
                replicas.push(self.site.open(place, Arc::clone(meter) as _)?);
            }
        }
        Ok(harmed.with_replicas(replicas)?)
    }

    /// What a verification of what was harmed finds.
    fn look(&self, harmed: &Repository, harm: &Harm, workers: &Workers) -> Result<Vec<Problem>, DrillError> {
        let options = VerifyOptions { read_data: ReadData::Packs(harm.packs.clone()) };
        Ok(verify(harmed, &options, workers, self.observer_of_harm())?.problems)
    }

    /// Repairs, and gives what was healed and by what.
    fn heal(
        &mut self,
        harmed: &Repository,
        harm: &Harm,
        workers: &Workers,
    ) -> Result<BTreeMap<String, String>, DrillError> {
        let options = RepairOptions { packs: Some(harm.packs.clone()), ..RepairOptions::default() };
        let report = repair(harmed, &options, workers, self.observer_of_harm())?;
        let is_of_harm = |problem: &&Problem| problem.kind != ProblemKind::Mendable;
        self.untold.extend(report.problems.iter().filter(is_of_harm).cloned());
        let means = |means: &engine::Means| match means {
            engine::Means::OtherCopy => "copy".to_owned(),
            engine::Means::Kept => "kept".to_owned(),
            engine::Means::Parity => "parity".to_owned(),
            engine::Means::Replica(_) => "replica".to_owned(),
            engine::Means::Index | engine::Means::Anew | engine::Means::InPart { .. } => "anew".to_owned(),
        };
        Ok(report.mended.iter().map(|(path, by)| (path.display().to_string(), means(by))).collect())
    }

    /// What is told of damage that is made up would frighten people.
    fn observer_of_harm(&self) -> &dyn engine::Observer {
        &()
    }

    /// Damage that nobody injected.
    fn real_damage(&mut self, harm: &Harm, found: &[Problem]) {
        let is_object = |problem: &&Problem| {
            let is_injected = harm.faults.keys().any(|name| problem.path == Path::new(name.as_str()));
            !is_injected
                && ["packs/", "index", "log", "key"]
                    .iter()
                    .any(|folder| problem.path.to_string_lossy().starts_with(folder))
        };
        for problem in found.iter().filter(is_object) {
            let damage = &mut self.account.results.damage;
            match problem.kind {
                ProblemKind::Mendable => damage.healed_packs += 1,
                _ => damage.files += 1,
            }
            self.untold.push(problem.clone());
        }
    }

    fn tell_faults(&mut self, faults: Vec<Fault>, heals: bool) {
        let count = faults.len() as u64;
        let detected = faults.iter().filter(|fault| fault.detected).count() as u64;
        let healed = faults.iter().filter(|fault| fault.healed_from.is_some()).count() as u64;
        let mut check = |name: &str, reached: u64, message: &str| {
            let verdict = match reached {
                _ if count == 0 => Outcome::Unknown,
                reached if reached == count => Outcome::Pass,
                _ => Outcome::Fail,
            };
            let is_pass = verdict == Outcome::Pass;
            self.account.results.checks.push(CheckResult {
                name: name.to_owned(),
                kind: "storage-damage".to_owned(),
                required: true,
                data_proving: true,
                verdict,
                subjects: count,
                expected: json!(count),
                observed: json!(reached),
                message: if is_pass { String::new() } else { format!("{message}: {}", count - reached) },
                ms: 1,
                last_negative_control: None,
                green_on: Vec::new(),
            });
        };
        check("faults-detected", detected, "faults that nobody noticed");
        if heals {
            check("faults-healed", healed, "faults that nothing healed");
        }
        self.account.method.faults_injected = faults;
    }
}

fn fault(kind: FaultKind, number: u64) -> StorageFault {
    match kind {
        FaultKind::Bitflip => StorageFault::BitFlip(number),
        FaultKind::Truncate => StorageFault::Truncate,
        FaultKind::MissingObject => StorageFault::Missing,
        FaultKind::Unreadable => StorageFault::Unreadable,
    }
}

fn is_same(healed: &dyn Backend, live: &dyn Backend, name: &ObjectName) -> bool {
    let read = |backend: &dyn Backend| backend.get(name, OBJECT_MAX).ok();
    read(healed).is_some_and(|bytes| Some(bytes) == read(live))
}
