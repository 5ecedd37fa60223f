//! `drill run`.

use super::chosen::{Chosen, chosen};
use super::outputs::Outputs;
use crate::app::App;
use crate::drills::{self, publish, undisturbed};
use crate::exit::{Code, Failure};
use crate::progress;
use crate::report::Work;
use clap::Args;
use lifeboat_drill::evidence::Published;
use lifeboat_drill::plan::KeySource;
use lifeboat_drill::record::Status;
use lifeboat_drill::{Rehearsed, rehearse};
use std::path::{Path, PathBuf};

/// Rehearse recovery: without a plan, restore a sample of the latest snapshot into a directory of its own, and check content and metadata
///
/// As much is drawn then as it takes to be sure to 95 percent that less than one percent of all bytes is damaged. The exit code is 0 when all of it
/// came back as it was saved, 3 when damage was mended on the way, 4 when something was lost, 5 when an objective was missed, and 6 when nobody can
/// say; of several drills the worst counts.
#[derive(Args, Debug)]
pub(super) struct Run {
    /// A drill of the plan; the usual one if nothing is said
    #[arg(value_name = "NAME", conflicts_with = "due")]
    name: Option<String>,

    /// File with [drill.NAME] tables and what belongs to them; the configuration if nothing is said
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// All drills that are due by their schedules and what evidence there is, the most critical ones first; none may be
    #[arg(long)]
    due: bool,

    /// Directory in which a drill makes the one that it restores to, whatever the plan says; TMPDIR or /var/tmp if nothing is said
    #[arg(long, value_name = "DIR")]
    sandbox: Option<PathBuf>,

    #[command(flatten)]
    outputs: Outputs,
}

impl Run {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let mut ended = Ok(());
        let mut published = Vec::new();
        let drills = chosen(app, self.name.as_deref(), self.plan.as_deref(), self.due)?;
        if drills.is_empty() {
            app.report.note("no drill is due");
        }
        for mut chosen in drills {
            chosen.drill.sandbox.dir = self.sandbox.clone().or(chosen.drill.sandbox.dir);
            for key in drills::keys(&chosen.drill) {
                match drill(app, &chosen, key, &mut published) {
                    Err(failure) if failure.code.is_interruption() => return Err(failure),
                    done => ended = worse(ended, done),
                }
            }
        }
        let reported: Vec<_> = published.iter().map(Into::into).collect();
        self.outputs.write(&reported, None)?;
        ended
    }
}

/// Carries out one drill and keeps its record.
fn drill(
    app: &App<'_>,
    chosen: &Chosen,
    key: Option<&KeySource>,
    published: &mut Vec<Published>,
) -> Result<(), Failure> {
    let drill = &chosen.drill;
    super::gc::sweep(app, drill.sandbox.dir.as_deref())?;
    let site = drills::site(app, drill, chosen.trigger, key)?;
    let (rehearsed, interruption) =
        progress::watch_through(app, Work::Drill, |observer| rehearse(drill, &site, observer))?;
    let mut rehearsed = rehearsed?;
    if let Some(error) = rehearsed.error.take_if(|error| error.is_refused()) {
        // Nothing was rehearsed.
        return Err(error.into());
    }
    (rehearsed.account.when.due, rehearsed.account.when.missed) = (chosen.due, chosen.missed);
    let stored = publish(app, &site.tested, &rehearsed.repository, &rehearsed.account, &rehearsed.log_heads)?;
    for name in &drill.evidence.store {
        let (place, repository) = (app.to_drill(Some(name))?, app.open_other(Path::new(name), None)?);
        undisturbed(&publish(app, &place, &repository, &rehearsed.account, &[])?)?;
    }
    tell(app, &rehearsed);
    app.report.drill(&stored.record);
    let disturbed = undisturbed(&stored);
    published.push(stored);
    disturbed?;
    match interruption {
        Some(failure) if rehearsed.error.as_ref().is_some_and(|error| error.is_interrupted()) => Err(failure),
        _ => verdict(rehearsed),
    }
}

/// Tells what the record is silent about: names of files.
pub(super) fn tell(app: &App<'_>, rehearsed: &Rehearsed) {
    rehearsed.untold.iter().for_each(|problem| app.report.problem(problem, Work::Drill));
    if let Some(kept) = &rehearsed.kept {
        app.report.note(&format!("what was restored stays, as the plan has it, in {}", kept.display()));
    }
}

/// The exit code of the verdict, with the gravest reason.
pub(super) fn verdict(rehearsed: Rehearsed) -> Result<(), Failure> {
    let verdict = rehearsed.account.verdict;
    if verdict.status == Status::Pass {
        return Ok(());
    }
    let code = Code::of_verdict(verdict.exit_code);
    if let Some(error) = rehearsed.error {
        return Err(Failure { code, ..Failure::from(error) });
    }
    let hint = match code {
        Code::Partial => "nothing is lost yet; make it whole again: lifeboat repair",
        Code::Damage => "see how far the damage goes: lifeboat verify --read-data",
        Code::Missed => "see what was to be reached and what was: lifeboat evidence list",
        Code::Unproven => "mend what keeps the drill from an answer, and run it again",
        _ => "mend what is named above, and run it again",
    };
    let reason = verdict.reasons.into_iter().next().unwrap_or_else(|| "the drill is no pass".to_owned());
    Err(Failure::new(code, anyhow::Error::msg(reason), hint))
}

/// The graver of two ends; what was met first of equal ones.
fn worse(one: Result<(), Failure>, other: Result<(), Failure>) -> Result<(), Failure> {
    let grave = |ended: &Result<(), Failure>| match ended {
        Ok(()) => 0,
        Err(failure) => match failure.code {
            Code::Partial => 1,
            Code::Missed => 2,
            Code::Unproven => 3,
            Code::Damage => 4,
            Code::Tampering => 6,
            _ => 5,
        },
    };
    if grave(&other) > grave(&one) { other } else { one }
}
