//! What was looked at, in words: by the probe of a store, and by `doctor`.
//!
//! Invariant: the names are those of docs/json.md.

use lifeboat_repository::{Check, CheckKind, StoreProbe, Verdict};

/// What is said of a repository whose store may show changes late.
pub(crate) const EXCLUSIVE: &str = "the repository is exclusive, because its storage may show changes late: backups and restores go on as usual, keys are changed and space is given back with --exclusive while nobody else is active";

/// One thing that was looked at.
#[derive(Debug)]
pub(crate) struct Finding {
    /// For programs.
    pub(crate) name: &'static str,
    /// What has to be so.
    pub(crate) title: &'static str,
    pub(crate) verdict: Verdict,
    /// What was found, where there is more to say.
    pub(crate) text: String,
}

impl Finding {
    pub(crate) fn new(
        name: &'static str,
        title: &'static str,
        verdict: Verdict,
        text: impl Into<String>,
    ) -> Self {
        Self { name, title, verdict, text: text.into() }
    }

    /// Those of a probe.
    pub(crate) fn of_probe(probe: StoreProbe) -> Vec<Self> {
        probe.checks.into_iter().map(Self::of_check).collect()
    }

    fn of_check(check: Check) -> Self {
        let (name, title) = words(check.kind);
        let cause = check.cause.map(|error| format!("{:#}", anyhow::Error::new(error)));
        let text: Vec<_> =
            [Some(check.finding), cause].into_iter().flatten().filter(|text| !text.is_empty()).collect();
        Self::new(name, title, check.verdict, text.join(": "))
    }

    /// The title, and what was found.
    pub(crate) fn line(&self) -> String {
        match self.text.as_str() {
            "" => self.title.to_owned(),
            text => format!("{}: {text}", self.title),
        }
    }
}

/// How a check ended, for people and programs.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Noted => "noted",
        Verdict::Unknown => "unknown",
        Verdict::Failed => "failed",
    }
}

fn words(kind: CheckKind) -> (&'static str, &'static str) {
    match kind {
        CheckKind::Reach => ("reach", "the storage answers"),
        CheckKind::FileSystem => ("file_system", "the file system shows every machine the same"),
        CheckKind::Read => ("read", "what was stored is read at once"),
        CheckKind::ReadAfterMiss => ("read_after_miss", "so is what had been asked for in vain"),
        CheckKind::Range => ("range", "parts of objects are what was asked for"),
        CheckKind::Size => ("size", "sizes are right"),
        CheckKind::List => ("list", "what was stored is listed at once"),
        CheckKind::Again => ("store_again", "the same can be stored again"),
        CheckKind::Delete => ("delete", "what was deleted is not read any more"),
        CheckKind::Unlist => ("unlist", "what was deleted is not listed any more"),
        CheckKind::Pages => ("pages", "long listings are complete"),
        CheckKind::Checksums => ("checksums", "what is damaged on the way is refused"),
        CheckKind::Versions => ("versions", "no old versions of objects are kept"),
        CheckKind::Clock => ("clock", "the clocks of storage and machine agree"),
        CheckKind::Leftovers => ("leftovers", "nothing is left of probes"),
    }
}
