//! What is told of packs that a reader mended in memory: whoever reads got what was stored, and should know that the
//! storage is failing.

use crate::{Problem, ProblemKind};
use lifeboat_format::PackId;
use lifeboat_repository::{BlobReader, pack_object};

/// One problem for each pack that was mended so far.
pub(crate) fn mended_packs(reader: &BlobReader) -> Vec<Problem> {
    reader.mended().into_iter().map(mended_pack).collect()
}

/// What is told of one of them.
pub(crate) fn mended_pack(id: PackId) -> Problem {
    let cause = "damaged, and mended in memory from its parity; how far it goes: lifeboat verify --read-data";
    Problem { kind: ProblemKind::Mendable, path: pack_object(id).into(), cause: cause.into() }
}
