//! Evidence: accounts of rehearsals as signed records in chains, and what can be told from those that are there.
//!
//! Spec: docs/format.md#evidence. Invariants: an account becomes one record for each repository, which stays as it is; what no
//! signature of the repository's key fits is never believed; what binds records to each other is checked by whoever reads them.

mod anchor;
mod chains;
mod envelope;
mod finding;
mod publish;

pub use anchor::{anchor, anchors};
pub use chains::{Chains, Stored};
pub use envelope::seal;
pub use finding::{Fault, Finding, Known};
pub use publish::{Destination, EvidenceError, Published, publish};
