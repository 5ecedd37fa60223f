//! Whoever watches a thread: counts its calls, and lets one of them fail, or be its last.

use super::power::Record;
use lifeboat_sys::faults::{Faults, Verdict};
use lifeboat_sys::io::Errno;
use lifeboat_sys::{Call, Kind};
use std::path::PathBuf;

/// What becomes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing.
    Undisturbed,
    /// The call of this number fails once.
    Fail(usize, Errno),
    /// The call of this number does half of what it should, and is made again by whoever knows how.
    Short(usize),
    /// The disk is full from this call on.
    Full(usize),
    /// It dies before this call.
    Before(usize),
    /// It dies when this call has written half.
    Torn(usize),
    /// It dies after this call.
    After(usize),
}

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    pub(crate) kind: Kind,
    length: usize,
}

/// Counts calls and does as planned.
pub(crate) struct Watch {
    plan: Plan,
    /// File systems that know no files without a name.
    needs_names: bool,
    /// All calls so far.
    pub(crate) calls: Vec<Made>,
    /// What of it lies on disk, where that is asked for.
    pub(crate) record: Option<Record>,
}

impl Watch {
    pub(crate) fn new(plan: Plan, needs_names: bool) -> Self {
        Self { plan, needs_names, calls: Vec::new(), record: None }
    }

    /// The same, which remembers what is safe of what changes below these directories.
    pub(crate) fn recording(self, roots: Vec<PathBuf>) -> Self {
        Self { record: Some(Record::new(roots)), ..self }
    }

    fn verdict(&self, number: usize, call: &Call<'_>) -> Verdict {
        match self.plan {
            _ if self.needs_names && call.kind == Kind::CreateUnnamed => Verdict::Fail(Errno::OPNOTSUPP),
            Plan::Fail(at, errno) if at == number => Verdict::Fail(errno),
            Plan::Full(from) if number >= from && grows(call.kind) => Verdict::Fail(Errno::NOSPC),
            Plan::Before(at) if at == number => Verdict::Die,
            Plan::Short(at) | Plan::Torn(at) if at == number => Verdict::Short(call.length / 2),
            _ => Verdict::Go,
        }
    }
}

impl Faults for Watch {
    fn before(&mut self, call: &Call<'_>) -> Verdict {
        let verdict = self.verdict(self.calls.len(), call);
        self.calls.push(Made { kind: call.kind, length: call.length });
        if let Some(record) = &mut self.record {
            record.before(call);
        }
        verdict
    }

    fn after(&mut self, call: &Call<'_>, done: bool) -> bool {
        let last = self.calls.len() - 1;
        if let Some(record) = self.record.as_mut().filter(|_| done) {
            let half = matches!(self.plan, Plan::Short(at) | Plan::Torn(at) if at == last);
            record.after(call, if half { (call.bytes.len() / 2).max(1) } else { call.bytes.len() });
        }
        !matches!(self.plan, Plan::After(at) | Plan::Torn(at) if at == last)
    }
}

/// The ways in which a run that made these calls can be disturbed once: each call fails in one way, or in all that fit.
pub(crate) fn plans(calls: &[Made], in_all_ways: bool) -> Vec<Plan> {
    let first_change = calls.iter().position(|made| made.kind.changes());
    let mut plans: Vec<_> = first_change.map(Plan::Before).into_iter().collect();
    for (number, made) in calls.iter().enumerate() {
        let errnos = errnos(made.kind);
        let one = number % errnos.len()..=number % errnos.len();
        let chosen = if in_all_ways { errnos } else { &errnos[one] };
        plans.extend(chosen.iter().map(|errno| Plan::Fail(number, *errno)));
        if made.length > 1 {
            plans.push(Plan::Short(number));
        }
        if made.length > 1 && made.kind == Kind::Write {
            plans.push(Plan::Torn(number));
        }
        if grows(made.kind) {
            plans.push(Plan::Full(number));
        }
        // What is before the next change is what is after this one.
        if made.kind.changes() {
            plans.push(Plan::After(number));
        }
    }
    plans
}

/// Deaths after each change, and none.
pub(crate) fn deaths(calls: &[Made]) -> Vec<Plan> {
    let changes = calls.iter().enumerate().filter(|(_, made)| made.kind.changes());
    changes.map(|(number, _)| Plan::After(number)).chain([Plan::Undisturbed]).collect()
}

/// Whether it takes room.
fn grows(kind: Kind) -> bool {
    use Kind as K;
    matches!(
        kind,
        K::Create
            | K::CreateUnnamed
            | K::MakeDirectory
            | K::MakeSpecial
            | K::MakeSymlink
            | K::Link
            | K::Write
    )
}

/// How a call may fail.
fn errnos(kind: Kind) -> &'static [Errno] {
    use Errno as E;
    match kind {
        Kind::Open => &[E::IO, E::MFILE, E::INTR, E::NFILE],
        Kind::Create | Kind::CreateUnnamed => &[E::NOSPC, E::DQUOT, E::ROFS, E::MFILE, E::INTR, E::IO],
        Kind::Read => &[E::IO, E::INTR],
        Kind::Write => &[E::NOSPC, E::IO, E::INTR, E::DQUOT],
        Kind::Sync | Kind::SyncAll => &[E::IO, E::NOSPC, E::DQUOT],
        Kind::Look | Kind::List | Kind::ReadAttribute => &[E::IO, E::NOMEM],
        Kind::Lock => &[E::NOLCK],
        Kind::Remove | Kind::SetAttribute => &[E::IO, E::ROFS],
        _ => &[E::NOSPC, E::ROFS, E::DQUOT, E::IO],
    }
}
