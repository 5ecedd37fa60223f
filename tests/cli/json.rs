//! `--json`: the lines of docs/json.md, and nothing but them.

use std::fs;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use super::world::World;

/// Names of the fields of an object, in the order in which they are sorted.
fn fields(object: &Value) -> String {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names.join(" ")
}

/// The same of a summary, without what every summary tells of a network, and none where there is none.
pub(super) fn fields_but_traffic(world: &World, summary: &Value) -> String {
    const TRAFFIC: [&str; 4] = ["bytes_received", "bytes_sent", "requests", "retries"];
    let is_far_away = world.store.directory().is_none();
    for name in TRAFFIC {
        assert_eq!(summary[name].is_u64() || summary[name].is_object(), is_far_away, "{name}: {summary}");
    }
    fields(summary).split(' ').filter(|name| !TRAFFIC.contains(name)).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_backup_ends_with_a_summary() {
    let world = World::new();
    world.write_three_files();
    let ended = world.run(&["backup", "--json", "files"]).succeeds();
    let summary = ended.json_lines().pop().unwrap();
    insta::assert_snapshot!(fields_but_traffic(&world, &summary), @"backup_end backup_start bytes_read data_added data_added_packed data_blobs dirs_changed dirs_new dirs_unmodified dry_run errors excluded files_changed files_new files_unmodified message_type notes snapshot_id total_bytes_processed total_duration total_files_processed tree_blobs unread");
    assert_eq!(summary["message_type"], "summary");
    assert_eq!(summary["snapshot_id"], world.newest().as_str());
    assert_eq!(
        ["files_new", "total_files_processed", "total_bytes_processed", "bytes_read"]
            .map(|name| summary[name].as_u64()),
        [3, 3, 120_005, 120_005].map(Some)
    );
    let dry = world.run(&["backup", "--json", "-n", "files"]).succeeds().json_lines().pop().unwrap();
    assert!(dry["dry_run"] == true && dry["snapshot_id"].is_null(), "{dry}");
}

#[test]
fn verbose_lines_name_every_item() {
    let world = World::new();
    world.write_three_files();
    let lines = world.run(&["backup", "--json", "-v", "files"]).succeeds().json_lines();
    let item = format!("{}", world.path("files/one").display());
    let line = lines.iter().find(|line| line["item"] == item.as_str()).unwrap();
    insta::assert_snapshot!(fields(line), @"action data_size item message_type size");
    assert_eq!((&line["message_type"], &line["action"]), (&"verbose_status".into(), &"new".into()));
}

#[test]
fn problems_and_the_end_are_lines_on_standard_error() {
    let world = World::new();
    world.write_three_files();
    let ended = world.run(&["backup", "--json", "files", "missing"]);
    assert_eq!(ended.code, 3, "{}", ended.err);
    let talk = ended.json_talk();
    let [error, exit] = &talk[..] else { panic!("{}", ended.err) };
    insta::assert_snapshot!(fields(error), @"during error item kind message_type");
    insta::assert_snapshot!(fields(exit), @"code hint message message_type");
    assert_eq!((&error["during"], &error["kind"]), (&"archival".into(), &"missing_source".into()));
    assert_eq!(error["item"], format!("{}", world.path("missing").display()).as_str());
    assert_eq!((&exit["message_type"], &exit["code"]), (&"exit_error".into(), &3.into()));
}

#[test]
fn every_failure_is_an_exit_error() {
    let world = World::without_repository();
    let table: [(&[&str], i32); 3] = [(&["snapshots"], 10), (&["nonsense"], 2), (&["ls", "latest"], 10)];
    for (arguments, code) in table {
        let ended = world.run(&[arguments, &["--json"]].concat());
        let exit = ended.json_talk().pop().unwrap();
        assert_eq!((ended.code, exit["code"].as_i64()), (code, Some(i64::from(code))), "{arguments:?}");
        assert_eq!(ended.out, "");
    }
}

#[test]
fn snapshots_are_one_array() {
    let world = World::with_snapshot();
    let list = world.run(&["snapshots", "--json"]).succeeds().json();
    let snapshot = &list[0];
    insta::assert_snapshot!(fields(snapshot), @"excludes hostname id partial paths program_version short_id summary tags time tree username");
    insta::assert_snapshot!(fields(&snapshot["summary"]), @"backup_end backup_start bytes_read data_added data_added_packed data_blobs dirs_changed dirs_new dirs_unmodified files_changed files_new files_unmodified total_bytes_processed total_files_processed tree_blobs unread");
    assert_eq!(snapshot["paths"][0], format!("{}", world.path("files").display()).as_str());
    let time = snapshot["time"].as_str().unwrap();
    assert!(time.len() == "2026-11-21T21:17:14.622850783+00:00".len() && time.ends_with("+00:00"), "{time}");
}

#[test]
fn a_listing_is_a_snapshot_and_its_nodes() {
    let world = World::with_snapshot();
    let odd = std::ffi::OsStr::from_bytes(b"\xff");
    fs::write(world.path("files").join(odd), b"odd").unwrap();
    world.run(&["backup", "files"]).succeeds();
    let ended = world.run(&["ls", "--json", &world.latest("files")]).succeeds();
    let lines = ended.json_lines();
    assert_eq!(lines[0]["message_type"], "snapshot");
    assert!(lines[1..].iter().all(|line| line["message_type"] == "node"), "{}", ended.out);
    let file = lines.iter().find(|line| line["name"] == "one").unwrap();
    let known: Vec<_> = fields(file).split(' ').filter(|name| *name != "btime").map(str::to_owned).collect();
    insta::assert_snapshot!(known.join(" "), @"ctime gid inode message_type mode mtime name path permissions size struct_type type uid");
    assert_eq!((&file["type"], &file["size"]), (&"file".into(), &5.into()));
    let odd = lines.iter().find(|line| line["name_hex"] == "ff").unwrap();
    assert!(odd["path_hex"].as_str().unwrap().ends_with("2fff"), "{odd}");
}

#[test]
fn restores_and_verifications_end_with_a_summary() {
    let world = World::with_snapshot();
    let restore = world.run(&["restore", "--json", &world.latest("files"), "out"]).succeeds();
    let summary = restore.json_lines().pop().unwrap();
    insta::assert_snapshot!(fields_but_traffic(&world, &summary), @"bytes_restored bytes_skipped directories_restored dry_run errors files_kept files_restored files_skipped message_type notes seconds_elapsed total_bytes total_files");
    assert_eq!(
        ["files_restored", "total_files", "bytes_restored", "total_bytes"].map(|name| summary[name].as_u64()),
        [3, 3, 120_005, 120_005].map(Some)
    );
    let summary = world.run(&["verify", "--json", "--read-data"]).succeeds().json_lines().pop().unwrap();
    insta::assert_snapshot!(fields_but_traffic(&world, &summary), @"bytes bytes_read message_type notes num_errors packs packs_read seconds_elapsed snapshots");
    assert_eq!((&summary["num_errors"], &summary["snapshots"]), (&0.into(), &1.into()));
}

#[test]
fn init_says_what_it_made() {
    let world = World::without_repository();
    let made = world.run(&["init", "--json", "--kdf-memory", "32"]).succeeds().json();
    insta::assert_snapshot!(fields(&made), @"exclusive id message_type repository");
    assert_eq!(made["message_type"], "initialized");
    assert_eq!(made["repository"], world.store.repository());
}
