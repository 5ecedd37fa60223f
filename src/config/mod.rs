//! `lifeboat.toml`: repositories that have names.
//!
//! The file is named by an option or a variable, else it is the one of the user, else the one of the machine; of several one counts, as a
//! whole. It is read only when a name has to be looked up. Invariant: what is not understood is refused, with its line.

use crate::cli::Globals;
use crate::environment::variable;
use crate::exit::{Code, Failure};
use crate::list_file;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The file of the machine.
const OF_THE_MACHINE: &str = "/etc/lifeboat/lifeboat.toml";
/// The same of a user, below the directory for such files.
const OF_A_USER: &str = "lifeboat/lifeboat.toml";
/// How many letters may be wrong in a key that is recognised all the same.
const SLIPS_MAX: usize = 3;

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    repository: BTreeMap<String, Table>,
}

/// What it says of a repository. Paths are seen from the directory of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Table {
    /// Where it is.
    pub(crate) url: String,
    /// File with its password.
    pub(crate) password_file: Option<PathBuf>,
    /// Command that prints its password.
    pub(crate) password_command: Option<String>,
    /// File with a key.
    pub(crate) key_file: Option<PathBuf>,
    /// What `-o` says of its storage.
    #[serde(default)]
    pub(crate) options: BTreeMap<String, String>,
    /// Names or URLs of repositories with the same keys, which heal it.
    #[serde(default)]
    pub(crate) replica: Vec<String>,
}

/// The table of this name; none where there is none. What cannot be a name has none, and nothing is read for it.
///
/// # Errors
/// When the file cannot be read or is not understood, or was named and does not exist.
pub(crate) fn table(globals: &Globals, name: &Path) -> Result<Option<Table>, Failure> {
    let Some(name) = name.to_str().filter(|name| is_name(name)) else { return Ok(None) };
    let path = match &globals.config {
        Some(path) => path.clone(),
        None => match usual() {
            Some(path) => path,
            None => return Ok(None),
        },
    };
    let text = list_file::of_file("--config", &path);
    let text = text.map_err(|failure| Failure { code: Code::Usage, ..failure })?;
    let text = String::from_utf8(text).map_err(|_| refused(&path, "it is not text in UTF-8", hint(&path)))?;
    let mut tables = parse(&path, &text)?;
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    Ok(tables.remove(name).map(|table| table.seen_from(directory)))
}

/// What is neither a path nor a URL.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.contains(['/', ':'])
}

/// The file that counts when none is named.
fn usual() -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let of_user = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    let files = of_user.map(|directory| directory.join(OF_A_USER)).into_iter().chain([OF_THE_MACHINE.into()]);
    // What is there and cannot be looked at is not passed over.
    files.into_iter().find(|path| path.symlink_metadata().is_ok())
}

fn parse(path: &Path, text: &str) -> Result<BTreeMap<String, Table>, Failure> {
    let file: File = toml::from_str(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let cause = match error.span() {
            Some(span) => at(text, span, &message),
            None => message.clone(),
        };
        let meant = nearest(&message).map(|key| format!("write {key} in {}", path.display()));
        refused(path, &cause, meant.unwrap_or_else(|| hint(path)))
    })?;
    for (name, table) in &file.repository {
        if !is_name(name) {
            let cause =
                format!("[repository.{name}]: a name has neither / nor : and does not begin with a dot");
            return Err(refused(path, &cause, hint(path)));
        }
        let sources =
            [table.password_file.is_some(), table.password_command.is_some(), table.key_file.is_some()];
        if sources.into_iter().filter(|is_there| *is_there).count() > 1 {
            let cause =
                format!("[repository.{name}]: give one of password-file, password-command and key-file");
            return Err(refused(path, &cause, hint(path)));
        }
    }
    Ok(file.repository)
}

/// What is wrong, with its line, and the key where one stands on that line.
fn at(text: &str, span: Range<usize>, message: &str) -> String {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count();
    let key = text.lines().nth(line).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let named = key.filter(|key| !message.contains(key)).map(|key| format!("{key}: ")).unwrap_or_default();
    format!("line {}: {named}{message}", line + 1)
}

/// The known key that an unknown one is meant to be: the message names it first, and then those that are known.
fn nearest(message: &str) -> Option<&str> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    let (slips, key) = quoted.map(|known| (slips(unknown, known), known)).min()?;
    (slips <= SLIPS_MAX).then_some(key)
}

/// How many letters have to be changed, added or taken away to make one word of another.
fn slips(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (column, known) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

fn refused(path: &Path, cause: &str, hint: String) -> Failure {
    Failure::new(Code::Usage, anyhow::anyhow!("{}: {cause}", path.display()), hint)
}

fn hint(path: &Path) -> String {
    format!("mend the file: {}", path.display())
}

impl Table {
    fn seen_from(self, directory: &Path) -> Self {
        let from = |path: PathBuf| directory.join(path);
        let url = match self.url.contains([':']) || self.url.is_empty() {
            true => self.url,
            false => directory.join(&self.url).to_string_lossy().into_owned(),
        };
        Self { url, password_file: self.password_file.map(from), key_file: self.key_file.map(from), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause_of(text: &str) -> (String, String) {
        let failure = parse(Path::new("lifeboat.toml"), text).unwrap_err();
        assert_eq!(failure.code, Code::Usage);
        (failure.message(), failure.hint)
    }

    #[test]
    fn unknown_keys_are_refused_with_the_one_that_was_meant() {
        let (cause, hint) = cause_of("[repository.nas]\nurl = \"/nas\"\npasword-file = \"p\"\n");
        assert!(cause.starts_with("lifeboat.toml: line 3: unknown field `pasword-file`"), "{cause}");
        assert_eq!(hint, "write password-file in lifeboat.toml");
        let (cause, hint) = cause_of("[repositories.nas]\nurl = \"/nas\"\n");
        assert!(cause.starts_with("lifeboat.toml: line 1: unknown field `repositories`"), "{cause}");
        assert_eq!(hint, "write repository in lifeboat.toml");
        assert_eq!(cause_of("nothing = 1\n").1, "mend the file: lifeboat.toml");
    }

    #[test]
    fn wrong_values_are_told_with_line_and_key() {
        let (cause, _) = cause_of("[repository.nas]\n\nurl = 3\n");
        assert_eq!(cause, "lifeboat.toml: line 3: url: invalid type: integer `3`, expected a string");
        let (cause, _) = cause_of("[repository.nas]\nkey-file = \"k\"\n");
        assert_eq!(cause, "lifeboat.toml: line 1: missing field `url`");
        let (cause, _) = cause_of("[repository.nas\nurl = \"a\"\n");
        assert!(cause.starts_with("lifeboat.toml: line 1: "), "{cause}");
        let (cause, _) = cause_of("[repository.\"a/b\"]\nurl = \"/nas\"\n");
        assert!(cause.contains("[repository.a/b]: a name has neither"), "{cause}");
        let (cause, _) =
            cause_of("[repository.a]\nurl = \"/nas\"\npassword-file = \"p\"\nkey-file = \"k\"\n");
        assert!(cause.contains("give one of"), "{cause}");
    }

    #[test]
    fn slips_are_counted() {
        assert_eq!([slips("url", "url"), slips("ulr", "url"), slips("", "url")], [0, 2, 3]);
        assert_eq!([slips("keyfile", "key-file"), slips("key-files", "key-file")], [1, 1]);
    }

    #[test]
    fn paths_are_seen_from_the_file() {
        let table = Table { url: "repo".into(), key_file: Some("key".into()), ..Table::default() }
            .seen_from(Path::new("/etc"));
        assert_eq!((table.url.as_str(), table.key_file), ("/etc/repo", Some("/etc/key".into())));
        let url = "s3://bucket/prefix";
        assert_eq!(Table { url: url.into(), ..Table::default() }.seen_from(Path::new("/etc")).url, url);
    }
}
