//! A block device that was named and shall be read becomes a file with its content.
//!
//! Nothing tells whether a device has changed: it is read whole each time.

use super::save::Save;
use crate::content::ContentError;
use crate::{EngineError, Event, ProblemKind};
use lifeboat_format::{Node, NodeKind};
use lifeboat_fs::{SourceDir, Stat};
use std::path::Path;

impl Save<'_> {
    /// The node of an item that is no directory and was named: a filter has no say, and a device, or the link to
    /// one, is read where that was asked for.
    pub(super) fn named(
        &mut self,
        dir: &SourceDir,
        path: &Path,
        stat: Stat,
        previous: Option<&Node>,
    ) -> Result<Option<Node>, EngineError> {
        let name = &stat.node.name;
        // A link that leads nowhere is saved as the link that it is.
        let is_device = |stat: Stat| stat.node.kind == NodeKind::BlockDevice;
        let saved = match self.read_special && dir.stat_target(name).is_ok_and(is_device) {
            true => {
                let saved = self.device(dir, path, name);
                self.outcome(path, saved, previous)
            }
            false => self.item(dir, path, stat, previous),
        }?;
        self.asked_for(saved.as_ref(), previous);
        Ok(saved)
    }

    fn device(&mut self, dir: &SourceDir, path: &Path, name: &[u8]) -> Result<Node, ContentError> {
        let mut device = dir.open_device(name)?;
        let length = device.length()?;
        let teller = self.teller;
        let mut told = |bytes| {
            teller.tell(&Event::Read(bytes));
            teller.check()
        };
        let (content, size) = self.contents.save(&mut device, self.writer, &mut told)?;
        if size != length {
            let cause = format!("it has {length} bytes, of which {size} could be read: saved as read");
            teller.problem(ProblemKind::Unread, path, cause);
        }
        let mut node = Node { kind: NodeKind::File, device: None, content, size, ..device.stat()?.node };
        self.describe(&mut node)?;
        Ok(node)
    }
}
