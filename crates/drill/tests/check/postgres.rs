//! A database of PostgreSQL, saved as a dump and as the directory of its server, rehearsed; and all that can be wrong with it.

use super::{drill_with, open_world, outcome, tried};
use crate::world::World;
use lifeboat_drill::record::{Level, Outcome, Status};
use lifeboat_testkit::{needs, needs_root};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROWS: u32 = 12_403;

/// The newest server of this machine; none without one, or without the rights to start it.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<u32> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable();
    let bin =
        PathBuf::from(format!("/usr/lib/postgresql/{}/bin", versions.last().copied().unwrap_or_default()));
    (needs_root() && needs(bin.join("pg_amcheck").to_str().unwrap())).then_some(bin)
}

/// A server with a ledger, which runs as nobody until it is dropped.
struct Server {
    bin: PathBuf,
    room: PathBuf,
}

impl Server {
    fn start(bin: PathBuf, room: &Path) -> Self {
        fs::create_dir(room).unwrap();
        std::os::unix::fs::chown(room, Some(65_534), Some(65_534)).unwrap();
        let server = Self { bin, room: room.to_owned() };
        server.run(&[
            "initdb",
            "--pgdata",
            &server.data(),
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
        ]);
        let options =
            format!("-c listen_addresses= -c unix_socket_directories={} -c fsync=off", room.display());
        let log = format!("{}/log", room.display());
        server.run(&[
            "pg_ctl",
            "start",
            "--wait",
            "--silent",
            "--pgdata",
            &server.data(),
            "--log",
            &log,
            "--options",
            &options,
        ]);
        server.run(&["createdb", "books"]);
        server.ask("create table ledger (id integer primary key, booked timestamptz default now())");
        server
    }

    fn data(&self) -> String {
        format!("{}/data", self.room.display())
    }

    fn ask(&self, sql: &str) {
        self.run(&["psql", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=books", "--command", sql]);
    }

    fn fill(&self) {
        self.ask(&format!("insert into ledger select generate_series(1, {ROWS})"));
    }

    /// Dumps to a file of a world.
    fn dump(&self, to: &Path, format: &str) {
        let file = self.room.join("dump");
        self.run(&["pg_dump", format, "--file", file.to_str().unwrap(), "books"]);
        fs::copy(&file, to).unwrap();
        fs::remove_file(&file).unwrap();
    }

    fn run(&self, argv: &[&str]) {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]);
        command.arg(self.bin.join(argv[0])).args(&argv[1..]).current_dir(&self.room);
        command.env("PGHOST", &self.room).env("PGUSER", "postgres").stdout(Stdio::null());
        assert!(command.status().unwrap().success(), "{argv:?}");
    }

    fn stop(&self) {
        self.run(&["pg_ctl", "stop", "--wait", "--silent", "--mode=fast", "--pgdata", &self.data()]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if Path::new(&self.data()).join("postmaster.pid").exists() {
            self.stop();
        }
    }
}

fn asks(world: &World, mode: &str, name: &str) -> Value {
    json!({
        "type": "postgres", "mode": mode, "path": world.source().join(name), "stable-for": "1s", "amcheck": true,
        "query": [
            { "sql": "select count(*) from ledger", "min": ROWS },
            { "sql": "select max(booked) > now() - interval '2 days' from ledger", "equals": "t" },
        ],
    })
}

fn fails(world: &World, spec: Value, why: &str) {
    let (verdict, message) = outcome(world, spec);
    assert!(verdict == Outcome::Fail && message.contains(why), "{verdict:?}: {message}");
}

#[test]
fn a_dump_is_restored_and_asked() {
    let Some(bin) = programs() else { return };
    let world = open_world(6);
    let server = Server::start(bin, &world.folder.path().join("server"));
    let dump = world.source().join("books.dump");
    server.dump(&dump, "--format=custom");
    world.backup();
    // The tables are there, and nothing is in them.
    fails(
        &world,
        asks(&world, "dump", "books.dump"),
        "the answer to question 1 is outside of what is allowed",
    );
    server.fill();
    server.dump(&dump, "--format=custom");
    world.backup();
    let rehearsed = world.drill(&drill_with(asks(&world, "dump", "books.dump")));
    let account = &rehearsed.account;
    let result = tried(&rehearsed);
    assert_eq!((account.verdict.status, account.method.level), (Status::Pass, Level::L4), "{account:#?}");
    assert_eq!((result.subjects, &result.observed["answers"][0]), (2, &json!(ROWS)));
    assert!(result.last_negative_control.is_some(), "{result:?}");
    assert_eq!((account.sandbox.isolation.as_str(), account.sandbox.network.as_str()), ("user", "none"));
    let whole = fs::read(&dump).unwrap();
    fs::write(&dump, &whole[..whole.len() * 2 / 3]).unwrap();
    world.backup();
    fails(&world, asks(&world, "dump", "books.dump"), "pg_restore: error: ");
    fs::write(&dump, "").unwrap();
    world.backup();
    fails(&world, asks(&world, "dump", "books.dump"), "the dump has no end");
    server.dump(&dump, "--format=plain");
    world.backup();
    assert_eq!(outcome(&world, asks(&world, "dump", "books.dump")), (Outcome::Pass, String::new()));
    let mut elsewhere = asks(&world, "dump", "books.dump");
    elsewhere["bin"] = json!("/no/such/directory");
    let unknown = world.drill(&drill_with(elsewhere)).account.verdict;
    assert_eq!((unknown.status, unknown.exit_code), (Status::Unknown, 6), "{unknown:?}");
    fails(&world, asks(&world, "dump", "no.dump"), "was not restored");
}

#[test]
fn the_directory_of_a_server_is_started_and_asked() {
    let Some(bin) = programs() else { return };
    let world = open_world(7);
    let server = Server::start(bin, &world.folder.path().join("server"));
    server.fill();
    server.stop();
    let copied = Command::new("cp").args(["-a", &server.data()]).arg(world.source()).status().unwrap();
    assert!(copied.success());
    let data = world.source().join("data");
    // It is told to do what it must not do here.
    fs::write(data.join("postgresql.auto.conf"), "archive_mode = on\nlisten_addresses = '*'\nport = 1\n")
        .unwrap();
    fs::write(data.join("standby.signal"), "").unwrap();
    world.backup();
    let mut spec = asks(&world, "datadir", "data");
    spec["query"][0]["db"] = json!("books");
    spec["query"][1]["db"] = json!("books");
    assert_eq!(outcome(&world, spec.clone()), (Outcome::Pass, String::new()));
    // It dies of what it is asked.
    let mut deadly = spec.clone();
    deadly["query"][1]["sql"] =
        json!("copy (select 1) to program 'kill -9 $PPID $(head -n 1 postmaster.pid)'");
    fails(&world, deadly, "a question cannot be answered, or the server ended");
    fs::write(data.join("PG_VERSION"), "7\n").unwrap();
    world.backup();
    let (verdict, message) = outcome(&world, spec.clone());
    assert!(verdict == Outcome::Unknown && message.contains("/7/bin"), "{verdict:?} {message}");
    fs::remove_file(data.join("PG_VERSION")).unwrap();
    world.backup();
    fails(&world, spec, "it is not the directory of a server");
}
