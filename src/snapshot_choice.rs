//! Which snapshots a command is about: filters, references, and what is worth saying about the choice.

use crate::app::App;
use crate::exit::Failure;
use crate::source_path::all_absolute;
use clap::Args;
use lifeboat_engine::{EngineError, Snapshot, SnapshotFilter, SnapshotList, snapshots};
use lifeboat_repository::Repository;
use std::path::PathBuf;

/// Which snapshots are considered.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Choice {
    /// Only snapshots of this host; repeat it for more.
    #[arg(short = 'H', long, value_name = "HOST")]
    host: Vec<String>,

    /// Only snapshots with this tag, or with all tags of a list TAG,TAG; repeat it for more.
    #[arg(long, value_name = "TAG[,TAG...]")]
    tag: Vec<String>,

    /// Only snapshots of this path; repeat it for snapshots of all of them.
    #[arg(long, value_name = "PATH")]
    path: Vec<PathBuf>,

    /// Let `latest` be a partial snapshot, too.
    #[arg(long)]
    partial: bool,
}

impl Choice {
    /// The snapshots that pass.
    pub(crate) fn list(&self, repository: &Repository) -> Result<SnapshotList, Failure> {
        Ok(snapshots(repository, &self.filter()?)?)
    }

    /// What they have to be.
    pub(crate) fn filter(&self) -> Result<SnapshotFilter, Failure> {
        let tags = self.tag.iter().map(|list| list.split(',').map(str::to_owned).collect()).collect();
        let (hosts, paths, partial) = (self.host.clone(), all_absolute(&self.path)?, self.partial);
        Ok(SnapshotFilter { hosts, tags, paths, partial })
    }

    /// The snapshot of these that is meant. Says so when `latest` passes over a newer one that is partial.
    pub(crate) fn find<'l>(
        &self,
        app: &App<'_>,
        list: &'l SnapshotList,
        reference: &str,
    ) -> Result<&'l Snapshot, Failure> {
        let found = list.find(reference);
        let is_passed_over =
            |newest: &&Snapshot| newest.is_partial() && reference == "latest" && !self.partial;
        let newest = list.snapshots.last().filter(is_passed_over);
        match (found, newest) {
            (Err(error @ EngineError::NoSnapshot(_)), Some(partial)) => {
                let hint = format!(
                    "no snapshot is complete; --partial takes the partial one {}",
                    partial.id.short()
                );
                Err(Failure { hint, ..self.without(error) })
            }
            (found, Some(partial)) => {
                app.report.note(&format!(
                    "snapshot {} is newer but partial; --partial takes it",
                    partial.id.short()
                ));
                Ok(found?)
            }
            (Err(error @ EngineError::NoSnapshot(_)), None) => Err(self.without(error)),
            (found, None) => Ok(found?),
        }
    }

    /// No snapshot is found: the options may be why.
    fn without(&self, error: EngineError) -> Failure {
        let words = self.words();
        let failure = Failure::from(error);
        match words.is_empty() {
            true => failure,
            false => Failure { cause: anyhow::anyhow!("{} with {words}", failure.message()), ..failure },
        }
    }

    /// The options as they are typed.
    fn words(&self) -> String {
        let hosts = self.host.iter().map(|host| format!("--host {host}"));
        let tags = self.tag.iter().map(|tag| format!("--tag {tag}"));
        let paths = self.path.iter().map(|path| format!("--path {}", path.display()));
        hosts.chain(tags).chain(paths).collect::<Vec<_>>().join(" ")
    }
}
