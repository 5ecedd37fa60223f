//! What a drill may cost.

use super::{Size, Span};
use serde::{Deserialize, Serialize};

/// Hard stops, looked at before a drill and while it runs: what they end is unknown, never a shortened pass. None where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Budget {
    /// Bytes that are read from storage.
    pub max_bytes: Option<Size>,
    /// Calls to storage.
    pub max_requests: Option<u64>,
    /// How long the drill runs.
    pub max_duration: Option<Span>,
    /// Bytes per second that are read from storage; where it holds back a drill, no recovery time is extrapolated from it.
    pub bandwidth: Option<Size>,
}

impl Budget {
    /// What is said here, else what is said for all.
    pub(super) fn over(self, all: Self) -> Self {
        Self {
            max_bytes: self.max_bytes.or(all.max_bytes),
            max_requests: self.max_requests.or(all.max_requests),
            max_duration: self.max_duration.or(all.max_duration),
            bandwidth: self.bandwidth.or(all.bandwidth),
        }
    }
}
