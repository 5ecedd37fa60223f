//! Which snapshots a policy keeps: a pure function of when they were made.
//!
//! Rules keep the newest snapshot of each of so many hours, days, weeks, months and years, counted from the newest snapshot back, whatever lies
//! between them. What is kept by any rule is kept, and each rule says so.
//!
//! Invariants: the order in which snapshots come means nothing. Who keeps more of anything keeps all that they kept before. A snapshot in which
//! something is missing takes nobody's place: it stands for its hour or day only where there is no whole one, and does not count.

use super::calendar::{Calendar, Period, Span};
use lifeboat_format::{Snapshot, SnapshotId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How many of something are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Count {
    /// None by this rule.
    #[default]
    None,
    /// So many.
    Some(u32),
    /// All.
    All,
}

/// What to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// So many of the newest.
    pub last: Count,
    /// The newest of each of so many hours, days, weeks, months and years that have any.
    pub of: BTreeMap<Period, Count>,
    /// All that are no older than this, seen from the newest one.
    pub within: Option<Span>,
    /// The newest of each hour, day, week, month and year that is no older than this.
    pub within_of: BTreeMap<Period, Span>,
    /// All with all tags of any of these lists; an empty list is one of any tag.
    pub tags: Vec<Vec<String>>,
    /// These, whatever else is said.
    pub ids: BTreeSet<SnapshotId>,
}

/// Why a snapshot is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is one of the newest.
    Last,
    /// It is the newest of its period.
    NewestOf(Period),
    /// It is the oldest there is, and a rule has room for it.
    OldestFor(Period),
    /// It is young enough.
    Within,
    /// It is the newest of its period, and young enough.
    NewestWithin(Period),
    /// It has these tags.
    Tagged(Vec<String>),
    /// It was named.
    Named,
    /// It is pinned.
    Pinned,
}

impl Policy {
    /// Whether it keeps nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Why each of these snapshots is kept, if it is; `is_pinned` tells of those that no policy forgets.
    #[must_use]
    pub fn keeps(
        &self,
        snapshots: &[&Snapshot],
        calendar: &dyn Calendar,
        is_pinned: &dyn Fn(SnapshotId) -> bool,
    ) -> BTreeMap<SnapshotId, BTreeSet<Reason>> {
        let mut newest_first = snapshots.to_vec();
        newest_first.sort_by_key(|snapshot| std::cmp::Reverse((snapshot.start, snapshot.id)));
        let mut kept = Kept { calendar, newest_first: &newest_first, reasons: BTreeMap::new() };
        kept.last(self.last);
        self.of.iter().for_each(|(period, count)| kept.of(*period, *count));
        if let Some(span) = self.within {
            kept.within(span);
        }
        self.within_of.iter().for_each(|(period, span)| kept.within_of(*period, *span));
        for snapshot in &newest_first {
            for tags in &self.tags {
                let has_all = tags.iter().all(|tag| snapshot.tags.contains(tag));
                if has_all && (!tags.is_empty() || !snapshot.tags.is_empty()) {
                    kept.add(snapshot, Reason::Tagged(tags.clone()));
                }
            }
            if self.ids.contains(&snapshot.id) {
                kept.add(snapshot, Reason::Named);
            }
            if is_pinned(snapshot.id) {
                kept.add(snapshot, Reason::Pinned);
            }
        }
        kept.reasons
    }
}

struct Kept<'a> {
    calendar: &'a dyn Calendar,
    newest_first: &'a [&'a Snapshot],
    reasons: BTreeMap<SnapshotId, BTreeSet<Reason>>,
}

impl<'a> Kept<'a> {
    fn add(&mut self, snapshot: &Snapshot, reason: Reason) {
        self.reasons.entry(snapshot.id).or_default().insert(reason);
    }

    fn last(&mut self, count: Count) {
        let mut left = Left::of(count);
        for snapshot in self.newest_first {
            if left.is_none() {
                return;
            }
            self.add(snapshot, Reason::Last);
            left.take(!snapshot.is_partial());
        }
    }

    fn of(&mut self, period: Period, count: Count) {
        let mut left = Left::of(count);
        for snapshot in self.newest_of_each(period) {
            if left.is_none() {
                return;
            }
            self.add(snapshot, Reason::NewestOf(period));
            left.take(!snapshot.is_partial());
        }
        // Where there is less than the rule wants, it begins with the first there ever was.
        let oldest = self.newest_first.iter().rev().find(|snapshot| !snapshot.is_partial());
        if let Some(oldest) = oldest.filter(|_| !left.is_none()) {
            self.add(oldest, Reason::OldestFor(period));
        }
    }

    fn within(&mut self, span: Span) {
        for snapshot in self.young(span) {
            self.add(snapshot, Reason::Within);
        }
    }

    fn within_of(&mut self, period: Period, span: Span) {
        let young: BTreeSet<SnapshotId> = self.young(span).iter().map(|snapshot| snapshot.id).collect();
        for snapshot in self.newest_of_each(period) {
            if young.contains(&snapshot.id) {
                self.add(snapshot, Reason::NewestWithin(period));
            }
        }
    }

    /// Those that are no older than this, seen from the newest whole one: the clock of whoever prunes decides nothing.
    fn young(&self, span: Span) -> Vec<&'a Snapshot> {
        let newest = self.newest_first.iter().find(|snapshot| !snapshot.is_partial());
        let newest = newest.or_else(|| self.newest_first.first());
        let Some(from) = newest.map(|newest| self.calendar.back(newest.start, span)) else {
            return Vec::new();
        };
        self.newest_first.iter().copied().filter(|snapshot| snapshot.start >= from).collect()
    }

    /// The newest whole snapshot of each period, or the newest where there is no whole one; the newest period first.
    fn newest_of_each(&self, period: Period) -> Vec<&'a Snapshot> {
        let mut newest: Vec<&Snapshot> = Vec::new();
        let key = |at: Timestamp| self.calendar.key(period, at);
        for same in self.newest_first.chunk_by(|one, other| key(one.start) == key(other.start)) {
            let whole = same.iter().find(|snapshot| !snapshot.is_partial());
            newest.extend(whole.or_else(|| same.first()).copied());
        }
        newest
    }
}

/// How many a rule may still keep.
struct Left(Option<u32>);

impl Left {
    fn of(count: Count) -> Self {
        match count {
            Count::None => Self(Some(0)),
            Count::Some(count) => Self(Some(count)),
            Count::All => Self(None),
        }
    }

    fn is_none(&self) -> bool {
        self.0 == Some(0)
    }

    fn take(&mut self, counts: bool) {
        if let Some(left) = self.0.as_mut().filter(|_| counts) {
            *left -= 1;
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rules = Vec::new();
        let mut count = |name: &str, count: Count| match count {
            Count::None => {}
            Count::Some(count) => rules.push(format!("{name} {count}")),
            Count::All => rules.push(format!("{name} unlimited")),
        };
        count("last", self.last);
        self.of.iter().for_each(|(period, of)| count(&period.to_string(), *of));
        rules.extend(self.within.map(|span| format!("within {span}")));
        rules.extend(self.within_of.iter().map(|(period, span)| format!("{period} within {span}")));
        rules.extend(self.tags.iter().map(|tags| format!("tag {}", tags.join(","))));
        match rules.is_empty() {
            true => f.write_str("named"),
            false => write!(f, "keep {}", rules.join(", ")),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("last"),
            Self::NewestOf(period) => write!(f, "{period}"),
            Self::OldestFor(period) => write!(f, "oldest {period}"),
            Self::Within => f.write_str("within"),
            Self::NewestWithin(period) => write!(f, "{period} within"),
            Self::Tagged(tags) if tags.is_empty() => f.write_str("tagged"),
            Self::Tagged(tags) => write!(f, "tag {}", tags.join(",")),
            Self::Named => f.write_str("named"),
            Self::Pinned => f.write_str("pinned"),
        }
    }
}
