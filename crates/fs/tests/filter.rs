//! What patterns exclude.

use lifeboat_fs::{Filter, FsErrorKind};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

fn excludes(patterns: &[&str], path: &[u8]) -> bool {
    let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    let directory = path.ends_with(b"/");
    let path = if directory { &path[..path.len() - 1] } else { path };
    Filter::new(&patterns).unwrap().excludes(Path::new(OsStr::from_bytes(path)), directory)
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
    (&["# comment", "", "  ", "#a/b"], &[], &[b"/# comment", b"/#a/b", b"/a"]),
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
fn a_bad_pattern_is_named() {
    for bad in ["[a", "a/[z-a]", "{x", "x\\"] {
        let error = Filter::new(&["*.good".to_owned(), bad.to_owned()]).unwrap_err();
        assert_eq!(error.kind(), FsErrorKind::Invalid);
        assert_eq!(error.path(), Path::new(bad));
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(!cause.is_empty() && !cause.contains("*.good"), "{cause}");
    }
}
