//! The command line of lifeboat.
//!
//! Floor 4: people. Arguments come in, words and exit codes go out; what is done lies in the floors below.

mod amount;
mod app;
mod cache;
mod calendar;
mod cli;
mod commands;
mod compression;
mod config;
mod credential;
mod drills;
mod environment;
mod excludes;
mod exit;
mod file_lists;
mod finding;
mod key_file;
mod list_file;
mod lookout;
mod password;
mod patterns;
mod place;
mod progress;
mod read_data;
mod recovery_sheet;
mod replicas;
mod report;
mod retention;
mod selected;
mod signals;
mod size;
mod snapshot_choice;
mod source_path;
mod state;
mod store;
mod stream;
mod terminal;
mod time;

use cli::Cli;
use exit::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (report, ended) = match Cli::from_arguments() {
        Ok(cli) => {
            let report = report::for_people_or_programs(&cli.globals);
            let ended = signals::survive_file_size_limit().and_then(|()| commands::run(cli, &*report));
            (report, ended)
        }
        Err(refused) => refused.into_report(),
    };
    let handed_over = report.finish().map_err(Failure::output);
    match ended.and(handed_over) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report.failure(&failure);
            failure.code.into()
        }
    }
}
