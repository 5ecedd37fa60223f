//! Which packs a verification reads.

use lifeboat_format::{PackId, Random};
use lifeboat_repository::KnownPack;
use std::collections::BTreeSet;
use std::time::Duration;

/// The whole, in the unit of [`ReadData::Share`].
const MILLION: u64 = 1_000_000;

/// The packs whose data is read. What is chosen at random is another choice in each run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReadData {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Those of one group. A pack is in the same group for ever, whatever other packs there are, so that the groups
    /// one after the other are all packs.
    Group {
        /// From 1 to the number of groups.
        number: u32,
        /// How many groups there are.
        groups: u32,
    },
    /// So many millionths of all packs, at random, rounded up.
    Share(u32),
    /// Random ones of at most so many bytes together; one in any case.
    Size(u64),
    /// Random ones, as many as can be begun in this time.
    Time(Duration),
    /// These, as far as there are any.
    Packs(BTreeSet<PackId>),
}

impl ReadData {
    /// The chosen ones among `packs`, in the order in which they are to be read.
    pub(crate) fn choose<'p>(self, mut packs: Vec<&'p KnownPack>, random: &dyn Random) -> Vec<&'p KnownPack> {
        if matches!(self, Self::Share(_) | Self::Size(_) | Self::Time(_)) {
            packs.sort_by_cached_key(|_| u64::from_le_bytes(random.array()));
        }
        match self {
            Self::None => packs.clear(),
            Self::All | Self::Time(_) => {}
            Self::Group { number, groups } => packs.retain(|pack| group_of(pack.id, groups) == number),
            Self::Share(millionths) => packs.truncate(share_of(packs.len(), millionths)),
            Self::Packs(wanted) => packs.retain(|pack| wanted.contains(&pack.id)),
            Self::Size(most) => packs.truncate(fitting(packs.iter().map(|pack| pack.stored_length), most)),
        }
        packs
    }
}

/// The group of a pack, from 1. Names are hashes: all groups are of about one size.
fn group_of(id: PackId, groups: u32) -> u32 {
    let (first, _) = id.as_bytes().split_first_chunk().expect("an id is longer");
    let group = u64::from_le_bytes(*first) % u64::from(groups.max(1));
    u32::try_from(group).map_or(groups, |group| group + 1)
}

fn share_of(count: usize, millionths: u32) -> usize {
    let share = (count as u64).saturating_mul(u64::from(millionths)).div_ceil(MILLION);
    usize::try_from(share).map_or(count, |share| share.min(count))
}

/// How many of these lengths, the first ones, are at most `most` together.
fn fitting(lengths: impl Iterator<Item = u64>, most: u64) -> usize {
    let mut total = 0_u64;
    let fit = lengths.take_while(|length| {
        total = total.saturating_add(*length);
        total <= most
    });
    fit.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_has_one_group_and_no_group_is_much_larger() {
        for groups in [1, 2, 5, 7, 256, 1000] {
            let mut sizes = vec![0; groups as usize];
            for number in 0..10_000_u32 {
                let id = PackId::new(*lifeboat_format::ObjectHash::of(&number.to_le_bytes()).as_bytes());
                sizes[group_of(id, groups) as usize - 1] += 1;
            }
            let mean = 10_000 / groups;
            assert!(sizes.iter().all(|size| *size <= 2 * mean + 20), "{groups}: {sizes:?}");
        }
        assert_eq!(group_of(PackId::new([0xff; 32]), u32::MAX), 1, "2^64 - 1 is divisible by 2^32 - 1");
    }

    #[test]
    fn shares_are_rounded_up() {
        assert_eq!([1, 100_000, 500_000, 1_000_000].map(|share| share_of(15, share)), [1, 2, 8, 15]);
        assert_eq!(share_of(0, 1_000_000), 0);
    }

    #[test]
    fn a_size_is_kept_but_for_the_first() {
        let fit = |most| fitting([10, 20, 5, 100].into_iter(), most);
        assert_eq!([0, 9, 10, 29, 30, 34, 35, 134, 135].map(fit), [1, 1, 1, 1, 2, 2, 3, 3, 4]);
        assert_eq!(fitting([u64::MAX, u64::MAX].into_iter(), u64::MAX - 1), 1);
    }
}
