//! `snapshots`.

use super::verdict;
use crate::app::App;
use crate::exit::Failure;
use crate::report::Work;
use crate::snapshot_choice::Choice;
use clap::Args;

/// List snapshots, the oldest first
#[derive(Args, Debug)]
pub(crate) struct Snapshots {
    /// Only these: latest, latest~N, or the beginning of an id
    #[arg(value_name = "SNAP")]
    references: Vec<String>,

    #[command(flatten)]
    choice: Choice,
}

impl Snapshots {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let list = self.choice.list(&app.open()?)?;
        let mut shown: Vec<_> = list.snapshots.iter().collect();
        if !self.references.is_empty() {
            let named =
                self.references.iter().map(|reference| Ok(self.choice.find(app, &list, reference)?.id));
            let named = named.collect::<Result<Vec<_>, Failure>>()?;
            shown.retain(|snapshot| named.contains(&snapshot.id));
        }
        app.report.snapshots(&shown, &list.view);
        for fault in &list.faults {
            app.report.problem(fault, Work::List);
        }
        verdict::of(&list.faults, Work::List)
    }
}
