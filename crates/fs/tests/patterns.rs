//! Lines of patterns: the corpus of the fuzz target, replayed.

use lifeboat_testkit::{Samples, replay_corpus};
use std::path::Path;

#[path = "../../../fuzz/patterns.rs"]
#[expect(unreachable_pub, reason = "for the fuzz target it is no module of a test")]
mod body;

/// What the fuzzer starts from.
fn samples() -> Samples {
    vec![
        ("valid-0", b"*.tmp\n/var/cache/\n!keep me.tmp\n# a comment\n\n".to_vec()),
        ("valid-1", b"a/**/z\n[!a-c]x?\n\\#odd\\ \n{one,two}/three\n[0-9]\n".to_vec()),
        ("valid-2", "\u{feff}\u{e9}t\u{e9}\r\n**/\n/\n".as_bytes().to_vec()),
        ("broken-0", b"[a\n".to_vec()),
        ("broken-1", b"x\\".to_vec()),
        ("broken-2", b"[z-a]".to_vec()),
        ("broken-3", b"\xff".to_vec()),
    ]
}

#[test]
fn the_corpus_breaks_no_promise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/patterns");
    replay_corpus(&folder, samples(), body::patterns);
}
