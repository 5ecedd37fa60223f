//! Who works on the repository, and what each of them does in a loop.

#![expect(clippy::panic, reason = "what ends otherwise than it may ends the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lifeboat_testkit::Random;
use serde_json::Value;

use super::history::{History, KEPT};
use super::judge::judge_restored;
use super::manifest::manifest;
use super::process::{Ended, Running};
use super::{ACTORS, judge};
use crate::cli::world::World;
use crate::faults::{Proxy, some_of_all_kinds};
use crate::store::is_on_disk;

/// Contents that files can have: few, so that what one forgets another saves again.
const CONTENTS: u64 = 40;
/// Files of a tree.
const FILES: u64 = 12;
/// Milliseconds between two kills, at most.
const KILLED_EVERY: u64 = 600;

/// Where copies go.
pub(super) const REPLICA: &str = "replica";

/// Somebody who works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    Saver(usize),
    Forgetter,
    Pruner(usize),
    Reader,
    Copier,
}

/// All of them, and what they work with.
pub(super) struct Crew {
    world: World,
    proxy: Option<Proxy>,
    running: [Running; ACTORS.len()],
    pub(super) history: Mutex<History>,
    pub(super) is_over: AtomicBool,
}

impl Crew {
    /// With an empty repository.
    pub(super) fn new() -> Self {
        let world = World::without_repository();
        world.run(&["init", "--kdf-memory", "32", "--pack-size", "4"]).succeeds();
        let endpoint = world.store.variables().iter().find(|(name, _)| name == "AWS_ENDPOINT_URL");
        let proxy = endpoint.filter(|_| !is_on_disk()).map(|(_, server)| Proxy::start(server, 2));
        if let Some(proxy) = &proxy {
            proxy.set_rules(&some_of_all_kinds());
        }
        let replica =
            ["-r", REPLICA, "init", "--kdf-memory", "32", "--same-keys-as", world.store.repository()];
        world.run(&replica).succeeds();
        let (running, history, is_over) = Default::default();
        Self { world, proxy, running, history, is_over }
    }

    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.world.path(name)
    }

    /// The directory that a saver saves.
    pub(super) fn tree(&self, saver: usize) -> PathBuf {
        self.path(format!("tree-{saver}"))
    }

    /// Kills random ones until then.
    pub(super) fn kill_until(&self, end: Instant) {
        let mut random = Random::new(91);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(random.below(KILLED_EVERY)));
            random.pick(&self.running).kill();
        }
    }

    /// Does what somebody does until it is over.
    pub(super) fn work(&self, actor: Actor) {
        let mut random = Random::new(ACTORS.iter().position(|one| *one == actor).unwrap() as u64);
        while !self.is_over.load(Ordering::Relaxed) {
            match actor {
                Actor::Saver(saver) => self.save(saver, &mut random),
                Actor::Forgetter => self.forget(&mut random),
                Actor::Pruner(_) => self.prune(actor, &mut random),
                Actor::Reader => match random.below(4) {
                    0 => self.verify(),
                    _ => self.restore(&mut random),
                },
                Actor::Copier => self.copy(&mut random),
            }
        }
    }

    /// Runs the program as somebody; none when it was killed.
    fn run(&self, actor: Actor, arguments: &[&str]) -> Option<Ended> {
        let number = ACTORS.iter().position(|one| *one == actor).unwrap();
        let folder = self.path(format!("actor-{number}"));
        fs::create_dir_all(&folder).unwrap();
        let ended = self.running[number].run(self.command(number, arguments), &folder);
        if ended.is_killed() {
            self.history.lock().unwrap().count("kills");
            return None;
        }
        Some(ended)
    }

    fn command(&self, number: usize, arguments: &[&str]) -> Command {
        let mut command = self.world.command();
        if let Some(proxy) = &self.proxy {
            command.env("AWS_ENDPOINT_URL", format!("http://{}", proxy.address()));
        }
        // Some share what their machine keeps, and others keep nothing.
        command.env("LIFEBOAT_CACHE_DIR", self.path("cache"));
        command.args(arguments);
        if number % 2 == 1 {
            command.arg("--no-cache");
        }
        command
    }

    /// Runs the program, whom nobody kills any more.
    pub(super) fn run_in_peace(&self, arguments: &[&str]) -> Ended {
        let folder = self.path("in-peace");
        fs::create_dir_all(&folder).unwrap();
        Running::default().run(self.command(0, arguments), &folder)
    }

    /// Changes a tree and saves it.
    fn save(&self, saver: usize, random: &mut Random) {
        change(&self.tree(saver), random);
        self.save_as_it_is(saver, |arguments| self.run(Actor::Saver(saver), arguments));
    }

    /// Saves a tree, which is quiet meanwhile.
    pub(super) fn save_as_it_is(&self, saver: usize, run: impl FnOnce(&[&str]) -> Option<Ended>) {
        let tree = self.tree(saver);
        let tag = self.history.lock().unwrap().begin(saver, manifest(&tree));
        let (host, tree) = (host(saver), tree.display().to_string());
        let Some(ended) = run(&["backup", "--json", "--host", &host, "--tag", &tag, &tree]) else { return };
        let ended = ended.succeeds();
        let mut lines = ended.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let summary = lines.find(|line| line["message_type"] == "summary").unwrap();
        let mut history = self.history.lock().unwrap();
        history.report(&tag, summary["snapshot_id"].as_str().unwrap());
        history.count("backups");
    }

    fn forget(&self, random: &mut Random) {
        thread::sleep(Duration::from_millis(random.below(500)));
        let kept = KEPT.to_string();
        // What was begun later is no reason to forget what was reported by now.
        let ended = self.run(Actor::Forgetter, &["forget", "--json", "--keep-last", &kept]);
        let mut history = self.history.lock().unwrap();
        let Some(ended) = ended else { return history.forget_some() };
        let groups: Value = serde_json::from_str(&ended.succeeds().out).unwrap();
        let groups = groups.as_array().unwrap().iter();
        let removed = groups.flat_map(|group| group["remove"].as_array().unwrap());
        history.forget(removed.map(|snapshot| snapshot["id"].as_str().unwrap().to_owned()));
        history.count("forgets");
    }

    fn prune(&self, actor: Actor, random: &mut Random) {
        let max_unused = *random.pick(&["0%", "5%", "unlimited"]);
        if let Some(ended) = self.run(actor, &["prune", "--now", "--json", "--max-unused", max_unused]) {
            ended.succeeds();
            self.history.lock().unwrap().count("prunes");
        }
    }

    /// Restores the latest snapshot of somebody, or any, and compares.
    fn restore(&self, random: &mut Random) {
        let saver = random.index(4);
        let Some(ended) = self.run(Actor::Reader, &["snapshots", "--json", "--host", &host(saver)]) else {
            return;
        };
        let list: Vec<Value> = serde_json::from_str(&ended.succeeds().out).unwrap();
        let chosen = if random.below(3) == 0 { list.first() } else { list.last() };
        let Some(snapshot) = chosen else { return };
        let target = self.path("restored");
        let reference = format!("{}:{}", snapshot["id"].as_str().unwrap(), self.tree(saver).display());
        let ended =
            self.run(Actor::Reader, &["restore", &reference, "--target", &target.display().to_string()]);
        if let Some(ended) = ended {
            judge_restored(self, snapshot, &target, ended);
        }
        if target.exists() {
            fs::remove_dir_all(target).unwrap();
        }
    }

    /// Copies to the replica, and now and then gives back space there.
    fn copy(&self, random: &mut Random) {
        let pruning = ["-r", REPLICA, "forget", "--json", "--keep-last", "5", "--prune", "--now"];
        let (what, arguments) = match random.below(4) {
            0 => ("prunes", &pruning[..]),
            _ => ("copies", &["copy", "--json", "--to", REPLICA][..]),
        };
        if let Some(ended) = self.run(Actor::Copier, arguments) {
            ended.succeeds();
            self.history.lock().unwrap().count(what);
        }
    }

    fn verify(&self) {
        let Some(ended) = self.run(Actor::Reader, &["verify", "--read-data"]) else { return };
        if !judge::is_sound(&ended) {
            panic!("verify ended with {:?}:\n{}{}", ended.code(), ended.out, ended.err);
        }
        self.history.lock().unwrap().count("verifies");
    }
}

fn host(saver: usize) -> String {
    format!("host-{saver}")
}

/// Gives some files of a tree another of few contents.
fn change(tree: &Path, random: &mut Random) {
    for number in 0..FILES {
        let path = tree.join((number % 3).to_string()).join(number.to_string());
        if !path.exists() || random.below(4) == 0 {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut content = Random::new(random.below(CONTENTS));
            let length = 20_000 + content.index(300_000);
            fs::write(path, content.bytes(length)).unwrap();
        }
    }
}
