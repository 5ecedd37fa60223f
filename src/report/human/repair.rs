//! What `repair` tells people.

use super::super::Run;
use super::one_line;
use crate::amount;
use lifeboat_engine::{Means, RepairReport, escaped};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A stored object that is whole again, and by what.
pub(super) fn of_mended(object: &Path, means: &Means, dry: bool) -> String {
    let object = escaped(object.as_os_str().as_bytes());
    let done = if dry { "would be mended" } else { "mended" };
    match means {
        Means::OtherCopy => format!("{object}: {done} from its other copy"),
        Means::Kept => format!("{object}: {done} from what this machine keeps of it"),
        Means::Parity => format!("{object}: {done} from its parity"),
        Means::Replica(place) => format!("{object}: {done} from the replica at {}", one_line(place)),
        Means::Index if dry => format!("{object}: a new index object would name it"),
        Means::Index => format!("{object}: a new index object names it"),
        Means::Anew => format!("{object}: what was in it is stored anew"),
        Means::InPart { lost } => {
            format!("{object}: what is sound of it is stored anew, {} lost", amount::of(*lost, "blob"))
        }
    }
}

/// A stored object on which nobody relies from now on.
pub(super) fn of_quarantined(object: &Path, dry: bool) -> String {
    let would = if dry { "would be " } else { "" };
    format!("{}: {would}under quarantine", escaped(object.as_os_str().as_bytes()))
}

/// What it comes to.
pub(super) fn of_repair(report: &RepairReport, run: &Run) -> Vec<String> {
    let (packs, read) = (amount::of(report.packs, "pack"), amount::count(report.packs_read));
    let (bytes, duration) = (amount::bytes(report.bytes_read), amount::duration(run.duration));
    let mut lines = vec![format!("looked at {packs}, read the data of {read}, {bytes}, in {duration}")];
    let is_untouched = report.mended.is_empty() && report.quarantined.is_empty();
    if is_untouched && report.problems.is_empty() {
        lines.push("nothing is damaged".to_owned());
    }
    if !is_untouched {
        let (mended, lost) = (report.mended.len() as u64, report.quarantined.len() as u64);
        let (mended, lost) = (amount::of(mended, "object"), amount::of(lost, "object"));
        let would = if run.dry { "would be " } else { "" };
        lines.push(format!("{would}mended: {mended}; {would}under quarantine: {lost}"));
    }
    if run.dry {
        lines.push("nothing was changed".to_owned());
    }
    lines
}
