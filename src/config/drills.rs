//! Drills: of a plan, else of the configuration.

use super::complaint::{hint, meant, refused};
use super::{File, directory, parse, path, text};
use crate::cli::Globals;
use crate::exit::Failure;
use jiff::tz::TimeZone;
use lifeboat_drill::plan::{Finding, PlanError, ResolvedDrill, Tables, validate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Drills that can be run, and what is odd about them.
#[derive(Debug, Default)]
pub(crate) struct Drills {
    /// By name.
    pub(crate) drills: BTreeMap<String, ResolvedDrill>,
    /// Errors come first.
    pub(crate) findings: Vec<Finding>,
}

/// The drills of this plan, else those of the configuration; none where there is neither.
///
/// # Errors
/// When a file cannot be read or is not understood, or what it says makes no sense.
pub(crate) fn drills(globals: &Globals, plan: Option<&Path>) -> Result<Drills, Failure> {
    let config = path(globals);
    let file = config.as_deref().map(File::read).transpose()?.unwrap_or_default();
    let repositories: BTreeSet<String> = file.repository.keys().cloned().collect();
    match (plan, config.as_deref()) {
        (Some(plan), _) => Drills::of(plan, parse(plan, &text("--plan", plan)?)?, &repositories),
        (None, Some(config)) => Drills::of(config, file.into_tables(), &repositories),
        (None, None) => Ok(Drills::default()),
    }
}

impl Drills {
    fn of(path: &Path, tables: Tables, repositories: &BTreeSet<String>) -> Result<Self, Failure> {
        let tables = tables.seen_from(directory(path));
        let drills = tables.resolve().map_err(|error| senseless(path, &error))?;
        for drill in drills.values() {
            look_at_zone(path, drill)?;
        }
        let findings = validate(&tables, &drills, repositories);
        Ok(Self { drills, findings })
    }
}

fn senseless(path: &Path, error: &PlanError) -> Failure {
    let hint = match error {
        PlanError::NoCheck { check, known, .. } => {
            let known = meant(check, known.iter().map(String::as_str));
            let add = || format!("add [check.{check}] to {}", path.display());
            known.map_or_else(add, |known| format!("write {known} in {}", path.display()))
        }
        _ => hint(path),
    };
    refused(path, &error.to_string(), hint)
}

/// Whether this machine knows the time zone.
fn look_at_zone(path: &Path, drill: &ResolvedDrill) -> Result<(), Failure> {
    let zone = drill.timing.as_ref().and_then(|timing| timing.zone.as_deref());
    match zone.map(TimeZone::get) {
        None | Some(Ok(_)) => Ok(()),
        Some(Err(error)) => {
            let cause = format!("[drill.{}]: zone: {error}", drill.name);
            let hint = format!("write a name as Europe/Berlin or UTC in {}", path.display());
            Err(refused(path, &cause, hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Code;
    use lifeboat_drill::plan::Severity;

    fn of(text: &str) -> Result<Drills, Failure> {
        let path = Path::new("/etc/plan.toml");
        Drills::of(path, parse(path, text)?, &BTreeSet::new())
    }

    #[test]
    fn plans_become_drills() {
        let text = "[drill.a]\nscenario = \"restore-full\"\nsandbox = { dir = \"box\" }\n\
            schedule = \"0 4 * * 0\"\nzone = \"UTC\"\n[check.b]\ntype = \"archive\"\nglob = \"*.zip\"\n";
        let Drills { drills, findings } = of(text).unwrap();
        assert_eq!(drills["a"].sandbox.dir.as_deref(), Some(Path::new("/etc/box")));
        let findings: Vec<_> =
            findings.iter().map(|finding| (finding.severity, finding.table.as_str())).collect();
        assert_eq!(findings, [(Severity::Warning, "check.b")]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_was_meant() {
        let drill = |rest: &str| format!("[drill.a]\nscenario = \"restore-sample\"\n{rest}\n");
        for (text, cause, hint) in [
            (
                drill("checks = [\"contents\"]"),
                "[drill.a]: checks: there is no [check.contents]",
                "write content in /etc/plan.toml",
            ),
            (
                drill("checks = [\"pg\"]"),
                "[drill.a]: checks: there is no [check.pg]",
                "add [check.pg] to /etc/plan.toml",
            ),
            (
                drill("pick = 3"),
                "[drill.a]: pick: the scenario restore-sample has no use for it",
                "mend the file: /etc/plan.toml",
            ),
            (
                drill("schedule = \"0 0 * * *\"\nzone = \"Mars/Base\""),
                "[drill.a]: zone: ",
                "write a name as Europe/Berlin",
            ),
            (
                "[repository.nas]\nurl = \"/nas\"\n".to_owned(),
                "line 1: unknown field `repository`",
                "mend the file",
            ),
        ] {
            let failure = of(&text).unwrap_err();
            assert!(
                failure.message().starts_with(&format!("/etc/plan.toml: {cause}")),
                "{}",
                failure.message()
            );
            assert!(failure.hint.starts_with(hint), "{}", failure.hint);
            assert_eq!(failure.code, Code::Usage);
        }
    }
}
