//! The rules without which something is lost. Each can be left out, and then a counterexample has to be found.

/// A rule of `docs/log-protocol.md`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Rule {
    // What an entry means.
    /// A Commit that is concurrent with a Sweep is void.
    CommitsAreVoidable,
    /// So is an Unforget.
    UnforgetsAreVoidable,
    /// What is condemned stays so, for however long its session puts no Sweep.
    CondemnedForEver,
    /// A session puts one Condemn, and one Sweep.
    OneCondemnASession,
    /// Nobody relies on what somebody else has condemned, pruners neither.
    CondemnedByAnybody,
    /// A place is a pack and an index object, and counts when both do.
    PlacesArePairs,
    /// What a void entry names is named.
    VoidEntriesName,
    /// A name is never used for a second object.
    NamesAreUsedOnce,

    // Readings.
    /// A reading begins with the first name, not behind the last one of the reading before.
    WholeListings,
    /// A reading is over when two listings agree. To have every ancestor is not enough: without the listings it may show what
    /// was put last and not what was put before, and of two pruners each relies on a place that the other one sweeps.
    TwoListings,
    /// A reading is over when two listings agree, or at least has every ancestor.
    ClosedReadings,
    /// A reading that lacks what was seen before is refused.
    Memory,

    // Writers.
    /// A writer deduplicates against what counts.
    RelyOnWhatCounts,
    /// It takes over packs that nobody names unless they are condemned.
    TakeOverWhatCounts,
    /// It commits when everything is durable.
    CommitLast,
    /// It reads after its Commit.
    ReadAfterCommit,
    /// That reading begins when the Commit is durable.
    CommitBeforeReading,
    /// Before it commits again it checks what it relies on.
    CheckBeforeAgain,
    /// A Commit has seen the reading against which it was checked, and no newer one.
    SeenWasChecked,
    /// Blobs of a parent are looked up one by one, at least while something is condemned and not swept.
    LookUpTheParents,
    /// Nothing is decided when the outcome of a PUT is unknown.
    EndWhenUnknown,
    /// An Unforget is followed by a reading as a Commit is.
    ReadAfterUnforget,
    /// An Unforget needs a place that counts for each blob.
    UnforgetWhatCounts,

    // Pruners.
    /// A pruner reads after its Condemn, and marks again.
    MarkAgain,
    /// That reading begins when the Condemn is durable.
    CondemnBeforeReading,
    /// All Commits of a snapshot are roots, not the last one only.
    DuplicatesAreRoots,
    /// If no place of a blob counts, nothing that holds it is swept.
    LastPlaceStays,
    /// Objects are deleted when the Sweep is durable.
    SweepBeforeDelete,
    /// A tree that cannot be read stops the pruner.
    UnreadableStops,

    // Readers.
    /// A reader reads again for as long as that brings news.
    ReadersReadAgain,
    /// It knows the Commit that it restores; that its snapshot lives is not enough.
    ReadersKnowTheCommit,

    // What nothing is lost without, as far as the model sees.
    /// A reading is over when it has every ancestor; two listings agree anyway.
    Ancestors,
    /// What a Condemn names stays condemned when its Sweep does not list it.
    CondemnedWhenSpared,
}

impl Rule {
    /// Those without which something is lost.
    pub const ALL: [Self; 31] = [
        Self::CommitsAreVoidable,
        Self::UnforgetsAreVoidable,
        Self::CondemnedForEver,
        Self::OneCondemnASession,
        Self::CondemnedByAnybody,
        Self::PlacesArePairs,
        Self::VoidEntriesName,
        Self::NamesAreUsedOnce,
        Self::WholeListings,
        Self::TwoListings,
        Self::ClosedReadings,
        Self::Memory,
        Self::RelyOnWhatCounts,
        Self::TakeOverWhatCounts,
        Self::CommitLast,
        Self::ReadAfterCommit,
        Self::CommitBeforeReading,
        Self::CheckBeforeAgain,
        Self::SeenWasChecked,
        Self::LookUpTheParents,
        Self::EndWhenUnknown,
        Self::ReadAfterUnforget,
        Self::UnforgetWhatCounts,
        Self::MarkAgain,
        Self::CondemnBeforeReading,
        Self::DuplicatesAreRoots,
        Self::LastPlaceStays,
        Self::SweepBeforeDelete,
        Self::UnreadableStops,
        Self::ReadersReadAgain,
        Self::ReadersKnowTheCommit,
    ];

    /// Those of which the model does not show that anything is lost without one of them.
    pub const SPARE: [Self; 2] = [Self::Ancestors, Self::CondemnedWhenSpared];
}
