//! The requests of object stores, sent by our own hand.
//!
//! Invariants: each attempt is counted and is ended when nothing moves; an answer that is not the content of an object
//! is handed over whole or not at all, so that one that breaks off is asked for again.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::TryStreamExt as _;
use object_store::client::{
    HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use reqwest::header::RETRY_AFTER;
use reqwest::{Body, Response, StatusCode, Url};
use tokio::time::{Instant, sleep};

use super::broken::{broken, hopeless, malformed, refused, stalled, words};
use super::download::Download;
use super::kind::Kind;
use super::limit::Limit;
use super::meter::Meter;
use super::pulse::{LOOK, Pulse};
use super::throttle::Throttle;
use super::upload::{Spoiled, Upload};
use crate::{Hurry, Patience};

/// Bytes of an answer that is taken whole: pages of listings are the longest, and have about 1 MiB.
const MAX_ANSWER: usize = 16 << 20;

/// Sends requests.
#[derive(Clone, Debug)]
pub(super) struct Http {
    pub(super) client: reqwest::Client,
    pub(super) meter: Arc<Meter>,
    pub(super) upload: Arc<Limit>,
    pub(super) download: Arc<Limit>,
    pub(super) patience: Patience,
    pub(super) hurry: Hurry,
}

impl HttpService for Http {
    fn call<'a, 'b>(&'a self, request: HttpRequest) -> BoxFuture<'b, Result<HttpResponse, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(self.attempt(request))
    }
}

impl Http {
    async fn attempt(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let kind = Kind::of(&request);
        let text = format!("{} {}", request.method(), request.uri());
        let server = request.uri().authority().map_or("", |authority| authority.as_str());
        if self.hurry.is_on() && self.meter.has_failed(&text) {
            return Err(refused("it broke off, and was not asked for again".to_owned()));
        }
        self.meter.attempt(kind, server, &text);
        // Whatever is said of what was changed on purpose, asking again would not change it.
        let is_spoiled = request.extensions().get::<Spoiled>().is_some();
        let pulse = Arc::new(Pulse::new(self.patience, self.hurry.clone()));
        let answer = self.send(request, &pulse).await.map_err(|error| {
            self.meter.failed(&text, words(&error));
            self.judged(error)
        })?;
        self.meter.answered();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let throttle = Throttle::new(Arc::clone(&self.download), Arc::clone(&self.meter), pulse);
        let body = Download::new(answer.into(), throttle, text.clone(), status);
        let body = match kind {
            Kind::Get if status.is_success() => HttpResponseBody::new(body),
            _ => whole(HttpResponseBody::new(body)).await?,
        };
        if may_pass(status) {
            self.meter.failed(&text, status.to_string());
            if is_spoiled {
                return Err(malformed(status.to_string()));
            }
            if self.hurry.is_on() {
                return Err(refused(status.to_string()));
            }
            let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            self.hold_off(Duration::from_secs(seconds.unwrap_or(0)).min(self.patience.obey)).await;
        } else {
            self.meter.progress();
            self.hurry.give_up(false);
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The beginning of the answer, which may be late but not too late.
    async fn send(&self, request: HttpRequest, pulse: &Arc<Pulse>) -> Result<Response, HttpError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(malformed)?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(match body.content_length() {
            0 => Body::from(""),
            _ => {
                let (limit, meter) = (Arc::clone(&self.upload), Arc::clone(&self.meter));
                let throttle = Throttle::new(limit, meter, Arc::clone(pulse));
                Body::wrap(Upload::new(body, throttle, parts.extensions.get()))
            }
        });
        match select(pin!(self.client.execute(request)), pin!(pulse.stops())).await {
            Either::Left((answer, _)) => answer.map_err(|error| broken(&error)),
            Either::Right(_) => Err(stalled(pulse.stall())),
        }
    }

    /// Asks for nothing for some time, unless somebody is in a hurry.
    async fn hold_off(&self, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time && !self.hurry.is_on() {
            sleep(LOOK.min(time - start.elapsed().min(time))).await;
        }
    }

    /// A server that nobody has ever heard of is most likely a wrong address.
    fn judged(&self, error: HttpError) -> HttpError {
        let is_unknown =
            error.kind() == HttpErrorKind::Connect && self.meter.never_answered(self.patience.first_answer);
        if is_unknown || self.hurry.is_on() { hopeless(error) } else { error }
    }
}

/// Whether a refusal says that the same request may be granted later.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

async fn whole(body: HttpResponseBody) -> Result<HttpResponseBody, HttpError> {
    let mut bytes = Vec::new();
    let mut pieces = body.bytes_stream();
    while let Some(piece) = pieces.try_next().await? {
        if bytes.len() + piece.len() > MAX_ANSWER {
            return Err(malformed("the answer is too long"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.into())
}
