//! The body of a request, sent in pieces.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::client::{HttpError, HttpRequestBody};

use super::throttle::Throttle;

/// Marks a request whose first byte is to be changed on the way.
#[derive(Clone, Debug)]
pub(super) struct Spoiled;

/// Counts what it hands over, and hands over no more than a limit allows.
#[derive(Debug)]
pub(super) struct Upload {
    body: HttpRequestBody,
    /// What is left of the part that was taken out of the body.
    rest: Bytes,
    /// Bytes that were not handed over yet.
    left: u64,
    throttle: Throttle,
    /// Whether the next byte is to be changed.
    spoils: bool,
}

impl Upload {
    /// The body, handed over through `throttle`, and changed if it is to be spoiled.
    pub(super) fn new(body: HttpRequestBody, throttle: Throttle, spoiled: Option<&Spoiled>) -> Self {
        let left = body.content_length() as u64;
        Self { body, rest: Bytes::new(), left, throttle, spoils: spoiled.is_some() }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let upload = &mut *self;
        loop {
            if let Some(piece) = ready!(upload.throttle.poll(context)) {
                upload.left = upload.left.saturating_sub(piece.len() as u64);
                upload.throttle.meter.sent(piece.len());
                match upload.left {
                    0 => upload.throttle.pulse.all_sent(),
                    _ => upload.throttle.pulse.beat(),
                }
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            if upload.rest.is_empty() {
                match ready!(Pin::new(&mut upload.body).poll_frame(context)) {
                    Some(Ok(frame)) => {
                        upload.rest = frame.into_data().unwrap_or_default();
                        if std::mem::take(&mut upload.spoils) {
                            upload.rest = spoiled(&upload.rest);
                        }
                    }
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => return Poll::Ready(None),
                }
            }
            let piece = upload.rest.len().min(upload.throttle.piece());
            upload.throttle.hold(upload.rest.split_to(piece));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The same bytes, but the first.
fn spoiled(bytes: &[u8]) -> Bytes {
    let mut bytes = bytes.to_vec();
    bytes.iter_mut().take(1).for_each(|byte| *byte ^= 1);
    bytes.into()
}
