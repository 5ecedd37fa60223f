//! Databases in files: whole ones, damaged ones, and those whose newest rows are still in the journal.

use super::{open_world, outcome};
use crate::world::World;
use lifeboat_drill::record::Outcome;
use lifeboat_testkit::needs;
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn run(world: &World, script: &str) {
    let mut shell = Command::new("sqlite3");
    let path = world.source().join("books.sqlite");
    let mut shell = shell.arg("-bail").arg(path).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
}

fn asks(sql: &str) -> Value {
    json!({
        "type": "sqlite", "glob": "*.sqlite", "pragma": ["integrity_check", "foreign_key_check"],
        "query": [{ "sql": sql, "min": 1000, "max": 1000 }, { "sql": "select 'yes'", "equals": "yes" }],
    })
}

const COUNT: &str = "select count(*) from invoice";
const BOOKS: &str = "
    create table client (id integer primary key);
    create table invoice (id integer primary key, client integer references client, text text);
    insert into client values (1);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)
    insert into invoice select i, 1, printf('%0100d', i) from n;
";

#[test]
fn databases_are_whole_and_answer() {
    if !needs("sqlite3") {
        return;
    }
    let world = open_world(4);
    run(&world, BOOKS);
    world.backup();
    assert_eq!(outcome(&world, asks(COUNT)), (Outcome::Pass, String::new()));
    let fails = |spec: Value, why: &str| {
        let (verdict, message) = outcome(&world, spec);
        assert!(verdict == Outcome::Fail && message.contains(why), "{verdict:?} {message}");
    };
    fails(asks("select 999"), "the answer to question 1 is outside of what is allowed");
    fails(asks("select id from invoice where id = 0"), "the question 1 has no answer");
    fails(asks("select no_such_column"), "no such column: no_such_column");
    let mut elsewhere = asks(COUNT);
    elsewhere["glob"] = json!("*.db");
    fails(elsewhere, "only 0 files fit");
    run(&world, "pragma foreign_keys = off; delete from client;");
    world.backup();
    fails(asks(COUNT), "refer to rows that are not there");
    // A page in the middle, of which the questions do not ask.
    run(&world, "insert into client values (1);");
    let path = world.source().join("books.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 4096 / 2 * 4096;
    bytes[middle..middle + 16].fill(0xff);
    fs::write(&path, bytes).unwrap();
    world.backup();
    fails(asks("select 1000"), "");
}

#[test]
fn what_is_still_in_the_journal_counts() {
    if !needs("sqlite3") {
        return;
    }
    let world = open_world(5);
    run(&world, BOOKS);
    run(&world, "delete from invoice where id = 1000;");
    // A crash: the journal stays, and nobody brought its rows home.
    run(
        &world,
        ".dbconfig no_ckpt_on_close on\npragma journal_mode = wal; insert into invoice values (1000, 1, 'the last');",
    );
    let wal = world.source().join("books.sqlite-wal");
    assert!(fs::metadata(&wal).unwrap().len() > 0);
    world.backup();
    assert_eq!(outcome(&world, asks(COUNT)), (Outcome::Pass, String::new()));
    fs::remove_file(&wal).unwrap();
    world.backup();
    assert_eq!(outcome(&world, asks(COUNT)).0, Outcome::Fail);
}
