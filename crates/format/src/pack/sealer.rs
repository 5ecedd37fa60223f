//! The key of one pack at work: sealing and opening its segments and its directory.
//!
//! Spec: docs/format.md#packs. Every pack has a random key of its own, wrapped in its header.

use super::layout::PackHeader;
use crate::key::tags_equal;
use crate::{
    Bug, Codec, Compressor, FormatError, Key, KeySetId, Keyring, Opener, PackSegment, Random, Role,
    SealContext, SealRole, Sealer, VerifyWrites, compress::Buffers, limits, planted,
};
use zeroize::Zeroizing;

/// Ordinal of the directory: no segment has it.
const DIRECTORY_ORDINAL: u32 = u32::MAX;
const COMMITMENT: &str = "lifeboat v1 pack key commitment";

/// Seals and opens the parts of one pack.
#[derive(Debug)]
pub struct PackSealer {
    key_set: KeySetId,
    header: PackHeader,
    sealer: Sealer,
}

impl PackSealer {
    /// The sealer of a new pack with a fresh key.
    #[must_use]
    pub fn create(keyring: &Keyring, role: Role, random: &dyn Random) -> Self {
        let salt = random.array();
        let key = Key::random(random);
        let wrapped = keyring.wrap_sealer().seal(
            &wrap_context(keyring.key_set(), salt),
            &random.array(),
            key.as_bytes(),
        );
        let wrapped = wrapped.try_into().expect("32 bytes sealed are 72");
        let header = PackHeader::new(role, salt, wrapped, key.commitment(COMMITMENT, &salt));
        Self { key_set: keyring.key_set(), header, sealer: Sealer::new(&key) }
    }

    /// The sealer of the pack with this header.
    ///
    /// # Errors
    /// [`FormatError::NotAuthentic`] when the header was altered or belongs to other keys;
    /// [`FormatError::Newer`] for a domain or epoch that this program has no key for.
    pub fn open(keyring: &Keyring, header: PackHeader) -> Result<Self, FormatError> {
        if header.domain.get() != 0 || header.epoch.get() != 0 {
            return Err(FormatError::Newer("pack key epoch"));
        }
        let context = wrap_context(keyring.key_set(), header.salt);
        let key = Zeroizing::new(keyring.wrap_sealer().open(&context, &header.wrapped_key, "pack key")?);
        let key = Key::of_slice(&key).ok_or(FormatError::Malformed("pack key"))?;
        match tags_equal(&key.commitment(COMMITMENT, &header.salt), &header.commitment) {
            true => Ok(Self { key_set: keyring.key_set(), header, sealer: Sealer::new(&key) }),
            false => Err(FormatError::NotAuthentic("pack key")),
        }
    }

    /// The header; of a pack under construction the lengths are still zero.
    #[must_use]
    pub fn header(&self) -> &PackHeader {
        &self.header
    }

    /// Compresses and seals a segment as number `ordinal` of the pack, reads it back where `verify` covers it, and
    /// appends it to `out`.
    ///
    /// The offset in what is returned is zero: the pack gives it its place.
    ///
    /// # Errors
    /// [`FormatError::Limit`] when `raw` is larger than a segment may be; [`FormatError::NotReproduced`] when what was
    /// sealed does not open to it again.
    pub fn seal_segment(
        &self,
        ordinal: u32,
        raw: &[u8],
        compressor: &mut Compressor,
        random: &[u8; 32],
        verify: VerifyWrites,
        out: &mut Vec<u8>,
    ) -> Result<PackSegment, FormatError> {
        let raw_length = u32::try_from(raw.len()).ok().filter(|_| raw.len() <= limits::SEGMENT_RAW_MAX);
        let raw_length = raw_length.ok_or(FormatError::Limit("segment"))?;
        let mut buffers = std::mem::take(&mut compressor.buffers);
        let codec = compressor.compress(raw, &mut buffers.compressed);
        let is_unchecked = planted(Bug::UncheckedCodec);
        if is_unchecked && random[0] < 16 && !buffers.compressed.is_empty() {
            buffers.compressed[0] ^= 1;
        }
        let context = self.segment_context(ordinal, raw_length, codec);
        let start = out.len();
        self.sealer.seal_into(&context, random, &buffers.compressed, out);
        let sealed_length = u32::try_from(out.len() - start).map_err(|_| FormatError::Limit("segment"))?;
        let segment = PackSegment { offset: 0, sealed_length, raw_length, codec };
        let Buffers { again, opener, .. } = &mut buffers;
        let is_same = is_unchecked
            || !verify.covers(ordinal)
            || self.open_segment(ordinal, &segment, &out[start..], opener, again).is_ok() && *again == raw;
        compressor.buffers = buffers;
        match is_same {
            true => Ok(segment),
            false => Err(FormatError::NotReproduced("segment")),
        }
    }

    /// Opens and decompresses segment `ordinal` into `out`, whose former content is dropped.
    ///
    /// # Errors
    /// When the bytes are not the authentic segment of that number.
    pub fn open_segment(
        &self,
        ordinal: u32,
        segment: &PackSegment,
        sealed: &[u8],
        opener: &mut Opener,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        let context = self.segment_context(ordinal, segment.raw_length, segment.codec);
        self.sealer.open_into(&context, sealed, &mut opener.compressed, "segment")?;
        opener.decompress_opened(segment.codec, segment.raw_length, out)
    }

    pub(super) fn seal_directory(&self, directory: &[u8], random: &[u8; 32], out: &mut Vec<u8>) {
        self.sealer.seal_into(&self.directory_context(), random, directory, out);
    }

    pub(super) fn open_directory(&self, sealed: &[u8]) -> Result<Vec<u8>, FormatError> {
        self.sealer.open(&self.directory_context(), sealed, "pack directory")
    }

    fn segment_context(&self, ordinal: u32, raw_length: u32, codec: Codec) -> SealContext {
        let role = match self.header.role() {
            Role::Data => SealRole::Data,
            Role::Tree => SealRole::Tree,
        };
        SealContext { ordinal, codec: codec as u8, ..self.context(role, raw_length) }
    }

    /// The directory's length is left out: the header, where it stands, is written after the directory is sealed.
    fn directory_context(&self) -> SealContext {
        SealContext { ordinal: DIRECTORY_ORDINAL, ..self.context(SealRole::PackDirectory, 0) }
    }

    fn context(&self, role: SealRole, raw_length: u32) -> SealContext {
        SealContext::alone(self.key_set, role, self.header.salt, raw_length)
    }
}

fn wrap_context(key_set: KeySetId, salt: [u8; 32]) -> SealContext {
    SealContext::alone(key_set, SealRole::PackKey, salt, 32)
}
