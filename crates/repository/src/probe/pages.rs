//! Listings that are longer than a page: stores give a thousand names at a time, or fewer.

use super::check::{CheckKind, Verdict};
use super::{Door, Probing};
use crate::Workers;
use lifeboat_backend::{BackendError, ObjectName};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Objects that take more than one page.
const OBJECTS: usize = 1_100;

impl Probing<'_> {
    /// Stores many objects, lists them through every door, and deletes them.
    pub(super) fn try_pages(&mut self, workers: &Workers) {
        let kind = CheckKind::Pages;
        if self.rights.delete != Some(true) {
            let finding = "not tried: it takes a thousand objects, which could not be deleted";
            return self.findings.add(kind, Verdict::Unknown, finding);
        }
        let doors = self.doors;
        let names: Vec<_> = (0..OBJECTS).map(|_| self.name()).collect();
        let put = each(workers, &names, |name| doors[0].backend.put(name, b"page"));
        if let Err(error) = put {
            self.findings.add_error(kind, Verdict::Unknown, "", error);
        } else {
            let expected: BTreeSet<_> = names.iter().cloned().collect();
            doors.iter().for_each(|reader| self.expect_listed(reader, &expected));
        }
        let deleted = each(workers, &names, |name| match doors[0].backend.delete(name) {
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        });
        match deleted {
            Ok(()) => doors.iter().for_each(|reader| self.expect_listed(reader, &BTreeSet::new())),
            Err(error) => {
                self.findings.add_error(kind, Verdict::Unknown, "", error);
                self.stored.extend(names);
            }
        }
    }

    /// That a listing shows these objects of the probe, each once, and no others.
    fn expect_listed(&mut self, reader: &Door, expected: &BTreeSet<ObjectName>) {
        let kind = CheckKind::Pages;
        let own = match self.list(reader) {
            Ok(own) => own,
            Err(error) => return self.findings.add_error(kind, Verdict::Unknown, "", error),
        };
        let listed: BTreeSet<_> = own.iter().map(|info| info.name.clone()).collect();
        if own.len() == listed.len() && listed == *expected {
            return self.findings.pass(kind);
        }
        let (found, objects) = (listed.intersection(expected).count(), expected.len());
        let between = self.between(&self.doors[0], reader);
        let finding = format!(
            "{between}a listing shows {found} of {objects} objects that are there, and {} entries too many",
            own.len() - found
        );
        self.findings.fail(kind, finding);
    }
}

/// Does something with every name, and gives the first error, after which no other is begun.
fn each(
    workers: &Workers,
    names: &[ObjectName],
    work: impl Fn(&ObjectName) -> Result<(), BackendError> + Send + Sync,
) -> Result<(), BackendError> {
    let failure = Mutex::new(None);
    let lock = || failure.lock().unwrap_or_else(PoisonError::into_inner);
    workers.for_each(names, |_, name| {
        if lock().is_none()
            && let Err(error) = work(name)
        {
            lock().get_or_insert(error);
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}
