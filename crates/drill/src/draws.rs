//! Random choices that anybody can make again: from a seed, by SHA-256 alone.
//!
//! Spec: docs/drills.md, "The seed". Number `i` is the first eight bytes of SHA-256(seed, i) with both as they are hashed below; a choice among `n`
//! is that number times `n`, divided by 2^64.

use lifeboat_format::EvidenceHash;

/// A seed of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawSeed([u8; 32]);

impl DrawSeed {
    /// From what is to decide it.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        Self(*EvidenceHash::of(&parts.concat()).as_bytes())
    }

    /// One of its own for a part of the drill.
    #[must_use]
    pub fn part(&self, name: &str) -> Self {
        Self::of(&[&self.0, name.as_bytes()])
    }

    /// As it stands in records, 64 hexadecimal digits.
    #[must_use]
    pub fn text(&self) -> String {
        EvidenceHash::new(self.0).to_string()
    }

    /// Choice number `number` among so many, from zero.
    #[must_use]
    pub fn choose(&self, number: u64, among: u64) -> u64 {
        let hash = EvidenceHash::of(&[&self.0[..], &number.to_le_bytes()].concat());
        let (first, _) = hash.as_bytes().split_first_chunk::<8>().expect("it has 32 bytes");
        let product = u128::from(u64::from_le_bytes(*first)) * u128::from(among);
        u64::try_from(product >> 64).expect("it is below the number that it is chosen among")
    }

    /// So many choices with replacement among so many, sorted.
    #[must_use]
    pub fn draws(&self, count: u64, among: u64) -> Vec<u64> {
        let mut drawn: Vec<u64> = (0..count).map(|number| self.choose(number, among)).collect();
        drawn.sort_unstable();
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::DrawSeed;

    #[test]
    fn choices_are_even_and_the_same_every_time() {
        let seed = DrawSeed::of(&[b"a seed"]);
        let drawn = seed.draws(100_000, 10);
        assert_eq!(drawn, seed.draws(100_000, 10));
        assert_ne!(drawn, seed.part("other").draws(100_000, 10));
        for digit in 0..10 {
            let count = drawn.iter().filter(|drawn| **drawn == digit).count();
            assert!((9_500..10_500).contains(&count), "{digit} was drawn {count} times");
        }
        assert!(seed.draws(1000, u64::MAX).iter().all(|drawn| *drawn < u64::MAX));
        assert_eq!(seed.draws(3, 1), [0, 0, 0]);
        assert_eq!(seed.text().len(), 64);
    }
}
