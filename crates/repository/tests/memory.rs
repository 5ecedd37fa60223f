//! Limits: what they add up to, and in which order they give way.

use lifeboat_format::{ChunkerParams, Compression, Config, RepositoryId, Timestamp};
use lifeboat_repository::Memory;

const MIB: u64 = 1 << 20;

fn within(max: u64, threads: usize, config: &Config) -> Memory {
    Memory::within(max, threads, config, Compression::Auto, false)
}

fn smallest(config: &Config) -> u64 {
    Memory::smallest(config, Compression::Auto)
}

fn config(average: u32, pack: u32) -> Config {
    let mut config = Config::new(RepositoryId::default(), Timestamp::default());
    (config.chunker, config.pack) = (ChunkerParams::around(average), pack);
    config
}

/// The usual one, the smallest and the largest.
fn configs() -> [Config; 3] {
    [config(128 << 10, 32 << 20), config(1 << 10, 32 << 10), config(4 << 20, 255 << 20)]
}

#[test]
fn limits_stay_within_what_is_given() {
    for config in configs() {
        let smallest = smallest(&config);
        for threads in [1, 2, 8, 64] {
            for max in (0..32).map(|step| smallest + step * step * MIB) {
                let memory = within(max, threads, &config);
                assert!(memory.total() <= max, "{max} for {threads}: {memory:?}");
                assert!((1..=threads).contains(&memory.threads()));
            }
        }
        let least = within(0, 64, &config);
        assert_eq!((least.total(), least.threads(), least.packs()), (smallest, 1, 1));
    }
}

#[test]
fn far_away_more_is_on_its_way_within_the_same() {
    let far = |max, threads, config: &Config| Memory::within(max, threads, config, Compression::Auto, true);
    for config in configs() {
        let smallest = smallest(&config);
        for threads in [1, 2, 8, 64] {
            for max in (0..32).map(|step| smallest + step * step * MIB) {
                let memory = far(max, threads, &config);
                assert!(memory.total() <= max, "{max} for {threads}: {memory:?}");
                assert!(memory.ranges().is_some_and(|ranges| ranges >= 2));
            }
        }
        assert!(far(0, 1, &config).total() <= smallest);
    }
    let usual = far(Memory::USUAL, 2, &config(128 << 10, 32 << 20));
    assert_eq!((usual.threads(), usual.packs(), usual.ranges()), (2, 3, Some(12)));
    assert_eq!(within(u64::MAX, 64, &config(128 << 10, 32 << 20)).ranges(), None);
}

#[test]
fn more_memory_never_makes_a_limit_smaller() {
    for config in configs() {
        let smallest = smallest(&config);
        let limits = (0..64).map(|step| {
            let memory = within(smallest + step * 64 * MIB, 16, &config);
            [
                memory.threads(),
                memory.packs(),
                memory.recent_segments(),
                memory.index_cache(),
                memory.names(),
                memory.batch(),
            ]
        });
        let limits: Vec<_> = limits.collect();
        for (less, more) in limits.iter().zip(&limits[1..]) {
            assert!(less.iter().zip(more).all(|(less, more)| less <= more), "{less:?} {more:?}");
        }
        assert_eq!(limits[63][0], 16, "so much is enough for all");
    }
}

#[test]
fn caches_give_way_before_packs_and_packs_before_threads() {
    let config = config(128 << 10, 32 << 20);
    let most = within(u64::MAX, 8, &config);
    let mut before = most.clone();
    for max in (smallest(&config) / MIB..most.total() / MIB).rev() {
        let memory = within(max * MIB, 8, &config);
        if memory.packs() < most.packs() {
            assert_eq!(memory.recent_segments(), within(0, 8, &config).recent_segments());
        }
        if memory.threads() < most.threads() {
            assert_eq!(memory.packs(), 1);
        }
        assert!(memory.total() <= before.total());
        before = memory;
    }
    assert_eq!(before.threads(), 1);
}

#[test]
fn whoever_compresses_harder_gets_by_with_fewer_threads_and_takes_more_at_least() {
    let config = config(128 << 10, 32 << 20);
    let levels = [Compression::Off, Compression::Auto, Compression::Level(11), Compression::Level(19)];
    let least = levels.map(|level| Memory::smallest(&config, level));
    assert!(least.is_sorted() && least[0] + 30 * MIB < least[3], "{least:?}");
    let threads = levels.map(|level| Memory::within(Memory::USUAL, 16, &config, level, false).threads());
    assert!(threads.is_sorted_by(|more, fewer| more >= fewer) && threads[0] > 2 * threads[3], "{threads:?}");
}

#[test]
fn usually_only_the_caches_of_two_threads_give_way() {
    let mut config = config(96 << 10, 32 << 20);
    config.parity = 3;
    let (usual, most) = (within(Memory::USUAL, 2, &config), within(u64::MAX, 2, &config));
    assert_eq!((usual.threads(), usual.packs(), usual.batch()), (2, most.packs(), most.batch()));
    assert!(usual.recent_segments() >= 4 << 20 && usual.index_cache() >= 8 << 20, "{usual:?}");
}

#[test]
fn a_costly_password_counts() {
    let config = config(128 << 10, 32 << 20);
    let smallest = smallest(&config);
    assert_eq!(Memory::smallest_with_password(&config, Compression::Auto, 64 * MIB), smallest);
    assert!(Memory::smallest_with_password(&config, Compression::Auto, smallest) > smallest);
}
