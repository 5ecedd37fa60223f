//! `drill gc`.

use crate::app::App;
use crate::drills::publish;
use crate::environment;
use crate::exit::Failure;
use clap::Args;
use lifeboat_drill::record::Account;
use lifeboat_drill::{Sandbox, SandboxError};
use std::path::{Path, PathBuf};

/// Remove what drills that were killed have left, and record that they were
#[derive(Args, Debug)]
pub(super) struct Gc {
    /// Directory in which drills make theirs; TMPDIR or /var/tmp if nothing is said
    #[arg(long, value_name = "DIR")]
    sandbox: Option<PathBuf>,
}

impl Gc {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        match sweep(app, self.sandbox.as_deref())? {
            0 => app.report.note("no drill was killed here"),
            swept => app.report.note(&format!("drills that were killed and cleaned up after: {swept}")),
        }
        Ok(())
    }
}

/// Removes what killed drills of this repository have left in a directory, and records them; says how many there were.
pub(super) fn sweep(app: &App<'_>, dir: Option<&Path>) -> Result<u64, Failure> {
    let dir = dir.map_or_else(environment::temporary, Path::to_owned);
    // What cannot be looked at is refused by the drill itself, with its reason.
    let left = match dir.canonicalize() {
        Ok(dir) => Sandbox::left_in(&dir).map_err(Failure::from)?,
        Err(_) => Vec::new(),
    };
    let mut swept = 0;
    for (claim, sandbox) in left {
        let path = sandbox.path().to_owned();
        let account: Option<Account> = serde_json::from_slice(&claim).ok();
        if let Some(account) = account {
            let repository = app.open()?;
            if account.scope.repository != repository.config().repository.to_string() {
                // It is recorded by who drills that one.
                continue;
            }
            publish(app, &app.to_drill(None)?, &repository, &account, &[])?;
            app.report.note(&format!("the drill {} was killed: what it left is removed", account.plan.drill));
        }
        sandbox.remove().map_err(|error| removed(&path, error))?;
        swept += 1;
    }
    Ok(swept)
}

fn removed(path: &Path, error: SandboxError) -> Failure {
    let hint = format!("remove it by hand: rm -r {}", path.display());
    Failure { hint, ..Failure::from(error) }
}
