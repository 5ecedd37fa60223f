//! What a drill has to do without, and the proof that it did.
//!
//! Invariant: what cannot be shown to be gone counts as within reach.

use super::Rehearsal;
use crate::plan::{Capability, CheckSpec, Scenario};
use crate::record::{Cache, Denied};
use crate::site::Place;
use std::collections::BTreeSet;

impl Rehearsal<'_> {
    /// Tries each capability that is to be gone.
    pub(super) fn deny(&mut self) {
        let mut denied: BTreeSet<Capability> = self.drill.deny.iter().cloned().collect();
        if matches!(self.drill.scenario, Scenario::LostPrimary { .. }) {
            denied.extend([Capability::Primary, Capability::Cache, Capability::Source]);
        }
        if matches!(self.drill.scenario, Scenario::LostKey { .. }) {
            denied.insert(Capability::Keys);
        }
        self.account.method.denied = denied.into_iter().map(|capability| self.tried(capability)).collect();
    }

    fn tried(&self, capability: Capability) -> Denied {
        let (proven_absent, how) = match &capability {
            Capability::Cache => (
                self.drill.sandbox.cache == Cache::Cold,
                "what is kept of the repository was empty when it began",
            ),
            Capability::Source => {
                let is_live = |spec: &CheckSpec| matches!(spec, CheckSpec::LiveCompare(_));
                (!self.drill.checks.iter().any(|check| is_live(&check.spec)), "no check looks at it")
            }
            Capability::Primary => {
                let is_other = self.site.primary.as_ref().is_some_and(|primary| !self.reads(primary));
                (is_other, "what was read lies in another place")
            }
            Capability::Repository(name) => {
                let is_read = |place: &Place| place.name == *name;
                (!self.places().any(is_read), "no storage of this name was handed to the drill")
            }
            Capability::Keys => {
                let is_about_keys = matches!(self.drill.scenario, Scenario::LostKey { .. });
                (is_about_keys, "one key was handed to the drill, and it has opened the repository")
            }
            Capability::Config => (false, "this version cannot do without it"),
        };
        Denied { capability: capability.into(), proven_absent, how: how.to_owned() }
    }

    fn reads(&self, other: &Place) -> bool {
        self.places().any(|place| place.backend.place() == other.backend.place())
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        [&self.site.tested].into_iter().chain(&self.site.replicas)
    }
}
