//! A tiny deterministic generator: SplitMix64 (Steele, Lea, Flood 2014), good enough for contents and choices.
//!
//! The same seed gives the same sequence on every machine and in every release, so a failing seed can be replayed.

/// A sequence of pseudo-random numbers that is a function of its seed.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..n`. Panics when `n` is zero.
    pub const fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "no number is below zero");
        // The bias of a remainder is far too small to matter for a test.
        self.next_u64() % n
    }

    /// A position in a slice of `len` elements. Panics when `len` is zero.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("it is below a usize")
    }

    /// One element of a slice that is not empty.
    pub fn pick<'a, T>(&mut self, elements: &'a [T]) -> &'a T {
        &elements[self.index(elements.len())]
    }

    /// Overwrites `buffer` with incompressible bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        for piece in buffer.chunks_mut(8) {
            piece.copy_from_slice(&self.next_u64().to_le_bytes()[..piece.len()]);
        }
    }

    /// `n` incompressible bytes.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.fill(&mut bytes);
        bytes
    }

    /// `n` bytes of English-looking words, which compress well.
    pub fn text(&mut self, n: usize) -> Vec<u8> {
        const WORDS: [&str; 12] = [
            "anchor ",
            "boat ",
            "captain\n",
            "davit ",
            "ebb ",
            "flare ",
            "gale ",
            "harbour\n",
            "island ",
            "jib ",
            "keel ",
            "lantern.\n",
        ];
        let mut text = Vec::with_capacity(n + 16);
        while text.len() < n {
            text.extend_from_slice(self.pick(&WORDS).as_bytes());
        }
        text.truncate(n);
        text
    }

    /// Puts the elements in an order that depends on the seed alone.
    pub fn shuffle<T>(&mut self, elements: &mut [T]) {
        for last in (1..elements.len()).rev() {
            elements.swap(last, self.index(last + 1));
        }
    }
}
