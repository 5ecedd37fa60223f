//! What was looked at, and what was found.

use lifeboat_backend::BackendError;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckKind {
    /// The store answers.
    Reach,
    /// Other machines see every change at once, as far as the kind of file system tells.
    FileSystem,
    /// A stored object is read at once.
    Read,
    /// So is one that had been asked for before it was stored.
    ReadAfterMiss,
    /// Parts of objects are what was asked for.
    Range,
    /// Sizes are told as they are.
    Size,
    /// A stored object is listed at once.
    List,
    /// The same bytes can be stored again under their name.
    Again,
    /// A deleted object is not read any more.
    Delete,
    /// Nor is it listed.
    Unlist,
    /// Listings of more than one page are complete.
    Pages,
    /// What is damaged on its way to the store is refused there.
    Checksums,
    /// Deleted objects are gone, and do not go on costing space.
    Versions,
    /// The clocks of the store and of this machine agree.
    Clock,
    /// Nothing is left of this probe and of earlier ones.
    Leftovers,
}

impl CheckKind {
    /// What every probe tries.
    const TRIED: [Self; 8] = [
        Self::Read,
        Self::ReadAfterMiss,
        Self::Range,
        Self::Size,
        Self::List,
        Self::Again,
        Self::Delete,
        Self::Unlist,
    ];

    /// Whether a store that fails it may show changes late, or wrong.
    #[must_use]
    pub fn is_vital(self) -> bool {
        Self::TRIED.contains(&self) || matches!(self, Self::FileSystem | Self::Pages)
    }
}

/// What was found, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is as it should be.
    Passed,
    /// It harms nothing, and is worth knowing.
    Noted,
    /// It could not be tried.
    Unknown,
    /// It is not as it should be.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug)]
pub struct Check {
    /// What it is.
    pub kind: CheckKind,
    /// What was found.
    pub verdict: Verdict,
    /// The same in words, where there is more to say.
    pub finding: String,
    /// The error that says so, or that kept it from being tried.
    pub cause: Option<BackendError>,
}

/// What is found bit by bit. Of several findings of one kind the first of the worst stays.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Check>);

impl Findings {
    pub(super) fn pass(&mut self, kind: CheckKind) {
        self.add(kind, Verdict::Passed, String::new());
    }

    pub(super) fn fail(&mut self, kind: CheckKind, finding: impl Into<String>) {
        self.add(kind, Verdict::Failed, finding);
    }

    pub(super) fn add(&mut self, kind: CheckKind, verdict: Verdict, finding: impl Into<String>) {
        self.push(Check { kind, verdict, finding: finding.into(), cause: None });
    }

    /// What an error decided.
    pub(super) fn add_error(
        &mut self,
        kind: CheckKind,
        verdict: Verdict,
        finding: impl Into<String>,
        cause: BackendError,
    ) {
        self.push(Check { kind, verdict, finding: finding.into(), cause: Some(cause) });
    }

    /// The worst that was found of a kind.
    pub(super) fn worst(&self, kind: CheckKind) -> Option<Verdict> {
        self.0.iter().find(|check| check.kind == kind).map(|check| check.verdict)
    }

    fn push(&mut self, check: Check) {
        match self.0.iter_mut().find(|known| known.kind == check.kind) {
            Some(known) if known.verdict < check.verdict => *known = check,
            Some(_) => {}
            None => self.0.push(check),
        }
    }

    /// All of them; of what was not tried it is said that it was not.
    pub(super) fn complete(mut self) -> Vec<Check> {
        for kind in CheckKind::TRIED {
            if self.0.iter().all(|check| check.kind != kind) {
                self.add(kind, Verdict::Unknown, "not tried");
            }
        }
        self.0
    }
}
