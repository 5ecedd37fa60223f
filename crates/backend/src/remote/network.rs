//! How a store is reached over the network: what its builder needs besides names and credentials.

use std::sync::Arc;
use std::time::Duration;

use object_store::client::{ClientConfigKey, HttpClient, HttpConnector};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};

use super::http::Http;
use super::limit::Limit;
use super::meter::Meter;
use crate::{Hurry, Patience, StoreSettings};

/// Connections that are kept for the next request.
const IDLE_CONNECTIONS: usize = 32;
/// More than the time that is given to them allows.
const MAX_RETRIES: usize = 10_000;
const USER_AGENT: &str = concat!("lifeboat/", env!("CARGO_PKG_VERSION"));

/// The connections of one store.
#[derive(Clone, Debug)]
pub(super) struct Network {
    meter: Arc<Meter>,
    upload: Arc<Limit>,
    download: Arc<Limit>,
    patience: Patience,
    hurry: Hurry,
    /// Trusted besides those of the system.
    certificates: Vec<Certificate>,
}

impl Network {
    /// Nothing is connected yet.
    pub(super) fn new(settings: &StoreSettings, certificates: Vec<Certificate>) -> Self {
        Self {
            meter: Arc::new(Meter::new()),
            upload: Arc::new(Limit::new(settings.upload_limit)),
            download: Arc::new(Limit::new(settings.download_limit)),
            patience: settings.patience,
            hurry: settings.hurry.clone(),
            certificates,
        }
    }

    /// What is counted.
    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// How long a server is waited for.
    pub(super) fn patience(&self) -> Patience {
        self.patience
    }

    /// Whether to wait no longer.
    pub(super) fn hurry(&self) -> &Hurry {
        &self.hurry
    }

    /// When and how often a request is sent again.
    pub(super) fn retry(&self) -> RetryConfig {
        RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(200),
                max_backoff: Duration::from_secs(10),
                base: 3.0,
            },
            max_retries: MAX_RETRIES,
            retry_timeout: self.patience.give_up,
        }
    }
}

impl HttpConnector for Network {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let plain =
            options.get_config_value(&ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .tls_certs_merge(self.certificates.iter().cloned())
            .connect_timeout(self.patience.connect)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            // One connection for all would be one window for all.
            .http1_only()
            // A signature holds for one address.
            .redirect(Policy::none())
            // Repeating is for the store, which is seen by the meter.
            .retry(reqwest::retry::never())
            .https_only(!plain)
            .build()
            .map_err(|source| object_store::Error::Generic { store: "HTTP", source: source.into() })?;
        Ok(HttpClient::new(Http {
            client,
            meter: Arc::clone(&self.meter),
            upload: Arc::clone(&self.upload),
            download: Arc::clone(&self.download),
            patience: self.patience,
            hurry: self.hurry.clone(),
        }))
    }
}
