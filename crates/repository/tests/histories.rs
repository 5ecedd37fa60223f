//! Histories of the log: the committed corpus of the fuzz target, replayed, and others from a seed.

use lifeboat_testkit::{Random, Samples, replay_corpus};
use std::path::Path;

#[path = "../../../fuzz/histories.rs"]
#[expect(unreachable_pub, reason = "for the fuzz target it is no module of a test")]
mod body;

/// Histories that are made up from one seed.
const COUNT: usize = 400;
/// An entry to which nothing happens.
const WHOLE: u8 = 5;

/// What the fuzzer starts from: each entry is its kind, session, number, what it has seen in two bytes, whether it is critical, what
/// it says, and what happens to it.
fn samples() -> Samples {
    let chain = [[1, 0, 0, 1, 0, 1, 1, WHOLE], [2, 0, 1, 2, 0, 1, 2, WHOLE], [1, 0, 2, 4, 0, 1, 3, WHOLE]];
    let branches = [[1, 0, 0, 1, 0, 1, 1, WHOLE], [1, 1, 0, 1, 0, 1, 2, WHOLE], [3, 2, 0, 6, 0, 1, 0, WHOLE]];
    let mischief = [[1, 0, 0, 1, 0, 1, 1, 0x40], [2, 1, 0, 1, 0, 1, 2, 1], [2, 2, 0, 1, 0, 1, 2, 2]];
    let forged = [[1, 0, 0, 1, 0, 1, 1, 3], [2, 1, 0, 1, 0, 1, 2, 4], [1, 2, 0, 1, 0, 1, 5, WHOLE]];
    let forked = [[1, 0, 0, 1, 0, 1, 1, WHOLE], [1, 0, 0, 1, 0, 1, 2, WHOLE]];
    vec![
        ("valid-0", chain.concat()),
        ("valid-1", branches.concat()),
        ("valid-2", mischief.concat()),
        ("valid-3", forged.concat()),
        ("broken-0", forked.concat()),
        ("broken-1", vec![1, 0, 0, 1, 0x80, 1, 1, WHOLE]),
        ("broken-2", vec![0, 0, 0, 1, 0, 1, 5, WHOLE]),
        ("broken-3", vec![2, 0, 0, 1, 0, 1, 7, WHOLE]),
    ]
}

#[test]
fn the_corpus_breaks_no_promise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/history");
    replay_corpus(&folder, samples(), body::history);
}

#[test]
fn no_order_of_listing_changes_what_any_history_means() {
    let mut random = Random::new(90);
    let mut understood = 0;
    for _ in 0..COUNT {
        let entries = 1 + random.index(12);
        let mut bytes = random.bytes(8 * entries);
        // Half of the entries are of sessions and numbers of their own, have seen what is there, and nothing happens to them.
        for (number, step) in (0..).zip(bytes.chunks_exact_mut(8)).filter(|(_, step)| step[0] % 2 == 0) {
            step[1] = number % 4;
            step[2] = number / 4;
            step[4] &= 0x7f;
            step[7] = WHOLE;
        }
        understood += usize::from(body::history(&bytes));
    }
    assert!((1..COUNT).contains(&understood), "{understood} of {COUNT} were understood");
}
