//! What `init`, `key add` and `key passwd` make: passwords, key files, recovery sheets, and what is told about them.

use crate::app::App;
use crate::exit::Failure;
use crate::key_file::NewKeyFile;
use crate::recovery_sheet::Sheet;
use crate::report::KeyChange;
use crate::{environment, password, size, time};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use lifeboat_engine::KdfParams;
use lifeboat_repository::{Credential, Key, Repository, SlotAbout, SlotInfo, Slots, key_file_text};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use zeroize::Zeroizing;

const OPTIONS: &str = "--new-password-file FILE and --new-password-command COMMAND";

/// Memory that trying a password may cost, in KiB.
pub(crate) const KDF_MEMORY: RangeInclusive<u32> = 32..=4 << 20;

/// Where a new password comes from.
#[derive(Args, Debug)]
pub(super) struct NewPassword {
    /// File with the new password
    #[arg(long, value_name = "FILE", group = "new")]
    new_password_file: Option<PathBuf>,

    /// Command for the shell that prints the new password
    #[arg(long, value_name = "COMMAND", group = "new", value_parser = NonEmptyStringValueParser::new())]
    new_password_command: Option<String>,

    /// Memory that trying the new password costs, in KiB: 32 to 4194304 (4 GiB); as that of the one in use if
    /// nothing is said
    #[arg(long, value_name = "KIB", value_parser = size::kib(KDF_MEMORY))]
    kdf_memory: Option<u32>,
}

impl NewPassword {
    /// The new password; typed twice if nothing else is said. It must open none of these slots yet.
    pub(super) fn read(&self, slots: &Slots<'_>) -> Result<Credential, Failure> {
        let password = match (&self.new_password_file, &self.new_password_command) {
            (Some(file), _) => password::of_file(file, "--new-password-file", OPTIONS)?,
            (None, Some(command)) => password::of_command(command, "--new-password-command", OPTIONS)?,
            (None, None) => {
                let typed = password::typed("new password: ", OPTIONS)?;
                password::confirm(&typed, "new password again: ")?;
                typed
            }
        };
        let credential = Credential::Password(password);
        slots.refuse_known(&credential)?;
        Ok(credential)
    }

    /// What trying it costs: no less than the password in use, if there is one.
    pub(super) fn kdf(&self, current: &SlotInfo) -> KdfParams {
        let as_now = current.kdf.unwrap_or_default();
        KdfParams { memory_kib: self.kdf_memory.unwrap_or(as_now.memory_kib), ..as_now }
    }
}

/// What is told about a new way in, to those who have one.
#[derive(Args, Debug)]
pub(super) struct About {
    /// What it is for, in your words
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,

    /// Name of the machine it is for, when not this one
    #[arg(long, value_name = "HOST")]
    host: Option<String>,

    /// Name of the user it is for, when not the one who types this
    #[arg(long, value_name = "USER")]
    user: Option<String>,
}

impl About {
    pub(super) fn into_slot_about(self) -> SlotAbout {
        let here = environment::maker();
        SlotAbout {
            host: self.host.unwrap_or(here.host),
            user: self.user.unwrap_or(here.user),
            label: self.label,
        }
    }
}

/// Makes a key, a key file of it, and a slot that opens with what the file says.
pub(super) fn add_key_file(
    app: &App<'_>,
    repository: &Repository,
    file: NewKeyFile,
    about: &SlotAbout,
) -> Result<(), Failure> {
    let key = Key::random(&*app.environment.random);
    add_file(app, repository, file, &key_file_text(&key), about)
}

/// Makes a key, a recovery sheet of it, and a slot that opens with what the sheet says.
pub(crate) fn add_recovery_sheet(
    app: &App<'_>,
    repository: &Repository,
    file: NewKeyFile,
    about: &SlotAbout,
) -> Result<(), Failure> {
    let directory = app.directory()?.map(|path| path.display().to_string());
    let sheet = Sheet {
        repository: &repository.config().repository.to_string(),
        location: &directory.unwrap_or_else(|| repository.location()),
        time: &time::local(app.environment.clock.now()),
        host: &about.host,
        user: &about.user,
    };
    let page = sheet.page(&Key::random(&*app.environment.random));
    add_file(app, repository, file, &page, about)?;
    app.report.note(
        "print the recovery sheet, keep it where neither fire nor thieves get at it, and delete the file",
    );
    Ok(())
}

fn add_file(
    app: &App<'_>,
    repository: &Repository,
    mut file: NewKeyFile,
    text: &Zeroizing<String>,
    about: &SlotAbout,
) -> Result<(), Failure> {
    let credential = file.write(text)?;
    let added = repository.slots().add(&credential, KdfParams::default(), about)?;
    file.keep();
    app.report.key(&KeyChange::Added(&added));
    Ok(())
}
