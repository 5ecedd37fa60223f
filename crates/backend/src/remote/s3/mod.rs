//! From settings to a bucket of S3 or of what speaks like it.
//!
//! Options win over variables, variables over the profile. What is decided here is decided before the first request.

use std::str::FromStr;

use object_store::ClientOptions;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, Checksum};

use super::connect::known;
use super::credentials::with_credentials;
use super::network::Network;
use super::options::{Options, switch};
use super::profile::Profile;
use super::refusal::Refusal;
use crate::StoreSettings;

/// What is asked of servers that are not those of AWS, which check no region, or say which one they are in.
const USUAL_REGION: &str = "us-east-1";

/// The store of `bucket`.
pub(super) fn s3(
    bucket: &str,
    options: &Options,
    client: ClientOptions,
    network: &Network,
    settings: &StoreSettings,
) -> Result<AmazonS3, Refusal> {
    let profile = Profile::find(options.profile.as_deref(), settings)?;
    let region = first(options.region.as_deref(), settings, ["AWS_REGION", "AWS_DEFAULT_REGION"]);
    let region = region.or_else(|| profile.value("region")).unwrap_or(USUAL_REGION);
    let endpoint = first(
        options.endpoint.as_deref(),
        settings,
        ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"],
    );
    let endpoint = endpoint
        .or_else(|| ["s3.endpoint_url", "endpoint_url"].into_iter().find_map(|key| profile.value(key)));
    let is_path = path_style(bucket, options, endpoint.is_some(), settings)?;
    check_texts(options, &profile, settings)?;
    // What is settled here is not left to variables.
    let others = known(settings, AmazonS3ConfigKey::from_str).filter(|(key, _)| !SETTLED.contains(key));
    let start = checked(AmazonS3Builder::new().with_client_options(client), endpoint.is_none());
    let mut builder = others
        .fold(start, |builder, (key, value)| builder.with_config(key, value))
        .with_http_connector(network.clone())
        .with_retry(network.retry())
        // A request for several deletions is a POST, which is not sent again when its answer is lost.
        .with_disable_bulk_delete(true)
        .with_bucket_name(bucket)
        .with_region(region)
        .with_virtual_hosted_style_request(!is_path);
    let is_http_allowed = is_http_allowed(options, settings)?;
    builder = builder.with_allow_http(is_http_allowed);
    if let Some(endpoint) = endpoint {
        check_endpoint(endpoint, is_http_allowed)?;
        check_host(endpoint, is_path)?;
        builder =
            builder.with_endpoint(if is_path { endpoint.to_owned() } else { host_of(bucket, endpoint) });
    }
    if let Some(unsigned) = options.unsigned_payload {
        builder = builder.with_unsigned_payload(unsigned);
    }
    let store = with_credentials(builder, options, &profile, settings)?.build();
    store
        .map_err(|error| Refusal::settings(error.to_string(), "look at the AWS_ variables: env | grep ^AWS_"))
}

/// How a server can tell that an object has arrived as it was sent. All check the signature of the content, which is
/// SHA-256; at AWS, behind TLS, a checksum does, which costs a fraction of that. Others may not know it.
fn checked(builder: AmazonS3Builder, is_aws: bool) -> AmazonS3Builder {
    match is_aws {
        true => builder.with_unsigned_payload(true).with_checksum_algorithm(Checksum::CRC64NVME),
        false => builder,
    }
}

/// What goes into headers cannot hold a line break, such as files with secrets end with.
fn check_texts(options: &Options, profile: &Profile, settings: &StoreSettings) -> Result<(), Refusal> {
    const NAMES: [&str; 5] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ];
    let is_odd = |text: &str| text.chars().any(char::is_control) || !text.is_ascii();
    let of_variables = NAMES.into_iter().find(|name| settings.variable(name).is_some_and(is_odd));
    let of_option = options.region.as_deref().is_some_and(is_odd).then_some("-o region");
    let of_profile = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region"]
        .into_iter()
        .find(|key| profile.value(key).is_some_and(is_odd));
    match of_variables.or(of_option).or(of_profile) {
        None => Ok(()),
        // The value is not shown: it may be a secret.
        Some(name) => Err(Refusal::settings(
            format!("{name} holds a line break, or another character that no key has"),
            "set it to the text alone, without a line break",
        )),
    }
}

/// Keys of the store that this file decides about.
const SETTLED: [AmazonS3ConfigKey; 8] = [
    AmazonS3ConfigKey::AccessKeyId,
    AmazonS3ConfigKey::SecretAccessKey,
    AmazonS3ConfigKey::Token,
    AmazonS3ConfigKey::Region,
    AmazonS3ConfigKey::DefaultRegion,
    AmazonS3ConfigKey::Endpoint,
    AmazonS3ConfigKey::S3Endpoint,
    AmazonS3ConfigKey::VirtualHostedStyleRequest,
];

/// What an option says, or else the first variable that says something.
fn first<'a, const N: usize>(
    option: Option<&'a str>,
    settings: &'a StoreSettings,
    variables: [&str; N],
) -> Option<&'a str> {
    option.or_else(|| variables.iter().find_map(|name| settings.variable(name)))
}

fn is_http_allowed(options: &Options, settings: &StoreSettings) -> Result<bool, Refusal> {
    match (options.allow_http, settings.variable("AWS_ALLOW_HTTP")) {
        (Some(is_allowed), _) => Ok(is_allowed),
        (None, Some(value)) => switch("AWS_ALLOW_HTTP", value),
        (None, None) => Ok(false),
    }
}

/// Whether the bucket stands in the path of URLs instead of the host: a host of its own is what AWS wants, if a
/// certificate can have its name, and what few others have.
fn path_style(
    bucket: &str,
    options: &Options,
    has_endpoint: bool,
    settings: &StoreSettings,
) -> Result<bool, Refusal> {
    const VARIABLE: &str = "AWS_VIRTUAL_HOSTED_STYLE_REQUEST";
    match (options.path_style, settings.variable(VARIABLE)) {
        (Some(is_path), _) => Ok(is_path),
        (None, Some(value)) => Ok(!switch(VARIABLE, value)?),
        (None, None) => Ok(has_endpoint || bucket.contains(['.', '_'])),
    }
}

/// The endpoint with the bucket in front of its host.
fn host_of(bucket: &str, endpoint: &str) -> String {
    match endpoint.split_once("://") {
        Some((scheme, host)) if !host.starts_with(&format!("{bucket}.")) => {
            format!("{scheme}://{bucket}.{host}")
        }
        _ => endpoint.to_owned(),
    }
}

/// No bucket can stand in front of an address in numbers.
fn check_host(endpoint: &str, is_path: bool) -> Result<(), Refusal> {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    match is_path || !(host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()) {
        true => Ok(()),
        false => Err(Refusal::settings(
            "the endpoint is an address in numbers, in front of which no bucket can stand",
            "leave the bucket in the path: -o path-style=true",
        )),
    }
}

fn check_endpoint(endpoint: &str, is_http_allowed: bool) -> Result<(), Refusal> {
    const FORM: &str = "write it like https://storage.example:9000, in -o endpoint=URL or AWS_ENDPOINT_URL";
    let Some((scheme, rest)) = endpoint.split_once("://") else {
        return Err(Refusal::settings("the endpoint is no URL", FORM));
    };
    let host = rest.split('/').next().unwrap_or_default();
    let is_odd = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'@' | b'?' | b'#');
    // The text is not shown: people paste keys into URLs.
    if host.is_empty() || rest.bytes().any(is_odd) {
        return Err(Refusal::settings("the endpoint has no host, or more than a host and a path", FORM));
    }
    match scheme {
        "https" => Ok(()),
        "http" if is_http_allowed => Ok(()),
        "http" => Err(Refusal::settings(
            format!("{endpoint} is plain http: who stands on the way sees the requests and can change them"),
            "use https://, or allow it where nobody else is on the way: -o allow-http=true or AWS_ALLOW_HTTP=true",
        )),
        _ => Err(Refusal::settings(format!("{scheme}:// is no endpoint"), FORM)),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make and look at real files")]
mod tests;
