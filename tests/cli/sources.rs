//! What is saved that is no directory, or not where it is: streams, block devices, `--as-path`.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::world::{Ended, PASSWORD, World};
use lifeboat_testkit::{Random, needs, needs_root, skip};

const MIB: usize = 1 << 20;

impl World {
    fn backup_stdin(&self, input: &[u8], options: &[&str]) -> Ended {
        self.run_fed(self.command(), &[&["backup", "--stdin"], options].concat(), input)
    }

    fn backup_command(&self, command: &[&str]) -> Ended {
        self.run(&[&["backup", "--stdin-from-command", "--stdin-filename", "out", "--"], command].concat())
    }

    fn has_no_snapshot(&self) {
        assert_eq!(self.run(&["snapshots", "--json"]).succeeds().out, "[]\n");
    }

    /// What a path of the latest snapshot holds.
    fn restored(&self, path: &str) -> Vec<u8> {
        let target = format!("restored-{}", self.newest());
        self.run(&["restore", &format!("latest:{path}"), "--target", &target]).succeeds();
        fs::read(self.path(target).join(Path::new(path).file_name().unwrap())).unwrap()
    }
}

#[test]
fn standard_input_becomes_a_file() {
    let world = World::new();
    let content = Random::new(70).bytes(5 * MIB + 17);
    let summary = world.backup_stdin(&content, &["--json", "-q"]).succeeds().json();
    assert_eq!(
        (&summary["files_new"], &summary["total_bytes_processed"]),
        (&1.into(), &content.len().into())
    );
    let list = world.run(&["snapshots", "--json"]).succeeds().json();
    assert_eq!(list[0]["paths"], serde_json::json!(["/stdin"]));
    let listed = world.run(&["ls", "latest", "--json"]).succeeds().json_lines();
    assert_eq!((&listed[1]["path"], &listed[1]["permissions"]), (&"/stdin".into(), &"-rw-r--r--".into()));
    assert_eq!(listed[1]["uid"], fs::metadata(world.path("")).unwrap().uid());
    assert!(world.restored("/stdin") == content);

    let again = world.backup_stdin(&content, &["--json", "-q"]).succeeds().json();
    assert_eq!((&again["data_blobs"], &again["parent"]), (&0.into(), &summary["snapshot_id"]));
    assert!(world.backup_stdin(b"x", &["--dry-run"]).succeeds().out.contains("nothing was saved"));
    assert_eq!(world.newest(), again["snapshot_id"].as_str().unwrap());
}

#[test]
fn a_stream_has_the_name_that_it_is_given() {
    let world = World::new();
    for (name, path) in [("dump.sql", "/dump.sql"), ("/db/dump.sql", "/db/dump.sql"), ("a/../b/", "/b")] {
        // What is left out elsewhere has no say about what was named.
        world.backup_stdin(b"rows", &["--stdin-filename", name, "--exclude", "*"]).succeeds();
        assert_eq!(world.restored(path), b"rows");
    }
    let long = "n".repeat(256);
    for (name, cause) in [("/", "shown as /"), ("..", "shown as /"), (&long, "is longer than 255 bytes")] {
        world.backup_stdin(b"rows", &["--stdin-filename", name]).fails(2, cause);
    }
    world.backup_stdin(b"rows", &["--stdin-filename", ""]).fails(2, "shown as /");
    assert_eq!(world.run(&["snapshots", "--json"]).succeeds().json().as_array().unwrap().len(), 3);
}

#[test]
fn what_a_command_prints_becomes_a_file() {
    let world = World::new();
    // Options of the command are its own, and so are arguments that are empty.
    let script = "echo talk >&2; printf '%s,' \"$@\"; cat";
    let ended = world.backup_command(&["sh", "-c", script, "--", "-n", "", "--json"]).succeeds();
    assert_eq!(ended.err, "talk\n");
    assert_eq!(world.restored("/out"), b"-n,,--json,");
    let empty = world.backup_command(&["true"]).succeeds();
    assert_eq!(empty.err, "the stream is empty, and so is \"/out\"\n");
    assert_eq!(world.restored("/out"), b"");
}

#[test]
fn a_command_does_not_learn_the_password() {
    let world = World::new();
    world.backup_command(&["env"]).succeeds();
    let environment = String::from_utf8(world.restored("/out")).unwrap();
    assert!(environment.contains("LIFEBOAT_REPOSITORY=") && !environment.contains(PASSWORD), "{environment}");
}

#[test]
fn a_command_that_fails_leaves_no_snapshot() {
    let world = World::new();
    let big = "head -c 3000000 /dev/urandom; echo trouble >&2; exit 3";
    let table: [(&[&str], &str); 4] = [
        (&["sh", "-c", big], "the command \"sh\" ended with exit status: 3"),
        (&["sh", "-c", "echo half; echo trouble >&2; kill -9 $$"], "the command \"sh\" ended with signal: 9"),
        (&["no-such-program", "x"], "cannot run the command \"no-such-program\": No such file"),
        (&["sh", "-c", "exec >&-; echo trouble >&2; sleep 0.3; false"], "ended with exit status: 1"),
    ];
    for (command, cause) in table {
        let ended = world.backup_command(command).fails(1, cause);
        assert_eq!(ended.err.starts_with("trouble\n"), command[0] == "sh", "{}", ended.err);
        let json = world.run(&[&["backup", "--json", "--stdin-from-command", "--"], command].concat());
        assert_eq!(json.code, 1);
        assert!(!json.out.contains("snapshot_id"), "{}", json.out);
    }
    world.has_no_snapshot();
}

#[test]
fn a_stream_that_cannot_be_read_leaves_no_snapshot() {
    let world = World::new();
    let mut command = world.command();
    let arguments = ["backup", "--stdin"];
    command.args(arguments).stdin(Stdio::from(File::open("/").unwrap()));
    Ended::of(&arguments, command.output().unwrap()).fails(1, "cannot read standard input: Is a directory");
    world.has_no_snapshot();
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let world = World::new();
    world.write_three_files();
    let table: [(&[&str], &str); 10] = [
        (&["--stdin", "files"], "cannot be used with"),
        (&["--stdin", "--stdin-from-command", "--", "true"], "cannot be used with"),
        (&["--stdin", "--as-path", "/x"], "cannot be used with"),
        (&["--stdin", "--read-special"], "cannot be used with"),
        (&["--stdin-from-command"], "no command is given"),
        (&["--stdin-from-command", "--as-path", "/x", "--", "true"], "cannot be used with"),
        (&["files", "--stdin-filename", "x"], "required arguments were not provided"),
        (&["files", "files/one", "--as-path", "/x"], "--as-path takes one path"),
        (&["files", "--as-path", ""], "a value is required"),
        (&["files", "--as-path", &format!("/{}", "n".repeat(256))], "is longer than 255 bytes"),
    ];
    for (options, cause) in table {
        world.run(&[&["backup"], options].concat()).fails(2, cause);
    }
    world.run(&["backup", "files/one", "--as-path", "/"]).fails(1, "nothing else can be shown as /");
    world.run(&["backup", "gone", "--as-path", "/x"]).fails(1, "nothing to back up");
    world.has_no_snapshot();
}

#[test]
fn the_password_never_comes_from_the_stream() {
    let world = World::new();
    let without = |arguments: &[&str]| {
        let mut command = world.command();
        command.env_remove("LIFEBOAT_PASSWORD");
        world.run_fed(command, arguments, b"correct horse battery staple\n")
    };
    without(&["backup", "--stdin"]).fails(2, "no password is given");
    let both = ["backup", "--stdin", "--password-file", "/dev/stdin"];
    without(&both).fails(2, "cannot both come from standard input");
    world.has_no_snapshot();
}

/// Runs a backup of a stream that stays quiet, ends it once `is_quiet` says so, and gives its exit code.
fn interrupted(
    world: &World,
    arguments: &[&str],
    signal: &str,
    is_quiet: impl Fn(&mut Child) -> bool,
) -> i32 {
    let mut command = world.command();
    command.args(["backup", "--json"]).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let quiet = child.stdin.take();
    while !is_quiet(&mut child) {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(Duration::from_millis(10));
    }
    let kill = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let status = child.wait().unwrap();
    drop(quiet);
    status.code().unwrap()
}

#[test]
fn a_quiet_stream_can_be_interrupted() {
    let world = World::new();
    let first_status = |child: &mut Child| {
        let mut first = [0];
        child.stdout.as_mut().unwrap().read_exact(&mut first).is_ok()
    };
    assert_eq!(interrupted(&world, &["--stdin"], "TERM", first_status), 143);
    for (script, signal, code) in [
        ("echo $$ > started; exec sleep 600", "INT", 130),
        ("echo $$ > started; exec sleep 600 >&-", "TERM", 143),
    ] {
        let started = world.path("started");
        let pid = || fs::read_to_string(&started).unwrap_or_default().trim().to_owned();
        let command = ["--stdin-from-command", "--", "sh", "-c", script];
        assert_eq!(interrupted(&world, &command, signal, |_| !pid().is_empty()), code);
        assert!(!Path::new("/proc").join(pid()).exists(), "the command lives on");
        fs::remove_file(&started).unwrap();
    }
    world.has_no_snapshot();
}

#[test]
fn nobody_types_a_backup() {
    if !needs("script") {
        return;
    }
    let world = World::new();
    let program = env!("CARGO_BIN_EXE_lifeboat");
    // It gives what it runs a terminal.
    let mut command = world.prepared(Path::new("script"));
    command.env("SHELL", "/bin/sh").args(["-qec", &format!("{program} backup --stdin"), "/dev/null"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("error: standard input is a terminal\r\nhint: "), "{text}");
}

#[test]
fn a_large_stream_takes_little_memory_and_nothing_the_second_time() {
    let world = World::new();
    let mut summaries = Vec::new();
    for _ in 0..2 {
        let mut command = world.command();
        command.args(["backup", "--stdin", "--json", "-q"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let (mut random, mut piece) = (Random::new(71), vec![0; MIB]);
        for _ in 0..300 {
            random.fill(&mut piece);
            input.write_all(&piece).unwrap();
        }
        // It waits for more.
        assert!(peak_memory(child.id()) < 200 * MIB, "{} bytes", peak_memory(child.id()));
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        summaries.push(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap());
    }
    assert_eq!(summaries[1]["total_bytes_processed"], 300 * MIB);
    assert_eq!(summaries[1]["data_blobs"], 0);
    assert!(summaries[1]["data_added_packed"].as_u64().unwrap() < MIB as u64, "{}", summaries[1]);
}

/// Most memory that a running process ever held, in bytes.
fn peak_memory(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[test]
fn a_directory_is_shown_as_another() {
    let world = World::new();
    world.write_three_files();
    world.write("files/cache/junk", b"junk");
    // What changed within the last seconds is read again in any case.
    std::thread::sleep(Duration::from_secs(4));
    let cache = format!("{}", world.path("files/cache").display());
    let arguments = ["backup", "files", "--as-path", "/no/such/data", "--exclude", &cache, "--json", "-q"];
    let first = world.run(&arguments).succeeds().json();
    assert_eq!((&first["files_new"], &first["dirs_new"]), (&3.into(), &4.into()));
    fs::rename(world.path("files"), world.path("moved")).unwrap();
    let again = world
        .run(&["backup", "moved", "--as-path", "/no/such/data", "--exclude", "cache", "--json", "-q"])
        .succeeds()
        .json();
    assert_eq!((&again["bytes_read"], &again["files_unmodified"]), (&0.into(), &3.into()));
    assert_eq!(again["parent"], first["snapshot_id"]);
    let list = world.run(&["snapshots", "--json"]).succeeds().json();
    assert_eq!(list[1]["paths"], serde_json::json!(["/no/such/data"]));
    assert_eq!(world.restored("/no/such/data/one"), b"first");
    world.run(&["restore", "latest", "--target", "all"]).succeeds();
    assert_eq!(fs::read(world.path("all/no/such/data/one")).unwrap(), b"first");
    assert!(!world.path("all/no/such/data/cache").exists());
    world.run(&["verify", "--read-data"]).succeeds();
}

#[test]
fn a_file_is_shown_as_another() {
    let world = World::new();
    world.write_three_files();
    let out = world.run(&["backup", "-v", "files/one", "--as-path", "shown"]).succeeds().out;
    let place = world.path("shown");
    assert!(out.contains(&format!("new        {}\n", world.path("files/one").display())), "{out}");
    assert_eq!(world.restored(place.to_str().unwrap()), b"first");
}

#[test]
fn what_has_no_end_is_not_read() {
    let world = World::new();
    symlink("/dev/zero", world.path("link")).unwrap();
    for endless in ["/dev/zero", "link"] {
        for more in [&["--read-special"][..], &["--read-special", "--as-path", "/x"]] {
            let ended =
                world.run(&[&["backup", endless], more].concat()).fails(2, "reading it may never end");
            assert!(ended.err.ends_with("lifeboat backup --stdin < PATH\n"), "{}", ended.err);
        }
    }
    world.has_no_snapshot();
}

/// A block device whose content is that of a file.
struct LoopDevice(PathBuf);

impl LoopDevice {
    /// None where this machine has none to give.
    fn of(file: &Path) -> Option<Self> {
        if !needs_root() || !needs("losetup") {
            return None;
        }
        let output = Command::new("losetup").args(["--find", "--show"]).arg(file).output().unwrap();
        if !output.status.success() {
            skip(&format!("no loop device: {}", String::from_utf8_lossy(&output.stderr).trim()));
            return None;
        }
        Some(Self(String::from_utf8(output.stdout).unwrap().trim().into()))
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        let status = Command::new("losetup").arg("--detach").arg(&self.0).status();
        assert!(status.is_ok_and(|status| status.success()), "{} is left over", self.0.display());
    }
}

#[test]
fn a_block_device_is_read_where_that_is_asked_for() {
    let world = World::new();
    let mut content = Random::new(72).bytes(5 * MIB + 1536);
    content[MIB..3 * MIB].fill(0);
    world.write("image", &content);
    let Some(device) = LoopDevice::of(&world.path("image")) else { return };
    let path = device.0.to_str().unwrap();
    fs::create_dir(world.path("links")).unwrap();
    symlink(&device.0, world.path("links/snap")).unwrap();
    let link = format!("{}", world.path("links/snap").display());
    for (named, options, shown) in [
        (path, vec![], path),
        (&*link, vec![], &*link),
        (&*link, vec!["--as-path", "/dev/vg/root"], "/dev/vg/root"),
    ] {
        let arguments = [&["backup", named, "--read-special", "--json", "-q"], &options[..]].concat();
        for run in 0..2 {
            let summary = world.run(&arguments).succeeds().json();
            assert_eq!(summary["bytes_read"], content.len(), "nothing is taken over unread");
            assert_eq!(summary["files_new"], 1 - run);
        }
        assert!(world.restored(shown) == content, "{named}");
    }
    // Found in a directory, or not asked for, it stays what it is.
    for arguments in [&["backup", "links", "--read-special"][..], &["backup", &link]] {
        world.run(arguments).succeeds();
        let listed = world.run(&["ls", "latest", "--json"]).succeeds().json_lines();
        assert_eq!(listed.last().unwrap()["type"], "symlink");
    }
    world.run(&["backup", path]).succeeds();
    let listed = world.run(&["ls", "latest", "--json"]).succeeds().json_lines();
    assert_eq!(listed.last().unwrap()["type"], "dev");
}

#[test]
fn a_directory_on_the_way_need_not_be_theirs_to_list() {
    if !needs_root() {
        return;
    }
    let world = World::new();
    world.write("parent/home/mine", b"mine");
    world.write("parent/other/theirs", b"theirs");
    world.run_without_root(&["snapshots"]).succeeds();
    for path in ["parent", "parent/other"] {
        chown(world.path(path), Some(0), Some(0)).unwrap();
        fs::set_permissions(world.path(path), fs::Permissions::from_mode(0o711)).unwrap();
    }
    world.run_again_without_root(&["backup", "parent/home"]).succeeds();
    let home = world.path("parent/home/mine").display().to_string();
    assert_eq!(world.restored(&home), b"mine");
    let listed = world.run(&["ls", "latest", "--json"]).succeeds().json_lines();
    let parent =
        listed.iter().find(|node| node["path"] == *world.path("parent").display().to_string()).unwrap();
    assert_eq!((&parent["permissions"], &parent["uid"]), (&"drwx--x--x".into(), &0.into()));
    // What is asked for itself has to be listed.
    let ended = world.run_again_without_root(&["backup", "parent/home", "parent/other"]);
    let ended = ended.fails(3, "");
    assert!(ended.err.contains("parent/other"), "{}", ended.err);
}

#[test]
fn a_stream_is_never_skipped_as_unchanged() {
    let world = World::new();
    let refused = world.run(&["backup", "--stdin", "--skip-if-unchanged"]);
    refused.fails(2, "'--skip-if-unchanged'");
}
