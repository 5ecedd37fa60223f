//! A command, disturbed at each of its calls.

use super::stage::Stage;
use super::watch::{Made, Plan, Watch, deaths, plans};
use lifeboat_sys::faults::under;
use lifeboat_testkit::Random;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// How many points are tried instead of as many as a test says: a number, or `all`.
const POINTS: &str = "LIFEBOAT_CRASH_POINTS";
/// Points that fail until the rest is not tried any more.
const FAILURES_MAX: usize = 40;

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
    fn check(&self, stage: &Stage, said: Option<Self::Said>);
}

/// Disturbs a command at about so many of its points, evenly spread, and gives how many those were.
pub(crate) fn disturb<W: Work>(work: &W, count: usize, needs_names: bool) -> usize {
    let calls = calls_of(work, needs_names);
    println!("TRACE {}: {} calls, {} plans", W::NAME, calls.len(), plans(&calls).len());
    try_each(work, &chosen(plans(&calls), count), |plan, _| {
        let stage = work.stage();
        let watch = Rc::new(RefCell::new(Watch::new(plan, needs_names)));
        let said = under(&watch, || work.run(&stage, 1)).ok();
        work.check(&stage, said);
    })
}

/// Lets a command die at about so many of its points, or end, and then cuts the power.
pub(crate) fn cut<W: Work>(work: &W, count: usize, needs_names: bool) -> usize {
    let calls = calls_of(work, needs_names);
    let mut plans = deaths(&calls);
    // What was reported is what counts most.
    plans.extend(vec![Plan::Undisturbed; plans.len() / 4]);
    let times = count.div_ceil(plans.len()).max(1);
    let plans = vec![plans; times].concat();
    try_each(work, &chosen(plans, count), |plan, number| {
        let stage = work.stage();
        let roots = vec![stage.repository(), stage.cache()];
        let watch = Rc::new(RefCell::new(Watch::new(plan, needs_names).recording(roots)));
        let said = under(&watch, || work.run(&stage, 1)).ok();
        let record = watch.borrow_mut().record.take();
        if let Some(record) = record {
            record.cut(&mut Random::new(number as u64));
        }
        work.check(&stage, said);
    })
}

/// The calls that a command makes.
pub(crate) fn calls_of<W: Work>(work: &W, needs_names: bool) -> Vec<Made> {
    let stage = work.stage();
    let watch = Rc::new(RefCell::new(Watch::new(Plan::Undisturbed, needs_names)));
    let said = under(&watch, || work.run(&stage, 1)).expect("nobody lets it die");
    work.check(&stage, Some(said));
    std::mem::take(&mut watch.borrow_mut().calls)
}

/// Tries points and tells all that fail.
fn try_each<W: Work>(_: &W, plans: &[Plan], point: impl Fn(Plan, usize)) -> usize {
    let mut failed = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        if catch_unwind(AssertUnwindSafe(|| point(*plan, number))).is_err() {
            println!("FAILED {}: {plan:?}", W::NAME);
            failed.push(*plan);
        }
        if failed.len() == FAILURES_MAX {
            break;
        }
    }
    assert!(failed.is_empty(), "{}: {failed:?}", W::NAME);
    println!("crash points: {} of {}", plans.len(), W::NAME);
    plans.len()
}

/// About so many of the plans, unless whoever runs the tests says otherwise.
fn chosen(plans: Vec<Plan>, count: usize) -> Vec<Plan> {
    let wanted = match std::env::var(POINTS) {
        Ok(text) if text == "all" => plans.len(),
        Ok(text) => text.parse().expect("LIFEBOAT_CRASH_POINTS is a number or all"),
        Err(_) => count,
    };
    if wanted >= plans.len() {
        return plans;
    }
    (0..wanted).map(|number| plans[number * plans.len() / wanted]).collect()
}
