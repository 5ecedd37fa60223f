//! Where the program is run to be interrupted, terminated and killed: a directory with a repository, and a source.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use lifeboat_testkit::{Random, rsync_differences};

use crate::store::Store;

const PASSWORD: &str = "correct horse battery staple";
/// Passwords cost next to nothing, so that the work takes longer than the way to it.
const INIT: [&str; 3] = ["init", "--kdf-memory", "32"];
/// Files so large are long enough to be stopped in their midst.
const LARGE: usize = 8 << 20;

/// How a run is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Int,
    Term,
    Kill,
}

impl Signal {
    pub(super) fn send_to(self, child: &Child) {
        let signal = match self {
            Self::Int => "INT",
            Self::Term => "TERM",
            Self::Kill => "KILL",
        };
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", child.id())).status();
        assert!(sent.unwrap().success());
    }

    pub(super) fn has_ended(self, status: ExitStatus) -> bool {
        match self {
            Self::Int => status.code() == Some(130),
            Self::Term => status.code() == Some(143),
            Self::Kill => status.signal() == Some(9),
        }
    }
}

/// A directory to work in, and a repository that nothing was saved to yet.
pub(super) struct World {
    scratch: tempfile::TempDir,
    pub(super) repository: Store,
    pub(super) password: String,
    /// Whether the program keeps what it knows of repositories for its next run.
    keeps: bool,
}

impl World {
    pub(super) fn new() -> Self {
        let world = Self::without_repository();
        world.run(&world.repository, &INIT);
        world
    }

    /// One in which the program keeps what it knows, and packs are small.
    pub(super) fn keeping() -> Self {
        let world = Self { keeps: true, ..Self::without_repository() };
        world.run(&world.repository, &[&INIT[..], &["--pack-size", "4"]].concat());
        world
    }

    /// One where the repository is still to be made.
    pub(super) fn without_repository() -> Self {
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let repository = Store::new(scratch.path(), "repository");
        Self { scratch, repository, password: PASSWORD.to_owned(), keeps: false }
    }

    /// Another repository with the keys of the first one, so that both cut the source alike.
    pub(super) fn new_repository(&self, name: &str) -> Store {
        self.repository.copy(self.scratch.path(), name)
    }

    /// Takes the repository away.
    pub(super) fn clear(&self) {
        match self.repository.directory() {
            Some(directory) if directory.exists() => fs::remove_dir_all(directory).unwrap(),
            Some(_) => {}
            None => self.repository.names("").iter().for_each(|name| self.repository.remove(name)),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A source of so many large files that do not compress, half as many that do, and some hundred small ones.
    pub(super) fn write_source(&self, large: usize) {
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

    pub(super) fn command(&self, repository: &Store, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lifeboat"));
        command.env_clear().env("LIFEBOAT_PASSWORD", &self.password);
        command.current_dir(self.scratch.path()).envs(repository.variables().iter().cloned());
        if self.keeps {
            command.env("LIFEBOAT_CACHE_DIR", self.path("cache"));
        }
        command.args(["-r", repository.repository()]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program, which has to succeed; gives what it said.
    pub(super) fn run(&self, repository: &Store, arguments: &[&str]) -> String {
        let output = self.command(repository, arguments).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{arguments:?} ended with {}:\n{said}", output.status);
        said
    }

    /// What `verify` says after a run was ended so: nothing is damaged, but a kill between the two copies of an object
    /// leaves one of them.
    pub(super) fn verify_after(&self, repository: &Store, signal: Signal) -> String {
        let output = self.command(repository, &["verify"]).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let has_one_copy = signal == Signal::Kill && output.status.code() == Some(4);
        let is_well = output.status.success() || has_one_copy && said.contains("all of it can be mended");
        assert!(is_well, "verify ended with {} after {signal:?}:\n{said}", output.status);
        said
    }

    /// Starts a backup and ends it when so many packs are stored; gives what it said on standard error.
    pub(super) fn end_backup(&self, repository: &Store, packs: usize, signal: Signal) -> String {
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
    pub(super) fn end_some_time(
        &self,
        repository: &Store,
        packs: usize,
        signal: Signal,
        random: &mut Random,
    ) {
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

    pub(super) fn assert_restores(&self, repository: &Store) {
        self.assert_restores_as(repository, "latest", "source");
    }

    /// Asserts that the source comes back out of a snapshot as it is, or as it was when it was copied to `saved`.
    pub(super) fn assert_restores_as(&self, repository: &Store, snapshot: &str, saved: &str) {
        let target = self.path("target");
        let reference = format!("{snapshot}:{}", self.path("source").display());
        self.run(repository, &["restore", &reference, "--target", "target"]);
        assert_eq!(rsync_differences(&self.path(saved), &target), Vec::<String>::new());
        fs::remove_dir_all(target).unwrap();
    }
}

/// Number and bytes of the packs that are stored.
pub(super) fn packs_of(repository: &Store) -> (usize, u64) {
    let packs = repository.lengths("packs/");
    (packs.len(), packs.values().sum())
}

/// Bytes of all objects that are stored.
pub(super) fn bytes_of(repository: &Store) -> u64 {
    repository.lengths("").values().sum()
}
