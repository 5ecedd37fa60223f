//! What opens the repository in a drill of lost keys.

use super::path_text;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A key that has to suffice alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyTable {
    /// What people call it: `escrow`, `safe`.
    pub name: String,
    /// File with a password.
    pub password_file: Option<PathBuf>,
    /// Command that prints a password.
    pub password_command: Option<String>,
    /// File with a key.
    pub key_file: Option<PathBuf>,
}

/// The same, understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeySource {
    /// What people call it.
    pub name: String,
    /// What it is.
    pub key: KeyKind,
}

/// What opens a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// The password in this file.
    PasswordFile(#[serde(serialize_with = "path_text::of")] PathBuf),
    /// The password that this command prints.
    PasswordCommand(String),
    /// The key in this file.
    KeyFile(#[serde(serialize_with = "path_text::of")] PathBuf),
}

impl TryFrom<&KeyTable> for KeySource {
    /// What is wrong, with its key.
    type Error = (&'static str, &'static str);

    fn try_from(table: &KeyTable) -> Result<Self, Self::Error> {
        let key = match (&table.password_file, &table.password_command, &table.key_file) {
            (Some(file), None, None) => KeyKind::PasswordFile(file.clone()),
            (None, Some(command), None) => KeyKind::PasswordCommand(command.clone()),
            (None, None, Some(file)) => KeyKind::KeyFile(file.clone()),
            _ => return Err(("keys", "give each one of password-file, password-command and key-file")),
        };
        match table.name.is_empty() {
            true => Err(("keys", "give each a name")),
            false => Ok(Self { name: table.name.clone(), key }),
        }
    }
}

impl KeyTable {
    pub(super) fn seen_from(self, directory: &Path) -> Self {
        let from = |path: PathBuf| directory.join(path);
        Self { password_file: self.password_file.map(from), key_file: self.key_file.map(from), ..self }
    }
}
