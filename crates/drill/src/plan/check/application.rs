//! Checks that use what was restored.

use super::files::one;
use crate::plan::{Glob, Size, Span, path_text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A question to a database, and what the first column of its first row has to be; without any of that, there has to be a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Query {
    /// In which database of the server; none for the usual one.
    pub db: Option<String>,
    /// The question.
    pub sql: String,
    /// At least.
    pub min: Option<i64>,
    /// At most.
    pub max: Option<i64>,
    /// This text.
    pub equals: Option<String>,
}

/// What a database in a file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlitePragma {
    /// That its pages and indexes fit together.
    IntegrityCheck,
    /// That nothing refers to rows that are not there.
    ForeignKeyCheck,
}

/// Databases of SQLite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SqliteCheck {
    /// Which files.
    pub glob: Glob,
    /// What each is asked of itself.
    #[serde(default = "integrity")]
    pub pragma: BTreeSet<SqlitePragma>,
    /// What else each is asked.
    #[serde(default)]
    pub query: Vec<Query>,
    /// How many there have to be, at least.
    #[serde(default = "one")]
    pub min_matches: u64,
}

/// What of a server of PostgreSQL was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostgresMode {
    /// Its directory.
    Datadir,
    /// What `pg_dump` has written.
    Dump,
}

/// A server of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PostgresCheck {
    /// What was saved.
    pub mode: PostgresMode,
    /// Where, as it was saved.
    pub path: PathBuf,
    /// Directory of the programs of the server; none for that of this machine.
    #[serde(serialize_with = "path_text::of_some")]
    pub bin: Option<PathBuf>,
    /// What it is asked; at least one question.
    pub query: Vec<Query>,
    /// Whether its own check of tables and indexes has to pass, too.
    #[serde(default)]
    pub amcheck: bool,
    /// For how long it has to stay up before it is asked.
    #[serde(default = "stable")]
    pub stable_for: Span,
    /// How long all of it may take.
    #[serde(default = "patient")]
    pub timeout: Span,
}

/// A command, which is no text for a shell. `{root}` stands for the directory with what was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommandCheck {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// All variables of its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The exit code that is a pass.
    #[serde(default)]
    pub exit: i32,
    /// What has to be somewhere in what it prints.
    pub stdout_contains: Option<String>,
    /// How long it may take.
    #[serde(default = "brief")]
    pub timeout: Span,
    /// How much it may print.
    pub max_output: Option<Size>,
}

impl SqliteCheck {
    pub(super) fn look(&self) -> Result<(), (&'static str, &'static str)> {
        match self.pragma.is_empty() && self.query.is_empty() {
            _ if self.min_matches == 0 => Err(("min-matches", "write at least 1")),
            true => Err(("query", "write what to ask, with pragma or query")),
            false => look_at(&self.query),
        }
    }
}

impl PostgresCheck {
    pub(super) fn look(&self) -> Result<(), (&'static str, &'static str)> {
        match self.query.is_empty() {
            true => {
                Err(("query", "write at least one question: a server that starts may have lost all rows"))
            }
            false => look_at(&self.query),
        }
    }
}

fn look_at(queries: &[Query]) -> Result<(), (&'static str, &'static str)> {
    let is_torn = |query: &Query| query.min > query.max && query.max.is_some();
    match queries {
        _ if queries.iter().any(|query| query.sql.trim().is_empty()) => Err(("query", "write its sql")),
        _ if queries.iter().any(is_torn) => Err(("query", "min is more than max")),
        _ => Ok(()),
    }
}

fn integrity() -> BTreeSet<SqlitePragma> {
    [SqlitePragma::IntegrityCheck].into()
}

const fn stable() -> Span {
    Span::seconds(10)
}

const fn patient() -> Span {
    Span::seconds(20 * 60)
}

const fn brief() -> Span {
    Span::seconds(5 * 60)
}
