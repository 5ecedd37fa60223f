//! Which entries of a source are left out.
//!
//! Patterns are those of `.gitignore`, with one difference: a pattern with a slash in its middle and none at its
//! start matches at any depth, because there is no directory that it could be relative to.

use crate::FsError;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::{Path, PathBuf};

/// A list of patterns; the last one that matches decides.
#[derive(Clone, Debug)]
pub struct Filter {
    patterns: Gitignore,
}

impl Filter {
    /// Compiles patterns: `name` and `some/name` match at any depth, `/name` at the root of the file system only,
    /// `name/` directories only; `!name` takes back what an earlier pattern excludes. Lines that are blank or
    /// start with `#` are comments.
    ///
    /// # Errors
    /// A pattern that is not well formed.
    pub fn new(excludes: &[String]) -> Result<Self, FsError> {
        let mut builder = GitignoreBuilder::new("/");
        // An opened bracket that is taken for a letter would exclude nothing and tell nobody.
        builder.allow_unclosed_class(false);
        for pattern in excludes {
            builder.add_line(None, &at_any_depth(pattern)).map_err(|error| refusal(pattern, &error))?;
        }
        let patterns = builder.build().map_err(|error| refusal(&excludes.join("\n"), &error))?;
        Ok(Self { patterns })
    }

    /// Whether the entry itself is left out. What lies below an excluded directory is not looked at: the walk
    /// does not go there.
    #[must_use]
    pub fn excludes(&self, absolute_path: &Path, is_directory: bool) -> bool {
        self.patterns.matched(absolute_path, is_directory).is_ignore()
    }
}

/// Puts `**/` before a pattern that would otherwise be anchored by a slash in its middle.
fn at_any_depth(pattern: &str) -> String {
    let (sign, glob) = pattern.strip_prefix('!').map_or(("", pattern), |glob| ("!", glob));
    let is_comment = pattern.starts_with('#');
    let has_inner_slash = glob.trim_end().trim_end_matches('/').contains('/');
    if is_comment || !has_inner_slash || glob.starts_with('/') || glob.starts_with("**/") {
        pattern.to_owned()
    } else {
        format!("{sign}**/{glob}")
    }
}

fn refusal(pattern: &str, error: &ignore::Error) -> FsError {
    let why = match error {
        // The pattern is in the message already.
        ignore::Error::Glob { err, .. } => err.clone(),
        other => other.to_string(),
    };
    FsError::invalid("use pattern", PathBuf::from(pattern), &why)
}
