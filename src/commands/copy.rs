//! `copy`.

use super::verdict;
use crate::app::App;
use crate::credential::Source;
use crate::exit::Failure;
use crate::progress;
use crate::report::{Run, Work};
use crate::snapshot_choice::Choice;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use lifeboat_engine::{CopyOptions, CopyReport, EngineError, VerifyWrites, copy};
use lifeboat_repository::Repository;
use std::path::PathBuf;

/// Copy snapshots to other repositories
///
/// Only what is missing there travels. A copy has the id of its snapshot, and is not copied again; one that was forgotten there is, when it is
/// named. A copy that was interrupted goes on where it ended. Between repositories with the same keys (init --same-keys-as) stored data travels as it is;
/// else it is opened, and encrypted anew. Snapshots in which something is damaged are named and left out.
#[derive(Args, Debug)]
pub(crate) struct Copy {
    /// These: latest, latest~N, or the beginning of an id; all if none is named
    #[arg(value_name = "SNAP")]
    references: Vec<String>,

    /// Where to: a place, or a name of the configuration; repeat it for more
    #[arg(long, value_name = "URL|NAME", required = true)]
    to: Vec<PathBuf>,

    /// Tell what would be copied
    #[arg(short = 'n', long)]
    dry_run: bool,

    #[command(flatten)]
    key: Key,

    #[command(flatten)]
    choice: Choice,
}

/// What opens the targets that have no key in the configuration; what opens the repository if nothing is said.
#[derive(Args, Clone, Debug)]
#[group(multiple = false)]
struct Key {
    /// File with the password of the targets that have none in the configuration; that of the repository if nothing is said
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,

    /// Command for the shell that prints it
    #[arg(long, value_name = "COMMAND", value_parser = NonEmptyStringValueParser::new())]
    to_password_command: Option<String>,

    /// File with a key, or with the words of a recovery sheet, in place of it
    #[arg(long, value_name = "FILE")]
    to_key_file: Option<PathBuf>,
}

impl Key {
    fn source(&self) -> Option<Source> {
        let file = self.to_password_file.clone().map(Source::PasswordFile);
        let command = self.to_password_command.clone().map(Source::PasswordCommand);
        file.or(command).or_else(|| self.to_key_file.clone().map(Source::KeyFile))
    }
}

impl Copy {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let options = CopyOptions {
            filter: self.choice.filter()?,
            named: self.references.clone(),
            dry_run: self.dry_run,
            compression: app.compression(),
            verify_writes: VerifyWrites::All,
        };
        let repository = app.open()?;
        let key = self.key.source();
        // Who mistyped one place learns it before anything is copied.
        let open = |name: &PathBuf| app.open_other(name, key.as_ref());
        let targets = self.to.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        if let Some(same) = targets.iter().find(|target| is_same(target, &repository)) {
            return Err(Failure::usage(
                format!("{} is the repository itself", same.location()),
                "name another one: lifeboat copy --to URL",
            ));
        }
        let with_workers = |target: Repository| Ok((App::workers(target.memory())?, target));
        let targets = targets.into_iter().map(with_workers).collect::<Result<Vec<_>, Failure>>()?;
        let (ended, run) = progress::watch(app, Work::Copy, self.dry_run, |observer| {
            let mut ended = Vec::new();
            for (workers, target) in &targets {
                match copy(&repository, target, &options, workers, observer) {
                    Err(EngineError::Interrupted) => return Err(EngineError::Interrupted),
                    // The other targets want their copies, too.
                    other => ended.push((target.location(), other)),
                }
            }
            Ok(ended)
        })?;
        let mut failed = Ok(());
        for (target, ended) in ended {
            let ended = tell(app, &target, ended, &run);
            match (&failed, ended) {
                (Err(_), Err(another)) => app.report.note(&another.message()),
                (Ok(()), ended) => failed = ended,
                (Err(_), Ok(())) => {}
            }
        }
        failed
    }
}

/// Tells how a copy to one of the targets ended.
fn tell(
    app: &App<'_>,
    target: &str,
    ended: Result<CopyReport, EngineError>,
    run: &Run,
) -> Result<(), Failure> {
    let report = ended.map_err(Failure::from).map_err(|failure| Failure {
        cause: failure.cause.context(format!("cannot copy to {target}")),
        ..failure
    })?;
    app.report.copy(&report, target, run);
    verdict::of(&report.problems, Work::Copy)
}

fn is_same(one: &Repository, other: &Repository) -> bool {
    one.config().repository == other.config().repository
}
