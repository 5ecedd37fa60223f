//! `snapshots`: the table, the filters, and how snapshots are named.

use super::world::World;

#[test]
fn the_table_has_a_row_for_each() {
    let world = World::new();
    world.write_three_files();
    world.run(&["backup", "--host", "ark", "--tag", "daily,home", "--tag", "x", "files"]).succeeds();
    let out = world.run(&["snapshots"]).succeeds().out;
    let lines: Vec<_> = out.lines().collect();
    let [header, rule, row, _, count] = lines[..] else { panic!("{out}") };
    assert!(header.starts_with("ID        Time                 Host  Tags"), "{out}");
    assert!(rule.chars().all(|character| character == '-'), "{out}");
    assert!(row.contains("  ark   daily,home,x  complete  "), "{out}");
    assert!(row.ends_with(&format!("{}", world.path("files").display())), "{out}");
    assert_eq!(count, "1 snapshot");
}

#[test]
fn filters_choose() {
    let world = World::new();
    world.write_three_files();
    world.run(&["backup", "--host", "ark", "--tag", "a,b", "files"]).succeeds();
    world.run(&["backup", "--host", "raft", "--tag", "b", "files/sub"]).succeeds();
    let table: [(&[&str], &[&str]); 7] = [
        (&[], &["ark", "raft"]),
        (&["--host", "raft"], &["raft"]),
        (&["--tag", "b"], &["ark", "raft"]),
        (&["--tag", "a,b"], &["ark"]),
        (&["--tag", "a", "--tag", "b"], &["ark", "raft"]),
        (&["--path", "files/sub/../sub"], &["raft"]),
        (&["latest~1"], &["ark"]),
    ];
    for (filter, hosts) in table {
        let list = world.run(&[&["snapshots", "--json"], filter].concat()).succeeds().json();
        let found: Vec<_> = list.as_array().unwrap().iter().map(|entry| &entry["hostname"]).collect();
        assert_eq!(found, hosts, "{filter:?}");
    }
    // References count what passes the filters.
    world.run(&["ls", "latest~1", "--host", "ark"]).fails(1, "no snapshot matches");
}

#[test]
fn unknown_and_ambiguous_names_end_with_1() {
    let world = World::with_snapshot();
    for name in ["nonsense", "latest~1", ""] {
        world.run(&["ls", name]).fails(1, "no snapshot matches");
    }
    // With seventeen ids, two of them begin with the same digit.
    for _ in 0..16 {
        world.run(&["backup", "-q", "files"]).succeeds();
    }
    let list = world.run(&["snapshots", "--json"]).succeeds().json();
    let first_digits = list.as_array().unwrap().iter().map(|entry| &entry["id"].as_str().unwrap()[..1]);
    let mut digits: Vec<_> = first_digits.collect();
    digits.sort_unstable();
    let twice = digits.windows(2).find(|pair| pair[0] == pair[1]).unwrap()[0];
    world.run(&["snapshots", twice]).fails(1, &format!("\"{twice}\" fits "));
    let id = world.newest();
    world.run(&["ls", &id[..12]]).succeeds();
}

#[test]
fn the_options_that_leave_no_snapshot_are_named() {
    let world = World::with_snapshot();
    let table: [(&[&str], &str); 3] = [
        (&["restore", "latest", "out", "--host", "x"], "no snapshot matches \"latest\" with --host x"),
        (&["ls", "latest", "--tag", "a,b", "--path", "/y"], "matches \"latest\" with --tag a,b --path /y"),
        (&["snapshots", "latest", "-H", "x", "-H", "y"], "matches \"latest\" with --host x --host y"),
    ];
    for (arguments, cause) in table {
        let ended = world.run(arguments).fails(1, cause);
        assert!(ended.err.lines().nth_back(1).unwrap().ends_with(cause), "{}", ended.err);
    }
    let plain = world.run(&["ls", "latest~7"]).fails(1, "no snapshot matches \"latest~7\"");
    assert!(!plain.err.contains(" with "), "{}", plain.err);
}
