//! Where the credentials for S3 come from.
//!
//! In this order: a profile that was named by an option; variables; the profile that a variable names, or `default`; the
//! role that a web identity or a container gives; the role of the machine itself, which is asked for only where nothing
//! else was said, and for a moment only, because most machines have none and nobody answers there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::{CredentialProvider, RetryConfig, StaticCredentialProvider};
use tokio::time::timeout;

use super::options::{Options, switch};
use super::process::CredentialProcess;
use super::profile::Profile;
use super::refusal::Refusal;
use crate::StoreSettings;

/// How long the machine's own service may take to answer.
const DEADLINE: Duration = Duration::from_secs(3);
const ADVICE: &str =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has keys: -o profile=NAME";
const EXPORT: &str = "let the tools of AWS hand out its keys, in a profile of its own: credential_process = aws \
                      configure export-credentials --profile NAME --format process";

type Provider = Arc<dyn CredentialProvider<Credential = AwsCredential>>;

/// The same builder with credentials; it knows already those of web identities and containers.
pub(super) fn with_credentials(
    builder: AmazonS3Builder,
    options: &Options,
    profile: &Profile,
    settings: &StoreSettings,
) -> Result<AmazonS3Builder, Refusal> {
    if is_on("AWS_SKIP_SIGNATURE", settings)? {
        return Ok(builder);
    }
    let found = if options.profile.is_some() {
        let nothing = || Refusal::credentials(format!("profile {} has no keys", profile.name()), ADVICE);
        Some(of_profile(profile)?.ok_or_else(nothing)?)
    } else {
        of_variables(settings)?.map_or_else(|| of_profile(profile), |provider| Ok(Some(provider)))?
    };
    match found {
        Some(provider) => Ok(builder.with_credentials(provider)),
        None if has_role(settings) => Ok(builder),
        None if is_on("AWS_EC2_METADATA_DISABLED", settings)? => Err(nothing()),
        None => Ok(builder.clone().with_credentials(Arc::new(OfMachine(machine(builder)?)))),
    }
}

fn of_variables(settings: &StoreSettings) -> Result<Option<Provider>, Refusal> {
    let [key, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let missing = |is_set: &str, other: &str| {
        Err(Refusal::credentials(format!("{is_set} is set, but {other} is not"), ADVICE))
    };
    match (settings.variable(key), settings.variable(secret)) {
        (None, None) => Ok(None),
        (Some(_), None) => missing(key, secret),
        (None, Some(_)) => missing(secret, key),
        (Some(key), Some(secret)) => Ok(Some(fixed(key, secret, settings.variable("AWS_SESSION_TOKEN")))),
    }
}

/// The keys of a profile, if it has any of its own.
fn of_profile(profile: &Profile) -> Result<Option<Provider>, Refusal> {
    let [key, secret] = ["aws_access_key_id", "aws_secret_access_key"].map(|key| profile.value(key));
    match (key, secret) {
        (Some(key), Some(secret)) => return Ok(Some(fixed(key, secret, profile.value("aws_session_token")))),
        (None, None) => {}
        _ => {
            let cause = format!("profile {} has half of a pair of keys", profile.name());
            return Err(Refusal::credentials(cause, ADVICE));
        }
    }
    if let Some(command) = profile.value("credential_process") {
        return Ok(Some(Arc::new(CredentialProcess::new(profile.name(), command))));
    }
    let indirect = ["sso_session", "sso_start_url", "role_arn", "login_session"];
    match indirect.into_iter().find(|key| profile.value(key).is_some()) {
        Some(key) => {
            let cause =
                format!("profile {} has {key} instead of keys, which is not understood", profile.name());
            Err(Refusal::credentials(cause, EXPORT))
        }
        None => Ok(None),
    }
}

fn fixed(key: &str, secret: &str, token: Option<&str>) -> Provider {
    Arc::new(StaticCredentialProvider::new(AwsCredential {
        key_id: key.to_owned(),
        secret_key: secret.to_owned(),
        token: token.map(str::to_owned),
    }))
}

/// Whether variables tell of a role that a web identity or a container gives.
fn has_role(settings: &StoreSettings) -> bool {
    let all = |names: &[&str]| names.iter().all(|name| settings.variable(name).is_some());
    all(&["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"])
        || all(&["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"])
        || all(&["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
}

fn is_on(name: &str, settings: &StoreSettings) -> Result<bool, Refusal> {
    settings.variable(name).map_or(Ok(false), |value| switch(name, value))
}

/// What asks the service of the machine, as the store itself would, but once.
fn machine(builder: AmazonS3Builder) -> Result<Provider, Refusal> {
    let once = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    let store = builder.with_retry(once).build();
    let store = store.map_err(|error| Refusal::settings(error.to_string(), ADVICE))?;
    Ok(Arc::clone(store.credentials()))
}

/// The role of the machine, if it has one.
struct OfMachine(Provider);

#[async_trait]
impl CredentialProvider for OfMachine {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        match timeout(DEADLINE, self.0.get_credential()).await {
            Ok(Ok(credential)) => Ok(credential),
            _ => Err(nothing().into()),
        }
    }
}

impl fmt::Debug for OfMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfMachine")
    }
}

fn nothing() -> Refusal {
    let cause = "there are no credentials: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set, nor has a \
                 profile keys, nor has this machine a role";
    Refusal::credentials(cause, ADVICE)
}
