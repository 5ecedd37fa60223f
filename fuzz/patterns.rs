//! Lines of patterns, as people write them and as a source brings them along in its `.gitignore`.
//!
//! Whatever the lines are, the last one that fits decides, and what means only itself excludes nothing else. Tests of
//! `lifeboat-fs` replay the corpus with this same function.

use lifeboat_fs::{Filter, FilterOptions, GitRules, Pattern, SourceDir};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What makes a pattern mean more than itself, or less.
const SPECIAL: &[char] = &['*', '?', '[', '\\', '{', '!', '#'];
/// A name that no pattern means by itself.
const PLAIN: &str = "plain-file";
const TAKEN_BACK: &str = "!plain-file";

/// Compiles the lines in all ways; whether a list of patterns may have them all.
pub fn patterns(bytes: &[u8]) -> bool {
    check_rules(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    check_list(text, true);
    check_list(text, false)
}

/// The lines as a list of patterns; whether it may have them all.
fn check_list(text: &str, any_case: bool) -> bool {
    let Some(is_excluded) = excludes(&[text], any_case) else { return false };
    assert_eq!(excludes(&[text, PLAIN], any_case), Some(true), "the last one excludes it");
    assert_eq!(excludes(&[text, TAKEN_BACK], any_case), Some(false), "the last one takes it back");
    let is_meant = text.contains(SPECIAL) || text.to_lowercase().contains(PLAIN);
    assert!(is_meant || !is_excluded, "nobody said so");
    true
}

/// Whether these lines, taken for one list, exclude the plain name; none if one of them is refused.
fn excludes(texts: &[&str], any_case: bool) -> Option<bool> {
    let pattern = |text: &str| Pattern { text: text.to_owned(), origin: "here".to_owned() };
    let patterns = texts.iter().flat_map(|text| text.split('\n')).map(pattern).collect();
    let options = match any_case {
        true => FilterOptions { patterns_any_case: patterns, ..FilterOptions::default() },
        false => FilterOptions { patterns, ..FilterOptions::default() },
    };
    let filter = Filter::new(options).ok()?;
    Some(filter.by_path(&Path::new("/a/b").join(PLAIN), false).is_some())
}

/// The lines as git's rules of a directory: those that are not understood exclude nothing, and somebody is told.
fn check_rules(bytes: &[u8]) {
    let folder = TempDir::new().expect("a place for temporary files");
    fs::create_dir(folder.path().join(".git")).expect("a fresh directory");
    for (last, is_wanted) in [(PLAIN, true), (TAKEN_BACK, false)] {
        let lines = [bytes, b"\n", last.as_bytes()].concat();
        fs::write(folder.path().join(".gitignore"), lines).expect("a fresh directory");
        let dir = SourceDir::open(folder.path()).expect("it was just made");
        let has = |name: &[u8]| [&b".git"[..], b".gitignore"].contains(&name);
        let mut is_understood = true;
        let rules = GitRules::default().enter(&dir, &has, &mut |_| is_understood = false);
        let excluded = rules.excluding(&folder.path().join(PLAIN), false).is_some();
        assert_eq!(excluded, is_wanted && is_understood, "{last} comes last");
    }
}
