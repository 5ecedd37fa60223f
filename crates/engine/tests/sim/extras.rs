//! What some histories have besides: a replica, to which snapshots are copied while all that may go wrong, and repairs.
//!
//! Invariant: it is drawn from a sequence of its own, and put between the steps that there are: histories without it are what they
//! would be if there were none of this.

use super::faults::Swarm;
use super::harm::Harm;
use super::plan::{Act, Copying, Forgetting, Plan, Pruning, Repairing, Replica, Shape, Step, Verb};
use lifeboat_testkit::Random;

/// What happens to objects in histories where nothing else happens to them.
const HARMS: [Harm; 5] = [Harm::Flip, Harm::Flip, Harm::Cut, Harm::Vanish, Harm::Unlist];

impl Plan {
    /// Of each three histories one has more.
    pub(super) fn with_extras(mut self, harms: &[Harm], random: &mut Random) -> Self {
        if random.below(3) != 0 {
            return self;
        }
        let is_harmed = !harms.is_empty() || random.below(2) == 0;
        let harms = if harms.is_empty() { &HARMS } else { harms };
        self.is_mended = random.below(2) == 0;
        self.replica = (random.below(4) != 0).then(|| Replica::draw(&self.swarm, random));
        for _ in 0..2 + random.below(5) {
            let step = self.extra(random);
            let at = random.index(self.steps.len() + 1);
            self.steps.insert(at, step);
            if is_harmed && random.below(3) == 0 {
                // Before or after it, here or there.
                let harm = Step::Harm { harm: *random.pick(harms), seed: random.next_u64() };
                let harm = if random.below(3) == 0 { Step::There(Box::new(harm)) } else { harm };
                self.steps.insert(at + random.index(2), harm);
            }
        }
        if self.replica.is_some() {
            let last = self.last(random);
            self.steps.extend(last);
        }
        self
    }

    /// What seldom happens in this order by itself: what was forgotten at the replica is copied again, or the replica loses something that the next
    /// copy shares.
    fn last(&self, random: &mut Random) -> Vec<Step> {
        let all = Verb::Copy(Copying::default());
        let alone = |verb, random: &mut Random| {
            Step::Act(
                vec![Act { host: 0, seed: random.next_u64(), verb, is_helped: false }],
                random.next_u64(),
            )
        };
        let there = |step| Step::There(Box::new(step));
        match random.below(4) {
            0 => vec![
                alone(all, random),
                there(alone(Verb::Forget(Forgetting::AllBut(1)), random)),
                there(alone(Verb::Prune(Pruning::THOROUGH), random)),
                alone(Verb::Copy(Copying { pulls: false, named: Some(4) }), random),
            ],
            1 => vec![alone(all, random), there(Step::Harm { harm: Harm::Unlist, seed: random.next_u64() })],
            _ => Vec::new(),
        }
    }

    fn extra(&self, random: &mut Random) -> Step {
        let Some(replica) = &self.replica else { return self.acts(repair(random), false, random, anything) };
        let is_helped = replica.is_alike && random.below(2) == 0;
        let there = |step| Step::There(Box::new(step));
        match random.below(12) {
            0..4 => self.acts(copy(random.below(8) == 0, random), false, random, anything),
            4 | 5 => there(self.acts(copy(true, random), false, random, removal)),
            6 => there(self.acts(removal(random), false, random, removal)),
            7 => there(self.acts(repair(random), is_helped, random, removal)),
            8..11 => self.acts(repair(random), is_helped, random, anything),
            _ => {
                let verb = *random.pick(&[Verb::Verify, Verb::Restore { over: false }]);
                self.acts(verb, is_helped, random, anything)
            }
        }
    }

    /// Somebody does this, and others on other hosts do what is drawn for them.
    fn acts(
        &self,
        verb: Verb,
        is_helped: bool,
        random: &mut Random,
        others: fn(&mut Random) -> Verb,
    ) -> Step {
        let mut hosts: Vec<usize> = (0..self.hosts).collect();
        random.shuffle(&mut hosts);
        hosts.truncate(1 + random.index(self.hosts));
        let mut acts = vec![Act { host: hosts[0], seed: random.next_u64(), verb, is_helped }];
        for host in &hosts[1..] {
            let verb = others(random);
            acts.push(Act { host: *host, seed: random.next_u64(), verb, is_helped: false });
        }
        Step::Act(acts, random.next_u64())
    }
}

impl Replica {
    fn draw(swarm: &Swarm, random: &mut Random) -> Self {
        let shape = Shape::draw(random);
        let is_alike = random.below(3) != 0;
        let is_calm = swarm.0.is_empty() || random.below(3) == 0;
        let swarm = if is_calm { Swarm::default() } else { Swarm::draw(random) };
        Self { shape, is_alike, swarm }
    }
}

fn copy(pulls: bool, random: &mut Random) -> Verb {
    Verb::Copy(Copying { pulls, named: (random.below(3) == 0).then(|| 1 + random.index(3)) })
}

fn repair(random: &mut Random) -> Verb {
    Verb::Repair(Repairing { dry_run: random.below(8) == 0, trusts_content: random.below(4) == 0 })
}

/// What is done at the repository whatever else there is, but for the keys: who can open it is a matter of its own.
fn anything(random: &mut Random) -> Verb {
    let verb = Verb::draw(random);
    if verb.changes_keys() { Verb::Verify } else { verb }
}

/// What is done at a replica: nobody backs up there.
fn removal(random: &mut Random) -> Verb {
    match anything(random) {
        Verb::Backup(_) => copy(true, random),
        verb => verb,
    }
}
