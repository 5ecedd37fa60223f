//! Rules about the source itself: floors, fences, sizes, headers, words.
//!
//! The floors and fences are those of the architecture: a new edge is a decision to be made here, in view of the whole
//! list, not in passing in a manifest.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::manifests::{Kind, edges};
use super::sources::{Source, root, rust_sources, sources};

/// All edges between our own crates. They only run downward, and no two crates of one floor know each other.
const CRATE_EDGES: [(&str, &[&str]); 9] = [
    ("lifeboat", &["lifeboat-drill", "lifeboat-engine", "lifeboat-repository", "lifeboat-backend"]),
    (
        "lifeboat-drill",
        &["lifeboat-engine", "lifeboat-repository", "lifeboat-backend", "lifeboat-format", "lifeboat-fs"],
    ),
    ("lifeboat-engine", &["lifeboat-repository", "lifeboat-fs", "lifeboat-format"]),
    ("lifeboat-repository", &["lifeboat-backend", "lifeboat-format", "lifeboat-sys"]),
    ("lifeboat-fs", &["lifeboat-format", "lifeboat-sys"]),
    ("lifeboat-backend", &["lifeboat-sys"]),
    ("lifeboat-format", &[]),
    ("lifeboat-sys", &[]),
    ("lifeboat-model", &[]),
];

/// Crates of others, with those of ours that may depend on them.
const FENCES: [(&[&str], &[&str]); 13] = [
    (
        &[
            "argon2",
            "bip39",
            "blake3",
            "chacha20poly1305",
            "ed25519-dalek",
            "fastcdc",
            "reed-solomon-simd",
            "sha2",
            "x25519-dalek",
            "zstd",
        ],
        &["lifeboat-format"],
    ),
    (&["futures-util", "http-body", "object_store", "reqwest", "url"], &["lifeboat-backend"]),
    (&["tokio"], &["lifeboat-backend", "lifeboat-testkit"]),
    (&["hyper-util", "s3s", "s3s-fs"], &["lifeboat-testkit"]),
    (&["stateright"], &["lifeboat-model"]),
    (&["memmap2"], &["lifeboat-repository"]),
    (&["crossbeam-channel", "rayon"], &["lifeboat-repository", "lifeboat-engine"]),
    (&["globset", "ignore", "nix", "xattr"], &["lifeboat-fs"]),
    (&["rustix"], &["lifeboat", "lifeboat-sys", "lifeboat-testkit"]),
    (&["quick-junit", "rusqlite"], &["lifeboat-drill"]),
    (&["base64"], &["lifeboat-format", "lifeboat-drill"]),
    (&["serde_json"], &["lifeboat", "lifeboat-backend", "lifeboat-drill", "lifeboat-testkit"]),
    (
        &["anyhow", "clap", "clap_complete", "indicatif", "signal-hook", "toml", "tracing-subscriber"],
        &["lifeboat"],
    ),
];

const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 70;

/// Drawers, in which everything ends up, and the product, which is everything.
const DRAWERS: [&str; 6] = ["core", "common", "types", "util", "helpers", "lifeboat"];

#[test]
fn crates_depend_only_downward() {
    let allowed: HashSet<_> =
        CRATE_EDGES.iter().flat_map(|(from, to)| to.iter().map(move |to| (*from, *to))).collect();
    let mut edges = edges();
    edges.retain(|edge| edge.kind != Kind::Dev && edge.dependency.starts_with("lifeboat"));
    assert!(!edges.is_empty(), "no manifest was understood");
    edges.retain(|edge| !allowed.contains(&(edge.package.as_str(), edge.dependency.as_str())));
    report(
        edges
            .iter()
            .map(|edge| format!("{}: {} must not depend on {}", edge.place, edge.package, edge.dependency)),
    );
}

#[test]
fn foreign_crates_stay_behind_their_fences() {
    let mut edges = edges();
    edges.retain(|edge| edge.kind != Kind::Dev);
    report(edges.iter().filter_map(|edge| {
        let (_, owners) = FENCES.iter().find(|(crates, _)| crates.contains(&edge.dependency.as_str()))?;
        let allowed = owners.contains(&edge.package.as_str());
        (!allowed).then(|| format!("{}: {} belongs to {owners:?} alone", edge.place, edge.dependency))
    }));
}

#[test]
fn files_are_short() {
    report(rust_sources().iter().filter_map(|source| {
        let lines = source.text.lines().count();
        (lines > MAX_FILE_LINES).then(|| source.at(lines, &format!("more than {MAX_FILE_LINES} lines")))
    }));
}

#[test]
fn functions_are_short() {
    report(rust_sources().iter().flat_map(|source| {
        long_functions(&source.text).into_iter().map(|(line, length)| {
            source.at(line, &format!("a function of {length} lines, more than {MAX_FUNCTION_LINES}"))
        })
    }));
}

#[test]
fn files_say_what_they_are() {
    let silent = |source: &&Source| !source.text.starts_with("//!");
    report(rust_sources().iter().filter(silent).map(|source| source.at(1, "does not start with //!")));
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here so that this file may stand in the checkout.
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["HA", "CK"]].map(|halves| halves.concat());
    report(lines_where(&rust_sources(), |line| {
        let word =
            line.split(|c: char| !c.is_alphanumeric()).find(|word| words.iter().any(|banned| banned == word));
        word.map(|word| format!("{word}: do it or write it down where plans are"))
    }));
}

#[test]
fn no_test_is_ignored() {
    let attribute = ["#[", "ignore"].concat();
    report(lines_where(&rust_sources(), |line| {
        line.contains(&attribute).then(|| "a test that does not run proves nothing".to_owned())
    }));
}

#[test]
fn no_module_is_a_drawer() {
    let message = |name: &str| format!("no module is called {name}: a helper lives where its noun lives");
    let sources = rust_sources();
    let by_path = sources.iter().filter_map(|source| {
        let names =
            source.path.iter().filter_map(|name| name.to_str()).map(|name| name.trim_end_matches(".rs"));
        names.into_iter().find(|name| DRAWERS.contains(name)).map(|name| source.at(1, &message(name)))
    });
    let by_declaration = lines_where(&sources, |line| {
        let (before, after) = line.split_once("mod ")?;
        let name = after.trim_end_matches([';', '{', ' ']);
        let declares = before.is_empty() || before.trim_start().starts_with("pub");
        (declares && DRAWERS.contains(&name)).then(|| message(name))
    });
    report(by_path.chain(by_declaration));
}

#[test]
fn code_is_ascii() {
    report(lines_where(&rust_sources(), |line| {
        // Comments may show an arrow; what runs may not hide a letter that only looks like another.
        if line.trim_start().starts_with("//") {
            return None;
        }
        let odd = line.chars().find(|c| !c.is_ascii())?;
        Some(format!("{} is not ASCII: in a string it is an escape, elsewhere a word", odd.escape_unicode()))
    }));
}

#[test]
fn no_path_of_a_developer_is_left() {
    let paths = ["work", "root"].map(|name| format!("/{name}/"));
    report(lines_where(&sources(), |line| {
        let found =
            paths.iter().find(|path| line.match_indices(*path).any(|(at, _)| is_absolute(line, at)))?;
        Some(format!("{found} is somebody's machine"))
    }));
}

#[test]
fn cited_sections_of_the_specification_exist() {
    const CITATION: &str = "Spec: docs/format.md#";
    let path = root().join("docs/format.md");
    let specification =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let anchors = anchors(&specification);
    report(lines_where(&rust_sources(), |line| {
        // What stands in quotes, as above, is a program's text.
        let (_, rest) = line.split_once(CITATION).filter(|(_, rest)| !rest.starts_with('"'))?;
        let anchor =
            rest.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').next().unwrap_or_default();
        (!anchors.contains(anchor)).then(|| format!("docs/format.md has no section #{anchor}"))
    }));
}

/// Fails with all messages at once.
fn report(messages: impl Iterator<Item = String>) {
    let messages: Vec<_> = messages.collect();
    assert!(messages.is_empty(), "\n{}\n", messages.join("\n"));
}

/// The complaints of a rule that looks at one line at a time.
fn lines_where<'a>(
    sources: &'a [Source],
    complaint: impl Fn(&str) -> Option<String> + Copy + 'a,
) -> impl Iterator<Item = String> + 'a {
    sources.iter().flat_map(move |source| {
        source.lines().filter_map(move |(number, line)| complaint(line).map(|text| source.at(number, &text)))
    })
}

/// Whether a path that stands at `at` begins there.
fn is_absolute(line: &str, at: usize) -> bool {
    !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~*}".contains(c))
}

/// First line and length of each function that is too long. rustfmt puts the closing brace of a function below the
/// start of its first line, which is easier to find than to count braces in strings.
fn long_functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<_> = text.lines().collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| starts_function(line)).map(|(start, _)| start);
    let measured =
        starts.filter_map(|start| function_length(&lines[start..]).map(|length| (start + 1, length)));
    measured.filter(|(_, length)| *length > MAX_FUNCTION_LINES).collect()
}

fn starts_function(line: &str) -> bool {
    let Some((before, _)) = line.split_once("fn ") else { return false };
    let qualifier = |word: &str| {
        matches!(word, "const" | "async" | "unsafe" | "extern" | "\"C\"") || word.starts_with("pub")
    };
    before.split_whitespace().all(qualifier)
}

/// The lines of the function that starts in the first line; none if it has no body or all of it in one line.
fn function_length(lines: &[&str]) -> Option<usize> {
    let signature_end = lines.iter().find(|line| line.ends_with(['{', '}', ';']))?;
    if !signature_end.ends_with('{') {
        return None;
    }
    let indent = lines[0].len() - lines[0].trim_start().len();
    let closing = format!("{}}}", " ".repeat(indent));
    lines.iter().position(|line| *line == closing).map(|last| last + 1)
}

/// The anchors that the headings of a Markdown page get.
fn anchors(page: &str) -> HashSet<String> {
    let mut anchors = HashSet::new();
    for heading in page.lines().filter(|line| line.starts_with('#')) {
        let title = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        let anchor: String = title.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
        let repeated = (1..).map(|number| format!("{anchor}-{number}"));
        let free = [anchor.clone()].into_iter().chain(repeated).find(|name| !anchors.contains(name));
        anchors.extend(free);
    }
    anchors
}

#[test]
fn long_functions_are_found() {
    let body = "        let brace = '{';\n".repeat(MAX_FUNCTION_LINES);
    let long = format!("impl A {{\n    pub(crate) fn long(\n        a: u8,\n    ) {{\n{body}    }}\n}}\n");
    assert_eq!(long_functions(&long), [(2, MAX_FUNCTION_LINES + 4)]);
    assert_eq!(long_functions("fn short() {\n}\nfn declared(&self);\nfn line() {}\n"), []);
}

#[test]
fn anchors_are_those_of_the_page() {
    let page = "# A title: with `code`\ntext\n## Twice\n## Twice\n";
    let expected = ["a-title-with-code", "twice", "twice-1"].map(str::to_owned);
    assert_eq!(anchors(page), HashSet::from(expected));
}

#[test]
fn paths_begin_where_they_begin() {
    let line = format!("see {0} and a{0}", ["/wo", "rk/"].concat());
    assert!(is_absolute(&line, 4) && !is_absolute(&line, 16));
    assert!(Path::new(&line[4..10]).is_absolute());
}
