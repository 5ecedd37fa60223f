//! Negative controls: a check is shown what was spoilt on purpose, and has to see it.
//!
//! Invariant: what a check that stayed green says is void, whatever it says.

use super::{Ground, look, looker};
use crate::DrillError;
use crate::plan::Check;
use crate::record::{CheckResult, Outcome};
use jiff::Timestamp;

/// Has a check that passed look at its own faults, and notes what came of it.
///
/// # Errors
/// When nothing can be spoilt, or the observer wants to stop.
pub(crate) fn control(
    check: &Check,
    ground: &Ground<'_>,
    now: Timestamp,
    result: &mut CheckResult,
) -> Result<(), DrillError> {
    // One that did not pass is no reason to believe anything.
    let Some(looker) = looker(&check.spec).filter(|_| result.verdict == Outcome::Pass) else { return Ok(()) };
    let (mut faults, mut green) = (0_u32, Vec::new());
    looker.spoil(ground, &mut |name, spoilt| {
        faults += 1;
        if look(looker, spoilt)?.verdict != Outcome::Fail {
            green.push(name.to_owned());
        }
        Ok(())
    })?;
    if faults > 0 && green.is_empty() {
        result.last_negative_control = Some(now);
    }
    result.green_on = green;
    Ok(())
}
