//! Bugs on purpose, so that tests can be tested: each is one that a tool of this kind had.
//!
//! Invariant: without the feature `planted`, which only tests ask for, there are none: [`planted`] is false and what stands behind
//! it is not compiled in. With it a thread has the one that it runs [`under`], or none.

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A check of a drill likes whatever it sees. Not one of those that histories are searched for: no backup goes wrong by it.
    AlwaysGreen,
    /// Index and log name a pack before it is put.
    IndexBeforePacks,
    /// A pack that could not be put is taken for one that was.
    IgnoredPutError,
    /// Unchanged files are taken over without a look at whether all they consist of is there.
    UncheckedReuse,
    /// A pack that is missing or cut short is taken for whole.
    UncheckedPresence,
    /// A directory that could not be listed is taken for an empty one.
    IgnoredListError,
    /// What could not be read is left out without a word.
    SilentSkip,
    /// A file counts as unchanged when its size and modification time are.
    IgnoredChangeTime,
    /// A file counts as unchanged however shortly it was at rest.
    NeverSettling,
    /// What changed is not noticed by who asks for no snapshot if nothing did.
    MissedNews,
    /// What is compressed and sealed is wrong now and then, and not read back.
    UncheckedCodec,
    /// Shards are mended by the parity of others.
    ParityOutOfOrder,
    /// What is kept of the index outlives what is in the storage.
    CacheOutlivesIndex,
    /// Bytes that could not be written are taken for written.
    IgnoredWriteError,
    /// A directory that is damaged comes back as far as it can be read, without a word.
    IgnoredTreeError,
    /// A key slot is removed, and its second copy stays.
    SecondCopyStays,
    /// Nobody removes the hints of those who are dead.
    HintsStay,
    /// A snapshot counts before what it consists of is stored.
    CommitBeforePacks,
    /// What a listing that broke off does not show is taken for gone.
    ListingTakenForWhole,
    /// A file that is restored has its name from the beginning.
    NamedEarly,
    /// What a key slot was stored as is not read back.
    SlotNotReadBack,
    /// What was condemned is swept without a second look at what is needed.
    SweptUnmarked,
    /// What is condemned is deleted before anybody has swept it.
    DeletedWhenCondemned,
    /// Nobody looks behind a commit for what others have condemned meanwhile.
    CondemnedUnseen,
    /// What is condemned counts for who stores nothing twice.
    CondemnedReliedOn,
    /// A tree that cannot be read needs nothing.
    UnreadSkipped,
    /// The last place of what is needed is swept like any other.
    LastPlaceSwept,
    /// How long ago something was forgotten is taken from what its author's clock said.
    UndoneByClaim,
    /// The reading that a sweep is decided by begins before it is condemned what goes.
    ReadBeforeCondemned,
    /// The index objects go of packs that stay.
    IndexSweptAlone,
    /// Packs that are condemned or swept are taken over like others.
    SweptTakenOver,
    /// What a killed prune was to delete stays.
    LeftoversStay,
    /// What a killed prune condemned and no index names stays.
    CondemnedStay,
    /// The pieces of long files are needed by nobody.
    LongFilesUnmarked,
    /// A pack is taken over from another repository without a look at whether it is what its name says.
    CopiedUnproved,
    /// A pack is copied under a name that was condemned where it is copied to.
    NamesTakenAgain,
    /// What is damaged is left out of a copy without a word.
    DamageLeftOut,
    /// Nobody looks whether the log of the other repository has what it had.
    AnchorsIgnored,
    /// A pack that was mended in memory is taken for one that was put back.
    MendedUnstored,
    /// Index objects that are lost are given up before the packs that they named are named again.
    IndexGivenUp,
    /// A repair does not name what it could not bring back.
    LossesUntold,
}

impl Bug {
    /// All of them.
    #[cfg(feature = "planted")]
    pub const ALL: [Self; 40] = [
        Self::IndexBeforePacks,
        Self::IgnoredPutError,
        Self::UncheckedReuse,
        Self::UncheckedPresence,
        Self::IgnoredListError,
        Self::SilentSkip,
        Self::IgnoredChangeTime,
        Self::NeverSettling,
        Self::MissedNews,
        Self::UncheckedCodec,
        Self::ParityOutOfOrder,
        Self::CacheOutlivesIndex,
        Self::IgnoredWriteError,
        Self::IgnoredTreeError,
        Self::SecondCopyStays,
        Self::HintsStay,
        Self::CommitBeforePacks,
        Self::ListingTakenForWhole,
        Self::NamedEarly,
        Self::SlotNotReadBack,
        Self::SweptUnmarked,
        Self::DeletedWhenCondemned,
        Self::CondemnedUnseen,
        Self::CondemnedReliedOn,
        Self::UnreadSkipped,
        Self::LastPlaceSwept,
        Self::UndoneByClaim,
        Self::ReadBeforeCondemned,
        Self::IndexSweptAlone,
        Self::SweptTakenOver,
        Self::LeftoversStay,
        Self::CondemnedStay,
        Self::LongFilesUnmarked,
        Self::CopiedUnproved,
        Self::NamesTakenAgain,
        Self::DamageLeftOut,
        Self::AnchorsIgnored,
        Self::MendedUnstored,
        Self::IndexGivenUp,
        Self::LossesUntold,
    ];
}

/// Whether the thread that runs has this bug.
#[cfg(not(feature = "planted"))]
#[must_use]
#[inline]
pub const fn planted(_: Bug) -> bool {
    false
}

#[cfg(feature = "planted")]
pub use with::{planted, under};

#[cfg(feature = "planted")]
mod with {
    use super::Bug;
    use std::cell::Cell;

    thread_local! {
        static CURRENT: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Whether the thread that runs has this bug.
    #[must_use]
    pub fn planted(bug: Bug) -> bool {
        CURRENT.get() == Some(bug)
    }

    /// Runs something in this thread with a bug.
    pub fn under<T>(bug: Option<Bug>, run: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(bug);
        let done = run();
        CURRENT.set(before);
        done
    }
}
