//! The text of the checkout, for tests about the source itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lifeboat_testkit::{needs, skip};

/// One file of the checkout. Bytes that are not UTF-8 are replaced.
pub(crate) struct Source {
    /// Relative to the root of the checkout.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }

    /// The lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// A message about a line, in the form an editor can follow.
    pub(crate) fn at(&self, line: usize, message: &str) -> String {
        format!("{}:{line}: {message}", self.path.display())
    }
}

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All tracked files, and the Rust files that could become so. None outside a git checkout (a source archive), where
/// there is nobody who could break a rule.
pub(crate) fn sources() -> Vec<Source> {
    if !root().join(".git").exists() {
        skip("the sources are no git checkout");
        return Vec::new();
    }
    if !needs("git") {
        return Vec::new();
    }
    let mut paths = list(&["--cached"]);
    paths.extend(list(&["--others", "--exclude-standard", "*.rs"]));
    assert!(!paths.is_empty(), "git lists no file of {}", root().display());
    paths.into_iter().filter_map(read).collect()
}

/// The Rust files among [`sources`].
pub(crate) fn rust_sources() -> Vec<Source> {
    sources().into_iter().filter(Source::is_rust).collect()
}

fn list(options: &[&str]) -> Vec<PathBuf> {
    let mut git = Command::new("git");
    // A checkout that belongs to somebody else is the usual case in a container.
    git.args(["-c", "safe.directory=*", "ls-files", "-z"]).args(options).current_dir(root());
    let output = git.output().unwrap();
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    names.split_terminator('\0').map(PathBuf::from).collect()
}

/// Nothing for a link, and for a file that is tracked but deleted in the working copy.
fn read(path: PathBuf) -> Option<Source> {
    let whole = root().join(&path);
    fs::symlink_metadata(&whole).ok().filter(fs::Metadata::is_file)?;
    let text = String::from_utf8_lossy(&fs::read(whole).unwrap()).into_owned();
    Some(Source { path, text })
}
