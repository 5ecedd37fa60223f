//! Tables become drills: defaults are filled in, checks are put in place, what does not fit together is refused.

use super::{
    Budget, CRITICALITY, Capability, Check, CheckSpec, DrillTable, KeySource, Objectives, ObjectivesTable,
    PlanError, ResolvedDrill, Sample, SandboxSpec, Scenario, ScenarioName, SnapshotChoice, Tables, Timing,
    USUAL,
};
use std::collections::BTreeMap;

/// How many files a drill of single files restores.
const PICK: u32 = 5;
/// Within how many days everything is read by a rotation.
const COVERAGE_DAYS: u32 = 30;
/// More draws than this are no sample: all is looked at sooner.
const DRAWS_MAX: u64 = 10_000_000;

impl Tables {
    /// The drills, by name.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub fn resolve(&self) -> Result<BTreeMap<String, ResolvedDrill>, PlanError> {
        for (name, check) in &self.check {
            check.look().map_err(|(key, why)| wrong(format!("check.{name}"), key, why))?;
        }
        let resolved =
            |(name, table)| Ok((String::clone(name), Request { tables: self, name, table }.resolve()?));
        self.drill.iter().map(resolved).collect()
    }
}

/// A drill that is being resolved.
#[derive(Clone, Copy)]
struct Request<'p> {
    tables: &'p Tables,
    name: &'p str,
    table: &'p DrillTable,
}

impl Request<'_> {
    fn resolve(self) -> Result<ResolvedDrill, PlanError> {
        self.look_at_name()?;
        let scenario = self.scenario()?;
        let (tables, table) = (self.tables, self.table);
        let snapshots =
            SnapshotChoice::try_from(&table.snapshot).map_err(|(key, why)| self.wrong(key, why))?;
        Ok(ResolvedDrill {
            name: self.name.to_owned(),
            repository: table.repository.clone(),
            replica: table.replica.clone(),
            snapshots,
            paths: table.paths.clone(),
            deny: self.deny(),
            checks: self.checks(&scenario)?,
            objectives: self.objectives(&scenario)?,
            budget: self.budget()?,
            sandbox: self.sandbox()?,
            negative_control: tables.negative_control,
            evidence: tables.evidence.clone(),
            timing: self.timing()?,
            criticality: self.positive("criticality", table.criticality)?.unwrap_or(CRITICALITY),
            scenario,
        })
    }

    /// Names stand in file names, metrics and exit messages.
    fn look_at_name(self) -> Result<(), PlanError> {
        let is_plain = self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        match !self.name.is_empty() && is_plain && !self.name.starts_with(['.', '-']) {
            true if self.name == USUAL => Err(self.wrong("name", "this is the drill that needs no plan")),
            true => Ok(()),
            false => Err(self.wrong("name", "write letters, digits, - and _")),
        }
    }

    fn scenario(self) -> Result<Scenario, PlanError> {
        self.look_at_keys()?;
        let table = self.table;
        let mode = table.mode.unwrap_or_default();
        Ok(match table.scenario {
            ScenarioName::ReadRotation => Scenario::ReadRotation,
            ScenarioName::RestoreFile if table.paths.is_empty() => return Err(self.missing("paths")),
            ScenarioName::RestoreFile => {
                let pick = self.positive("pick", table.pick)?.unwrap_or(PICK);
                Scenario::RestoreFile { paths: table.paths.clone(), pick }
            }
            ScenarioName::RestoreSample => Scenario::RestoreSample(self.sample()?),
            ScenarioName::RestoreFull => Scenario::RestoreFull { mode },
            ScenarioName::LostPrimary if table.replica.is_none() => return Err(self.missing("replica")),
            ScenarioName::LostPrimary => Scenario::LostPrimary { mode },
            ScenarioName::StorageDamage => self.storage_damage()?,
            ScenarioName::LostKey => Scenario::LostKey { keys: self.keys()?, sample: self.sample()? },
            ScenarioName::VersionSkew => Scenario::VersionSkew,
            ScenarioName::LostHost
            | ScenarioName::Ransomware
            | ScenarioName::TamperResistance
            | ScenarioName::RogueWriter
            | ScenarioName::Tabletop => {
                return Err(PlanError::NotYet {
                    drill: self.name.to_owned(),
                    scenario: table.scenario.text(),
                });
            }
        })
    }

    /// A key that is passed over would be believed.
    fn look_at_keys(self) -> Result<(), PlanError> {
        let table = self.table;
        let present = [
            ("paths", !table.paths.is_empty()),
            ("pick", table.pick.is_some()),
            ("sample", table.sample.is_some()),
            ("mode", table.mode.is_some()),
            ("damage", table.damage.is_some()),
            ("heal-from", table.heal_from.is_some()),
            ("keys", table.keys.is_some()),
        ];
        let used: &[&str] = match table.scenario {
            ScenarioName::RestoreFile => &["paths", "pick"],
            ScenarioName::RestoreSample => &["paths", "sample"],
            ScenarioName::RestoreFull | ScenarioName::LostPrimary => &["paths", "mode"],
            ScenarioName::StorageDamage => &["damage", "heal-from"],
            ScenarioName::LostKey => &["paths", "sample", "keys"],
            ScenarioName::ReadRotation | ScenarioName::VersionSkew => &[],
            // What is refused anyway.
            _ => return Ok(()),
        };
        let useless = present.into_iter().find(|(key, is_there)| *is_there && !used.contains(key));
        useless.map_or(Ok(()), |(key, _)| Err(self.useless(key)))
    }

    fn storage_damage(self) -> Result<Scenario, PlanError> {
        let damage = self.table.damage.clone().unwrap_or_default();
        if damage.faults.is_empty() || (damage.packs == 0 && !damage.metadata) {
            return Err(self.wrong("damage", "nothing would be damaged: write faults, and packs or metadata"));
        }
        Ok(Scenario::StorageDamage { damage, heal_from: self.table.heal_from.clone().unwrap_or_default() })
    }

    fn sample(self) -> Result<Sample, PlanError> {
        let sample = self.table.sample.clone().unwrap_or_default();
        match sample.draws() {
            0..=DRAWS_MAX => Ok(sample),
            draws => {
                Err(self
                    .wrong("sample", &format!("it takes {draws} draws: restore-full looks at all there is")))
            }
        }
    }

    fn keys(self) -> Result<Vec<KeySource>, PlanError> {
        let tables = self.table.keys.iter().flatten();
        tables.map(|table| KeySource::try_from(table).map_err(|(key, why)| self.wrong(key, why))).collect()
    }

    /// What is taken away: what the scenario is about, whatever the plan says.
    fn deny(self) -> Vec<Capability> {
        let implied: &[Capability] = match self.table.scenario {
            ScenarioName::LostPrimary => &[Capability::Primary, Capability::Cache],
            ScenarioName::LostKey => &[Capability::Keys],
            _ => &[],
        };
        let mut deny = [implied, &self.table.deny].concat();
        deny.sort();
        deny.dedup();
        deny
    }

    fn checks(self, scenario: &Scenario) -> Result<Vec<Check>, PlanError> {
        let usual: &[&str] = if scenario.writes_files() { &["content", "metadata"] } else { &["content"] };
        let usual = || usual.iter().map(|name| (*name).to_owned()).collect();
        let required = self.table.checks.clone().unwrap_or_else(usual);
        let named = required.into_iter().map(|name| (name, true));
        let named = named.chain(self.table.advisory.iter().map(|name| (name.clone(), false)));
        let mut checks: Vec<Check> = Vec::new();
        for (name, required) in named {
            if checks.iter().any(|check| check.name == name) {
                return Err(self.wrong("checks", &format!("{name} is there twice")));
            }
            let spec = self.tables.check.get(&name).cloned().or_else(|| CheckSpec::by_name(&name));
            let spec = spec.ok_or_else(|| self.no_check(&name))?;
            checks.push(Check { name, required, spec });
        }
        Ok(checks)
    }

    /// What is set for all is for drills that restore: to others it would say what they can never reach.
    fn objectives(self, scenario: &Scenario) -> Result<Objectives, PlanError> {
        let (own, mut all) = (self.table.objectives, self.tables.objectives);
        if !scenario.restores() {
            all = ObjectivesTable { rto: None, min_level: None, ..all };
            if own.rto.is_some_and(|rto| rto.value().is_some()) {
                return Err(self.useless("objectives.rto"));
            }
        }
        let mut objectives = Objectives::from(own.over(all));
        self.positive("objectives.coverage-days", objectives.coverage_days)?;
        if *scenario == Scenario::ReadRotation {
            objectives.coverage_days = objectives.coverage_days.or(Some(COVERAGE_DAYS));
        }
        Ok(objectives)
    }

    fn budget(self) -> Result<Budget, PlanError> {
        let budget = self.table.budget.over(self.tables.budget);
        self.positive("budget.max-requests", budget.max_requests)?;
        Ok(budget)
    }

    fn sandbox(self) -> Result<SandboxSpec, PlanError> {
        let sandbox = self.table.sandbox.clone().over(&self.tables.sandbox);
        self.positive("sandbox.max-inodes", sandbox.max_inodes)?;
        Ok(sandbox.into())
    }

    fn timing(self) -> Result<Option<Timing>, PlanError> {
        let DrillTable { schedule, zone, jitter, max_lateness, .. } = self.table.clone();
        let is_alone = zone.is_some() || jitter.is_some() || max_lateness.is_some();
        match schedule {
            None if is_alone => Err(self.wrong("schedule", "zone, jitter and max-lateness belong to one")),
            schedule => Ok(schedule.map(|schedule| Timing { schedule, zone, jitter, max_lateness })),
        }
    }

    /// Nothing at all is no limit that anybody means.
    fn positive<N: Copy + Default + PartialEq>(
        self,
        key: &'static str,
        number: Option<N>,
    ) -> Result<Option<N>, PlanError> {
        match number {
            Some(number) if number == N::default() => Err(self.wrong(key, "write a number from 1 on")),
            number => Ok(number),
        }
    }

    fn wrong(self, key: &'static str, why: &str) -> PlanError {
        wrong(format!("drill.{}", self.name), key, why)
    }

    fn missing(self, key: &'static str) -> PlanError {
        PlanError::Missing { drill: self.name.to_owned(), key, scenario: self.table.scenario.text() }
    }

    fn useless(self, key: &'static str) -> PlanError {
        PlanError::Useless { drill: self.name.to_owned(), key, scenario: self.table.scenario.text() }
    }

    fn no_check(self, name: &str) -> PlanError {
        let built_in = CheckSpec::BUILT_IN.map(str::to_owned);
        let known = self.tables.check.keys().cloned().chain(built_in).collect();
        PlanError::NoCheck { drill: self.name.to_owned(), check: name.to_owned(), known }
    }
}

fn wrong(table: String, key: &'static str, why: &str) -> PlanError {
    PlanError::Wrong { table, key, why: why.to_owned() }
}
