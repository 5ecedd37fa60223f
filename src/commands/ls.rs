//! `ls`.

use super::verdict;
use crate::app::App;
use crate::exit::Failure;
use crate::report::Work;
use crate::snapshot_choice::Choice;
use clap::Args;
use lifeboat_engine::{ListOptions, Node, list, split_reference};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

/// List the files of a snapshot
#[derive(Args, Debug)]
pub(crate) struct Ls {
    /// The snapshot (latest, latest~N, or the beginning of an id), and a path to list only what is below it
    #[arg(value_name = "SNAP[:PATH]")]
    reference: OsString,

    /// Show kind, permissions, owner, size and time
    #[arg(short, long)]
    long: bool,

    #[command(flatten)]
    choice: Choice,
}

impl Ls {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let (reference, path) = split_reference(self.reference.as_bytes());
        let repository = app.open()?;
        let all = self.choice.list(&repository)?;
        for fault in &all.faults {
            app.report.problem(fault, Work::List);
        }
        let snapshot = self.choice.find(app, &all, &reference)?;
        app.report.listing(snapshot);
        let options = ListOptions { path, recursive: true };
        let visit = &mut |path: &[u8], node: &Node| app.report.node(path, node, self.long);
        for mended in list(&repository, &all.view, snapshot, &options, visit)? {
            app.report.problem(&mended, Work::List);
        }
        verdict::of(&all.faults, Work::List)
    }
}
