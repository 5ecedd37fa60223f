//! `drill report`.

use super::outputs::Outputs;
use crate::app::App;
use crate::exit::Failure;
use clap::Args;
use lifeboat_drill::evidence::Chains;
use lifeboat_drill::report::Reported;

/// Make reports of all drills whose records the repository has
///
/// Records that are not to be believed are left out of all reports, and counted by the metrics; lifeboat evidence verify names them.
#[derive(Args, Debug)]
pub(super) struct Report {
    #[command(flatten)]
    outputs: Outputs,
}

impl Report {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        if self.outputs.is_empty() {
            let hint = "name one: lifeboat drill report --html FILE, --junit FILE, --metrics FILE";
            return Err(Failure::usage("no report is asked for", hint));
        }
        let repository = app.open()?;
        let chains = Chains::read(&repository.evidence(), &repository.evidence_key().public())?;
        let records: Vec<Reported<'_>> = chains.records().map(Into::into).collect();
        self.outputs.write(&records, Some(chains.verify(&[]).len()))
    }
}
