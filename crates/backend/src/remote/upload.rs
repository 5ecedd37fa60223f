//! The body of a request, sent in pieces.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::client::{HttpError, HttpRequestBody};

use super::throttle::Throttle;

/// Counts what it hands over, and hands over no more than a limit allows.
#[derive(Debug)]
pub(super) struct Upload {
    body: HttpRequestBody,
    /// What is left of the part that was taken out of the body.
    rest: Bytes,
    /// Bytes that were not handed over yet.
    left: u64,
    throttle: Throttle,
}

impl Upload {
    /// The body, handed over through `throttle`.
    pub(super) fn new(body: HttpRequestBody, throttle: Throttle) -> Self {
        let left = body.content_length() as u64;
        Self { body, rest: Bytes::new(), left, throttle }
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
                    Some(Ok(frame)) => upload.rest = frame.into_data().unwrap_or_default(),
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
