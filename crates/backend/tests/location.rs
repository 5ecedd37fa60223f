//! Locations as people write them.

use std::path::Path;

use lifeboat_backend::{ErrorKind, Location, ObjectName, StoreSettings};

fn kind(text: &str) -> ErrorKind {
    Location::parse(text).expect_err("no such location").kind()
}

#[test]
fn paths_and_file_urls_are_directories() {
    for (text, path) in [
        ("/srv/backup", "/srv/backup"),
        ("relative/path", "relative/path"),
        ("name", "name"),
        ("./a:b", "./a:b"),
        ("/srv/a:b", "/srv/a:b"),
        ("file:///srv/backup", "/srv/backup"),
    ] {
        let location = Location::parse(text).unwrap();
        assert_eq!(location, Location::Directory(Path::new(path).to_owned()), "{text}");
        assert_eq!(Location::parse(&location.to_string()).unwrap(), location);
    }
}

#[test]
fn a_path_with_a_colon_is_shown_so_that_it_parses_again() {
    let shown = Location::Directory("a:b".into()).to_string();
    assert_eq!(shown, "./a:b");
    assert!(matches!(Location::parse(&shown).unwrap(), Location::Directory(_)));
}

#[test]
fn object_stores_are_recognised_and_opened_without_a_request() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AZURE_STORAGE_ACCOUNT_NAME", "account"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0"),
    ];
    let variables = keys.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let settings = StoreSettings { variables, ..StoreSettings::default() };
    for text in ["s3://bucket", "s3://bucket/some/prefix", "gs://bucket/", "az://container/x"] {
        let location = Location::parse(text).unwrap();
        assert_eq!(location.to_string(), text);
        assert!(location.open(&settings).unwrap().is_remote(), "{text}");
        assert!(location.create(&settings).unwrap().is_remote(), "{text}");
    }
}

#[test]
fn unknown_schemes_never_become_directories() {
    for text in [
        "ftp://host/x",
        "sftp:user@host:/x",
        "rest:http://host/",
        "http://host",
        "s3:https://host/bucket-",
        "S3://b",
        ":x",
    ] {
        assert!(matches!(kind(text), ErrorKind::Unsupported | ErrorKind::InvalidName), "{text}");
    }
    assert_eq!(kind("ftp://host/x"), ErrorKind::Unsupported);
}

#[test]
fn malformed_locations_are_refused() {
    for text in [
        "",
        "file:",
        "file://",
        "file:x",
        "file:/x",
        "file://host/x",
        "file:///a%20b",
        "file:///a?b",
        "file:///a#b",
    ] {
        assert_eq!(kind(text), ErrorKind::InvalidName, "{text}");
    }
    for text in ["s3:", "s3://", "s3:///prefix", "s3:bucket", "a\0b"] {
        assert_eq!(kind(text), ErrorKind::InvalidName, "{text}");
    }
}

#[test]
fn keys_in_a_location_are_refused_and_not_repeated() {
    let error = Location::parse("s3://KEY:SECRET@bucket/x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidName);
    assert!(!format!("{error:?}").contains("SECRET"));
}

#[test]
fn a_directory_is_opened_only_where_it_is_and_created_where_it_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/repository");
    let location = Location::parse(path.to_str().unwrap()).unwrap();
    assert!(location.open(&StoreSettings::default()).unwrap_err().is_not_found());
    let name = ObjectName::new("config").unwrap();
    location.create(&StoreSettings::default()).unwrap().put(&name, b"bytes").unwrap();
    assert_eq!(location.open(&StoreSettings::default()).unwrap().get(&name, 5).unwrap(), b"bytes");
    assert_eq!(location.create(&StoreSettings::default()).unwrap().get(&name, 5).unwrap(), b"bytes");
}
