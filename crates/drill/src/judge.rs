//! What to make of it all: from what was found to a verdict.
//!
//! Spec: docs/drills.md, "Verdicts". Invariant: what is not known is no pass, and neither is what nothing was looked at for.

use crate::record::{Account, Outcome, Status, Verdict};

/// Exit codes that a verdict stands for, as the program has them.
const DEGRADED: u8 = 3;
const FAIL: u8 = 4;
const MISSED: u8 = 5;
const UNKNOWN: u8 = 6;

/// Judges an account by its checks, objectives, damage and counts.
#[must_use]
pub fn judge(account: &Account) -> Verdict {
    let mut found: Vec<(Status, u8, String)> = Vec::new();
    let mut say = |status, code, reason: String| found.push((status, code, reason));
    for check in account.results.checks.iter().filter(|check| check.required) {
        let of_check = |what: &str| match check.message.as_str() {
            "" => format!("the check {} {what}", check.name),
            message => format!("the check {} {what}: {message}", check.name),
        };
        match check.verdict {
            Outcome::Pass | Outcome::Warn => {}
            Outcome::Fail => say(Status::Fail, FAIL, of_check("failed")),
            Outcome::Unknown | Outcome::Skipped | Outcome::NotConfigured => {
                say(Status::Unknown, UNKNOWN, of_check("says nothing"));
            }
        }
    }
    for check in account.results.checks.iter().filter(|check| !check.green_on.is_empty()) {
        let reason =
            format!("the check {} says nothing: it passed where {}", check.name, check.green_on.join("; "));
        say(Status::SelftestFailed, UNKNOWN, reason);
    }
    let proves = |check: &crate::record::CheckResult| {
        check.required && check.data_proving && check.verdict == Outcome::Pass && check.subjects > 0
    };
    if !account.results.checks.iter().any(proves) {
        say(Status::Unknown, UNKNOWN, "no required check looked at data and passed".to_owned());
    }
    let damage = &account.results.damage;
    if damage.files > 0 {
        say(Status::Fail, FAIL, format!("items that lose by damage: {}", damage.files));
    }
    if damage.healed_packs > 0 {
        let reason = format!("packs that were damaged and mended on the way: {}", damage.healed_packs);
        say(Status::Degraded, DEGRADED, reason);
    }
    for objective in &account.objectives {
        let of_objective = |what: &str| match objective.message.as_str() {
            "" => format!("the objective {} {what}", objective.name),
            message => format!("the objective {} {what}: {message}", objective.name),
        };
        match objective.verdict {
            Outcome::Fail => say(Status::Degraded, MISSED, of_objective("was missed")),
            Outcome::Unknown => say(Status::Unknown, UNKNOWN, of_objective("is not known")),
            Outcome::Pass | Outcome::Warn | Outcome::Skipped | Outcome::NotConfigured => {}
        }
    }
    let denied = account.method.denied.iter().filter(|denied| !denied.proven_absent);
    for denied in denied {
        say(Status::Fail, FAIL, format!("{} was to be gone and was within reach", denied.capability));
    }
    if account.method.live_writes > 0 {
        let reason = format!("calls that would have changed the repository: {}", account.method.live_writes);
        say(Status::Error, 1, reason);
    }
    if account.sandbox.cleanup == "failed" {
        say(Status::Error, 1, "the sandbox could not be removed".to_owned());
    }
    of(found)
}

/// The gravest counts, with the reasons of all.
fn of(mut found: Vec<(Status, u8, String)>) -> Verdict {
    found.sort_by_key(|(status, code, _)| (std::cmp::Reverse(*status), std::cmp::Reverse(*code)));
    let (status, exit_code) = found.first().map_or((Status::Pass, 0), |(status, code, _)| (*status, *code));
    Verdict { status, exit_code, reasons: found.into_iter().map(|(.., reason)| reason).collect() }
}
