//! Who takes part in a run of the model, and what goes wrong in it.

use crate::object::Blobs;

/// A small world.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// What to call it.
    pub name: &'static str,
    /// Those who take part; the first has session 1.
    pub roles: Vec<Role>,
    /// Whether the snapshot that there is at first is forgotten already.
    pub forgotten: bool,
    /// The pages of a listing of the log. With one a reading is one step.
    pub pages: u8,
    /// How often a writer commits before it gives up.
    pub rounds: u8,
    /// What may go wrong.
    pub faults: Faults,
    /// Whether states keep what nobody will look at.
    pub whole: bool,
    /// Whether each is run to the end alone from each state, which takes long.
    pub alone: bool,
}

/// What may go wrong. That somebody dies needs no mention: it is a run in which they do nothing any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub struct Faults {
    /// The outcome of a PUT of an entry is unknown; it lands at any later time, or never.
    pub lost_puts: bool,
    /// A PUT of an object that was sent twice arrives after the object was deleted.
    pub repeated_puts: bool,
    /// Objects are deleted one by one, not all of a Sweep at once.
    pub deletes_apart: bool,
    /// A tree that a pruner has to read cannot be read.
    pub unreadable_trees: bool,
    /// An attacker takes the newest entries away.
    pub rollback: bool,
}

/// What somebody does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Saves a snapshot.
    Writer(Saves),
    /// Prunes.
    Pruner(Prunes),
    /// Forgets one snapshot: the first, or any that there is.
    Forgetter {
        /// Whether it may be any.
        any: bool,
    },
    /// Wants the first snapshot back.
    Unforgetter,
    /// Restores one snapshot, any that there is.
    Reader,
}

/// How a writer saves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Saves {
    /// What its snapshot consists of.
    pub needs: Blobs,
    /// The same when it has to read its source again.
    pub needs_later: Blobs,
    /// Whether it provides before it commits.
    pub provides: bool,
    /// Whether it takes over packs that nobody names.
    pub takes_over: bool,
    /// Whether it takes over directories of live snapshots without a look at their blobs, when it may.
    pub trusts_parents: bool,
}

/// How a pruner prunes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Prunes {
    /// Of several places that would do it keeps the one with the last name, not the first.
    pub prefers_last: bool,
    /// It moves everything that is needed, not only what nobody may rely on any more.
    pub moves_all: bool,
    /// It puts one index object in the place of all.
    pub merges: bool,
    /// It takes packs that no entry names, though their writers may live.
    pub takes_orphans: bool,
}

impl Configuration {
    /// A world in which nothing goes wrong but that somebody dies.
    #[must_use]
    pub fn of(name: &'static str, roles: &[Role]) -> Self {
        Self {
            name,
            roles: roles.to_vec(),
            forgotten: false,
            pages: 1,
            rounds: 3,
            faults: Faults::default(),
            whole: false,
            alone: true,
        }
    }
}

impl Role {
    /// A writer of a snapshot of these blobs that does nothing special.
    #[must_use]
    pub const fn writer(needs: Blobs) -> Self {
        Self::Writer(Saves::all_of(needs))
    }
}

impl Saves {
    /// Saves these blobs and does nothing special.
    #[must_use]
    pub const fn all_of(needs: Blobs) -> Self {
        Self { needs, needs_later: needs, provides: false, takes_over: false, trusts_parents: false }
    }
}

impl Prunes {
    /// Prunes and does nothing special.
    pub const PLAIN: Self =
        Self { prefers_last: false, moves_all: false, merges: false, takes_orphans: true };
}
