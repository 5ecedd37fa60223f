//! A reading of the log: its pages are listed one after the other, again and again, until two listings agree and every
//! ancestor is among what they name. Others put entries meanwhile, onto pages that are listed already, too.
//!
//! Invariant: an actor never goes on with less than it has seen before.

use crate::entry::Entries;
use crate::invariant::Invariant;
use crate::protocol::Protocol;
use crate::rule::Rule;
use crate::world::World;

/// A reading that has begun.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Reading {
    /// What its author has seen before.
    remembered: Entries,
    listed: Entries,
    page: u8,
    /// The listing before this one.
    before: Option<Entries>,
}

/// How far a reading is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// Another page is to be listed.
    Unfinished,
    /// All entries that there are, at some moment since it began.
    Read(Entries),
    /// Entries are gone that were there.
    Refused,
}

impl Reading {
    /// The first reading of somebody.
    pub(crate) const fn first() -> Self {
        Self { remembered: Entries::EMPTY, listed: Entries::EMPTY, page: 0, before: None }
    }

    /// A reading after one that gave this, and what was put since.
    pub(crate) const fn after(remembered: Entries) -> Self {
        Self { remembered, ..Self::first() }
    }

    /// Lists a page.
    pub(crate) fn step(&mut self, world: &mut World, protocol: &Protocol) -> Progress {
        let pages = protocol.configuration.pages;
        if self.page == 0 && !protocol.keeps(Rule::WholeListings) && !self.remembered.is_empty() {
            (self.listed, self.page) = (self.remembered, pages - 1);
        }
        self.listed = self.listed.and(world.log.page(self.page, pages));
        self.page += 1;
        if self.page < pages {
            return Progress::Unfinished;
        }
        let (listed, before) = (self.listed, self.before);
        *self = Self { before: Some(listed), ..Self::after(self.remembered) };
        if !listed.has_all(self.remembered) {
            if protocol.keeps(Rule::Memory) {
                return Progress::Refused;
            }
            world.breaks(Invariant::Memory);
        }
        let closes = |rule| !protocol.keeps(rule) || !protocol.keeps(Rule::ClosedReadings);
        let agreed = pages == 1 || before == Some(listed) || closes(Rule::TwoListings);
        let whole = listed.has_all(world.log.ancestors(listed)) || closes(Rule::Ancestors);
        if agreed && whole { Progress::Read(listed) } else { Progress::Unfinished }
    }
}
