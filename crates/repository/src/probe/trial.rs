//! Two small objects and all that happens to an object, changed through one door and looked at through all of them.
//!
//! One of them is asked for before it is stored: a store that remembers the miss is found by it.

use super::check::{CheckKind, Verdict};
use super::{Door, Probing};
use lifeboat_backend::{BackendError, ObjectName};

/// Length of a probe's objects.
pub(super) const BYTES: usize = 10_000;
/// Beginnings and lengths of parts that are read: in the middle, and up to the end.
const RANGES: [(usize, usize); 2] = [(1234, 4321), (BYTES - 100, 100)];

/// The objects of a trial.
struct Objects {
    /// Asked for before it is stored.
    asked: ObjectName,
    plain: ObjectName,
    bytes: Vec<u8>,
}

impl Probing<'_> {
    /// Changes objects through one door.
    pub(super) fn try_small(&mut self, writer: &Door) {
        let mut bytes = vec![0; BYTES];
        self.environment.random.fill(&mut bytes);
        let objects = Objects { asked: self.name(), plain: self.name(), bytes };
        let doors = self.doors;
        for reader in doors {
            // That it was missed says nothing yet.
            self.misses(CheckKind::ReadAfterMiss, writer, reader, &objects.asked);
        }
        let before = self.environment.clock.now();
        for name in [&objects.asked, &objects.plain] {
            if let Err(error) = self.put(writer, name, &objects.bytes) {
                return self.findings.add_error(CheckKind::Read, Verdict::Unknown, "", error);
            }
        }
        for reader in doors {
            self.look_at(writer, reader, &objects);
        }
        self.look_at_place(writer, &objects.plain, before);
        self.try_damage(writer, &objects.bytes);
        self.try_again(writer, &objects);
        for name in [&objects.asked, &objects.plain] {
            if let Err(error) = self.delete(writer, name) {
                // What the store says is not there is one that it does not show yet.
                let verdict = if error.is_not_found() { Verdict::Failed } else { Verdict::Unknown };
                return self.findings.add_error(CheckKind::Delete, verdict, "", error);
            }
        }
        for reader in doors {
            self.look_after(writer, reader, &objects);
        }
    }

    /// All that there is to read of objects that are stored.
    fn look_at(&mut self, writer: &Door, reader: &Door, objects: &Objects) {
        self.expect_bytes(CheckKind::Read, writer, reader, &objects.plain, &objects.bytes);
        self.expect_bytes(CheckKind::ReadAfterMiss, writer, reader, &objects.asked, &objects.bytes);
        let between = self.between(writer, reader);
        for (offset, length) in RANGES {
            let mut part = vec![0; length];
            let range = reader.backend.get_range(&objects.plain, offset as u64, &mut part);
            let is_right = part == objects.bytes[offset..offset + length];
            self.settle(CheckKind::Range, &between, range.map(|()| is_right), "other bytes came back");
        }
        let mut beyond = [0; 20];
        match reader.backend.get_range(&objects.plain, BYTES as u64 - 10, &mut beyond) {
            Err(error) if error.is_short() => {}
            range => {
                let finding = "more bytes than the object has were asked for, and not refused";
                self.settle(CheckKind::Range, &between, range.map(|()| false), finding);
            }
        }
        let size = reader.backend.stat(&objects.plain).map(|info| info.size == BYTES as u64);
        self.settle(CheckKind::Size, &between, size, "it is another size");
        let listed = self.list(reader).map(|list| {
            let is_listed = |name: &ObjectName| {
                let mut found = list.iter().filter(|info| info.name == *name);
                found.next().is_some_and(|info| info.size == BYTES as u64) && found.next().is_none()
            };
            is_listed(&objects.asked) && is_listed(&objects.plain)
        });
        self.settle(
            CheckKind::List,
            &between,
            listed,
            "what was just stored is not listed, once and in its size",
        );
    }

    fn try_again(&mut self, writer: &Door, objects: &Objects) {
        match self.put(writer, &objects.plain, &objects.bytes) {
            Ok(()) => {
                for reader in self.doors {
                    self.expect_bytes(CheckKind::Again, writer, reader, &objects.plain, &objects.bytes);
                }
            }
            Err(error) => self.findings.add_error(CheckKind::Again, refusal(&error), "", error),
        }
    }

    /// Stores an object that is changed on the way.
    fn try_damage(&mut self, writer: &Door, bytes: &[u8]) {
        let (kind, name) = (CheckKind::Checksums, self.name());
        match writer.backend.notices_damage(&name, bytes) {
            Ok(None) => {}
            Ok(Some(true)) => self.findings.pass(kind),
            Ok(Some(false)) => {
                self.stored.push(name.clone());
                // Where it cannot be deleted it is among the leftovers.
                drop(self.delete(writer, &name));
                let finding = "it was stored: only https:// guards against damage on the way";
                self.findings.add(kind, Verdict::Noted, finding);
            }
            Err(error) => {
                self.stored.push(name);
                self.findings.add_error(kind, Verdict::Unknown, "", error);
            }
        }
    }

    /// That there is nothing to read of what is deleted.
    fn look_after(&mut self, writer: &Door, reader: &Door, objects: &Objects) {
        for name in [&objects.asked, &objects.plain] {
            if self.misses(CheckKind::Delete, writer, reader, name) {
                self.findings.pass(CheckKind::Delete);
            }
        }
        let between = self.between(writer, reader);
        let unlisted = self
            .list(reader)
            .map(|list| !list.iter().any(|info| info.name == objects.asked || info.name == objects.plain));
        self.settle(CheckKind::Unlist, &between, unlisted, "what was just deleted is still listed");
    }

    fn expect_bytes(
        &mut self,
        kind: CheckKind,
        writer: &Door,
        reader: &Door,
        name: &ObjectName,
        bytes: &[u8],
    ) {
        let between = self.between(writer, reader);
        let read = self.get(reader, name).map(|got| got == bytes);
        self.settle(kind, &between, read, "other bytes came back");
    }

    /// Whether there is nothing to read; something is a failure.
    fn misses(&mut self, kind: CheckKind, writer: &Door, reader: &Door, name: &ObjectName) -> bool {
        let between = self.between(writer, reader);
        match self.get(reader, name) {
            Err(error) if error.is_not_found() => true,
            read => {
                let finding = "there is something to read where nothing is";
                self.settle(kind, &between, read.map(|_| false), finding);
                false
            }
        }
    }

    /// Whether something is as it should be; an object that is not found or ends too early is not.
    fn settle(
        &mut self,
        kind: CheckKind,
        between: &str,
        is_right: Result<bool, BackendError>,
        finding: &str,
    ) {
        match is_right {
            Ok(true) => self.findings.pass(kind),
            Ok(false) => self.findings.fail(kind, format!("{between}{finding}")),
            Err(error) => {
                self.findings.add_error(kind, refusal(&error), between.trim_end_matches(": "), error);
            }
        }
    }
}

/// What it means that storage says so of an object that was just stored: trouble on the way says nothing of the store.
fn refusal(error: &BackendError) -> Verdict {
    let is_wrong = error.is_not_found()
        || error.is_short()
        || error.is_too_large()
        || error.is_damaged()
        || error.is_conflict();
    if is_wrong { Verdict::Failed } else { Verdict::Unknown }
}
