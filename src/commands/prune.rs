//! `prune`.

use super::verdict;
use crate::app::App;
use crate::exit::Failure;
use crate::report::Work;
use crate::{progress, retention, size};
use clap::Args;
use lifeboat_engine::{PruneOptions, Unused, VerifyWrites, prune};

/// Give back the space of what no snapshot needs
///
/// Backups and restores go on meanwhile, from any machine. What was forgotten less than a day ago stays, so that it can be had back, and
/// so does what interrupted backups have stored within the last fourteen days, which the next one uses.
#[derive(Args, Debug)]
pub(crate) struct Prune {
    /// Tell what would go, and leave everything as it is
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Promise that nobody else uses the repository, nor did for some minutes: needed where the storage may show changes late
    #[arg(long)]
    exclusive: bool,

    #[command(flatten)]
    how: How,
}

/// How much is worth what.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Pruning")]
pub(super) struct How {
    /// Copy what is needed of packs until no more than this is stored in vain: a share of what is needed, a size, or unlimited to copy nothing
    #[arg(long, value_name = "x%|SIZE|unlimited", default_value = "2%", value_parser = retention::unused)]
    max_unused: Unused,

    /// Copy no more than this
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_repack_size: Option<u64>,

    /// Wait for nothing: what was forgotten just now cannot be had back, and a restore of it that is under way fails
    #[arg(long)]
    now: bool,
}

impl Prune {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        self.how.run(app, self.exclusive, self.dry_run)
    }
}

impl How {
    /// Prunes and tells.
    pub(super) fn run(self, app: &App<'_>, exclusive: bool, dry_run: bool) -> Result<(), Failure> {
        let repository = app.frugal(if dry_run { app.open()? } else { app.open_alone(exclusive)? });
        let workers = App::workers(repository.memory())?;
        let options = PruneOptions {
            max_unused: self.max_unused,
            max_repack: self.max_repack_size,
            now: self.now,
            dry_run,
            compression: app.compression(),
            verify_writes: VerifyWrites::All,
        };
        let (report, run) = progress::watch(app, Work::Prune, dry_run, |observer| {
            prune(&repository, &options, &workers, observer)
        })?;
        app.report.prune(&report, &run);
        verdict::of(&report.problems, Work::Prune)
    }
}
