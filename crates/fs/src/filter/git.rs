//! What git ignores.
//!
//! Rules count in and below a directory that holds `.git`; one further down starts anew, and in `.git` itself there
//! are none. The file nearest to an entry decides, `.git/info/exclude` last. Files that git tracks in spite of its
//! rules are not known here.

use super::dialect::Braces;
use super::pattern::{add, at_any_depth, builder, text_of};
use super::{Exclusion, beginning};
use crate::{FsError, FsErrorKind, SourceDir};
use ignore::Match;
use ignore::gitignore::Gitignore;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const GIT: &[u8] = b".git";
const GIT_IGNORE: &[u8] = b".gitignore";
/// Longest file of rules, in bytes.
const LENGTH_MAX: usize = 1 << 20;
/// Most files of rules that count for one entry.
const LEVELS_MAX: u32 = 256;

/// The rules that count in a directory. The default: it lies in no work tree.
#[derive(Clone, Debug, Default)]
pub struct GitRules {
    is_work_tree: bool,
    nearest: Option<Arc<Level>>,
}

/// The rules of one file.
#[derive(Debug)]
struct Level {
    rules: Gitignore,
    file: PathBuf,
    number: u32,
    above: Option<Arc<Self>>,
}

impl GitRules {
    /// The rules that an entry of this name, if it is a directory, takes over.
    #[must_use]
    pub fn below(&self, name: &[u8]) -> Self {
        if name == GIT { Self::default() } else { self.clone() }
    }

    /// The rules in a directory that has taken over these. `has` tells whether it has an entry of a name. A file that cannot be used excludes nothing and is handed to `unusable`.
    #[must_use]
    pub fn enter(
        &self,
        dir: &SourceDir,
        has: &dyn Fn(&[u8]) -> bool,
        unusable: &mut dyn FnMut(&FsError),
    ) -> Self {
        let mut rules = self.clone();
        let mut tell = |read: Result<(), FsError>, harmless: &[FsErrorKind]| {
            if let Err(error) = read
                && !harmless.contains(&error.kind())
            {
                unusable(&error);
            }
        };
        if has(GIT) {
            rules = Self { is_work_tree: true, nearest: None };
            let info = dir.open_dir(GIT).and_then(|git| git.open_dir(b"info"));
            let read = info.and_then(|info| rules.read(&info, b"exclude", &dir.trail().path()));
            // Where `.git` is a file, it leads to another place.
            tell(read, &[FsErrorKind::NotFound, FsErrorKind::WrongKind]);
        }
        if rules.is_work_tree && has(GIT_IGNORE) {
            // Gone since the directory was listed.
            tell(rules.read(dir, GIT_IGNORE, &dir.trail().path()), &[FsErrorKind::NotFound]);
        }
        rules
    }

    /// Why git ignores an entry, if it does.
    #[must_use]
    pub fn excluding(&self, path: &Path, is_directory: bool) -> Option<Exclusion> {
        if path.file_name().is_some_and(|name| name.as_encoded_bytes() == GIT) {
            return None;
        }
        let mut level = self.nearest.as_deref();
        while let Some(Level { rules, file, above, .. }) = level {
            match rules.matched(path, is_directory) {
                Match::None => level = above.as_deref(),
                Match::Whitelist(_) => return None,
                Match::Ignore(glob) => {
                    let pattern = text_of(glob).into_owned();
                    return Some(Exclusion::GitIgnore { file: file.clone(), pattern });
                }
            }
        }
        None
    }

    /// Adds the rules of a file, which count from `root` down.
    fn read(&mut self, dir: &SourceDir, name: &[u8], root: &Path) -> Result<(), FsError> {
        let bytes = beginning(dir, name, LENGTH_MAX + 1)?;
        let file = dir.trail().path_of(name);
        let number = self.nearest.as_ref().map_or(1, |level| level.number + 1);
        let unusable = |why: &str| FsError::invalid("use the rules of", file.clone(), why);
        if bytes.len() > LENGTH_MAX {
            return Err(unusable("it is longer than 1 MiB"));
        }
        if number > LEVELS_MAX {
            return Err(unusable("more than 256 such files count here"));
        }
        let rules = compile(&bytes, root).map_err(|why| unusable(&why))?;
        self.nearest = Some(Arc::new(Level { rules, file, number, above: self.nearest.take() }));
        Ok(())
    }
}

fn compile(bytes: &[u8], root: &Path) -> Result<Gitignore, String> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut builder = builder(root);
    for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1_u32..) {
        let text = str::from_utf8(line).map_err(|_| format!("line {number} is not UTF-8"))?;
        let line = without_end(text);
        add(&mut builder, &line, &at_any_depth(&line, true), Braces::Letters)
            .map_err(|why| format!("line {number}: {why}"))?;
    }
    builder.build().map_err(|error| error.to_string())
}

/// The line without the spaces at its end that git does not count; the matcher drops more than those unless they
/// stand between brackets.
fn without_end(line: &str) -> String {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let short = line.trim_end_matches(' ');
    let backslashes = short.len() - short.trim_end_matches('\\').len();
    match short.chars().next_back() {
        // A space that is escaped counts.
        Some('\\') if backslashes % 2 == 1 && short.len() < line.len() => format!("{short} "),
        Some(last) if last.is_whitespace() => {
            format!("{}[{last}]", &short[..short.len() - last.len_utf8()])
        }
        _ => short.to_owned(),
    }
}
