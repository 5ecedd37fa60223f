//! How much memory a run may hold, shared out by name.
//!
//! A verb runs in what is given: caches shrink first, then packs, then threads. Which of backup, verify and restore needs
//! most does not matter: each gets by with the whole. docs/architecture.md has the table, and what still grows.
//!
//! Invariant: [`Memory::total`] is no more than what was given, unless even the smallest share of everything is more.

use lifeboat_format::{Compression, Config, Role, code_memory};
use std::ops::RangeInclusive;

/// The program itself, its stacks, the log, and what the allocator does not give back.
const BASE: usize = 16 << 20;
/// A decompressor of one thread, without its buffers.
const DECOMPRESSOR: usize = 1 << 19;
/// Records of a pack: as many blobs as it is closed at.
const RECORDS: usize = 2 << 20;
/// Index objects being filled, the bytes of one, its table, and the blobs on their way.
const INDEXING: usize = 16 << 20;
/// Log entries and index objects that are asked for together: before anything else of a run is held, and less than the
/// least of it.
pub(crate) const FETCHED: u64 = 8 << 20;

const RECENT: RangeInclusive<usize> = 4 << 20..=8 << 20;
const INDEX_CACHE: RangeInclusive<usize> = 4 << 20..=8 << 20;
const NAMES: RangeInclusive<usize> = 1 << 20..=8 << 20;
const BATCH: RangeInclusive<usize> = 4 << 20..=32 << 20;
/// Packs of data: one that is filled, and one that is stored meanwhile. Far away one is sent while the next waits for its
/// answer.
const PACKS: usize = 2;
const PACKS_FAR: usize = 3;
/// Ranges that are fetched from far away, wait to be opened, or are being opened. With 50 ms for each request so many
/// fill any link.
const RANGES: RangeInclusive<usize> = 2..=12;
/// Bytes that are fetched from far away at once.
const RANGE_LENGTH: usize = 8 << 20;
/// Packs of trees: one that is filled, and one that is stored meanwhile, or mended.
const TREE_PACKS: usize = 2;
/// Packs of each role that a backup fills at once.
pub(crate) const PACKS_FILLED: usize = 1;
/// Packs of trees are so many times smaller than those of data: there is far less of them, and they would stay in memory
/// for long.
const TREE_PACK_DIVISOR: usize = 4;
/// Segments that may wait or be worked on, for each thread.
const SEGMENTS_PER_THREAD: usize = 2;
/// Bytes by which a pack may exceed what it should have at most.
const PACK_BEYOND: usize = 8 << 20;
/// Segments by which a pack may exceed its size before the next one goes elsewhere.
const PACK_EXCESS: usize = 2;

/// The limits of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    threads: usize,
    packs: usize,
    /// None where nothing is fetched ahead.
    ranges: Option<usize>,
    recent: usize,
    index_cache: usize,
    names: usize,
    batch: usize,
    /// Bytes of the largest segment, at which a pack of data is closed, and of the buffer that files are read into.
    segment: usize,
    pack: usize,
    reading: usize,
    /// Bytes of the parity of a pack of data.
    parity: usize,
    /// Bytes of a compressor, of what makes the parity of a pack or mends it, and of what all who do share.
    compressor: usize,
    coding: usize,
    coding_tables: usize,
}

impl Memory {
    /// Bytes that are given when nothing is said.
    pub const USUAL: u64 = 256 << 20;

    /// Shares out so many bytes among at most so many threads that compress so hard. What is far away is fetched ahead, and
    /// stored several at once.
    #[must_use]
    pub fn within(max: u64, threads: usize, config: &Config, compression: Compression, is_far: bool) -> Self {
        let longest = config.chunker.maximum.max(config.data_segment).max(config.tree_segment) as usize;
        // Parity takes a quarter more than its percent, and some in any case.
        let parity = config.pack as usize / 100 * (config.parity as usize * 5 / 4) + (1 << 19);
        let (coding, coding_tables) = if config.parity > 0 { code_memory() } else { (0, 0) };
        let mut memory = Self {
            threads: threads.max(1),
            packs: if is_far { PACKS_FAR } else { PACKS },
            ranges: is_far.then_some(*RANGES.end()),
            recent: *RECENT.end(),
            index_cache: *INDEX_CACHE.end(),
            names: *NAMES.end(),
            batch: *BATCH.end(),
            segment: longest + longest / 128 + (4 << 10),
            pack: config.pack as usize,
            reading: (1 << 20).max(2 * config.chunker.maximum as usize),
            parity,
            compressor: compression.memory(longest),
            coding: parity + coding,
            coding_tables,
        };
        while memory.total() > max && memory.shrink() {}
        memory
    }

    /// The least that can be given, in bytes, wherever the repository lies.
    #[must_use]
    pub fn smallest(config: &Config, compression: Compression) -> u64 {
        let least = |is_far| Self::within(0, 1, config, compression, is_far).total();
        least(false).max(least(true))
    }

    /// The least that can be given where a password has to be tried that costs so many bytes: they are given back before
    /// anything else is held.
    #[must_use]
    pub fn smallest_with_password(config: &Config, compression: Compression, password: u64) -> u64 {
        Self::smallest(config, compression).max(BASE as u64 + password)
    }

    /// What all limits of the most demanding verb add up to, in bytes.
    #[must_use]
    pub fn total(&self) -> u64 {
        let most = self.backup().max(self.restore()).max(self.verify()).max(self.scrub());
        (BASE + self.coding_tables + self.index_cache + self.recent + most) as u64
    }

    /// Threads that compress, open, compare and write.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Segments that wait to be sealed, or are being sealed.
    #[must_use]
    pub fn segments_in_flight(&self) -> usize {
        SEGMENTS_PER_THREAD * self.threads
    }

    /// Packs of data that are being filled, stored or verified.
    #[must_use]
    pub fn packs(&self) -> usize {
        self.packs
    }

    /// Packs that wait to be stored, or are being stored.
    #[must_use]
    pub fn packs_in_flight(&self) -> usize {
        self.packs + TREE_PACKS
    }

    /// Packs that are stored at once: a local disk takes one after the other.
    pub(crate) fn packs_stored_at_once(&self) -> usize {
        self.ranges.map_or(1, |_| self.packs_in_flight())
    }

    /// Ranges of packs that are in memory, fetched or on their way; none where each is read when it is its turn.
    #[must_use]
    pub fn ranges(&self) -> Option<usize> {
        self.ranges
    }

    /// Bytes that are fetched at once, unless a single segment has more; none where it is one segment at a time.
    pub(crate) fn range_length(&self) -> Option<usize> {
        self.ranges.map(|_| RANGE_LENGTH.min(self.pack_buffer(Role::Data)))
    }

    /// Bytes at which a pack is closed.
    #[must_use]
    pub fn pack_size(&self, role: Role) -> usize {
        match role {
            Role::Data => self.pack,
            Role::Tree => self.pack / TREE_PACK_DIVISOR,
        }
    }

    /// Buffers for packs of a role in a run that writes.
    pub(crate) fn writing_buffers(&self, role: Role) -> (usize, usize) {
        let count = match role {
            Role::Data => self.packs,
            Role::Tree => TREE_PACKS,
        };
        (count, self.pack_buffer(role))
    }

    /// The same in a run that reads: one is for the pack that is mended.
    pub(crate) fn mending_buffers(&self, role: Role) -> (usize, usize) {
        (1, self.pack_buffer(role))
    }

    /// Buffers for packs that are verified, or fetched ahead for it: all are read into the largest.
    pub(crate) fn verifying_buffers(&self, role: Role) -> (usize, usize) {
        let count = match (role, self.ranges) {
            (Role::Tree, _) => 0,
            (Role::Data, Some(_)) => self.packs,
            (Role::Data, None) => self.pack_threads(),
        };
        (count, self.pack_buffer(role))
    }

    /// Threads each of which may hold a whole pack.
    #[must_use]
    pub fn pack_threads(&self) -> usize {
        self.threads.min(self.packs)
    }

    /// Bytes of the buffer of a pack: it is closed when what is under way to it may fill it by so many segments more.
    /// docs/format.md has its directory and parity.
    #[must_use]
    pub fn pack_buffer(&self, role: Role) -> usize {
        let size = self.pack_size(role) / 100 * 101 + self.parity;
        size + self.pack_excess() + self.segment + RECORDS
    }

    /// Bytes of the longest pack that is read whole: somewhat more than writers of this repository make. Anybody who can write
    /// to the storage can put something longer there.
    pub(crate) fn longest_pack(&self) -> u64 {
        (self.pack_buffer(Role::Data) + PACK_BEYOND) as u64
    }

    /// Bytes of the largest segment, sealed or not.
    pub(crate) fn segment(&self) -> usize {
        self.segment
    }

    /// Bytes by which a pack may exceed the size at which it is closed before nothing more is sent to it.
    #[must_use]
    pub fn pack_excess(&self) -> usize {
        PACK_EXCESS * self.segment
    }

    /// Bytes of opened segments that are kept for their neighbours.
    #[must_use]
    pub fn recent_segments(&self) -> usize {
        self.recent
    }

    /// Bytes of the blocks of index tables that are kept.
    #[must_use]
    pub fn index_cache(&self) -> usize {
        self.index_cache
    }

    /// Bytes of names of directories being walked.
    #[must_use]
    pub fn names(&self) -> usize {
        self.names
    }

    /// Bytes that describe what a part of a restore is to do.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch
    }

    fn backup(&self) -> usize {
        // Of each role one segment is being filled.
        let segments = (2 + self.segments_in_flight()) * self.segment;
        let sealing = self.threads * (4 * self.segment + self.compressor + DECOMPRESSOR);
        let packs: usize = Role::ALL.map(|role| self.all_of(self.writing_buffers(role))).iter().sum();
        let packs = packs + RECORDS + self.coding;
        self.names + self.reading + segments + sealing + packs + INDEXING
    }

    /// One pack may have to be mended, while one of trees is fetched.
    fn restore(&self) -> usize {
        let packs: usize = Role::ALL.map(|role| self.pack_buffer(role)).iter().sum();
        self.batch + self.opening() + self.fetching() + packs + self.coding
    }

    fn fetching(&self) -> usize {
        let length = self.range_length().map_or(0, |length| length.max(self.segment));
        self.ranges.unwrap_or_default() * length
    }

    /// Beside those that are read one may have to be mended.
    fn verify(&self) -> usize {
        let buffers =
            |role| self.all_of(self.mending_buffers(role)) + self.all_of(self.verifying_buffers(role));
        let packs: usize = Role::ALL.map(buffers).iter().sum();
        packs + self.pack_threads() * (RECORDS + self.coding) + self.opening()
    }

    fn scrub(&self) -> usize {
        self.pack_threads() * (self.pack_buffer(Role::Data) + self.coding)
    }

    /// Bytes of these buffers, and of what describes the packs in them.
    fn all_of(&self, (count, capacity): (usize, usize)) -> usize {
        count * (capacity + RECORDS)
    }

    fn opening(&self) -> usize {
        self.threads * (3 * self.segment + DECOMPRESSOR)
    }

    /// Takes a step down that helps the most demanding verb, if there is one left.
    fn shrink(&mut self) -> bool {
        let steps: [fn(&mut Self); 7] = [
            |memory| halve(&mut memory.recent, &RECENT),
            |memory| halve(&mut memory.index_cache, &INDEX_CACHE),
            |memory| halve(&mut memory.batch, &BATCH),
            |memory| halve(&mut memory.names, &NAMES),
            |memory| memory.ranges = memory.ranges.map(|ranges| (ranges - 1).max(*RANGES.start())),
            |memory| memory.packs = (memory.packs - 1).max(PACKS_FILLED),
            |memory| memory.threads = (memory.threads - 1).max(1),
        ];
        let smaller = steps.iter().find_map(|step| {
            let mut smaller = self.clone();
            step(&mut smaller);
            (smaller.total() < self.total()).then_some(smaller)
        });
        smaller.map(|smaller| *self = smaller).is_some()
    }
}

fn halve(bytes: &mut usize, range: &RangeInclusive<usize>) {
    *bytes = (*bytes / 2).max(*range.start());
}
