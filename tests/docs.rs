//! The console blocks of the documentation, run as they stand: what the pages promise is what the program prints.

use std::fs;
use std::path::Path;

/// All blocks of a page run one after the other in one directory, so that the page tells a story.
#[test]
fn the_tour_of_the_readme() {
    let scratch = tempfile::tempdir().unwrap();
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), scratch.path().join("README.md"))
        .unwrap();
    // trycmd runs the blocks of README.md in README.in.
    let papers = scratch.path().join("README.in/papers");
    fs::create_dir_all(papers.join("letters")).unwrap();
    fs::write(papers.join("budget.csv"), "year,sum\n2026,42\n").unwrap();
    fs::write(papers.join("letters/bank.txt"), "Dear bank,\n").unwrap();
    fs::write(papers.join("letters/draft.tmp"), "Dear\n").unwrap();
    trycmd::TestCases::new()
        .register_bin("lifeboat", Path::new(env!("CARGO_BIN_EXE_lifeboat")))
        .env("LIFEBOAT_PASSWORD", "an ark of two and two")
        .env("LIFEBOAT_REPOSITORY", "repo")
        .env("LIFEBOAT_CACHE_DIR", scratch.path().join("cache").to_str().unwrap())
        .env("TZ", "UTC")
        .case(scratch.path().join("README.md").to_str().unwrap())
        .run();
}
