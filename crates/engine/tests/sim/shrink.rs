//! A failing history made shorter: what can be left out while it still fails is left out.

use super::faults::Swarm;
use super::history::happen;
use super::plan::{Plan, Saving, Step, Verb};

/// The shortest plan that was found.
pub(crate) fn shrink(mut plan: Plan) -> Plan {
    while let Some(shorter) = less(&plan).into_iter().find(|plan| happen(plan, false).failure.is_some()) {
        plan = shorter;
    }
    plan
}

/// Plans with one thing less.
fn less(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    if plan.rough_start {
        plans.push(Plan { rough_start: false, ..plan.clone() });
    }
    if plan.replica.is_some() {
        plans.push(Plan { replica: None, ..plan.clone() });
    }
    if plan.is_mended {
        plans.push(Plan { is_mended: false, ..plan.clone() });
    }
    for left_out in (0..plan.steps.len()).rev() {
        let mut shorter = plan.clone();
        shorter.steps.remove(left_out);
        plans.push(shorter);
    }
    for left_out in 0..plan.swarm.0.len() {
        let Swarm(mut faults) = plan.swarm.clone();
        faults.remove(left_out);
        plans.push(Plan { swarm: Swarm(faults), ..plan.clone() });
    }
    for (number, step) in plan.steps.iter().enumerate() {
        for simpler in simpler(step) {
            let mut shorter = plan.clone();
            shorter.steps[number] = simpler;
            plans.push(shorter);
        }
    }
    plans
}

/// The same step with fewer actors, or with less that is special about them.
fn simpler(step: &Step) -> Vec<Step> {
    let Step::Act(acts, seed) = step else { return Vec::new() };
    let mut steps = Vec::new();
    for number in 0..acts.len() {
        if acts.len() > 1 {
            let mut fewer = acts.clone();
            fewer.remove(number);
            steps.push(Step::Act(fewer, *seed));
        }
        if matches!(acts[number].verb, Verb::Backup(how) if how != Saving::default()) {
            let mut plainer = acts.clone();
            plainer[number].verb = Verb::Backup(Saving::default());
            steps.push(Step::Act(plainer, *seed));
        }
    }
    steps
}
