//! The built program and storage of three nodes, each with a copy of everything, of which some are killed.
//!
//! What it proves: a node that is gone, in the midst of a backup or of a restore, costs time and nothing else; so does the
//! only one that the program knows, for as long as it is gone. It needs a real server to be there, and starts nodes of its own.

use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use lifeboat_testkit::{Random, S3Place, tree_differences};

use super::cli::world::{Ended, World};
use super::store::{Store, has_real_server};

/// The node whose endpoint the program is told.
const ASKED: &str = "0";
/// KiB per second, so that what is under way lasts for some seconds.
const SLOWLY: &str = "6144";

/// Three nodes with three copies of each object.
struct Cluster {
    name: String,
    variables: PathBuf,
}

impl Cluster {
    fn start() -> Self {
        let name = format!("nodes-{}", process::id());
        // Below the ports that the kernel gives to outgoing connections, and apart from those of the server of the run.
        let port = 10_000 + process::id() % 300 * 30;
        let mut command = script("s3-up");
        command.args(["garage", "--nodes", "3", "--name", &name, "--port", &port.to_string()]);
        let output = command.stderr(Stdio::inherit()).output().unwrap();
        let variables = String::from_utf8(output.stdout).unwrap().trim().into();
        let cluster = Self { name, variables };
        assert!(output.status.success(), "the nodes did not start");
        cluster
    }

    fn node(&self, what: &str, number: &str) {
        let done = script("s3-node").args([&self.name, what, number]).status().unwrap();
        assert!(done.success(), "cannot {what} node {number}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(script("s3-down").args(["--name", &self.name]).status());
    }
}

fn script(name: &str) -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/s3").join(name))
}

impl World {
    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Saves files of these seeds, and does something as soon as one more pack is stored, before the others are.
    fn back_up_during(&self, seeds: std::ops::Range<u64>, fault: impl FnOnce()) {
        seeds.for_each(|seed| self.write(format!("source/{seed}"), &Random::new(seed).bytes(4 << 20)));
        let before = self.store.names("packs/").len();
        let arguments = ["backup", "source", "--limit-upload", SLOWLY];
        let mut backup = self.start(&arguments);
        wait_while(&mut backup, || self.store.names("packs/").len() == before);
        fault();
        Ended::of(&arguments, backup.wait_with_output().unwrap()).succeeds();
    }

    /// Restores the source, and does something as soon as there is a file, before the others are.
    fn restore_during(&self, target: &str, fault: impl FnOnce()) {
        let reference = self.latest("source");
        let arguments = ["restore", &reference, target, "--limit-download", SLOWLY];
        let mut restore = self.start(&arguments);
        wait_while(&mut restore, || self.path(target).read_dir().map_or(0, Iterator::count) == 0);
        fault();
        Ended::of(&arguments, restore.wait_with_output().unwrap()).succeeds();
        assert!(tree_differences(&self.path("source"), &self.path(target)).is_empty());
    }
}

/// Waits while something is so, and a process goes on.
fn wait_while(process: &mut Child, is_so: impl Fn() -> bool) {
    while is_so() {
        assert!(process.try_wait().unwrap().is_none(), "it ended before anything could be done to it");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn nodes_that_are_killed_cost_time_and_nothing_else() {
    if !has_real_server() {
        return;
    }
    let cluster = Cluster::start();
    let world = World::at(Store::at(S3Place::on_server(&cluster.variables)));
    world.run(&["init", "--kdf-memory", "32", "--pack-size", "4"]).succeeds();
    world.back_up_during(0..6, || cluster.node("kill", "2"));
    world.run(&["verify", "--read-data"]).succeeds();
    cluster.node("start", "2");
    world.restore_during("one", || cluster.node("kill", "1"));
    cluster.node("start", "1");
    world.back_up_during(6..12, || {
        cluster.node("kill", ASKED);
        thread::sleep(Duration::from_secs(5));
        cluster.node("start", ASKED);
    });
    world.restore_during("two", || {
        cluster.node("kill", ASKED);
        thread::sleep(Duration::from_secs(5));
        cluster.node("start", ASKED);
    });
    world.run(&["verify", "--read-data"]).succeeds();
}
