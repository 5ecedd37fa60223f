//! `drill validate`.

use crate::app::App;
use crate::config;
use crate::exit::Failure;
use clap::Args;
use lifeboat_drill::plan::Severity;
use std::path::PathBuf;

/// Say what is wrong or odd about the drills of a plan, without a repository
///
/// A plan with an error ends with 2: one of its drills would prove nothing. What is only odd is told.
#[derive(Args, Debug)]
pub(super) struct Validate {
    /// File with [drill.NAME] tables and what belongs to them; the configuration if nothing is said
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

impl Validate {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let plan = config::drills(&app.globals, self.plan.as_deref())?;
        plan.findings.iter().for_each(|finding| app.report.note(&finding.to_string()));
        if plan.findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(Failure::usage(
                "the plan has drills that would prove nothing",
                "mend what is named above, and look again: lifeboat drill validate",
            ));
        }
        let names: Vec<_> = plan.drills.into_keys().collect();
        app.report.note(&match names.is_empty() {
            true => "there are no drills, and lifeboat drill run needs none".to_owned(),
            false => format!("drills that can be run: {}", names.join(", ")),
        });
        Ok(())
    }
}
