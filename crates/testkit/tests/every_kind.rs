//! The tree of every kind is a function of its seed, holds what it promises, and can be removed.

use std::collections::HashSet;
use std::path::Path;

use lifeboat_testkit::{
    Aspect, EveryKindSpec, Scratch, birth_times, change_every_kind, make_every_kind, needs,
    rsync_differences_except, skip, tree_differences, without_root,
};
use rustix::process::geteuid;

/// What no tool that takes paths can compare.
const BEYOND: &str = "/beyond";

#[test]
fn the_same_seed_makes_the_same_tree_and_changes_are_of_every_kind() {
    let scratch = Scratch::new_in(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let [one, two] = ["one", "two"].map(|name| scratch.path().join(name));
    for root in [&one, &two] {
        let refusals = make_every_kind(root, 7, &EveryKindSpec::default());
        refusals.iter().for_each(|refusal| skip(refusal));
        assert!(refusals.is_empty() || !geteuid().is_root(), "root was refused {refusals:?}");
    }
    assert_eq!(tree_differences(&one, &two), []);
    if needs("rsync") {
        assert_eq!(rsync_differences_except(&one, &two, &[BEYOND]), Vec::<String>::new());
    }
    let longest = birth_times(&one).into_keys().map(|path| path.as_os_str().len()).max();
    assert!(longest > Some(4_096), "{longest:?}");

    change_every_kind(&two, 8);
    let differences = tree_differences(&one, &two);
    let found: HashSet<_> = differences.iter().map(|found| name(&found.aspect)).collect();
    let mut expected = vec![
        "Presence",
        "Kind",
        "Mode",
        "Size",
        "Mtime",
        "LinkTarget",
        "Flags",
        "HardLinks",
        "Content",
        "Holes",
        "user.text",
        "user.large",
        "system.posix_acl_access",
        "system.posix_acl_default",
    ];
    if geteuid().is_root() {
        expected.extend(["Owner", "Group", "Device", "trusted.lifeboat", "security.capability"]);
    }
    for aspect in expected {
        assert!(found.contains(aspect), "{aspect} is not in {found:?}");
    }
    let is_beyond = |path: &Path| path.starts_with("beyond") && path.as_os_str().len() > 4_096;
    assert!(differences.iter().any(|found| is_beyond(&found.path)), "nothing changed beyond");
}

#[test]
fn everybody_makes_what_does_not_take_root() {
    let scratch = Scratch::new();
    let root = scratch.path().join("tree");
    let refusals = without_root(&[scratch.path()], || make_every_kind(&root, 7, &EveryKindSpec::default()));
    for refusal in &refusals {
        assert!(refusal.starts_with("devices") || refusal.starts_with("foreign owners"), "refused {refusal}");
    }
    without_root(&[], || change_every_kind(&root, 8));
}

fn name(aspect: &Aspect) -> String {
    match aspect {
        Aspect::Xattr(name) => name.clone(),
        aspect => format!("{aspect:?}"),
    }
}
