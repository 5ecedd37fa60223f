//! From a URL and settings to a store.
//!
//! Plain http is refused unless it was asked for. Nothing is sent before the first operation. Google Cloud Storage and
//! Azure are experimental: what their variables say goes to `object_store` as it is.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{ClientOptions, ObjectStore};
use reqwest::Certificate;

use super::bulk::Bulk;
use super::network::Network;
use super::options::Options;
use super::refusal::Refusal;
use super::s3::s3;
use crate::{BackendError, ErrorKind, RemoteBackend, StoreSettings};

/// The store at `url`, which is `s3://bucket/prefix`, `gs://…` or `az://…`.
pub(crate) fn connect(url: &str, settings: &StoreSettings) -> Result<RemoteBackend, BackendError> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let options = Options::read(scheme, &settings.options).map_err(|refusal| refusal.of_opening(url))?;
    let certificates = certificates(&options, settings).map_err(|refusal| refusal.of_opening(url))?;
    let network = Network::new(settings, certificates);
    let store =
        store(scheme, bucket, &options, &network, settings).map_err(|refusal| refusal.of_opening(url))?;
    let bulk = Bulk::new(&settings.bulk, options.storage_class, options.tags);
    let backend =
        RemoteBackend::new(store, prefix.trim_end_matches('/')).map_err(|error| match error.kind() {
            ErrorKind::InvalidName => {
                let cause = format!("no object can have a name that begins with {prefix}");
                Refusal::settings(cause, "name plain folders: s3://BUCKET/FOLDER/FOLDER").of_opening(url)
            }
            _ => error,
        })?;
    Ok(backend.called(url, bulk).over(&network))
}

fn store(
    scheme: &str,
    bucket: &str,
    options: &Options,
    network: &Network,
    settings: &StoreSettings,
) -> Result<Arc<dyn ObjectStore>, Refusal> {
    let client = ClientOptions::new().with_allow_http(options.allow_http.unwrap_or_default());
    let unusable = |_| {
        // The store's own text may show a key.
        let cause = format!("what the variables say of {scheme}:// will not do");
        Refusal::settings(cause, "look at the variables: env | grep -E '^(GOOGLE|AZURE)_'")
    };
    match scheme {
        "s3" => Ok(Arc::new(s3(bucket, options, client, network, settings)?)),
        "gs" => Ok(Arc::new(google(bucket, client, network, settings).build().map_err(unusable)?)),
        "az" => Ok(Arc::new(azure(bucket, client, network, settings).build().map_err(unusable)?)),
        _ => Err(Refusal {
            kind: ErrorKind::Unsupported,
            cause: format!("{scheme}:// is no object storage"),
            advice: "name s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX",
        }),
    }
}

/// Whom to trust besides those whom the system trusts.
fn certificates(options: &Options, settings: &StoreSettings) -> Result<Vec<Certificate>, Refusal> {
    let of_variable = settings.variable("AWS_CA_BUNDLE").map(Path::new);
    let Some(path) = options.ca_file.as_deref().or(of_variable) else { return Ok(Vec::new()) };
    let refusal = |what: String| {
        let cause = format!("the certificates in {} cannot be used: {what}", path.display());
        Refusal::settings(cause, "name a file of certificates in PEM: -o ca-file=FILE or AWS_CA_BUNDLE")
    };
    let bytes = std::fs::read_to_string(path).map_err(|error| refusal(error.to_string()))?;
    let found = Certificate::from_pem_bundle(bytes.as_bytes()).map_err(|error| refusal(error.to_string()))?;
    if found.is_empty() {
        return Err(refusal("there is none".to_owned()));
    }
    Ok(found)
}

fn google(
    bucket: &str,
    client: ClientOptions,
    network: &Network,
    settings: &StoreSettings,
) -> GoogleCloudStorageBuilder {
    let start = GoogleCloudStorageBuilder::new()
        .with_client_options(client)
        .with_http_connector(network.clone())
        .with_retry(network.retry());
    known(settings, GoogleConfigKey::from_str)
        .fold(start, |builder, (key, value)| builder.with_config(key, value))
        .with_bucket_name(bucket)
}

fn azure(
    container: &str,
    client: ClientOptions,
    network: &Network,
    settings: &StoreSettings,
) -> MicrosoftAzureBuilder {
    let start = MicrosoftAzureBuilder::new()
        .with_client_options(client)
        .with_http_connector(network.clone())
        .with_retry(network.retry());
    known(settings, AzureConfigKey::from_str)
        .fold(start, |builder, (key, value)| builder.with_config(key, value))
        .with_container_name(container)
}

/// The variables that a kind of store knows.
pub(super) fn known<K, E>(
    settings: &StoreSettings,
    key: impl Fn(&str) -> Result<K, E>,
) -> impl Iterator<Item = (K, &String)> {
    settings
        .variables
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(move |(name, value)| Some((key(&name.to_ascii_lowercase()).ok()?, value)))
}
