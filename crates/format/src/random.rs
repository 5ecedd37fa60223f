//! Where random bytes come from: an argument, so that a whole history can be replayed from one seed.

/// A source of random bytes, good enough for keys outside of tests.
pub trait Random: Send + Sync {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

impl dyn Random + '_ {
    /// So many random bytes.
    #[must_use]
    pub fn array<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}
