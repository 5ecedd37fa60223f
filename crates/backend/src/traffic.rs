//! What has gone over the network, for people who pay for it and for those who wait.

use std::ops::Add;
use std::time::Duration;

/// Requests that were sent, each attempt counted, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Objects stored.
    pub put: u64,
    /// Objects read, whole or in part.
    pub get: u64,
    /// Objects asked for size and age.
    pub head: u64,
    /// Pages of listings.
    pub list: u64,
    /// Objects deleted, several at once counted as one.
    pub delete: u64,
    /// Anything else, for example credentials.
    pub other: u64,
}

impl Requests {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.put + self.get + self.head + self.list + self.delete + self.other
    }
}

impl Add for Requests {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            put: self.put + other.put,
            get: self.get + other.get,
            head: self.head + other.head,
            list: self.list + other.list,
            delete: self.delete + other.delete,
            other: self.other + other.other,
        }
    }
}

/// What has gone over the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that were sent.
    pub requests: Requests,
    /// Requests among them that repeated one that had failed.
    pub retries: u64,
    /// Bytes of bodies that were sent.
    pub bytes_sent: u64,
    /// Bytes of bodies that were received.
    pub bytes_received: u64,
    /// What keeps requests waiting, while nothing moves.
    pub waiting: Option<Waiting>,
}

/// What has gone to two places together. Of what keeps them waiting the first counts.
impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            retries: self.retries + other.retries,
            bytes_sent: self.bytes_sent + other.bytes_sent,
            bytes_received: self.bytes_received + other.bytes_received,
            waiting: self.waiting.or(other.waiting),
        }
    }
}

/// A time in which no byte moved although a request was under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How long by now.
    pub since: Duration,
    /// The last error, or else whose answer is outstanding, on one line.
    pub cause: String,
}
