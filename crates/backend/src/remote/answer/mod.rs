//! What a store answered to a request that it did not fulfil: a status and, in most bodies, a code and a message.
//!
//! `object_store` keeps all of that in the text of an error deep inside of others, whose own texts repeat it.

use std::error::Error;

use crate::ErrorKind;
use crate::error::one_line;

/// How such texts begin.
const STATUS: &str = "Server returned non-2xx status code: ";
const RESPONSE: &str = "Server returned error response: ";
const DELETION: &str = "DeleteObjects request failed for key ";
const REDIRECT: &str = "Received redirect without LOCATION";

const CREDENTIALS: &str = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the keys of the profile: -o profile=NAME";
const CLOCK: &str = "set the clock of this machine, for example: timedatectl set-ntp true";
const BUCKET: &str =
    "check its name; buckets are not created here, but with the tools of the storage: aws s3 mb s3://BUCKET";
const REGION: &str = "name the region of the bucket: -o region=REGION or AWS_REGION";
const ROOM: &str = "make room in the storage or raise its quota, and run the same command again";
const LATER: &str = "run the same command again later";
const ARCHIVE: &str =
    "bring the objects back from the archive with the tools of the storage, and run the same command again";
const READ: &str =
    "let these credentials read and list the bucket (s3:GetObject, s3:ListBucket), or use others";
const WRITE: &str = "let these credentials write to the bucket (s3:PutObject), or use others";
const DELETE: &str = "let these credentials delete in the bucket (s3:DeleteObject), or use others";
const ANYTHING: &str = "look into the log of the storage, then: lifeboat verify";

/// What codes mean where it does not depend on the operation.
const CODES: [(&[&str], ErrorKind, &str); 8] = [
    (
        &[
            "AuthFailure",
            "AuthenticationFailed",
            "AuthenticationRequired",
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidIdentityToken",
            "InvalidToken",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnrecognizedClientException",
        ],
        ErrorKind::Denied,
        CREDENTIALS,
    ),
    (&["RequestTimeTooSkewed", "RequestExpired"], ErrorKind::Other, CLOCK),
    (&["NoSuchBucket", "ContainerNotFound", "InvalidBucketName"], ErrorKind::NoBucket, BUCKET),
    (
        &[
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "PermanentRedirect",
            "TemporaryRedirect",
        ],
        ErrorKind::Other,
        REGION,
    ),
    (
        &[
            "EntityTooLarge",
            "InsufficientStorage",
            "QuotaExceeded",
            "ServiceQuotaExceeded",
            "XMinioAdminBucketQuotaExceeded",
            "XMinioStorageFull",
        ],
        ErrorKind::Full,
        ROOM,
    ),
    (
        &[
            "ConditionalRequestConflict",
            "InternalError",
            "OperationAborted",
            "RequestTimeout",
            "ServerBusy",
            "ServiceUnavailable",
            "SlowDown",
            "Throttling",
            "TooManyRequests",
        ],
        ErrorKind::Unavailable,
        LATER,
    ),
    (&["InvalidObjectState"], ErrorKind::Other, ARCHIVE),
    (&["InvalidRange"], ErrorKind::Other, ANYTHING),
];

/// What servers say in words where their codes say less: the words decide.
const WORDS: [(&str, ErrorKind, &str); 6] = [
    ("quota", ErrorKind::Full, ROOM),
    ("no space left", ErrorKind::Full, ROOM),
    ("invalid signature", ErrorKind::Denied, CREDENTIALS),
    ("no such key:", ErrorKind::Denied, CREDENTIALS),
    ("date is too old", ErrorKind::Other, CLOCK),
    ("date is in the future", ErrorKind::Other, CLOCK),
];

/// A refusal, taken apart. Texts are on one line and of bounded length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// 200 where the refusal stands in the body of a success, 301 for a redirection to nowhere.
    status: u16,
    /// The reason that goes with the status.
    reason: String,
    code: String,
    message: String,
    /// Where the store says that the bucket is.
    region: String,
}

impl Answer {
    /// The answer that an error or one of its sources tells of.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        std::iter::successors(Some(error), |error| (*error).source())
            .find_map(|error| Self::parse(&error.to_string()))
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix(STATUS) {
            let (status, body) = rest.split_once(": ").unwrap_or_else(|| (rest.trim_end_matches(':'), ""));
            let (number, reason) = status.split_once(' ').unwrap_or((status, ""));
            return Some(Self::new(number.parse().ok()?, reason, body));
        }
        if let Some(body) = text.strip_prefix(RESPONSE) {
            return Some(Self::new(200, "OK", body));
        }
        if let Some(rest) = text.strip_prefix(DELETION) {
            let (before, code) = rest.rsplit_once(" (code: ")?;
            let message = before.split_once(": ").map_or(before, |(_, message)| message);
            let code = code.trim_end_matches(')');
            return Some(Self { code: shown(code), message: shown(message), ..Self::new(200, "OK", "") });
        }
        text.starts_with(REDIRECT).then(|| Self::new(301, "Moved Permanently", ""))
    }

    fn new(status: u16, reason: &str, body: &str) -> Self {
        let element = |name| shown(&element(body, name).unwrap_or_default());
        let message = if body.trim_start().starts_with('<') { element("Message") } else { shown(body) };
        Self { status, reason: shown(reason), code: element("Code"), message, region: element("Region") }
    }

    /// What it means for an operation, and what to do about it; none where only the status tells.
    pub(super) fn meaning(&self, operation: &str) -> Option<(ErrorKind, &'static str)> {
        let code = self.code.as_str();
        if matches!(code, "NoSuchKey" | "BlobNotFound") {
            return None;
        }
        let words = self.message.to_ascii_lowercase();
        if let Some((_, kind, advice)) = WORDS.iter().find(|(part, ..)| words.contains(part)) {
            return Some((*kind, advice));
        }
        if let Some((_, kind, advice)) = CODES.iter().find(|(codes, ..)| codes.contains(&code)) {
            return Some((*kind, advice));
        }
        match self.status {
            404 if operation == "put" || !code.is_empty() => Some((ErrorKind::Other, ANYTHING)),
            404 | 409 | 412 => None,
            401 => Some((ErrorKind::Denied, CREDENTIALS)),
            403 => Some((ErrorKind::Denied, permission(operation))),
            _ if code == "AccessDenied" => Some((ErrorKind::Denied, permission(operation))),
            301 | 302 | 307 | 308 => Some((ErrorKind::Other, REGION)),
            413 | 507 => Some((ErrorKind::Full, ROOM)),
            408 | 429 | 500..=599 => Some((ErrorKind::Unavailable, LATER)),
            _ => Some((ErrorKind::Other, ANYTHING)),
        }
    }

    /// On one line, what was said: the message before the code, and the status where there is neither.
    pub(super) fn cause(&self) -> String {
        let region = match (self.code.as_str(), self.region.as_str()) {
            (_, "") => String::new(),
            ("AuthorizationHeaderMalformed" | "PermanentRedirect", region) => {
                format!("the bucket is in the region {region}: ")
            }
            _ => String::new(),
        };
        match (self.message.as_str(), self.code.as_str()) {
            ("", "") if self.status == 301 => "the bucket is in another region".to_owned(),
            ("", "") => format!("the server answered {} {}", self.status, self.reason),
            ("", code) => format!("{region}{code}"),
            (message, "") => format!("the server answered {}: {message}", self.status),
            (message, code) => format!("{region}{message} ({code})"),
        }
    }

    /// Whether it is a bare status, as answers to HEAD are, which is not itself the whole answer.
    pub(super) fn is_speechless(&self) -> bool {
        self.code.is_empty()
            && self.message.is_empty()
            && (400..500).contains(&self.status)
            && self.status != 404
    }
}

/// What credentials lack for an operation.
fn permission(operation: &str) -> &'static str {
    match operation {
        "put" => WRITE,
        "delete" => DELETE,
        _ => READ,
    }
}

/// The text of the first element of this name.
fn element(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)))
}

/// On one line, and not endless.
fn shown(text: &str) -> String {
    const MAX_CHARS: usize = 300;
    let words: Vec<&str> = text.split_whitespace().collect();
    one_line(&words.join(" ")).chars().take(MAX_CHARS).collect::<String>().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
