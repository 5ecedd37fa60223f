//! How long a server that does not answer is waited for.

use std::time::Duration;

/// The times after which a request is sent again, and after which nothing more is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// A connection must be made within this time.
    pub connect: Duration,
    /// A request of which no byte moves for so long, either way, is ended and sent again.
    pub stall: Duration,
    /// The longest that a server is obeyed when it asks not to be asked for some time.
    pub obey: Duration,
    /// A server that has never answered is given up on after this time: most likely it is not there at all.
    pub first_answer: Duration,
    /// A request that keeps failing is given up on after this time.
    pub give_up: Duration,
    /// Whoever is in a hurry gives up after so long without a byte.
    pub hurried: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(60),
            obey: Duration::from_secs(60),
            first_answer: Duration::from_secs(30),
            give_up: Duration::from_secs(180),
            hurried: Duration::from_secs(3),
        }
    }
}
