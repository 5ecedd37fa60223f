//! What is wrong with arguments is said in one line; what is right is in the help.

use super::world::World;

const VERBS: [&str; 18] = [
    "init",
    "backup",
    "snapshots",
    "ls",
    "restore",
    "verify",
    "forget",
    "prune",
    "repair",
    "copy",
    "tag",
    "sessions",
    "key",
    "drill",
    "evidence",
    "doctor",
    "completions",
    "version",
];
const KEY_VERBS: [&str; 4] = ["list", "add", "remove", "passwd"];
const DRILL_VERBS: [&str; 6] = ["run", "validate", "gc", "report", "selftest", "canary"];
const EVIDENCE_VERBS: [&str; 3] = ["list", "verify", "export"];

#[test]
fn mistakes_end_with_2() {
    let world = World::new();
    let table: [(&[&str], &str); 10] = [
        (&["backup", "--nonsense", "."], "unexpected argument '--nonsense'"),
        (&["backup"], "required arguments were not provided: <PATH>..."),
        (&["restore", "latest"], "required arguments were not provided: <DIR>"),
        (&["restore", "latest", "a", "--target", "b"], "cannot be used with"),
        (&["frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (&["completions", "cobol"], "invalid value 'cobol'"),
        (&["version", "-q", "-v"], "--quiet and --verbose exclude each other"),
        (&["backup", ""], "\"\" is not a path"),
        (&["backup", "-e", "", "."], "a value is required for '--exclude <PATTERN>'"),
        (&["init", "--chunk-size", "0"], "invalid value '0'"),
    ];
    for (arguments, cause) in table {
        world.run(arguments).fails(2, cause);
    }
    for bare in [world.run(&[]), world.run_with(&[("LIFEBOAT_REPOSITORY", "")], &[])] {
        assert_eq!(bare.fails(2, "").err, "error: no command is given\nhint: lifeboat --help\n");
    }
}

#[test]
fn mistakes_point_to_the_help_of_the_verb() {
    let world = World::without_repository();
    let table: [(&[&str], &str); 8] = [
        (&["backup", "--exclude-larger-than", "x", "."], "backup"),
        (&["-r", "ls", "backup", "--time", "never", "."], "backup"),
        (&["init", "--chunk-size", "0"], "init"),
        (&["key", "add", "--kdf-memory", "1"], "key add"),
        (&["restore", "latest", "--overwrite", "perhaps", "out"], "restore"),
        (&["backup"], "backup"),
        (&["key"], "key"),
        (&["key", "list", "surplus"], "key list"),
    ];
    for (arguments, verb) in table {
        let ended = world.run(arguments).fails(2, "");
        assert!(ended.err.ends_with(&format!("\nhint: lifeboat {verb} --help\n")), "{}", ended.err);
    }
}

#[test]
fn the_range_of_a_size_is_told_in_its_unit() {
    let world = World::without_repository();
    let range = "write a number of KiB from 32 to 4194304, which is 4.00 GiB";
    for number in ["1", "4194305", "64M", "-5"] {
        world.run(&["init", &format!("--kdf-memory={number}")]).fails(2, range);
        world.run(&["key", "add", &format!("--kdf-memory={number}")]).fails(2, range);
    }
    world.run(&["init", "--chunk-size", "4097"]).fails(2, "KiB from 1 to 4096, which is 4.00 MiB");
}

#[test]
fn a_slip_of_the_pen_is_recognised() {
    let world = World::without_repository();
    let ended = world.run(&["backup", "--exclud", "x", "."]).fails(2, "--exclud");
    assert!(ended.err.ends_with("hint: a similar argument exists: '--exclude'\n"), "{}", ended.err);
}

#[test]
fn the_repository_has_to_be_named_and_understood() {
    let world = World::without_repository();
    world.run_with(&[("LIFEBOAT_REPOSITORY", "")], &["snapshots"]).fails(2, "no repository is given");
    let unknown = world.run(&["-r", "sftp:host:/path", "snapshots"]).fails(2, "open sftp: ");
    assert!(unknown.err.contains("what works is a path or file:///path"), "{}", unknown.err);
    assert!(!unknown.err.contains("::") && !unknown.err.contains("s3"), "{}", unknown.err);
}

#[test]
fn an_empty_variable_is_named() {
    let world = World::new();
    for name in [
        "LIFEBOAT_REPOSITORY",
        "LIFEBOAT_PASSWORD_FILE",
        "LIFEBOAT_PASSWORD_COMMAND",
        "LIFEBOAT_KEY_FILE",
        "LIFEBOAT_COMPRESSION",
        "LIFEBOAT_MAX_MEMORY",
    ] {
        let mut command = world.command();
        command.env(name, "");
        let ended = world.run_in(command, &["snapshots"]).fails(2, "is set, but empty");
        let words = format!("error: the variable {name} is set, but empty\nhint: unset {name}\n");
        assert_eq!(ended.err, words);
    }
}

#[test]
fn global_options_stand_before_or_after_the_verb() {
    let world = World::new();
    let nowhere = [("LIFEBOAT_REPOSITORY", "nowhere")];
    let place = world.store.repository();
    for arguments in [["-r", place, "snapshots", "--json"], ["snapshots", "--json", "--repo", place]] {
        assert_eq!(world.run_with(&nowhere, &arguments).succeeds().out, "[]\n");
    }
}

#[test]
fn help_of_every_verb() {
    let world = World::without_repository();
    insta::assert_snapshot!("help", world.run(&["--help"]).succeeds().out);
    let below_key = KEY_VERBS.map(|verb| vec!["key", verb]);
    let below_drill = DRILL_VERBS.map(|verb| vec!["drill", verb]);
    let below_evidence = EVIDENCE_VERBS.map(|verb| vec!["evidence", verb]);
    let all = VERBS.map(|verb| vec![verb]).into_iter();
    for verb in all.chain(below_key).chain(below_drill).chain(below_evidence) {
        let help = world.run(&[&verb[..], &["-h"]].concat()).succeeds().out;
        // The global options are the same everywhere.
        let (own, _) = help.split_once("Global options:").unwrap();
        insta::assert_snapshot!(format!("help_{}", verb.join("_")), own.trim_end());
    }
}

#[test]
fn versions_and_completions_are_printed() {
    let world = World::without_repository();
    let version = concat!("lifeboat ", env!("CARGO_PKG_VERSION"));
    assert!(world.run(&["version"]).succeeds().out.starts_with(version));
    assert_eq!(world.run(&["--version"]).succeeds().out, format!("{version}\n"));
    assert_eq!(world.run(&["version", "--json"]).succeeds().json()["version"], env!("CARGO_PKG_VERSION"));
    for shell in ["bash", "zsh", "fish"] {
        let script = world.run(&["completions", shell]).succeeds().out;
        assert!(VERBS.iter().all(|verb| script.contains(verb)), "{shell}:\n{script}");
    }
}
