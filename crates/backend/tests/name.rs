//! Which names are names.

use lifeboat_backend::{ErrorKind, ObjectName};

#[test]
fn names_within_the_rules_are_accepted_and_kept() {
    for text in ["a", "0", "-", "a-", "a.b", "a_b", "a.b.c", "a._b", "a/b", "1/2/3/4", &"x".repeat(200)] {
        let name = ObjectName::new(text).unwrap();
        assert_eq!(name.as_str(), text);
        assert_eq!(name.to_string(), text);
    }
}

#[test]
fn everything_else_is_refused_by_name() {
    let long = "x".repeat(201);
    let long_folder = format!("{long}/a");
    let refused = [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "a/./b",
        ".a",
        "a.",
        "_a",
        "a_",
        "a..b",
        "a/.b",
        "A",
        "aB",
        "\u{e4}",
        "a b",
        "a\0",
        "a\n",
        "a\\b",
        "a:b",
        "a%2fb",
        "1/2/3/4/5",
        &long,
        &long_folder,
    ];
    for text in refused {
        let error = ObjectName::new(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidName, "{text:?}");
        assert_eq!(error.to_string().lines().count(), 1);
    }
}

#[test]
fn names_order_as_their_text() {
    let names = ["a", "a-b", "a/b", "b"].map(|text| ObjectName::new(text).unwrap());
    assert!(names.is_sorted());
}
