//! `key remove`.

use super::Alone;
use crate::app::App;
use crate::exit::Failure;
use crate::report::KeyChange;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Take away a way to open the repository
///
/// What opened the repository now cannot be removed, so that one way in always stays. Whoever has read the repository
/// with the removed password or key may have kept the keys behind it: what was saved before stays readable to them if
/// they still reach the storage.
#[derive(Args, Debug)]
pub(super) struct Remove {
    /// The beginning of its id, as `lifeboat key list` shows it
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    #[command(flatten)]
    alone: Alone,
}

impl Remove {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let id = app.open_alone(self.alone.exclusive)?.slots().remove(&self.id)?;
        app.report.key(&KeyChange::Removed(&id));
        Ok(())
    }
}
