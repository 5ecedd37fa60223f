//! `version`.

use crate::app::App;
use crate::exit::Failure;
use clap::Args;

/// Print the version of the program
#[derive(Args, Debug)]
pub(crate) struct Version {}

impl Version {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        app.report.version();
        Ok(())
    }
}
