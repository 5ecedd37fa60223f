//! A drill for the sake of its checks: whether each of them sees its own faults.

use crate::plan::ResolvedDrill;
use crate::record::{Outcome, Status, Verdict};
use crate::{DrillError, Rehearsed, Site, rehearse};
use lifeboat_engine::Observer;

/// Exit code of what proves nothing.
const UNKNOWN: u8 = 6;

/// Carries out a drill and judges its checks alone: a pass means that each was seen passing, and then failing on what was spoilt on purpose.
///
/// # Errors
/// As [`rehearse`].
pub fn selftest(
    drill: &ResolvedDrill,
    site: &Site,
    observer: &dyn Observer,
) -> Result<Rehearsed, DrillError> {
    let mut rehearsed = rehearse(drill, site, observer)?;
    let checks = &rehearsed.account.results.checks;
    let is_green = checks.iter().any(|check| !check.green_on.is_empty());
    if rehearsed.error.is_some() || is_green {
        return Ok(rehearsed);
    }
    let untried = checks.iter().filter(|check| check.last_negative_control.is_none());
    let mut reasons: Vec<String> = untried
        .map(|check| match check.verdict {
            Outcome::Pass => format!("nothing could be spoilt for the check {}", check.name),
            _ => format!("the check {} did not pass, which leaves open what it can see", check.name),
        })
        .collect();
    if checks.is_empty() {
        reasons.push("there is no check".to_owned());
    }
    let (status, exit_code) = if reasons.is_empty() { (Status::Pass, 0) } else { (Status::Unknown, UNKNOWN) };
    rehearsed.account.verdict = Verdict { status, exit_code, reasons };
    Ok(rehearsed)
}
