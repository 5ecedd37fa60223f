//! What `backup` leaves out: every option with and without, and what is told of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use lifeboat_testkit::{Mounted, chattr};

use super::world::{Ended, World};
use crate::store::on_disk;

/// A world with these files, empty but for their names.
fn world(files: &[&str]) -> World {
    let world = World::new();
    for file in files {
        world.write(format!("files/{file}"), file.as_bytes());
    }
    world
}

/// Everything below `files` in a new snapshot of it, with these options.
fn saved(world: &World, options: &[&str]) -> Vec<String> {
    world.run(&[&["backup", "files"], options].concat()).succeeds();
    let listed = world.run(&["ls", &world.latest("files")]).succeeds().out;
    let root = format!("{}/", world.path("files").display());
    listed.lines().filter_map(|line| line.strip_prefix(&root)).map(str::to_owned).collect()
}

/// What a dry run says that it leaves out, with the paths relative to `files`.
fn excluded(world: &World, options: &[&str]) -> Vec<String> {
    let out = world.run(&[&["backup", "-n", "files"], options].concat()).succeeds().out;
    let root = format!("excluded   {}/", world.path("files").display());
    out.lines().filter_map(|line| line.strip_prefix(&root)).map(str::to_owned).collect()
}

/// The options leave out just these, for this reason; without them everything is saved.
fn leaves_out(world: &World, options: &[&str], lost: &[&str], why: &str) {
    let all = saved(world, &[]);
    let is_lost =
        |path: &String| lost.iter().any(|lost| path == lost || path.starts_with(&format!("{lost}/")));
    let kept: Vec<_> = all.iter().filter(|path| !is_lost(path)).cloned().collect();
    assert!(kept.len() < all.len() && !kept.is_empty(), "{all:?}");
    assert_eq!(saved(world, options), kept, "{options:?}");
    let told: Vec<_> = lost.iter().map(|path| format!("{path} ({why})")).collect();
    assert_eq!(excluded(world, options), told);
    assert_eq!(excluded(world, &[]), [""; 0]);
}

#[test]
fn patterns() {
    let world = world(&["a.tmp", "b.TMP", "sub/c.tmp", "sub/d"]);
    leaves_out(&world, &["--exclude", "*.tmp"], &["a.tmp", "sub/c.tmp"], "fits *.tmp");
    leaves_out(&world, &["-e", "sub/*.tmp"], &["sub/c.tmp"], "fits sub/*.tmp");
    leaves_out(&world, &["--iexclude", "*.tMp"], &["a.tmp", "b.TMP", "sub/c.tmp"], "fits *.tMp");
    leaves_out(&world, &["-e", "*.tmp", "-e", "!c.tmp"], &["a.tmp"], "fits *.tmp");
    leaves_out(&world, &["-e", "sub/"], &["sub"], "fits sub/");
}

#[test]
fn what_is_shown_elsewhere_is_filtered_where_it_lies() {
    let world = world(&["a.tmp", "sub/b.tmp", "c"]);
    let anchored = format!("{}/sub/b.tmp", world.path("files").display());
    world
        .run(&["backup", "files", "--as-path", "/shown", "-e", "/shown/c", "-e", &anchored, "-x"])
        .succeeds();
    let listed = world.run(&["ls", "latest:/shown"]).succeeds().out;
    assert_eq!(listed, "/shown\n/shown/a.tmp\n/shown/c\n/shown/sub\n");
}

#[test]
fn files_of_patterns() {
    let world = world(&["a.tmp", "b.TMP", "c.tmp", "d"]);
    world.write("list", b"\xef\xbb\xbf# comment\r\n\r\n*.tmp\r\n!c.tmp\r\n");
    leaves_out(&world, &["--exclude-file", "list"], &["a.tmp"], "fits *.tmp");
    leaves_out(&world, &["--iexclude-file", "list"], &["a.tmp", "b.TMP"], "fits *.tmp");
    // The lines of files come after the patterns of the command line, whatever the order of the options.
    for options in [["--exclude-file", "list", "-e", "c.tmp"], ["-e", "c.tmp", "--exclude-file", "list"]] {
        leaves_out(&world, &options, &["a.tmp"], "fits *.tmp");
    }
}

#[test]
fn patterns_that_are_not_understood_end_with_2() {
    let world = world(&["a"]);
    world.write("list", b"fine\n\n[z-a]\n");
    world.write("bytes", b"fine\n\xff\n");
    let table: [(&[&str], &str); 5] = [
        (
            &["--exclude", "[z-a]"],
            "error: cannot use pattern \"[z-a]\": invalid range; 'z' > 'a' (--exclude)",
        ),
        (&["--iexclude", "{a"], " (--iexclude)"),
        (&["--exclude-file", "list"], " (list, line 3)"),
        (&["--iexclude-file", "list"], " (list, line 3)"),
        (&["--exclude-file", "bytes"], "cannot use a pattern: it is not UTF-8 (bytes, line 2)"),
    ];
    for (options, cause) in table {
        world.run(&[&["backup", "files"], options].concat()).fails(2, cause);
    }
    for option in ["--exclude-file", "--iexclude-file"] {
        world.run(&["backup", "files", option, "missing"]).fails(1, "cannot read missing: No such file");
    }
    assert_eq!(world.run(&["snapshots", "--json"]).succeeds().out, "[]\n", "nothing was saved");
}

#[test]
fn cache_directories() {
    let world = world(&["cache/a", "cache/sub/b", "false/CACHEDIR.TAG", "false/c"]);
    world.write("files/cache/CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55\n");
    let all = saved(&world, &[]);
    let kept = ["cache", "cache/CACHEDIR.TAG", "false", "false/CACHEDIR.TAG", "false/c"];
    assert_eq!(saved(&world, &["--exclude-caches"]), kept);
    assert_eq!(excluded(&world, &["--exclude-caches"]), ["cache (content of a cache directory)"]);
    assert_eq!(all.len(), kept.len() + 3);
}

#[test]
fn directories_with_a_file_of_a_name() {
    let world = world(&["a/.nobackup", "a/x", "b/.nobackup", "b/y", "c/z"]);
    world.write("files/b/.nobackup", b"really");
    let kept = ["a", "a/.nobackup", "b", "b/.nobackup", "c", "c/z"];
    assert_eq!(saved(&world, &["--exclude-if-present", ".nobackup"]), kept);
    let with_header = ["--exclude-if-present", ".nobackup:really"];
    assert_eq!(saved(&world, &with_header), ["a", "a/.nobackup", "a/x", "b", "b/.nobackup", "c", "c/z"]);
    assert_eq!(excluded(&world, &with_header), ["b (content of a directory with .nobackup)"]);
    let two = ["--exclude-if-present", "z", "--exclude-if-present", "x"];
    assert_eq!(saved(&world, &two), ["a", "a/x", "b", "b/.nobackup", "b/y", "c", "c/z"]);
    for name in ["", ":header", "a/b"] {
        world
            .run(&["backup", "files", "--exclude-if-present", name])
            .fails(2, "bad value of --exclude-if-present");
    }
}

#[test]
fn large_files() {
    let world = world(&["small"]);
    world.write("files/exact", &[0; 1536]);
    world.write("files/large", &[0; 1537]);
    leaves_out(&world, &["--exclude-larger-than", "1.5k"], &["large"], "larger than 1536 bytes");
    // A directory is never too large, and neither is what was named.
    assert_eq!(saved(&world, &["--exclude-larger-than", "0"]), [""; 0]);
    assert_eq!(saved(&world, &["files/large", "--exclude-larger-than", "5"]), ["large", "small"]);
    let ended = world.run(&["backup", "files", "--exclude-larger-than", "1 parsec"]);
    ended.fails(2, "invalid value '1 parsec' for '--exclude-larger-than <SIZE>'");
}

#[test]
fn other_file_systems() {
    let world = world(&["a", "mounted/hidden"]);
    let Some(_mounted) = Mounted::memory(&world.path("files/mounted")) else { return };
    world.write("files/mounted/b", b"b");
    assert_eq!(saved(&world, &[]), ["a", "mounted", "mounted/b"]);
    for option in ["-x", "--one-file-system"] {
        assert_eq!(saved(&world, &[option]), ["a", "mounted"]);
        assert_eq!(saved(&world, &[option, "files/mounted"]), ["a", "mounted", "mounted/b"]);
    }
    assert_eq!(excluded(&world, &["-x"]), ["mounted (on another file system)"]);
}

#[test]
fn flagged_files() {
    let world = world(&["a", "b"]);
    if !chattr("+d", &world.path("files/a")) {
        return;
    }
    leaves_out(&world, &["--nodump"], &["a"], "flagged as not to be dumped");
}

#[test]
fn what_git_ignores() {
    let world = world(&["tree/.git/HEAD", "tree/a.o", "tree/b.c", "c.o"]);
    world.write("files/tree/.gitignore", b"*.o\n");
    let why = format!("fits *.o of {}/tree/.gitignore", world.path("files").display());
    leaves_out(&world, &["--git-ignore"], &["tree/a.o"], &why);
}

#[test]
fn rules_of_git_that_cannot_be_used_are_a_warning() {
    let world = world(&["tree/.git/HEAD", "tree/a.o"]);
    world.write("files/tree/.gitignore", b"*.o\n[\n");
    let ended = world.run(&["backup", "files", "--git-ignore"]).succeeds();
    let file = world.path("files/tree/.gitignore");
    let warning = format!("warning: cannot use the rules of \"{}\": line 2: ", file.display());
    assert!(ended.err.starts_with(&warning), "{}", ended.err);
    let ended = world.run(&["backup", "files", "--git-ignore", "--json"]).succeeds();
    let line = ended.json_talk().remove(0);
    assert_eq!((&line["kind"], &line["message_type"]), (&"unfiltered".into(), &"error".into()));
    assert_eq!(line["item"], format!("{}", file.display()).as_str());
    // One that cannot be read cannot be saved either.
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    let ended = world
        .run_without_root(&["backup", "files", "--git-ignore"])
        .fails(3, "not everything could be saved");
    assert!(
        ended.err.contains("warning: cannot open") && ended.err.contains("error: cannot open"),
        "{}",
        ended.err
    );
}

#[test]
fn what_is_left_out_is_named_when_it_is_asked_for() {
    let world = world(&["a.tmp", "b"]);
    let line = format!("excluded   {}/a.tmp (fits *.tmp)\n", world.path("files").display());
    let run =
        |options: &[&str]| world.run(&[&["backup", "files", "-e", "*.tmp"], options].concat()).succeeds().out;
    for (options, named) in
        [(&["-n"][..], true), (&["-v"], true), (&["-n", "-v"], true), (&[], false), (&["-n", "-q"], false)]
    {
        assert_eq!(run(options).contains(&line), named, "{options:?}");
    }
    for options in [&["-n"][..], &[]] {
        let out = run(options);
        assert!(out.contains("left out 1 item"), "{out}");
        assert!(!world.run(&["backup", "files"]).succeeds().out.contains("left out"));
    }
}

#[test]
fn json_names_item_and_reason() {
    let world = world(&["a.tmp", "b"]);
    let run = |options: &[&str]| -> Ended {
        world.run(&[&["backup", "files", "--json", "-e", "*.tmp"], options].concat()).succeeds()
    };
    for options in [&["-n"][..], &["-v"]] {
        let lines = run(options).json_lines();
        let line = lines.iter().find(|line| line["message_type"] == "excluded_item").unwrap();
        let item = format!("{}/a.tmp", world.path("files").display());
        let expected = serde_json::json!({
            "message_type": "excluded_item", "item": item, "reason": "fits *.tmp",
        });
        assert_eq!(line, &expected);
        assert_eq!(lines.last().unwrap()["excluded"], 1);
    }
    for options in [&["-n", "-q"][..], &[]] {
        assert!(!run(options).out.contains("excluded_item"), "{options:?}");
    }
}

#[test]
fn the_snapshot_says_what_was_left_out() {
    let world = world(&["a"]);
    world.write("list", b"x\n");
    let options =
        ["-e", "p", "--exclude-file", "list", "--iexclude", "q", "--iexclude-file", "list", "--nodump", "-x"];
    let more =
        ["--exclude-caches", "--exclude-if-present", "f:h", "--exclude-larger-than", "1k", "--git-ignore"];
    saved(&world, &[&options[..], &more].concat());
    let list = world.run(&["snapshots", "--json"]).succeeds().json();
    let expected = serde_json::json!([
        "p",
        "--exclude-file=list",
        "--iexclude=q",
        "--iexclude-file=list",
        "--exclude-if-present=f:h",
        "--exclude-larger-than=1024",
        "--exclude-caches",
        "--one-file-system",
        "--nodump",
        "--git-ignore",
    ]);
    assert_eq!(list[0]["excludes"], expected);
}

#[test]
fn a_repository_that_is_left_out_is_not_mentioned() {
    if !on_disk("no source contains a bucket") {
        return;
    }
    let world = World::new();
    let place = format!("{}", world.path("repo").display());
    world.write("list", format!("{place}\n").as_bytes());
    let outer = format!("{}", world.path(".").canonicalize().unwrap().display());
    let quiet: [&[&str]; 4] = [
        &["-e", "repo"],
        &["--iexclude", "REPO"],
        &["--exclude-file", "list"],
        &["--exclude-file", "list", "repo/keys"],
    ];
    for options in quiet {
        assert_eq!(
            world.run(&[&["backup", "-n", &outer], options].concat()).succeeds().err,
            "",
            "{options:?}"
        );
    }
    let ended = world.run(&["backup", "-n", &outer, "-e", "repo", "-e", "!repo"]).succeeds();
    assert_eq!(
        ended.err,
        format!("the repository lies inside of what is saved; leave it out: --exclude {place}\n")
    );
    // What was named is saved all the same.
    assert_ne!(world.run(&["backup", "-n", "repo", "-e", "repo"]).succeeds().err, "");
}

#[test]
fn the_mentioned_pattern_fits_the_repository() {
    let world = World::without_repository();
    world.write("a[b]/x", b"x");
    let odd =
        |arguments: &[&str]| world.run_with(&[("LIFEBOAT_REPOSITORY", "a[b]/repo")], arguments).succeeds();
    odd(&["init", "--kdf-memory", "32"]);
    let note = odd(&["backup", "-n", "a[b]"]).err;
    let (_, pattern) = note.trim_end().split_once("--exclude ").unwrap();
    assert_eq!(odd(&["backup", "-n", "a[b]", "--exclude", pattern.trim_matches('\'')]).err, "");
}

#[test]
fn patterns_are_shown_as_they_were_typed() {
    let world = World::new();
    world.write("files/#hash", b"x");
    let plan = world.run(&["backup", "-n", "files", "-e", r"\#hash"]).succeeds().out;
    assert!(plan.contains(r"/#hash (fits \#hash)"), "{plan}");
}

#[test]
fn rules_of_git_that_are_not_understood_leave_out_nothing_and_say_so() {
    let world = World::new();
    world.write("files/.git/config", b"");
    world.write("files/.gitignore", b"*.o\n[[:alpha:]]\n");
    world.write("files/a.o", b"x");
    let saved = world.run(&["backup", "files", "--git-ignore"]).succeeds();
    assert!(saved.err.contains("; nothing is left out by this file"), "{}", saved.err);
}

#[test]
fn standard_input_is_no_list_of_patterns() {
    let world = World::with_snapshot();
    for option in ["--exclude-file", "--iexclude-file"] {
        let refused = world.run(&["backup", "files", option, "-"]);
        refused.fails(2, &format!("{option} does not take - for standard input"));
    }
    let refused = world.run(&["restore", "latest", "out", "--include-file", "-"]);
    refused.fails(2, "--include-file does not take - for standard input");
    let options = ["backup", "-n", "files", "--exclude-file", "/dev/stdin"];
    let plan = world.run_fed(world.command(), &options, b"one\n").succeeds();
    assert!(plan.out.contains("(fits one)"), "{}", plan.out);
}
