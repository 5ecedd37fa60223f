//! What every verb is handed: the options that all share, clock and randomness, the report; and how to get at the
//! repository.

use crate::cli::Globals;
use crate::environment;
use crate::exit::{Code, Failure};
use crate::password::Password;
use crate::report::Report;
use lifeboat_backend::{Backend, Location};
use lifeboat_engine::Runtime;
use lifeboat_repository::{Environment, InitOptions, Repository, RepositoryError, init};
use std::path::Path;
use std::sync::Arc;

/// A run of the program.
pub(crate) struct App<'a> {
    pub(crate) globals: Globals,
    pub(crate) environment: Environment,
    pub(crate) report: &'a dyn Report,
}

impl<'a> App<'a> {
    pub(crate) fn new(globals: Globals, report: &'a dyn Report) -> Self {
        Self { globals, environment: environment::of_this_machine(), report }
    }

    /// Opens the repository.
    pub(crate) fn open(&self) -> Result<Repository, Failure> {
        // Whoever has no repository is not asked for its password.
        let backend = self.existing()?;
        self.open_with(backend, &Password::read(&self.globals)?)
    }

    /// Makes the repository and opens it.
    pub(crate) fn init(&self, options: InitOptions) -> Result<Repository, Failure> {
        self.location()?;
        self.init_with(Password::read(&self.globals)?, options)
    }

    /// Opens the repository, and makes it before if there is none.
    pub(crate) fn open_or_init(&self) -> Result<Repository, Failure> {
        self.location()?;
        let password = Password::read(&self.globals)?;
        match self.existing().and_then(|backend| self.open_with(backend, &password)) {
            Err(failure) if failure.code == Code::NoRepository => {
                let repository = self.init_with(password, InitOptions::default())?;
                self.report.note(&format!("created the repository at {}", repository.location()));
                Ok(repository)
            }
            other => other,
        }
    }

    /// As many threads as there are processors.
    pub(crate) fn runtime(&self) -> Result<Runtime, Failure> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Runtime::new(threads)
            .map_err(|error| Failure::system("cannot start threads", error, "raise the limit: ulimit -u"))
    }

    fn location(&self) -> Result<Location, Failure> {
        let hint = "name it: lifeboat -r DIR ..., or set LIFEBOAT_REPOSITORY";
        let Some(repo) = &self.globals.repo else {
            return Err(Failure::usage("no repository is given", hint));
        };
        match repo.to_str() {
            // What is no text cannot hold a scheme that anybody meant.
            None => Ok(Location::Directory(repo.clone())),
            Some(text) => Location::parse(text).map_err(|error| Failure::new(Code::Usage, error, hint)),
        }
    }

    fn existing(&self) -> Result<Arc<dyn Backend>, Failure> {
        let location = self.location()?;
        match location.open() {
            Err(error) if error.is_not_found() => {
                Err(RepositoryError::NoRepository(location.to_string()).into())
            }
            other => Ok(other?),
        }
    }

    fn open_with(&self, backend: Arc<dyn Backend>, password: &Password) -> Result<Repository, Failure> {
        Ok(Repository::open(backend, &password.credential(), self.environment.clone())?)
    }

    fn init_with(&self, password: Password, options: InitOptions) -> Result<Repository, Failure> {
        let location = self.location()?;
        if let Location::Directory(path) = &location {
            refuse_foreign_files(path)?;
        }
        let password = password.confirm()?;
        Ok(init(location.create()?, &password.credential(), options, self.environment.clone())?)
    }
}

/// Files that are no objects are invisible to the storage, but not to whoever owns them.
fn refuse_foreign_files(path: &Path) -> Result<(), Failure> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
    };
    let hint = "name a directory that is new or empty: lifeboat -r DIR init";
    let entries = entries
        .map_err(|error| Failure::system(format!("cannot look into {}", path.display()), error, hint))?;
    // A new file system is born with a directory of its own.
    let foreign = entries.iter().any(|entry| entry.file_name() != "lost+found");
    let is_repository = entries.iter().any(|entry| entry.file_name() == "config");
    match foreign && !is_repository {
        true => Err(RepositoryError::NotEmpty(path.display().to_string()).into()),
        false => Ok(()),
    }
}
