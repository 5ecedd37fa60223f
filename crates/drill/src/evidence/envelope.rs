//! The form in which a record is stored: an in-toto statement in a DSSE envelope, signed.
//!
//! Spec: docs/format.md#evidence, DSSE v1, in-toto Statement v1. Signed are the bytes of the statement as they are, so that nobody has
//! to write JSON in the same way to check them.

use super::finding::Fault;
use crate::record::{Record, SCHEMA};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lifeboat_format::{EvidenceHash, EvidenceKey, EvidencePublicKey};
use lifeboat_repository::EvidenceName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://example.org/lifeboat/drill-evidence/v1";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    keyid: String,
    sig: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement<R> {
    #[serde(rename = "_type")]
    form: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: R,
}

#[derive(Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

/// A record that is to be believed, and what its chain says as values.
pub(super) struct Opened {
    pub(super) record: Record,
    pub(super) prev: Option<EvidenceHash>,
    pub(super) others: Vec<EvidenceName>,
}

/// The object of a record.
///
/// # Panics
/// Never: all keys of a record are text.
#[must_use]
pub fn seal(record: &Record, key: &EvidenceKey) -> Vec<u8> {
    let statement = Statement {
        form: STATEMENT_TYPE.to_owned(),
        subject: subjects(record),
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: record,
    };
    let statement = serde_json::to_vec(&statement).expect("all keys of a record are text");
    let signature = Signature {
        keyid: key.public().id().to_string(),
        sig: STANDARD.encode(key.sign(&signed(&statement))),
    };
    let envelope = Envelope {
        payload: STANDARD.encode(&statement),
        payload_type: PAYLOAD_TYPE.to_owned(),
        signatures: vec![signature],
    };
    serde_json::to_vec(&envelope).expect("all keys of an envelope are text")
}

/// The record in an object, if it is what its name says and signed with the key.
pub(super) fn open(name: &EvidenceName, bytes: &[u8], key: &EvidencePublicKey) -> Result<Opened, Fault> {
    if EvidenceHash::of(bytes) != name.hash {
        return Err(Fault::Altered);
    }
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| Fault::NoRecord)?;
    let statement = STANDARD.decode(&envelope.payload).map_err(|_| Fault::NoRecord)?;
    let (id, message) = (key.id().to_string(), signed(&statement));
    let is_good = |signature: &Signature| {
        let bytes = STANDARD.decode(&signature.sig).unwrap_or_default();
        signature.keyid == id && key.verify(&message, &bytes).is_ok()
    };
    if envelope.payload_type != PAYLOAD_TYPE || !envelope.signatures.iter().any(is_good) {
        return Err(Fault::Unsigned);
    }
    let record = parse(&statement).ok_or(Fault::NoRecord)?;
    let opened = chain_of(record).ok_or(Fault::NoRecord)?;
    let chain = &opened.record.chain;
    match chain.writer == name.writer.to_string() && chain.seq == name.seq {
        true => Ok(opened),
        false => Err(Fault::Misnamed),
    }
}

fn parse(statement: &[u8]) -> Option<Record> {
    let statement: Statement<Record> = serde_json::from_slice(statement).ok()?;
    let is_ours = statement.form == STATEMENT_TYPE
        && statement.predicate_type == PREDICATE_TYPE
        && statement.predicate.schema == SCHEMA;
    is_ours.then_some(statement.predicate)
}

fn chain_of(record: Record) -> Option<Opened> {
    let prev = record.chain.prev.as_deref().map(EvidenceHash::parse).transpose().ok()?;
    let others = record.chain.others.iter();
    let others =
        others.map(|head| EvidenceName::from_text(&format!("{}-{}-{}", head.writer, head.seq, head.sha256)));
    Some(Opened { prev, others: others.collect::<Option<_>>()?, record })
}

/// What it is about: the plan by its hash; a snapshot by its id, which is random and names it in the log alone.
fn subjects(record: &Record) -> Vec<Subject> {
    let subject = |name: String, key: &str, value: &str| Subject {
        name,
        digest: BTreeMap::from([(key.to_owned(), value.to_owned())]),
    };
    let plan = &record.account.plan;
    let snapshots = record.account.scope.snapshots.iter();
    let snapshots =
        snapshots.map(|drilled| subject(format!("snapshot/{}", drilled.id), "lifeboatSnapshot", &drilled.id));
    std::iter::once(subject(format!("plan/{}", plan.drill), "sha256", &plan.digest))
        .chain(snapshots)
        .collect()
}

/// What is signed: the pre-authentication encoding of DSSE.
fn signed(statement: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), statement.len());
    [head.as_bytes(), statement].concat()
}
