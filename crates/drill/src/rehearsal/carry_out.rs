//! What happens in a drill, one step after the other.

use super::{Rehearsal, choice};
use crate::check::Trial;
use crate::draws::DrawSeed;
use crate::pace::Pace;
use crate::plan::{RestoreMode, Sample, Scenario, Seed};
use crate::record::{Amount, Cache, Kind, SelectionKind, Statistics};
use crate::sandbox::{self, Room, Sandbox};
use crate::{DrillError, stats};
use lifeboat_engine::{
    Drawn, EngineError, Filter, FilterOptions, Problem, ProblemKind, RestoreOptions, RestoreReport,
    Selection, Snapshot, SnapshotList, Workers, read_through, restore, snapshots,
};
use lifeboat_format::Totals;
use lifeboat_repository::{CacheOptions, Repository, View};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What is to be restored of a snapshot.
struct Task {
    snapshot: Snapshot,
    before: Option<Totals>,
    selection: Selection,
    /// About how much that is.
    amount: Amount,
}

impl Rehearsal<'_> {
    pub(super) fn carry_out(&mut self) -> Result<(), DrillError> {
        self.deny();
        let list = snapshots(&self.repository, &self.drill.snapshots.filter())?;
        self.log_heads = list.heads.clone();
        self.untold.extend(list.faults.iter().cloned());
        let chosen = self.choose(&list)?;
        let ground = self.ground(&list)?;
        self.stopwatch.lap("index");
        if let Scenario::StorageDamage { damage, heal_from } = &self.drill.scenario {
            return self.storage_damage(&list, damage, heal_from);
        }
        let tasks = self.tasks(&list, chosen)?;
        self.count(&tasks);
        self.stopwatch.lap("plan");
        self.check_room(&ground, &tasks)?;
        let sandbox = self.make_sandbox(&ground)?;
        let repository = self.within_sandbox(&sandbox);
        self.sandbox = Some(sandbox);
        let workers = crate::site::Site::workers(&repository)?;
        self.stopwatch.lap("sandbox");
        let mut trials = Vec::new();
        for task in tasks {
            let trial = self.restore(&repository, &list.view, &workers, task)?;
            trials.push(trial);
        }
        self.stopwatch.lap("restore");
        self.check(&repository, &list.view, &workers, &mut trials)?;
        self.account.kind = Kind::Run;
        self.account.objectives = self.objectives(&list, &trials)?;
        Ok(())
    }

    /// Where the sandbox is to be made, if that does no harm there.
    fn ground(&self, list: &SnapshotList) -> Result<PathBuf, DrillError> {
        let host = &self.site.who.host;
        let here = list.snapshots.iter().filter(|snapshot| snapshot.host == *host);
        let mut sources: Vec<PathBuf> = here
            .flat_map(|snapshot| snapshot.paths.iter().map(|path| PathBuf::from(OsStr::from_bytes(&path.0))))
            .collect();
        sources.sort();
        sources.dedup();
        let dir = self.drill.sandbox.dir.as_deref().unwrap_or(&self.site.temporary);
        Ok(sandbox::ground(dir, &self.site.surroundings(sources))?)
    }

    /// What is to be restored.
    fn tasks(&mut self, list: &SnapshotList, chosen: Vec<Snapshot>) -> Result<Vec<Task>, DrillError> {
        let drill = self.drill;
        let mut tasks = Vec::new();
        for snapshot in chosen {
            let all = whole(&snapshot);
            let (selection, amount, of) = match &drill.scenario {
                Scenario::RestoreSample(sample) | Scenario::LostKey { sample, .. } => {
                    self.sample(&list.view, &snapshot, sample)?
                }
                Scenario::RestoreFile { paths, pick } => self.pick(&list.view, &snapshot, paths, *pick)?,
                Scenario::RestoreFull { .. } | Scenario::LostPrimary { .. } if drill.paths.is_empty() => {
                    (Selection::All, all, all)
                }
                Scenario::RestoreFull { .. } | Scenario::LostPrimary { .. } => {
                    self.account.method.selection.kind = SelectionKind::Explicit;
                    let patterns = drill.paths.iter().map(|glob| glob.pattern(&drill.name)).collect();
                    let options = FilterOptions { patterns, ..FilterOptions::default() };
                    let filter =
                        Filter::new(options).map_err(|error| EngineError::Source(error.to_string()))?;
                    (Selection::Include(filter), all, all)
                }
                Scenario::ReadRotation | Scenario::StorageDamage { .. } | Scenario::VersionSkew => {
                    return Err(DrillError::NotYet(drill.scenario.name().text()));
                }
            };
            let population = &mut self.account.scope.population;
            population.files += of.files;
            population.bytes += of.bytes;
            let before = choice::before(list, &snapshot).and_then(|before| before.root.totals);
            tasks.push(Task { snapshot, before, selection, amount });
        }
        Ok(tasks)
    }

    fn sample(
        &mut self,
        view: &View,
        snapshot: &Snapshot,
        sample: &Sample,
    ) -> Result<(Selection, Amount, Amount), DrillError> {
        let (seed, origin) = self.seed(&sample.seed);
        if !self.drill.paths.is_empty() {
            let fitting = self.fitting(view, snapshot, &self.drill.paths)?;
            let drawn = drawn_among(&fitting, seed.part(&snapshot.id.to_string()), sample.draws());
            self.drew(seed, origin, "bytes", if drawn.is_empty() { 0 } else { sample.draws() });
            let amount = sum(&drawn);
            let paths = drawn.into_iter().map(|file| file.path).collect();
            return Ok((Selection::Only(paths), amount, sum(&fitting)));
        }
        let (selection, drawn, draws) = self.drawn(view, snapshot, sample, seed)?;
        if draws == 0 {
            return Ok((Selection::All, whole(snapshot), whole(snapshot)));
        }
        self.drew(seed, origin, "bytes", draws);
        Ok((selection, sum(&drawn), whole(snapshot)))
    }

    /// Some of the files that fit, each as likely as the other.
    fn pick(
        &mut self,
        view: &View,
        snapshot: &Snapshot,
        globs: &[crate::plan::Glob],
        pick: u32,
    ) -> Result<(Selection, Amount, Amount), DrillError> {
        let (seed, origin) = self.seed(&Seed::Derived);
        let mut fitting = self.fitting(view, snapshot, globs)?;
        let all = sum(&fitting);
        let part = seed.part(&snapshot.id.to_string());
        let mut picked = Vec::new();
        for number in 0..u64::from(pick) {
            if !fitting.is_empty() {
                let at = part.choose(number, fitting.len() as u64);
                picked.push(fitting.swap_remove(usize::try_from(at).unwrap_or_default()));
            }
        }
        self.drew(seed, origin, "equal", picked.len() as u64);
        let amount = sum(&picked);
        Ok((Selection::Only(picked.into_iter().map(|file| file.path).collect()), amount, all))
    }

    fn drew(&mut self, seed: DrawSeed, origin: &str, weight: &str, draws: u64) {
        let selection = &mut self.account.method.selection;
        selection.kind = SelectionKind::Random;
        selection.seed = Some(seed.text());
        selection.seed_origin = Some(origin.to_owned());
        selection.weight = Some(weight.to_owned());
        selection.draws += draws;
    }

    fn fitting(
        &self,
        view: &View,
        snapshot: &Snapshot,
        globs: &[crate::plan::Glob],
    ) -> Result<Vec<Drawn>, DrillError> {
        let patterns = globs.iter().map(|glob| glob.pattern(&self.drill.name)).collect();
        let options = FilterOptions { patterns, ..FilterOptions::default() };
        let filter = Filter::new(options).map_err(|error| EngineError::Source(error.to_string()))?;
        let mut fitting = Vec::new();
        let everything = lifeboat_engine::ListOptions { path: None, recursive: true };
        lifeboat_engine::list(&self.repository, view, snapshot, &everything, &mut |path, node| {
            let path = Path::new(OsStr::from_bytes(path));
            if node.totals.is_none() && filter.by_path(path, false).is_some() {
                fitting.push(Drawn { path: path.to_owned(), bytes: node.size, draws: 1 });
            }
        })?;
        Ok(fitting)
    }

    fn count(&mut self, tasks: &[Task]) {
        let selected = &mut self.account.scope.selected;
        for task in tasks {
            selected.files += task.amount.files;
            selected.bytes += task.amount.bytes;
        }
    }

    fn check_room(&self, ground: &Path, tasks: &[Task]) -> Result<(), DrillError> {
        if !self.drill.scenario.writes_files() {
            return Ok(());
        }
        let spec = &self.drill.sandbox;
        let room = Room {
            max_bytes: spec.max_bytes.map(|size| size.bytes()),
            max_inodes: spec.max_inodes,
            min_free: spec.min_free.value(),
        };
        let selected = self.account.scope.selected;
        let directories = tasks.iter().map(|task| task.snapshot.root.totals.unwrap_or_default().directories);
        Ok(sandbox::check_room(ground, selected.bytes, selected.files + directories.sum::<u64>(), room)?)
    }

    /// Makes the sandbox, with an account of the drill as it is if it is killed.
    fn make_sandbox(&self, ground: &Path) -> Result<Sandbox, DrillError> {
        let claim = serde_json::to_vec(&self.account).expect("all keys of an account are text");
        Ok(Sandbox::create(ground, &self.account.id, &claim)?)
    }

    /// The repository with nothing but what lies in the sandbox, unless the drill may know more.
    fn within_sandbox(&self, sandbox: &Sandbox) -> Repository {
        let options = match self.drill.sandbox.cache {
            Cache::Warm => self.site.cache.clone(),
            Cache::Cold => CacheOptions {
                directory: Some(sandbox.cache()),
                temporary: vec![sandbox.path().to_owned()],
                ..CacheOptions::default()
            },
        };
        self.site.caching(&self.repository, &options)
    }

    fn restore(
        &mut self,
        repository: &Repository,
        view: &View,
        workers: &Workers,
        task: Task,
    ) -> Result<Trial, DrillError> {
        let Task { snapshot, before, selection, .. } = task;
        let clock = &*self.site.environment.clock;
        let deadline = self.drill.budget.max_duration.map(|most| {
            let left = most.duration().saturating_sub(self.stopwatch.elapsed());
            clock.elapsed().saturating_add(left)
        });
        let pace = Pace::new(self.observer, clock, deadline);
        let target = self.sandbox.as_ref().map(|sandbox| sandbox.tree(&snapshot.id.short()));
        let tree = target.filter(|_| self.drill.scenario.writes_files());
        let done = match &tree {
            Some(tree) => {
                let (target, selection) = (tree.clone(), selection.clone());
                let options = RestoreOptions { target, selection, ..RestoreOptions::default() };
                restore(repository, view, &snapshot, &options, workers, &pace)
            }
            None => read_through(repository, view, &snapshot, &selection, workers, &pace),
        };
        self.rto.is_late |= pace.is_late();
        let (written, batches) = pace.into_batches();
        self.rto.batches.extend(batches);
        let restored = done?;
        if tree.is_some() {
            self.account.results.io.bytes_written += written;
        }
        self.took(&restored);
        let totals = snapshot.root.totals.unwrap_or_default();
        Ok(Trial { snapshot, totals, before, selection, tree, restored, compared: None })
    }

    /// Counts what was damaged, and what was mended.
    fn took(&mut self, restored: &RestoreReport) {
        let damage = &mut self.account.results.damage;
        for Problem { kind, .. } in &restored.problems {
            match kind {
                ProblemKind::Damage | ProblemKind::Tampering => damage.files += 1,
                ProblemKind::Mendable => damage.healed_packs += 1,
                _ => {}
            }
        }
    }

    /// What the sample says of the whole, and how much was restored after all.
    pub(super) fn measure(&mut self, trials: &[Trial]) {
        let selected = &mut self.account.scope.selected;
        selected.files = trials.iter().map(|trial| trial.restored.files).sum();
        selected.bytes = trials.iter().map(|trial| trial.restored.bytes).sum();
        let damaged = |trial: &Trial| {
            let compared = trial.compared.as_ref();
            trial.restored.problems.iter().filter(|problem| problem.kind == ProblemKind::Damage).count()
                + compared.map_or(0, |compared| compared.differences.len())
        };
        let failures = trials.iter().map(damaged).sum::<usize>() as u64;
        let (Scenario::RestoreSample(sample) | Scenario::LostKey { sample, .. }) = &self.drill.scenario
        else {
            return;
        };
        let confidence = sample.confidence.value();
        let draws = self.account.method.selection.draws;
        let is_census = draws == 0;
        self.account.results.statistics = Some(Statistics {
            n: if is_census { self.account.scope.selected.files } else { draws },
            failures,
            confidence,
            upper_bound_damaged_fraction: match (is_census, failures) {
                (true, 0) => 0.0,
                (true, _) => 1.0,
                (false, _) => stats::damaged_share(draws, failures, confidence),
            },
            unit: "file".to_owned(),
            method: match (is_census, failures) {
                (true, _) => "census",
                (false, 0) => "pps-binomial",
                (false, _) => "clopper-pearson",
            }
            .to_owned(),
        });
    }
}

/// All of a snapshot.
fn whole(snapshot: &Snapshot) -> Amount {
    let totals = snapshot.root.totals.unwrap_or_default();
    Amount { files: totals.files, bytes: totals.bytes, packs: 0 }
}

/// The files of these that hold the bytes which are drawn.
fn drawn_among(files: &[Drawn], seed: DrawSeed, draws: u64) -> Vec<Drawn> {
    let total = sum(files).bytes;
    if total == 0 {
        return Vec::new();
    }
    let offsets = seed.draws(draws, total);
    let (mut position, mut drawn) = (0, Vec::new());
    for file in files {
        let end = position + file.bytes;
        let draws = offsets.iter().filter(|offset| (position..end).contains(offset)).count() as u64;
        if draws > 0 {
            drawn.push(Drawn { draws, ..file.clone() });
        }
        position = end;
    }
    drawn
}

fn sum(files: &[Drawn]) -> Amount {
    let bytes = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
    Amount { files: files.len() as u64, bytes, packs: 0 }
}

/// Whether everything is written.
pub(super) fn writes_everything(scenario: &Scenario) -> bool {
    let mode = match scenario {
        Scenario::RestoreFull { mode } | Scenario::LostPrimary { mode } => Some(*mode),
        _ => None,
    };
    mode == Some(RestoreMode::Materialise)
}
