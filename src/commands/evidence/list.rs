//! `evidence list`.

use crate::amount;
use crate::app::App;
use crate::exit::Failure;
use clap::Args;

/// List what rehearsals have shown, the oldest first
#[derive(Args, Debug)]
pub(super) struct List {
    /// Print the newest record of each writer instead, as verify --anchor takes it: kept where nobody who writes to the
    /// repository can change it, it shows later whether anything was taken away
    #[arg(long)]
    anchor: bool,
}

impl List {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let chains = super::read(&app.open()?)?;
        match self.anchor {
            true => app.report.anchors(&chains.heads()),
            false => app.report.evidence(&chains),
        }
        let findings = chains.verify(&[]);
        if !findings.is_empty() {
            let findings = amount::of(findings.len() as u64, "problem");
            app.report.note(&format!(
                "this is not all that was there, or not as it was: {findings}; see lifeboat evidence verify"
            ));
        }
        Ok(())
    }
}
