//! Backups that are killed: what was reported is there, what was not is whole or not there, and the next one goes on.

use std::collections::BTreeSet;
use std::fs;

use lifeboat_testkit::{Random, TreeSpec, change_tree, copy_tree, make_tree, needs};

use super::killer::{BACKUP, Killer};
use super::world::{Signal, World};

/// Kills in one repository.
const KILLS: usize = 25;
const BACKUP_SOURCE: [&str; 3] = ["--json", "backup", "source"];
/// Bytes of the new files of a round, some packs of them.
const NEW: usize = 12 << 20;

#[test]
fn what_killed_backups_reported_comes_back() {
    if !needs("rsync") {
        return;
    }
    let mut killer = None;
    for number in 0.. {
        let mut history = History::begin(number);
        let killer = killer.get_or_insert_with(|| Killer::new(BACKUP, 61, || history.save()));
        for _ in 0..KILLS {
            if killer.is_due() {
                history.round(killer);
            }
        }
        history.end();
        if !killer.is_due() {
            break;
        }
    }
    killer.unwrap().record();
}

/// One repository, and the source that is saved to it again and again while it changes.
struct History {
    world: World,
    random: Random,
    /// Snapshots that are known to be whole.
    known: BTreeSet<String>,
    /// The first of them, of which the directory `first` is a copy.
    first: Option<String>,
}

impl History {
    fn begin(seed: u64) -> Self {
        let world = World::keeping();
        make_tree(&world.path("source"), seed, &TreeSpec { odd: false, ..TreeSpec::default() });
        Self { world, random: Random::new(seed), known: BTreeSet::new(), first: None }
    }

    /// One backup that is killed, and what there is then.
    fn round(&mut self, killer: &mut Killer) {
        self.change();
        let mut command = self.world.command(&self.world.repository, &BACKUP_SOURCE);
        let summary = killer.kill(&mut command).reported("summary");
        self.world.verify_after(&self.world.repository, Signal::Kill);
        let listed = self.snapshots();
        assert!(listed.is_superset(&self.known), "{:?} were there, and now {listed:?} are", self.known);
        if let Some(summary) = summary {
            assert!(
                listed.contains(summary["snapshot_id"].as_str().unwrap()),
                "{summary} and not {listed:?}"
            );
        }
        for id in listed {
            // Nobody may have lived to report it.
            if !self.known.contains(&id) {
                self.learn(id);
            }
        }
        // Often several are killed one after the other.
        if self.random.below(3) == 0 {
            self.save();
        }
    }

    /// Changes some files and makes a new one.
    fn change(&mut self) {
        let source = self.world.path("source");
        change_tree(&source, self.random.next_u64(), 10);
        fs::write(source.join("new"), self.random.bytes(NEW)).unwrap();
    }

    /// A backup that nobody disturbs.
    fn save(&mut self) {
        let said = self.world.run(&self.world.repository, &BACKUP_SOURCE);
        assert!(said.contains("\"snapshot_id\""), "{said}");
        let fresh: Vec<String> = self.snapshots().difference(&self.known).cloned().collect();
        assert_eq!(fresh.len(), 1, "{fresh:?}");
        fresh.into_iter().for_each(|id| self.learn(id));
    }

    /// A snapshot of the source as it is now.
    fn learn(&mut self, id: String) {
        self.world.assert_restores_as(&self.world.repository, &id, "source");
        if self.first.is_none() {
            copy_tree(&self.world.path("source"), &self.world.path("first"));
            self.first = Some(id.clone());
        }
        self.known.insert(id);
    }

    fn snapshots(&self) -> BTreeSet<String> {
        let output = self.world.command(&self.world.repository, &["snapshots", "--json"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let list: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
        list.iter().map(|snapshot| snapshot["id"].as_str().unwrap().to_owned()).collect()
    }

    /// In the end all packs are used, nobody is thought to run, and nothing that was ever there is lost.
    fn end(mut self) {
        self.save();
        let (world, repository) = (&self.world, &self.world.repository);
        let said = world.run(repository, &["--no-cache", "verify", "--read-data"]);
        assert!(!said.contains("packs that no index names") && !said.contains("without a word"), "{said}");
        assert_eq!(self.snapshots(), self.known);
        world.assert_restores_as(repository, &self.first.expect("one was saved"), "first");
    }
}
