//! `content`: what was restored is what was saved, byte for byte.
//!
//! Files that were written are read from the disk again and hashed piece by piece against what the snapshot says. What was only put
//! together was proved on the way.

use super::{Fault, Finding, Ground, Look, Trial, counted};
use crate::plan::ContentCheck;
use crate::{DrillError, scratch};
use lifeboat_engine::{Content, NodeKind, ProblemKind, What};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Files that are spoilt have so many bytes at most, unless all are longer.
const SPOILT_MAX: u64 = 1 << 20;
/// So many sizes are remembered to find two files of one.
const SIZES_MAX: usize = 10_000;

impl Look for ContentCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        Ok(compared(ground))
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        for trial in ground.trials {
            let victims = victims(trial, ground)?;
            let Some((size, file)) = victims.smallest else { continue };
            let room = ground.restored_again(trial, &[&file])?;
            scratch::flip(&scratch::within(&room, &file), size / 2, 1)?;
            fault(
                "one byte of a file is another",
                &ground.with(&[ground.held_against(trial, &room, &[&file])?]),
            )?;
            if let Some((one, other)) = victims.twins {
                let room = ground.restored_again(trial, &[&one, &other])?;
                scratch::swap(&scratch::within(&room, &one), &scratch::within(&room, &other))?;
                let swapped = ground.held_against(trial, &room, &[&one, &other])?;
                fault("two files of one size have changed places", &ground.with(&[swapped]))?;
            }
            return Ok(());
        }
        Ok(())
    }
}

/// What can be spoilt.
#[derive(Default)]
struct Victims {
    /// The smallest file with any content.
    smallest: Option<(u64, PathBuf)>,
    /// Two files of one size and of different content.
    twins: Option<(PathBuf, PathBuf)>,
}

fn victims(trial: &Trial, ground: &Ground<'_>) -> Result<Victims, DrillError> {
    let mut found = Victims::default();
    let mut sizes: BTreeMap<u64, (PathBuf, Content)> = BTreeMap::new();
    ground.list(trial, &mut |path, node| {
        let size = node.size;
        let is_smaller = found.smallest.as_ref().is_none_or(|(least, _)| size < *least);
        let may_be_twin = found.twins.is_none() && size <= SPOILT_MAX;
        if node.kind != NodeKind::File || size == 0 || !(is_smaller || may_be_twin) {
            return;
        }
        if !Ground::is_wanted(trial, path) {
            return;
        }
        if is_smaller {
            found.smallest = Some((size, path.to_owned()));
        }
        match sizes.get(&size) {
            Some((other, content)) if *content != node.content => {
                found.twins = Some((other.clone(), path.to_owned()));
            }
            None if sizes.len() < SIZES_MAX => {
                sizes.insert(size, (path.to_owned(), node.content.clone()));
            }
            _ => {}
        }
    })?;
    Ok(found)
}

fn compared(ground: &Ground<'_>) -> Finding {
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
