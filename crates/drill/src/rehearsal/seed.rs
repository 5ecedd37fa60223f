//! What a drill draws by.

use super::Rehearsal;
use crate::draws::DrawSeed;
use crate::plan::{Sample, Seed};
use lifeboat_engine::{Drawn, EngineError, Selection, Snapshot, draw};
use lifeboat_repository::View;

/// Where less than one part in so many would be left out, nothing is: a little more work proves all of it.
const ALMOST: u64 = 10;

impl Rehearsal<'_> {
    /// The seed, and where it comes from. One that nobody gave is made with a key of the repository and the id of the drill: whoever only
    /// stores the data does not know what will be drawn, and whoever has the record can draw it again.
    pub(super) fn seed(&self, seed: &Seed) -> (DrawSeed, &'static str) {
        match seed {
            Seed::Given(text) => (DrawSeed::of(&[text.as_bytes()]), "given"),
            Seed::Derived => {
                let plan = &self.account.plan.digest;
                let signed = format!("lifeboat drill seed {plan} {}", self.account.id);
                (DrawSeed::of(&[&self.repository.evidence_key().sign(signed.as_bytes())]), "derived")
            }
        }
    }

    /// The files of a snapshot that are drawn, and how many draws it took; all of it where that is less than the draws would take.
    pub(super) fn drawn(
        &self,
        view: &View,
        snapshot: &Snapshot,
        sample: &Sample,
        seed: DrawSeed,
    ) -> Result<(Selection, Vec<Drawn>, u64), EngineError> {
        let total = snapshot.root.totals.unwrap_or_default().bytes;
        let draws = sample.draws();
        if total == 0 {
            return Ok((Selection::All, Vec::new(), 0));
        }
        let offsets = seed.part(&snapshot.id.to_string()).draws(draws, total);
        let drawn = draw(&self.repository, view, snapshot, b"", &offsets)?;
        let bytes = drawn.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        if bytes >= total - total / ALMOST {
            return Ok((Selection::All, Vec::new(), 0));
        }
        let paths = drawn.iter().map(|file| file.path.clone()).collect();
        Ok((Selection::Only(paths), drawn, draws))
    }
}
