//! `evidence`: what rehearsals have shown. One file per verb below it.

mod export;
mod list;
mod verify;

use crate::app::App;
use crate::exit::Failure;
use crate::report::Work;
use clap::{Args, Subcommand};
use lifeboat_drill::evidence::{Chains, Finding};
use lifeboat_engine::{Problem, ProblemKind};
use lifeboat_repository::Repository;

/// List, verify and hand over what rehearsals of recovery have shown
///
/// Each rehearsal leaves a signed record in the repository, which nothing changes or deletes. Records are bound to each other,
/// so that it shows when one is altered or taken away.
#[derive(Args, Debug)]
pub(crate) struct Evidence {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    Verify(verify::Verify),
    Export(export::Export),
}

impl Evidence {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        match self.verb {
            Verb::List(list) => list.run(app),
            Verb::Verify(verify) => verify.run(app),
            Verb::Export(export) => export.run(app),
        }
    }
}

fn read(repository: &Repository) -> Result<Chains, Failure> {
    Ok(Chains::read(&repository.evidence(), &repository.evidence_key().public())?)
}

/// Names what does not fit.
fn tell(app: &App<'_>, findings: &[Finding]) -> Vec<Problem> {
    let problem = |finding: &Finding| Problem {
        kind: ProblemKind::Tampering,
        path: finding.place().into(),
        cause: finding.cause(),
    };
    let problems: Vec<_> = findings.iter().map(problem).collect();
    problems.iter().for_each(|problem| app.report.problem(problem, Work::Verify));
    problems
}
