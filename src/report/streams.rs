//! The two streams of the process.
//!
//! Invariant: no verb fails because nobody listens. A reader that has gone away (`lifeboat ls ... | head`) is not an
//! error; any other failure of standard output is kept and told once, at the end.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};
use std::sync::{Mutex, PoisonError};

/// Standard output and standard error.
pub(crate) struct Streams {
    out: Mutex<Out>,
}

struct Out {
    writer: BufWriter<Stdout>,
    /// People see each line at once, programs may wait for many.
    terminal: bool,
    failed: Option<io::Error>,
}

impl Streams {
    pub(crate) fn new() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Self { out: Mutex::new(Out { writer: BufWriter::new(stdout), terminal, failed: None }) }
    }

    /// Data.
    pub(crate) fn data(&self, bytes: &[u8]) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.failed.is_none() {
            let flush = out.terminal;
            let written =
                out.writer.write_all(bytes).and_then(|()| if flush { out.writer.flush() } else { Ok(()) });
            out.failed = written.err();
        }
    }

    /// A line of data.
    pub(crate) fn line(&self, text: &str) {
        self.data(format!("{text}\n").as_bytes());
    }

    /// Hands over what is buffered.
    pub(crate) fn flush(&self) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.failed.is_none() {
            out.failed = out.writer.flush().err();
        }
    }

    /// A line of talk. When standard error is closed there is nobody left to tell about it.
    pub(crate) fn talk(&self, text: &str) {
        self.flush();
        drop(io::stderr().write_all(format!("{text}\n").as_bytes()));
    }

    /// Whether all data was written, as far as somebody wanted it.
    pub(crate) fn finish(&self) -> io::Result<()> {
        self.flush();
        let failed = self.out.lock().unwrap_or_else(PoisonError::into_inner).failed.take();
        match failed {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}
