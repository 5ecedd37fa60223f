//! What a backup leaves out, and what it tells of it.

use crate::world::{World, bytes};
use lifeboat_engine::{
    BackupOptions, BackupReport, Event, Filter, FilterOptions, ListOptions, Observer, Pattern, ProblemKind,
    Tag, Workers, backup, list,
};
use lifeboat_testkit::{Mounted, chattr};
use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;

/// Keeps what it is told about items that are left out, relative to the source.
#[derive(Default)]
struct Told(Mutex<Vec<(String, String)>>);

impl Observer for Told {
    fn event(&self, event: &Event<'_>) {
        if let Event::Excluded { path, why } = event {
            self.0.lock().unwrap().push((path.display().to_string(), why.to_string()));
        }
    }
}

fn world() -> World {
    let world = World::new(60, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    world
}

fn write(world: &World, name: &str, content: impl AsRef<[u8]>) {
    let path = world.source().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn patterns(texts: &[&str]) -> FilterOptions {
    let pattern = |text: &&str| Pattern { text: (*text).to_owned(), origin: "test".to_owned() };
    FilterOptions { patterns: texts.iter().map(pattern).collect(), ..FilterOptions::default() }
}

/// A backup of the source and of more paths in it.
struct Done {
    /// Everything in the source that was saved, relative to it.
    saved: Vec<String>,
    /// What was left out and why.
    told: Vec<(String, String)>,
    report: BackupReport,
}

impl Done {
    fn of(world: &World, filter: FilterOptions, named: &[&str]) -> Self {
        let mut options = BackupOptions { filter: Filter::new(filter).unwrap(), ..world.options() };
        options.paths = named.iter().map(|name| world.source().join(name)).collect();
        let told = Told::default();
        let report = backup(&world.repository, &options, &world.workers, &told).unwrap();
        let relative =
            |path: &str| path.strip_prefix(&format!("{}/", world.source().display())).map(str::to_owned);
        let mut saved = Vec::new();
        let all = ListOptions { path: Some(bytes(&world.source())), recursive: true };
        let snapshots = world.snapshots();
        list(&world.repository, &world.view(), snapshots.last().unwrap(), &all, &mut |path, _| {
            saved.extend(relative(str::from_utf8(path).unwrap()));
        })
        .unwrap();
        let told: Vec<_> = told.0.into_inner().unwrap();
        assert_eq!(report.excluded, told.len() as u64);
        let told = told.into_iter().map(|(path, why)| (relative(&path).unwrap_or_default(), why)).collect();
        Self { saved, told, report }
    }

    fn problems(&self) -> Vec<(ProblemKind, &Path)> {
        self.report.problems.iter().map(|problem| (problem.kind, problem.path.as_path())).collect()
    }
}

fn told(told: &[(&str, &str)]) -> Vec<(String, String)> {
    told.iter().map(|&(path, why)| (path.to_owned(), why.to_owned())).collect()
}

#[test]
fn patterns_leave_out_and_each_item_is_told_once() {
    let world = world();
    for name in ["keep/a.txt", "keep/b.log", "cache/c.log", "cache/deep/d"] {
        write(&world, name, "x");
    }
    let done = Done::of(&world, patterns(&["*.log", "cache"]), &[""]);
    assert_eq!(done.saved, ["keep", "keep/a.txt"]);
    assert_eq!(done.told, told(&[("cache", "fits cache"), ("keep/b.log", "fits *.log")]));
    assert_eq!(Done::of(&world, FilterOptions::default(), &[""]).told, []);
}

#[test]
fn what_was_named_is_kept_wherever_it_lies() {
    let world = world();
    for name in ["a.log", "b.log", "cache/keep/x", "cache/keep/y.log", "cache/other", "cache/z/file.log", "d"]
    {
        write(&world, name, "0123456789");
    }
    let filter = FilterOptions { larger_than: Some(5), ..patterns(&["*.log", "cache"]) };
    let named = ["", "a.log", "cache/keep", "cache/z/file.log", "d"];
    let done = Done::of(&world, filter.clone(), &named);
    let expected = ["a.log", "cache", "cache/keep", "cache/z", "cache/z/file.log", "d"];
    assert_eq!(done.saved, expected);
    let limit = "larger than 5 bytes";
    assert_eq!(
        done.told,
        told(&[
            ("b.log", "fits *.log"),
            ("cache", "fits cache"),
            ("cache/keep/x", limit),
            ("cache/keep/y.log", "fits *.log")
        ])
    );
    // The order in which they are named makes no difference.
    let mut reversed = named;
    reversed.reverse();
    assert_eq!(Done::of(&world, filter, &reversed).saved, expected);
}

#[test]
fn a_named_path_behind_a_link_that_is_saved_itself_is_not_lost_in_silence() {
    let world = world();
    write(&world, "real/x", "x");
    symlink("real", world.source().join("link")).unwrap();
    let done = Done::of(&world, FilterOptions::default(), &["", "link/x"]);
    assert_eq!(done.saved, ["link", "real", "real/x"]);
    assert_eq!(done.problems(), [(ProblemKind::Unread, world.source().join("link").as_path())]);
}

#[test]
fn of_a_tagged_directory_the_tag_stays() {
    let world = world();
    let tag = "Signature: 8a477f597d28d172789f06886806bc55";
    write(&world, "cache/CACHEDIR.TAG", tag);
    write(&world, "cache/a", "x");
    write(&world, "cache/sub/b", "x");
    write(&world, "false/CACHEDIR.TAG", "Signature: something else, as long as the other one");
    write(&world, "false/c", "x");
    write(&world, "only/CACHEDIR.TAG", tag);
    write(&world, "marked/.nobackup", "");
    write(&world, "marked/d", "x");
    let tags = vec![Tag::parse(OsStr::new(".nobackup")).unwrap(), Tag::cache_directory()];
    let done = Done::of(&world, FilterOptions { tags, ..FilterOptions::default() }, &["", "cache/sub"]);
    assert_eq!(
        done.saved,
        ["cache", "cache/CACHEDIR.TAG", "cache/sub", "cache/sub/b", "false", "false/CACHEDIR.TAG", "false/c"]
            .into_iter()
            .chain(["marked", "marked/.nobackup", "only", "only/CACHEDIR.TAG"])
            .collect::<Vec<_>>()
    );
    let expected =
        [("cache", "content of a cache directory"), ("marked", "content of a directory with .nobackup")];
    assert_eq!(done.told, told(&expected));
}

#[test]
fn what_git_ignores_is_left_out_of_work_trees_alone() {
    let world = world();
    write(&world, "outside/.gitignore", "*.o\n");
    write(&world, "outside/a.o", "x");
    write(&world, "tree/.git/refs/heads/target", "x");
    write(&world, "tree/.git/info/exclude", "*.bak\n");
    write(&world, "tree/.gitignore", "target\n*.o\n/inner/x\n");
    write(&world, "tree/target/a", "x");
    write(&world, "tree/sub/.gitignore", "!keep.o\n");
    write(&world, "tree/sub/keep.o", "x");
    write(&world, "tree/sub/lost.o", "x");
    write(&world, "tree/sub/old.bak", "x");
    write(&world, "tree/inner/.git/config", "x");
    write(&world, "tree/inner/a.o", "x");
    write(&world, "tree/inner/x", "x");
    let filter = FilterOptions { git_ignore: true, ..FilterOptions::default() };
    let done = Done::of(&world, filter.clone(), &[""]);
    let lost: Vec<_> = done.told.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(lost, ["tree/sub/lost.o", "tree/sub/old.bak", "tree/target"]);
    let why = format!("fits target of {}/tree/.gitignore", world.source().display());
    assert_eq!(done.told[2].1, why);
    for kept in ["outside/a.o", "tree/.git/refs/heads/target", "tree/inner/a.o", "tree/inner/x"] {
        assert!(done.saved.iter().any(|saved| saved == kept), "{kept}: {:?}", done.saved);
    }
    // The rules of directories above a path that was named count too, for what is below it.
    let done = Done::of(&world, filter, &["tree/sub", "tree/target"]);
    let lost: Vec<_> = done.told.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(lost, ["tree/sub/lost.o", "tree/sub/old.bak"]);
    assert!(done.saved.contains(&"tree/target/a".to_owned()), "{:?}", done.saved);
}

#[test]
fn rules_that_cannot_be_used_are_named_and_leave_out_nothing() {
    let world = world();
    std::fs::create_dir_all(world.source().join("tree/.git")).unwrap();
    write(&world, "tree/.gitignore", "*.o\n[[:alpha:]]\n");
    write(&world, "tree/a.o", "x");
    let filter = FilterOptions { git_ignore: true, ..FilterOptions::default() };
    let done = Done::of(&world, filter, &[""]);
    assert!(done.saved.contains(&"tree/a.o".to_owned()) && done.told.is_empty(), "{:?}", done.told);
    let file = world.source().join("tree/.gitignore");
    assert_eq!(done.problems(), [(ProblemKind::Unfiltered, file.as_path())]);
    assert!(!world.snapshots()[0].is_partial(), "nothing is missing");
}

#[test]
fn other_file_systems_are_left_out_but_where_they_are_mounted() {
    let world = world();
    for directory in ["mounted", "memory"] {
        std::fs::create_dir(world.source().join(directory)).unwrap();
    }
    write(&world, "bound", "");
    let Some(_memory) = Mounted::memory(&world.source().join("memory")) else { return };
    write(&world, "memory/file", "x");
    write(&world, "memory/deep/x", "x");
    let _directory =
        Mounted::bind(&world.source().join("memory/deep"), &world.source().join("mounted")).unwrap();
    let _file = Mounted::bind(&world.source().join("memory/file"), &world.source().join("bound")).unwrap();
    let filter = FilterOptions { one_file_system: true, ..FilterOptions::default() };
    let done = Done::of(&world, filter.clone(), &[""]);
    assert_eq!(done.saved, ["memory", "mounted"]);
    let elsewhere = "on another file system";
    assert_eq!(done.told, told(&[("bound", elsewhere), ("memory", elsewhere), ("mounted", elsewhere)]));
    assert!(done.problems().is_empty(), "{:?}", done.report.problems);
    // Named, they are kept, and each is measured by its own file system.
    let done = Done::of(&world, filter, &["", "memory/deep", "bound"]);
    assert_eq!(done.saved, ["bound", "memory", "memory/deep", "memory/deep/x", "mounted"]);
    assert_eq!(Done::of(&world, FilterOptions::default(), &[""]).saved.len(), 7);
}

#[test]
fn what_is_flagged_is_not_dumped() {
    let world = world();
    for name in ["flagged", "plain", "directory/x"] {
        write(&world, name, "x");
    }
    if !["flagged", "directory"].iter().all(|name| chattr("+d", &world.source().join(name))) {
        return;
    }
    let filter = FilterOptions { no_dump: true, ..FilterOptions::default() };
    let done = Done::of(&world, filter.clone(), &[""]);
    assert_eq!(done.saved, ["plain"]);
    let why = "flagged as not to be dumped";
    assert_eq!(done.told, told(&[("directory", why), ("flagged", why)]));
    assert_eq!(
        Done::of(&world, filter, &["directory", "flagged"]).saved,
        ["directory", "directory/x", "flagged"]
    );
    assert_eq!(Done::of(&world, FilterOptions::default(), &[""]).saved.len(), 4);
}
