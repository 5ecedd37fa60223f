//! How a drill was carried out: how deep it went, what it did without, how it chose, what it broke on purpose.

use serde::{Deserialize, Serialize};

/// How deep a proof goes. Levels are earned by what was done, never set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Every object that is needed is listed.
    #[default]
    L0,
    /// Stored bytes were fetched, opened and hashed again.
    L1,
    /// Whole files were put together in a stream.
    L2,
    /// Files were written with their metadata and read from the disk again.
    L3,
    /// An application used them.
    L4,
    /// All of it from the recovery kit alone, on a machine that knew nothing.
    L5,
}

/// What became of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Stored bytes were read.
    Read,
    /// Files were put together and thrown away.
    Stream,
    /// Files were written.
    Materialise,
}

/// What this machine knew of the repository before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// Nothing.
    Cold,
    /// What it usually knows: proves no recovery time, and nothing above [`Level::L1`].
    Warm,
}

/// Something that was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// What: `config`, `cache`, `source`, `repo:NAME`, `key:*`.
    pub capability: String,
    /// Whether it was tried and found to be gone.
    pub proven_absent: bool,
    /// How that was tried.
    pub how: String,
}

/// How it was decided what to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionKind {
    /// Everything.
    Census,
    /// Drawn.
    Random,
    /// What was not read for longest.
    Rotation,
    /// Named in the plan.
    Explicit,
}

/// How it was decided, so that anybody can decide it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// By which rule.
    pub kind: SelectionKind,
    /// What random numbers were made of, 64 hexadecimal digits; none where nothing was drawn.
    pub seed: Option<String>,
    /// Where that came from: `derived`, `given`.
    pub seed_origin: Option<String>,
    /// What makes a unit likely to be drawn: `bytes`, `equal`.
    pub weight: Option<String>,
    /// How many draws were made, with replacement.
    pub draws: u64,
}

/// A fault that was injected into what the drill saw, never into what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its kind: `bitflip`, `truncate`, `missing-object`, ...
    pub fault: String,
    /// The object.
    pub target: String,
    /// Who noticed it; none where nobody did.
    pub detected_by: Option<String>,
    /// Whether it was noticed.
    pub detected: bool,
    /// What healed it: `parity`, `replica:NAME`; none where nothing did.
    pub healed_from: Option<String>,
}

/// Which part of a drill on several machines this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// The frozen plan of all of them.
    pub plan_id: String,
    /// Which one, from zero.
    pub index: u32,
    /// How many there are.
    pub of: u32,
    /// Sum of the hashes of its items, modulo 2^256, in hexadecimal digits.
    pub set_hash: String,
}

/// How it was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// How deep the proof goes.
    pub level: Level,
    /// What became of the data.
    pub mode: Mode,
    /// What this machine knew before.
    pub cache: Cache,
    /// What was taken away.
    pub denied: Vec<Denied>,
    /// The one key that there was, where the drill is about keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What was looked at.
    pub selection: Selection,
    /// What was broken on purpose.
    pub faults_injected: Vec<Fault>,
    /// Which part of the whole this is; none where it is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Calls that would have changed the repository; always zero in a record that is a pass.
    pub live_writes: u64,
}
