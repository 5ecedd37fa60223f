//! What can go wrong with an operation of the storage or with a file, and how likely each of it is in one history.
//!
//! Each history switches kinds on and off and draws their odds, so that rare combinations occur in some of them and are not
//! drowned by the usual ones.

use lifeboat_testkit::Random;

/// What an actor asks of the storage, or of the files of its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Put,
    /// Of a key slot.
    PutSlot,
    /// Of a log entry.
    PutEntry,
    Get,
    Range,
    Stat,
    List,
    Delete,
    /// Any system call that touches a file: of the source, of what the host keeps, of the target of a restore.
    File,
}

/// What goes wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It fails and nothing happened.
    Refused,
    /// It happened, and fails all the same.
    LostReply,
    /// The storage refuses this and what follows for a while.
    Outage,
    /// It takes long.
    Stall,
    /// What is read has a flipped bit, this once.
    Flipped,
    /// What is read ends early, this once.
    Short,
    /// A listing ends with an error after half of it.
    HalfListing,
    /// There is no space for this object and those that follow for a while.
    Full,
    /// The actor dies before it.
    DiesBefore,
    /// The actor dies after it.
    DiesAfter,
    /// The actor may not change this object.
    Denied,
    /// The disk fails, or is full.
    FileFails,
    /// Fewer bytes are read or written than were asked for, which nobody may notice.
    FileShort,
    /// The actor dies at a file.
    FileDies,
    /// It is done, and what is stored has a flipped bit from then on.
    Garbled,
}

impl Fault {
    /// Those that leave everything as it was given.
    const PASSING: [Self; 14] = [
        Self::Refused,
        Self::LostReply,
        Self::Outage,
        Self::Stall,
        Self::Flipped,
        Self::Short,
        Self::HalfListing,
        Self::Full,
        Self::DiesBefore,
        Self::DiesAfter,
        Self::Denied,
        Self::FileFails,
        Self::FileShort,
        Self::FileDies,
    ];

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Refused => "a request is refused",
            Self::LostReply => "a request is done and its reply lost",
            Self::Outage => "the storage is away",
            Self::Stall => "a request takes minutes",
            Self::Flipped => "a bit is read wrongly, once",
            Self::Short => "a read ends early, once",
            Self::HalfListing => "a listing breaks off",
            Self::Full => "the storage is full",
            Self::DiesBefore => "the process dies before a request",
            Self::DiesAfter => "the process dies after a request",
            Self::Denied => "an object may not be changed",
            Self::FileFails => "a system call fails",
            Self::FileShort => "a read or write is done in part",
            Self::FileDies => "the process dies at a system call",
            Self::Garbled => "a bit of what is stored is stored wrongly",
        }
    }

    fn fits(self, operation: Operation) -> bool {
        use Operation::{Delete, File, Get, List, Put, PutEntry, PutSlot, Range};
        match self {
            Self::Refused | Self::Outage | Self::Stall | Self::DiesBefore => operation != File,
            Self::FileFails | Self::FileShort | Self::FileDies => operation == File,
            Self::LostReply | Self::DiesAfter | Self::Denied => {
                matches!(operation, Put | PutSlot | PutEntry | Delete)
            }
            Self::Flipped | Self::Short => matches!(operation, Get | Range),
            Self::HalfListing => operation == List,
            Self::Full | Self::Garbled => matches!(operation, Put | PutSlot | PutEntry),
        }
    }
}

/// The faults of a history, each with how many operations there are for one of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Swarm(pub(crate) Vec<(Fault, u64)>);

impl Swarm {
    /// Some kinds, some rare and some frequent.
    pub(crate) fn draw(random: &mut Random) -> Self {
        let kinds = Fault::PASSING.into_iter().filter_map(|fault| {
            let odds = *random.pick(&[20, 60, 60, 200, 200, 600]);
            // There are many more calls of files than operations of the storage.
            let odds = if fault.fits(Operation::File) { 10 * odds } else { odds };
            (random.below(3) == 0).then_some((fault, odds))
        });
        Self(kinds.collect())
    }

    /// The same with what does lasting harm, too: in some histories, whatever else goes wrong in them.
    pub(crate) fn with_harm(mut self, random: &mut Random) -> Self {
        if random.below(2) == 0 {
            self.0.push((Fault::Garbled, *random.pick(&[20, 60, 200])));
        }
        self
    }

    /// The same without that.
    pub(crate) fn without_harm(mut self) -> Self {
        self.0.retain(|(fault, _)| *fault != Fault::Garbled);
        self
    }

    /// What goes wrong with the operation of this number of an actor, if anything does. Each kind is drawn by itself: without
    /// one of them the others strike as before.
    pub(crate) fn strike(&self, operation: Operation, seed: u64, number: u64) -> Option<Fault> {
        let strikes = |(fault, odds): &&(Fault, u64)| {
            let position = number.wrapping_mul(64).wrapping_add(*fault as u64);
            // Slots are put by few, and not often; and whoever dies behind an entry leaves others to find out what it is worth.
            let is_rare = matches!(
                (operation, *fault),
                (Operation::PutSlot, Fault::Garbled)
                    | (Operation::PutEntry, Fault::DiesAfter | Fault::LostReply)
            );
            let odds = if is_rare { odds.div_ceil(8) } else { *odds };
            fault.fits(operation) && Random::new(seed.wrapping_add(position)).below(odds) == 0
        };
        self.0.iter().find(strikes).map(|(fault, _)| *fault)
    }
}
