//! Where figures come from: the commit, the compiler and the day.

use std::path::Path;
use std::process::Command;

/// Files that are no part of what is tested, and which recording changes.
const RECORDS: [&str; 2] = [":(exclude)*.md", ":(exclude)*.json"];

/// Of what and when a figure is; what cannot be found out is `unknown`.
pub(crate) struct Origin {
    /// Twelve digits of it, and whether anything is not as it is there.
    pub(crate) commit: String,
    /// The version of the compiler.
    pub(crate) rustc: String,
    /// In UTC.
    pub(crate) date: String,
}

impl Origin {
    /// That of a run of the tests in this checkout, now.
    pub(crate) fn of(root: &Path) -> Self {
        let rustc = said(root, "rustc", &["--version"]);
        let rustc = rustc.and_then(|said| said.split_whitespace().nth(1).map(str::to_owned));
        let known = |told: Option<String>| told.unwrap_or_else(|| "unknown".to_owned());
        let date = said(root, "date", &["-u", "+%F"]);
        Self { commit: known(commit(root)), rustc: known(rustc), date: known(date) }
    }
}

fn commit(root: &Path) -> Option<String> {
    // A checkout that belongs to somebody else is the usual case in a container.
    let git = |arguments: &[&str]| said(root, "git", &[&["-c", "safe.directory=*"], arguments].concat());
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&[&["diff", "--name-only", "HEAD", "--", "."], &RECORDS[..]].concat())?;
    Some(if changed.is_empty() { commit } else { format!("{commit} and changes") })
}

/// What a program says, where it is there and succeeds.
fn said(root: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(root).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}
