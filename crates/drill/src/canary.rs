//! A file that every backup renews, which proves how fresh a snapshot is: it says when it was issued, and nobody without the repository's keys
//! can say another time.

use jiff::Timestamp;
use lifeboat_repository::Repository;
use serde::{Deserialize, Serialize};

/// What stands in it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Canary {
    /// When it was issued.
    pub(crate) issued_at: Timestamp,
    /// What no other has.
    pub(crate) nonce: String,
    /// What proves the other two, 128 hexadecimal digits.
    mac: String,
}

/// The content of a canary for the next backup to this repository: one line of JSON. The random bytes make it another each time.
#[must_use]
pub fn canary(repository: &Repository, issued_at: Timestamp, random: [u8; 16]) -> String {
    let nonce = hexadecimal(&random);
    let mac = proof(repository, issued_at, &nonce);
    let token = serde_json::to_string(&Canary { issued_at, nonce, mac });
    token.expect("a time and two texts can be written") + "\n"
}

impl Canary {
    /// What a file says, if it was issued by somebody with the keys of this repository.
    pub(crate) fn read(repository: &Repository, bytes: &[u8]) -> Option<Self> {
        let canary: Self = serde_json::from_slice(bytes).ok()?;
        (canary.mac == proof(repository, canary.issued_at, &canary.nonce)).then_some(canary)
    }
}

fn proof(repository: &Repository, issued_at: Timestamp, nonce: &str) -> String {
    hexadecimal(&repository.evidence_key().sign(format!("lifeboat v1 canary {issued_at} {nonce}").as_bytes()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
