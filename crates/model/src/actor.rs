//! Somebody who takes part: one step of it is one request to the storage, or one decision.

use crate::condense::Matters;
use crate::configuration::Role;
use crate::entry::EntryId;
use crate::forgetter::Forgetter;
use crate::object::Session;
use crate::protocol::Protocol;
use crate::pruner::Pruner;
use crate::reader::Reader;
use crate::unforgetter::Unforgetter;
use crate::world::World;
use crate::writer::Writer;

/// An actor.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Actor {
    Writer(Writer),
    Pruner(Pruner),
    Forgetter(Forgetter),
    Unforgetter(Unforgetter),
    Reader(Reader),
}

/// How somebody ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum End {
    /// Success was reported; it rests on this entry.
    Reported(EntryId),
    /// All was done that there was to do.
    Done,
    /// A writer found that its snapshot was forgotten.
    Forgotten,
    /// Too many rounds, or what was to be moved is gone.
    GaveUp,
    /// The outcome of a PUT is unknown.
    Unknown,
    /// It refused to do it.
    Refused,
    /// A reader found that its snapshot is no longer there.
    Gone,
    /// A reader found damage.
    Damaged,
}

impl Actor {
    pub(crate) const fn new(role: Role, session: Session) -> Self {
        match role {
            Role::Writer(_) => Self::Writer(Writer::new(session)),
            Role::Pruner(_) => Self::Pruner(Pruner::new(session)),
            Role::Forgetter { .. } => Self::Forgetter(Forgetter::new(session)),
            Role::Unforgetter => Self::Unforgetter(Unforgetter::new(session)),
            Role::Reader => Self::Reader(Reader::new()),
        }
    }

    /// How it ended, if it has.
    pub(crate) const fn end(&self) -> Option<End> {
        match self {
            Self::Writer(writer) => writer.end(),
            Self::Pruner(pruner) => pruner.end(),
            Self::Forgetter(forgetter) => forgetter.end(),
            Self::Unforgetter(unforgetter) => unforgetter.end(),
            Self::Reader(reader) => reader.end(),
        }
    }

    /// What its next step is, in words.
    pub(crate) const fn does(&self) -> &'static str {
        match self {
            Self::Writer(writer) => writer.does(),
            Self::Pruner(pruner) => pruner.does(),
            Self::Forgetter(_) => "forgets",
            Self::Unforgetter(unforgetter) => unforgetter.does(),
            Self::Reader(reader) => reader.does(),
        }
    }

    /// In how many ways its next step may go, the first being that nothing goes wrong.
    pub(crate) fn choices(&self, world: &World, role: Role, protocol: &Protocol) -> usize {
        let faults = protocol.configuration.faults;
        let ways = |trouble: bool| 1 + usize::from(trouble);
        match (self, role) {
            (Self::Writer(writer), _) => ways(faults.lost_puts && writer.puts_entry()),
            (Self::Unforgetter(unforgetter), _) => ways(faults.lost_puts && unforgetter.puts_entry()),
            (Self::Pruner(pruner), _) => {
                ways(faults.lost_puts && pruner.puts_entry() || faults.unreadable_trees && pruner.marks())
            }
            (Self::Forgetter(_), Role::Forgetter { any }) => {
                (Forgetter::choices(world, any, protocol).len() * ways(faults.lost_puts)).max(1)
            }
            (Self::Reader(reader), _) => reader.choices(world, protocol).max(1),
            (Self::Forgetter(_), _) => 0,
        }
    }

    /// Cuts off what no later step looks at.
    pub(crate) fn condense(&mut self, matters: &Matters) {
        match self {
            Self::Writer(writer) => writer.condense(matters),
            Self::Pruner(pruner) => pruner.condense(matters),
            Self::Unforgetter(unforgetter) => unforgetter.condense(matters),
            Self::Reader(reader) => reader.condense(),
            Self::Forgetter(_) => {}
        }
    }

    /// Takes a step in one of these ways.
    pub(crate) fn step(&mut self, world: &mut World, role: Role, choice: u8, protocol: &Protocol) {
        match (self, role) {
            (Self::Writer(writer), Role::Writer(saves)) => writer.step(world, saves, choice > 0, protocol),
            (Self::Pruner(pruner), Role::Pruner(prunes)) => pruner.step(world, prunes, choice > 0, protocol),
            (Self::Forgetter(forgetter), Role::Forgetter { any }) => {
                forgetter.step(world, any, choice, protocol);
            }
            (Self::Unforgetter(unforgetter), _) => unforgetter.step(world, choice > 0, protocol),
            (Self::Reader(reader), _) => reader.step(world, choice, protocol),
            (Self::Writer(_) | Self::Pruner(_) | Self::Forgetter(_), _) => {
                unreachable!("an actor has the role that it was made for")
            }
        }
    }
}
