//! The body of an answer, as it comes in.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::client::HttpError;
use reqwest::StatusCode;
use tokio::time::{Instant, Sleep, sleep};

use super::broken::{broken, stalled, words};
use super::pulse::LOOK;
use super::throttle::Throttle;

/// Counts what it lets in, lets in no more than a limit allows, and ends when nothing comes.
#[derive(Debug)]
pub(super) struct Download {
    body: reqwest::Body,
    throttle: Throttle,
    /// Since when nothing comes although somebody waits, and when to look again.
    alarm: Option<(Instant, Pin<Box<Sleep>>)>,
    /// The request, for what is said of a failure.
    text: String,
    /// Whether it shows that the request has succeeded.
    succeeded: bool,
}

impl Download {
    /// The body of an answer to the request called `text`.
    pub(super) fn new(body: reqwest::Body, throttle: Throttle, text: String, status: StatusCode) -> Self {
        Self { body, throttle, alarm: None, text, succeeded: status.is_success() }
    }

    /// The next frame of the answer, or an error when it stands still.
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if let Poll::Ready(frame) = pin!(&mut self.body).poll_frame(context) {
            self.alarm = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(|error| broken(&error))));
        }
        let pulse = &self.throttle.pulse;
        let (since, alarm) =
            self.alarm.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(LOOK.min(pulse.stall())))));
        loop {
            ready!(alarm.as_mut().poll(context));
            let (still, stall) = (since.elapsed(), pulse.stall());
            if still >= stall {
                return Poll::Ready(Some(Err(stalled(stall))));
            }
            alarm.set(sleep(LOOK.min(stall - still)));
        }
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let download = &mut *self;
        loop {
            if let Some(piece) = ready!(download.throttle.poll(context)) {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            match ready!(download.poll_answer(context)) {
                Some(Ok(frame)) => {
                    let piece = frame.into_data().unwrap_or_default();
                    download.throttle.meter.received(piece.len());
                    if download.succeeded {
                        download.throttle.meter.progress();
                    }
                    download.throttle.hold(piece);
                }
                Some(Err(error)) => {
                    download.throttle.meter.failed(&download.text, words(&error));
                    return Poll::Ready(Some(Err(error)));
                }
                None => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
