//! How much is drawn, and how.

use super::{Seed, Share};
use crate::stats;
use serde::{Deserialize, Serialize};

/// Files that are drawn from snapshots, each as likely as it is large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sample {
    /// How sure the bound is to be. Below 1: only a census is sure.
    pub confidence: Confidence,
    /// The share of bytes that may be damaged and yet stay unseen.
    pub max_damaged: Share,
    /// What the draws are made of.
    pub seed: Seed,
}

/// How sure something is to be: a half at least, and below 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "Share")]
pub struct Confidence(f64);

impl Confidence {
    /// As a number.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<Share> for Confidence {
    type Error = &'static str;

    fn try_from(share: Share) -> Result<Self, Self::Error> {
        let wrong = "write how sure it is to be, from 0.5 to 0.999999";
        (0.5..=0.999_999).contains(&share.value()).then_some(Self(share.value())).ok_or(wrong)
    }
}

impl Sample {
    /// How many draws it takes.
    #[must_use]
    pub fn draws(&self) -> u64 {
        stats::draws_for(self.confidence.0, self.max_damaged.value())
    }
}

/// 95 of 100, one percent: 299 draws.
impl Default for Sample {
    fn default() -> Self {
        let max_damaged = Share::new(0.01).expect("a hundredth is a share");
        Self { confidence: Confidence(0.95), max_damaged, seed: Seed::Derived }
    }
}
