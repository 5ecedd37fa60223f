//! The table of rules in `docs/testing.md`: no rule is forgotten, and every test that a rule names is there.

use std::collections::BTreeSet;
use std::path::Path;

use super::sources::{Source, root, rust_sources};

/// Crates that are not the program, as the names of tests begin.
const CRATES: [&str; 7] = ["backend", "engine", "format", "fs", "model", "repository", "sys"];
/// What a rule says that nothing can break yet.
const WAITS: &str = "waits for";
const RULES: usize = 50;

/// A line of the table.
struct Row {
    /// `R-01` and the like, one or several.
    rules: Vec<String>,
    text: String,
}

impl Row {
    /// The names of tests.
    fn tests(&self) -> impl Iterator<Item = &str> {
        self.text.split('`').skip(1).step_by(2).filter(|quoted| quoted.contains("::"))
    }
}

fn rows() -> Vec<Row> {
    let page = std::fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| R-"));
    rows.map(|row| {
        let (rules, text) = row.split_once('|').unwrap();
        let rules = rules.split(", ").map(|rule| rule.trim().trim_start_matches("R-").to_owned()).collect();
        Row { rules, text: text.to_owned() }
    })
    .collect()
}

#[test]
fn no_rule_is_forgotten() {
    let rules: Vec<_> = rows().into_iter().flat_map(|row| row.rules).collect();
    let all: Vec<_> = (1..=RULES).map(|number| format!("{number:02}")).collect();
    assert_eq!(rules, all);
}

#[test]
fn every_rule_has_a_test_or_waits_for_something() {
    for row in rows() {
        assert!(row.tests().next().is_some() || row.text.contains(WAITS), "R-{:?}", row.rules);
    }
}

#[test]
fn every_test_that_is_named_is_there() {
    let sources = rust_sources();
    let rows = rows();
    let named: BTreeSet<_> = rows.iter().flat_map(Row::tests).collect();
    let missing: Vec<_> =
        named.iter().filter(|name| !sources.iter().any(|source| has_test(source, name))).collect();
    assert!(sources.is_empty() || missing.is_empty(), "no test is called {missing:#?}");
}

/// Whether a file has the test of this name: it lies in the crate, each module is part of its path, and the function is a
/// test, or a case of the contract of storage.
fn has_test(source: &Source, name: &str) -> bool {
    let mut modules: Vec<&str> = name.split("::").collect();
    let function = modules.pop().unwrap_or_default();
    let folder = match modules.first() {
        Some(first) if CRATES.contains(first) => Path::new("crates").join(modules.remove(0)),
        _ => Path::new("tests").to_owned(),
    };
    let path = source.path.with_extension("");
    let is_part = |module: &&str| path.iter().any(|part| part == *module);
    let head = format!("fn {function}(");
    source.path.starts_with(folder)
        && modules.iter().filter(|module| **module != "tests").all(is_part)
        && source.text.lines().zip(attributes(&source.text)).any(|(line, attributes)| {
            line.trim_start().trim_start_matches("pub(super) ").starts_with(&head)
                && (attributes.contains("#[test]") || path.iter().any(|part| part == "contract"))
        })
}

/// For each line the lines with attributes and comments right above it.
fn attributes(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut above = String::new();
    for line in text.lines() {
        all.push(above.clone());
        match line.trim_start().starts_with(['#', '/']) {
            true => above.push_str(line),
            false => above.clear(),
        }
    }
    all
}

#[test]
fn only_tests_are_taken_for_tests() {
    let text = "/// Words.\n#[test]\n#[expect(lint)]\nfn one() {}\nfn other() {}\n".to_owned();
    let source = Source { path: "crates/format/tests/deep/place.rs".into(), text };
    assert!(has_test(&source, "format::deep::place::one") && has_test(&source, "format::place::one"));
    for wrong in [
        "format::place::other",
        "fs::place::one",
        "place::one",
        "format::elsewhere::one",
        "format::place::on",
    ] {
        assert!(!has_test(&source, wrong), "{wrong}");
    }
}
