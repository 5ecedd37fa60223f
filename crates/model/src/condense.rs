//! States that differ only in what nobody will ever look at are one state.
//!
//! Where a reading is one step and nothing is taken away, of what an author had seen only this is ever asked: by a Commit
//! or an Unforget which Condemns, by an Unforget which Forgets, by a Sweep which Commits and Unforgets. All the rest is
//! cut off, in the log and in the heads of those who are about to put an entry. A test holds the two against each other.

use crate::entry::{Entries, Entry, Says};
use crate::log::Log;
use crate::protocol::{Protocol, State};

/// The entries that can matter when they are seen by another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Matters {
    condemns: Entries,
    forgets: Entries,
    voidable: Entries,
}

impl Matters {
    pub(crate) fn of(log: &Log) -> Self {
        let those = |which: fn(&Entry) -> bool| {
            log.of(log.all()).filter(|entry| which(entry)).map(|entry| entry.id).collect()
        };
        Self {
            condemns: those(|entry| matches!(entry.says, Says::Condemn(_))),
            forgets: those(|entry| matches!(entry.says, Says::Forget(_))),
            voidable: those(|entry| matches!(entry.says, Says::Commit { .. } | Says::Unforget(_))),
        }
    }

    /// What matters to an entry that says this.
    pub(crate) const fn of_use_to(&self, says: Says) -> Entries {
        match says {
            Says::Commit { .. } => self.for_writers(),
            Says::Unforget(_) => self.for_unforgetters(),
            Says::Sweep(_) => self.for_sweeps(),
            Says::Provide { .. } | Says::Relocate { .. } | Says::Forget(_) | Says::Condemn(_) => {
                Entries::EMPTY
            }
        }
    }

    pub(crate) const fn for_writers(&self) -> Entries {
        self.condemns
    }

    pub(crate) const fn for_unforgetters(&self) -> Entries {
        self.condemns.and(self.forgets)
    }

    /// What matters of a reading to somebody who sweeps after it.
    pub(crate) const fn for_sweeps(&self) -> Entries {
        self.voidable
    }
}

/// Whether states can be condensed: nobody asks again what they have seen.
pub(crate) fn applies(protocol: &Protocol) -> bool {
    let configuration = &protocol.configuration;
    configuration.pages == 1 && !configuration.faults.rollback && !configuration.whole
}

/// Condenses a state.
pub(crate) fn condense(state: &mut State) {
    let matters = Matters::of(&state.world.log);
    state.world.log.condense(&matters);
    for actor in &mut state.actors {
        actor.condense(&matters);
    }
}
