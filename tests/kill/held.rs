//! Runs that stand still because nobody takes their output, and are told to end: once, and once more.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::thread;

use serde_json::Value;

use super::world::{Signal, World};

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
        let mut command = world.command(&world.repository, &["--json", "-v", "backup", "source"]);
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
    world.run(&world.repository, &["backup", "source"]);
    let reference = format!("latest:{}", world.path("source").display());
    let arguments = ["--json", "-v", "restore", &reference, "--target", "target"];
    let held = Held::start(world.command(&world.repository, &arguments));
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
