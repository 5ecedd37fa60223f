//! `forget` and `prune`: what is said of what stays and what goes, and that nothing goes by mistake.

use super::world::World;
use lifeboat_testkit::Random;

/// A world with so many snapshots, between each of which one of two files became another.
fn with_snapshots(count: u64) -> World {
    let world = World::new();
    for snapshot in 0..count {
        world.write(format!("files/{}", snapshot % 2), &Random::new(snapshot).bytes(200_000));
        world.run(&["backup", "--host", "ark", "files"]).succeeds();
    }
    world
}

fn snapshots(world: &World) -> usize {
    world.run(&["snapshots", "--json"]).succeeds().json().as_array().unwrap().len()
}

#[test]
fn what_no_rule_keeps_goes_and_its_space_comes_back() {
    let world = with_snapshots(5);
    let told = world.run(&["forget", "--keep-last", "1", "--dry-run"]).succeeds().out;
    assert!(told.starts_with("host ark, ") && told.contains(": 1 of 5 snapshots stay\n"), "{told}");
    assert_eq!((told.matches("\nforget ").count(), told.matches("\nkeep ").count()), (4, 1), "{told}");
    assert!(told.ends_with("would forget 4 snapshots\n") && told.contains("  last\n"), "{told}");
    assert_eq!(snapshots(&world), 5);
    world.run(&["forget", "--keep-last", "1"]).succeeds();
    assert_eq!(snapshots(&world), 1);

    let kept = world.run(&["prune", "--json"]).succeeds().json();
    assert_eq!((&kept["snapshots_kept_for_undo"], &kept["bytes_deleted"]), (&4.into(), &0.into()), "{kept}");
    let told = world.run(&["prune", "--now", "--dry-run"]).succeeds().out;
    assert!(told.ends_with("nothing was changed\n"), "{told}");
    let freed = world.run(&["prune", "--now", "--json"]).succeeds().json();
    assert!(freed["bytes_deleted"].as_u64().unwrap() > 3 * 200_000, "{freed}");
    assert_eq!(freed["snapshots"], 1);
    world.run(&["verify", "--read-data"]).succeeds();
    world.run(&["restore", &world.latest("files"), "--target", "out"]).succeeds();
    for file in ["0", "1"] {
        let restored = std::fs::read(world.path("out").join(file)).unwrap();
        assert!(restored == std::fs::read(world.path("files").join(file)).unwrap());
    }
}

#[test]
fn a_rule_that_fits_nothing_forgets_nothing() {
    let world = with_snapshots(2);
    let refused = world.run(&["forget", "--keep-tag", "mistyped"]).fails(1, "would keep none of 2 snapshots");
    assert!(refused.err.contains("hint: "), "{}", refused.err);
    world.run(&["forget"]).fails(2, "nothing says what to forget");
    world.run(&["forget", "--keep-last", "0"]).fails(2, "write a number from 1 on");
    world.run(&["forget", "--keep-within", "1w"]).fails(2, "write years, months, days and hours");
    world.run(&["forget", "0123456789"]).fails(1, "no snapshot matches");
    assert_eq!(snapshots(&world), 2);
    world.run(&["forget", "--keep-tag", "mistyped", "--allow-none"]).succeeds();
    assert_eq!(snapshots(&world), 0);
}

#[test]
fn forget_speaks_json_and_prunes_at_once() {
    let world = with_snapshots(3);
    let ended = world.run(&["forget", "--json", "--keep-daily", "1", "--prune", "--now"]).succeeds();
    let [groups, summary] = &ended.json_lines()[..] else { panic!("{}", ended.out) };
    let group = &groups[0];
    assert_eq!((&group["host"], group["remove"].as_array().unwrap().len()), (&"ark".into(), 2));
    assert_eq!(group["reasons"][0]["matches"], serde_json::json!(["daily snapshot"]));
    assert_eq!(group["reasons"][0]["snapshot"]["id"], group["keep"][0]["id"]);
    assert_eq!((&summary["message_type"], &summary["snapshots"]), (&"summary".into(), &1.into()));
    assert!(summary["packs_deleted"].as_u64().unwrap() > 0, "{summary}");
}

#[test]
fn a_named_snapshot_goes() {
    let world = with_snapshots(2);
    let newest = world.newest();
    let told = world.run(&["forget", &newest[..8]]).succeeds().out;
    assert!(told.contains(&newest[..8]) && told.contains("forgot 1 snapshot;"), "{told}");
    assert_ne!(world.newest(), newest);
}

#[test]
fn damage_stops_it() {
    let world = with_snapshots(2);
    world.run(&["forget", "latest~1"]).succeeds();
    for pack in world.store.names("packs/") {
        world.store.remove(&pack);
    }
    world.run(&["prune", "--now"]).fails(4, "is missing");
}

/// Two snapshots on each of some days of two years.
#[test]
fn each_rule_keeps_its_own() {
    let world = World::new();
    world.write_three_files();
    for time in ["2024-12-31", "2025-06-30", "2025-11-02", "2025-12-30", "2025-12-31"] {
        for hour in ["10", "11"] {
            let time = format!("{time} {hour}:00:00");
            world.run(&["backup", "--host", "ark", "--time", &time, "--force", "files"]).succeeds();
        }
    }
    let kept = |rule: &[&str]| {
        let told = world.run(&[&["forget", "--json", "-n"], rule].concat()).succeeds().json();
        let kept = told[0]["keep"].as_array().unwrap().iter().map(|snapshot| {
            let time = snapshot["time"].as_str().unwrap();
            time[..13].replacen('T', " ", 1)
        });
        kept.collect::<Vec<_>>()
    };
    let table: [(&[&str], &[&str]); 12] = [
        (&["--keep-hourly", "2"], &["2025-12-31 10", "2025-12-31 11"]),
        (&["--keep-daily", "2"], &["2025-12-30 11", "2025-12-31 11"]),
        (&["--keep-weekly", "2"], &["2025-11-02 11", "2025-12-31 11"]),
        (&["--keep-monthly", "3"], &["2025-06-30 11", "2025-11-02 11", "2025-12-31 11"]),
        (&["--keep-yearly", "2"], &["2024-12-31 11", "2025-12-31 11"]),
        (&["--keep-within", "1d1h"], &["2025-12-30 10", "2025-12-30 11", "2025-12-31 10", "2025-12-31 11"]),
        (&["--keep-within-hourly", "1h"], &["2025-12-31 10", "2025-12-31 11"]),
        (&["--keep-within-daily", "1d"], &["2025-12-30 11", "2025-12-31 11"]),
        (&["--keep-within-weekly", "1m"], &["2025-12-31 11"]),
        (&["--keep-within-monthly", "2m"], &["2025-11-02 11", "2025-12-31 11"]),
        (&["--keep-within-yearly", "1y"], &["2024-12-31 11", "2025-12-31 11"]),
        (&["--keep-last", "1", "--group-by", ""], &["2025-12-31 11"]),
    ];
    for (rule, expected) in table {
        assert_eq!(kept(rule), expected, "{rule:?}");
    }
}

#[test]
fn how_much_is_copied_can_be_said() {
    let world = with_snapshots(4);
    world.run(&["forget", "--keep-last", "1"]).succeeds();
    let lazy = world.run(&["prune", "--now", "--json", "--max-unused", "unlimited"]).succeeds().json();
    let capped = &["prune", "--now", "--json", "--max-unused", "0", "--max-repack-size", "0"];
    let capped = world.run(capped).succeeds().json();
    assert_eq!((&lazy["packs_copied"], &capped["packs_copied"]), (&0.into(), &0.into()));
    let all = world.run(&["prune", "--now", "--json", "--max-unused", "0%"]).succeeds().json();
    assert_eq!(all["bytes_unused"], 0, "{all}");
    world.run(&["prune", "--max-unused", "101%"]).fails(2, "write a share from 0% to 100%");
    world.run(&["verify", "--read-data"]).succeeds();
}
