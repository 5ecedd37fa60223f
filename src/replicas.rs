//! Repositories that hold the same, and heal what is damaged in that of the run.

use crate::app::App;
use crate::exit::Failure;
use clap::Args;
use lifeboat_repository::Repository;
use std::path::{Path, PathBuf};

/// Where to look for what is damaged.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Replicas {
    /// Take what is damaged or missing from this repository, which has the same keys: a place, or a name of the
    /// configuration; repeat it for more
    #[arg(long = "replica", value_name = "URL|NAME")]
    names: Vec<PathBuf>,
}

impl Replicas {
    /// The replicas that are named here, and those that the configuration has for the repository of the run. One that only the
    /// configuration names may be out of reach, which is noted.
    ///
    /// # Errors
    /// When one that is named cannot be opened, or has other keys.
    pub(crate) fn open(&self, app: &App<'_>, repository: &Repository) -> Result<Vec<Repository>, Failure> {
        let named = self.names.iter().map(|name| open(app, repository, name));
        let mut replicas = named.collect::<Result<Vec<_>, _>>()?;
        for name in &app.place()?.replicas {
            match open(app, repository, Path::new(name)) {
                Ok(replica) => replicas.push(replica),
                Err(failure) => {
                    app.report.note(&format!("the replica {name} is not there: {}", failure.message()));
                }
            }
        }
        Ok(replicas)
    }
}

fn open(app: &App<'_>, repository: &Repository, name: &Path) -> Result<Repository, Failure> {
    let replica = app.open_other(name, None)?;
    match replica.has_keys_of(repository) {
        true => Ok(replica),
        false => Err(Failure::usage(
            format!(
                "{} has other keys, so nothing in it can heal {}",
                replica.location(),
                repository.location()
            ),
            "name a repository that was made with: lifeboat init --same-keys-as URL",
        )),
    }
}
