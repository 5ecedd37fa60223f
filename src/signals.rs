//! SIGINT and SIGTERM: the first asks a verb to end, the second ends the process at once.
//!
//! Invariant: no signal is without effect. Before a verb watches for them, as while a password is typed, and for all
//! that is short, they do what the system does with them; after it, the first one ends the process at once. The signal
//! of a limit on the size of files ends nothing: the write that exceeds it fails, and that is told.

use crate::exit::{Code, Failure};
use lifeboat_backend::Hurry;
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// What a shell adds to the number of the signal that ended a program.
const SHELL_BASE: i32 = 128;
const AGAIN: &str = "run the same command again";

/// Makes a write beyond the limit on the size of files fail instead of ending the process without a word.
///
/// # Errors
/// When the system refuses to hand signals over.
pub(crate) fn survive_file_size_limit() -> Result<(), Failure> {
    // Handled and not ignored, because commands that are started would inherit that.
    flag::register(SIGXFSZ, Arc::default())
        .map(drop)
        .map_err(|error| Failure::system("cannot watch for signals", error, AGAIN))
}

/// Whether a signal has asked the verb to end.
pub(crate) struct Signals {
    /// Number of the signal, or zero.
    arrived: Arc<AtomicUsize>,
    /// Whether the next one ends the process.
    last_warning: Arc<AtomicBool>,
    /// Set by the first one.
    hurry: Arc<AtomicBool>,
}

impl Signals {
    /// Watches from now on. The first one is a reason to hurry.
    ///
    /// # Errors
    /// When the system refuses to hand signals over.
    pub(crate) fn watch(hurry: &Hurry) -> Result<Self, Failure> {
        let signals = Self { arrived: Arc::default(), last_warning: Arc::default(), hurry: hurry.flag() };
        for signal in [SIGINT, SIGTERM] {
            signals
                .register(signal)
                .map_err(|error| Failure::system("cannot watch for signals", error, AGAIN))?;
        }
        Ok(signals)
    }

    /// Whether the verb has to end.
    pub(crate) fn has_arrived(&self) -> bool {
        self.arrived.load(Relaxed) != 0
    }

    /// The exit code of a verb that ended early.
    pub(crate) fn code(&self) -> Code {
        match i32::try_from(self.arrived.load(Relaxed)) {
            Ok(SIGTERM) => Code::Terminated,
            _ => Code::Interrupted,
        }
    }

    /// The actions run in this order: only the second signal finds the warning that the first has left.
    fn register(&self, signal: i32) -> io::Result<()> {
        let number = usize::try_from(signal).map_err(io::Error::other)?;
        flag::register_conditional_shutdown(signal, SHELL_BASE + signal, Arc::clone(&self.last_warning))?;
        flag::register_usize(signal, Arc::clone(&self.arrived), number)?;
        flag::register(signal, Arc::clone(&self.hurry))?;
        flag::register(signal, Arc::clone(&self.last_warning))?;
        Ok(())
    }
}

impl Drop for Signals {
    /// Nobody asks any more: what is left to do is to say how it ended.
    fn drop(&mut self) {
        self.last_warning.store(true, Relaxed);
    }
}
