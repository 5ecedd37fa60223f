//! The storage as one actor sees it: what goes wrong is drawn for each operation, and between two of them others may run.
//!
//! Invariant: once an actor is dead nothing that it does has an effect, from destructors neither.

use super::baton::Runner;
use super::faults::{Fault, Operation, Swarm};
use super::store::Store;
use super::time::Time;
use lifeboat_backend::{Backend, BackendError, ErrorKind, ObjectInfo, ObjectName};
use lifeboat_sys::Kind;
use lifeboat_testkit::Random;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Operations that an outage, or a disk without space, lasts at most.
const WHILE: u64 = 20;

/// Operations after which whoever is not done never will be.
const OPERATIONS_MAX: u64 = 100_000;

/// What ends an actor that dies.
pub(crate) struct Death;

/// Something that happens in the midst of a run, before the operation of this number.
pub(crate) type Meddling = (u64, Box<dyn FnOnce() + Send>);

/// The storage as one actor sees it.
pub(crate) struct Handle {
    pub(super) store: Arc<Store>,
    pub(super) time: Arc<Time>,
    /// Of the actor, for people.
    pub(super) name: String,
    pub(super) swarm: Swarm,
    pub(super) seed: u64,
    pub(super) runner: Option<Arc<Runner>>,
    /// Whether the actor is dead, who may be at work at two storages.
    dead: Arc<AtomicBool>,
    own: Mutex<Own>,
}

#[derive(Default)]
struct Own {
    operations: u64,
    meddling: Option<Meddling>,
    /// Numbers of the operations with which an outage, or a lack of space, ends.
    back: u64,
    room: u64,
    struck: u64,
    /// Calls of files.
    calls: u64,
    /// Whether anything was read otherwise than it is.
    misread: bool,
    /// What is stored otherwise than it was put.
    garbled: Vec<ObjectName>,
    /// What it read something of.
    read: BTreeSet<ObjectName>,
}

impl Handle {
    pub(crate) fn new(
        store: &Arc<Store>,
        time: &Arc<Time>,
        name: String,
        swarm: Swarm,
        seed: u64,
        runner: Option<Arc<Runner>>,
    ) -> Self {
        let (store, time) = (Arc::clone(store), Arc::clone(time));
        Self { store, time, name, swarm, seed, runner, dead: Arc::default(), own: Mutex::default() }
    }

    /// Another storage as the same actor sees it.
    pub(crate) fn beside(&self, store: &Arc<Store>, swarm: Swarm) -> Self {
        let (name, seed, runner) =
            (format!("{} there", self.name), self.seed.rotate_left(1), self.runner.clone());
        Self { dead: Arc::clone(&self.dead), ..Self::new(store, &self.time, name, swarm, seed, runner) }
    }

    /// Lets something happen in the midst of what the actor does.
    pub(crate) fn meddle(&self, meddling: Meddling) {
        self.own.lock().unwrap().meddling = Some(meddling);
    }

    /// How often something went wrong.
    pub(crate) fn struck(&self) -> u64 {
        self.own.lock().unwrap().struck
    }

    /// Whether anything was read otherwise than it is.
    pub(crate) fn has_misread(&self) -> bool {
        self.own.lock().unwrap().misread
    }

    /// What was stored otherwise than it was put.
    pub(crate) fn garbled(&self) -> Vec<ObjectName> {
        self.own.lock().unwrap().garbled.clone()
    }

    /// What it read something of.
    pub(crate) fn read(&self) -> BTreeSet<ObjectName> {
        self.own.lock().unwrap().read.clone()
    }

    /// Whether the actor is dead.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// What goes wrong with a call of a file, if anything does, and a number to choose by.
    pub(crate) fn strike_file(&self, call: Kind) -> (Option<Fault>, u64) {
        let (fault, number) = {
            let mut own = self.own.lock().unwrap();
            own.calls += 1;
            let fault = self.swarm.strike(Operation::File, !self.seed, own.calls);
            self.dead.fetch_or(fault == Some(Fault::FileDies), Ordering::Relaxed);
            own.struck += u64::from(matches!(fault, Some(Fault::FileFails | Fault::FileDies)));
            (fault, own.calls)
        };
        if let Some(fault) = fault {
            self.say(Operation::File, &format!("{call:?} {number}"), Some(fault), "struck");
        }
        (fault, number)
    }

    fn ask<T>(
        &self,
        operation: Operation,
        name: &str,
        effect: impl FnOnce(Option<Fault>) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        if self.is_dead() {
            return Err(BackendError::new(ErrorKind::Other, "use after death", name));
        }
        if let Some(runner) = &self.runner {
            runner.pass();
        }
        let (number, meddling) = self.count();
        assert!(number < OPERATIONS_MAX, "{} does not come to its end", self.name);
        if let Some((_, happen)) = meddling {
            happen();
            self.store.tally().count("files change while they are saved");
        }
        let fault = self.draw(operation, number);
        let refused = |kind| BackendError::new(kind, "use", name);
        let done = match fault {
            Some(Fault::DiesBefore) => self.die(operation, name, Fault::DiesBefore),
            Some(Fault::Full) => Err(refused(ErrorKind::Full)),
            Some(Fault::Denied) => Err(refused(ErrorKind::Denied)),
            Some(Fault::Refused | Fault::Outage) => Err(refused(self.refusal(number))),
            Some(Fault::LostReply) => {
                drop(effect(fault));
                Err(refused(ErrorKind::Unavailable))
            }
            _ => effect(fault),
        };
        if fault == Some(Fault::DiesAfter) {
            self.die(operation, name, Fault::DiesAfter);
        }
        self.say(operation, name, fault, &done.as_ref().map_or_else(ToString::to_string, |_| "done".into()));
        done
    }

    /// Begins an operation.
    fn count(&self) -> (u64, Option<Meddling>) {
        let mut own = self.own.lock().unwrap();
        own.operations += 1;
        let number = own.operations;
        self.time.pass(Duration::from_millis(1 + number % 7));
        let meddling = own.meddling.take_if(|(at, _)| *at <= number);
        (number, meddling)
    }

    fn draw(&self, operation: Operation, number: u64) -> Option<Fault> {
        let mut own = self.own.lock().unwrap();
        let length = 1 + Random::new(self.seed ^ number).below(WHILE);
        let is_put = matches!(operation, Operation::Put | Operation::PutSlot | Operation::PutEntry);
        let fault = match self.swarm.strike(operation, self.seed, number) {
            _ if number < own.back => Some(Fault::Outage),
            _ if number < own.room && is_put => Some(Fault::Full),
            fault => fault,
        };
        match fault {
            Some(Fault::Outage) if number >= own.back => own.back = number + length,
            // Often there is room for something smaller.
            Some(Fault::Full) if number >= own.room && length.is_multiple_of(2) => own.room = number + length,
            // Longer than a session may be silent.
            Some(Fault::Stall) => self.time.pass(Duration::from_secs(60 * length)),
            _ => {}
        }
        own.struck += u64::from(fault.is_some());
        own.misread |= matches!(fault, Some(Fault::Flipped | Fault::Short));
        fault
    }

    /// Storage far away says that it is not there; a disk may say anything.
    fn refusal(&self, number: u64) -> ErrorKind {
        match self.store.overwrites || number.is_multiple_of(2) {
            true => ErrorKind::Unavailable,
            false => ErrorKind::Other,
        }
    }

    fn die(&self, operation: Operation, name: &str, fault: Fault) -> ! {
        self.dead.store(true, Ordering::Relaxed);
        self.say(operation, name, Some(fault), "dies");
        // As a kill does: nobody is told.
        resume_unwind(Box::new(Death));
    }

    fn say(&self, operation: Operation, name: &str, fault: Option<Fault>, outcome: &str) {
        let mut tally = self.store.tally();
        let struck = fault.map(|fault| format!(" ({fault:?})")).unwrap_or_default();
        tally.say(format_args!("  {}: {operation:?} {name}{struck}: {outcome}", self.name));
        if let Some(fault) = fault {
            tally.count(fault.name());
        }
    }

    fn store(&self, name: &ObjectName, bytes: &[u8], fault: Option<Fault>) -> Result<(), BackendError> {
        if fault != Some(Fault::Garbled) {
            return self.store.put(name, bytes);
        }
        self.own.lock().unwrap().garbled.push(name.clone());
        self.store.put_garbled(name, bytes, Random::new(self.seed ^ bytes.len() as u64).next_u64())
    }

    /// Where something is read wrongly, if it is: somewhere else each time.
    fn place(&self, length: usize) -> usize {
        let number = self.own.lock().unwrap().operations;
        Random::new(self.seed ^ number).index(length.max(1))
    }
}

/// The kind of operation by which something gets this name.
fn put_of(name: &ObjectName) -> Operation {
    match name.as_str().split('/').next() {
        Some("keys" | "keys2") => Operation::PutSlot,
        Some("log" | "log2") => Operation::PutEntry,
        _ => Operation::Put,
    }
}

impl Backend for Handle {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.ask(put_of(name), name.as_str(), |fault| self.store(name, bytes, fault))
    }

    /// At once, as on disks and far away.
    fn replace(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        self.ask(put_of(name), name.as_str(), |fault| {
            self.store.make_way(name);
            self.store(name, bytes, fault)
        })
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        self.ask(Operation::Get, name.as_str(), |fault| {
            let mut bytes = self.store.get(name, limit)?;
            self.own.lock().unwrap().read.insert(name.clone());
            let place = self.place(bytes.len());
            match fault {
                Some(Fault::Flipped) if !bytes.is_empty() => bytes[place] ^= 1 << (place % 8),
                Some(Fault::Short) => bytes.truncate(place),
                _ => {}
            }
            Ok(bytes)
        })
    }

    fn get_range(&self, name: &ObjectName, offset: u64, buffer: &mut [u8]) -> Result<(), BackendError> {
        self.ask(Operation::Range, name.as_str(), |fault| {
            self.store.get_range(name, offset, buffer)?;
            self.own.lock().unwrap().read.insert(name.clone());
            let place = self.place(buffer.len());
            match fault {
                Some(Fault::Flipped) if !buffer.is_empty() => buffer[place] ^= 1 << (place % 8),
                Some(Fault::Short) => {
                    return Err(BackendError::new(ErrorKind::Short, "get range of", name));
                }
                _ => {}
            }
            Ok(())
        })
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.ask(Operation::Stat, name.as_str(), |_| self.store.stat(name))
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        let mut failed = Ok(());
        let mut listed = self.ask(Operation::List, prefix, |fault| {
            let mut listed = self.store.list(prefix);
            if fault == Some(Fault::HalfListing) {
                listed.truncate(listed.len() / 2);
                failed = Err(BackendError::new(ErrorKind::Unavailable, "list", prefix));
            }
            Ok(listed)
        })?;
        // In no particular order.
        Random::new(self.seed).shuffle(&mut listed);
        listed.into_iter().for_each(visit);
        failed
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.ask(Operation::Delete, name.as_str(), |_| self.store.delete(name))
    }

    fn is_remote(&self) -> bool {
        self.store.overwrites
    }

    fn location(&self) -> String {
        "simulated".to_owned()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
