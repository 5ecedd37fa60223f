//! `verify`.

use super::verdict;
use crate::app::App;
use crate::exit::Failure;
use crate::progress;
use crate::report::Work;
use clap::Args;
use lifeboat_engine::{VerifyOptions, verify};

/// Prove that what is stored is sound
///
/// Checks the log, the index, that every pack is there, and the directories of every snapshot. What is damaged is
/// named, with the files that lose by it; the exit code is then 4.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Read and open all stored data too, which takes as long as reading the whole repository
    #[arg(long)]
    read_data: bool,
}

impl Verify {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let repository = app.open()?;
        let workers = app.workers()?;
        let options = VerifyOptions { read_data: self.read_data };
        let (report, run) = progress::watch(app, Work::Verify, false, |observer| {
            verify(&repository, &options, &workers, observer)
        })?;
        app.report.verify(&report, &run);
        verdict::of(&report.problems, Work::Verify)
    }
}
