//! Files in the source that say what is left out: tags of directories, and the rules of git.

use crate::unprivileged::without_root;
use crate::world::{World, absent};
use lifeboat_fs::{Exclusion, FsErrorKind, GitRules, SourceDir, Tag};
use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn write(world: &World, name: &str, content: &str) {
    let path = world.from().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn tag(text: &str) -> Tag {
    Tag::parse(OsStr::new(text)).unwrap()
}

#[test]
fn a_tag_is_a_name_and_perhaps_a_beginning() {
    let world = World::new();
    write(&world, "plain", "");
    write(&world, "CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# by hand\n");
    std::fs::create_dir(world.entry(b"directory")).unwrap();
    symlink("CACHEDIR.TAG", world.entry(b"link")).unwrap();
    let header = "Signature: 8a477f597d28d172789f06886806bc55";
    let table = [
        (tag("plain"), true),
        (tag("plain:x"), false),
        (tag("plain:"), true),
        (tag("directory"), true),
        (tag("directory:x"), false),
        (Tag::cache_directory(), true),
        (tag("CACHEDIR.TAG:Signature: 8"), true),
        (tag("CACHEDIR.TAG:signature"), false),
        // Only a regular file is a tag of this kind.
        (tag(&format!("link:{header}")), false),
        (tag("gone:x"), false),
    ];
    for (tag, expected) in table {
        assert_eq!(tag.marks(&world.source()).unwrap(), expected, "{tag:?}");
    }
    assert_eq!(tag(&format!("CACHEDIR.TAG:{header}")).exclusion(), Exclusion::CacheDirectory);
    assert_eq!(tag("CACHEDIR.TAG").exclusion(), Exclusion::Present(b"CACHEDIR.TAG".to_vec()));
}

#[test]
fn a_tag_is_one_name() {
    for text in ["", ":header", "a/b", "..", "."] {
        assert_eq!(Tag::parse(OsStr::new(text)).unwrap_err().kind(), FsErrorKind::Invalid, "{text}");
    }
    assert_eq!(Tag::parse(OsStr::from_bytes(b"\xff:\xfe")).unwrap().name(), b"\xff");
}

/// Enters directories one after the other, the first of them `from`; gives the rules and what could not be used.
fn enter(world: &World, names: &[&str]) -> (GitRules, Vec<String>) {
    let mut unusable = Vec::new();
    let mut rules = GitRules::default();
    let mut path = world.from();
    for name in [""].iter().chain(names) {
        if !name.is_empty() {
            path.push(name);
        }
        let dir = SourceDir::open(&path).unwrap();
        let listed = dir.names().unwrap();
        let has = |name: &[u8]| listed.iter().any(|listed| listed == name);
        rules = rules.below(name.as_bytes()).enter(&dir, &has, &mut |error| {
            unusable.push(format!("{error}: {}", std::error::Error::source(error).unwrap()));
        });
    }
    (rules, unusable)
}

/// Whether an entry is ignored by the rules that count in its directory.
fn ignores(world: &World, directories: &[&str], name: &str) -> bool {
    let (rules, unusable) = enter(world, directories);
    assert_eq!(unusable, [""; 0]);
    let path = directories.iter().fold(world.from(), |path, name| path.join(name));
    rules.excluding(&path.join(name.trim_end_matches('/')), name.ends_with('/')).is_some()
}

#[test]
fn rules_count_only_in_a_work_tree() {
    let world = World::new();
    write(&world, ".gitignore", "*.o\n");
    write(&world, "tree/.gitignore", "*.tmp\n");
    assert!(!ignores(&world, &[], "a.o") && !ignores(&world, &["tree"], "a.tmp"));
    std::fs::create_dir(world.entry(b"tree/.git")).unwrap();
    assert!(ignores(&world, &["tree"], "a.tmp"));
    assert!(!ignores(&world, &["tree"], "a.o"), "what lies above the work tree does not count");
}

#[test]
fn the_nearest_file_decides() {
    let world = World::new();
    write(&world, ".git/info/exclude", "*.bak\n*.log\n/top\n");
    write(&world, ".gitignore", "# all objects\n*.o\n!keep.log\n/only-here\nsub/deep/x\ndir/\n");
    write(&world, "sub/.gitignore", "!special.o\n*.txt\n");
    write(&world, "sub/deep/file", "");
    let table: [(&[&str], &str, bool); 17] = [
        (&[], "a.o", true),
        (&["sub"], "a.o", true),
        (&["sub"], "special.o", false),
        (&["sub", "deep"], "special.o", false),
        (&[], "special.o", true),
        (&[], "a.bak", true),
        (&["sub", "deep"], "a.log", true),
        (&["sub", "deep"], "keep.log", false),
        (&[], "only-here", true),
        (&["sub"], "only-here", false),
        (&[], "top", true),
        (&["sub"], "top", false),
        (&["sub", "deep"], "x", true),
        (&["sub"], "dir/", true),
        (&["sub"], "dir", false),
        (&["sub"], "a.txt", true),
        (&[], "a.txt", false),
    ];
    for (directories, name, expected) in table {
        assert_eq!(ignores(&world, directories, name), expected, "{directories:?} {name}");
    }
}

#[test]
fn a_repository_within_starts_anew_and_dot_git_has_no_rules() {
    let world = World::new();
    write(&world, ".gitignore", "*\nmain\n");
    write(&world, ".git/refs/heads/main", "");
    write(&world, "inner/.gitignore", "build\n");
    write(&world, "inner/.git", "gitdir: ../.git/modules/inner\n");
    assert!(ignores(&world, &[], "inner/"));
    assert!(!ignores(&world, &["inner"], "main") && ignores(&world, &["inner"], "build"));
    assert!(!ignores(&world, &[], ".git/") && !ignores(&world, &["inner"], ".git"));
    assert!(!ignores(&world, &[".git", "refs", "heads"], "main"), "it is a branch");
}

#[test]
fn lines_are_read_as_git_reads_them() {
    let world = World::new();
    std::fs::create_dir(world.entry(b".git")).unwrap();
    write(
        &world,
        ".gitignore",
        "\u{feff}bom\ncr\r\nspaces  \nkept\\ \n{a,b}\nIcon\r\r\n\\#x\na[!b]c\ntab\t\n",
    );
    let ignored = ["bom", "cr", "spaces", "kept ", "{a,b}", "Icon\r", "#x", "axc", "tab\t"];
    assert!(ignored.iter().all(|name| ignores(&world, &[], name)), "{ignored:?}");
    let kept = ["kept", "a", "b", "Icon", "abc", "x", "tab", "spaces  "];
    let lost: Vec<_> = kept.iter().filter(|name| ignores(&world, &[], name)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    std::fs::create_dir(world.entry(b"a")).unwrap();
    assert!(!ignores(&world, &["a"], "c"), "a class is no slash");
}

#[test]
fn a_file_that_cannot_be_used_excludes_nothing_and_is_named() {
    let long = "#".repeat((1 << 20) + 1);
    for (content, cause) in [
        ("*.o\n[[:space:]]\n", "line 2: "),
        ("*.o\na[\n", "line 2: unclosed"),
        (long.as_str(), "longer than 1 MiB"),
    ] {
        let world = World::new();
        std::fs::create_dir(world.entry(b".git")).unwrap();
        write(&world, ".gitignore", content);
        let (rules, unusable) = enter(&world, &[]);
        assert!(rules.excluding(&world.entry(b"a.o"), false).is_none());
        assert_eq!(unusable.len(), 1);
        assert!(unusable[0].contains("/.gitignore\"") && unusable[0].contains(cause), "{}", unusable[0]);
    }
    let world = World::new();
    std::fs::create_dir(world.entry(b".git")).unwrap();
    std::fs::write(world.entry(b".gitignore"), b"*.o\n\xff\n").unwrap();
    assert!(enter(&world, &[]).1[0].ends_with("line 2 is not UTF-8"));
    // git follows no link either.
    std::fs::write(world.entry(b"rules"), b"*.o\n").unwrap();
    std::fs::remove_file(world.entry(b".gitignore")).unwrap();
    symlink("rules", world.entry(b".gitignore")).unwrap();
    let (rules, unusable) = enter(&world, &[]);
    assert!(rules.excluding(&world.entry(b"a.o"), false).is_none());
    assert_eq!(unusable.len(), 1);
}

#[test]
fn rules_that_may_not_be_read_are_named() {
    let world = World::new();
    write(&world, ".git/info/exclude", "*.o");
    write(&world, ".gitignore", "*.o");
    for name in [&b".git"[..], b".gitignore"] {
        std::fs::set_permissions(world.entry(name), Permissions::from_mode(0o000)).unwrap();
    }
    without_root(&world, || {
        let (rules, unusable) = enter(&world, &[]);
        assert!(rules.excluding(&world.entry(b"a.o"), false).is_none());
        assert_eq!(unusable.len(), 2, "{unusable:?}");
        assert!(unusable[0].contains("/.git\"") && unusable[1].contains("/.gitignore\""), "{unusable:?}");
    });
}

#[test]
fn the_reason_names_file_and_pattern() {
    let world = World::new();
    std::fs::create_dir(world.entry(b".git")).unwrap();
    write(&world, ".gitignore", "{x}  \n");
    let (rules, _) = enter(&world, &[]);
    let expected = Exclusion::GitIgnore { file: world.entry(b".gitignore"), pattern: "{x}".to_owned() };
    assert_eq!(rules.excluding(&world.entry(b"{x}"), false), Some(expected));
}

/// What git itself says about each of the paths.
fn git_ignores(root: &Path, paths: &[String]) -> Option<Vec<String>> {
    let mut git = std::process::Command::new("git");
    git.current_dir(root).env("HOME", root).env("GIT_CONFIG_NOSYSTEM", "1");
    let output = git.args(["check-ignore", "--no-index", "--"]).args(paths).output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn git_agrees() {
    let world = World::new();
    let rules = [
        "*.o", "!keep.o", "/root", "a/**/z", "**/old", "deep/**", "x?y", "[a-c]1", "[!a-c]2", "q/",
        "\\!bang", "p\\*",
    ];
    write(&world, ".gitignore", &rules.join("\n"));
    let made = std::process::Command::new("git").args(["init", "-q"]).current_dir(world.from()).status();
    if !made.is_ok_and(|status| status.success()) {
        return absent("git");
    }
    let names =
        ["a.o", "keep.o", "root", "z", "old", "xzy", "a1", "d1", "d2", "a2", "q", "!bang", "p*", "pp", "f"];
    let mut paths = Vec::new();
    for name in names {
        for directory in ["", "sub/", "a/", "a/b/", "deep/"] {
            write(&world, &format!("{directory}{name}"), "");
            paths.push(format!("{directory}{name}"));
        }
    }
    let expected = git_ignores(&world.from(), &paths).unwrap();
    let ours: Vec<String> = paths
        .into_iter()
        .filter(|path| {
            let directories: Vec<_> = path.split('/').collect();
            let (name, directories) = directories.split_last().unwrap();
            ignores(&world, directories, name)
        })
        .collect();
    assert!(expected.len() > 20, "{expected:?}");
    assert_eq!(ours, expected);
}
