//! Two repositories watch over each other: after a copy each remembers how far the log of the other one was, and the next copy, in either
//! direction, finds out when that is gone.
//!
//! Invariant: what is remembered is looked up before the other log is read, for somebody else may copy meanwhile (docs/log-protocol.md, "Anchors").

use super::Copying;
use crate::{EngineError, Event, cause_of};
use lifeboat_format::{Anchor, Bug, ObjectHash, planted};
use lifeboat_repository::{Reading, Repository, RepositoryError, Session, View};

impl Copying<'_> {
    /// Succeeds when each log has what the other repository remembers of it.
    pub(super) fn check_anchors(
        &self,
        reading: &Reading,
        view: &View,
        session: &Session,
    ) -> Result<(), RepositoryError> {
        let of_target = view.anchors(self.target_id());
        check(session.reading().lacks(of_target), self.target, self.source)?;
        let of_source = || session.view().anchors(self.source_id());
        if reading.lacks(of_source()).is_some() {
            // Somebody may have copied since it was read.
            check(self.source.read_log()?.lacks(of_source()), self.source, self.target)?;
        }
        Ok(())
    }

    /// Lets each remember the other. Where the source may not be written to, or not be relied on, it is not: that is noted.
    pub(super) fn remember(&self) -> Result<(), EngineError> {
        anchor(self.target, self.source)?;
        if let Err(error) = anchor(self.source, self.target) {
            let note = format!(
                "{} does not remember how far {} was, and so would not notice if that were rolled back: {}",
                self.source.location(),
                self.target.location(),
                cause_of(&error)
            );
            self.teller.tell(&Event::Note(&note));
        }
        Ok(())
    }
}

/// Lets a repository remember how far another one is.
fn anchor(rememberer: &Repository, other: &Repository) -> Result<(), RepositoryError> {
    let session = Session::start(rememberer)?;
    let (repository, reading) = (other.config().repository, other.read_log()?);
    check(reading.lacks(session.view().anchors(repository)), other, rememberer)?;
    session.anchor(&Anchor { repository, heads: reading.heads() })
}

fn check(gone: Option<ObjectHash>, of: &Repository, by: &Repository) -> Result<(), RepositoryError> {
    match gone {
        None => Ok(()),
        Some(_) if planted(Bug::AnchorsIgnored) => Ok(()),
        Some(entry) => Err(RepositoryError::Tampered(format!(
            "that of {} was rolled back: entry {entry} was there when something was copied between it and {}, and is gone",
            of.location(),
            by.location()
        ))),
    }
}
