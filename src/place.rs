//! Where a repository is, how its storage is reached, and what opens it: by a URL, or by a name that `lifeboat.toml` has.
//!
//! What the command line says of the repository of the run stands before what the file says of it; of others the file alone tells.

use crate::cli::Globals;
use crate::config::{self, Table};
use crate::credential::Source;
use crate::exit::{Code, Failure};
use lifeboat_backend::Location;
use std::path::Path;

/// What to type for another repository.
const OTHER: &str = "name a directory, s3://BUCKET/PREFIX, or a [repository.NAME] of lifeboat.toml";

/// A repository as it is named.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) location: Location,
    /// What `-o` says of its storage.
    pub(crate) options: Vec<(String, String)>,
    /// What the file says that opens it.
    pub(crate) source: Option<Source>,
    /// Names or URLs of its replicas.
    pub(crate) replicas: Vec<String>,
}

impl Place {
    /// The repository of the run.
    ///
    /// # Errors
    /// When none is named, the name is none, or the file is not understood.
    pub(crate) fn of_run(globals: &Globals) -> Result<Self, Failure> {
        let hint = "name it: lifeboat -r DIR ..., or set LIFEBOAT_REPOSITORY";
        let Some(repo) = &globals.repo else {
            return Err(Failure::usage("no repository is given", hint));
        };
        let mut place = Self::named(globals, repo, hint)?;
        place.options.extend(globals.option.iter().cloned());
        Ok(place)
    }

    /// Another one. What the command line says of storage is for those that have no name.
    ///
    /// # Errors
    /// As [`Place::of_run`].
    pub(crate) fn other(globals: &Globals, name: &Path) -> Result<Self, Failure> {
        match config::table(globals, name)? {
            Some(table) => Self::of_table(table, OTHER),
            None => Ok(Self { options: globals.option.clone(), ..Self::at(name, OTHER)? }),
        }
    }

    fn named(globals: &Globals, name: &Path, hint: &str) -> Result<Self, Failure> {
        match config::table(globals, name)? {
            Some(table) => Self::of_table(table, hint),
            None => Self::at(name, hint),
        }
    }

    fn of_table(table: Table, hint: &str) -> Result<Self, Failure> {
        let source = match table {
            Table { password_file: Some(file), .. } => Some(Source::PasswordFile(file)),
            Table { password_command: Some(command), .. } => Some(Source::PasswordCommand(command)),
            Table { key_file: Some(file), .. } => Some(Source::KeyFile(file)),
            _ => None,
        };
        let options = table.options.into_iter().collect();
        Ok(Self { options, source, replicas: table.replica, ..Self::at(Path::new(&table.url), hint)? })
    }

    fn at(name: &Path, hint: &str) -> Result<Self, Failure> {
        let location = match name.to_str() {
            // What is no text cannot hold a scheme that anybody meant.
            None => Location::Directory(name.to_owned()),
            Some(text) => Location::parse(text).map_err(|error| Failure::new(Code::Usage, error, hint))?,
        };
        Ok(Self { location, options: Vec::new(), source: None, replicas: Vec::new() })
    }
}
