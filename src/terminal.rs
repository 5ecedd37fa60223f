//! Asking the person at the terminal.
//!
//! Invariant: the terminal is left as it was found, also when the person gives up: while a secret is typed, Ctrl-C is no
//! signal but the end of the line.

use crate::exit::{Code, Failure};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Stdin, Write as _};
use zeroize::Zeroizing;

/// Longest line that a terminal hands over, in bytes.
const LINE: usize = 4096;

/// Whether there is anybody to ask.
pub(crate) fn is_there() -> bool {
    io::stdin().is_terminal()
}

/// A line that is not shown while it is typed.
///
/// # Errors
/// 130 when the person gives up, and when the terminal fails.
pub(crate) fn secret(prompt: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let stdin = io::stdin();
    show(prompt);
    let hidden = Hidden::start(&stdin).map_err(failed)?;
    let mut line = read_line(&stdin).map_err(failed)?;
    let given_up = line.last().is_some_and(|last| hidden.ends(*last));
    drop(hidden);
    if given_up {
        show("\n");
        let cause = anyhow::anyhow!("interrupted");
        return Err(Failure::new(Code::Interrupted, cause, "run the same command again"));
    }
    line.pop_if(|last| *last == b'\n');
    Ok(line)
}

/// A line that is shown while it is typed, without white space around it.
///
/// # Errors
/// When the terminal fails.
pub(crate) fn line(prompt: &str) -> Result<String, Failure> {
    show(prompt);
    let line = read_line(&io::stdin()).map_err(failed)?;
    Ok(String::from_utf8_lossy(&line).trim().to_owned())
}

/// No echo, and the keys that would end the process end the line instead.
struct Hidden<'a> {
    stdin: &'a Stdin,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn start(stdin: &'a Stdin) -> io::Result<Self> {
        let before = tcgetattr(stdin)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        hidden.local_modes.insert(LocalModes::ICANON | LocalModes::ECHONL);
        hidden.special_codes[SpecialCodeIndex::VEOL] = before.special_codes[SpecialCodeIndex::VINTR];
        hidden.special_codes[SpecialCodeIndex::VEOL2] = before.special_codes[SpecialCodeIndex::VQUIT];
        tcsetattr(stdin, OptionalActions::Now, &hidden)?;
        Ok(Self { stdin, before })
    }

    /// Whether this is Ctrl-C or Ctrl-\, or the keys that stand for them here.
    fn ends(&self, byte: u8) -> bool {
        [SpecialCodeIndex::VINTR, SpecialCodeIndex::VQUIT]
            .iter()
            .any(|key| byte != 0 && self.before.special_codes[*key] == byte)
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        tcsetattr(self.stdin, OptionalActions::Now, &self.before).unwrap_or_default();
    }
}

/// Through no buffer but one that is wiped.
fn read_line(stdin: &Stdin) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(vec![0; LINE]);
    let length = rustix::io::retry_on_intr(|| rustix::io::read(stdin, &mut line[..]))?;
    line.truncate(length);
    match length {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}

/// On the terminal itself, so that talk may go elsewhere.
fn show(text: &str) {
    let shown = match OpenOptions::new().write(true).open("/dev/tty") {
        Ok(mut tty) => tty.write_all(text.as_bytes()),
        Err(_) => io::stderr().write_all(text.as_bytes()),
    };
    // Whoever sees no prompt may type all the same.
    drop(shown);
}

fn failed(error: io::Error) -> Failure {
    let hint = "give one of LIFEBOAT_PASSWORD, --password-file FILE or --password-command COMMAND";
    Failure::system("cannot ask at the terminal", error, hint)
}
