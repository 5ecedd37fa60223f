//! `init`.

use crate::app::App;
use crate::exit::Failure;
use clap::Args;
use clap::builder::RangedU64ValueParser;
use lifeboat_engine::KdfParams;
use lifeboat_repository::InitOptions;

/// Make a repository in a directory that is new or empty
///
/// The password that opens it is asked for, or comes from LIFEBOAT_PASSWORD, --password-file or
/// --password-command. Without it nothing can be restored, by nobody.
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// Average size of the chunks that files are cut into, in KiB; it cannot be changed later
    #[arg(long, value_name = "KIB", value_parser = RangedU64ValueParser::<u32>::new().range(1..=4096))]
    chunk_size: Option<u32>,

    /// Memory that trying a password costs, in KiB
    #[arg(long, value_name = "KIB", value_parser = RangedU64ValueParser::<u32>::new().range(32..=4_194_304))]
    kdf_memory: Option<u32>,
}

impl Init {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let usual = KdfParams::default();
        let options = InitOptions {
            kdf: KdfParams { memory_kib: self.kdf_memory.unwrap_or(usual.memory_kib), ..usual },
            chunk_average: self.chunk_size.map(|kib| kib << 10),
            ..InitOptions::default()
        };
        let repository = app.init(options)?;
        app.report.initialized(&repository.config().repository.to_string(), &repository.location());
        Ok(())
    }
}
