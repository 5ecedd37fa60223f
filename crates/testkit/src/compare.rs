//! Whether two trees are the same, in the eyes of a tool we did not write.

use std::path::Path;
use std::process::Command;

use crate::must::must;

/// What Debian's rsync would do to make `b` equal to `a`: empty when content, names, types, modes, owners, times to the
/// nanosecond, links, ACLs and extended attributes are equal.
///
/// What is at one of the paths `except`, which begin with a slash at the roots, is not looked at: rsync has no way to
/// name what is further down than 4 096 bytes. The caller has asked [`needs`](crate::needs) for `rsync`.
pub fn rsync_differences_except(a: &Path, b: &Path, except: &[&str]) -> Vec<String> {
    let except: Vec<_> = except.iter().map(|path| format!("--exclude={path}")).collect();
    let except: Vec<_> = except.iter().map(String::as_str).collect();
    let mut differences = itemize(a, b, &[&["--checksum", "--delete"], &except[..]].concat());
    // Names that are linked in `b` alone are seen only from there; contents are known to be compared by now.
    differences.extend(itemize(b, a, &except).into_iter().map(|line| format!("backwards: {line}")));
    differences
}

/// [`rsync_differences_except`] of nothing.
pub fn rsync_differences(a: &Path, b: &Path) -> Vec<String> {
    rsync_differences_except(a, b, &[])
}

fn itemize(from: &Path, to: &Path, options: &[&str]) -> Vec<String> {
    let mut rsync = Command::new("rsync");
    rsync.args(["-aHAXn", "--itemize-changes", "--modify-window=-1"]).args(options);
    // An empty last component is a trailing slash: the content of the directory, not the directory.
    rsync.arg("--").arg(from.join("")).arg(to.join(""));
    let output = must(rsync.output(), "run rsync on", from);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "rsync {} {}: {complaints}", from.display(), to.display());
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
