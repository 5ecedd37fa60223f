//! `evidence verify`.

use crate::app::App;
use crate::commands::verdict;
use crate::exit::{Code, Failure};
use crate::report::Work;
use crate::{list_file, state};
use clap::Args;
use lifeboat_drill::evidence::anchors;
use lifeboat_repository::EvidenceName;
use std::path::{Path, PathBuf};

/// Prove that no record was altered or taken away
///
/// Checks each signature, and that every record is there which another one names. That the newest ones are gone which no
/// other names shows only to whoever remembers them: the machine that wrote them, and who has an anchor. What does not fit is named; the
/// exit code is then 14.
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// File with records that have to be there, as evidence list --anchor has printed them
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
}

impl Verify {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let mut remembered = self.anchor.as_deref().map_or_else(|| Ok(vec![]), read_anchors)?;
        let repository = app.open()?;
        match state::own_chain(&app.globals, &repository).newest() {
            Ok(newest) => remembered.extend(newest),
            Err(error) => app.report.note(&Failure::from(error).message()),
        }
        let chains = super::read(&repository)?;
        let problems = super::tell(app, &chains.verify(&remembered));
        app.report.evidence_checked(&chains, problems.len());
        verdict::of(&problems, Work::Verify)?;
        match chains.records().next() {
            Some(_) => Ok(()),
            None => {
                let cause = anyhow::anyhow!("there is no evidence, so nothing is proved");
                Err(Failure::new(Code::Unproven, cause, "rehearse: lifeboat drill run"))
            }
        }
    }
}

/// # Errors
/// When the file cannot be read, or names no record: whoever compares with nothing finds nothing.
fn read_anchors(path: &Path) -> Result<Vec<EvidenceName>, Failure> {
    let text = list_file::of_file("--anchor", path)?;
    let hint = "name a file that was written by: lifeboat evidence list --anchor";
    let refused = |what: String| Failure::usage(format!("{}: {what}", path.display()), hint);
    let names = anchors(&String::from_utf8_lossy(&text))
        .map_err(|line| refused(format!("line {line} is not \"writer number hash\"")))?;
    match names.is_empty() {
        true => Err(refused("it names no record".to_owned())),
        false => Ok(names),
    }
}
