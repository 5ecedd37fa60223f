//! What every verb is handed: the options that all share, clock and randomness, the report; and how to get at the
//! repository.

use crate::amount;
use crate::cache;
use crate::cli::Globals;
use crate::credential::{Given, Source};
use crate::environment;
use crate::exit::{Code, Failure};
use crate::finding::{EXCLUSIVE, Finding};
use crate::lookout::Lookout;
use crate::place::Place;
use crate::report::{KEEP_PASSWORD, Report, Work};
use crate::store;
use lifeboat_backend::{Backend, BackendError, Hurry, Location, StoreSettings};
use lifeboat_engine::{Compression, Workers, replaced_objects};
use lifeboat_repository::{
    CacheOptions, Credential, Door, Environment, InitOptions, Memory, Objects, Repository, RepositoryError,
    StoreProbe, Verdict, init, is_absent, is_ours, probe,
};
use std::cell::{OnceCell, RefCell};
use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is said where a repository is made without a recovery sheet.
pub(crate) const NO_SHEET: &str = "there is no recovery sheet for the day when the password is lost: lifeboat key add --recovery-sheet FILE";

/// Requests that a probe has under way at once.
const PAGE_THREADS: usize = 16;

/// A run of the program.
pub(crate) struct App<'a> {
    pub(crate) globals: Globals,
    pub(crate) environment: Environment,
    pub(crate) report: &'a dyn Report,
    /// Watches the storage.
    pub(crate) lookout: Lookout,
    /// Set when a signal asks to end.
    pub(crate) hurry: Hurry,
    /// The repository of the run as it is named, once somebody asks for it.
    place: OnceCell<Place>,
    /// What opens it, once it was asked for.
    given: RefCell<Option<Given>>,
    /// What was opened.
    opened: RefCell<Vec<Repository>>,
}

impl<'a> App<'a> {
    pub(crate) fn new(globals: Globals, report: &'a dyn Report) -> Self {
        Self {
            globals,
            environment: environment::of_this_machine(),
            report,
            lookout: Lookout::default(),
            hurry: Hurry::default(),
            place: OnceCell::default(),
            given: RefCell::default(),
            opened: RefCell::default(),
        }
    }

    /// Opens the repository.
    pub(crate) fn open(&self) -> Result<Repository, Failure> {
        if !store::endpoints(&self.globals, self.place()?, &self.hurry).is_empty() {
            self.report.note("-o endpoints is for init and doctor, and is passed over");
        }
        // Whoever has no repository is not asked for its password.
        let backend = self.existing()?;
        self.open_with(backend, &self.given()?.credential)
    }

    /// Opens another repository, by what the configuration says of its name, else by what is given, else as that of the run.
    pub(crate) fn open_other(&self, name: &Path, given: Option<&Source>) -> Result<Repository, Failure> {
        let place = Place::other(&self.globals, name)?;
        let backend = self.existing_at(&place)?;
        let credential = match place.source.as_ref().or(given) {
            Some(source) => source.read()?,
            None => self.given()?.credential,
        };
        self.open_with(backend, &credential)
    }

    /// Opens the repository by what lies in it alone: nothing that this machine keeps of it is asked.
    pub(crate) fn open_anew(&self) -> Result<Repository, Failure> {
        let backend = self.existing()?;
        let credential = self.given()?.credential;
        let repository = Repository::open(backend, &credential, self.environment.clone())?;
        Ok(self.bounded(repository).anew())
    }

    /// The objects of the repository, without any key: no password is asked for; and the threads to look at them.
    pub(crate) fn objects(&self) -> Result<(Objects, Workers), Failure> {
        let objects = Objects::open(self.existing()?)?;
        let least = objects.memory(0, 1).total();
        self.globals.max_memory.map_or(Ok(()), |max| check_memory(max, least))?;
        // Each thread holds a whole pack.
        let memory = objects.memory(self.max_memory(), threads());
        let workers = Workers::pool(memory.pack_threads()).map_err(no_threads)?;
        Ok((objects, workers))
    }

    /// Makes the repository and opens it; tells besides whether a person is there, who typed the password.
    pub(crate) fn init(&self, options: &InitOptions) -> Result<(Repository, bool), Failure> {
        self.location()?;
        let given = self.given()?;
        let typed = given.is_typed();
        Ok((self.init_with(given, options)?, typed))
    }

    /// Opens the repository, and makes it before if there is none, with packs of so many MiB.
    pub(crate) fn open_or_init(&self, pack_mib: Option<u32>) -> Result<Repository, Failure> {
        let location = self.location()?;
        // Whoever mistyped the place learns it before they choose a password for a new one.
        let is_new = match self.existing() {
            Err(failure) if is_nothing(&failure) => true,
            other => is_absent(&*other?)?,
        };
        if is_new {
            self.report.note(&format!("there is no repository at {location} yet: making one"));
        }
        let given = self.given()?;
        let credential = given.credential.clone();
        let open = || self.existing().and_then(|backend| self.open_with(backend, &credential));
        match open() {
            Err(failure) if is_nothing(&failure) => {
                let (about, parity) = (environment::maker(), self.usual_parity()?);
                let pack_size = pack_mib.map(|mib| mib << 20);
                let options = InitOptions { about, parity, pack_size, ..InitOptions::default() };
                match self.init_with(given, &options) {
                    Ok(repository) => {
                        self.report.note(&format!("created the repository at {}", repository.location()));
                        self.report.note(KEEP_PASSWORD);
                        self.report.note(NO_SHEET);
                        Ok(repository)
                    }
                    // Somebody else may have been faster.
                    Err(failure) => open().map_err(|_| failure),
                }
            }
            other => other,
        }
    }

    /// Opens the repository to take something away; where the storage may show changes late, only for whoever promises to
    /// be alone.
    pub(crate) fn open_alone(&self, exclusive: bool) -> Result<Repository, Failure> {
        let repository = self.open()?;
        if repository.config().exclusive && !exclusive {
            let cause = anyhow::anyhow!(
                "the storage may show changes late, so this is done only while nobody else uses the repository"
            );
            let hint = "when nobody does, and nobody did for some minutes, type it again with --exclusive";
            return Err(Failure::new(Code::Busy, cause, hint));
        }
        Ok(repository)
    }

    /// Tries out the storage, through every endpoint that the options name. What is not a repository, nor empty, is left
    /// alone.
    pub(crate) fn probe(&self) -> Result<StoreProbe, Failure> {
        let backend = self.existing()?;
        if let Location::Directory(path) = self.location()?
            && is_absent(&*backend)?
        {
            refuse_foreign_files(&path)?;
        }
        if !is_ours(&*backend)? {
            return Err(RepositoryError::NotEmpty(backend.location()).into());
        }
        let pages = match backend.is_remote() {
            true => Some(Workers::pool(PAGE_THREADS).map_err(no_threads)?),
            false => None,
        };
        let mut doors = self.doors()?;
        if doors.is_empty() {
            doors.push(Door { name: backend.location(), backend });
        }
        Ok(probe(&doors, pages.as_ref(), &self.environment))
    }

    /// The ways to the place that the options name, if they do.
    fn doors(&self) -> Result<Vec<Door>, Failure> {
        let place = self.place()?;
        let door = |(name, settings)| Ok(Door { name, backend: place.location.open(&settings)? });
        match place.location {
            Location::Directory(_) => Ok(Vec::new()),
            _ => store::endpoints(&self.globals, place, &self.hurry).into_iter().map(door).collect(),
        }
    }

    /// As many threads as the memory is for.
    pub(crate) fn workers(memory: &Memory) -> Result<Workers, Failure> {
        Workers::within(memory).map_err(no_threads)
    }

    /// The directory of the repository without links, if it is one of this machine and exists.
    pub(crate) fn directory(&self) -> Result<Option<PathBuf>, Failure> {
        match self.location()? {
            // What does not exist contains nothing, and opening it says why.
            Location::Directory(path) => Ok(path.canonicalize().ok()),
            _ => Ok(None),
        }
    }

    /// Percent of parity that packs of a new repository get: disks lose sectors, object stores guard against that.
    pub(crate) fn usual_parity(&self) -> Result<u32, Failure> {
        match self.location()? {
            Location::Directory(_) => Ok(3),
            _ => Ok(0),
        }
    }

    /// The repository of the run as it is named.
    pub(crate) fn place(&self) -> Result<&Place, Failure> {
        if let Some(place) = self.place.get() {
            return Ok(place);
        }
        let place = Place::of_run(&self.globals)?;
        Ok(self.place.get_or_init(|| place))
    }

    fn location(&self) -> Result<Location, Failure> {
        Ok(self.place()?.location.clone())
    }

    /// What opens the repository of the run. Nobody is asked twice.
    fn given(&self) -> Result<Given, Failure> {
        if let Some(given) = self.given.borrow().as_ref() {
            return Ok(given.clone());
        }
        let given = Given::read(&self.globals, self.place()?)?;
        *self.given.borrow_mut() = Some(given.clone());
        Ok(given)
    }

    /// What a drill is handed of the repository of the run, or of another one.
    pub(crate) fn to_drill(&self, name: Option<&str>) -> Result<lifeboat_drill::Place, Failure> {
        let other = name.map(|name| Place::other(&self.globals, Path::new(name))).transpose()?;
        let place = match &other {
            Some(place) => place,
            None => self.place()?,
        };
        let backend = self.existing_at(place)?;
        let credential = match other.as_ref().and_then(|place| place.source.as_ref()) {
            Some(source) => source.read()?,
            None => self.given()?.credential,
        };
        let directory = match &place.location {
            Location::Directory(path) => path.canonicalize().ok(),
            _ => None,
        };
        let name = name.unwrap_or("primary").to_owned();
        Ok(lifeboat_drill::Place { name, backend, credential, directory })
    }

    fn existing(&self) -> Result<Arc<dyn Backend>, Failure> {
        self.existing_at(self.place()?)
    }

    fn existing_at(&self, place: &Place) -> Result<Arc<dyn Backend>, Failure> {
        match self.watched(place, Location::open) {
            Err(error) if error.is_not_found() => {
                Err(RepositoryError::NoRepository(place.location.to_string()).into())
            }
            other => Ok(other?),
        }
    }

    /// The storage there, with one meter for all that this run asks of it.
    fn watched(
        &self,
        place: &Place,
        open: impl FnOnce(&Location, &StoreSettings) -> Result<Arc<dyn Backend>, BackendError>,
    ) -> Result<Arc<dyn Backend>, BackendError> {
        let text = place.location.to_string();
        match self.lookout.watched(&text) {
            Some(backend) => Ok(backend),
            None => open(&place.location, &store::settings(&self.globals, place, &self.hurry))
                .inspect(|backend| self.lookout.watch(&text, backend)),
        }
    }

    fn open_with(&self, backend: Arc<dyn Backend>, credential: &Credential) -> Result<Repository, Failure> {
        if let Some(max) = self.globals.max_memory {
            check_memory(max, Repository::smallest_memory(&backend, credential, self.compression())?)?;
        }
        let repository = self.bounded(Repository::open_with_cache(
            backend,
            credential,
            self.environment.clone(),
            &cache::options(&self.globals),
        )?);
        self.opened.borrow_mut().push(repository.clone());
        Ok(repository)
    }

    /// Tells which damage of the repository did no harm, as far as the verb has not done so.
    pub(crate) fn tell_replaced(&self, work: Work) {
        let opened = self.opened.borrow();
        let problems = opened.iter().flat_map(replaced_objects);
        problems.for_each(|problem| self.report.problem(&problem, work));
    }

    /// How hard to compress.
    pub(crate) fn compression(&self) -> Compression {
        self.globals.compression.unwrap_or_default()
    }

    pub(crate) fn max_memory(&self) -> u64 {
        self.globals.max_memory.unwrap_or(Memory::USUAL)
    }

    /// The repository for what is done beside everything else, with the least memory but for its index unless the options name an amount.
    pub(crate) fn frugal(&self, repository: Repository) -> Repository {
        match self.globals.max_memory {
            Some(_) => repository,
            None => repository.within(0, threads(), self.compression()),
        }
    }

    /// The repository within the memory of the options, for as many threads as there are processors, and with the cache of
    /// the options.
    fn bounded(&self, repository: Repository) -> Repository {
        let repository = repository.within(self.max_memory(), threads(), self.compression());
        let memory = repository.memory().index_cache();
        repository.with_cache(&CacheOptions { memory, ..cache::options(&self.globals) })
    }

    /// Tells what the place of a new repository is like, as far as it is worth knowing.
    fn tell_place(&self, repository: &Repository, found: StoreProbe) {
        for finding in Finding::of_probe(found) {
            if finding.verdict != Verdict::Passed {
                self.report.note(&format!("storage: {}", finding.line()));
            }
        }
        if repository.config().exclusive {
            self.report.note(EXCLUSIVE);
        }
    }

    fn init_with(&self, given: Given, options: &InitOptions) -> Result<Repository, Failure> {
        let location = self.location()?;
        if let Location::Directory(path) = &location {
            refuse_foreign_files(path)?;
        }
        if let Some(max) = self.globals.max_memory {
            check_memory(max, options.smallest_memory(self.compression()))?;
        }
        let given = given.confirm()?;
        // Remote storage keeps copies of its own.
        let second_copies = matches!(location, Location::Directory(_));
        let options = &InitOptions { second_copies, doors: self.doors()?, ..options.clone() };
        let made = self
            .watched(self.place()?, Location::create)
            .map_err(RepositoryError::from)
            .and_then(|backend| init(backend, &given.credential, options, self.environment.clone()));
        let (repository, found) = made.map_err(Failure::place)?;
        self.tell_place(&repository, found);
        Ok(self.bounded(repository))
    }
}

/// As many threads as there are processors.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn no_threads(error: std::io::Error) -> Failure {
    Failure::system("cannot start threads", error, "raise the limit: ulimit -u")
}

/// Who gives less than the least learns how much that is.
fn check_memory(max: u64, smallest: u64) -> Result<(), Failure> {
    if max >= smallest {
        return Ok(());
    }
    let [given, least] = [max, smallest].map(amount::bytes);
    let cause = format!("{given} of memory are too little for this repository, which takes {least}");
    Err(Failure::usage(cause, format!("lifeboat --max-memory {}M ...", smallest.div_ceil(1 << 20))))
}

/// Whether there is nothing where a repository was looked for, rather than something else.
fn is_nothing(failure: &Failure) -> bool {
    matches!(failure.cause.downcast_ref(), Some(RepositoryError::NoRepository(_)))
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
    // A new file system is born with a directory of its own; all else is what a repository has at its top.
    let known =
        ["lost+found", "config", "keys", "keyring", "log", "index", "running", "packs", "probe", "evidence"];
    let seconds = ["config2", "keys2", "keyring2", "log2", "index2"];
    let is_known = |entry: &DirEntry| known.iter().chain(&seconds).any(|name| entry.file_name() == *name);
    match entries.iter().any(|entry| !is_known(entry)) {
        true => Err(RepositoryError::NotEmpty(path.display().to_string()).into()),
        false => Ok(()),
    }
}
