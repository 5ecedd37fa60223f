//! All records of a repository, chain by chain, and whether anything was altered or taken away.
//!
//! What is found: a record that was altered, that nobody signed, or that lies under the name of another; one that is missing below
//! the highest of its writer, or that a record of another writer names; two of one number; one that does not follow the one
//! before. What is not: that the newest ones are gone which no other record names; that is for those who remember them.

use super::envelope::{self, Opened};
use super::finding::{Fault, Finding, Known};
use crate::record::Record;
use lifeboat_format::{EvidenceHash, EvidencePublicKey, EvidenceWriter};
use lifeboat_repository::{EvidenceName, EvidenceStore, RepositoryError};
use std::collections::{BTreeMap, BTreeSet};

/// A record that is to be believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its name.
    pub name: EvidenceName,
    /// What it says.
    pub record: Record,
    prev: Option<EvidenceHash>,
    others: Vec<EvidenceName>,
}

/// What lies in a repository.
#[derive(Clone, Debug, Default)]
pub struct Chains {
    /// Those to be believed, in the order of their chains.
    stored: BTreeMap<EvidenceName, Stored>,
    /// The others, and why not.
    refused: BTreeMap<EvidenceName, Fault>,
}

impl Chains {
    /// Reads all that is there.
    ///
    /// # Errors
    /// When the storage does not answer. What it has lost of an object is no error, but a finding.
    pub fn read(store: &EvidenceStore, key: &EvidencePublicKey) -> Result<Self, RepositoryError> {
        let (mut chains, mut failed) = (Self::default(), Ok(()));
        store.read_many(&store.list()?, &mut |name, read| match read {
            Ok(bytes) => chains.add(name, &bytes, key),
            Err(RepositoryError::Backend(error)) if error.is_damaged() || error.is_too_large() => {
                chains.refused.insert(name, Fault::Altered);
            }
            // It was taken away since it was listed: others may tell that it was there.
            Err(RepositoryError::Backend(error)) if error.is_not_found() => {}
            Err(error) => failed = Err(error),
        });
        failed.map(|()| chains)
    }

    /// The same of objects that were read.
    #[must_use]
    pub fn of(objects: &[(EvidenceName, Vec<u8>)], key: &EvidencePublicKey) -> Self {
        let mut chains = Self::default();
        objects.iter().for_each(|(name, bytes)| chains.add(*name, bytes, key));
        chains
    }

    fn add(&mut self, name: EvidenceName, bytes: &[u8], key: &EvidencePublicKey) {
        match envelope::open(&name, bytes, key) {
            Ok(Opened { record, prev, others }) => {
                self.stored.insert(name, Stored { name, record, prev, others });
            }
            Err(fault) => {
                self.refused.insert(name, fault);
            }
        }
    }

    /// The records that are to be believed, in the order of their chains.
    pub fn records(&self) -> impl Iterator<Item = &Stored> {
        self.stored.values()
    }

    /// Whether there is an object of this name, believed or not.
    #[must_use]
    pub fn has(&self, name: &EvidenceName) -> bool {
        self.stored.contains_key(name) || self.refused.contains_key(name)
    }

    /// The newest record of each writer.
    #[must_use]
    pub fn heads(&self) -> Vec<EvidenceName> {
        let heads: BTreeMap<_, _> = self.stored.keys().map(|name| (name.writer, *name)).collect();
        heads.into_values().collect()
    }

    /// Heads of others than `writer` that no record names yet.
    pub(super) fn unnamed(&self, writer: EvidenceWriter) -> impl Iterator<Item = EvidenceName> {
        let named: BTreeSet<_> =
            self.stored.values().flat_map(|stored| stored.others.iter().copied()).collect();
        self.heads().into_iter().filter(move |head| head.writer != writer && !named.contains(head))
    }

    /// What does not fit, given names of records that were there before.
    #[must_use]
    pub fn verify(&self, remembered: &[EvidenceName]) -> Vec<Finding> {
        let refused = self.refused.iter().map(|(name, fault)| finding(name, fault.clone()));
        let mut findings: Vec<_> = refused.chain(self.gaps()).chain(self.breaks()).collect();
        let mut missing = BTreeMap::new();
        for stored in self.stored.values() {
            for other in stored.others.iter().filter(|other| !self.has(other)) {
                missing.entry(*other).or_insert_with(|| Known::Named(stored.name));
            }
        }
        for name in remembered.iter().filter(|name| !self.has(name)) {
            missing.insert(*name, Known::Remembered);
        }
        // What lies in a gap is told already.
        let is_told = |name: &EvidenceName, findings: &[Finding]| {
            findings.iter().any(|finding| match finding.fault {
                Fault::Missing { to, .. } => {
                    finding.writer == name.writer && (finding.seq..=to).contains(&name.seq)
                }
                _ => false,
            })
        };
        missing.retain(|name, _| !is_told(name, &findings));
        let missing = missing.into_iter().map(|(name, known)| (name, Fault::Missing { to: name.seq, known }));
        findings.extend(missing.map(|(name, fault)| finding(&name, fault)));
        findings.sort();
        findings
    }

    /// Numbers of which there is nothing, below the highest that is to be believed.
    fn gaps(&self) -> Vec<Finding> {
        let mut gaps = Vec::new();
        for head in self.heads() {
            let first = EvidenceName { seq: 0, hash: EvidenceHash::default(), ..head };
            let names: BTreeSet<_> = self
                .stored
                .range(first..=head)
                .map(|(name, _)| name.seq)
                .chain(self.refused.range(first..=head).map(|(name, _)| name.seq))
                .collect();
            let mut next = 0;
            for seq in names {
                if seq > next {
                    let fault = Fault::Missing { to: seq - 1, known: Known::Later };
                    gaps.push(Finding { writer: head.writer, seq: next, fault });
                }
                next = seq + 1;
            }
        }
        gaps
    }

    /// Records that do not follow the one before, and numbers that are there twice.
    fn breaks(&self) -> Vec<Finding> {
        let mut breaks = BTreeSet::new();
        for stored in self.stored.values() {
            let name = &stored.name;
            if self.of_number(name.writer, name.seq).count() > 1 {
                breaks.insert(finding(name, Fault::Fork));
            }
            let follows = match (name.seq.checked_sub(1), stored.prev) {
                (None, None) => true,
                (Some(before), Some(prev)) => {
                    let mut before = self.of_number(name.writer, before).peekable();
                    // Of what is missing nobody can say.
                    before.peek().is_none() || before.any(|name| name.hash == prev)
                }
                _ => false,
            };
            if !follows {
                breaks.insert(finding(name, Fault::Unchained));
            }
        }
        breaks.into_iter().collect()
    }

    /// What there is of a number: all that is believed, and what is not.
    fn of_number(&self, writer: EvidenceWriter, seq: u64) -> impl Iterator<Item = EvidenceName> {
        let [low, high] = [[0; EvidenceHash::LENGTH], [u8::MAX; EvidenceHash::LENGTH]]
            .map(|hash| EvidenceName { writer, seq, hash: EvidenceHash::new(hash) });
        let stored = self.stored.range(low..=high).map(|(name, _)| *name);
        stored.chain(self.refused.range(low..=high).map(|(name, _)| *name))
    }
}

fn finding(name: &EvidenceName, fault: Fault) -> Finding {
    Finding { writer: name.writer, seq: name.seq, fault }
}
