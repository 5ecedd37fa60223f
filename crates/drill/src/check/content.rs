//! `content`: what was restored is what was saved, byte for byte.
//!
//! Files that were written are read from the disk again and hashed piece by piece against what the snapshot says. What was only put
//! together was proved on the way.

use super::{Finding, Ground, counted};
use lifeboat_engine::{ProblemKind, What};
use serde_json::json;

pub(super) fn look(ground: &Ground<'_>) -> Finding {
    let (mut subjects, mut differ, mut missing, mut lost, mut bytes) = (0, 0, 0, 0, 0);
    for trial in ground.trials {
        let is_lost =
            |kind| matches!(kind, ProblemKind::Damage | ProblemKind::NotWritten | ProblemKind::Tampering);
        lost += trial.restored.problems.iter().filter(|problem| is_lost(problem.kind)).count() as u64;
        let Some(compared) = &trial.compared else {
            subjects += trial.restored.files;
            bytes += trial.restored.bytes;
            continue;
        };
        subjects += compared.files;
        bytes += compared.bytes;
        for difference in &compared.differences {
            match difference.what {
                What::Content => differ += 1,
                What::Missing => missing += 1,
                What::Metadata(_) => subjects += 1,
            }
        }
        lost +=
            compared.problems.iter().filter(|problem| problem.kind != ProblemKind::Mendable).count() as u64;
    }
    let wrong: Vec<String> = [
        counted(differ, "files that differ"),
        counted(missing, "items that are missing"),
        counted(lost, "items that could not be brought back or read"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let observed =
        json!({ "equal": subjects, "bytes": bytes, "differ": differ, "missing": missing, "lost": lost });
    Finding::of(subjects + differ + missing, &wrong, json!("all equal"), observed)
}
