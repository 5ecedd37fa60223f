//! `command`: a program looks at what was restored, and says so by its exit code and by what it prints.

use super::{Fault, Finding, Ground, Look};
use crate::jail::{self, Ended, Errand};
use crate::plan::CommandCheck;
use crate::{DrillError, scratch};
use serde_json::{Value, json};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Stands for the directory with what was restored.
const ROOT: &str = "{root}";
/// How many bytes a program may print where the plan says nothing.
const OUTPUT_MAX: u64 = 1 << 20;

impl Look for CommandCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        let (mut wrong, mut subjects, mut observed) = (Vec::new(), 0, Vec::new());
        for trial in ground.trials {
            let Some(root) = &trial.tree else {
                return Ok(Finding::unknown("no files were written that it could look at"));
            };
            // Nothing was restored: whatever it says is about nothing.
            subjects += u64::from(trial.restored.files > 0);
            match presence(&self.argv, root) {
                Presence::There => {}
                Presence::NotRestored => {
                    wrong.push("the program is not among what was restored".to_owned());
                    continue;
                }
                Presence::NotHere => return Ok(Finding::unknown("the program is not on this machine")),
            }
            let errand = Errand {
                argv: self.argv.iter().map(|word| filled_in(word, root)).collect(),
                env: &self.env,
                dir: root,
                timeout: self.timeout.duration(),
                max_output: self.max_output.map_or(OUTPUT_MAX, |size| size.bytes()),
                refuses_rights: false,
            };
            match ground.jail.run(&errand, ground.observer)? {
                Ended::Unable(why) => {
                    return Ok(Finding::unknown(format!("it cannot be kept apart here: {why}")));
                }
                Ended::Exited { code, stdout, .. } => {
                    observed.push(json!({ "exit": code, "stdout_bytes": stdout.len() }));
                    wrong.extend(self.wrong(code, &stdout));
                }
                Ended::Late => wrong.push(format!("it did not end within {}, or was killed", self.timeout)),
                Ended::Loud => wrong.push("it printed more than it may".to_owned()),
                Ended::Signalled(signal) => wrong.push(format!("signal {signal} ended it")),
            }
        }
        let expected = json!({ "exit": self.exit, "stdout_contains": self.stdout_contains });
        Ok(Finding::of(subjects, &wrong, expected, Value::Array(observed)))
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        let mut trials = ground.trials.to_vec();
        for trial in &mut trials {
            let room = ground.scratch.room()?;
            ground.jail.admit(&room).map_err(scratch::failed(&room))?;
            trial.tree = Some(room);
        }
        fault("nothing is there", &ground.with(&trials))
    }
}

impl CommandCheck {
    /// What of its end is not as it should be.
    fn wrong(&self, code: i32, stdout: &[u8]) -> Vec<String> {
        let mut wrong = Vec::new();
        if code != self.exit {
            wrong.push(format!("it ended with exit code {code}"));
        }
        let says = |text: &String| String::from_utf8_lossy(stdout).contains(text);
        if self.stdout_contains.as_ref().is_some_and(|text| !says(text)) {
            wrong.push("it did not print what it should".to_owned());
        }
        wrong
    }
}

/// Where a program is.
enum Presence {
    There,
    /// It belongs to what was restored, and is not there.
    NotRestored,
    NotHere,
}

fn presence(argv: &[String], root: &Path) -> Presence {
    let word = argv.first().map_or("", String::as_str);
    let is_restored = word.starts_with(ROOT) || (word.contains('/') && !word.starts_with('/'));
    let is_there = match word.contains('/') || is_restored {
        true => scratch::leads_to_file(&root.join(filled_in(word, root))),
        false => jail::find(word).is_some(),
    };
    match is_there {
        true => Presence::There,
        false if is_restored => Presence::NotRestored,
        false => Presence::NotHere,
    }
}

fn filled_in(word: &str, root: &Path) -> OsString {
    let parts: Vec<&OsStr> = word.split(ROOT).map(OsStr::new).collect();
    parts.join(root.as_os_str())
}
