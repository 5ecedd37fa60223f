//! `key passwd`.

use super::Alone;
use super::new::{About, NewPassword};
use crate::app::App;
use crate::exit::{Code, Failure};
use crate::report::KeyChange;
use clap::Args;
use lifeboat_repository::SlotKind;

/// Change the password that opened the repository
///
/// The new one is added and proved to work before the old one goes. Other passwords, key files and recovery sheets
/// stay as they are.
#[derive(Args, Debug)]
pub(super) struct Passwd {
    #[command(flatten)]
    password: NewPassword,

    #[command(flatten)]
    about: About,

    #[command(flatten)]
    alone: Alone,
}

impl Passwd {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let repository = app.open_alone(self.alone.exclusive)?;
        let slots = repository.slots();
        let current = slots.current()?;
        if current.kind != SlotKind::Password {
            let cause =
                anyhow::anyhow!("the repository was opened without a password: there is none to change");
            return Err(Failure::new(Code::Failed, cause, "add a password: lifeboat key add"));
        }
        let mut about = self.about.into_slot_about();
        about.label = about.label.or_else(|| current.about.label.clone());
        let kdf = self.password.kdf(&current);
        let added = slots.replace_current(&self.password.read(&slots)?, kdf, &about)?;
        app.report.key(&KeyChange::Added(&added));
        app.report.key(&KeyChange::Removed(&current.id.to_string()));
        Ok(())
    }
}
