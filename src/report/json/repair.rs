//! What `repair --json` says: a line for each object that was mended or put under quarantine, then the summary.

use super::super::Run;
use super::network::Network;
use lifeboat_engine::{Means, RepairReport};
use serde::Serialize;
use std::path::Path;

/// A stored object that is whole again, or whose content lies elsewhere.
#[derive(Serialize)]
pub(super) struct Mended<'a> {
    message_type: &'static str,
    item: String,
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    replica: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blobs_lost: Option<u64>,
}

impl<'a> Mended<'a> {
    pub(super) fn of(object: &Path, means: &'a Means) -> Self {
        let (by, replica, blobs_lost) = match means {
            Means::OtherCopy => ("copy", None, None),
            Means::Kept => ("kept", None, None),
            Means::Parity => ("parity", None, None),
            Means::Replica(place) => ("replica", Some(place.as_str()), None),
            Means::Index => ("index", None, None),
            Means::Anew => ("anew", None, None),
            Means::InPart { lost } => ("anew", None, Some(*lost)),
        };
        Self { message_type: "mended", item: object.display().to_string(), by, replica, blobs_lost }
    }
}

/// A stored object on which nobody relies from now on.
#[derive(Serialize)]
pub(super) struct Quarantined {
    message_type: &'static str,
    item: String,
}

impl Quarantined {
    pub(super) fn of(object: &Path) -> Self {
        Self { message_type: "quarantined", item: object.display().to_string() }
    }
}

#[derive(Serialize)]
pub(super) struct Repair {
    message_type: &'static str,
    dry_run: bool,
    seconds_elapsed: f64,
    num_errors: usize,
    packs: u64,
    packs_read: u64,
    bytes_read: u64,
    mended: usize,
    quarantined: usize,
    bytes_added: u64,
    #[serde(flatten)]
    network: Option<Network>,
    notes: Vec<String>,
}

pub(super) fn of_repair(report: &RepairReport, run: &Run) -> Repair {
    Repair {
        message_type: "summary",
        dry_run: run.dry,
        seconds_elapsed: run.duration.as_secs_f64(),
        num_errors: report.problems.len(),
        packs: report.packs,
        packs_read: report.packs_read,
        bytes_read: report.bytes_read,
        mended: report.mended.len(),
        quarantined: report.quarantined.len(),
        bytes_added: report.bytes_added,
        network: run.traffic.as_ref().map(Network::of),
        notes: report.notes.clone(),
    }
}
