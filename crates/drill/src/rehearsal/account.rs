//! The account of a drill: how it begins, and what it may claim in the end.

use crate::plan::{ResolvedDrill, Scenario};
use crate::record::{
    Account, Amount, Cache, Kind, Level, Method, Mode, Outcome, PlanRef, Results, SandboxRecord, Scope,
    Selection, SelectionKind, Status, Verdict, When,
};
use crate::site::Site;
use jiff::Timestamp;
use lifeboat_repository::Repository;

/// What is told of a drill that has just begun, which is also what is told of one that was killed.
pub(super) fn begin(drill: &ResolvedDrill, site: &Site, repository: &Repository) -> Account {
    let started = now(site);
    let id: [u8; 16] = site.environment.random.array();
    Account {
        kind: Kind::Aborted,
        id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        plan: PlanRef {
            drill: drill.name.clone(),
            scenario: drill.scenario.name().text().to_owned(),
            digest: drill.digest(),
        },
        who: site.who.clone(),
        when: When { due: None, started, finished: started, monotonic_ms: 1, missed: 0 },
        scope: Scope {
            repository: repository.config().repository.to_string(),
            replica: site.tested.name.clone(),
            snapshots: Vec::new(),
            selected: Amount::default(),
            population: Amount::default(),
        },
        method: Method {
            level: Level::L0,
            mode: mode(&drill.scenario),
            cache: drill.sandbox.cache,
            denied: Vec::new(),
            key: site.key.clone(),
            selection: Selection {
                kind: SelectionKind::Census,
                seed: None,
                seed_origin: None,
                weight: None,
                draws: 0,
            },
            faults_injected: Vec::new(),
            shard: None,
            live_writes: 0,
        },
        results: Results::default(),
        objectives: Vec::new(),
        verdict: Verdict {
            status: Status::Error,
            exit_code: 1,
            reasons: vec!["it was ended before its end".to_owned()],
        },
        proves: Vec::new(),
        does_not_prove: vec!["anything: it did not come to its end".to_owned()],
        sandbox: SandboxRecord {
            isolation: "none".to_owned(),
            network: "none".to_owned(),
            cleanup: "none".to_owned(),
        },
    }
}

/// The time of this machine.
pub(super) fn now(site: &Site) -> Timestamp {
    timestamp(site.environment.clock.now())
}

/// A time of the repository as records have it; what lies outside of their range is the nearest within.
pub(super) fn timestamp(time: lifeboat_engine::Timestamp) -> Timestamp {
    let seconds = time.seconds.clamp(Timestamp::MIN.as_second() + 1, Timestamp::MAX.as_second() - 1);
    let nanoseconds = i32::try_from(time.nanoseconds).unwrap_or_default();
    Timestamp::new(seconds, nanoseconds).unwrap_or_default()
}

fn mode(scenario: &Scenario) -> Mode {
    match scenario {
        Scenario::ReadRotation | Scenario::StorageDamage { .. } => Mode::Read,
        scenario if scenario.writes_files() => Mode::Materialise,
        _ => Mode::Stream,
    }
}

/// What an account that is judged proves, and what it does not.
pub(super) fn tell_proofs(account: &mut Account) {
    account.method.level = level(account);
    let selected = account.scope.selected;
    let replica = &account.scope.replica;
    account.proves = match account.verdict.status {
        Status::Pass | Status::Degraded if account.method.mode == Mode::Materialise => vec![format!(
            "{} files with {} bytes were restored from {replica} and are what was saved",
            selected.files, selected.bytes
        )],
        Status::Pass | Status::Degraded => vec![format!(
            "{} files with {} bytes were put together from {replica} and are what was saved; none was written",
            selected.files, selected.bytes
        )],
        _ => Vec::new(),
    };
    if let Some(statistics) = account.results.statistics.as_ref().filter(|_| !account.proves.is_empty())
        && statistics.method != "census"
    {
        account.proves.push(format!(
            "with confidence {} at most {:.3} % of the bytes of the snapshot are damaged, if damage strikes at random",
            statistics.confidence,
            statistics.upper_bound_damaged_fraction * 100.0
        ));
    }
    let mut limits = Vec::new();
    let population = account.scope.population;
    if selected.bytes < population.bytes || selected.files < population.files {
        limits.push(
            "what was not drawn: damage that is aimed at single files is found by a full drill only"
                .to_owned(),
        );
    }
    limits.push("other snapshots than those that are named".to_owned());
    if account.method.level < Level::L4 {
        limits.push("that an application can use the files".to_owned());
    }
    if account.method.mode != Mode::Materialise {
        limits.push("that the files and their metadata can be written".to_owned());
    }
    limits.push("recovery on another machine, without what this one knows and without its keys".to_owned());
    account.does_not_prove = limits;
}

/// How deep it went: what was done decides.
pub(super) fn level(account: &Account) -> Level {
    let passed = |kinds: &[&str]| {
        account.results.checks.iter().any(|check| {
            kinds.contains(&check.kind.as_str()) && check.verdict == Outcome::Pass && check.subjects > 0
        })
    };
    let reached = match account.method.mode {
        _ if passed(&["sqlite", "postgres", "command"]) => Level::L4,
        Mode::Materialise if passed(&["content"]) => Level::L3,
        Mode::Stream if passed(&["content"]) => Level::L2,
        Mode::Read if account.scope.selected.packs > 0 => Level::L1,
        _ => Level::L0,
    };
    match account.method.cache {
        Cache::Cold => reached,
        Cache::Warm => reached.min(Level::L1),
    }
}
