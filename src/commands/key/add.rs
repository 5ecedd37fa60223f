//! `key add`.

use super::Alone;
use super::new::{About, NewPassword, add_key_file, add_recovery_sheet};
use crate::app::App;
use crate::exit::Failure;
use crate::key_file::NewKeyFile;
use crate::report::KeyChange;
use clap::Args;
use std::path::PathBuf;

/// Add a password, a key file or a recovery sheet that opens the repository
///
/// Without one of the options a new password is asked for. A key file serves machines: it opens without the cost of
/// trying a password. A recovery sheet is a page of words to be printed, for the day when the password is lost.
#[derive(Args, Debug)]
pub(super) struct Add {
    #[command(flatten)]
    password: NewPassword,

    /// Make a key, and this file with it, which only its owner can read
    #[arg(long, value_name = "FILE", group = "new")]
    new_key_file: Option<PathBuf>,

    /// Make a key, and this file with its words, to be printed and deleted
    #[arg(long, value_name = "FILE", group = "new")]
    recovery_sheet: Option<PathBuf>,

    #[command(flatten)]
    about: About,

    #[command(flatten)]
    alone: Alone,
}

impl Add {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let about = self.about.into_slot_about();
        let new_file = |path: &Option<PathBuf>| path.as_deref().map(NewKeyFile::create).transpose();
        let repository = app.open_alone(self.alone.exclusive)?;
        if let Some(file) = new_file(&self.new_key_file)? {
            return add_key_file(app, &repository, file, &about);
        }
        if let Some(file) = new_file(&self.recovery_sheet)? {
            return add_recovery_sheet(app, &repository, file, &about);
        }
        let slots = repository.slots();
        let current = slots.current()?;
        let added = slots.add(&self.password.read(&slots)?, self.password.kdf(&current), &about)?;
        app.report.key(&KeyChange::Added(&added));
        Ok(())
    }
}
