//! The verbs, one file each: its arguments, whose comments are its help, and what it does with them.

mod backup;
mod completions;
mod copy;
mod doctor;
mod drill;
mod evidence;
mod forget;
mod init;
mod key;
mod ls;
mod prune;
mod repair;
mod restore;
mod sessions;
mod snapshots;
mod tag;
mod verdict;
mod verify;
mod version;

use crate::app::App;
use crate::cli::Cli;
use crate::exit::Failure;
use crate::report::{Report, Work};
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Init),
    #[command(visible_alias = "create")]
    Backup(Box<backup::Backup>),
    #[command(visible_alias = "list")]
    Snapshots(snapshots::Snapshots),
    Ls(ls::Ls),
    Restore(restore::Restore),
    #[command(visible_alias = "check")]
    Verify(verify::Verify),
    Forget(Box<forget::Forget>),
    #[command(visible_alias = "gc", alias = "compact")]
    Prune(prune::Prune),
    Repair(repair::Repair),
    #[command(visible_alias = "sync")]
    Copy(copy::Copy),
    Tag(tag::Tag),
    Sessions(sessions::Sessions),
    Drill(drill::Drill),
    Key(key::Key),
    Evidence(evidence::Evidence),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Version(version::Version),
}

impl Command {
    /// What it does, as reports call it.
    fn work(&self) -> Work {
        match self {
            Self::Backup(_) => Work::Backup,
            Self::Restore(_) => Work::Restore,
            Self::Verify(_) => Work::Verify,
            Self::Prune(_) => Work::Prune,
            Self::Repair(_) => Work::Repair,
            Self::Copy(_) => Work::Copy,
            Self::Drill(_) => Work::Drill,
            _ => Work::List,
        }
    }
}

/// Does what the arguments ask for.
pub(crate) fn run(cli: Cli, report: &dyn Report) -> Result<(), Failure> {
    let app = App::new(cli.globals, report);
    let work = cli.command.work();
    let done = app.lookout.during(report, || match cli.command {
        Command::Init(init) => init.run(&app),
        Command::Backup(backup) => backup.run(&app),
        Command::Snapshots(snapshots) => snapshots.run(&app),
        Command::Ls(ls) => ls.run(&app),
        Command::Restore(restore) => restore.run(&app),
        Command::Verify(verify) => verify.run(&app),
        Command::Forget(forget) => forget.run(&app),
        Command::Prune(prune) => prune.run(&app),
        Command::Repair(repair) => repair.run(&app),
        Command::Copy(copy) => copy.run(&app),
        Command::Tag(tag) => tag.run(&app),
        Command::Sessions(sessions) => sessions.run(&app),
        Command::Drill(drill) => drill.run(&app),
        Command::Key(key) => key.run(&app),
        Command::Evidence(evidence) => evidence.run(&app),
        Command::Doctor(doctor) => doctor.run(&app),
        Command::Completions(completions) => completions.run(&app),
        Command::Version(version) => version.run(&app),
    });
    if let Some(traffic) = app.lookout.traffic().filter(|_| app.globals.verbose > 0) {
        report.traffic(&traffic);
    }
    app.tell_replaced(work);
    done
}
