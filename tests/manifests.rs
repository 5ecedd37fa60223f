//! What the manifests of the workspace say, as far as the rules about dependencies need it.

use std::fs;
use std::path::PathBuf;

use super::sources::root;

/// When a dependency is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For the library or program itself.
    Normal,
    /// For its tests and benchmarks alone.
    Dev,
    /// For its build script.
    Build,
}

/// One line that makes `package` depend on `dependency`.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) package: String,
    pub(crate) dependency: String,
    pub(crate) kind: Kind,
    /// Manifest and line, for messages.
    pub(crate) place: String,
}

/// Every dependency of every package of the workspace.
pub(crate) fn edges() -> Vec<Edge> {
    manifest_paths().into_iter().flat_map(|path| edges_of(&path)).collect()
}

/// The root manifest and those of `crates/*`.
fn manifest_paths() -> Vec<PathBuf> {
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        crates.chain([root().to_path_buf()]).map(|path| path.join("Cargo.toml")).collect();
    paths.retain(|path| path.exists());
    paths.sort();
    paths
}

fn edges_of(path: &PathBuf) -> Vec<Edge> {
    let text = fs::read_to_string(path).unwrap();
    let (mut section, mut package, mut edges) = ("", "", Vec::new());
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let header = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        section = header.unwrap_or(section);
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if section == "package" && key.trim() == "name" {
            package = value.trim().trim_matches('"');
        }
        let Some((kind, table)) = dependency_table(section) else { continue };
        // `[dependencies.name]` names it in the header, `name = ` and `name.workspace = true` stand in a line below.
        let dependency = match (header, table) {
            (Some(_), name) => name,
            (None, "") => key.split('.').next().unwrap_or_default().trim(),
            (None, _) => "",
        };
        if !dependency.is_empty() {
            let place = format!("{}:{}", path.strip_prefix(root()).unwrap().display(), index + 1);
            edges.push(Edge { package: package.to_owned(), dependency: dependency.to_owned(), kind, place });
        }
    }
    edges
}

/// The kind of a table of dependencies, and the name if its header has one. The list that the workspace shares is no
/// dependency of anybody.
fn dependency_table(section: &str) -> Option<(Kind, &str)> {
    let section = match section.strip_prefix("target.") {
        Some(rest) => rest.rsplit_once("'.").map_or(rest, |(_, table)| table),
        None => section,
    };
    let kinds = [
        ("dependencies", Kind::Normal),
        ("dev-dependencies", Kind::Dev),
        ("build-dependencies", Kind::Build),
    ];
    kinds.into_iter().find_map(|(table, kind)| {
        let rest = section.strip_prefix(table)?;
        if rest.is_empty() { Some((kind, "")) } else { rest.strip_prefix('.').map(|name| (kind, name)) }
    })
}

#[test]
fn tables_of_dependencies_are_recognised() {
    assert_eq!(dependency_table("dependencies"), Some((Kind::Normal, "")));
    assert_eq!(dependency_table("dev-dependencies.clap"), Some((Kind::Dev, "clap")));
    assert_eq!(dependency_table("target.'cfg(unix)'.dependencies"), Some((Kind::Normal, "")));
    assert_eq!(dependency_table("target.'cfg(unix)'.build-dependencies.cc"), Some((Kind::Build, "cc")));
    assert_eq!(dependency_table("workspace.dependencies"), None);
    assert_eq!(dependency_table("package"), None);
}
