//! The generator gives the published sequence, and its helpers stay within their limits.

use lifeboat_testkit::Random;

#[test]
fn the_sequence_is_splitmix64() {
    let mut random = Random::new(1_234_567);
    // The first outputs of the reference implementation for this seed.
    assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
    assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
}

#[test]
fn fill_is_little_endian_and_takes_any_length() {
    let mut whole = [0; 16];
    Random::new(7).fill(&mut whole);
    let mut random = Random::new(7);
    assert_eq!(whole[..8], random.next_u64().to_le_bytes());
    assert_eq!(Random::new(7).bytes(13), whole[..13]);
}

#[test]
fn below_reaches_every_number_and_none_beyond() {
    let mut random = Random::new(3);
    let mut seen = [false; 5];
    for _ in 0..200 {
        seen[random.index(5)] = true;
    }
    assert_eq!(seen, [true; 5]);
}

#[test]
fn shuffle_keeps_the_elements_and_moves_them() {
    let ordered: Vec<_> = (0..100).collect();
    let mut shuffled = ordered.clone();
    Random::new(5).shuffle(&mut shuffled);
    assert_ne!(shuffled, ordered);
    shuffled.sort_unstable();
    assert_eq!(shuffled, ordered);
}
