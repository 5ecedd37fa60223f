//! Kills at random moments of a run, counted.
//!
//! Invariant: only those are counted that ended a process; a run that had come to its end before is none.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use lifeboat_testkit::{Random, record};
use serde_json::{Value, json};

use crate::store::is_on_disk;

/// Says how many kills there are to be in all.
const KILLS: &str = "LIFEBOAT_KILLS";
/// How many there are otherwise: where everything is tried, and elsewhere.
const USUAL: (u64, u64) = (72, 24);
/// Parts of a hundred of them.
pub(super) const BACKUP: (&str, u64) = ("backup", 20);
pub(super) const RESTORE: (&str, u64) = ("restore", 18);
pub(super) const BESIDE: (&str, u64) = ("backup beside another", 10);
pub(super) const PRUNE: (&str, u64) = ("forget and prune", 16);
pub(super) const INIT: (&str, u64) = ("init", 6);
pub(super) const KEY_ADD: (&str, u64) = ("key add", 10);
pub(super) const KEY_PASSWD: (&str, u64) = ("key passwd", 10);
pub(super) const KEY_REMOVE: (&str, u64) = ("key remove", 10);

/// Runs that may end by themselves for one that is killed, on the average. There are fewer: where a run ends by itself the
/// next is killed sooner.
const IN_VAIN: u64 = 3;

/// Kills one verb.
pub(super) struct Killer {
    verb: &'static str,
    random: Random,
    /// About how long a run takes, and a little more: moments are drawn below it.
    whole: Duration,
    due: u64,
    kills: u64,
    in_vain: u64,
}

/// A run that was to be killed.
pub(super) struct Ended {
    output: Output,
    pub(super) is_killed: bool,
}

impl Killer {
    /// Of a verb that has this part of all kills, and one run of which is as long as `undisturbed` takes.
    pub(super) fn new((verb, share): (&'static str, u64), seed: u64, undisturbed: impl FnOnce()) -> Self {
        let due = (kills() * share).div_ceil(100);
        let start = Instant::now();
        undisturbed();
        let whole = start.elapsed();
        Self { verb, random: Random::new(seed), whole, due, kills: 0, in_vain: 0 }
    }

    /// Whether more kills are due.
    pub(super) fn is_due(&self) -> bool {
        self.kills < self.due
    }

    /// Runs a command and kills it at a random moment of the whole run.
    pub(super) fn kill(&mut self, command: &mut Command) -> Ended {
        let whole = u64::try_from(self.whole.as_micros()).unwrap();
        let moment = Duration::from_micros(self.random.below(whole.max(1)));
        let mut child = command.spawn().unwrap();
        thread::sleep(moment);
        // One that has ended is not waited for yet, and does not mind.
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let is_killed = output.status.signal() == Some(9);
        // Whatever the machine does besides, four of five runs are killed, and the others show that the last moments of a run
        // have their part.
        self.whole = if is_killed { self.whole * 65 / 64 } else { self.whole * 15 / 16 };
        *if is_killed { &mut self.kills } else { &mut self.in_vain } += 1;
        let (verb, in_vain) = (self.verb, self.in_vain);
        assert!(
            in_vain <= IN_VAIN * (self.kills + 10),
            "{verb}: {in_vain} runs ended before they were killed"
        );
        let ended = Ended { output, is_killed };
        let is_well = is_killed || ended.output.status.success();
        assert!(is_well, "{verb} ended with {}: {}", ended.output.status, ended.said());
        ended
    }

    /// Records that all kills were survived that were due.
    pub(super) fn record(self) {
        assert!(self.kills >= self.due, "{}: {} of {} kills", self.verb, self.kills, self.due);
        let section = if is_on_disk() { "kills" } else { "kills_in_buckets" };
        record(section, json!({ self.verb: self.kills }));
    }
}

/// How many kills there are to be.
fn kills() -> u64 {
    let wanted = env::var(KILLS).ok().map(|kills| kills.parse().expect("LIFEBOAT_KILLS is a number"));
    let is_everything = env::var_os("CI").is_some() && is_on_disk();
    wanted.unwrap_or(if is_everything { USUAL.0 } else { USUAL.1 })
}

impl Ended {
    /// The line of standard output that reports this, if the process lived to print it.
    pub(super) fn reported(&self, message_type: &str) -> Option<Value> {
        let out = String::from_utf8_lossy(&self.output.stdout);
        let whole = out.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let mut lines = whole.map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.find(|line| line["message_type"] == message_type)
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&[&self.output.stdout[..], &self.output.stderr].concat()).into_owned()
    }
}
