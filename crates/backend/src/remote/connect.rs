//! From a URL and settings to a store.
//!
//! Plain http is refused unless it was asked for. Nothing is sent before the first operation.

use object_store::ObjectStore;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use std::str::FromStr;
use std::sync::Arc;

use crate::{BackendError, ErrorKind, RemoteBackend, StoreSettings};

/// The store at `url`, which is `s3://bucket/prefix`, `gs://…` or `az://…`.
pub(crate) fn connect(url: &str, settings: &StoreSettings) -> Result<RemoteBackend, BackendError> {
    let unusable = |error: object_store::Error| {
        BackendError::new(ErrorKind::InvalidName, "open", url).with_source(error)
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let store: Arc<dyn ObjectStore> = match scheme {
        "s3" => Arc::new(s3(bucket, settings).build().map_err(unusable)?),
        "gs" => Arc::new(google(bucket, settings).build().map_err(unusable)?),
        "az" => Arc::new(azure(bucket, settings).build().map_err(unusable)?),
        _ => return Err(BackendError::new(ErrorKind::Unsupported, "open", url)),
    };
    RemoteBackend::new(store, prefix.trim_end_matches('/'))
}

fn s3(bucket: &str, settings: &StoreSettings) -> AmazonS3Builder {
    known(settings, AmazonS3ConfigKey::from_str)
        .fold(AmazonS3Builder::new(), |builder, (key, value)| builder.with_config(key, value))
        .with_bucket_name(bucket)
}

fn google(bucket: &str, settings: &StoreSettings) -> GoogleCloudStorageBuilder {
    known(settings, GoogleConfigKey::from_str)
        .fold(GoogleCloudStorageBuilder::new(), |builder, (key, value)| builder.with_config(key, value))
        .with_bucket_name(bucket)
}

fn azure(container: &str, settings: &StoreSettings) -> MicrosoftAzureBuilder {
    known(settings, AzureConfigKey::from_str)
        .fold(MicrosoftAzureBuilder::new(), |builder, (key, value)| builder.with_config(key, value))
        .with_container_name(container)
}

/// The variables that a kind of store knows.
fn known<K, E>(
    settings: &StoreSettings,
    key: impl Fn(&str) -> Result<K, E>,
) -> impl Iterator<Item = (K, &String)> {
    settings
        .variables
        .iter()
        .filter_map(move |(name, value)| Some((key(&name.to_ascii_lowercase()).ok()?, value)))
}
