//! `drill canary`.

use crate::app::App;
use crate::exit::Failure;
use clap::Args;
use jiff::Timestamp;

/// Print a token that says when it was made, for a file that every backup renews
///
/// lifeboat drill canary > FILE before each backup of FILE; the check canary of a drill then finds out whether a snapshot is as new as it claims.
#[derive(Args, Debug)]
pub(super) struct Canary {}

impl Canary {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let repository = app.open()?;
        let token = lifeboat_drill::canary(&repository, Timestamp::now(), app.environment.random.array());
        app.report.script(token.as_bytes());
        Ok(())
    }
}
