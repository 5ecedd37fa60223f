//! One half of the file: what CI did, or what was done by hand, section by section.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::Least;
use crate::sources::root;

/// What tests record.
const SECTIONS: [&str; 9] = [
    "simulation",
    "planted_bugs",
    "crash_points",
    "power_cuts",
    "kills",
    "beside",
    "damage_matrix",
    "fuzz",
    "model",
];

/// What one kind of runs did; a section that is not there is null.
pub(super) struct Half<'f> {
    name: &'static str,
    sections: &'f Value,
}

impl<'f> Half<'f> {
    pub(super) fn of(figures: &'f Value, name: &'static str) -> Self {
        Self { name, sections: &figures[name] }
    }

    /// The figures of a section.
    pub(super) fn section(&self, name: &str) -> &'f Value {
        &self.sections[name]["figures"]
    }

    /// The sum of a section of counts, if it is there.
    pub(super) fn sum(&self, name: &str) -> Option<u64> {
        let counts = self.section(name).as_object()?;
        Some(counts.values().map(|count| count.as_u64().expect("a count")).sum())
    }

    /// Histories that were simulated, of which each range of seeds has figures of its own.
    pub(super) fn histories(&self) -> Option<u64> {
        self.simulated("histories")
    }

    /// The sum of a figure of all ranges of seeds.
    fn simulated(&self, figure: &str) -> Option<u64> {
        let ranges = self.section("simulation").as_object()?;
        Some(ranges.values().map(|range| range[figure].as_u64().expect("a count")).sum())
    }

    /// How often each thing went wrong in simulated histories.
    pub(super) fn happened(&self) -> BTreeMap<&'f str, u64> {
        let ranges = self.section("simulation").as_object().into_iter().flat_map(|ranges| ranges.values());
        let counts = ranges.filter_map(|range| range["happened"].as_object()).flatten();
        counts.fold(BTreeMap::new(), |mut sums, (name, count)| {
            *sums.entry(name.as_str()).or_default() += count.as_u64().expect("a count");
            sums
        })
    }

    /// How many planted bugs were found, and of how many.
    pub(super) fn planted(&self) -> Option<(usize, u64)> {
        let bugs = self.section("planted_bugs");
        let seeds = bugs["first_seeds"].as_object()?;
        Some((seeds.values().filter(|seed| seed.is_u64()).count(), bugs["of"].as_u64()?))
    }

    /// How many fuzz targets there are figures of, and the sum of one of them.
    pub(super) fn fuzz(&self, figure: &str) -> Option<(usize, u64)> {
        let targets = self.section("fuzz").as_object()?;
        Some((targets.len(), targets.values().filter_map(|target| target[figure].as_u64()).sum()))
    }

    /// How many runs of several processes at once came to their end, how many were killed, and in how many seconds, as a section tells.
    pub(super) fn beside(&self, section: &str) -> Option<[u64; 3]> {
        let figures = self.section(section);
        let [kills, seconds] = ["kills", "seconds"].map(|name| figures[name].as_u64());
        Some([self.sum(section)? - kills? - seconds?, kills?, seconds?])
    }

    /// What the model of the log protocol counted.
    pub(super) fn model(&self, figure: &str) -> Option<u64> {
        self.section("model")[figure].as_u64()
    }

    /// Without how many rules of the protocol the model lost something, and how many there are.
    pub(super) fn rules(&self) -> Option<(usize, u64)> {
        let rules = &self.section("model")["planted"];
        Some((usize::try_from(rules["found"].as_u64()?).ok()?, rules["of"].as_u64()?))
    }

    /// Every section is there.
    pub(super) fn assert_all_there(&self) {
        for name in SECTIONS {
            assert!(self.section(name).is_object(), "{}: nothing is recorded of {name}", self.name);
        }
    }

    /// No fuzz target was left out.
    pub(super) fn assert_all_targets(&self) {
        let targets =
            self.section("fuzz").as_object().into_iter().flat_map(|targets| targets.keys().cloned());
        assert_eq!(targets.collect::<BTreeSet<_>>(), fuzz_targets(), "{}", self.name);
    }

    /// What is there is enough, and nothing failed.
    pub(super) fn assert_at_least(&self, least: &Least) {
        let enough = |what: &str, found: Option<u64>, least: u64| {
            assert!(found.is_none_or(|found| found >= least), "{}: {found:?} {what}", self.name);
        };
        enough("histories", self.histories(), least.histories);
        let failures = self.simulated("failures");
        assert!(failures.is_none_or(|failures| failures == 0), "{}: a history failed", self.name);
        let crash_points =
            self.sum("crash_points").map(|points| points + self.sum("power_cuts").unwrap_or(0));
        enough("crash points", crash_points, least.crash_points);
        enough("kills", self.sum("kills"), least.kills);
        let beside = self.beside("beside").map(|[.., seconds]| seconds);
        enough("seconds of several processes at once", beside, least.beside_seconds);
        for planted in [self.planted(), self.rules()] {
            assert!(planted.is_none_or(|(found, of)| found as u64 == of), "{}: {planted:?}", self.name);
        }
        enough("states of the model", self.model("states"), least.states);
        enough("walks through the model", self.model("walks"), least.walks);
        if let Some(targets) = self.section("fuzz").as_object() {
            for (target, did) in targets {
                let (figure, least) = least.fuzz_seconds.map_or(("inputs", 1), |least| ("seconds", least));
                enough(&format!("{figure} of {target}"), Some(did[figure].as_u64().unwrap_or(0)), least);
            }
        }
    }
}

/// The names of all fuzz targets.
fn fuzz_targets() -> BTreeSet<String> {
    let files = fs::read_dir(root().join("fuzz/fuzz_targets")).unwrap().map(|file| file.unwrap().path());
    files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}
