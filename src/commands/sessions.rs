//! `sessions`.

use super::verdict;
use crate::app::App;
use crate::exit::Failure;
use crate::progress;
use crate::report::Work;
use clap::Args;
use lifeboat_engine::sessions;

/// Show who is at work, and what waits: for a next backup, for being had back, for prune
///
/// Backups and prunes say while they run where they do; whoever dies leaves that behind. Nothing depends on it.
#[derive(Args, Debug)]
pub(crate) struct Sessions {}

impl Sessions {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let repository = app.open()?;
        let (report, _) =
            progress::watch(app, Work::List, false, |observer| sessions(&repository, observer))?;
        app.report.sessions(&report);
        for (name, error) in &report.unread {
            app.report.note(&format!("{name} cannot be read and is left alone: {error}"));
        }
        report.problems.iter().for_each(|problem| app.report.problem(problem, Work::List));
        verdict::of(&report.problems, Work::List)
    }
}
