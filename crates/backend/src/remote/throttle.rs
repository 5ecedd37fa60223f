//! A piece of a body that waits until a limit lets it through.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::time::{Sleep, sleep};

use super::limit::Limit;
use super::meter::Meter;
use super::pulse::Pulse;

/// The way of the bytes of one body.
#[derive(Debug)]
pub(super) struct Throttle {
    limit: Arc<Limit>,
    pub(super) meter: Arc<Meter>,
    pub(super) pulse: Arc<Pulse>,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    piece: Bytes,
    /// None when the piece may pass at once.
    until: Option<Pin<Box<Sleep>>>,
}

impl Throttle {
    /// Of a body of the attempt that `pulse` belongs to.
    pub(super) fn new(limit: Arc<Limit>, meter: Arc<Meter>, pulse: Arc<Pulse>) -> Self {
        Self { limit, meter, pulse, held: None }
    }

    /// How many bytes should be held at once.
    pub(super) fn piece(&self) -> usize {
        self.limit.piece()
    }

    /// Holds a piece, after the one before has been let through.
    pub(super) fn hold(&mut self, piece: Bytes) {
        let wait = self.limit.wait(self.meter.elapsed(), piece.len());
        let until = (!wait.is_zero()).then(|| Box::pin(sleep(wait)));
        if until.is_some() {
            self.pulse.hold(true);
            self.meter.hold();
        }
        self.held = Some(Held { piece, until });
    }

    /// The piece that is held, when it may pass; `None` when none is held.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(Held { until: Some(until), .. }) = &mut self.held {
            ready!(until.as_mut().poll(context));
            self.let_go();
        }
        Poll::Ready(self.held.take().map(|held| held.piece))
    }

    fn let_go(&mut self) {
        if let Some(Held { until, .. }) = &mut self.held
            && until.take().is_some()
        {
            self.meter.let_go();
            self.pulse.hold(false);
        }
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        self.let_go();
    }
}
