//! What is known of the place besides, and leaving it as it was.

use super::check::{CheckKind, Verdict};
use super::{Door, Probing};
use lifeboat_backend::{ObjectInfo, ObjectName};
use lifeboat_format::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Age at which what a probe has left behind is nobody's any more.
const ABANDONED: Duration = Duration::from_hours(24);
/// Seconds that two clocks may differ by before anybody has to know.
const SKEW_MAX: i64 = 60;

impl Probing<'_> {
    /// Versions and clock of the place, by an object that was put since `before`.
    pub(super) fn look_at_place(&mut self, door: &Door, name: &ObjectName, before: Timestamp) {
        match door.backend.keeps_versions(name) {
            Ok(None) => {}
            Ok(Some(false)) => self.findings.pass(CheckKind::Versions),
            Ok(Some(true)) => {
                let finding =
                    "the bucket keeps them: deleted objects take space until a lifecycle rule removes them";
                self.findings.add(CheckKind::Versions, Verdict::Noted, finding);
            }
            Err(error) => self.findings.add_error(CheckKind::Versions, Verdict::Unknown, "", error),
        }
        let Ok(info) = door.backend.stat(name) else { return };
        let now = self.environment.clock.now();
        if let Some(stored) = info.modified.and_then(seconds) {
            // The clock of this machine may have been set meanwhile.
            let (first, last) = (before.seconds.min(now.seconds), before.seconds.max(now.seconds));
            self.compare_clocks(stored - stored.clamp(first, last));
        }
        self.newest = Some(info);
    }

    /// Tells by how many seconds the store is ahead.
    fn compare_clocks(&mut self, ahead: i64) {
        if ahead.abs() < SKEW_MAX {
            return self.findings.pass(CheckKind::Clock);
        }
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        let finding = format!("the clock of the store is {} s {way} that of this machine", ahead.abs());
        self.findings.add(CheckKind::Clock, Verdict::Noted, finding);
    }

    /// Deletes what this probe has stored, and of what others have what they have abandoned.
    pub(super) fn clean_up(&mut self, earlier: Vec<ObjectInfo>) {
        let door = &self.doors[0];
        let now = self.newest.as_ref().and_then(|info| info.modified);
        let is_old = |info: &ObjectInfo| {
            let age = now.zip(info.modified).and_then(|(now, then)| now.duration_since(then).ok());
            age.is_some_and(|age| age > ABANDONED)
        };
        let abandoned = earlier.into_iter().filter(is_old).map(|info| info.name);
        let names: Vec<_> = self.stored.iter().cloned().chain(abandoned).collect();
        if self.rights.put != Some(true) {
            return;
        }
        let mut left: u64 = 0;
        let mut cause = None;
        for name in names {
            match self.delete(door, &name) {
                Err(error) if !error.is_not_found() => {
                    left += 1;
                    cause = cause.or(Some(error));
                }
                _ => {}
            }
        }
        match cause {
            None => self.findings.pass(CheckKind::Leftovers),
            Some(error) => {
                let finding = format!("{left} small objects below probe/ stay, which harms nothing");
                self.findings.add_error(CheckKind::Leftovers, Verdict::Noted, finding, error);
            }
        }
    }
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> Option<i64> {
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}
