//! `init`.

use super::key::{KDF_MEMORY, add_recovery_sheet};
use crate::app::{App, NO_SHEET};
use crate::exit::Failure;
use crate::key_file::NewKeyFile;
use crate::{environment, size, terminal};
use clap::{Args, value_parser};
use lifeboat_engine::KdfParams;
use lifeboat_repository::InitOptions;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Sizes of packs, in MiB, as restic has them.
pub(super) const PACK_SIZE: RangeInclusive<u32> = 4..=128;

/// Make a repository in a directory that is new or empty
///
/// The password that opens it is asked for, or comes from LIFEBOAT_PASSWORD, --password-file or
/// --password-command. Without it, or a recovery sheet, nothing can be restored, by nobody.
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// Average size of the chunks that files are cut into, in KiB: 1 to 4096, 96 if nothing is said; it
    /// cannot be changed later
    #[arg(long, value_name = "KIB", value_parser = size::kib(1..=4096), conflicts_with = "same_keys_as")]
    chunk_size: Option<u32>,

    /// Take the keys and the chunk size of this repository, so that copies between the two cost least and each heals the
    /// other: a place, opened as the new one is, or a name of the configuration, which has its own password
    #[arg(long, value_name = "URL|NAME")]
    same_keys_as: Option<PathBuf>,

    /// Size at which packs, the files with the data, are closed, in MiB: 4 to 128, 32 if nothing is said; it cannot be
    /// changed later
    #[arg(long, value_name = "MIB", value_parser = size::mib(PACK_SIZE))]
    pack_size: Option<u32>,

    /// Memory that trying a password costs, in KiB: 32 to 4194304 (4 GiB), 65536 (64 MiB) if nothing is said. Less than
    /// that makes guessing cheap
    #[arg(long, value_name = "KIB", value_parser = size::kib(KDF_MEMORY))]
    kdf_memory: Option<u32>,

    /// Redundancy that mends damaged sectors, in percent of what is stored: 0 (none) to 25, 3 if nothing is said on a
    /// local disk, 0 elsewhere. 3 cost about 4 % of the space and mend 60 sectors anywhere, or 1000 KiB in a row, in
    /// every 32 MiB; it cannot be changed later
    #[arg(long, value_name = "PERCENT", value_parser = value_parser!(u32).range(0..=25))]
    parity: Option<u32>,

    /// Make this file with words that open the repository when the password is lost, to be printed and deleted
    #[arg(long, value_name = "FILE")]
    recovery_sheet: Option<PathBuf>,
}

impl Init {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let usual = KdfParams::default();
        // Whoever wants a sheet and cannot have it wants no repository either.
        let sheet = self.recovery_sheet.as_deref().map(NewKeyFile::create).transpose()?;
        let about = environment::maker();
        let other = self.same_keys_as.as_deref().map(|name| app.open_other(name, None)).transpose()?;
        let options = InitOptions {
            about: about.clone(),
            kdf: KdfParams { memory_kib: self.kdf_memory.unwrap_or(usual.memory_kib), ..usual },
            parity: self.parity.map_or_else(|| app.usual_parity(), Ok)?,
            same_keys_as: other,
            chunk_average: self.chunk_size.map(|kib| kib << 10),
            pack_size: self.pack_size.map(|mib| mib << 20),
            ..InitOptions::default()
        };
        let (repository, typed) = app.init(&options)?;
        let config = repository.config();
        app.report.initialized(&config.repository.to_string(), &repository.location(), config.exclusive);
        match if typed { sheet.map_or_else(offer_sheet, |sheet| Ok(Some(sheet)))? } else { sheet } {
            Some(sheet) => add_recovery_sheet(app, &repository, sheet, &about),
            None => {
                app.report.note(NO_SHEET);
                Ok(())
            }
        }
    }
}

/// Where a person who is there anyway wants a recovery sheet, if anywhere.
fn offer_sheet() -> Result<Option<NewKeyFile>, Failure> {
    let answer = terminal::line("file for a recovery sheet, to be printed and deleted (none if empty): ")?;
    match answer.is_empty() {
        true => Ok(None),
        false => NewKeyFile::create(Path::new(&answer)).map(Some),
    }
}
