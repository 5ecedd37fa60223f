//! `key`: who can open the repository. One file per verb below it.

mod add;
mod list;
mod new;
mod passwd;
mod remove;

pub(super) use new::{KDF_MEMORY, add_recovery_sheet};

use crate::app::App;
use crate::exit::Failure;
use clap::{Args, Subcommand};

/// List, add, remove and change passwords, key files and recovery sheets
///
/// A repository has up to 16 key slots, each of which opens with a password, a key file or a recovery sheet of its
/// own. All of them open the same repository: adding and removing them re-encrypts nothing.
#[derive(Args, Debug)]
pub(crate) struct Key {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    Add(add::Add),
    Remove(remove::Remove),
    Passwd(passwd::Passwd),
}

/// The operator's promise to be alone.
#[derive(Args, Debug)]
struct Alone {
    /// Promise that nobody else uses the repository, nor did for some minutes: needed where the storage may show
    /// changes late
    #[arg(long)]
    exclusive: bool,
}

impl Key {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        match self.verb {
            Verb::List(list) => list.run(app),
            Verb::Add(add) => add.run(app),
            Verb::Remove(remove) => remove.run(app),
            Verb::Passwd(passwd) => passwd.run(app),
        }
    }
}
