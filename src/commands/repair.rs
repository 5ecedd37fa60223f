//! `repair`.

use super::verdict;
use crate::app::App;
use crate::exit::Failure;
use crate::progress;
use crate::replicas::Replicas;
use crate::report::Work;
use clap::Args;
use lifeboat_engine::{RepairOptions, repair};

/// Make what is damaged whole again, as far as anything still has it
///
/// From second copies, from the parity of packs, from replicas with the same keys; the index is made again from the packs. Nothing is ever deleted.
/// What nothing has is put under quarantine: the next backup stores it again where its source still has it, and the
/// files that lose by it are named, with exit code 4.
#[derive(Args, Debug)]
pub(crate) struct Repair {
    /// Tell what would be done, and leave everything as it is
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Look for packs that are missing or too short only, and trust the content of the others instead of reading it
    #[arg(long)]
    no_read_data: bool,

    #[command(flatten)]
    replicas: Replicas,
}

impl Repair {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let repository = self.replicas.help(app, app.open()?)?;
        let workers = App::workers(repository.memory())?;
        let options = RepairOptions {
            trusts_content: self.no_read_data,
            packs: None,
            dry_run: self.dry_run,
            compression: app.compression(),
        };
        let (report, run) = progress::watch(app, Work::Repair, self.dry_run, |observer| {
            repair(&repository, &options, &workers, observer)
        })?;
        app.report.repair(&report, &run);
        verdict::of(&report.problems, Work::Repair)
    }
}
