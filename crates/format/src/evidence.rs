//! What signs and names the evidence of rehearsals, so that others can tell without this program whether it is genuine.
//!
//! Spec: docs/format.md#evidence. Here alone are SHA-256, PEM and plain Ed25519 over the message itself: what auditors have tools for.

use crate::{EvidenceHash, FormatError, Key};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// What stands before the 32 bytes of an Ed25519 key in a `SubjectPublicKeyInfo` (RFC 8410, section 4).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Signs evidence.
#[derive(Clone)]
pub struct EvidenceKey(SigningKey);

impl fmt::Debug for EvidenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EvidenceKey(secret)")
    }
}

impl EvidenceKey {
    pub(crate) fn new(admin: &Key) -> Self {
        Self(SigningKey::from_bytes(admin.derive("lifeboat v1 evidence").as_bytes()))
    }

    /// Signs these bytes as they are.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// What others check signatures with.
    #[must_use]
    pub fn public(&self) -> EvidencePublicKey {
        EvidencePublicKey(self.0.verifying_key())
    }
}

/// Tells whether evidence is genuine; no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidencePublicKey(VerifyingKey);

impl EvidencePublicKey {
    /// Checks the signature of these bytes.
    ///
    /// # Errors
    /// [`FormatError::NotAuthentic`] when it is none of this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), FormatError> {
        let signature = Signature::from_slice(signature).ok();
        let verified = signature.and_then(|signature| self.0.verify_strict(message, &signature).ok());
        verified.ok_or(FormatError::NotAuthentic("signature of evidence"))
    }

    /// The name of the key: the hash of its `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn id(&self) -> EvidenceHash {
        EvidenceHash::of(&self.spki())
    }

    /// The key as text that tools for certificates read.
    #[must_use]
    pub fn pem(&self) -> String {
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(self.spki()))
    }

    fn spki(&self) -> Vec<u8> {
        [&SPKI_HEAD[..], self.0.as_bytes()].concat()
    }
}

impl EvidenceHash {
    /// SHA-256 of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::new(Sha256::digest(bytes).into())
    }
}
