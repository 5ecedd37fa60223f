//! What is odd about drills that can be run, or would not prove what they seem to.

use super::{CheckSpec, Means, ResolvedDrill, Scenario, Select, Tables};
use crate::record::{Cache, Level};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The drill runs, but what it is asked for it cannot give.
    Warning,
    /// The drill could not prove anything, or asks for what is not there yet, and is not run.
    Error,
}

/// Something that is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where: `drill.NAME`, `check.NAME`, `evidence`.
    pub table: String,
    /// The key there.
    pub key: &'static str,
    /// What, one line.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]: {}: {}", self.table, self.key, self.message)
    }
}

/// What is odd about these drills, which the tables were resolved to, where these repositories have names. Errors come first.
#[must_use]
pub fn validate(
    tables: &Tables,
    drills: &BTreeMap<String, ResolvedDrill>,
    repositories: &BTreeSet<String>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = drills.values().flat_map(ResolvedDrill::findings).collect();
    findings.extend(drills.values().flat_map(|drill| strangers(drill, repositories)));
    let stranger = |name: &&String| is_stranger(name, repositories);
    let stores = tables.evidence.store.iter().filter(stranger);
    findings.extend(stores.map(|name| no_repository("evidence".to_owned(), "store", name)));
    findings.extend(unused(tables, drills));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

impl ResolvedDrill {
    /// What is odd about it alone. Errors come first.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let required = self.checks.iter().filter(|check| check.required);
        let proves = required.clone().any(|check| check.spec.proves_data());
        let no_proof = (!proves)
            .then(|| self.error("checks", "none that decides looks at data: add content".to_owned()));
        let writes = self.scenario.writes_files();
        let without_files = self.checks.iter().filter(|check| check.spec.needs_files() && !writes);
        let without_files = without_files.map(|check| {
            self.error(
                "checks",
                format!("{} looks at files, and {} writes none", check.name, self.scenario_words()),
            )
        });
        let errors = no_proof.into_iter().chain(without_files).chain(self.not_there_yet());
        errors.chain(self.vain_objectives()).chain(self.pinned()).collect()
    }

    /// What plans can say and this version does not do: passed over it would be believed.
    fn not_there_yet(&self) -> impl Iterator<Item = Finding> {
        let is_rotation = self.scenario == Scenario::ReadRotation;
        let is_built = !matches!(self.scenario, Scenario::ReadRotation | Scenario::VersionSkew);
        let asked = [
            ("scenario", !is_built),
            ("objectives.coverage-days", self.objectives.coverage_days.is_some() && !is_rotation),
            ("budget.bandwidth", self.budget.bandwidth.is_some()),
        ];
        let asked = asked.into_iter().filter(|(_, is_asked)| *is_asked);
        asked.map(|(key, _)| self.error(key, "this version cannot do that yet".to_owned()))
    }

    /// Objectives that it can never reach.
    fn vain_objectives(&self) -> impl Iterator<Item = Finding> {
        let is_warm = self.sandbox.cache == Cache::Warm;
        let rto = self.objectives.rto.and_then(|_| match self.scenario.writes_files() {
            false => {
                Some("nothing is written, so it can never pass: mode = \"materialise\", or rto = \"off\"")
            }
            true => {
                is_warm.then_some("a warm cache proves no recovery time: cache = \"cold\", or rto = \"off\"")
            }
        });
        let reached = self.highest_level();
        let level = self.objectives.min_level.filter(|level| *level > reached);
        let level = level.map(|level| format!("{level:?} can never be reached, {reached:?} at most"));
        let rto = rto.map(|why| self.warning("objectives.rto", why.to_owned()));
        rto.into_iter().chain(level.map(|why| self.warning("objectives.min-level", why)))
    }

    /// How deep its proof goes, at most.
    fn highest_level(&self) -> Level {
        let uses = |spec: &CheckSpec| {
            matches!(spec, CheckSpec::Sqlite(_) | CheckSpec::Postgres(_) | CheckSpec::Command(_))
        };
        match self.scenario {
            _ if self.sandbox.cache == Cache::Warm => Level::L1,
            Scenario::ReadRotation => Level::L1,
            _ if !self.scenario.writes_files() => Level::L2,
            _ if self.checks.iter().any(|check| check.required && uses(&check.spec)) => Level::L4,
            _ => Level::L3,
        }
    }

    /// What a disaster would leave is the newest snapshot.
    fn pinned(&self) -> Option<Finding> {
        let Select::Reference(reference) = &self.snapshots.select else { return None };
        let why = format!("{reference} stays the same: the drill fails as soon as there is a newer one");
        Some(self.warning("snapshot.select", why))
    }

    fn scenario_words(&self) -> String {
        match self.scenario {
            Scenario::RestoreFull { .. } | Scenario::LostPrimary { .. } => "mode = \"stream\"".to_owned(),
            _ => self.scenario.name().text().to_owned(),
        }
    }

    fn error(&self, key: &'static str, message: String) -> Finding {
        Finding { severity: Severity::Error, table: format!("drill.{}", self.name), key, message }
    }

    fn warning(&self, key: &'static str, message: String) -> Finding {
        Finding { severity: Severity::Warning, ..self.error(key, message) }
    }
}

/// Names that no repository has.
fn strangers(drill: &ResolvedDrill, repositories: &BTreeSet<String>) -> Vec<Finding> {
    let healers = match &drill.scenario {
        Scenario::StorageDamage { heal_from, .. } => heal_from.as_slice(),
        _ => &[],
    };
    let healers = healers.iter().filter_map(|means| match means {
        Means::Replica(name) => Some(("heal-from", name)),
        Means::Parity => None,
    });
    let own = drill.repository.iter().map(|name| ("repository", name));
    let named = own.chain(drill.replica.iter().map(|name| ("replica", name))).chain(healers);
    let unknown = named.filter(|(_, name)| is_stranger(name, repositories));
    unknown.map(|(key, name)| no_repository(format!("drill.{}", drill.name), key, name)).collect()
}

/// What has a slash or a colon is a place, which needs no table.
fn is_stranger(name: &str, repositories: &BTreeSet<String>) -> bool {
    !name.contains(['/', ':']) && !repositories.contains(name)
}

fn no_repository(table: String, key: &'static str, name: &str) -> Finding {
    Finding { severity: Severity::Error, table, key, message: format!("there is no [repository.{name}]") }
}

fn unused(tables: &Tables, drills: &BTreeMap<String, ResolvedDrill>) -> Vec<Finding> {
    let used: BTreeSet<_> =
        drills.values().flat_map(|drill| &drill.checks).map(|check| &check.name).collect();
    let unused = tables.check.iter().filter(|(name, _)| !used.contains(name));
    let finding = |(name, check): (&String, &CheckSpec)| Finding {
        severity: Severity::Warning,
        table: format!("check.{name}"),
        key: "type",
        message: format!("no drill names this check of {}", check.kind()),
    };
    unused.map(finding).collect()
}
