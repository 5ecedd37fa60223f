//! `drill selftest`.

use super::chosen::chosen;
use super::run::{tell, verdict};
use crate::app::App;
use crate::drills;
use crate::exit::Failure;
use crate::progress;
use crate::report::Work;
use clap::Args;
use lifeboat_drill::record::{Chain, Record, SCHEMA};
use lifeboat_drill::selftest;
use std::path::PathBuf;

/// See that every check of a drill fails when what it looks at is spoilt
///
/// The drill is carried out; each check that passes is then shown faults of its own, and has to fail on each. One that stays green voids what it said
/// before: the exit code is then 6. Nothing is recorded.
#[derive(Args, Debug)]
pub(super) struct Selftest {
    /// A drill of the plan; the usual one if nothing is said
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// File with [drill.NAME] tables and what belongs to them; the configuration if nothing is said
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// Directory in which the drill makes the one that it restores to, whatever the plan says
    #[arg(long, value_name = "DIR")]
    sandbox: Option<PathBuf>,
}

impl Selftest {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let mut ended = Ok(());
        for mut chosen in chosen(app, self.name.as_deref(), self.plan.as_deref(), false)? {
            chosen.drill.sandbox.dir = self.sandbox.clone().or(chosen.drill.sandbox.dir);
            super::gc::sweep(app, chosen.drill.sandbox.dir.as_deref())?;
            let key = drills::keys(&chosen.drill).into_iter().next().flatten();
            let site = drills::site(app, &chosen.drill, chosen.trigger, key)?;
            let (rehearsed, interruption) = progress::watch_through(app, Work::Drill, |observer| {
                selftest(&chosen.drill, &site, observer)
            })?;
            let rehearsed = rehearsed?;
            if let Some(failure) = interruption {
                return Err(failure);
            }
            tell(app, &rehearsed);
            let account = rehearsed.account.clone();
            app.report.drill(&Record { schema: SCHEMA.to_owned(), chain: Chain::default(), account });
            let found = verdict(rehearsed);
            ended = ended.and(found);
        }
        ended
    }
}
