//! `postgres`: a server starts with what was restored, stays up, and answers.
//!
//! It runs on a copy, in a jail of its own with all who ask it, without rights and without network; postgres.sh says what is done there. What
//! is not on this machine leaves it unknown; a server that dies, and a dump that cannot be loaded, fail it.

use super::{Fault, Finding, Ground, Look, Trial, answer};
use crate::jail::{Ended, Errand};
use crate::plan::{PostgresCheck, PostgresMode};
use crate::{DrillError, scratch};
use serde_json::json;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What is done.
const SCRIPT: &str = include_str!("postgres.sh");
/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// Bytes that the path of a socket may have on Linux, and how many of them its name takes.
const SOCKET_MAX: usize = 107 - "/.s.PGSQL.5432".len();
/// How much all of it may print.
const OUTPUT_MAX: u64 = 1 << 20;

/// How a server came to be asked.
enum Asked {
    /// What it answered to each question.
    Answered(Vec<Option<String>>),
    Failed(String),
    Nobody(String),
}

impl Look for PostgresCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        let (mut wrong, mut subjects, mut numbers) = (Vec::new(), 0_u64, Vec::new());
        for trial in ground.trials {
            match self.ask(trial, ground)? {
                Asked::Nobody(why) => return Ok(Finding::unknown(why)),
                Asked::Failed(why) => wrong.push(why),
                Asked::Answered(answers) => {
                    subjects += answers.len() as u64;
                    for (at, (query, said)) in self.query.iter().zip(&answers).enumerate() {
                        wrong.extend(answer::wrong(query, at + 1, said.as_deref()));
                        // What is no number may be anybody's name.
                        numbers.push(said.as_ref().and_then(|said| said.parse::<i64>().ok()));
                    }
                }
            }
        }
        let expected = json!({ "questions": self.query.len(), "amcheck": self.amcheck });
        Ok(Finding::of(subjects, &wrong, expected, json!({ "answers": numbers })))
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        let Some((trial, tree)) = ground.trials.iter().find_map(|trial| Some((trial, trial.tree.as_ref()?)))
        else {
            return Ok(());
        };
        let room = ground.scratch.with_tree(tree, &self.path)?;
        let data = scratch::within(&room, &self.path);
        // Of the file that says where the journal begins only the first bytes are ever read.
        let (victim, most) = match self.mode {
            PostgresMode::Datadir => (data.join("global/pg_control"), 100),
            PostgresMode::Dump if scratch::is_there(&data.join("toc.dat")) => {
                (data.join("toc.dat"), u64::MAX)
            }
            PostgresMode::Dump => (data, u64::MAX),
        };
        scratch::cut(&victim, (scratch::length(&victim)? / 2).min(most))?;
        let trial = Trial { tree: Some(room), ..trial.clone() };
        fault("what the server needs is cut off", &ground.with(&[trial]))
    }
}

impl PostgresCheck {
    fn ask(&self, trial: &Trial, ground: &Ground<'_>) -> Result<Asked, DrillError> {
        let Some(tree) = &trial.tree else { return Ok(Asked::Nobody("no files were written".to_owned())) };
        let place = scratch::within(tree, &self.path);
        if !scratch::is_there(&place) {
            return Ok(Asked::Failed("what the server needs was not restored".to_owned()));
        }
        let bin = match self.programs(&place) {
            Ok(bin) => bin,
            Err(asked) => return Ok(asked),
        };
        if self.mode == PostgresMode::Datadir && leads_outside(&place)? {
            let why = "parts of the server lie outside of its directory, which this version cannot rebuild";
            return Ok(Asked::Nobody(why.to_owned()));
        }
        let room = ground.scratch.room()?;
        if room.as_os_str().len() > SOCKET_MAX {
            return Ok(Asked::Nobody("the path of the sandbox is too long for a socket".to_owned()));
        }
        let data = room.join("copy");
        scratch::copy_tree(&place, &data)?;
        ground.jail.give(&room).map_err(scratch::failed(&room))?;
        let env = BTreeMap::from([("LC_ALL".to_owned(), "C.UTF-8".to_owned())]);
        let errand = Errand {
            argv: self.argv(&data, &room, &bin, ground.id),
            env: &env,
            dir: &room,
            timeout: self.timeout.duration(),
            max_output: OUTPUT_MAX,
            refuses_rights: true,
        };
        let ended = ground.jail.run(&errand, ground.observer)?;
        scratch::discard(&room)?;
        Ok(match ended {
            Ended::Exited { code: 0, stdout, .. } => Asked::Answered(answers(&stdout)),
            Ended::Exited { stdout, complaint, .. } => {
                Asked::Failed(format!("{}: {complaint}", step(&stdout)))
            }
            Ended::Signalled(signal) => Asked::Failed(format!("signal {signal} ended it")),
            Ended::Late => Asked::Failed(format!("it was not done within {}, or was killed", self.timeout)),
            Ended::Loud => Asked::Failed("it printed too much".to_owned()),
            Ended::Unable(why) => Asked::Nobody(format!("it cannot be kept apart here: {why}")),
        })
    }

    /// Where the programs of the server are; what is missing here leaves it unknown, what is missing in the data fails it.
    fn programs(&self, place: &Path) -> Result<PathBuf, Asked> {
        let bin = match (&self.bin, self.mode) {
            (Some(bin), _) => bin.clone(),
            (None, PostgresMode::Datadir) => {
                let version = scratch::head(&place.join("PG_VERSION"), 16).unwrap_or_default();
                let version =
                    String::from_utf8(version).ok().and_then(|text| text.trim().parse::<u32>().ok());
                let version = version.ok_or_else(|| {
                    Asked::Failed("it is not the directory of a server: PG_VERSION".to_owned())
                })?;
                Path::new(VERSIONS).join(version.to_string()).join("bin")
            }
            (None, PostgresMode::Dump) => {
                let newest = scratch::greatest_number_in(Path::new(VERSIONS));
                let none = || Asked::Nobody("there is no server of PostgreSQL on this machine".to_owned());
                Path::new(VERSIONS).join(newest.ok_or_else(none)?.to_string()).join("bin")
            }
        };
        let mut needed = vec!["postgres", "pg_ctl", "psql"];
        match self.mode {
            PostgresMode::Dump => needed.extend(["initdb", "createdb", "pg_restore"]),
            PostgresMode::Datadir => {}
        }
        needed.extend(self.amcheck.then_some("pg_amcheck"));
        match needed.iter().find(|name| !scratch::leads_to_file(&bin.join(name))) {
            None => Ok(bin),
            Some(name) => Err(Asked::Nobody(format!("there is no {name} in {}", bin.display()))),
        }
    }

    fn argv(&self, data: &Path, room: &Path, bin: &Path, id: &str) -> Vec<OsString> {
        let (mode, usual) = match self.mode {
            PostgresMode::Datadir => ("datadir", "postgres".to_owned()),
            PostgresMode::Dump => ("dump", format!("lifeboat_drill_{id}")),
        };
        let stable = self.stable_for.duration().as_secs().to_string();
        let amcheck = if self.amcheck { "yes" } else { "no" };
        let mut argv: Vec<OsString> =
            ["sh", "-c", SCRIPT, "postgres", mode].into_iter().map(OsString::from).collect();
        argv.extend([data, room, bin].map(|path| path.as_os_str().to_owned()));
        argv.extend([&stable, amcheck, &usual].map(OsString::from));
        for query in &self.query {
            argv.extend([query.db.as_deref().unwrap_or_default(), &query.sql].map(OsString::from));
        }
        argv
    }
}

/// Whether a server would look for parts of itself elsewhere: where those lived that it was saved from.
fn leads_outside(data: &Path) -> Result<bool, DrillError> {
    Ok(scratch::is_link(&data.join("pg_wal")) || !scratch::is_empty(&data.join("pg_tblspc"))?)
}

/// What was answered to each question: how many rows, and the first column of the first.
fn answers(stdout: &[u8]) -> Vec<Option<String>> {
    let text = String::from_utf8_lossy(stdout);
    let said = text.lines().filter_map(|line| line.strip_prefix("answer "));
    said.map(|said| {
        let (rows, first) = said.split_once(' ').unwrap_or((said, ""));
        (rows != "0").then(|| first.to_owned())
    })
    .collect()
}

/// What was tried when it failed.
fn step(stdout: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(stdout);
    match text.lines().last() {
        None => "the server does not start, or does not answer",
        Some("started") => "what was restored cannot be loaded, or the server did not stay up",
        Some("loaded") => "the server did not stay up",
        _ => "a question cannot be answered, or the server ended",
    }
}
