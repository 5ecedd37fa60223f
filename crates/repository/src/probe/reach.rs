//! The beginning of a probe: does the store answer, how fast, what kind of place is it, what is there already.

use super::check::{CheckKind, Verdict};
use super::{Door, Probing, rights};
use crate::layout;
use lifeboat_backend::{BackendError, ObjectInfo};
use std::time::Duration;

/// What is known of a store that answers.
pub(super) struct Reached {
    pub(super) first_byte: Duration,
    /// What earlier probes have left, or others are at.
    pub(super) earlier: Vec<ObjectInfo>,
}

impl Probing<'_> {
    /// Asks the store for something through every door; none where one of them does not answer. Refusals are answers.
    pub(super) fn reach(&mut self) -> Option<Reached> {
        let clock = &self.environment.clock;
        let begun = clock.elapsed();
        let mut reached: Option<Reached> = None;
        for door in self.doors {
            // Not for the config, which may be made next: a store may remember that it was not there.
            let name = self.name();
            let got = self.get(door, &name);
            let first_byte = clock.elapsed().saturating_sub(begun);
            let mut earlier = Vec::new();
            let listed = door.backend.list(layout::PROBE, &mut |object| earlier.push(object));
            rights::learn(&mut self.rights.list, &listed);
            let silence = got.err().filter(is_silence);
            match silence.or_else(|| listed.err().filter(|error| !error.is_denied())) {
                Some(error) => {
                    self.findings.add_error(CheckKind::Reach, Verdict::Failed, at(self.doors, door), error);
                }
                None => self.findings.pass(CheckKind::Reach),
            }
            self.look_at_file_system(door);
            reached.get_or_insert(Reached { first_byte, earlier });
        }
        let answers = self.findings.worst(CheckKind::Reach) == Some(Verdict::Passed);
        reached.filter(|_| answers)
    }

    /// What one machine sees tells nothing of what others see where each keeps what it saw for a while.
    fn look_at_file_system(&mut self, door: &Door) {
        let kind = CheckKind::FileSystem;
        match door.backend.may_lag() {
            _ if door.backend.is_remote() => {}
            Ok(None) => self.findings.pass(kind),
            Ok(Some(name)) => {
                self.findings.fail(kind, format!("on {name} other machines may see changes late"));
            }
            Err(error) => self.findings.add_error(kind, Verdict::Unknown, "", error),
        }
    }
}

/// Whether asking for an object that may not be there got no answer.
fn is_silence(error: &BackendError) -> bool {
    !(error.is_not_found() || error.is_denied())
}

/// The door, where there is more than one.
fn at(doors: &[Door], door: &Door) -> String {
    match doors.len() {
        1 => String::new(),
        _ => format!("through {}", door.name),
    }
}
