//! `key list`.

use crate::app::App;
use crate::commands::verdict;
use crate::exit::Failure;
use crate::report::Work;
use clap::Args;
use lifeboat_engine::{Problem, ProblemKind};

/// List what opens the repository, the oldest first; a star marks what opened it now
#[derive(Args, Debug)]
pub(super) struct List {}

impl List {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let list = app.open()?.slots().list()?;
        app.report.keys(&list.slots);
        let (newer, damaged): (Vec<_>, Vec<_>) =
            list.faults.into_iter().partition(|(_, error)| error.is_newer());
        for (name, error) in newer {
            app.report.note(&format!("{name}: {error}"));
        }
        let problem = |(name, error): (String, _)| Problem {
            kind: ProblemKind::Damage,
            path: name.into(),
            cause: format!("{error}"),
        };
        let problems: Vec<_> = damaged.into_iter().map(problem).collect();
        problems.iter().for_each(|problem| app.report.problem(problem, Work::List));
        verdict::of(&problems, Work::List)
    }
}
