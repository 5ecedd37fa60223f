//! Bodies as servers send them: AWS, Garage, Ceph, MinIO, Azure, Google.

use super::*;

fn xml(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message>\
         <Resource>/b/config</Resource><Region>garage</Region><AWSAccessKeyId>KEY</AWSAccessKeyId></Error>"
    )
}

fn answer(status: &str, body: &str) -> Answer {
    Answer::parse(&format!("{STATUS}{status}: {body}")).unwrap()
}

fn kind(status: &str, code: &str, message: &str, operation: &str) -> Option<ErrorKind> {
    answer(status, &xml(code, message)).meaning(operation).map(|(kind, _)| kind)
}

#[test]
fn wrong_credentials_are_told_from_missing_permissions() {
    for (code, message) in [
        ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match."),
        ("ExpiredToken", "The provided token has expired."),
        ("AccessDenied", "Forbidden: Invalid signature"),
        ("AccessDenied", "Forbidden: No such key: GK000000000000000000000000"),
    ] {
        let told = answer("403 Forbidden", &xml(code, message)).meaning("get");
        assert_eq!(told, Some((ErrorKind::Denied, CREDENTIALS)), "{code}");
    }
    for (operation, advice) in [("get", READ), ("list", READ), ("put", WRITE), ("delete", DELETE)] {
        let told = answer("403 Forbidden", &xml("AccessDenied", "Access Denied")).meaning(operation);
        assert_eq!(told, Some((ErrorKind::Denied, advice)), "{operation}");
    }
}

#[test]
fn a_missing_bucket_is_no_missing_object() {
    assert_eq!(
        kind("404 Not Found", "NoSuchBucket", "Bucket not found: b", "get"),
        Some(ErrorKind::NoBucket)
    );
    assert_eq!(kind("404 Not Found", "NoSuchKey", "The specified key does not exist.", "get"), None);
    assert_eq!(answer("404 Not Found", "").meaning("stat"), None);
    // Nothing that is missing keeps an object from being put.
    assert_eq!(answer("404 Not Found", "").meaning("put").unwrap().0, ErrorKind::Other);
    assert_eq!(kind("404 Not Found", "NoSuchUpload", "gone", "get"), Some(ErrorKind::Other));
}

#[test]
fn every_form_of_a_full_storage_is_full() {
    for (status, code, message) in [
        ("403 Forbidden", "QuotaExceeded", ""),
        (
            "403 Forbidden",
            "AccessDenied",
            "Forbidden: Bucket size quota is reached, maximum total size: 1024.",
        ),
        (
            "507 Insufficient Storage",
            "XMinioStorageFull",
            "Storage backend has reached its minimum free drive.",
        ),
        ("507 Insufficient Storage", "", ""),
        ("503 Service Unavailable", "ServiceUnavailable", "quorum: No space left on device"),
        ("400 Bad Request", "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
    ] {
        assert_eq!(kind(status, code, message, "put"), Some(ErrorKind::Full), "{status} {code}");
    }
}

#[test]
fn a_busy_server_is_asked_again_later() {
    for (status, code) in [
        ("503 Service Unavailable", "SlowDown"),
        ("500 Internal Server Error", "InternalError"),
        ("502 Bad Gateway", ""),
        ("429 Too Many Requests", ""),
        ("409 Conflict", "OperationAborted"),
    ] {
        assert_eq!(kind(status, code, "", "put"), Some(ErrorKind::Unavailable), "{status} {code}");
    }
    let in_success =
        Answer::parse(&format!("{RESPONSE}{}", xml("SlowDown", "Please reduce your rate."))).unwrap();
    assert_eq!(in_success.meaning("put").unwrap().0, ErrorKind::Unavailable);
}

#[test]
fn clocks_and_regions_have_advice_of_their_own() {
    for (status, code, message) in [
        (
            "403 Forbidden",
            "RequestTimeTooSkewed",
            "The difference between the request time and ours is too large.",
        ),
        ("400 Bad Request", "InvalidRequest", "Bad request: Date is too old"),
    ] {
        assert_eq!(answer(status, &xml(code, message)).meaning("get").unwrap().1, CLOCK);
    }
    let malformed =
        answer("400 Bad Request", &xml("AuthorizationHeaderMalformed", "expecting &apos;x&apos;"));
    assert_eq!(malformed.meaning("get").unwrap().1, REGION);
    let cause = "the bucket is in the region garage: expecting 'x' (AuthorizationHeaderMalformed)";
    assert_eq!(malformed.cause(), cause);
    let redirect = Answer::parse(&format!("{REDIRECT}, this normally indicates a region")).unwrap();
    assert_eq!(redirect.meaning("get").unwrap().1, REGION);
    assert_eq!(redirect.cause(), "the bucket is in another region");
}

#[test]
fn one_line_tells_the_cause_and_shows_no_more_than_that() {
    let told = answer("403 Forbidden", &xml("AccessDenied", "Access\n Denied.")).cause();
    assert_eq!(told, "Access Denied (AccessDenied)");
    assert_eq!(answer("403 Forbidden", "").cause(), "the server answered 403 Forbidden");
    let json = answer("401 Unauthorized", r#"{"error":"invalid_grant"}"#);
    assert_eq!(json.cause(), r#"the server answered 401: {"error":"invalid_grant"}"#);
    assert_eq!(json.meaning("get"), Some((ErrorKind::Denied, CREDENTIALS)));
    assert_eq!(
        answer("502 Bad Gateway", "<html><body>x</body></html>").cause(),
        "the server answered 502 Bad Gateway"
    );
    assert!(answer("500 Oops", &"long ".repeat(1000)).cause().len() < 400);
}

#[test]
fn an_object_among_several_that_is_not_deleted_has_a_code() {
    let told = Answer::parse("DeleteObjects request failed for key a/b: Access Denied (code: AccessDenied)")
        .unwrap();
    assert_eq!(told.cause(), "Access Denied (AccessDenied)");
    assert_eq!(told.meaning("delete"), Some((ErrorKind::Denied, DELETE)));
}

#[test]
fn only_refusals_without_words_are_asked_for_more() {
    assert!(answer("403 Forbidden", "").is_speechless());
    assert!(answer("400 Bad Request", "").is_speechless());
    assert!(!answer("404 Not Found", "").is_speechless());
    assert!(!answer("503 Service Unavailable", "").is_speechless());
    assert!(!answer("403 Forbidden", &xml("AccessDenied", "no")).is_speechless());
    assert_eq!(Answer::parse("something else"), None);
}

/// Whatever a server sends, what is said of it is one line of bounded length.
#[test]
fn nonsense_is_told_on_one_line() {
    let mut random = lifeboat_testkit::Random::new(70);
    let parts = [
        STATUS,
        RESPONSE,
        DELETION,
        REDIRECT,
        "<",
        "<Code>",
        "</Code>",
        "<Message>",
        "</Message>",
        "<Region>",
        "</Region>",
        "&lt;",
        "&amp;amp;",
        ": ",
        " (code: ",
        ")",
        "99999",
        "403 ",
        "\0",
        "\u{1b}[31m",
        "\r\n",
        "\u{202e}",
        "NoSuchKey",
        "quota",
        "x",
        "\u{e9}",
    ];
    for _ in 0..3000 {
        let count = random.index(12);
        let text: String = (0..count).map(|_| *random.pick(&parts)).collect();
        let Some(answer) = Answer::parse(&format!("{}{text}", parts[random.index(4)])) else { continue };
        let cause = answer.cause();
        assert!(!cause.chars().any(char::is_control) && cause.chars().count() < 2000, "{cause:?}");
        for operation in ["get", "put", "delete", "list", "stat"] {
            assert!(answer.meaning(operation).is_none_or(|(_, advice)| !advice.is_empty()));
        }
    }
}
