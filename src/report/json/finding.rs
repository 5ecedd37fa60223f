//! What `doctor` found: a line for each thing that was looked at, and a summary.

use super::super::Examined;
use crate::finding::{Finding, verdict};
use lifeboat_repository::{Rights, Role, Verdict};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Line<'a> {
    message_type: &'static str,
    name: &'static str,
    result: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    finding: &'a str,
}

impl<'a> Line<'a> {
    pub(super) fn of(finding: &'a Finding) -> Self {
        Self {
            message_type: "check",
            name: finding.name,
            result: verdict(finding.verdict),
            title: finding.title,
            finding: &finding.text,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Summary {
    message_type: &'static str,
    num_failed: usize,
    num_unknown: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    rights: RightsLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte: Option<f64>,
}

/// `null` where it was not tried.
#[derive(Serialize)]
struct RightsLine {
    list: Option<bool>,
    get: Option<bool>,
    put: Option<bool>,
    delete: Option<bool>,
}

impl Summary {
    pub(super) fn of(findings: &[Finding], examined: &Examined) -> Self {
        let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
        let Rights { list, get, put, delete } = examined.rights;
        Self {
            message_type: "summary",
            num_failed: count(Verdict::Failed),
            num_unknown: count(Verdict::Unknown),
            role: examined.rights.role().map(|role| match role {
                Role::Reader => "reader",
                Role::Writer => "writer",
                Role::Pruner => "pruner",
            }),
            rights: RightsLine { list, get, put, delete },
            first_byte: examined.first_byte.map(|after| after.as_secs_f64()),
        }
    }
}
