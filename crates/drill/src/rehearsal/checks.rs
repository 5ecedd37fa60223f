//! What looks at what was brought back, in the place where it lies.
//!
//! Invariant: the time until everything is back ends with the last check; what is spoilt on purpose afterwards does not count.

use super::{Rehearsal, account};
use crate::DrillError;
use crate::check::{self, Ground, Trial};
use crate::jail::Jail;
use crate::record::CheckResult;
use crate::scratch::{self, Scratch};
use lifeboat_engine::{CompareOptions, Problem, ProblemKind, Workers, compare};
use lifeboat_repository::{Repository, View};
use std::path::Path;

impl Rehearsal<'_> {
    /// Looks at what was brought back, and sees that looking helps.
    pub(super) fn check(
        &mut self,
        repository: &Repository,
        view: &View,
        workers: &Workers,
        trials: &mut [Trial],
    ) -> Result<(), DrillError> {
        if check::wants_comparison(&self.drill.checks) {
            for trial in &mut *trials {
                self.compare(repository, view, workers, trial)?;
            }
        }
        self.measure(trials);
        let jail = Jail::new(&self.drill.sandbox, self.site.who.user);
        let scratch = self.scratch(&jail, trials)?;
        let id = self.account.id.clone();
        let ground = Ground {
            repository,
            view,
            workers,
            observer: self.observer,
            trials,
            jail: &jail,
            scratch: &scratch,
            id: &id,
            hidden: &|_| false,
            live: None,
        };
        let mut results = Vec::new();
        for check in &self.drill.checks {
            let (carried_out, ms) = self.stopwatch.of(|| check::carry_out(check, &ground));
            results.push(CheckResult { ms, ..carried_out? });
        }
        self.rto.took = self.stopwatch.elapsed();
        self.stopwatch.lap("checks");
        let now = account::now(self.site);
        let mut both = self.drill.checks.iter().zip(&mut results);
        let controlled = both.try_for_each(|(check, result)| check::control(check, &ground, now, result));
        self.stopwatch.lap("controls");
        self.account.results.checks = results;
        let (isolation, network) = jail.used();
        self.account.sandbox.isolation = isolation.to_owned();
        self.account.sandbox.network = network.to_owned();
        controlled
    }

    /// Room for copies, within reach of the programs that look at them and at what was restored.
    fn scratch(&self, jail: &Jail, trials: &[Trial]) -> Result<Scratch, DrillError> {
        let sandbox = self.sandbox.as_ref().expect("a sandbox is made before anything is checked");
        let scratch = Scratch::new(sandbox.scratch())?;
        if self.drill.checks.iter().any(|check| check.spec.runs_programs()) {
            let trees = trials.iter().filter_map(|trial| trial.tree.as_deref());
            let above = trees.clone().filter_map(Path::parent);
            for dir in trees.chain(above).chain([sandbox.path(), scratch.path()]) {
                jail.admit(dir).map_err(scratch::failed(dir))?;
            }
        }
        Ok(scratch)
    }

    fn compare(
        &mut self,
        repository: &Repository,
        view: &View,
        workers: &Workers,
        trial: &mut Trial,
    ) -> Result<(), DrillError> {
        let Some(tree) = trial.tree.clone() else { return Ok(()) };
        let options = CompareOptions { with: tree, path: None, selection: trial.selection.clone() };
        let compared = compare(repository, view, &trial.snapshot, &options, workers, self.observer)?;
        let named = compared.differences.iter().map(|difference| Problem {
            kind: ProblemKind::NotWritten,
            path: difference.path.clone(),
            cause: format!("it is not as it was saved: {}", difference.what),
        });
        self.untold.extend(named);
        trial.compared = Some(compared);
        Ok(())
    }
}
