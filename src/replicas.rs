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
    /// The repository, helped by the replicas that are named here, and by those that the configuration has for it. One that only the
    /// configuration names may be out of reach, which is noted.
    ///
    /// # Errors
    /// When one that is named cannot be opened, or one has other keys.
    pub(crate) fn help(&self, app: &App<'_>, repository: Repository) -> Result<Repository, Failure> {
        let named = self.names.iter().map(|name| app.open_other(name, None));
        let mut replicas = named.collect::<Result<Vec<_>, _>>()?;
        for name in &app.place()?.replicas {
            match app.open_other(Path::new(name), None) {
                Ok(replica) => replicas.push(replica),
                Err(failure) => {
                    app.report.note(&format!("the replica {name} is not there: {}", failure.message()));
                }
            }
        }
        Ok(repository.with_replicas(replicas)?)
    }
}
