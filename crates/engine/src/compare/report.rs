//! What a comparison has found, as the sum of its events.

use crate::report::{Fold, Notes};
use crate::{Event, Problem};
use lifeboat_format::NodeKind;
use std::fmt;
use std::path::PathBuf;

/// What a comparison has found.
#[derive(Clone, Debug, Default)]
pub struct CompareReport {
    /// Files whose content was compared.
    pub files: u64,
    /// Their sizes in bytes, as the snapshot has them.
    pub bytes: u64,
    /// Items whose metadata was compared, files among them.
    pub items: u64,
    /// What is not the same, each item once.
    pub differences: Vec<Difference>,
    /// What could not be compared.
    pub problems: Vec<Problem>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
}

/// An item that is not as the snapshot has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path within the snapshot.
    pub path: PathBuf,
    /// What is not the same.
    pub what: What,
    /// Whether size, inode and times are those of the snapshot, so that nothing says that anybody changed it since.
    pub looks_the_same: bool,
}

/// What is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// There is nothing under that name.
    Missing,
    /// The content, whatever the metadata are.
    Content,
    /// Of the metadata what is named; the content is the same, or was not compared because it is not a file.
    Metadata(Vec<String>),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is missing"),
            Self::Content => f.write_str("its content differs"),
            Self::Metadata(names) => write!(f, "{} differ", names.join(", ")),
        }
    }
}

impl Fold for CompareReport {
    fn fold(&mut self, event: &Event<'_>) {
        match event {
            Event::Compared { node, .. } => {
                self.items += 1;
                if node.kind == NodeKind::File {
                    self.files += 1;
                    self.bytes = self.bytes.saturating_add(node.size);
                }
            }
            Event::Differs(difference) => self.differences.push((*difference).clone()),
            Event::Problem(problem) => self.problems.push((*problem).clone()),
            Event::Note(note) => self.notes.push((*note).to_owned()),
            _ => {}
        }
    }
}

impl Notes for CompareReport {
    fn notes(&self) -> &[String] {
        &self.notes
    }
}
