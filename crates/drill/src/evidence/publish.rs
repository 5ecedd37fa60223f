//! Making a record of an account, and storing it.
//!
//! Invariant: what a record says of others was there when it was made; it is stored once, under the number that follows the highest
//! of its chain that anybody here knows.

use super::chains::Chains;
use super::envelope::seal;
use crate::record::{Account, Chain, ChainHead, Record, SCHEMA};
use lifeboat_format::{EvidenceKey, ObjectHash, Random};
use lifeboat_repository::{EvidenceName, EvidenceStore, OwnChain, RepositoryError};
use thiserror::Error;

/// Writers that a record names at most; the next one names more.
const OTHERS_MAX: usize = 1024;

/// Where a record is to be stored, and as what.
#[derive(Debug)]
pub struct Destination<'a> {
    /// The evidence of the repository.
    pub store: &'a EvidenceStore,
    /// The repository's key.
    pub key: &'a EvidenceKey,
    /// Which of its chains is that of this machine.
    pub own: &'a OwnChain,
    /// The newest entries of its log that were read.
    pub log_heads: &'a [ObjectHash],
}

/// What was stored.
#[derive(Debug)]
pub struct Published {
    /// Its name, with its hash: what somebody else may remember.
    pub name: EvidenceName,
    /// The record.
    pub record: Record,
    /// The record that this machine stored before it, and that is gone: somebody took it away.
    pub lost: Option<EvidenceName>,
    /// Why this machine does not remember what it stored, and begins another chain the next time; none where it does, or was not
    /// to.
    pub forgotten: Option<String>,
}

/// Why there is no record.
#[derive(Debug, Error)]
#[error("cannot store the evidence")]
pub struct EvidenceError(#[from] pub RepositoryError);

/// Stores an account in the chain of this machine.
///
/// # Errors
/// When the storage refuses it. Then it is kept on this machine, if anything is, and stored by the next that goes on with the
/// chain.
pub fn publish(
    account: &Account,
    to: &Destination<'_>,
    random: &dyn Random,
) -> Result<Published, EvidenceError> {
    let mut held = to.own.hold(random);
    held.settle(to.store)?;
    let chains = Chains::read(to.store, &to.key.public())?;
    let (writer, remembered) = (held.writer(), held.newest());
    let there = chains.heads().into_iter().find(|head| head.writer == writer);
    // Of two with one number that which is remembered is the right one.
    let newest = there.into_iter().chain(remembered).max_by_key(|name| name.seq);
    let chain = Chain {
        writer: writer.to_string(),
        seq: newest.map_or(0, |newest| newest.seq + 1),
        prev: newest.map(|newest| newest.hash.to_string()),
        others: chains.unnamed(writer).take(OTHERS_MAX).map(head).collect(),
        log_heads: to.log_heads.iter().map(ToString::to_string).collect(),
    };
    let record = Record { schema: SCHEMA.to_owned(), chain, account: account.clone() };
    let name = held.put(to.store, record.chain.seq, &seal(&record, to.key))?;
    let forgotten = held.trouble().map(ToString::to_string);
    let lost = remembered.filter(|remembered| !chains.has(remembered));
    Ok(Published { name, record, lost, forgotten })
}

fn head(name: EvidenceName) -> ChainHead {
    ChainHead { writer: name.writer.to_string(), seq: name.seq, sha256: name.hash.to_string() }
}
