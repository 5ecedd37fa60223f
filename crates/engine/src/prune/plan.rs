//! Which packs go: those of which nothing is needed, and those that are worth copying what is.

use super::PruneOptions;
use super::roots::Roots;
use lifeboat_repository::{Index, KnownPack, Memory, PackNumber, Used};
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// A pack shorter than one in so many of a full one is small.
const SMALL_SHARE: usize = 4;
/// Small packs of a role up to which they are left alone.
const SMALL_MAX: usize = 8;

/// Packs of a kind that go at once, so that what one entry of the log says of them is within its limits.
pub(super) const GONE_MAX: usize = 1 << 16;

/// How much that nobody needs may stay in packs of which something is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unused {
    /// So many percent of what is needed.
    Percent(f64),
    /// So many bytes.
    Bytes(u64),
    /// Any amount: nothing is copied for it.
    Unlimited,
}

impl Default for Unused {
    fn default() -> Self {
        Self::Percent(2.0)
    }
}

/// What becomes of each pack.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Nothing of them is needed.
    pub(super) removed: BTreeSet<PackNumber>,
    /// What is needed of them is copied.
    pub(super) copied: BTreeSet<PackNumber>,
    /// Bytes that are needed, as stored, as far as that can be told before.
    used: u64,
    /// Bytes that nobody needs and that stay.
    unused: u64,
    /// Whether more packs could go than go at once.
    pub(super) is_part: bool,
}

/// What a plan comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanFigures {
    /// Packs of which nothing is needed.
    pub removed: u64,
    /// Their bytes.
    pub removed_bytes: u64,
    /// Packs of which something is copied before they go.
    pub copied: u64,
    /// Their bytes.
    pub copied_bytes: u64,
    /// Bytes of packs that stay, and of copies about as many as there will be.
    pub used: u64,
    /// Bytes that nobody needs and that stay all the same.
    pub unused: u64,
}

impl AddAssign for PlanFigures {
    /// What was done before, and what there is now.
    fn add_assign(&mut self, now: Self) {
        self.removed += now.removed;
        self.removed_bytes += now.removed_bytes;
        *self = Self { removed: self.removed, removed_bytes: self.removed_bytes, ..now };
    }
}

/// A pack of which a part is needed.
struct Partly {
    number: PackNumber,
    length: u64,
    unused: u64,
}

impl Plan {
    pub(super) fn of(
        index: &Index,
        used: &Used<'_>,
        roots: &Roots<'_>,
        options: &PruneOptions,
        memory: &Memory,
    ) -> Self {
        let mut plan = Self::default();
        let (mut partly, mut small) = (Vec::new(), [Vec::new(), Vec::new()]);
        for (number, pack) in index.numbered().filter(|(_, pack)| !pack.is_hidden()) {
            let share = used.of(number);
            let length = pack.found_length.unwrap_or(0);
            let needed = scaled(length, share.used, share.total);
            let is_waiting = roots.provided.contains(&pack.id);
            if is_waiting && (share.used == 0 || !pack.is_condemned()) {
                // All of it, for whoever stored it.
                plan.used += length;
                continue;
            }
            let is_last = used.last_places().contains(&number);
            if pack.is_damaged() && (share.used > 0 || is_last) {
                // Nothing of it can be relied on, and nothing else has what is left of it.
                plan.used += length;
                continue;
            }
            if share.used == 0 {
                plan.removed.insert(number);
                continue;
            }
            plan.used += needed;
            if pack.is_condemned() {
                plan.copied.insert(number);
            } else if needed < length {
                partly.push(Partly { number, length, unused: length - needed });
            } else if is_small(pack, memory) {
                small[pack.role.position()].push(number);
            }
        }
        plan.copied.extend(small.into_iter().filter(|small| small.len() > SMALL_MAX).flatten());
        plan.choose(partly, options);
        plan.is_part = plan.removed.len() > GONE_MAX || plan.copied.len() > GONE_MAX;
        for packs in [&mut plan.removed, &mut plan.copied] {
            *packs = std::mem::take(packs).into_iter().take(GONE_MAX).collect();
        }
        plan
    }

    /// Copies from where most is unused, until little enough of it is left.
    fn choose(&mut self, mut partly: Vec<Partly>, options: &PruneOptions) {
        self.unused = partly.iter().map(|pack| pack.unused).sum();
        let most = match options.max_unused {
            Unused::Unlimited => return,
            Unused::Bytes(bytes) => bytes,
            Unused::Percent(percent) => part(self.used, percent),
        };
        // Unused bytes for each that is copied, without fractions.
        partly.sort_by_key(|pack| {
            std::cmp::Reverse((u128::from(pack.unused) << 32) / u128::from(pack.length.max(1)))
        });
        let mut copied = 0_u64;
        for pack in partly {
            let needed = pack.length - pack.unused;
            if self.unused <= most || options.max_repack.is_some_and(|max| copied + needed > max) {
                continue;
            }
            copied += needed;
            self.unused -= pack.unused;
            self.copied.insert(pack.number);
        }
    }

    /// All packs that go.
    pub(super) fn gone(&self) -> BTreeSet<PackNumber> {
        self.removed.union(&self.copied).copied().collect()
    }

    pub(super) fn figures(&self, index: &Index) -> PlanFigures {
        let bytes = |packs: &BTreeSet<PackNumber>| {
            packs.iter().filter_map(|number| index.pack(*number).found_length).sum()
        };
        PlanFigures {
            removed: self.removed.len() as u64,
            removed_bytes: bytes(&self.removed),
            copied: self.copied.len() as u64,
            copied_bytes: bytes(&self.copied),
            used: self.used,
            unused: self.unused,
        }
    }
}

fn is_small(pack: &KnownPack, memory: &Memory) -> bool {
    pack.stored_length < (memory.pack_size(pack.role) / SMALL_SHARE) as u64
}

/// `length * part / whole`, rounded up.
fn scaled(length: u64, part: u64, whole: u64) -> u64 {
    let scaled = (u128::from(length) * u128::from(part)).div_ceil(u128::from(whole.max(1)));
    u64::try_from(scaled).unwrap_or(u64::MAX).min(length)
}

/// So many percent of a number of bytes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of bytes need not be exact, and casts of what is too large or negative saturate"
)]
fn part(bytes: u64, percent: f64) -> u64 {
    (bytes as f64 * percent / 100.0) as u64
}
