//! A command, disturbed at each of its calls.

use super::stage::Stage;
use super::watch::{Made, Plan, Watch, deaths, plans};
use lifeboat_sys::faults::under;
use lifeboat_testkit::Random;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// How many points are tried of each command and kind instead of the usual: a number, or `all`.
const POINTS: &str = "LIFEBOAT_CRASH_POINTS";
/// Points that fail until the rest is not tried any more.
const FAILURES_MAX: usize = 10;

/// A command that is disturbed.
pub(crate) trait Work {
    /// What it reports in the end.
    type Said;
    /// For people.
    const NAME: &str;

    /// How everything is before.
    fn stage(&self) -> Stage;

    /// The command, by a process of this number.
    fn run(&self, stage: &Stage, process: u64) -> Self::Said;

    /// Looks at what is left, gives the command again, and looks whether everything is as it should be. `said` is none
    /// when it died.
    fn check(&self, stage: &Stage, plan: Plan, said: Option<Self::Said>);
}

/// Disturbs a command at all of its points, and gives how many those were.
pub(crate) fn disturb<W: Work>(work: &W, needs_names: bool) -> usize {
    let calls = calls_of(work, needs_names);
    let plans = chosen(plans(&calls, Points::asked_for() == Points::All));
    try_each::<W>("disturbed", &plans, |plan, _| {
        let stage = work.stage();
        let watch = Watch::new(plan, needs_names);
        let said = watched(watch, || work.run(&stage, 1)).0;
        work.check(&stage, plan, said);
    })
}

/// Lets a command die after each of its changes, and end, so many times; then cuts the power.
pub(crate) fn cut<W: Work>(work: &W, times: usize, needs_names: bool) -> usize {
    let mut plans = deaths(&calls_of(work, needs_names));
    // What was reported is what counts most.
    plans.extend(vec![Plan::Undisturbed; plans.len() / 4]);
    let times = if Points::asked_for() == Points::All { 10 * times } else { times };
    let plans = chosen(vec![plans; times].concat());
    try_each::<W>("cut off", &plans, |plan, number| {
        let stage = work.stage();
        let watch = Watch::new(plan, needs_names).recording(stage.roots());
        let (said, watch) = watched(watch, || work.run(&stage, 1));
        if let Some(record) = watch.record {
            record.cut(&mut Random::new(number as u64));
        }
        work.check(&stage, plan, said);
    })
}

/// Lets a command die after a change, and the same command again after another, so many times.
pub(crate) fn die_twice<W: Work>(work: &W, times: usize) -> usize {
    let deaths = deaths(&calls_of(work, false));
    let mut random = Random::new(times as u64);
    let times = if Points::asked_for() == Points::All { 10 * times } else { times };
    let firsts = chosen((0..times).map(|_| *random.pick(&deaths)).collect());
    try_each::<W>("killed twice", &firsts, |first, number| {
        let stage = work.stage();
        watched(Watch::new(first, false), || work.run(&stage, 1));
        let second = *Random::new(number as u64).pick(&deaths);
        let said = watched(Watch::new(second, false), || work.run(&stage, 7)).0;
        work.check(&stage, second, said);
    })
}

/// The calls that a command makes.
pub(crate) fn calls_of<W: Work>(work: &W, needs_names: bool) -> Vec<Made> {
    let stage = work.stage();
    let (said, watch) = watched(Watch::new(Plan::Undisturbed, needs_names), || work.run(&stage, 1));
    work.check(&stage, Plan::Undisturbed, said);
    watch.calls
}

/// What came of something that was watched, none if it died, and whoever watched.
fn watched<T>(watch: Watch, run: impl FnOnce() -> T) -> (Option<T>, Watch) {
    let watch = Rc::new(RefCell::new(watch));
    let ended = under(&watch, run).ok();
    (ended, Rc::into_inner(watch).expect("nobody else watches").into_inner())
}

/// Tries points and tells all that fail.
fn try_each<W: Work>(how: &str, plans: &[Plan], point: impl Fn(Plan, usize)) -> usize {
    let mut failed = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        if catch_unwind(AssertUnwindSafe(|| point(*plan, number))).is_err() {
            failed.push((number, *plan));
        }
        if failed.len() == FAILURES_MAX {
            break;
        }
    }
    assert!(failed.is_empty(), "{} {how}: {failed:?}", W::NAME);
    println!("crash points: {} of {} that is {how}", plans.len(), W::NAME);
    plans.len()
}

/// How many points are wanted.
#[derive(PartialEq, Eq)]
enum Points {
    /// As many as a test has.
    Usual,
    /// At most so many of each kind.
    Some(usize),
    /// All that can be thought of.
    All,
}

impl Points {
    fn asked_for() -> Self {
        match std::env::var(POINTS) {
            Err(_) => Self::Usual,
            Ok(text) if text == "all" => Self::All,
            Ok(text) => Self::Some(text.parse().expect("LIFEBOAT_CRASH_POINTS is a number or all")),
        }
    }
}

/// Those of the plans that are wanted, evenly spread.
fn chosen(plans: Vec<Plan>) -> Vec<Plan> {
    match Points::asked_for() {
        Points::Some(wanted) if wanted < plans.len() => {
            (0..wanted).map(|number| plans[number * plans.len() / wanted]).collect()
        }
        _ => plans,
    }
}

/// Whether a test had as many points as it has when nobody asks for fewer.
pub(crate) fn assert_points(found: usize, usual: usize) {
    assert!(found >= usual || matches!(Points::asked_for(), Points::Some(_)), "only {found} points");
}
