//! What is excluded by path and by what an entry is.

use crate::world::World;
use lifeboat_fs::{Exclusion, Filter, FilterOptions, FsErrorKind, Pattern, Stat};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern { text: (*text).to_owned(), origin: "--exclude".to_owned() }).collect()
}

fn by_path(options: FilterOptions, path: &[u8]) -> Option<Exclusion> {
    let directory = path.ends_with(b"/");
    let path = if directory { &path[..path.len() - 1] } else { path };
    Filter::new(options).unwrap().by_path(Path::new(OsStr::from_bytes(path)), directory)
}

fn excludes(texts: &[&str], path: &[u8]) -> bool {
    by_path(FilterOptions { patterns: patterns(texts), ..FilterOptions::default() }, path).is_some()
}

fn excludes_in_any_case(texts: &[&str], path: &[u8]) -> bool {
    by_path(FilterOptions { patterns_any_case: patterns(texts), ..FilterOptions::default() }, path).is_some()
}

/// Patterns, what they exclude, and what they do not. A slash at the end of a path makes it a directory.
type Row = (&'static [&'static str], &'static [&'static [u8]], &'static [&'static [u8]]);

const TABLE: &[Row] = &[
    (&[], &[], &[b"/", b"/a"]),
    (&["*.tmp"], &[b"/x.tmp", b"/a/b/x.tmp", b"/x.tmp/"], &[b"/x.tmp2", b"/x"]),
    (&["cache"], &[b"/cache/", b"/home/u/cache", b"/a/cache/"], &[b"/cached", b"/my cache"]),
    (&["cache/"], &[b"/cache/", b"/a/cache/"], &[b"/cache", b"/a/cache"]),
    (&["/var/tmp"], &[b"/var/tmp/", b"/var/tmp"], &[b"/home/var/tmp", b"/var", b"/var/tmp2"]),
    (&["/var/*"], &[b"/var/a", b"/var/b/"], &[b"/var/", b"/x/var/a"]),
    (&["target/debug"], &[b"/target/debug", b"/p/q/target/debug/"], &[b"/debug/", b"/target/"]),
    (&["target/debug/"], &[b"/p/target/debug/"], &[b"/p/target/debug"]),
    (&["a/**/z"], &[b"/a/z", b"/x/a/b/c/z"], &[b"/a/b/zz", b"/z"]),
    (&["**/old"], &[b"/old", b"/a/old"], &[b"/older"]),
    (&["/srv/**"], &[b"/srv/a", b"/srv/a/b"], &[b"/srv/", b"/a/srv/x"]),
    (&["build/**"], &[b"/p/build/a"], &[b"/p/build/"]),
    (&["*.log", "!keep.log"], &[b"/a.log"], &[b"/keep.log", b"/x/keep.log"]),
    (&["!keep.log", "*.log"], &[b"/keep.log"], &[]),
    (&["/d/*", "!d/keep"], &[b"/d/x"], &[b"/d/keep"]),
    (&["[ab]?"], &[b"/a1", b"/b2"], &[b"/c1", b"/a"]),
    (&["{x,y}.bak"], &[b"/x.bak", b"/y.bak"], &[b"/z.bak"]),
    (&["foo[!x]bar"], &[b"/fooybar", b"/a/foo-bar"], &[b"/foo/bar", b"/fooxbar"]),
    (&["# comment [", "", "  ", "#a/b"], &[], &[b"/# comment [", b"/#a/b", b"/a"]),
    (&["\\#a", "\\!b", "\\!c/d"], &[b"/#a", b"/!b", b"/x/!c/d"], &[b"/a", b"/b"]),
    (&["Case"], &[b"/Case"], &[b"/case"]),
    (&["*.tmp"], &[b"/\xff\xfe.tmp", b"/dir\xff/a\nb.tmp"], &[b"/\xff.tm"]),
    (&["gr\u{fc}n"], &["/gr\u{fc}n".as_bytes()], &[b"/gr\xfcn"]),
];

#[test]
fn patterns_match_what_the_table_says() {
    for (patterns, inside, outside) in TABLE {
        for path in *inside {
            assert!(excludes(patterns, path), "{patterns:?} excludes {}", path.escape_ascii());
        }
        for path in *outside {
            assert!(!excludes(patterns, path), "{patterns:?} keeps {}", path.escape_ascii());
        }
    }
}

#[test]
fn case_counts_unless_it_is_asked_not_to() {
    let table: [(&str, &[u8]); 6] = [
        ("*.TMP", b"/a.tmp"),
        ("*.tmp", b"/a.TmP"),
        ("/Var/*", b"/vAR/x"),
        ("gr\u{dc}n", "/Gr\u{fc}N".as_bytes()),
        ("[A-C]x", b"/bX"),
        ("*.tmp", b"/\xffA.TMP"),
    ];
    for (pattern, path) in table {
        assert!(excludes_in_any_case(&[pattern], path), "{pattern} {}", path.escape_ascii());
        assert!(!excludes(&[pattern], path), "{pattern} {}", path.escape_ascii());
    }
    assert!(!excludes_in_any_case(&["*.TMP"], b"/a.tm"));
    assert!(!excludes_in_any_case(&["*.TMP", "!KEEP.*"], b"/keep.tmp"));
}

#[test]
fn either_list_suffices_and_neither_takes_back_for_the_other() {
    let options = |plain: &[&str], any_case: &[&str]| FilterOptions {
        patterns: patterns(plain),
        patterns_any_case: patterns(any_case),
        ..FilterOptions::default()
    };
    assert_eq!(by_path(options(&["a"], &["!A"]), b"/a"), Some(Exclusion::Pattern("a".into())));
    assert_eq!(by_path(options(&["!a"], &["A"]), b"/a"), Some(Exclusion::Pattern("A".into())));
    assert_eq!(by_path(options(&["x"], &["y"]), b"/a"), None);
}

#[test]
fn the_reason_is_the_pattern_as_it_was_written() {
    for text in ["some/Name", "/some/Name", "[!x]ame", "\\Name", "N*"] {
        let options = FilterOptions { patterns: patterns(&["other", text]), ..FilterOptions::default() };
        assert_eq!(by_path(options, b"/some/Name"), Some(Exclusion::Pattern(text.to_owned())));
    }
    assert_eq!(Exclusion::Pattern("a\nb".into()).to_string(), "fits a\\nb");
    assert_eq!(Exclusion::Pattern(r#"\#"hash""#.into()).to_string(), r#"fits \#"hash""#);
}

#[test]
fn a_bad_pattern_is_named_with_its_place() {
    for bad in ["[a", "a/[z-a]", "{x", "x\\", "[[:digit:]]", "!a[\\]]"] {
        for any_case in [false, true] {
            let mut list = patterns(&["*.good"]);
            list.push(Pattern { text: bad.to_owned(), origin: "list.txt, line 7".to_owned() });
            let options = match any_case {
                true => FilterOptions { patterns_any_case: list, ..FilterOptions::default() },
                false => FilterOptions { patterns: list, ..FilterOptions::default() },
            };
            let error = Filter::new(options).unwrap_err();
            assert_eq!(error.kind(), FsErrorKind::Invalid);
            assert_eq!(error.path(), Path::new(bad));
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.ends_with(" (list.txt, line 7)") && !cause.contains("*.good"), "{cause}");
        }
    }
}

#[test]
fn size_file_system_and_flag_count_when_asked_for() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), [0; 10]).unwrap();
    std::fs::create_dir(world.entry(b"directory")).unwrap();
    let (file, directory) =
        (world.source().stat(b"file").unwrap(), world.source().stat(b"directory").unwrap());
    let flagged = Stat { no_dump: true, ..file.clone() };
    let none = FilterOptions::default();
    let by_size = |largest| FilterOptions { larger_than: Some(largest), ..none.clone() };
    let by_flag = FilterOptions { no_dump: true, ..none.clone() };
    let by_device = FilterOptions { one_file_system: true, ..none.clone() };
    let table = [
        (none.clone(), &flagged, 1, None),
        (by_size(9), &file, 0, Some(Exclusion::LargerThan(9))),
        (by_size(10), &file, 0, None),
        (by_size(0), &directory, 0, None),
        (by_flag.clone(), &flagged, 0, Some(Exclusion::NoDump)),
        (by_flag, &file, 0, None),
        (by_device.clone(), &file, 1, Some(Exclusion::OtherFileSystem)),
        (by_device.clone(), &directory, 1, Some(Exclusion::OtherFileSystem)),
        (by_device, &file, 0, None),
    ];
    for (options, stat, off, expected) in table {
        let filter = Filter::new(options.clone()).unwrap();
        assert_eq!(filter.by_stat(stat, stat.device + off), expected, "{options:?}");
    }
}

/// A pattern is refused with its own text and where it stands, or answers for every path.
#[test]
fn nonsense_is_refused_or_fits_something() {
    let mut random = lifeboat_testkit::Random::new(73);
    let parts = [
        "*", "**", "?", "[", "]", "[!a-", "{", "}", ",", "!", "\\", "/", "a", "#", " ", "\n", "\0", "\u{e9}",
        "\u{202e}",
    ];
    let mut refused = 0;
    for _ in 0..1000 {
        let count = 1 + random.index(12);
        let text: String = (0..count).map(|_| *random.pick(&parts)).collect();
        for is_any_case in [false, true] {
            let pattern = vec![Pattern { text: text.clone(), origin: "--exclude".to_owned() }];
            let options = match is_any_case {
                true => FilterOptions { patterns_any_case: pattern, ..FilterOptions::default() },
                false => FilterOptions { patterns: pattern, ..FilterOptions::default() },
            };
            match Filter::new(options) {
                Err(error) => {
                    refused += 1;
                    assert_eq!(error.kind(), FsErrorKind::Invalid, "{text:?}: {error}");
                    assert!(!error.to_string().contains('\n'), "{error}");
                }
                Ok(filter) => {
                    for path in ["/", "/a", "/a/b/\u{e9}", "/ ", "/#", "/{", "/*"] {
                        // Which answer it is depends on the pattern.
                        drop([false, true].map(|is_directory| filter.by_path(Path::new(path), is_directory)));
                    }
                }
            }
        }
    }
    assert!((10..1900).contains(&refused), "{refused} of 2000 were refused");
}

/// Alternatives in alternatives double with each pair of braces: what is too large is refused, not built.
#[test]
fn a_pattern_that_unfolds_is_refused_or_cheap() {
    for pattern in [
        "{a,b}".repeat(30),
        "{".repeat(2000),
        format!("{}a{}", "{x,".repeat(400), "}".repeat(400)),
        "*".repeat(5000),
        "[a-z]".repeat(3000),
    ] {
        let options = FilterOptions { patterns: patterns(&[&pattern]), ..FilterOptions::default() };
        if let Ok(filter) = Filter::new(options) {
            drop(filter.by_path(Path::new(&format!("/{}", "ab".repeat(100))), false));
        }
    }
}
