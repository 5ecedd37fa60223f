//! `drill`: rehearse recovery. One file per verb below it.

mod canary;
mod chosen;
mod gc;
mod outputs;
mod report;
mod run;
mod selftest;
mod validate;

use crate::app::App;
use crate::exit::Failure;
use clap::{Args, Subcommand};

/// Rehearse recovery, and keep the evidence
///
/// A drill restores into a directory of its own, checks what came back, and judges it; what it found is signed and stored in the repository, of which it
/// changes nothing else.
#[derive(Args, Debug)]
pub(crate) struct Drill {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(run::Run),
    Validate(validate::Validate),
    Selftest(selftest::Selftest),
    Canary(canary::Canary),
    Gc(gc::Gc),
    Report(report::Report),
}

impl Drill {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        match self.verb {
            Verb::Run(run) => run.run(app),
            Verb::Validate(validate) => validate.run(app),
            Verb::Selftest(selftest) => selftest.run(app),
            Verb::Canary(canary) => canary.run(app),
            Verb::Gc(gc) => gc.run(app),
            Verb::Report(report) => report.run(app),
        }
    }
}
