//! Which drills are run: the one that is named, those that are due, or the usual one.

use crate::app::App;
use crate::config;
use crate::environment;
use crate::exit::Failure;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lifeboat_drill::due::{Due, Spread, due};
use lifeboat_drill::evidence::Chains;
use lifeboat_drill::plan::{Finding, ResolvedDrill, Severity};
use lifeboat_drill::record::Kind;
use std::collections::BTreeMap;
use std::path::Path;

/// A drill to be run.
pub(super) struct Chosen {
    pub(super) drill: ResolvedDrill,
    /// What started it.
    pub(super) trigger: &'static str,
    /// When it was due; none for one that is run by hand.
    pub(super) due: Option<Timestamp>,
    /// How many times it was due before and not done.
    pub(super) missed: u64,
}

/// The drills to be run, in order.
///
/// # Errors
/// When there is no such drill, or the plan makes no sense.
pub(super) fn chosen(
    app: &App<'_>,
    name: Option<&str>,
    plan: Option<&Path>,
    is_due: bool,
) -> Result<Vec<Chosen>, Failure> {
    let by_hand = |drill| Chosen { drill, trigger: "manual", due: None, missed: 0 };
    if name.is_none() && !is_due {
        return Ok(vec![by_hand(ResolvedDrill::usual())]);
    }
    let config::Drills { mut drills, findings } = config::drills(&app.globals, plan)?;
    if let Some(name) = name {
        let known: Vec<_> = drills.keys().cloned().collect();
        let drill = drills.remove(name).ok_or_else(|| unknown(name, &known))?;
        refuse(&findings, name)?;
        return Ok(vec![by_hand(drill)]);
    }
    let chosen = outstanding(app, drills)?;
    chosen.iter().try_for_each(|chosen| refuse(&findings, &chosen.drill.name))?;
    Ok(chosen)
}

/// Succeeds when nothing is wrong with a drill.
fn refuse(findings: &[Finding], name: &str) -> Result<(), Failure> {
    let table = format!("drill.{name}");
    let is_wrong = |finding: &&Finding| finding.severity == Severity::Error && finding.table == table;
    match findings.iter().find(is_wrong) {
        Some(finding) => {
            Err(Failure::usage(finding.to_string(), "see what else is odd: lifeboat drill validate"))
        }
        None => Ok(()),
    }
}

fn unknown(name: &str, known: &[String]) -> Failure {
    let hint = match known {
        [] => "describe it in lifeboat.toml, or run the usual one: lifeboat drill run".to_owned(),
        known => format!("name one of these: {}", known.join(", ")),
    };
    Failure::usage(format!("there is no drill called {name}"), hint)
}

/// Those that are due now by what evidence there is, the most critical ones first.
fn outstanding(app: &App<'_>, drills: BTreeMap<String, ResolvedDrill>) -> Result<Vec<Chosen>, Failure> {
    if drills.values().all(|drill| drill.timing.is_none()) {
        return Ok(Vec::new());
    }
    let repository = app.open()?;
    let chains = Chains::read(&repository.evidence(), &repository.evidence_key().public())?;
    let mut done: BTreeMap<String, Timestamp> = BTreeMap::new();
    for account in chains.records().map(|stored| &stored.record.account) {
        if matches!(account.kind, Kind::Run | Kind::Merged | Kind::Aborted) {
            let newest = done.entry(account.plan.drill.clone()).or_insert(account.when.finished);
            *newest = account.when.finished.max(*newest);
        }
    }
    let (host, now) = (environment::host()?, Timestamp::now());
    let mut chosen = Vec::new();
    for (name, drill) in drills {
        let Some(timing) = &drill.timing else { continue };
        let zone = match &timing.zone {
            // That the zone is known was looked at when the plan was read.
            Some(zone) => TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            None => TimeZone::system(),
        };
        let spread = Spread { host: &host, drill: &name };
        match due(timing, &zone, spread, now, done.get(&name).copied()) {
            Due::Now { at, missed } => {
                let trigger = if missed == 0 { "schedule" } else { "catch-up" };
                chosen.push(Chosen { drill, trigger, due: Some(at), missed });
            }
            Due::Missed { at, missed } => {
                app.report.note(&format!(
                    "the drill {name} was due at {at} and is too late now; missed so far: {missed}"
                ));
            }
            Due::NotYet { .. } => {}
        }
    }
    chosen.sort_by_key(|chosen| (chosen.drill.criticality, chosen.due));
    Ok(chosen)
}
