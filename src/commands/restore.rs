//! `restore`.

use super::verdict;
use crate::app::App;
use crate::exit::{Code, Failure};
use crate::replicas::Replicas;
use crate::report::Work;
use crate::selected::Selected;
use crate::snapshot_choice::Choice;
use crate::{progress, source_path};
use clap::{Args, ValueEnum};
use lifeboat_engine::{Overwrite, RestoreOptions, restore, split_reference};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Bring files back into a directory, new or not
///
/// SNAP puts every saved path below the directory with its full path; SNAP:/sub/path puts what is in that path
/// directly into it. A file whose stored data is damaged is named and left out; the exit code is then 4. What is in the
/// directory besides stays; what has the name of a saved file stays until its replacement is complete.
#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// The snapshot (latest, latest~N, or the beginning of an id), and a path to restore only what is below it
    #[arg(value_name = "SNAP[:PATH]")]
    reference: OsString,

    /// Where to put the files
    #[arg(value_name = "DIR", required_unless_present = "target", conflicts_with = "target")]
    directory: Option<PathBuf>,

    /// Where to put the files
    #[arg(short, long, value_name = "DIR")]
    target: Option<PathBuf>,

    /// When files that are there already are replaced
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    overwrite: When,

    /// Say what would be restored (with -v each item), but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Give files to the users and groups of the saved names; numbers count only where a name is unknown here
    #[arg(long)]
    ownership_by_name: bool,

    /// Make holes of runs of zeros; what was a hole when it was saved becomes one anyway
    #[arg(long)]
    sparse: bool,

    /// Read every restored file again from the disk, and compare it with what is stored
    #[arg(long, conflicts_with = "dry_run")]
    verify: bool,

    #[command(flatten)]
    replicas: Replicas,

    #[command(flatten)]
    choice: Choice,

    #[command(flatten)]
    selected: Selected,
}

/// When what is there makes way for what was saved.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum When {
    /// When they differ, which their content tells
    #[default]
    Always,
    /// Likewise, but the same size and modification time count as the same
    IfChanged,
    /// When their modification time is older
    IfNewer,
    /// Never: only what is missing is added
    Never,
}

impl From<When> for Overwrite {
    fn from(when: When) -> Self {
        match when {
            When::Always => Self::Always,
            When::IfChanged => Self::IfChanged,
            When::IfNewer => Self::IfNewer,
            When::Never => Self::Never,
        }
    }
}

impl Restore {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let (reference, path) = split_reference(self.reference.as_bytes());
        let target = self.target.or(self.directory).expect("clap demands one of the two");
        let options = RestoreOptions {
            target: source_path::absolute(&target)?,
            path,
            dry_run: self.dry_run,
            ownership_by_name: self.ownership_by_name,
            sparse: self.sparse,
            verify: self.verify,
            overwrite: self.overwrite.into(),
            selection: self.selected.selection()?,
        };
        let repository = self.replicas.help(app, app.open()?)?;
        refuse_inside_of_repository(app, &options.target)?;
        let all = self.choice.list(&repository)?;
        for fault in &all.faults {
            app.report.problem(fault, Work::Restore);
        }
        let snapshot = self.choice.find(app, &all, &reference)?;
        let workers = App::workers(repository.memory())?;
        let (report, run) = progress::watch(app, Work::Restore, self.dry_run, |observer| {
            restore(&repository, &all.view, snapshot, &options, &workers, observer)
        })?;
        app.report.restore(&report, &run);
        verdict::of(&[report.problems, all.faults].concat(), Work::Restore)
    }
}

/// Foreign files would end up among the objects, and could be taken for them.
fn refuse_inside_of_repository(app: &App<'_>, target: &Path) -> Result<(), Failure> {
    // The target need not exist yet; where it will lie is decided by what exists of the way to it.
    let existing = target.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
    match (app.directory()?, existing) {
        (Some(repository), Some(existing)) if existing.starts_with(&repository) => Err(Failure::new(
            Code::Failed,
            anyhow::anyhow!("the target {} lies inside of the repository", target.display()),
            "name a directory elsewhere: lifeboat restore SNAP --target DIR",
        )),
        _ => Ok(()),
    }
}
