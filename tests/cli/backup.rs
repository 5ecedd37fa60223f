//! `backup`: what is saved, what is left out, and what that means for the exit code.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::world::World;
use crate::store::on_disk;

#[test]
fn the_first_backup_may_make_the_repository() {
    let world = World::without_repository();
    world.write_three_files();
    world.run(&["backup", "-n", "--init", "files"]).fails(10, "no repository");
    let ended = world.run(&["backup", "--init", "files"]).succeeds();
    let place = world.store.repository();
    assert!(ended.err.contains(&format!("created the repository at {place}")), "{}", ended.err);
    let ended = world.run(&["backup", "--init", "files"]).succeeds();
    assert_eq!(ended.err, "");
}

#[test]
fn a_backup_says_what_it_did() {
    let world = World::new();
    world.write_three_files();
    let ended = world.run(&["backup", "files"]).succeeds();
    let first = ended.out.lines().next().unwrap();
    assert_eq!(first, "Files:         3 new,         0 changed,         0 unmodified");
    let short = &world.newest()[..8];
    assert!(ended.out.ends_with(&format!("snapshot {short} saved\n")), "{}", ended.out);
    assert_eq!(ended.err, "");
    let quiet = world.run(&["backup", "-q", "files"]).succeeds();
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
}

#[test]
fn verbose_names_every_file() {
    let world = World::with_snapshot();
    world.write("files/line\nbreak", b"");
    let out = world.run(&["backup", "-v", "files"]).succeeds().out;
    let path = world.path("files");
    assert!(out.contains(&format!("new        {}/line\\nbreak\n", path.display())), "{out}");
    assert!(out.contains(&format!("unmodified {}/sub/two\n", path.display())), "{out}");
}

#[test]
fn a_missing_source_beside_others_ends_with_3() {
    let world = World::new();
    world.write_three_files();
    let ended = world.run(&["backup", "files", "missing"]).fails(3, "not everything could be saved");
    assert!(ended.err.contains(&format!("{}", world.path("missing").display())), "{}", ended.err);
    assert!(ended.out.contains("saved, but it is partial"), "{}", ended.out);
    let table = world.run(&["snapshots"]).succeeds().out;
    assert!(table.contains("  partial  "), "{table}");
    // What was saved is there all the same, by its name.
    let id = world.newest();
    world.run(&["ls", &id]).succeeds();
    world.run(&["ls", "latest"]).fails(1, "no snapshot matches \"latest\"");
}

#[test]
fn missing_sources_alone_end_with_1() {
    let world = World::new();
    world.run(&["backup", "missing", "gone"]).fails(1, "nothing to back up");
    assert_eq!(world.run(&["snapshots", "--json"]).succeeds().out, "[]\n");
}

#[test]
fn an_unreadable_file_ends_with_3() {
    let world = World::with_snapshot();
    fs::set_permissions(world.path("files/one"), Permissions::from_mode(0o000)).unwrap();
    let ended =
        world.run_without_root(&["backup", "files"]).fails(3, "not everything could be saved: 1 problem");
    assert!(ended.err.contains("files/one"), "{}", ended.err);
    let id = world.newest();
    let listed = world.run(&["ls", &id]).succeeds().out;
    assert!(world.run(&["ls", "latest"]).succeeds().err.contains("is newer but partial; --partial takes it"));
    let partial = world.run(&["ls", "latest", "--partial"]).succeeds();
    assert_eq!((partial.out, partial.err.contains("newer")), (listed.clone(), false));
    assert!(listed.contains("/files/sub/two\n"), "{listed}");
}

#[test]
fn a_backup_of_nothing_that_can_be_read_is_none() {
    let world = World::with_snapshot();
    let before = world.newest();
    fs::set_permissions(world.path("files/one"), Permissions::from_mode(0o000)).unwrap();
    world.run_without_root(&["backup", "files/one"]).fails(1, "nothing to back up: cannot open ");
    fs::set_permissions(world.path("files"), Permissions::from_mode(0o000)).unwrap();
    world.run_without_root(&["backup", "files/sub"]).fails(1, "nothing to back up: cannot ");
    world.run_without_root(&["backup", "files"]).fails(1, "nothing to back up: cannot open ");
    assert_eq!(world.newest(), before);
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = World::with_snapshot();
    world.write("files/new", b"new");
    let before = world.store.names("");
    let out = world.run(&["backup", "-n", "files"]).succeeds().out;
    assert!(out.contains("Would be added") && out.ends_with("dry run: nothing was saved\n"), "{out}");
    assert_eq!(world.store.names(""), before);
}

#[test]
fn excluded_files_are_left_out() {
    let world = World::new();
    world.write_three_files();
    world.write("files/cache/junk", b"junk");
    world.run(&["backup", "files", "--exclude", "cache", "-e", "t*o"]).succeeds();
    let listed = world.run(&["ls", &world.latest("files")]).succeeds().out;
    assert!(listed.contains("/one\n") && listed.contains("/three\n"), "{listed}");
    assert!(!listed.contains("junk") && !listed.contains("/two"), "{listed}");
    world.run(&["backup", "files", "--exclude", "[z-a"]).fails(2, "cannot use pattern \"[z-a\": ");
}

#[test]
fn every_error_is_named_however_many() {
    let world = World::new();
    world.write_three_files();
    let missing: Vec<_> = (0..250).map(|number| format!("missing{number}")).collect();
    let mut arguments = vec!["backup", "files"];
    arguments.extend(missing.iter().map(String::as_str));
    let ended = world.run(&arguments).fails(3, "not everything could be saved: 250 problems");
    let named = |name: &&String| ended.err.contains(&format!("/{name}\""));
    assert_eq!(missing.iter().filter(named).count(), 250, "{}", ended.err);
}

#[test]
fn a_repository_inside_of_the_source_is_mentioned() {
    if !on_disk("no source contains a bucket") {
        return;
    }
    let world = World::new();
    let place = format!("{}", world.path("repo").display());
    let ended = world.run(&["backup", "."]).succeeds();
    let note = "the repository lies inside of what is saved; leave it out: --exclude ";
    assert_eq!(ended.err, format!("{note}{place}\n"));
    assert_eq!(world.run(&["backup", ".", "--exclude", &place]).succeeds().err, "");
    let listed = world.run(&["ls", &world.latest("")]).succeeds().out;
    assert!(!listed.contains("/repo"), "{listed}");
}

#[test]
fn a_snapshot_whose_report_cannot_be_written_is_named() {
    let world = World::new();
    world.write_three_files();
    for (paths, code) in [(&["files"][..], 1), (&["files", "missing"], 3)] {
        let mut program = world.command();
        program.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
        let output = program.arg("backup").args(paths).output().unwrap();
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{talk}");
        let id = &world.newest()[..8];
        let words = format!("snapshot {id} was saved, but the output could not be written: No space left");
        assert_eq!(talk.matches(&words).count(), 1, "{talk}");
    }
}

#[test]
fn what_was_not_read_back_is_recorded_and_said() {
    let world = World::new();
    world.write_three_files();
    let plain = world.run(&["backup", "--verify-writes", "all", "files"]).succeeds();
    assert!(!plain.err.contains("read back"), "{}", plain.err);
    let sample = world.run(&["backup", "--verify-writes", "sample", "files"]).succeeds();
    assert!(sample.err.contains("only a sample of what is stored is read back before: "), "{}", sample.err);
    let off = world.run(&["backup", "--verify-writes=off", "--json", "files"]).succeeds().json_lines();
    let notes = off.last().unwrap()["notes"].to_string();
    assert!(notes.contains("nothing of what is stored is read back before: "), "{notes}");

    let table = world.run(&["snapshots"]).succeeds().out;
    let states = ["  complete  ", "  complete, read back in part  ", "  complete, not read back  "];
    assert_eq!(states.map(|state| table.matches(state).count()), [1; 3], "{table}");
    let list = world.run(&["snapshots", "--json"]).succeeds().json();
    let recorded: Vec<_> =
        list.as_array().unwrap().iter().map(|entry| entry["verify_writes"].as_str()).collect();
    assert_eq!(recorded, [None, Some("sample"), Some("off")]);
    world.run(&["backup", "--verify-writes", "some", "files"]).fails(2, "invalid value 'some'");
}
