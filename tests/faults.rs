//! The built program and a bucket whose server, or the way to it, fails: requests, answers, or all of it.
//!
//! What it proves: faults cost time and no bytes. The server is one in this process, or a real one where
//! `LIFEBOAT_TEST_STORE` says so; `tests/s3/s3-fault` stands before it. Nothing here depends on how fast the machine is.

#![expect(clippy::panic, reason = "what was found instead ends the test")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use lifeboat_testkit::{Random, TreeSpec, make_tree, needs, tree_differences};
use serde_json::{Value, json};

use super::cli::world::{Ended, World};

/// Who backs up at once.
const WRITERS: [&str; 3] = ["one", "two", "three"];

/// A world whose repository is in a bucket, with a proxy before the server.
struct Faulty {
    world: World,
    proxy: Proxy,
}

impl Faulty {
    /// Each request takes so many milliseconds longer than it would.
    fn new(latency_ms: u32) -> Self {
        let world = World::in_bucket();
        let (_, server) =
            world.store.variables().iter().find(|(name, _)| name == "AWS_ENDPOINT_URL").unwrap();
        let proxy = Proxy::start(server, latency_ms);
        Self { world, proxy }
    }

    /// The program, which meets the proxy where the server should be.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command();
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.proxy.address)).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(arguments, self.command(arguments).output().unwrap())
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    /// Asserts that there is one snapshot of the source, which becomes the same tree again.
    fn assert_restores(&self, source: &str) {
        let path = self.world.path(source).display().to_string();
        let snapshots = self.run(&["snapshots", "--json"]).succeeds().json();
        let is_of_it = |snapshot: &&Value| snapshot["paths"][0] == path;
        let found: Vec<_> = snapshots.as_array().unwrap().iter().filter(is_of_it).collect();
        let [snapshot] = found[..] else { panic!("not one snapshot of {path}: {snapshots}") };
        let target = format!("restored-{source}");
        let reference = format!("{}:{path}", snapshot["id"].as_str().unwrap());
        self.run(&["restore", &reference, &target]).succeeds();
        let [source, target] = [source, &target].map(|name| self.world.path(name));
        let differences = tree_differences(&source, &target);
        assert!(differences.is_empty(), "{differences:?}");
    }
}

/// A running `s3-fault`.
pub(crate) struct Proxy {
    process: Child,
    address: String,
    control: String,
}

impl Proxy {
    pub(crate) fn start(server: &str, latency_ms: u32) -> Self {
        let [address, control] = free_addresses();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/s3/s3-fault");
        let mut command = Command::new("python3");
        command.arg(script).args(["--listen", &address, "--control", &control]);
        command.args(["--to", server.strip_prefix("http://").unwrap()]);
        command.args(["--latency-ms", &latency_ms.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let proxy = Self { process, address, control };
        assert_eq!(line, "ready\n", "the proxy did not start");
        proxy
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// From now on these go wrong, and nothing else.
    pub(crate) fn set_rules(&self, rules: &Value) {
        let answer = self.ask("PUT /rules", &rules.to_string());
        assert_eq!(answer, json!({}), "{rules}");
    }

    /// What it has seen: `requests` by method, `faults` by kind.
    fn seen(&self) -> Value {
        self.ask("GET /", "")
    }

    fn ask(&self, what: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.control).unwrap();
        let head = format!("{what} HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all([head, body.to_owned()].concat().as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// Waits until it has counted so many, while the process goes on.
    fn wait_for(&self, counter: [&str; 2], at_least: u64, process: &mut Child) {
        let [group, name] = counter;
        while self.seen()[group][name].as_u64().unwrap_or(0) < at_least {
            assert!(process.try_wait().unwrap().is_none(), "it ended before {at_least} {name} were counted");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // A proxy that has ended by itself has failed its test already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Hosts and ports at which nobody listens.
fn free_addresses() -> [String; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}

/// Two of a hundred requests, in any of these ways; besides, each way once, so that none is left to chance.
pub(crate) fn some_of_all_kinds() -> Value {
    let kinds = [
        json!({"do": "status"}),
        json!({"do": "status", "status": 429, "code": "TooManyRequests", "retry_after": 1}),
        json!({"do": "refuse"}),
        json!({"do": "cut_send", "bytes": 10, "method": "PUT"}),
        json!({"do": "lose_reply"}),
        json!({"do": "cut_reply", "bytes": 10, "method": "GET"}),
    ];
    let with = |kind: &Value, more: Value| {
        let mut rule = kind.as_object().unwrap().clone();
        rule.extend(more.as_object().unwrap().clone());
        Value::Object(rule)
    };
    let once = (2..).step_by(2).zip(&kinds).map(|(skip, kind)| with(kind, json!({"skip": skip, "times": 1})));
    let random = kinds.iter().map(|kind| with(kind, json!({"p": 0.02 / 6.0})));
    once.chain(random).collect()
}

#[test]
fn requests_that_fail_now_and_then_cost_time_and_nothing_else() {
    if !needs("python3") {
        return;
    }
    let faulty = Faulty::new(50);
    faulty.run(&["init", "--kdf-memory", "32"]).succeeds();
    let spec = TreeSpec { odd: false, ..TreeSpec::default() };
    for (seed, name) in (1..).zip(WRITERS) {
        make_tree(&faulty.world.path(name), seed, &spec);
    }
    faulty.proxy.set_rules(&some_of_all_kinds());
    let backups = WRITERS.map(|name| faulty.start(&["backup", name]));
    for (backup, name) in backups.into_iter().zip(WRITERS) {
        Ended::of(&["backup", name], backup.wait_with_output().unwrap()).succeeds();
    }
    WRITERS.iter().for_each(|name| faulty.assert_restores(name));
    faulty.run(&["verify", "--read-data"]).succeeds();
    let seen = faulty.proxy.seen();
    for kind in ["status", "refuse", "cut_send", "lose_reply", "cut_reply"] {
        assert!(seen["faults"][kind].as_u64() > Some(0), "{seen}");
    }
}

/// A repository of small packs, a source of several of them, and a backup of it whose first packs are under way.
fn backup_under_way() -> (Faulty, Child) {
    let faulty = Faulty::new(50);
    faulty.run(&["init", "--kdf-memory", "32", "--pack-size", "4"]).succeeds();
    fs::create_dir(faulty.world.path("source")).unwrap();
    for number in 0..6 {
        faulty.world.write(format!("source/{number}"), &Random::new(number).bytes(4 << 20));
    }
    let before = faulty.proxy.seen()["requests"]["PUT"].as_u64().unwrap();
    // Slow enough not to be over before it is noticed.
    let mut backup = faulty.start(&["backup", "source", "--limit-upload", "8192"]);
    faulty.proxy.wait_for(["requests", "PUT"], before + 3, &mut backup);
    (faulty, backup)
}

#[test]
fn a_server_that_is_gone_for_a_while_only_delays_a_backup() {
    if !needs("python3") {
        return;
    }
    let (faulty, mut backup) = backup_under_way();
    faulty.proxy.set_rules(&json!([{"do": "refuse"}]));
    faulty.proxy.wait_for(["faults", "refuse"], 4, &mut backup);
    faulty.proxy.set_rules(&json!([]));
    Ended::of(&["backup", "source"], backup.wait_with_output().unwrap()).succeeds();
    faulty.assert_restores("source");
    faulty.run(&["verify", "--read-data"]).succeeds();
}
