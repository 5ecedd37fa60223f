//! Draws with replacement.

use super::close;
use lifeboat_drill::DrawSeed;
use lifeboat_drill::stats::{damaged_share, draws_for};
use lifeboat_testkit::Random;
use std::collections::HashSet;

/// Confidence, share, draws: as the specification has them.
const DRAWS: [(f64, f64, u64); 6] = [
    (0.95, 0.05, 59),
    (0.95, 0.01, 299),
    (0.95, 0.005, 598),
    (0.95, 0.001, 2995),
    (0.99, 0.01, 459),
    (0.99, 0.001, 4603),
];

#[test]
fn draws_are_as_few_as_prove_it() {
    for (confidence, share, draws) in DRAWS {
        assert_eq!(draws_for(confidence, share), draws, "{confidence} {share}");
        let unseen = |draws: u64| (1.0 - share).powf(draws as f64);
        assert!(unseen(draws) <= 1.0 - confidence + 1e-9 && unseen(draws - 1) > 1.0 - confidence - 1e-9);
        assert!(damaged_share(draws, 0, confidence) <= share * (1.0 + 1e-9));
        assert!(damaged_share(draws - 1, 0, confidence) >= share * (1.0 - 1e-9));
    }
}

#[test]
fn failures_raise_the_bound() {
    close(damaged_share(299, 1, 0.95), 0.0158, 300.0);
    close(damaged_share(299, 2, 0.95), 0.0209, 300.0);
    // Tables of Clopper and Pearson: one and five of ten.
    close(damaged_share(10, 1, 0.95), 0.394_163, 1e5);
    close(damaged_share(10, 5, 0.95), 0.777_559, 1e5);
    assert_eq!([damaged_share(0, 0, 0.95), damaged_share(7, 7, 0.95), damaged_share(7, 9, 0.95)], [1.0; 3]);
}

/// Pascal's triangle instead of logarithms.
fn at_most(failures: u64, draws: u64, share: f64) -> f64 {
    let mut chances = vec![1.0];
    for _ in 0..draws {
        let met = chances.iter().map(|chance| chance * share).chain([0.0]);
        let missed = chances.iter().map(|chance| chance * (1.0 - share)).chain([0.0]);
        let shifted = [0.0].into_iter().chain(met).take(chances.len() + 1);
        chances = missed.zip(shifted).map(|(missed, met)| missed + met).collect();
    }
    chances.iter().zip(0..=failures).map(|(chance, _)| chance).sum()
}

#[test]
fn the_bound_is_where_so_few_failures_are_that_rare() {
    for (draws, failures) in [(1, 0), (2, 1), (10, 3), (299, 1), (299, 17), (600, 599), (500, 250)] {
        for confidence in [0.5, 0.9, 0.95, 0.999] {
            let bound = damaged_share(draws, failures, confidence);
            close(at_most(failures, draws, bound), 1.0 - confidence, 1e6);
        }
    }
}

#[test]
fn many_draws_are_no_trouble() {
    // As exact as the normal distribution is for so many.
    close(damaged_share(1_000_000, 500_000, 0.95), 0.500_823, 1e5);
    assert_eq!(draws_for(0.95, 1e-9), 2_995_732_273);
    close(damaged_share(1 << 40, 1, 0.95), 4.743_865 / (1_u64 << 40) as f64, 1e6);
}

#[test]
fn damage_beyond_the_bound_is_met() {
    let mut random = Random::new(1);
    for (confidence, damaged) in [(0.95, 20), (0.95, 5), (0.99, 20)] {
        let draws = draws_for(confidence, damaged as f64 / 2000.0);
        let drill = |random: &mut Random| (0..draws).any(|_| random.below(2000) < damaged);
        let met = (0..4000).filter(|_| drill(&mut random)).count();
        assert!(met as f64 / 4000.0 >= confidence - 0.01, "{met} of 4000 at {confidence}");
    }
}

/// Whatever is damaged: the bound of what was met is no less, but in one of twenty cases.
#[test]
fn the_bound_covers_what_is_damaged() {
    let mut random = Random::new(3);
    for (draws, damaged) in [(299, 1), (299, 10), (299, 50), (2995, 5), (2995, 100), (59, 300)] {
        let met = |random: &mut Random| (0..draws).filter(|_| random.below(10_000) < damaged).count() as u64;
        let covered = |met| damaged_share(draws, met, 0.95) >= damaged as f64 / 10_000.0;
        let covered = (0..1000).filter(|_| covered(met(&mut random))).count();
        assert!(covered >= 940, "{covered} of 1000: {damaged} of 10000, {draws} draws");
    }
}

/// 500 drills at (95 %, 0.1 %) of files of which one in two hundred is damaged: drawn as drills draw, and bounded as they bound.
#[test]
fn drills_meet_what_is_damaged() {
    let mut random = Random::new(5);
    let sizes: Vec<u64> = (0..20_000).map(|_| 1 << random.below(24)).collect();
    let ends: Vec<u64> = sizes
        .iter()
        .scan(0, |end, size| {
            *end += size;
            Some(*end)
        })
        .collect();
    let total = *ends.last().unwrap();
    let draws = draws_for(0.95, 0.001);
    let (mut met, mut beyond) = (0, 0);
    for drill in 0_u32..500 {
        let damaged: HashSet<usize> = (0..sizes.len()).filter(|_| random.below(200) == 0).collect();
        let share = damaged.iter().map(|file| sizes[*file]).sum::<u64>() as f64 / total as f64;
        let drawn = DrawSeed::of(&[&drill.to_le_bytes()]).draws(draws, total);
        let failures =
            drawn.iter().filter(|byte| damaged.contains(&ends.partition_point(|end| end <= byte))).count()
                as u64;
        met += u32::from(failures > 0);
        beyond += u32::from(damaged_share(draws, failures, 0.95) < share);
    }
    assert!(met >= 495, "{met} of 500 met damage");
    assert!(beyond <= 30, "{beyond} of 500 were damaged beyond the bound");
}
