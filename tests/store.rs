//! Where the repository of a test lies, and the objects in it: on disk, in the bucket of a server in this process, or on
//! a real server, as the variable `LIFEBOAT_TEST_STORE` says (`local`, `s3`, `s3-real`).
//!
//! Objects are named, read and changed in one way wherever they lie. A test that is about files says so with
//! [`on_disk`].

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::sync::Arc;

use lifeboat_backend::{Backend, Location, ObjectInfo, ObjectName, StoreSettings};
use lifeboat_testkit::{S3Place, skip};

/// More than any object of a test has.
const NO_LIMIT: u64 = 1 << 30;

/// The place of one repository.
pub(crate) struct Store {
    location: Location,
    /// What the program is told.
    repository: String,
    place: Option<S3Place>,
}

/// The kinds of storage that there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Disk,
    InProcess,
    Real,
}

impl Kind {
    fn of_this_run() -> Self {
        let named = env::var("LIFEBOAT_TEST_STORE").unwrap_or_else(|_| "local".to_owned());
        let kinds = [("local", Self::Disk), ("s3", Self::InProcess), ("s3-real", Self::Real)];
        let kind = kinds.into_iter().find_map(|(name, kind)| (name == named).then_some(kind));
        kind.expect("LIFEBOAT_TEST_STORE is local, s3 or s3-real")
    }
}

/// Whether repositories lie on disk.
pub(crate) fn is_on_disk() -> bool {
    Kind::of_this_run() == Kind::Disk
}

/// The same; says why the test is skipped when they do not.
pub(crate) fn on_disk(because: &str) -> bool {
    let on_disk = is_on_disk();
    if !on_disk {
        skip(&format!("it needs a repository on disk: {because}"));
    }
    on_disk
}

/// Whether there is a real server; says why the test is skipped when there is none.
pub(crate) fn has_real_server() -> bool {
    let has_one = Kind::of_this_run() == Kind::Real;
    if !has_one {
        skip("it needs a real server: LIFEBOAT_TEST_STORE=s3-real");
    }
    has_one
}

impl Store {
    /// A place where nothing is yet: a directory `name`, seen from `working_directory`, where it is on disk.
    pub(crate) fn new(working_directory: &Path, name: &str) -> Self {
        match Kind::of_this_run() {
            Kind::Disk => Self::on_disk(working_directory, name),
            Kind::InProcess | Kind::Real => Self::in_bucket(),
        }
    }

    /// One that is a directory whatever the others are.
    pub(crate) fn on_disk(working_directory: &Path, name: &str) -> Self {
        let location = Location::Directory(working_directory.join(name));
        Self { location, repository: name.to_owned(), place: None }
    }

    /// One in a bucket whatever the others are, on a real server if this run has one.
    pub(crate) fn in_bucket() -> Self {
        let place = match Kind::of_this_run() {
            Kind::Disk | Kind::InProcess => S3Place::in_process(),
            Kind::Real => {
                S3Place::on_real_server().expect("LIFEBOAT_TEST_STORE=s3-real needs LIFEBOAT_TEST_S3")
            }
        };
        Self::at(place)
    }

    /// One in this bucket.
    pub(crate) fn at(place: S3Place) -> Self {
        let location = Location::parse(place.url()).unwrap();
        Self { location, repository: place.url().to_owned(), place: Some(place) }
    }

    /// Another place, with the same objects in it.
    pub(crate) fn copy(&self, working_directory: &Path, name: &str) -> Self {
        let copy = Self::new(working_directory, name);
        self.names("").iter().for_each(|object| copy.write(object, &self.read(object)));
        copy
    }

    /// Where its files are, if it is on disk.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match &self.location {
            Location::Directory(path) => Some(path),
            _ => None,
        }
    }

    /// What the program calls it.
    pub(crate) fn repository(&self) -> &str {
        &self.repository
    }

    /// What the program has to be told besides, as variables.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        self.place.as_ref().map_or(&[], S3Place::variables)
    }

    /// All objects below a folder, which is empty or ends with a slash, and their lengths in bytes.
    pub(crate) fn lengths(&self, folder: &str) -> BTreeMap<String, u64> {
        let mut found = BTreeMap::new();
        let mut visit = |object: ObjectInfo| {
            found.insert(object.name.to_string(), object.size);
        };
        match self.location.open(&self.settings()) {
            Ok(backend) => backend.list(folder, &mut visit).unwrap(),
            Err(error) => assert!(error.is_not_found(), "{error}"),
        }
        found
    }

    /// Their names in order.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        self.lengths(folder).into_keys().collect()
    }

    /// A control object and its second copy, or all objects in such a folder and the folder of their copies: those that
    /// there are.
    pub(crate) fn copies(&self, name: &str) -> Vec<String> {
        let (folder, rest) = name.split_once('/').map_or((name, ""), |(folder, rest)| (folder, rest));
        let is_copy = |found: &String| {
            let (found, below) = found.split_once('/').unwrap_or((found, ""));
            found.strip_suffix('2').unwrap_or(found) == folder && (rest.is_empty() || below == rest)
        };
        self.names("").into_iter().filter(is_copy).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.lengths("").contains_key(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        self.backend().get(&object(name), NO_LIMIT).unwrap()
    }

    /// The length of an object in bytes.
    pub(crate) fn length(&self, name: &str) -> usize {
        usize::try_from(self.lengths("")[name]).unwrap()
    }

    /// Puts these bytes under the name, whatever is there.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        if self.has(name) {
            self.remove(name);
        }
        self.backend().put(&object(name), bytes).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        self.backend().delete(&object(name)).unwrap();
    }

    /// Puts what `change` makes of an object in its place.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.read(name);
        change(&mut bytes);
        self.write(name, &bytes);
    }

    /// Changes one bit of an object.
    pub(crate) fn flip(&self, name: &str, place: usize) {
        self.change(name, |bytes| bytes[place] ^= 0x10);
    }

    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        self.location.create(&self.settings()).unwrap()
    }

    fn settings(&self) -> StoreSettings {
        StoreSettings { variables: self.variables().iter().cloned().collect(), ..StoreSettings::default() }
    }
}

fn object(name: &str) -> ObjectName {
    ObjectName::new(name).unwrap()
}
