//! What a store does with what it is given, and what we may do there: the property that the log protocol rests on, tried
//! out (docs/log-protocol.md, "Stores").
//!
//! Invariants: only objects below `probe/` are stored, under names that are used once, and they are deleted again. What
//! could not be tried is unknown, never passed. Nothing here fails: an error is a finding.

mod check;
mod clean;
mod pages;
mod reach;
mod rights;
mod trial;

pub use check::{Check, CheckKind, Verdict};
pub use rights::{Rights, Role};

use crate::{Environment, Workers, layout};
use check::Findings;
use lifeboat_backend::{Backend, BackendError, ObjectInfo, ObjectName};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// A way to the store, such as one of its endpoints.
#[derive(Clone, Debug)]
pub struct Door {
    /// What it is called in findings; not used where there is only one.
    pub name: String,
    /// The place, seen through it.
    pub backend: Arc<dyn Backend>,
}

/// What a probe found.
#[derive(Debug)]
pub struct StoreProbe {
    /// Each kind once, in the order in which they were made.
    pub checks: Vec<Check>,
    /// What the credentials may do.
    pub rights: Rights,
    /// How long the first answer took, if there was one.
    pub first_byte: Option<Duration>,
}

impl StoreProbe {
    /// Whether everything was tried that the rights allow.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let hindered = |check: &Check| {
            let by_trouble = check.cause.as_ref().is_some_and(|error| !error.is_denied());
            check.verdict == Verdict::Unknown && by_trouble
        };
        !self.checks.iter().any(hindered)
    }

    /// Whether nothing shows that the store may show changes late.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        !self.checks.iter().any(|check| check.verdict == Verdict::Failed && check.kind.is_vital())
    }
}

/// Tries out a store through all of its doors, of which there is at least one, with a few small objects; with workers
/// also whether listings of several pages are complete, with more than a thousand.
#[must_use]
pub fn probe(doors: &[Door], pages: Option<&Workers>, environment: &Environment) -> StoreProbe {
    let mut probing = Probing::new(doors, environment);
    let reached = probing.reach();
    let first_byte = reached.as_ref().map(|reached| reached.first_byte);
    if let Some(reached) = reached {
        doors.iter().for_each(|writer| probing.try_small(writer));
        if let Some(workers) = pages {
            probing.try_pages(workers);
        }
        probing.clean_up(reached.earlier);
    }
    StoreProbe { checks: probing.findings.complete(), rights: probing.rights, first_byte }
}

/// A probe under way.
struct Probing<'a> {
    doors: &'a [Door],
    environment: &'a Environment,
    /// Begins the names of all its objects.
    session: String,
    names: usize,
    findings: Findings,
    rights: Rights,
    /// What was stored and not seen deleted.
    stored: Vec<ObjectName>,
    /// The last of its objects whose age the store told.
    newest: Option<ObjectInfo>,
}

impl<'a> Probing<'a> {
    fn new(doors: &'a [Door], environment: &'a Environment) -> Self {
        let mut session = String::new();
        for byte in environment.random.array::<16>() {
            write!(session, "{byte:02x}").expect("a string takes everything");
        }
        let (names, findings, rights, stored, newest) = Default::default();
        Self { doors, environment, session, names, findings, rights, stored, newest }
    }

    /// A name that was never used.
    fn name(&mut self) -> ObjectName {
        self.names += 1;
        layout::probe(&self.session, self.names)
    }

    /// The objects of this probe that the store lists through a door.
    fn list(&mut self, door: &Door) -> Result<Vec<ObjectInfo>, BackendError> {
        let mut own = Vec::new();
        let prefix = format!("{}{}-", layout::PROBE, self.session);
        let listed = door.backend.list(layout::PROBE, &mut |object| {
            own.extend(Some(object).filter(|object| object.name.as_str().starts_with(&prefix)));
        });
        rights::learn(&mut self.rights.list, &listed);
        listed.map(|()| own)
    }

    /// Reads an object through a door, to the last byte that it may have.
    fn get(&mut self, door: &Door, name: &ObjectName) -> Result<Vec<u8>, BackendError> {
        let got = door.backend.get(name, trial::BYTES as u64);
        rights::learn(&mut self.rights.get, &got);
        got
    }

    fn put(&mut self, door: &Door, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        if !self.stored.contains(name) {
            // Whatever comes of it may be there.
            self.stored.push(name.clone());
        }
        let put = door.backend.put(name, bytes);
        rights::learn(&mut self.rights.put, &put);
        put
    }

    fn delete(&mut self, door: &Door, name: &ObjectName) -> Result<(), BackendError> {
        let deleted = door.backend.delete(name);
        rights::learn(&mut self.rights.delete, &deleted);
        if deleted.is_ok() {
            self.stored.retain(|stored| stored != name);
        }
        deleted
    }

    /// What is said before a finding where there is more than one door.
    fn between(&self, writer: &Door, reader: &Door) -> String {
        match self.doors.len() {
            1 => String::new(),
            _ => format!("changed through {}, seen through {}: ", writer.name, reader.name),
        }
    }
}
