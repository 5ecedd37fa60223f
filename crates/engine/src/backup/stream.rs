//! A stream, such as the output of a program, becomes a file: its length is known when it has ended.

use super::save::Save;
use crate::content::{Bytes, ContentError};
use crate::report::Teller;
use crate::{BackupReport, EngineError, Event, cause_of};
use lifeboat_format::{Node, NodeKind, Timestamp};
use lifeboat_fs::{FsError, Run, escaped, made_here};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Mode of the file that a stream becomes.
const MODE: u32 = 0o644;

/// Saves a stream to its end. Half a stream is no file: its error ends the backup.
pub(super) fn save(
    save: &mut Save<'_>,
    path: &Path,
    stream: &mut dyn Read,
    previous: Option<&Node>,
    start: Timestamp,
) -> Result<Node, EngineError> {
    let teller = save.teller;
    let saved = save.contents.save(&mut Stream { stream, teller }, save.writer, &mut |bytes| {
        teller.tell(&Event::Read(bytes));
        teller.check()
    });
    let (content, size) = match saved {
        Ok(saved) => saved,
        Err(ContentError::Run(error)) => return Err(error),
        Err(ContentError::Source(error)) => return Err(EngineError::Source(cause_of(&error))),
    };
    if size == 0 {
        let path = escaped(path.as_os_str().as_bytes());
        teller.tell(&Event::Note(&format!("the stream is empty, and so is \"{path}\"")));
    }
    let mut node = Node { content, size, ..made_here(NodeKind::File, MODE, start) };
    save.describe(&mut node)?;
    save.asked_for(Some(&node), previous);
    save.saved(path, &node, previous);
    Ok(node)
}

struct Stream<'a> {
    stream: &'a mut dyn Read,
    teller: &'a Teller<'a, BackupReport>,
}

impl Bytes for Stream<'_> {
    type Error = FsError;

    fn next_run(&mut self, buffer: &mut [u8]) -> Result<Run, ContentError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let got = self.stream.read(&mut buffer[filled..]);
            // Whoever is asked to stop does not care why the stream ended.
            self.teller.check()?;
            match got {
                Ok(0) => break,
                Ok(count) => filled += count,
                // Nothing came for a while.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(EngineError::Stream(error).into()),
            }
        }
        Ok(if filled > 0 { Run::Data(filled) } else { Run::End })
    }
}
