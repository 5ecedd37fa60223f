//! A directory with a repository and a source, and the program run in it under strace.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use lifeboat_testkit::{Random, rsync_differences};

use super::trace::{CALLS, Trace};

pub(super) struct World {
    scratch: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        Self { scratch: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap() }
    }

    /// With a repository that nothing was saved to yet.
    pub(super) fn with_repository() -> Self {
        let world = Self::new();
        world.init();
        world
    }

    pub(super) fn init(&self) {
        self.run(&["init", "--kdf-memory", "32"]);
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().canonicalize().unwrap().join(name)
    }

    /// A new directory to mount at, in which the repository will be.
    pub(super) fn place(&self) -> PathBuf {
        let place = self.path("there");
        fs::create_dir(&place).unwrap();
        place
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.path("there/repo")
    }

    /// One file of so many bytes that do not compress, no two of which are alike in another length.
    pub(super) fn write_source(&self, bytes: usize) {
        fs::create_dir_all(self.path("source")).unwrap();
        fs::write(self.path("source/random"), Random::new(bytes as u64).bytes(bytes)).unwrap();
    }

    pub(super) fn prepared(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LIFEBOAT_PASSWORD", "correct horse battery staple");
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LIFEBOAT_REPOSITORY", self.repository());
        command.current_dir(self.scratch.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(env!("CARGO_BIN_EXE_lifeboat"));
        command.args(arguments);
        command
    }

    /// Runs the program, which has to succeed; gives what it said.
    pub(super) fn run(&self, arguments: &[&str]) -> String {
        succeeded(self.command(arguments).output().unwrap(), arguments)
    }

    pub(super) fn traced(&self, arguments: &[&str]) -> Trace {
        self.traced_with(&[], arguments)
    }

    /// Runs the program, which has to succeed, with options of strace.
    pub(super) fn traced_with(&self, options: &[&str], arguments: &[&str]) -> Trace {
        let log = self.path("trace");
        succeeded(self.strace(&[&["-y", "-s", "300", "-e", CALLS], options].concat(), arguments), arguments);
        Trace::read(&log)
    }

    /// Runs the program under strace, which writes to the file `trace`.
    pub(super) fn strace(&self, options: &[&str], arguments: &[&str]) -> Output {
        let mut command = self.prepared("strace");
        command.arg("-f").arg("-o").arg(self.path("trace")).args(options);
        command.arg(env!("CARGO_BIN_EXE_lifeboat")).args(arguments).output().unwrap()
    }

    /// Number and bytes of the packs that are stored.
    pub(super) fn packs(&self) -> (usize, u64) {
        let Ok(folders) = fs::read_dir(self.repository().join("packs")) else { return (0, 0) };
        let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
        let files = files.map(Result::unwrap).filter(|file| !is_hidden(&file.file_name()));
        let lengths = files.map(|file| file.metadata().unwrap().len());
        lengths.fold((0, 0), |(count, bytes), length| (count + 1, bytes + length))
    }

    /// Names of hidden files anywhere in the repository.
    pub(super) fn leftovers(&self) -> Vec<OsString> {
        let mut found = Vec::new();
        let mut folders = vec![self.repository()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => found.push(entry.file_name()),
                }
            }
        }
        found.retain(|name| is_hidden(name));
        found
    }

    /// Asserts that the repository is sound, that a backup works and stores nothing that it could use, and that what
    /// it saved comes back.
    pub(super) fn assert_works(&self) {
        // Between the two copies of an entry there is a moment at which only one of them is there.
        let found = self.command(&["verify", "--read-data"]).output().unwrap();
        let said = String::from_utf8_lossy(&found.stderr).into_owned();
        let is_torn = found.status.code() == Some(4) && said.contains("all of it can be mended: 1 problem");
        assert!(found.status.success() || is_torn, "{}: {said}", found.status);
        self.run(&["backup", "source"]);
        assert_eq!(self.leftovers(), Vec::<OsString>::new());
        self.assert_restores();
    }

    pub(super) fn assert_restores(&self) {
        self.run(&["verify", "--read-data"]);
        let reference = format!("latest:{}", self.path("source").display());
        self.run(&["restore", &reference, "--target", "target"]);
        assert_eq!(rsync_differences(&self.path("source"), &self.path("target")), Vec::<String>::new());
        fs::remove_dir_all(self.path("target")).unwrap();
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn succeeded(output: Output, arguments: &[&str]) -> String {
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success(), "{arguments:?} ended with {}:\n{said}", output.status);
    said
}

/// Asserts that a run ended with this code, reported nothing as saved, and said one cause and what to do about it.
pub(super) fn assert_failed(output: &Output, code: i32, cause: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{}\n{said}", output.status);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let lines: Vec<&str> = said.lines().collect();
    let [.., error, hint] = &lines[..] else { panic!("no cause and no hint: {said}") };
    assert!(error.starts_with("error: ") && error.contains(cause), "{said}");
    assert!(hint.starts_with("hint: ") && hint.len() > 10, "{said}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("error: ")).count(), 1, "{said}");
}

/// The same, unless nothing but the hint that the run lives could not be kept: that harms nothing.
pub(super) fn assert_failed_but_for_hints(output: &Output, code: i32, cause: &str) {
    if !is_of_a_hint(output) {
        assert_failed(output, code, cause);
    }
}

/// Whether a run met only that the hint that it lives could not be kept, and said so.
pub(super) fn is_of_a_hint(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    output.status.success() && said.contains("a hint that a backup runs could not be kept")
}
