//! `completions`.

use crate::app::App;
use crate::cli::Cli;
use crate::exit::Failure;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

/// Print a script that lets a shell complete commands and options
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "lifeboat", &mut script);
        app.report.script(&script);
        Ok(())
    }
}
