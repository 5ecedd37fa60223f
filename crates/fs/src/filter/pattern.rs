//! Lists of patterns.
//!
//! Patterns are those of `.gitignore`, with two differences: a pattern with a slash in its middle and none at its
//! start matches at any depth, because there is no directory that it could be relative to; and `{a,b}` is a choice.

use super::dialect::{Braces, translate};
use crate::FsError;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, Glob};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// A pattern: `name` and `some/name` match at any depth, `/name` at the root of the file system only, `name/`
/// directories only; `!name` takes back what an earlier pattern excludes. One that is blank or starts with `#` is a
/// comment.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The pattern.
    pub text: String,
    /// Where it stands, for people: an option, or file and line.
    pub origin: String,
}

/// Compiled patterns; the last one that fits decides.
#[derive(Clone, Debug)]
pub(super) struct Patterns {
    compiled: Gitignore,
    any_case: bool,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { compiled: Gitignore::empty(), any_case: false }
    }
}

impl Patterns {
    pub(super) fn new(patterns: &[Pattern]) -> Result<Self, FsError> {
        Self::compile(patterns, false)
    }

    /// Patterns that mean upper and lower case alike, in every script.
    pub(super) fn of_any_case(patterns: &[Pattern]) -> Result<Self, FsError> {
        Self::compile(patterns, true)
    }

    fn compile(patterns: &[Pattern], any_case: bool) -> Result<Self, FsError> {
        let mut builder = builder(Path::new("/"));
        for pattern in patterns {
            let text = if any_case { lower(&pattern.text) } else { pattern.text.clone() };
            add(&mut builder, &pattern.text, &at_any_depth(&text, false), Braces::Choice)
                .map_err(|why| refusal(&pattern.text, &format!("{why} ({})", pattern.origin)))?;
        }
        let compiled = builder.build().map_err(|error| refusal("", &error.to_string()))?;
        Ok(Self { compiled, any_case })
    }

    /// The pattern that leaves an entry out.
    pub(super) fn excluding(&self, path: &Path, is_directory: bool) -> Option<Cow<'_, str>> {
        if self.compiled.is_empty() {
            return None;
        }
        let path = if self.any_case { Cow::Owned(lower_path(path)) } else { Cow::Borrowed(path) };
        match self.compiled.matched(&path, is_directory) {
            Match::Ignore(glob) => Some(text_of(glob)),
            _ => None,
        }
    }
}

/// Starts a list of patterns relative to a directory.
pub(super) fn builder(root: &Path) -> GitignoreBuilder {
    let mut builder = GitignoreBuilder::new(root);
    // An opened bracket that is taken for a letter would exclude nothing and tell nobody.
    builder.allow_unclosed_class(false);
    builder
}

/// Adds a line that was written as `text`, or says why it is not understood.
pub(super) fn add(
    builder: &mut GitignoreBuilder,
    text: &str,
    line: &str,
    braces: Braces,
) -> Result<(), String> {
    if line.starts_with('#') {
        return Ok(());
    }
    let line = translate(line, braces)?;
    // What the compiled pattern was made from is kept in the place that is meant for the file it comes from.
    builder.add_line(Some(PathBuf::from(text)), &line).map(drop).map_err(|error| match error {
        // The pattern is in the message already.
        ignore::Error::Glob { err, .. } => err,
        other => other.to_string(),
    })
}

/// The pattern as it was written.
pub(super) fn text_of(glob: &Glob) -> Cow<'_, str> {
    glob.from().map_or_else(|| glob.original().into(), Path::to_string_lossy)
}

/// Puts `**/` before a pattern that is meant at any depth: one without a slash but at its end, or, where there is no
/// directory that it could be relative to, without one at its start.
pub(super) fn at_any_depth(pattern: &str, is_relative: bool) -> String {
    let (sign, glob) = pattern.strip_prefix('!').map_or(("", pattern), |glob| ("!", glob));
    let is_blank = glob.trim_end().is_empty() || pattern.starts_with('#');
    let is_anchored = is_relative && glob.trim_end().trim_end_matches('/').contains('/');
    if is_blank || is_anchored || glob.starts_with('/') || glob.starts_with("**/") {
        pattern.to_owned()
    } else {
        format!("{sign}**/{glob}")
    }
}

/// Letter by letter, so that a letter becomes the same wherever it stands.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn lower_path(path: &Path) -> PathBuf {
    let mut bytes = Vec::with_capacity(path.as_os_str().len());
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        bytes.extend(lower(chunk.valid()).into_bytes());
        bytes.extend(chunk.invalid());
    }
    PathBuf::from(OsString::from_vec(bytes))
}

fn refusal(pattern: &str, why: &str) -> FsError {
    FsError::invalid("use pattern", PathBuf::from(OsStr::new(pattern)), why)
}
