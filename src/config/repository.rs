//! What the configuration says of a repository.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What it says of one. Paths are seen from the directory of the file.
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

impl Table {
    /// How many things it says that open the repository.
    pub(super) fn sources(&self) -> usize {
        let sources =
            [self.password_file.is_some(), self.password_command.is_some(), self.key_file.is_some()];
        sources.into_iter().filter(|is_there| *is_there).count()
    }

    pub(super) fn seen_from(self, directory: &Path) -> Self {
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

    #[test]
    fn paths_are_seen_from_the_file() {
        let table = Table { url: "repo".into(), key_file: Some("key".into()), ..Table::default() }
            .seen_from(Path::new("/etc"));
        assert_eq!((table.url.as_str(), table.key_file), ("/etc/repo", Some("/etc/key".into())));
        let url = "s3://bucket/prefix";
        assert_eq!(Table { url: url.into(), ..Table::default() }.seen_from(Path::new("/etc")).url, url);
    }
}
