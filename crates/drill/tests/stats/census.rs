//! Draws without replacement.

use lifeboat_drill::stats::{draws_without_return, most_damaged};
use lifeboat_testkit::Random;

#[test]
fn the_bound_is_exact() {
    for (units, drawn, damaged) in [
        (20_000, 299, 197),
        (20_000, 3000, 18),
        (20_000, 10_000, 4),
        (20_000, 20_000, 0),
        (20_000, 0, 20_000),
        (20_000, 30_000, 0),
        (1, 0, 1),
        (0, 0, 0),
    ] {
        assert_eq!(most_damaged(units, drawn, 0.95), damaged, "{drawn} of {units}");
    }
}

/// Ways to choose `chosen` of `things`.
fn ways(things: u64, chosen: u64) -> u128 {
    (0..u128::from(chosen)).fold(1, |ways, one| ways * (u128::from(things) - one) / (one + 1))
}

#[test]
fn the_bound_is_that_of_counting() {
    for units in 1..=40 {
        for drawn in 0..=units {
            for (missed_in, confidence) in [(20, 0.95), (100, 0.99), (3, 2.0 / 3.0)] {
                let is_unseen_often_enough = |damaged: &u64| {
                    let unseen = if drawn > units - damaged { 0 } else { ways(units - damaged, drawn) };
                    unseen * missed_in > ways(units, drawn)
                };
                let most = (0..=units).rev().find(is_unseen_often_enough).unwrap_or_default();
                let bound = most_damaged(units, drawn, confidence);
                assert!(
                    bound == most || ways(units - bound, drawn) * missed_in == ways(units, drawn),
                    "{drawn} of {units}: {bound} is not {most}"
                );
            }
        }
    }
}

#[test]
fn rivest_is_close_above() {
    assert_eq!([draws_without_return(20_000, 20), draws_without_return(20_000, 200)], [2786, 298]);
    assert_eq!(
        [draws_without_return(7, 7), draws_without_return(7, 0), draws_without_return(0, 1)],
        [3, 7, 0]
    );
    let mut random = Random::new(2);
    for (units, damaged) in [(500, 1), (500, 3), (500, 50), (90, 2)] {
        let drawn = usize::try_from(draws_without_return(units, damaged)).unwrap();
        let met = (0..2000).filter(|_| {
            let mut all: Vec<u64> = (0..units).collect();
            (0..drawn).any(|at| {
                let other = at + random.index(all.len() - at);
                all.swap(at, other);
                all[at] < damaged
            })
        });
        let met = met.count();
        assert!(met >= 1880, "{met} of 2000: {damaged} of {units}");
    }
}
