//! A drill, carried out: chosen, restored into a sandbox, checked, judged, told.
//!
//! `unlock -> index -> plan -> restore -> checks -> controls -> cleanup`. Invariants: the repository is opened through storage that cannot be changed;
//! what goes wrong after it was opened ends in an account, not in silence; the sandbox is gone in the end unless it is to stay.

mod account;
mod carry_out;
mod checks;
mod choice;
mod damage;
mod deny;
mod objectives;
mod seed;

use crate::plan::ResolvedDrill;
use crate::record::{Account, Kind, Status};
use crate::sandbox::Sandbox;
use crate::site::{Meters, Site};
use crate::stopwatch::Stopwatch;
use crate::storage::{Limits, Watched};
use crate::{DrillError, judge};
use lifeboat_engine::{EngineError, ObjectHash, Observer, Problem};
use lifeboat_repository::{Repository, RepositoryError};
use std::path::PathBuf;
use std::sync::Arc;

/// Exit code of what somebody ended.
const INTERRUPTED: u8 = 130;
/// Exit code of what does not bear its signature, or the history that was known.
const TAMPERING: u8 = 14;
/// Exit code of a plan that makes no sense on this machine.
const USAGE: u8 = 2;

/// What came of a drill.
pub struct Rehearsed {
    /// What is told of it.
    pub account: Account,
    /// What was tested, through storage that is only looked at.
    pub repository: Repository,
    /// What is wrong with single files and was not told while it went on, for people: names stand in it.
    pub untold: Vec<Problem>,
    /// Heads of the log that it went by.
    pub log_heads: Vec<ObjectHash>,
    /// What ended it before its end.
    pub error: Option<DrillError>,
    /// Where the sandbox stayed, if it did.
    pub kept: Option<PathBuf>,
}

/// Carries out a drill.
///
/// # Errors
/// When the repository cannot be opened. Everything after that is told by the account.
pub fn rehearse(
    drill: &ResolvedDrill,
    site: &Site,
    observer: &dyn Observer,
) -> Result<Rehearsed, DrillError> {
    let mut stopwatch = Stopwatch::start(Arc::clone(&site.environment.clock));
    let mut meters = Meters::default();
    let repository = open(drill, site, &mut meters)?;
    stopwatch.lap("unlock");
    let mut rehearsal = Rehearsal {
        drill,
        site,
        observer,
        account: account::begin(drill, site, &repository),
        repository,
        stopwatch,
        meters,
        untold: Vec::new(),
        log_heads: Vec::new(),
        sandbox: None,
        rto: objectives::Pacing::default(),
    };
    let done = rehearsal.carry_out();
    Ok(rehearsal.finish(done.err()))
}

/// Opens what is tested, with all that may help it, through storage that is only looked at.
fn open(drill: &ResolvedDrill, site: &Site, meters: &mut Meters) -> Result<Repository, DrillError> {
    let budget = drill.budget;
    let limits = Limits { bytes: budget.max_bytes.map(|size| size.bytes()), requests: budget.max_requests };
    let mut opened = Vec::new();
    for place in [&site.tested].into_iter().chain(&site.replicas) {
        let watched = Arc::new(Watched::over(Arc::clone(&place.backend), limits));
        meters.0.push(Arc::clone(&watched));
        opened.push(site.open(place, watched)?);
    }
    let tested = opened.remove(0);
    Ok(tested.with_replicas(opened)?)
}

/// A drill under way.
struct Rehearsal<'a> {
    drill: &'a ResolvedDrill,
    site: &'a Site,
    observer: &'a dyn Observer,
    repository: Repository,
    account: Account,
    stopwatch: Stopwatch,
    meters: Meters,
    untold: Vec<Problem>,
    log_heads: Vec<ObjectHash>,
    sandbox: Option<Sandbox>,
    rto: objectives::Pacing,
}

impl Rehearsal<'_> {
    /// Cleans up and judges.
    fn finish(mut self, error: Option<DrillError>) -> Rehearsed {
        let has_failed = || error.is_some() || judge(&self.account).status != Status::Pass;
        let keeps = self.drill.sandbox.keep_on_fail && has_failed();
        let mut kept = None;
        self.account.sandbox.cleanup = match self.sandbox.take() {
            None => "none".to_owned(),
            Some(sandbox) if keeps => {
                kept = Some(sandbox.path().to_owned());
                "kept".to_owned()
            }
            Some(sandbox) => match sandbox.remove() {
                Ok(()) => "verified".to_owned(),
                Err(_) => "failed".to_owned(),
            },
        };
        self.stopwatch.lap("cleanup");
        let io = &mut self.account.results.io;
        (io.requests, io.bytes_read) = (self.meters.requests(), self.meters.bytes_read());
        self.account.method.live_writes = self.meters.changes_refused();
        self.account.when.finished = account::now(self.site);
        (self.account.when.monotonic_ms, self.account.results.phases) = self.stopwatch.stop();
        self.account.verdict = judge(&self.account);
        if let Some(error) = &error {
            self.account.end_with(error, self.meters.is_beyond_limits() || self.rto.is_late);
        }
        account::tell_proofs(&mut self.account);
        let Self { account, repository, untold, log_heads, .. } = self;
        Rehearsed { account, repository, untold, log_heads, error, kept }
    }
}

impl Account {
    /// Judges a drill that did not come to its end.
    fn end_with(&mut self, error: &DrillError, is_over_budget: bool) {
        self.kind = Kind::Run;
        let (status, exit_code) = match error {
            _ if is_over_budget => (Status::Unknown, 6),
            _ if error.is_interrupted() => {
                self.kind = Kind::Aborted;
                (Status::Error, INTERRUPTED)
            }
            _ if error.is_damage() => (Status::Fail, 4),
            DrillError::Engine(EngineError::Repository(
                RepositoryError::Tampered(_) | RepositoryError::RolledBack { .. },
            )) => (Status::Fail, TAMPERING),
            DrillError::Sandbox(crate::SandboxError::Refused { .. }) => (Status::Error, USAGE),
            _ => (Status::Error, 1),
        };
        let reason =
            if is_over_budget { format!("the budget is used up: {error}") } else { error.to_string() };
        self.verdict.status = status.max(if self.results.damage.files > 0 { Status::Fail } else { status });
        self.verdict.exit_code = exit_code;
        // What checks could not say is a consequence.
        self.verdict.reasons = vec![reason];
    }
}
