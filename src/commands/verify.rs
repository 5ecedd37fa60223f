//! `verify`.

use super::verdict;
use crate::app::App;
use crate::exit::Failure;
use crate::replicas::Replicas;
use crate::report::Work;
use crate::{progress, read_data};
use clap::Args;
use lifeboat_engine::{ReadData, VerifyOptions, scrub, verify};

/// Prove that what is stored is sound
///
/// Checks the log, the index, that every pack is there, and the directories of every snapshot. What is damaged is
/// named, with the files that lose by it; the exit code is then 4. --scrub needs no password, only the right to read.
#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Read and open all stored data too, which takes as long as reading the whole repository
    #[arg(long, group = "depth")]
    read_data: bool,

    /// Read a part of it: group n of t, which is always the same, so that 1/t to t/t one after the other are all of it;
    /// or a random part, so many percent or bytes: 1/7, 2.5%, 5G
    #[arg(long, group = "depth", value_name = "n/t|x%|SIZE", value_parser = read_data::subset)]
    read_data_subset: Option<ReadData>,

    /// Read random parts of it until this time has passed or so much was read: 90s, 10m, 2h, 1d, or 500M, 2GiB
    #[arg(long, group = "depth", value_name = "TIME|SIZE", value_parser = read_data::budget)]
    budget: Option<ReadData>,

    /// Read every stored object and compare it with its name, without a password, on any copy of the repository; which
    /// files lose by what is damaged, and whether an object is missing, this cannot tell
    #[arg(long, group = "depth")]
    scrub: bool,

    #[command(flatten)]
    replicas: Replicas,
}

impl Verify {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        if self.scrub {
            return scrub_all(app);
        }
        let repository = self.replicas.help(app, app.open()?)?;
        let workers = App::workers(repository.memory())?;
        let all = || self.read_data.then_some(ReadData::All);
        let chosen = self.read_data_subset.or(self.budget).or_else(all);
        let options = VerifyOptions { read_data: chosen.unwrap_or_default() };
        let (report, run) = progress::watch(app, Work::Verify, false, |observer| {
            verify(&repository, &options, &workers, observer)
        })?;
        app.report.verify(&report, &run);
        verdict::of(&report.problems, Work::Verify)
    }
}

fn scrub_all(app: &App<'_>) -> Result<(), Failure> {
    let (objects, workers) = app.objects()?;
    let (report, run) =
        progress::watch(app, Work::Scrub, false, |observer| scrub(&objects, &workers, observer))?;
    app.report.scrub(&report, &run);
    verdict::of(&report.problems, Work::Scrub)
}
