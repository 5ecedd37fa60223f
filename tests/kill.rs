//! The built program, interrupted, terminated and killed while it works.
//!
//! What it proves: whatever ends a backup, the repository is sound, there is no snapshot, and the next backup stores
//! nothing twice. Nothing here depends on how fast the machine is: a run is ended when it has
//! got somewhere, or stands still because nobody takes its output, or at a moment of which any is as good as any other.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use lifeboat_testkit::{Random, needs, rsync_differences};
use rustix::fs::{Mode, OFlags, open};
use serde_json::Value;

use super::store::Store;

const MIB: u64 = 1 << 20;
/// What packs that were closed early cost: headers, directories, segments that were not full. Of what was in flight
/// when a process was killed nothing is in the repository, so it costs no more.
const CLOSED_EARLY: u64 = MIB;
/// Files so large are long enough to be stopped in their midst.
const LARGE: usize = 8 << 20;

/// How a run is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Int,
    Term,
    Kill,
}

impl Signal {
    fn send_to(self, child: &Child) {
        let signal = match self {
            Self::Int => "INT",
            Self::Term => "TERM",
            Self::Kill => "KILL",
        };
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", child.id())).status();
        assert!(sent.unwrap().success());
    }

    fn has_ended(self, status: ExitStatus) -> bool {
        match self {
            Self::Int => status.code() == Some(130),
            Self::Term => status.code() == Some(143),
            Self::Kill => status.signal() == Some(9),
        }
    }
}

/// A directory with a source, and a repository that nothing was saved to yet.
struct World {
    scratch: tempfile::TempDir,
    empty: Store,
}

impl World {
    fn new() -> Self {
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let empty = Store::new(scratch.path(), "empty");
        let world = Self { scratch, empty };
        world.run(&world.empty, &["init", "--kdf-memory", "32"]);
        world
    }

    /// Another repository with the keys of the empty one, so that both cut the source alike.
    fn new_repository(&self, name: &str) -> Store {
        self.empty.copy(self.scratch.path(), name)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A source of so many large files that do not compress, half as many that do, and some hundred small ones.
    fn write_source(&self, large: usize) {
        let mut random = Random::new(60);
        for number in 0..large {
            let (bytes, text) = (random.bytes(LARGE), random.text(LARGE / 2));
            let directory = self.path("source").join(format!("{number:02}"));
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("random"), bytes).unwrap();
            fs::write(directory.join("text"), text).unwrap();
            for small in 0..20 {
                fs::write(directory.join(format!("small-{small}")), random.text(5_000)).unwrap();
            }
        }
    }

    fn command(&self, repository: &Store, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.env_clear().env("LIFEBOAT_PASSWORD", "correct horse battery staple");
        command.current_dir(self.scratch.path()).envs(repository.variables().iter().cloned());
        command.args(["-r", repository.repository()]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program, which has to succeed; gives what it said.
    fn run(&self, repository: &Store, arguments: &[&str]) -> String {
        let output = self.command(repository, arguments).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{arguments:?} ended with {}:\n{said}", output.status);
        said
    }

    /// What `verify` says after a run was ended so: nothing is damaged, but a kill between the two copies of an object
    /// leaves one of them.
    fn verify_after(&self, repository: &Store, signal: Signal) -> String {
        let output = self.command(repository, &["verify"]).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let has_one_copy = signal == Signal::Kill && output.status.code() == Some(4);
        let is_well = output.status.success() || has_one_copy && said.contains("all of it can be mended");
        assert!(is_well, "verify ended with {} after {signal:?}:\n{said}", output.status);
        said
    }

    /// Starts a backup and ends it when so many packs are stored; gives what it said on standard error.
    fn end_backup(&self, repository: &Store, packs: usize, signal: Signal) -> String {
        let mut child = self.command(repository, &["backup", "source"]).spawn().unwrap();
        while packs_of(repository).0 < packs {
            assert!(child.try_wait().unwrap().is_none(), "it ended with less than {packs} packs");
            thread::sleep(Duration::from_millis(1));
        }
        signal.send_to(&child);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(signal.has_ended(output.status), "{signal:?} after {packs} packs: {}\n{said}", output.status);
        said
    }

    /// Starts a backup and ends it some time after it has begun to work and so many packs are stored, or lets it get to its
    /// end where that is sooner.
    fn end_some_time(&self, repository: &Store, packs: usize, signal: Signal, random: &mut Random) {
        let mut child = self.command(repository, &["backup", "source"]).spawn().unwrap();
        let is_far_enough = || !repository.names("running/").is_empty() && packs_of(repository).0 >= packs;
        while child.try_wait().unwrap().is_none() && !is_far_enough() {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(random.below(300)));
        signal.send_to(&child);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(signal.has_ended(output.status) || output.status.success(), "{}: {said}", output.status);
    }

    fn assert_restores(&self, repository: &Store) {
        let target = self.path("target");
        let reference = format!("latest:{}", self.path("source").display());
        self.run(repository, &["restore", &reference, "--target", "target"]);
        assert_eq!(rsync_differences(&self.path("source"), &target), Vec::<String>::new());
        fs::remove_dir_all(target).unwrap();
    }
}

/// Number and bytes of the packs that are stored.
fn packs_of(repository: &Store) -> (usize, u64) {
    let packs = repository.lengths("packs/");
    (packs.len(), packs.values().sum())
}

/// Bytes of all objects that are stored.
fn bytes_of(repository: &Store) -> u64 {
    repository.lengths("").values().sum()
}

/// Whether there are hidden files among the packs, though the file system can keep what is not complete without a name.
fn has_needless_leftovers(repository: &Path) -> bool {
    let folders = fs::read_dir(repository.join("packs")).unwrap();
    let mut files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    let is_hidden = |file: fs::DirEntry| file.file_name().as_encoded_bytes().starts_with(b".");
    open(repository, OFlags::TMPFILE | OFlags::WRONLY, Mode::RWXU).is_ok()
        && files.any(|file| is_hidden(file.unwrap()))
}

#[test]
fn a_backup_that_was_ended_is_taken_up_by_the_next() {
    if !needs("rsync") {
        return;
    }
    let world = World::new();
    world.write_source(20);
    let undisturbed = world.new_repository("plain");
    world.run(&undisturbed, &["backup", "source"]);
    let (packs, plain) = packs_of(&undisturbed);
    assert!(packs >= 6, "{packs} packs of {plain} bytes");

    let ends = [(1, Signal::Int), (3, Signal::Term), (1, Signal::Kill), (3, Signal::Kill)];
    for (packs, signal) in ends {
        let repository = &world.new_repository(&format!("after-{packs}-{signal:?}"));
        let said = world.end_backup(repository, packs, signal);
        let lines: Vec<&str> = said.lines().collect();
        if signal == Signal::Kill {
            assert!(lines.is_empty(), "{said}");
        } else {
            let hint = "hint: run the same command again: what is stored already is used";
            // One that takes long to end says so.
            let last = &lines[lines.len().saturating_sub(2)..];
            assert_eq!(last, ["error: interrupted: no snapshot was made", hint]);
        }
        assert_eq!(world.run(repository, &["snapshots", "--json"]).trim(), "[]");
        // One that was asked to stop has told all that it stored.
        let said = world.verify_after(repository, signal);
        assert_eq!(said.contains("packs that no index names"), signal == Signal::Kill, "{said}");
        assert_eq!(said.contains("has ended without a word"), signal == Signal::Kill, "{said}");
        assert!(!repository.directory().is_some_and(has_needless_leftovers));

        let said = world.run(repository, &["backup", "source"]);
        let takes_over =
            said.contains("taking over packs that no index names, as killed backups leave them: ");
        assert_eq!(takes_over, signal == Signal::Kill, "{said}");
        let (_, bytes) = packs_of(repository);
        assert!(
            bytes <= plain + CLOSED_EARLY,
            "{signal:?} after {packs} packs: {bytes} bytes, uninterrupted {plain}"
        );
        let said = world.run(repository, &["verify", "--read-data"]);
        let leftover = ["killed backups", "without a word"].iter().find(|words| said.contains(*words));
        assert_eq!(leftover, None, "{said}");
        world.assert_restores(repository);
        // All of them would take gigabytes.
        repository.directory().map_or(Ok(()), fs::remove_dir_all).unwrap();
    }
}

#[test]
fn a_backup_that_is_ended_ten_times_stores_next_to_nothing_twice() {
    if !needs("rsync") {
        return;
    }
    let world = World::new();
    world.write_source(20);
    let plain = world.new_repository("plain");
    world.run(&plain, &["backup", "source"]);
    let (packs, undisturbed) = (packs_of(&plain).0, bytes_of(&plain));
    for (seed, signal) in [(1, Signal::Kill), (2, Signal::Int)] {
        let repository = &world.new_repository(&format!("often-{signal:?}"));
        let mut random = Random::new(seed);
        for end in 0..10 {
            let stored = packs_of(repository).0;
            // Every other run gets a pack further, as long as that cannot be the end.
            let further = usize::from(end % 2 == 0 && stored + 2 < packs);
            world.end_some_time(repository, stored + further, signal, &mut random);
            let said = world.verify_after(repository, signal);
            let is_named = !said.contains("packs that no index names");
            assert!(is_named || signal == Signal::Kill, "seed {seed}, end {end}: {said}");
        }
        world.run(repository, &["backup", "source"]);
        let bytes = bytes_of(repository);
        assert!(
            bytes * 10 <= undisturbed * 11,
            "{signal:?}, seed {seed}: {bytes} bytes, undisturbed {undisturbed}"
        );
        world.run(repository, &["verify", "--read-data"]);
        world.assert_restores(repository);
        // All of them would take gigabytes.
        repository.directory().map_or(Ok(()), fs::remove_dir_all).unwrap();
    }
}

/// A run that names every file, whose output nobody takes after the first of them: it cannot get to its end.
struct Held {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Held {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        // A small buffer takes no more than it is asked for.
        let mut out = BufReader::with_capacity(1, child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("verbose_status") {
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended before it was told to");
        }
        Self { child, out }
    }

    /// Sends a signal, and waits until the process has taken note of it: two that are pending are one.
    fn send(&self, signal: Signal) {
        signal.send_to(&self.child);
        while self.has_pending_signals() {
            thread::yield_now();
        }
    }

    fn has_pending_signals(&self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap().trim();
        pending.chars().any(|digit| digit != '0')
    }

    /// Takes the rest of its output; gives its status and its last words.
    fn let_go(mut self) -> (ExitStatus, Vec<Value>) {
        self.out.read_to_string(&mut String::new()).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status, said.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

/// A world whose source is a directory of so many names that no pipe holds a line for each.
fn world_of_many_files() -> World {
    let world = World::new();
    let directory = world.path("source");
    fs::create_dir(&directory).unwrap();
    for number in 0..5_000 {
        fs::write(directory.join(number.to_string()), format!("file {number}")).unwrap();
    }
    world
}

#[test]
fn the_second_signal_ends_the_program_at_once() {
    for (second, code) in [(Signal::Int, 130), (Signal::Term, 143)] {
        let world = world_of_many_files();
        let (mut talk, _listener) = UnixStream::pair().unwrap();
        fill(&mut talk);
        let mut command = world.command(&world.empty, &["--json", "-v", "backup", "source"]);
        command.stderr(OwnedFd::from(talk));
        let mut held = Held::start(command);
        // What the first one leads to cannot be told to anybody, so the program does not end by it.
        held.send(Signal::Int);
        second.send_to(&held.child);
        assert_eq!(held.child.wait().unwrap().code(), Some(code));
    }
}

/// Writes until not a byte more fits.
fn fill(stream: &mut UnixStream) {
    stream.set_nonblocking(true).unwrap();
    for length in [4096, 1] {
        while stream.write(&vec![0; length]).is_ok() {}
    }
    stream.set_nonblocking(false).unwrap();
}

#[test]
fn a_restore_that_is_terminated_leaves_what_is_complete_and_says_so() {
    let world = world_of_many_files();
    world.run(&world.empty, &["backup", "source"]);
    let reference = format!("latest:{}", world.path("source").display());
    let arguments = ["--json", "-v", "restore", &reference, "--target", "target"];
    let held = Held::start(world.command(&world.empty, &arguments));
    held.send(Signal::Term);
    let (status, said) = held.let_go();
    assert_eq!(status.code(), Some(143), "{said:?}");
    let last = said.last().unwrap();
    assert_eq!((&last["message_type"], &last["code"]), (&"exit_error".into(), &143.into()));
    let restored = whole_files(&world.path("target"), &world.path("source"));
    assert!(restored > 0 && restored < 5_000);
    let count = last["message"].as_str().unwrap().replace(',', "");
    assert!(count.contains(&format!("interrupted: {restored} file")), "{count}, found {restored}");
}

/// Asserts that every file of `part` is what it is in `whole`, but for the mark that says that there may be more to come;
/// counts them.
fn whole_files(part: &Path, whole: &Path) -> usize {
    let names = fs::read_dir(part).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.filter(|name| !name.to_string_lossy().starts_with(".lifeboat-restore-"));
    let is_whole =
        |name| assert!(fs::read(part.join(&name)).unwrap() == fs::read(whole.join(&name)).unwrap());
    names.map(is_whole).count()
}
