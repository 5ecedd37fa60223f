//! What `forget --json` says: an array with an element for each group of snapshots, as restic has it.

use super::snapshot::Line;
use lifeboat_engine::{ForgetReport, Group, escaped};
use serde::Serialize;

/// Snapshots that rules looked at together; those that were named stand in a group of their own without anything in common.
#[derive(Serialize)]
pub(super) struct GroupLine {
    tags: Option<Vec<String>>,
    host: String,
    paths: Option<Vec<String>>,
    keep: Vec<Line>,
    remove: Vec<Line>,
    reasons: Vec<ReasonLine>,
}

/// Why a snapshot stays.
#[derive(Serialize)]
struct ReasonLine {
    snapshot: Line,
    matches: Vec<String>,
}

pub(super) fn of_groups(report: &ForgetReport) -> Vec<GroupLine> {
    let named = Group { forgotten: report.named.clone(), ..Group::default() };
    let named = (!named.forgotten.is_empty()).then_some(named);
    report.groups.iter().chain(&named).map(of_group).collect()
}

fn of_group(group: &Group) -> GroupLine {
    let paths: Vec<String> = group.key.paths.iter().map(|path| escaped(&path.0)).collect();
    GroupLine {
        tags: Some(group.key.tags.clone()).filter(|tags| !tags.is_empty()),
        host: group.key.host.clone(),
        paths: Some(paths).filter(|paths| !paths.is_empty()),
        keep: group.kept.iter().map(|(snapshot, _)| Line::of(snapshot)).collect(),
        remove: group.forgotten.iter().map(Line::of).collect(),
        reasons: group
            .kept
            .iter()
            .map(|(snapshot, reasons)| ReasonLine {
                snapshot: Line::of(snapshot),
                matches: reasons.iter().map(|reason| format!("{reason} snapshot")).collect(),
            })
            .collect(),
    }
}
