//! Somebody who forgets a snapshot. Nothing that it does has to be seen by anybody at any moment, so it is one step.

use crate::actor::End;
use crate::entry::{Entry, EntryId, Says, Snapshot};
use crate::object::Session;
use crate::protocol::Protocol;
use crate::view::View;
use crate::world::World;

/// A forgetter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Forgetter {
    session: Session,
    end: Option<End>,
}

impl Forgetter {
    pub(crate) const fn new(session: Session) -> Self {
        Self { session, end: None }
    }

    pub(crate) const fn end(&self) -> Option<End> {
        self.end
    }

    /// What there is to be forgotten.
    pub(crate) fn choices(world: &World, any: bool, protocol: &Protocol) -> Vec<Snapshot> {
        let view = View::of(&world.log, world.log.all(), protocol);
        let snapshots = view.snapshots().map(|(_, snapshot, _)| snapshot);
        snapshots.filter(|snapshot| any || *snapshot == Snapshot(Session(0))).collect()
    }

    /// Forgets one of the choices; the second half of the numbers loses the PUT.
    pub(crate) fn step(&mut self, world: &mut World, any: bool, choice: u8, protocol: &Protocol) {
        let choices = Self::choices(world, any, protocol);
        let choice = usize::from(choice);
        let lost = choice >= choices.len();
        self.end = Some(if lost { End::Unknown } else { End::Done });
        if let Some(snapshot) = choices.get(choice % choices.len().max(1)) {
            let id = EntryId::new(self.session, 0);
            world.put_entry(Entry { id, seen: world.log.all(), says: Says::Forget(*snapshot) }, lost);
        }
    }
}
