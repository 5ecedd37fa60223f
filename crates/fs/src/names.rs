//! The names in a directory, sorted, however many there are.
//!
//! They lie one behind the other in memory. Where they are more than there is room for, sorted runs of them go to a file
//! without a name, and are merged while the names are taken.
//!
//! Invariant: each name that was put in comes out once, in ascending order, or an error comes out and nothing after it.

use crate::FsError;
use crate::name_room::{NameRoom, Share};
use crate::spill::{Run, Spill};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What describes the place of a name, in bytes.
const PLACE: usize = size_of::<Place>();

/// Start and end of a name.
type Place = (usize, usize);

/// Names of one directory, of which some may have been taken.
#[derive(Debug, Default)]
pub struct Names {
    held: Held,
    share: Share,
    spill: Option<Spill>,
    runs: Vec<Run>,
    /// The next name of each run, once the taking has begun.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    last: Option<Vec<u8>>,
    left: usize,
}

/// Names in memory.
#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    places: Vec<Place>,
    taken: usize,
}

impl Names {
    /// None yet; what does not find room goes where the room says.
    pub(crate) fn new(room: &NameRoom) -> Self {
        Self { share: room.share(), ..Self::default() }
    }

    /// Puts a name in.
    pub(crate) fn push(&mut self, name: &[u8]) {
        if self.held.weight() + name.len() + PLACE > self.share.limit() {
            self.write_run();
        }
        self.held.push(name);
        self.left += 1;
    }

    /// Ends the listing.
    pub(crate) fn sorted(mut self) -> Result<Self, FsError> {
        match self.runs.is_empty() {
            true => self.held.sort(),
            false => self.write_run(),
        }
        self.held.bytes.shrink_to_fit();
        self.held.places.shrink_to_fit();
        self.share.settle(self.held.weight());
        for number in 0..self.runs.len() {
            self.advance(number)?;
        }
        Ok(self)
    }

    /// Adds names that may be there already, before the first is taken.
    pub fn add<'n>(&mut self, names: impl Iterator<Item = &'n [u8]>) {
        for name in names.filter(|name| self.contains(name) != Some(true)).collect::<Vec<_>>() {
            self.held.push(name);
            self.left += 1;
        }
        self.held.sort();
    }

    /// Keeps this name alone.
    pub fn keep_only(&mut self, name: &[u8]) {
        *self = Self::default();
        self.add([name].into_iter());
    }

    /// Whether a name is there; none where they are not all in memory.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> Option<bool> {
        let found = self.held.places.binary_search_by(|place| self.held.at(*place).cmp(name));
        (found.is_ok() || self.runs.is_empty()).then_some(found.is_ok())
    }

    /// How many are still to be taken.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// Moves what is in memory to the file. Where that fails it stays: a full disk is no reason to save less.
    fn write_run(&mut self) {
        self.held.sort();
        match self.try_write_run() {
            Ok(()) => self.held.clear(),
            Err(_) => self.share.lift(),
        }
    }

    fn try_write_run(&mut self) -> Result<(), FsError> {
        if self.spill.is_none() {
            self.spill = Some(self.share.spill()?);
        }
        if let Some(spill) = self.spill.as_mut().filter(|_| !self.held.places.is_empty()) {
            self.runs.push(spill.write(self.held.iter())?);
        }
        Ok(())
    }

    /// Reads the next name of a run.
    fn advance(&mut self, number: usize) -> Result<(), FsError> {
        if let Some(spill) = &self.spill
            && let Some(name) = spill.next(&mut self.runs[number])?
        {
            self.heads.push(Reverse((name, number)));
        }
        Ok(())
    }

    /// The first of all names that are left.
    fn take(&mut self) -> Result<Option<Vec<u8>>, FsError> {
        let held = self.held.first();
        match self.heads.peek() {
            Some(Reverse((name, number))) if held.is_none_or(|held| name.as_slice() < held) => {
                let number = *number;
                let taken = self.heads.pop().map(|Reverse((name, _))| name);
                self.advance(number)?;
                Ok(taken)
            }
            _ => {
                let taken = held.map(<[u8]>::to_vec);
                self.held.taken += 1;
                Ok(taken)
            }
        }
    }
}

/// Names in ascending order. After an error it ends.
impl Iterator for Names {
    type Item = Result<Vec<u8>, FsError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let taken = match self.take() {
                Ok(taken) => taken?,
                Err(error) => {
                    self.held.clear();
                    self.heads.clear();
                    return Some(Err(error));
                }
            };
            self.left -= 1;
            if self.runs.is_empty() {
                return Some(Ok(taken));
            }
            // One that was added may be in a run too.
            if self.last.as_ref() != Some(&taken) {
                self.last = Some(taken.clone());
                return Some(Ok(taken));
            }
        }
    }
}

impl Held {
    fn push(&mut self, name: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        self.places.push((start, self.bytes.len()));
    }

    fn at(&self, (start, end): Place) -> &[u8] {
        &self.bytes[start..end]
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|place| self.at(*place))
    }

    fn first(&self) -> Option<&[u8]> {
        self.places.get(self.taken).map(|place| self.at(*place))
    }

    fn weight(&self) -> usize {
        self.bytes.len() + self.places.len() * PLACE
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.places.sort_unstable_by(|left, right| bytes[left.0..left.1].cmp(&bytes[right.0..right.1]));
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.taken = 0;
    }
}
