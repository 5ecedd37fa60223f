//! Whatever becomes of what a machine keeps of a repository: the corpus of the fuzz target, replayed, and others from a seed.

use lifeboat_testkit::{Random, Samples, replay_corpus};
use std::path::Path;

#[path = "../../../fuzz/caches.rs"]
#[expect(unreachable_pub, reason = "for the fuzz target it is no module of a test")]
mod body;

/// Changes that are made up from one seed.
const COUNT: usize = 200;

/// What the fuzzer starts from: each change is a file, what happens to it, a place in four bytes, a byte, and another file.
fn samples() -> Samples {
    let all =
        |action: u8| (0..12).flat_map(|file| [file, action, 40, 0, 0, 0, 7, file + 1]).collect::<Vec<u8>>();
    vec![
        ("valid-0", Vec::new()),
        ("broken-0", all(0)),
        ("broken-1", all(1)),
        ("broken-2", all(2)),
        ("broken-3", all(3)),
        ("broken-4", all(4)),
    ]
}

#[test]
fn the_corpus_breaks_no_promise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/cache");
    replay_corpus(&folder, samples(), body::cache);
}

#[test]
fn whatever_becomes_of_a_cache_everything_is_read() {
    let mut random = Random::new(91);
    let mut untouched = 0;
    for _ in 0..COUNT {
        let changes = 1 + random.index(3);
        let mut bytes = random.bytes(8 * changes);
        // Most files have a few thousand bytes: a place beyond them cuts nothing off.
        for step in bytes.chunks_exact_mut(8) {
            step[3] %= 32;
            step[4..6].fill(0);
        }
        untouched += usize::from(body::cache(&bytes));
    }
    assert!((1..COUNT).contains(&untouched), "of {COUNT} caches {untouched} were as good as new");
}
