//! Everybody at once, as real processes: four back up different trees in a loop, one forgets, two prune with `--now`, one restores and
//! compares, one copies to a replica that it prunes as well, and all of them are killed at random moments.
//!
//! What it proves: nobody is disturbed by the others or by the dead, and every snapshot that is reported and not forgotten comes back as
//! it was saved. `LIFEBOAT_BESIDE_SECONDS` says how long (`just beside 900`). Where the repository is not on disk, requests fail besides:
//! `tests/s3/s3-fault` stands before the server.

mod crew;
mod history;
mod judge;
mod manifest;
mod process;

use std::env;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use lifeboat_testkit::{needs, record};
use serde_json::json;

use crate::store::is_on_disk;
use crew::{Actor, Crew};

/// Says for how many seconds they work.
const SECONDS: &str = "LIFEBOAT_BESIDE_SECONDS";
/// For how many they work otherwise: where everything is tried, and elsewhere.
const USUAL: (u64, u64) = (60, 10);
/// What each of them has to have come to its end at least once.
const ALL: [&str; 7] = ["backups", "forgets", "prunes", "restores", "verifies", "copies", "kills"];
/// How many times as long they go on in peace at most, where somebody was killed each time.
const PATIENCE: u32 = 10;
/// Who works.
const ACTORS: [Actor; 9] = [
    Actor::Saver(0),
    Actor::Saver(1),
    Actor::Saver(2),
    Actor::Saver(3),
    Actor::Forgetter,
    Actor::Pruner(0),
    Actor::Pruner(1),
    Actor::Reader,
    Actor::Copier,
];

#[test]
fn everybody_at_once_and_killed_now_and_then_loses_nothing() {
    if !is_on_disk() && !needs("python3") {
        return;
    }
    let crew = Crew::new();
    let seconds = seconds();
    thread::scope(|scope| {
        let crew = &crew;
        let works: Vec<_> = ACTORS.into_iter().map(|actor| scope.spawn(move || crew.work(actor))).collect();
        let end = Instant::now() + seconds;
        crew.kill_until(end);
        // Where the machine has much to do, hardly anybody who takes long lives to the end.
        while Instant::now() < end + seconds * PATIENCE && !crew.history.lock().unwrap().has_all(&ALL) {
            thread::sleep(Duration::from_millis(10));
        }
        crew.is_over.store(true, Ordering::Relaxed);
        works.into_iter().for_each(|work| work.join().unwrap());
    });
    judge::judge(&crew);
    let counts = crew.history.lock().unwrap().counts.clone();
    let section = if is_on_disk() { "beside" } else { "beside_in_buckets" };
    println!("{section}: {counts:?} in {seconds:?}");
    for what in ALL {
        assert!(counts.contains_key(what), "no {what}: {counts:?}");
        record(section, json!({ what: counts[what] }));
    }
    record(section, json!({ "seconds": seconds.as_secs() }));
}

fn seconds() -> Duration {
    let wanted = env::var(SECONDS).ok();
    let wanted = wanted.map(|seconds| seconds.parse().expect("LIFEBOAT_BESIDE_SECONDS is a number"));
    let is_everything = env::var_os("CI").is_some() && is_on_disk();
    Duration::from_secs(wanted.unwrap_or(if is_everything { USUAL.0 } else { USUAL.1 }))
}
