//! `drill run`.

use crate::app::App;
use crate::drills::{publish, site, undisturbed};
use crate::exit::{Code, Failure};
use crate::progress;
use crate::report::Work;
use clap::Args;
use lifeboat_drill::plan::ResolvedDrill;
use lifeboat_drill::record::Status;
use lifeboat_drill::{Rehearsed, rehearse};
use std::path::PathBuf;

/// Restore a sample of the latest snapshot into a directory of its own, and check content and metadata
///
/// As much is drawn as it takes to be sure to 95 percent that less than one percent of all bytes is damaged. The exit code is 0 when all of it came
/// back as it was saved, 3 when damage was mended on the way, 4 when something was lost, 5 when an objective was missed, and 6 when nobody can say.
#[derive(Args, Debug)]
pub(super) struct Run {
    /// Directory in which the drill makes the one that it restores to; TMPDIR or /var/tmp if nothing is said
    #[arg(long, value_name = "DIR")]
    sandbox: Option<PathBuf>,
}

impl Run {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let mut drill = ResolvedDrill::usual();
        drill.sandbox.dir = self.sandbox.or(drill.sandbox.dir);
        super::gc::sweep(app, drill.sandbox.dir.as_deref())?;
        let site = site(app)?;
        let (rehearsed, interruption) =
            progress::watch_through(app, Work::Drill, |observer| rehearse(&drill, &site, observer))?;
        let mut rehearsed = rehearsed?;
        if let Some(error) = rehearsed.error.take_if(|error| error.is_refused()) {
            // Nothing was rehearsed.
            return Err(error.into());
        }
        let published = publish(app, &rehearsed.repository, &rehearsed.account, &rehearsed.log_heads)?;
        tell(app, &rehearsed);
        app.report.drill(&published.record);
        undisturbed(&published)?;
        match interruption {
            Some(failure) if rehearsed.error.as_ref().is_some_and(|error| error.is_interrupted()) => {
                Err(failure)
            }
            _ => verdict(rehearsed),
        }
    }
}

/// Tells what the record is silent about: names of files.
fn tell(app: &App<'_>, rehearsed: &Rehearsed) {
    rehearsed.untold.iter().for_each(|problem| app.report.problem(problem, Work::Drill));
    if let Some(kept) = &rehearsed.kept {
        app.report.note(&format!("what was restored stays, as the plan has it, in {}", kept.display()));
    }
}

/// The exit code of the verdict, with the gravest reason.
fn verdict(rehearsed: Rehearsed) -> Result<(), Failure> {
    let verdict = rehearsed.account.verdict;
    if verdict.status == Status::Pass {
        return Ok(());
    }
    if let Some(error) = rehearsed.error {
        let failure = Failure::from(error);
        return Err(Failure { code: Code::of_verdict(verdict.exit_code), ..failure });
    }
    let (code, hint) = match Code::of_verdict(verdict.exit_code) {
        code @ Code::Partial => (code, "nothing is lost yet; make it whole again: lifeboat repair"),
        code @ Code::Damage => (code, "see how far the damage goes: lifeboat verify --read-data"),
        code @ Code::Missed => (code, "see what was to be reached and what was: lifeboat evidence list"),
        code @ Code::Unproven => (code, "mend what keeps the drill from an answer, and run it again"),
        code => (code, "mend what is named above, and run it again"),
    };
    let reason = verdict.reasons.into_iter().next().unwrap_or_else(|| "the drill is no pass".to_owned());
    Err(Failure::new(code, anyhow::Error::msg(reason), hint))
}
