//! `verify --scrub`: proves without any key that stored objects are what their names say.
//!
//! Whoever can read the storage can do it. Which files lose by what is damaged only a key can tell. Memory holds the
//! names of all objects but packs, a batch of packs, and one object for each thread.

use crate::report::Teller;
use crate::sweep::sweep;
use crate::{EngineError, Event, ObjectKind, Observer, ProblemKind, ScrubReport, Workers, cause_of};
use lifeboat_format::ObjectHash;
use lifeboat_repository::{Objects, RepositoryError, StoredObject, Survey};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Packs after whose names no more are listed until they are read.
const BATCH: usize = 4096;

/// Scrubs.
///
/// # Errors
/// When the storage cannot be listed or does not answer, or the observer wants to stop. Damage is in the report.
pub fn scrub(
    objects: &Objects,
    workers: &Workers,
    observer: &dyn Observer,
) -> Result<ScrubReport, EngineError> {
    let teller = Teller::new(ScrubReport::default(), observer);
    let survey = objects.survey()?;
    let files = survey.control.len() as u64 + survey.packs;
    teller.tell(&Event::Expect { files, bytes: survey.bytes });
    let scrub =
        Scrub { objects, workers, teller: &teller, lonely: Mutex::default(), gone: AtomicU64::new(0) };
    scrub.look_for_lost_kinds(&survey);
    scrub.check_control(&survey.control)?;
    scrub.check_packs()?;
    scrub.look_for_lacking_copies()?;
    scrub.note_oddities(&survey);
    Ok(teller.into_report())
}

struct Scrub<'a> {
    objects: &'a Objects,
    workers: &'a Workers,
    teller: &'a Teller<'a, ScrubReport>,
    /// Objects whose other copy was not listed, and how bad that is.
    lonely: Mutex<Vec<(StoredObject, ProblemKind)>>,
    /// Objects that were gone when it was their turn.
    gone: AtomicU64,
}

impl Scrub<'_> {
    /// No repository can be without one of these, whatever is in it.
    fn look_for_lost_kinds(&self, survey: &Survey) {
        let kinds = [
            (ObjectKind::Config, "config", "missing"),
            (ObjectKind::KeySlot, "keys", "every key slot is missing"),
            (ObjectKind::Key, "keyring", "every key of the keyring is missing"),
            (ObjectKind::LogEntry, "log", "every entry of the log is missing"),
        ];
        for (kind, place, cause) in kinds {
            if survey.control.iter().all(|object| object.kind() != kind) {
                self.problem(ProblemKind::Damage, place, cause);
            }
        }
    }

    fn check_control(&self, control: &[StoredObject]) -> Result<(), EngineError> {
        let copies: Vec<&[StoredObject]> = control.chunk_by(StoredObject::is_copy_of).collect();
        sweep(self.teller, self.workers, &copies, |buffer, copies| self.check_copies(copies, buffer))
    }

    /// What is wrong with a copy can be mended when another one is sound.
    fn check_copies(&self, copies: &[StoredObject], buffer: &mut Vec<u8>) -> Result<(), EngineError> {
        let (mut sound, mut faults) = (Vec::new(), Vec::new());
        for object in copies {
            match self.check(object, buffer)? {
                Found::Sound => sound.push(ObjectHash::of(buffer)),
                Found::Damaged(cause) => faults.push((object.name(), cause)),
                Found::Gone => return Ok(()),
            }
        }
        let kind = if sound.is_empty() { ProblemKind::Damage } else { ProblemKind::Mendable };
        faults.iter().for_each(|(name, cause)| self.problem(kind, name, cause));
        if let [first, second] = sound[..]
            && first != second
        {
            let cause = "it differs from its second copy, and which is right only a key can tell";
            self.problem(ProblemKind::Damage, &copies[0].name(), cause);
        }
        if let [object] = copies {
            self.lonely.lock().unwrap_or_else(PoisonError::into_inner).push((object.clone(), kind));
        }
        Ok(())
    }

    /// Comes last: somebody may have been about to put the copy when the objects were listed.
    fn look_for_lacking_copies(&self) -> Result<(), EngineError> {
        for (object, kind) in &*self.lonely.lock().unwrap_or_else(PoisonError::into_inner) {
            if let Some(other) = self.objects.lacking_copy(object)? {
                self.problem(*kind, &other, "missing");
            }
        }
        Ok(())
    }

    fn check_packs(&self) -> Result<(), EngineError> {
        let mut packs = Vec::new();
        for first in 0..=u8::MAX {
            packs.extend(self.objects.packs(first)?);
            if packs.len() >= BATCH || first == u8::MAX {
                sweep(self.teller, self.workers, &packs, |buffer, pack| {
                    if let Found::Damaged(cause) = self.check(pack, buffer)? {
                        // It is read once more, in the room of this one.
                        *buffer = Vec::new();
                        let kind = match self.objects.can_mend(pack)? {
                            true => ProblemKind::Mendable,
                            false => ProblemKind::Damage,
                        };
                        self.problem(kind, &pack.name(), &cause);
                    }
                    Ok(())
                })?;
                packs.clear();
            }
        }
        Ok(())
    }

    fn check(&self, object: &StoredObject, buffer: &mut Vec<u8>) -> Result<Found, EngineError> {
        let found = match self.objects.check(object, buffer) {
            Ok(()) => Found::Sound,
            Err(error @ RepositoryError::Newer { .. }) => {
                self.teller.tell(&Event::Note(&cause_of(&error)));
                Found::Sound
            }
            Err(RepositoryError::Missing(_)) => {
                self.gone.fetch_add(1, Relaxed);
                return Ok(Found::Gone);
            }
            Err(RepositoryError::Damaged { source, .. }) => Found::Damaged(format!("damaged: {source}")),
            // A disk that fails is damage, too.
            Err(error) if error.is_damage() => Found::Damaged(cause_of(&error)),
            Err(error) => return Err(error.into()),
        };
        self.teller.tell(&Event::Checked { kind: object.kind(), bytes: object.size() });
        Ok(found)
    }

    fn note_oddities(&self, survey: &Survey) {
        if let Some(example) = &survey.example {
            let count = survey.foreign;
            self.note(&format!("objects under names that no repository gives: {count}, such as {example}"));
        }
        let gone = self.gone.load(Relaxed);
        if gone > 0 {
            self.note(&format!("objects that somebody deleted before it was their turn: {gone}"));
        }
    }

    fn problem(&self, kind: ProblemKind, object: &str, cause: &str) {
        self.teller.problem(kind, Path::new(object), cause);
    }

    fn note(&self, text: &str) {
        self.teller.tell(&Event::Note(text));
    }
}

/// What an object turned out to be.
enum Found {
    Sound,
    Damaged(String),
    Gone,
}
