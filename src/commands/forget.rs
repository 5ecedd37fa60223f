//! `forget`.

use super::prune::How;
use super::verdict;
use crate::app::App;
use crate::calendar::Local;
use crate::exit::Failure;
use crate::progress;
use crate::report::Work;
use crate::retention::{Retention, group_by};
use crate::snapshot_choice::Choice;
use clap::Args;
use lifeboat_engine::{ForgetOptions, GroupBy, forget, undo, undoable};

/// Forget snapshots that are named, or that no rule keeps, or have them back
///
/// Rules look at the snapshots of each machine and its paths by themselves, in the time zone of this machine; snapshots in which something is missing
/// take nobody's place. Forgotten snapshots are listed no more, and are gone when prune gives back their space.
#[derive(Args, Debug)]
pub(crate) struct Forget {
    /// These, whatever the rules say: latest, latest~N, or the beginning of an id
    #[arg(value_name = "SNAP")]
    references: Vec<String>,

    #[command(flatten)]
    choice: Choice,

    /// What the snapshots have in common that a rule looks at together: host, paths, tags, or several of them; nothing for all
    #[arg(long, value_name = "LIST", default_value = "host,paths", value_parser = group_by)]
    group_by: GroupBy,

    /// Let rules forget all of what they look at together
    #[arg(long)]
    allow_none: bool,

    /// Tell what would be forgotten
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Have forgotten snapshots back that no prune has swept yet; without a name, list them
    #[arg(long, conflicts_with_all = ["allow_none", "dry_run", "prune"])]
    undo: bool,

    /// Prune afterwards
    #[arg(long)]
    prune: bool,

    /// For --prune, promise that nobody else uses the repository, nor did for some minutes
    #[arg(long, requires = "prune")]
    exclusive: bool,

    #[command(flatten)]
    retention: Retention,

    #[command(flatten)]
    how: How,
}

impl Forget {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let policy = self.retention.policy();
        if self.undo {
            return match policy.is_empty() {
                true => have_back(app, &self.references),
                false => Err(Failure::usage(
                    "rules say what to keep, not what to have back",
                    "name what to have back: lifeboat forget --undo SNAP",
                )),
            };
        }
        if policy.is_empty() && self.references.is_empty() {
            return Err(Failure::usage(
                "nothing says what to forget",
                "say what to keep, or name snapshots: lifeboat forget --keep-daily 7, lifeboat forget SNAP",
            ));
        }
        let repository = app.open()?;
        let options = ForgetOptions {
            filter: self.choice.filter()?,
            reason: policy.to_string(),
            policy,
            group_by: self.group_by,
            named: self.references,
            allows_none: self.allow_none,
            dry_run: self.dry_run,
        };
        let report = forget(&repository, &options, &Local::of_this_machine())?;
        app.report.forget(&report, self.dry_run);
        verdict::of(&report.problems, Work::List)?;
        match self.prune {
            true => self.how.run(app, self.exclusive, self.dry_run),
            false => Ok(()),
        }
    }
}

/// Has snapshots back, or lists those that can be had.
fn have_back(app: &App<'_>, references: &[String]) -> Result<(), Failure> {
    let repository = app.open()?;
    if references.is_empty() {
        let (undoable, _) =
            progress::watch(app, Work::List, false, |observer| undoable(&repository, observer))?;
        app.report.undoable(&undoable);
        return Ok(());
    }
    let (report, _) =
        progress::watch(app, Work::List, false, |observer| undo(&repository, references, observer))?;
    app.report.undone(&report.snapshots);
    report.problems.iter().for_each(|problem| app.report.problem(problem, Work::List));
    verdict::of(&report.problems, Work::List)
}
