//! What is decided before the first request.

use std::collections::BTreeMap;

use super::*;
use crate::ErrorKind;
use crate::remote::connect;

fn settings(variables: &[(&str, &str)], options: &[(&str, &str)]) -> StoreSettings {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    StoreSettings { variables: map(variables), options: map(options), ..StoreSettings::default() }
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "KEY"), ("AWS_SECRET_ACCESS_KEY", "hush")];

/// The store as its `Debug` shows it, with keys.
fn debug(variables: &[(&str, &str)], options: &[(&str, &str)]) -> Result<String, String> {
    let settings = settings(&[&KEYS, variables].concat(), options);
    let options = Options::read("s3", &settings.options).map_err(|refusal| refusal.cause)?;
    let store = s3("bucket", &options, ClientOptions::new(), &Network::new(&settings, Vec::new()), &settings)
        .map_err(|refusal| refusal.cause)?;
    Ok(format!("{store:?}"))
}

#[test]
fn the_bucket_stands_in_the_host_at_aws_and_in_the_path_elsewhere() {
    for (variables, options, url) in [
        (&[][..], &[][..], "https://bucket.s3.us-east-1.amazonaws.com"),
        (&[("AWS_REGION", "eu-west-1")], &[], "https://bucket.s3.eu-west-1.amazonaws.com"),
        (
            &[("AWS_DEFAULT_REGION", "eu-west-2")],
            &[("path-style", "yes")],
            "https://s3.eu-west-2.amazonaws.com/bucket",
        ),
        (
            &[("AWS_REGION", "eu-west-1")],
            &[("region", "eu-north-1")],
            "https://bucket.s3.eu-north-1.amazonaws.com",
        ),
        (&[("AWS_ENDPOINT_URL", "https://a:9000/")], &[], "https://a:9000/bucket"),
        (&[("AWS_ENDPOINT_URL", "https://a")], &[("path-style", "false")], "https://bucket.a"),
        (&[("AWS_ENDPOINT_URL", "https://bucket.a")], &[("path-style", "false")], "https://bucket.a"),
        (&[("AWS_ENDPOINT_URL", "https://a"), ("AWS_ENDPOINT_URL_S3", "https://b")], &[], "https://b/bucket"),
        (&[("AWS_ENDPOINT_URL_S3", "https://b")], &[("endpoint", "https://c")], "https://c/bucket"),
        (&[("AWS_ENDPOINT_URL", "")], &[], "https://bucket.s3.us-east-1.amazonaws.com"),
    ] {
        let debug = debug(variables, options).unwrap();
        assert!(debug.contains(&format!("\"{url}\"")), "{url} in {debug}");
        assert!(!debug.contains("hush"), "{debug}");
    }
}

#[test]
fn content_is_signed_or_has_a_checksum() {
    let aws = debug(&[], &[]).unwrap();
    assert!(aws.contains("sign_payload: false") && aws.contains("checksum: Some(CRC64NVME)"), "{aws}");
    let other = debug(&[], &[("endpoint", "https://host")]).unwrap();
    assert!(other.contains("sign_payload: true") && other.contains("checksum: None"), "{other}");
}

#[test]
fn endpoints_are_checked_and_plain_http_must_be_asked_for() {
    for endpoint in
        ["host:9000", "https://", "https://KEY:SECRET@host", "https://host?x=SECRET", "ftp://host"]
    {
        let cause = debug(&[], &[("endpoint", endpoint)]).unwrap_err();
        assert!(cause.contains("endpoint") && !cause.contains("SECRET"), "{cause}");
    }
    let plain = [("AWS_ENDPOINT_URL", "http://host")];
    assert!(debug(&plain, &[]).unwrap_err().contains("plain http"));
    assert!(debug(&[plain[0], ("AWS_ALLOW_HTTP", "true")], &[]).is_ok());
    assert!(debug(&plain, &[("allow-http", "true")]).is_ok());
    assert!(debug(&[plain[0], ("AWS_ALLOW_HTTP", "true")], &[("allow-http", "false")]).is_err());
    assert!(debug(&[plain[0], ("AWS_ALLOW_HTTP", "perhaps")], &[]).unwrap_err().contains("AWS_ALLOW_HTTP"));
}

#[test]
fn half_of_a_pair_of_keys_is_named() {
    for (given, missing) in [(0, "AWS_SECRET_ACCESS_KEY is not"), (1, "AWS_ACCESS_KEY_ID is not")] {
        let error = connect("s3://bucket", &settings(&KEYS[given..=given], &[])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(format!("{error:?}").contains(missing), "{error:?}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

#[test]
fn profiles_that_lead_elsewhere_are_refused_with_a_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config");
    std::fs::write(
        &config,
        "[profile sso]\nsso_session = x\n[profile role]\nrole_arn = y\nsource_profile = z\n[profile bare]\nregion=w\n",
    )
    .unwrap();
    let config = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    for (profile, words) in
        [("sso", "sso_session"), ("role", "role_arn"), ("bare", "no keys"), ("none", "no profile")]
    {
        let error = connect("s3://bucket", &settings(&[config, KEYS[0], KEYS[1]], &[("profile", profile)]))
            .unwrap_err();
        assert!(format!("{error:?}").contains(words), "{error:?}");
        assert!(error.advice().is_some());
    }
    // What variables say wins over the profile that a variable names.
    connect("s3://bucket", &settings(&[config, KEYS[0], KEYS[1], ("AWS_PROFILE", "sso")], &[])).unwrap();
}

#[test]
fn certificates_are_read_and_what_holds_none_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "nothing here\n").unwrap();
    for path in [empty.to_str().unwrap(), "/nowhere/ca.pem"] {
        for (variables, options) in [(&[][..], &[("ca-file", path)][..]), (&[("AWS_CA_BUNDLE", path)], &[])] {
            let error = connect("s3://bucket", &settings(&[&KEYS, variables].concat(), options)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings);
            assert!(format!("{error:?}").contains(path), "{error:?}");
        }
    }
}

#[test]
fn what_fits_into_no_header_is_refused_and_not_shown() {
    for (variables, options) in [
        (&[("AWS_SESSION_TOKEN", "to\nken")][..], &[][..]),
        (&[("AWS_ACCESS_KEY_ID", "AKI\nX")], &[]),
        (&[("AWS_SECRET_ACCESS_KEY", "hush\n")], &[]),
        (&[], &[("region", "x\ny")]),
    ] {
        let cause = debug(variables, options).unwrap_err();
        assert!(cause.contains("holds a line break") && !cause.contains('\n'), "{cause}");
    }
}

#[test]
fn no_bucket_stands_in_front_of_numbers() {
    for endpoint in ["https://127.0.0.1:9000", "https://[::1]:9000/"] {
        let options = |path_style| [("endpoint", endpoint), ("path-style", path_style)];
        let cause = debug(&[], &options("false")).unwrap_err();
        assert!(cause.contains("address in numbers"), "{cause}");
        debug(&[], &options("true")).unwrap();
    }
}
