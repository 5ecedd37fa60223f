//! What is asked of a server, and what its answers become, over a real connection.

mod responder;

use std::error::Error;
use std::sync::Arc;

use lifeboat_backend::{Backend, BackendError, ErrorKind, Location, StoreSettings};

use crate::contract::name;
use responder::{Prepared, Responder};

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "KEY"), ("AWS_SECRET_ACCESS_KEY", "hush")];

/// The store that a responder plays, for somebody with these variables and options.
fn open(server: &Responder, variables: &[(&str, &str)], options: &[(&str, &str)]) -> Arc<dyn Backend> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let place = [("AWS_ENDPOINT_URL", server.url.as_str()), ("AWS_ALLOW_HTTP", "true")];
    let settings = StoreSettings {
        variables: place.iter().chain(variables).map(own).collect(),
        options: options.iter().map(own).collect(),
        bulk: vec!["packs/".to_owned()],
        ..StoreSettings::default()
    };
    let location = Location::parse("s3://bucket/host a").expect("a bucket and a prefix");
    location.open(&settings).expect("settings that will do")
}

fn refusal(status: &'static str, code: &str, message: &str) -> Prepared {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    (status, "Content-Type: application/xml\r\n", body)
}

fn cause(error: &BackendError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_missing_bucket_is_never_a_missing_object() {
    let server = Responder::start(|_| refusal("404 Not Found", "NoSuchBucket", "Bucket not found: bucket"));
    let backend = open(&server, &KEYS, &[]);
    let config = name("config");
    let mut errors = vec![backend.get(&config, 9).unwrap_err(), backend.put(&config, b"bytes").unwrap_err()];
    errors.push(backend.get_range(&config, 0, &mut [0; 4]).unwrap_err());
    errors.push(backend.list("", &mut |_| {}).unwrap_err());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NoBucket, "{error}");
        assert_eq!(cause(&error), "Bucket not found: bucket (NoSuchBucket)");
        assert!(error.advice().unwrap().contains("aws s3 mb"), "{error}");
    }
}

#[test]
fn a_missing_object_is_not_found() {
    let server = Responder::start(|_| refusal("404 Not Found", "NoSuchKey", "The key does not exist."));
    let error = open(&server, &KEYS, &[]).get(&name("config"), 9).unwrap_err();
    assert!(error.is_not_found());
    assert_eq!((cause(&error), error.advice()), (String::new(), None));
}

#[test]
fn an_answer_without_words_is_asked_for_the_reason() {
    let server =
        Responder::start(|_| refusal("403 Forbidden", "SignatureDoesNotMatch", "It does not match."));
    let error = open(&server, &KEYS, &[]).stat(&name("config")).unwrap_err();
    assert!(error.is_denied());
    assert_eq!(cause(&error), "It does not match (SignatureDoesNotMatch)");
    let methods: Vec<_> = server.requests().iter().map(|head| head[..4].to_owned()).collect();
    assert_eq!(methods, ["head", "get "]);
}

#[test]
fn a_quota_is_a_full_storage_and_a_limit_of_rights_is_not() {
    let full = |_: &str| refusal("403 Forbidden", "AccessDenied", "Forbidden: Bucket size quota is reached");
    let backend = open(&Responder::start(full), &KEYS, &[]);
    assert!(backend.put(&name("packs/ab/1"), b"bytes").unwrap_err().is_full());
    let denied = |_: &str| refusal("403 Forbidden", "AccessDenied", "Access Denied");
    let error = open(&Responder::start(denied), &KEYS, &[]).put(&name("config"), b"bytes").unwrap_err();
    assert!(error.is_denied() && error.advice().unwrap().contains("s3:PutObject"), "{error}");
}

#[test]
fn no_error_shows_a_secret() {
    let server = Responder::start(|_| refusal("400 Bad Request", "Odd", "no"));
    let variables = [KEYS[0], KEYS[1], ("AWS_SESSION_TOKEN", "token")];
    let backend = open(&server, &variables, &[]);
    let error = backend.get(&name("config"), 9).unwrap_err();
    let shown = format!("{error:?} {backend:?} {}", backend.location());
    assert!(!shown.contains("hush") && !shown.contains("token"), "{shown}");
    assert_eq!(backend.location(), "s3://bucket/host a");
}

#[test]
fn storage_class_and_tags_go_to_the_folders_that_hold_the_bytes() {
    let server = Responder::start(|_| ("200 OK", "ETag: \"x\"\r\n", String::new()));
    let options = [("storage-class", "STANDARD_IA"), ("tags", "team=blue,purpose=backup")];
    let backend = open(&server, &KEYS, &options);
    backend.put(&name("packs/ab/1"), b"bytes").unwrap();
    backend.put_shared(&name("packs/ab/2"), &Arc::new(b"bytes".to_vec())).unwrap();
    backend.put(&name("config"), b"bytes").unwrap();
    let requests = server.requests();
    for (head, is_pack) in requests.iter().zip([true, true, false]) {
        assert_eq!(head.contains("x-amz-storage-class: standard_ia"), is_pack, "{head}");
        assert_eq!(head.contains("x-amz-tagging: team=blue&purpose=backup"), is_pack, "{head}");
    }
    assert_eq!(requests.len(), 3);
}

#[test]
fn requests_are_signed_for_the_region_that_was_named_or_the_usual_one() {
    let server = Responder::start(|_| refusal("404 Not Found", "NoSuchKey", ""));
    for (option, region) in [(&[][..], "us-east-1"), (&[("region", "eu-west-1")], "eu-west-1")] {
        open(&server, &KEYS, option).get(&name("config"), 9).unwrap_err();
        let head = server.requests().pop().unwrap();
        assert!(head.starts_with("get /bucket/host%20a/config "), "{head}");
        assert!(head.contains("credential=key/") && head.contains(&format!("/{region}/s3/aws4")), "{head}");
    }
}

#[test]
fn a_program_of_a_profile_gives_the_keys() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config");
    let answer = r#"{"Version":1,"AccessKeyId":"OTHER","SecretAccessKey":"S","SessionToken":"T"}"#;
    std::fs::write(&path, format!("[profile p]\ncredential_process = echo '{answer}'\n")).unwrap();
    let server = Responder::start(|_| refusal("404 Not Found", "NoSuchKey", ""));
    let variables = [("AWS_CONFIG_FILE", path.to_str().unwrap()), ("AWS_PROFILE", "p")];
    open(&server, &variables, &[]).get(&name("config"), 9).unwrap_err();
    let head = server.requests().pop().unwrap();
    assert!(head.contains("credential=other/") && head.contains("x-amz-security-token: t"), "{head}");
}

#[test]
fn the_role_of_the_machine_is_asked_for_last() {
    let metadata = Responder::start(|first| match first.split(' ').nth(1) {
        Some("/latest/api/token") => ("200 OK", "", "t".to_owned()),
        Some("/latest/meta-data/iam/security-credentials/") => ("200 OK", "", "role".to_owned()),
        _ => {
            let body = r#"{"AccessKeyId":"ROLE","SecretAccessKey":"S","Token":"T","Expiration":"2999-01-01T00:00:00Z"}"#;
            ("200 OK", "", body.to_owned())
        }
    });
    let server = Responder::start(|_| refusal("404 Not Found", "NoSuchKey", ""));
    let variables = [("AWS_METADATA_ENDPOINT", metadata.url.as_str())];
    assert!(open(&server, &variables, &[]).get(&name("config"), 9).unwrap_err().is_not_found());
    assert!(server.requests()[0].contains("credential=role/"));
    open(&server, &[variables[0], KEYS[0], KEYS[1]], &[]).get(&name("config"), 9).unwrap_err();
    assert_eq!(metadata.requests().len(), 3);
}

#[test]
fn without_any_credentials_the_error_says_which_are_missing() {
    let server = Responder::start(|_| refusal("404 Not Found", "NoSuchKey", ""));
    for variable in [("AWS_METADATA_ENDPOINT", server.url.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")] {
        let own = |text: &str| text.to_owned();
        let variables = [(own(variable.0), own(variable.1)), (own("AWS_ALLOW_HTTP"), own("true"))].into();
        let settings = StoreSettings { variables, ..StoreSettings::default() };
        let opened = Location::parse("s3://bucket").unwrap().open(&settings);
        let error = opened.and_then(|backend| backend.get(&name("config"), 9)).unwrap_err();
        assert!(error.is_denied() && cause(&error).contains("AWS_SECRET_ACCESS_KEY"), "{error:?}");
    }
}
