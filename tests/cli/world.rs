//! A scratch directory with a repository in it, and the program to be run there.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::store::Store;

pub(crate) const PASSWORD: &str = "correct horse battery staple";
const NOBODY: u32 = 65_534;

/// The working directory of the program; where repositories lie on disk, that of the world is `repo` in it.
pub(crate) struct World {
    scratch: TempDir,
    pub(crate) store: Store,
}

impl World {
    /// With a repository whose password is cheap to try.
    pub(crate) fn new() -> Self {
        let world = Self::without_repository();
        world.run(&["init", "--kdf-memory", "32"]).succeeds();
        world
    }

    /// With one whose packs have no parity, so that damage is damage.
    pub(crate) fn without_parity() -> Self {
        Self::with_parity("0")
    }

    /// With one whose packs have so much parity, wherever they lie.
    pub(crate) fn with_parity(percent: &str) -> Self {
        let world = Self::without_repository();
        world.run(&["init", "--kdf-memory", "32", "--parity", percent]).succeeds();
        world
    }

    pub(crate) fn without_repository() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let store = Store::new(scratch.path(), "repo");
        Self { scratch, store }
    }

    /// One in which the program is told nothing about buckets.
    pub(crate) fn without_bucket() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let store = Store::on_disk(scratch.path(), "repo");
        Self { scratch, store }
    }

    /// Without a repository as well, and with a bucket for one in any case.
    pub(crate) fn in_bucket() -> Self {
        Self::at(Store::in_bucket())
    }

    /// Without a repository as well, and with this place for one.
    pub(crate) fn at(store: Store) -> Self {
        Self { scratch: tempfile::tempdir().unwrap(), store }
    }

    /// With the directory `files` of three files, saved once.
    pub(crate) fn with_snapshot() -> Self {
        Self::new().saved()
    }

    /// With these files saved.
    pub(crate) fn saved(self) -> Self {
        self.write_three_files();
        self.run(&["backup", "files"]).succeeds();
        self
    }

    pub(crate) fn write_three_files(&self) {
        self.write("files/one", b"first");
        self.write("files/sub/two", &lifeboat_testkit::Random::new(1).bytes(100_000));
        self.write("files/sub/three", &lifeboat_testkit::Random::new(2).text(20_000));
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// The reference of a path of the latest snapshot.
    pub(crate) fn latest(&self, name: &str) -> String {
        format!("latest:{}", self.path(name).display())
    }

    /// What is said where nothing is yet.
    pub(crate) fn no_repository(&self) -> String {
        format!("no repository at {}", self.store.repository())
    }

    /// Asserts that not even a place for a repository was made.
    pub(crate) fn assert_has_no_repository(&self) {
        assert!(!self.path("repo").exists() && self.store.names("").is_empty());
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Runs the program with nothing but the password and the repository in its environment.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_in(self.command(), arguments)
    }

    /// Runs the program with one more variable; an empty value takes it away.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
        let mut command = self.command();
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        self.run_in(command, arguments)
    }

    /// Runs the program as somebody whom permissions bind, in a world that belongs to them.
    pub(crate) fn run_without_root(&self, arguments: &[&str]) -> Ended {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            return self.run(arguments);
        }
        // The built program may lie where nobody else can look.
        let program = self.path("lifeboat");
        // Copied by another process: a program that this one, or what another test has just forked, has open for writing
        // cannot be run.
        let copied =
            std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_lifeboat")).arg(&program).status();
        assert!(copied.unwrap().success());
        for path in [self.scratch.path().to_path_buf()].into_iter().chain(below(self.scratch.path())) {
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        self.run_again_without_root(arguments)
    }

    /// The same in the world as it is, once it has been done.
    pub(crate) fn run_again_without_root(&self, arguments: &[&str]) -> Ended {
        let mut command = self.prepared(&self.path("lifeboat"));
        command.uid(NOBODY).gid(NOBODY);
        self.run_in(command, arguments)
    }

    pub(crate) fn command(&self) -> std::process::Command {
        self.prepared(Path::new(env!("CARGO_BIN_EXE_lifeboat")))
    }

    pub(crate) fn prepared(&self, program: &Path) -> std::process::Command {
        let mut command = std::process::Command::new(program);
        command.current_dir(self.scratch.path()).env_clear().env("TZ", "UTC");
        command.env("PATH", "/usr/bin:/bin").env("LIFEBOAT_REPOSITORY", self.store.repository());
        command.env("LIFEBOAT_PASSWORD", PASSWORD).envs(self.store.variables().iter().cloned());
        command
    }

    pub(crate) fn run_in(&self, command: std::process::Command, arguments: &[&str]) -> Ended {
        self.run_fed(command, arguments, b"")
    }

    /// Runs the program with something to read from its standard input.
    pub(crate) fn run_fed(&self, command: std::process::Command, arguments: &[&str], input: &[u8]) -> Ended {
        let mut command = assert_cmd::Command::from_std(command);
        let output = command.args(arguments).write_stdin(input).output().unwrap();
        Ended::of(arguments, output)
    }

    /// The id of the snapshot that was made last.
    pub(crate) fn newest(&self) -> String {
        let list = self.run(&["snapshots", "--json"]).succeeds().json();
        list.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// Everything below a directory.
pub(crate) fn below(directory: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        paths.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            paths.extend(below(&entry.path()));
        }
    }
    paths
}

/// What a run of the program left.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    what: String,
}

impl Ended {
    pub(crate) fn of(arguments: &[&str], output: Output) -> Self {
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let code = output.status.code().unwrap();
        let what = format!("lifeboat {} ended with {code}\n{out}{err}", arguments.join(" "));
        assert!(!err.contains("panicked"), "{what}");
        Self { code, out, err, what }
    }

    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.what);
        assert!(!self.err.contains("error:"), "{}", self.what);
        self
    }

    /// Ended with this code, and the last two lines of talk are a cause that contains `cause`, and a hint.
    pub(crate) fn fails(self, code: i32, cause: &str) -> Self {
        assert_eq!(self.code, code, "{}", self.what);
        let lines: Vec<_> = self.err.lines().collect();
        let [.., error, hint] = lines[..] else { panic!("no cause and no hint: {}", self.what) };
        assert!(error.starts_with("error: ") && error.contains(cause), "{}", self.what);
        assert!(hint.starts_with("hint: ") && hint.len() > 10, "{}", self.what);
        self
    }

    /// Everything on standard output as one value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.what))
    }

    /// Each line of standard output.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        lines(&self.out)
    }

    /// Each line of standard error.
    pub(crate) fn json_talk(&self) -> Vec<Value> {
        lines(&self.err)
    }
}

fn lines(text: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(parse).collect()
}
