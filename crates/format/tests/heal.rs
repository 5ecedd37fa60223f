//! What parity promises: any damage within its budget is undone, wherever it is, and beyond it nothing wrong comes out.

use crate::world;
use lifeboat_format::{Compression, FormatError, Pack, Role};
use lifeboat_testkit::Random;
use std::ops::Range;
use std::sync::LazyLock;

const SECTOR: usize = 4096;
const TRAILER: usize = 248;

/// A pack and what damage finds where.
struct Sample {
    pack: Pack,
    core: usize,
    shard: usize,
    /// Where its records begin.
    records: usize,
}

impl Sample {
    fn new(segments: &[Vec<Vec<u8>>]) -> Self {
        let keyring = world::keyring(1);
        let pack = world::pack_with_parity(&keyring, Role::Data, Compression::Off, segments, 4, 3);
        let core = usize::try_from(pack.header.core_length()).expect("it is in memory");
        let shard = if core > 1 << 20 { 4 * SECTOR } else { SECTOR };
        Self { pack, core, shard, records: core.next_multiple_of(shard) }
    }

    fn bytes(&self) -> &[u8] {
        &self.pack.bytes
    }

    fn record_length(&self) -> usize {
        self.shard + SECTOR
    }

    fn record_count(&self) -> usize {
        (self.bytes().len() - TRAILER - self.records) / self.record_length()
    }

    /// First bytes of all sectors, whatever is in them.
    fn sectors(&self) -> Vec<usize> {
        (0..self.bytes().len()).step_by(SECTOR).collect()
    }

    /// The sector with the side block of a record.
    fn side(&self, number: usize) -> usize {
        self.records + number * self.record_length() + self.shard
    }

    fn heal(&self, bytes: Vec<u8>) -> Result<Vec<u8>, FormatError> {
        let whole = Pack::restore(self.pack.id, bytes.clone(), self.bytes().len() as u64);
        let healed = Pack::heal(self.pack.id, bytes);
        assert_eq!(whole.is_ok(), healed.is_ok());
        assert!(whole.is_ok_and(|whole| whole == self.bytes()) || healed.is_err(), "wrong bytes");
        assert!(healed.as_ref().map_or(true, |core| core == &self.bytes()[..self.core]), "wrong bytes");
        healed
    }

    #[track_caller]
    fn heals(&self, bytes: Vec<u8>) {
        self.heal(bytes).expect("within the budget");
    }

    fn with_noise(&self, places: impl IntoIterator<Item = Range<usize>>) -> Vec<u8> {
        let mut bytes = self.bytes().to_vec();
        for (seed, place) in (100..).zip(places) {
            let place = place.start..place.end.min(bytes.len());
            let noise = world::noise(seed, place.len());
            bytes[place].copy_from_slice(&noise);
        }
        bytes
    }

    fn with_burst(&self, start: usize, length: usize) -> Vec<u8> {
        self.with_noise(std::iter::once(start..start + length))
    }

    fn without_sectors(&self, sectors: impl IntoIterator<Item = usize>) -> Vec<u8> {
        self.with_noise(sectors.into_iter().map(|start| start..start + SECTOR))
    }
}

/// Two segments and a directory in one shard.
static TINY: LazyLock<Sample> =
    LazyLock::new(|| Sample::new(&[vec![world::noise(1, 700)], vec![world::noise(2, 9)]]));

/// About thirty shards of one sector.
static SMALL: LazyLock<Sample> = LazyLock::new(|| {
    let segments: Vec<_> = (0..4).map(|seed| vec![world::noise(seed, 30_000)]).collect();
    Sample::new(&segments)
});

/// A pack as writers close it.
static FULL: LazyLock<Sample> = LazyLock::new(|| {
    let segments: Vec<_> = (0..32).map(|seed| vec![world::noise(seed, 1 << 20)]).collect();
    let full = Sample::new(&segments);
    assert!(full.core > 32 << 20 && full.core < 33 << 20);
    full
});

#[test]
fn a_pack_with_parity_is_read_as_one_without() {
    for sample in [&*TINY, &*SMALL] {
        let keyring = world::keyring(1);
        let read = Pack::parse(sample.pack.id, sample.bytes().to_vec(), &keyring).expect("it was just made");
        assert_eq!((read.header, read.segments, read.blobs), {
            let made = sample.pack.clone();
            (made.header, made.segments, made.blobs)
        });
        assert_eq!(Pack::scrub_parity(sample.bytes()), Ok(()));
        sample.heals(sample.bytes().to_vec());
    }
}

#[test]
fn the_name_does_not_depend_on_parity() {
    let segments = [vec![world::noise(1, 700)], vec![world::noise(2, 9)]];
    let without = world::pack(&world::keyring(1), Role::Data, Compression::Off, &segments, 4);
    assert_eq!(without.id, TINY.pack.id);
    assert_eq!(without.bytes[..TINY.core], TINY.bytes()[..TINY.core]);
    assert_eq!(without.bytes.len(), TINY.core + TRAILER);
}

#[test]
fn one_sector_may_be_lost_anywhere() {
    for sample in [&*TINY, &*SMALL] {
        for sector in sample.sectors() {
            sample.heals(sample.without_sectors([sector]));
        }
    }
}

#[test]
fn two_and_three_sectors_may_be_lost_anywhere() {
    let sectors = SMALL.sectors();
    assert_eq!(SMALL.record_count(), 4);
    for (at, first) in sectors.iter().enumerate() {
        for second in &sectors[at..] {
            SMALL.heals(SMALL.without_sectors([*first, *second]));
            SMALL.heals(SMALL.without_sectors([*first, *second, 0]));
        }
    }
}

#[test]
fn every_flipped_byte_of_a_tiny_pack_is_undone() {
    for place in 0..TINY.bytes().len() {
        let mut bytes = TINY.bytes().to_vec();
        bytes[place] ^= 0x20;
        TINY.heals(bytes);
    }
}

#[test]
fn a_burst_of_three_shards_may_begin_at_any_byte() {
    let length = 2 * SECTOR + 2;
    for start in (0..SMALL.bytes().len() - length).step_by(509) {
        SMALL.heals(SMALL.with_burst(start, length));
    }
}

#[test]
fn beyond_the_budget_nothing_wrong_comes_out() {
    let mut random = Random::new(3);
    let (mut healed, mut refused) = (0, 0);
    for count in 0..60 {
        let mut sectors = SMALL.sectors();
        random.shuffle(&mut sectors);
        match SMALL.heal(SMALL.without_sectors(sectors.into_iter().take(count % 12))) {
            Ok(_) => healed += 1,
            Err(error) => {
                assert_eq!(error, FormatError::WrongHash("pack"));
                refused += 1;
            }
        }
    }
    assert!(healed > 10 && refused > 10, "{healed} {refused}");
    for bytes in [Vec::new(), vec![0; 100], vec![0; 1 << 20], world::noise(1, 70_000)] {
        assert!(SMALL.heal(bytes).is_err());
    }
}

#[test]
fn a_lost_end_and_what_was_appended_do_no_harm() {
    for sample in [&*TINY, &*SMALL, &*FULL] {
        let parity = sample.record_count() * sample.record_length() + TRAILER;
        let length = sample.bytes().len();
        for lost in [1, TRAILER, TRAILER + 1, SECTOR, parity / 2, parity - 1, parity] {
            sample.heals(sample.bytes()[..length - lost].to_vec());
        }
        // All but the last record is there to mend with.
        let mut bytes = sample.without_sectors([0, SECTOR]);
        bytes.truncate(length - TRAILER - 1);
        sample.heals(bytes.clone());
        bytes.extend_from_slice(&world::noise(5, 10_000));
        sample.heals(bytes);
        sample.heals([sample.bytes(), b"appended"].concat());
    }
}

#[test]
fn a_core_that_is_cut_short_needs_parity_behind_it() {
    let mut bytes = SMALL.bytes().to_vec();
    bytes.truncate(SMALL.core - 10);
    assert!(SMALL.heal(bytes).is_err(), "all parity is gone, and some of the core");
    // What remains of the object stands at its place, however it was cut: the storage gave no bytes from here to there.
    let mut bytes = SMALL.bytes().to_vec();
    bytes[SMALL.records - 2 * SECTOR..SMALL.records + 2 * SECTOR].fill(0);
    SMALL.heals(bytes);
}

#[test]
fn without_parity_header_and_trailer_stand_in_for_each_other() {
    let pack = world::small_pack(&world::keyring(1), Compression::Off);
    let core = pack.bytes.len() - TRAILER;
    for place in (0..192).chain(core..pack.bytes.len()) {
        let mut bytes = pack.bytes.clone();
        bytes[place] ^= 1;
        assert!(Pack::heal(pack.id, bytes).expect("the other is sound") == pack.bytes[..core], "{place}");
    }
    for place in (192..core).step_by(7) {
        let mut bytes = pack.bytes.clone();
        bytes[place] ^= 1;
        assert_eq!(Pack::heal(pack.id, bytes), Err(FormatError::WrongHash("pack")));
    }
}

#[test]
fn damaged_parity_is_noticed_though_the_pack_is_sound() {
    for place in [SMALL.core, SMALL.records - 1, SMALL.records, SMALL.side(1) + 9, SMALL.side(3) + 4095] {
        let mut bytes = SMALL.bytes().to_vec();
        bytes[place] ^= 1;
        assert_eq!(Pack::scrub(SMALL.pack.id, &bytes), Ok(SMALL.pack.header));
        assert_eq!(Pack::scrub_parity(&bytes), Err(FormatError::Malformed("parity of the pack")), "{place}");
        SMALL.heals(bytes);
    }
    let shorter = &SMALL.bytes()[..SMALL.bytes().len() - 1];
    assert!(Pack::scrub(SMALL.pack.id, shorter).is_err());
    // Nothing, too little and too much between the core and its trailer.
    let (rest, trailer) = SMALL.bytes()[SMALL.core..].split_at(SMALL.bytes().len() - TRAILER - SMALL.core);
    for between in [Vec::new(), rest[..SECTOR].to_vec(), [rest, &[0]].concat()] {
        let bytes = [&SMALL.bytes()[..SMALL.core], &between, trailer].concat();
        assert_eq!(Pack::scrub(SMALL.pack.id, &bytes), Err(FormatError::Malformed("pack length")));
        assert_eq!(Pack::scrub_parity(&bytes), Err(FormatError::Malformed("pack length")));
    }
    let without = world::small_pack(&world::keyring(1), Compression::Off);
    assert_eq!(Pack::scrub_parity(&without.bytes), Ok(()));
}

#[test]
fn records_of_another_pack_lead_nowhere() {
    let other = Sample::new(&[vec![world::noise(7, 3000)]]);
    let mut bytes = SMALL.bytes().to_vec();
    bytes[SECTOR..2 * SECTOR].fill(0);
    bytes[0..SECTOR].fill(0);
    // Two records of its own are left beside one of another pack.
    bytes[SMALL.side(0) - SECTOR..SMALL.side(1)].fill(0);
    let foreign = &other.bytes()[other.records..][..2 * SECTOR];
    bytes[SMALL.side(0) - SECTOR..][..2 * SECTOR].copy_from_slice(foreign);
    SMALL.heals(bytes);
    assert!(SMALL.heal(other.bytes().to_vec()).is_err());
}

/// A pack keeps its name whatever parity it has: a disk may hold records of both.
#[test]
fn records_of_other_parity_of_the_same_pack_are_told_apart() {
    let segments: Vec<_> = (0..4).map(|seed| vec![world::noise(seed, 30_000)]).collect();
    let keyring = world::keyring(1);
    let more = world::pack_with_parity(&keyring, Role::Data, Compression::Off, &segments, 4, 25);
    assert_eq!((more.id, more.header), (SMALL.pack.id, SMALL.pack.header));
    for (first, second) in [(SMALL.bytes(), &more.bytes[..]), (&more.bytes[..], SMALL.bytes())] {
        let mut bytes = first.to_vec();
        bytes[SECTOR..2 * SECTOR].fill(0);
        bytes.resize(bytes.len().next_multiple_of(SECTOR), 0);
        bytes.extend_from_slice(&second[SMALL.records..]);
        SMALL.heals(bytes);
    }
}

/// A later version may mean something else by the same bytes, and anybody can write a checksum.
#[test]
fn records_of_another_version_or_kind_or_beyond_the_last_are_not_understood() {
    let beyond = u8::try_from(SMALL.record_count()).expect("a few");
    for (place, value) in [(0, b'l'), (8, 2), (12, beyond)] {
        let mut bytes = SMALL.bytes().to_vec();
        bytes[SECTOR..2 * SECTOR].fill(0);
        SMALL.heals(bytes.clone());
        let records = bytes.len() - TRAILER;
        for record in bytes[SMALL.records..records].chunks_exact_mut(SMALL.record_length()) {
            record[SMALL.shard + place] = value;
            let (covered, checksum) = record.split_at_mut(record.len() - 32);
            checksum.copy_from_slice(blake3::hash(covered).as_bytes());
        }
        assert!(SMALL.heal(bytes).is_err(), "{value} at {place} of the side block");
    }
}

/// Sixty sectors of a full pack, chosen by somebody who wants to harm it.
fn hostile_choices() -> Vec<(&'static str, Vec<usize>)> {
    let full = &*FULL;
    let (length, count) = (full.bytes().len(), full.record_count());
    let trailer = (length - TRAILER) / SECTOR * SECTOR;
    let directory = (full.core - 1) / SECTOR * SECTOR;
    let shards = full.records / full.shard;
    let head = vec![0, trailer, directory];
    let with_head = |rest: Vec<usize>| [head.clone(), rest].concat();
    let first = |from: usize, step: usize| (0..57).map(|number| from + number * step).collect::<Vec<_>>();
    let mut random = Random::new(11);
    let mut all = full.sectors();
    random.shuffle(&mut all);
    vec![
        ("sixty side blocks", (0..60).map(|number| full.side(number)).collect()),
        ("the last side blocks", (count - 60..count).map(|number| full.side(number)).collect()),
        ("head and side blocks", with_head((0..57).map(|number| full.side(number)).collect())),
        (
            "head and the last side blocks",
            with_head((count - 57..count).map(|number| full.side(number)).collect()),
        ),
        ("head and parity", with_head(first(full.records, full.record_length()))),
        ("head and one in each shard", with_head(first(full.shard, full.shard))),
        ("head and shards far apart", with_head(first(full.shard, shards / 58 * full.shard))),
        ("head and neighbours", with_head(first(SECTOR, SECTOR))),
        ("data alone", (1..61).map(|number| number * full.shard * 30).collect()),
        ("half and half", (0..30).flat_map(|number| [full.side(number), number * full.shard]).collect()),
        ("random", all.into_iter().take(60).collect()),
    ]
}

#[test]
fn a_full_pack_heals_sixty_sectors_wherever_they_fall() {
    for (choice, sectors) in hostile_choices() {
        assert_eq!(sectors.len(), 60, "{choice}");
        assert!(FULL.heal(FULL.without_sectors(sectors)).is_ok(), "{choice}");
    }
}

#[test]
fn a_full_pack_heals_a_burst_of_a_thousand_kibibytes_wherever_it_falls() {
    let (burst, length) = (1000 << 10, FULL.bytes().len());
    let directory = FULL.core - 100;
    let starts = [
        0,
        1,
        191,
        FULL.shard - 1,
        FULL.shard,
        FULL.shard + 1,
        12_345_678,
        directory - burst + 50,
        directory - burst / 2,
        FULL.records - burst,
        FULL.records - burst / 2 - 1,
        FULL.records - 1,
        FULL.records,
        FULL.side(3) - 1,
        length - burst,
        length - burst - TRAILER - 1,
    ];
    for start in starts {
        assert!(FULL.heal(FULL.with_burst(start, burst)).is_ok(), "a burst at {start} of {length}");
    }
}

#[test]
fn a_full_pack_that_lost_far_too_much_is_refused() {
    assert!(FULL.heal(FULL.with_burst(5 << 20, 2 << 20)).is_err());
    let most = FULL.with_noise([FULL.records..FULL.bytes().len(), 0..SECTOR]);
    assert!(FULL.heal(most).is_err());
}
