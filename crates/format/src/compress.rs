//! Compression of segments, and decompression that cannot be made to exceed its bound.
//!
//! Spec: docs/format.md#segments. Bytes that hardly shrink are stored raw. Nothing probes for them first: zstd notices
//! them by itself, block by block, at a tenth of what compressing costs (docs/decisions/0010).

use crate::{FormatError, limits};
use std::fmt;
use zstd::zstd_safe::CParameter;

/// Level of [`Compression::Auto`].
const AUTO_LEVEL: i32 = 3;
/// What [`Compression::Auto`] changes of its level: both tables of places, for long and for short matches, are twice as
/// large. The level's own are the same for all inputs beyond 256 KiB and too small for 2 MiB.
const AUTO_TABLES: [CParameter; 2] = [CParameter::HashLog(18), CParameter::ChainLog(17)];

/// How a segment's bytes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Codec {
    /// As they are.
    Raw = 0,
    /// One zstd frame.
    Zstd = 1,
}

impl Codec {
    /// The codec of this number.
    ///
    /// # Errors
    /// [`FormatError::Newer`] when there is none so far.
    pub fn from_number(number: u8) -> Result<Self, FormatError> {
        match number {
            0 => Ok(Self::Raw),
            1 => Ok(Self::Zstd),
            _ => Err(FormatError::Newer("codec")),
        }
    }
}

/// How hard to compress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Off,
    /// As measured to be smaller than other programs at no more time: zstd with tables made for segments.
    #[default]
    Auto,
    /// zstd at this level.
    Level(i32),
}

/// Compresses one segment after the other; its buffers, and those to read back what was sealed, are used again.
pub struct Compressor {
    zstd: Option<zstd::bulk::Compressor<'static>>,
    pub(crate) buffers: Buffers,
}

/// What sealing a segment needs besides.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// The segment as it is stored.
    pub(crate) compressed: Vec<u8>,
    /// The segment as it was read back.
    pub(crate) again: Vec<u8>,
    pub(crate) opener: Opener,
}

/// Decompresses one segment after the other; its buffer is used again.
#[derive(Default)]
pub struct Opener {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    /// The segment as it lay in its seal.
    pub(crate) compressed: Vec<u8>,
}

impl Compression {
    /// Bytes that a compressor of this strength takes for segments of so many bytes, without its buffers: at most, by the
    /// tables that zstd has for each level, which are no larger than the segment needs.
    #[must_use]
    pub fn memory(self, segment: usize) -> usize {
        let most = match self {
            Self::Off => 0,
            Self::Auto => 3,
            Self::Level(..=6) => 4,
            Self::Level(7..=8) => 8,
            Self::Level(9..=11) => 22,
            Self::Level(12..=13) => 42,
            Self::Level(14..=18) => 67,
            Self::Level(19) => 84,
            Self::Level(20) => 166,
            Self::Level(21) => 196,
            Self::Level(22..) => 260,
        };
        (most << 20).min((2 << 20) + 16 * segment.next_power_of_two())
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compressor")
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

impl Compressor {
    /// A compressor of this strength.
    #[must_use]
    pub fn new(compression: Compression) -> Self {
        let zstd = match compression {
            Compression::Off => None,
            Compression::Auto => {
                let mut zstd = of_level(AUTO_LEVEL);
                for table in AUTO_TABLES {
                    zstd.set_parameter(table).expect("both are within what zstd allows");
                }
                Some(zstd)
            }
            Compression::Level(level) => Some(of_level(level)),
        };
        Self { zstd, buffers: Buffers::default() }
    }

    /// Compresses `raw` into `out` (whose former content is dropped) and says how.
    pub fn compress(&mut self, raw: &[u8], out: &mut Vec<u8>) -> Codec {
        out.clear();
        // Less than one part in 32 saved is not worth the time of every later reader.
        let worthwhile = raw.len() - raw.len() / 32;
        if let Some(zstd) = &mut self.zstd {
            out.reserve_exact(zstd::zstd_safe::compress_bound(raw.len()));
            if zstd.compress_to_buffer(raw, out).is_ok_and(|length| length < worthwhile) {
                return Codec::Zstd;
            }
        }
        out.clear();
        out.extend_from_slice(raw);
        Codec::Raw
    }
}

fn of_level(level: i32) -> zstd::bulk::Compressor<'static> {
    zstd::bulk::Compressor::new(level).expect("only a lack of memory refuses a context")
}

impl Opener {
    /// Restores exactly `raw_length` bytes into `out`, whose former content is dropped.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] when the bytes give another length; never more than `raw_length` is produced.
    pub fn decompress(
        &mut self,
        codec: Codec,
        bytes: &[u8],
        raw_length: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        self.compressed.clear();
        self.compressed.extend_from_slice(bytes);
        self.decompress_opened(codec, raw_length, out)
    }

    /// The same for what was opened into the buffer, which may be exchanged for `out`.
    pub(crate) fn decompress_opened(
        &mut self,
        codec: Codec,
        raw_length: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        let length = raw_length as usize;
        if length > limits::SEGMENT_RAW_MAX {
            return Err(FormatError::Limit("segment"));
        }
        match codec {
            Codec::Raw => std::mem::swap(&mut self.compressed, out),
            Codec::Zstd => {
                // The length of the slice, not the capacity of the vector, is what bounds the decompressor.
                out.reserve_exact(length.saturating_sub(out.len()));
                out.resize(length, 0);
                let zstd = self.zstd.get_or_insert_with(|| {
                    zstd::bulk::Decompressor::new().expect("only a lack of memory refuses a context")
                });
                let produced = zstd.decompress_to_buffer(&self.compressed[..], out.as_mut_slice());
                out.truncate(produced.map_err(|_| FormatError::Malformed("segment"))?);
            }
        }
        match out.len() == length {
            true => Ok(()),
            false => Err(FormatError::Malformed("segment")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Key, Keyring, PackSealer, Random, Role, VerifyWrites};

    struct Constant;

    impl Random for Constant {
        fn fill(&self, out: &mut [u8]) {
            out.fill(7);
        }
    }

    const RAW: &[u8] = b"what a pack of lies, what a pack of lies, what a pack of lies, what a pack of lies!";

    /// Compresses with a dictionary that no reader has: what it makes of [`RAW`] is not [`RAW`] to anybody else.
    fn liar() -> Compressor {
        let mut compressor = Compressor::new(Compression::Off);
        compressor.zstd = Some(zstd::bulk::Compressor::with_dictionary(3, RAW).unwrap());
        compressor
    }

    /// What it makes of [`RAW`] opens without complaint, and is something else of the same length.
    fn confused() -> Compressor {
        let mut compressor = liar();
        let other = RAW.to_ascii_uppercase();
        let zstd = zstd::bulk::Decompressor::with_dictionary(&other).unwrap();
        compressor.buffers.opener.zstd = Some(zstd);
        compressor
    }

    fn seal(ordinal: u32, verify: VerifyWrites, compressor: &mut Compressor) -> Result<Codec, FormatError> {
        let master = Key::new([1; 32]);
        let objects = Keyring::generate(&master, &Constant);
        let (keyring, _) = Keyring::assemble(&master, objects.iter().map(|key| &key.bytes[..])).unwrap();
        let sealer = PackSealer::create(&keyring, Role::Data, &Constant);
        let sealed = sealer.seal_segment(ordinal, RAW, compressor, &[2; 32], verify, &mut Vec::new());
        sealed.map(|segment| segment.codec)
    }

    #[test]
    fn compressors_take_no_more_memory_than_they_are_said_to_and_not_much_less() {
        let levels = (1..=22).map(Compression::Level);
        for compression in levels.chain([Compression::Auto, Compression::Off]) {
            for length in [(1 << 20) + 1, 2 << 20, 12 << 20] {
                let mut compressor = Compressor::new(compression);
                compressor.compress(&vec![0; length], &mut Vec::new());
                let taken = compressor.zstd.as_mut().map_or(0, |zstd| zstd.context_mut().sizeof());
                let said = compression.memory(length);
                assert!((taken..=2 * taken + (3 << 20)).contains(&said), "{compression:?} {length}: {taken}");
            }
        }
    }

    #[test]
    fn what_does_not_come_back_is_found_by_reading_it_back() {
        let fault = Err(FormatError::NotReproduced("segment"));
        let unseen = Ok(Codec::Zstd);
        let table = [
            (VerifyWrites::All, [&fault; 5]),
            (VerifyWrites::Sample, [&fault, &unseen, &unseen, &fault, &unseen]),
            (VerifyWrites::Off, [&unseen; 5]),
        ];
        for (verify, expected) in table {
            let found = [0, 1, 15, 16, 17].map(|ordinal| seal(ordinal, verify, &mut liar()));
            assert_eq!(found.each_ref(), expected, "{verify:?}");
        }
        assert_eq!(seal(0, VerifyWrites::All, &mut confused()), fault);
        assert_eq!(seal(0, VerifyWrites::Off, &mut confused()), unseen);
        let honest = &mut Compressor::new(Compression::default());
        assert_eq!(seal(0, VerifyWrites::All, honest), unseen);
    }
}
