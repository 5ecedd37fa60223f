//! `sqlite`: databases in files are whole, and answer.
//!
//! What is opened is a copy, with the journals that lie beside the database: what was not yet in its file when it was saved counts.

use super::ground::Restored;
use super::{Fault, Finding, Ground, Look, answer};
use crate::plan::{SqliteCheck, SqlitePragma};
use crate::{DrillError, scratch};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What lies beside a database that was in use.
const JOURNALS: [&str; 2] = ["-wal", "-journal"];

impl Look for SqliteCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        let found = ground.fitting(&self.glob)?;
        let mut wrong = Vec::new();
        for database in &found {
            let room = copied(database, ground)?;
            // The library tells where in a database something is wrong; what it says may hold names of tables, not of files.
            match self.ask(&scratch::within(&room, &database.path)) {
                Ok(complaints) => wrong.extend(complaints),
                Err(error) => wrong.push(format!("a database cannot be read: {error}")),
            }
            scratch::discard(&room)?;
        }
        let subjects = found.len() as u64;
        if subjects < self.min_matches {
            wrong.push(format!("only {subjects} files fit"));
        }
        let expected = json!({ "min": self.min_matches, "questions": self.pragma.len() + self.query.len() });
        Ok(Finding::of(subjects, &wrong, expected, json!({ "databases": subjects, "wrong": wrong.len() })))
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        let found = ground.fitting(&self.glob)?;
        let Some(database) = found.first() else { return Ok(()) };
        let room = ground.scratch.with_copy(database.tree, &database.path)?;
        // The head of the first page tells where everything else is.
        scratch::flip(&scratch::within(&room, &database.path), 100, 64)?;
        let mut trial = database.trial.clone();
        trial.tree = Some(room);
        fault("a page of a database is damaged", &ground.with(&[trial]))?;
        fault("no file fits", &Ground { hidden: &|_| true, ..*ground })
    }
}

impl SqliteCheck {
    /// What a database says of itself, and answers.
    fn ask(&self, path: &Path) -> rusqlite::Result<Vec<String>> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let database = Connection::open_with_flags(path, flags)?;
        // Whoever wrote the database does not decide what is called here.
        database.execute_batch("pragma trusted_schema = off")?;
        let mut wrong = Vec::new();
        for pragma in &self.pragma {
            match pragma {
                SqlitePragma::IntegrityCheck => {
                    let said = first(&database, "pragma integrity_check(1)")?;
                    if said.as_deref() != Some("ok") {
                        wrong.push("the pages of a database do not fit together".to_owned());
                    }
                }
                SqlitePragma::ForeignKeyCheck => {
                    if first(&database, "pragma foreign_key_check")?.is_some() {
                        wrong.push("rows of a database refer to rows that are not there".to_owned());
                    }
                }
            }
        }
        for (number, query) in self.query.iter().enumerate() {
            let said = first(&database, &query.sql)?;
            wrong.extend(answer::wrong(query, number + 1, said.as_deref()));
        }
        Ok(wrong)
    }
}

/// The first column of the first row, as text.
fn first(database: &Connection, sql: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = database.prepare(sql)?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(match row.get_ref(0)? {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }))
}

/// A room with a database and what lies beside it.
fn copied(database: &Restored<'_>, ground: &Ground<'_>) -> Result<PathBuf, DrillError> {
    let room = ground.scratch.with_copy(database.tree, &database.path)?;
    for journal in JOURNALS {
        let mut path = database.path.clone().into_os_string();
        path.push(journal);
        let path = PathBuf::from(path);
        let place = scratch::within(database.tree, &path);
        if scratch::is_file(&place) {
            scratch::copy(&place, &scratch::within(&room, &path))?;
        }
    }
    Ok(room)
}
