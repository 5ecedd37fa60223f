//! Chunker 1: where files are cut by content.
//!
//! Spec: docs/format.md#chunker-1. FastCDC 2020 with normalisation 2 through the crate `fastcdc`, its gear table
//! drawn from the repository's keys. The same content gives the same cuts whatever the sizes of the reads.

use crate::{FormatError, Key};
use fastcdc::v2020;
use minicbor::{Decode, Encode};
use std::fmt;

/// How files are cut: recorded in the config when a repository is made, and never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChunkerParams {
    /// Which algorithm; 1 is the only one so far.
    #[n(0)]
    pub number: u32,
    /// No chunk but a file's last is shorter, in bytes.
    #[n(1)]
    pub minimum: u32,
    /// Around which size chunks gather, in bytes.
    #[n(2)]
    pub average: u32,
    /// No chunk is longer, in bytes.
    #[n(3)]
    pub maximum: u32,
}

impl ChunkerParams {
    /// Chunker 1 around `average` bytes, which is rounded to a multiple of four.
    #[must_use]
    pub fn around(average: u32) -> Self {
        let average = average & !3;
        Self { number: 1, minimum: average / 2, average, maximum: average.saturating_mul(3) }
    }

    fn check(&self) -> Result<(), FormatError> {
        let even = [self.minimum, self.average, self.maximum].iter().all(|size| size.is_multiple_of(2));
        let ordered = self.minimum < self.average && self.average < self.maximum;
        // The masks that fastcdc selects from end soon after averages of 4 MiB.
        let bounded =
            self.minimum >= 64 && (256..=4 << 20).contains(&self.average) && self.maximum <= 12 << 20;
        match (self.number, even && ordered && bounded) {
            (1, true) => Ok(()),
            (1, false) => Err(FormatError::Malformed("chunk sizes")),
            _ => Err(FormatError::Newer("chunker")),
        }
    }
}

/// Finds cut points.
#[derive(Clone)]
pub struct Chunker {
    params: ChunkerParams,
    gear: Box<[u64; 256]>,
    gear_shifted: Box<[u64; 256]>,
    mask_strict: u64,
    mask_relaxed: u64,
}

impl fmt::Debug for Chunker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunker({:?})", self.params)
    }
}

impl Chunker {
    pub(crate) fn new(params: ChunkerParams, domain_key: &Key) -> Result<Self, FormatError> {
        params.check()?;
        let gear = gear(domain_key);
        let (mask_strict, mask_relaxed) =
            v2020::select_masks(params.average as usize, v2020::Normalization::Level2);
        let gear_shifted = Box::new(gear.map(|value| value << 1));
        Ok(Self { params, gear, gear_shifted, mask_strict, mask_relaxed })
    }

    /// The sizes it cuts to.
    #[must_use]
    pub fn params(&self) -> &ChunkerParams {
        &self.params
    }

    /// Length of the first chunk of `bytes`, or `None` while more bytes could move the cut.
    ///
    /// `last` says that the content ends with `bytes`, which then always yields a chunk unless it is empty.
    #[must_use]
    pub fn cut(&self, bytes: &[u8], last: bool) -> Option<usize> {
        if bytes.is_empty() || (!last && bytes.len() < self.params.maximum as usize) {
            return None;
        }
        let (_, length) = v2020::cut_gear(
            bytes,
            self.params.minimum as usize,
            self.params.average as usize,
            self.params.maximum as usize,
            self.mask_strict,
            self.mask_relaxed,
            self.mask_strict << 1,
            self.mask_relaxed << 1,
            &self.gear[..],
            &self.gear_shifted[..],
        );
        Some(length)
    }
}

fn gear(domain_key: &Key) -> Box<[u64; 256]> {
    let mut hasher = blake3::Hasher::new_derive_key("lifeboat v1 gear");
    let mut stream = hasher.update(domain_key.as_bytes()).finalize_xof();
    let mut table = Box::new([0; 256]);
    for value in table.iter_mut() {
        let mut bytes = [0; 8];
        stream.fill(&mut bytes);
        *value = u64::from_le_bytes(bytes);
    }
    table
}
