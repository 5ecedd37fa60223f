//! What happened in a history: every operation as a line, a hash of all lines, and how often each thing went wrong.

use std::collections::BTreeMap;
use std::fmt::Arguments;

/// Offset and prime of FNV-1a.
const FNV: (u64, u64) = (0xcbf2_9ce4_8422_2325, 0x0100_0000_01b3);

/// An account of one history.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    lines: Option<Vec<String>>,
    hash: u64,
    pub(crate) counts: BTreeMap<String, u64>,
}

impl Tally {
    /// Nothing so far; lines are kept where somebody will read them.
    pub(crate) fn new(keeps_lines: bool) -> Self {
        Self { lines: keeps_lines.then(Vec::new), hash: FNV.0, counts: BTreeMap::new() }
    }

    /// Something happened.
    pub(crate) fn say(&mut self, line: Arguments<'_>) {
        let line = line.to_string();
        for byte in line.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(FNV.1);
        }
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }

    /// One more of these.
    pub(crate) fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    /// The same for the same seed.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// All lines, if they were kept.
    pub(crate) fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
