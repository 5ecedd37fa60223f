//! What shall happen in a history: a repository, hosts, and steps, all drawn from one seed.
//!
//! Invariant: each step has a seed of its own, so that the others happen as before when one is left out.

use super::faults::Swarm;
use super::harm::Harm;
use lifeboat_format::Bug;
use lifeboat_testkit::Random;
use std::fmt;

/// Steps of a history, at most.
const STEPS: u64 = 18;

/// A history that is to happen.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) shape: Shape,
    /// What goes wrong with operations.
    pub(crate) swarm: Swarm,
    pub(crate) hosts: usize,
    /// Whether the repository is made while all that may go wrong, and by several hosts at once.
    pub(crate) rough_start: bool,
    pub(crate) steps: Vec<Step>,
    /// Seconds in which the change times of files are counted; zero where they are as exact as can be.
    pub(crate) grain: i64,
    /// Another repository, where copies go, if there is one.
    pub(crate) replica: Option<Replica>,
    /// Whether somebody repairs in the end what was harmed.
    pub(crate) is_mended: bool,
    /// What is wrong with the code, if anything is.
    pub(crate) bug: Option<Bug>,
}

/// Where copies go.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) shape: Shape,
    /// Whether it has the same keys.
    pub(crate) is_alike: bool,
    /// What goes wrong there with operations of those who are at work at both.
    pub(crate) swarm: Swarm,
}

/// The repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Far away: without second copies, with more kept on each host.
    pub(crate) is_far: bool,
    pub(crate) parity: u32,
    pub(crate) second_copies: bool,
    pub(crate) chunk: u32,
    pub(crate) pack: u32,
}

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Files of a host change.
    Change { host: usize, seed: u64 },
    /// Actors do something, each on a host of its own and all at once.
    Act(Vec<Act>, u64),
    /// The clock of a host jumps by so many seconds.
    Jump { host: usize, seconds: i64 },
    /// A host loses what it keeps of the repository.
    LoseCache { host: usize },
    /// A host is started again.
    Boot { host: usize },
    /// A stored object is harmed.
    Harm { harm: Harm, seed: u64 },
    /// A pack or an index object is away until the step after the next.
    Hide { seed: u64 },
    /// The same happens at the other repository, if there is one.
    There(Box<Self>),
}

/// What one actor does.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) host: usize,
    pub(crate) seed: u64,
    pub(crate) verb: Verb,
    /// Whether what is lost is read from the other repository.
    pub(crate) is_helped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Makes the repository.
    Make,
    /// Makes it with the keys of the other one.
    MakeAlike,
    Backup(Saving),
    Restore {
        /// Into the directory of former restores, which may have died there.
        over: bool,
    },
    Verify,
    AddKey,
    RemoveKey,
    ChangeKey,
    Forget(Forgetting),
    /// Wants one back of what is forgotten.
    Regain,
    Prune(Pruning),
    Copy(Copying),
    Repair(Repairing),
}

/// What is copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Copying {
    /// From the other repository to this one; else the other way round.
    pub(crate) pulls: bool,
    /// So many that are named, whether they were forgotten there or not; else all that were not.
    pub(crate) named: Option<usize>,
}

/// How somebody repairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repairing {
    pub(crate) dry_run: bool,
    /// Looks only at what a listing shows.
    pub(crate) trusts_content: bool,
}

/// What is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgetting {
    /// So many, drawn from those there are.
    Some(usize),
    /// All of each host but so many of the newest.
    AllBut(u32),
}

/// How somebody prunes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pruning {
    pub(crate) now: bool,
    /// Bytes that nobody needs and that may stay; any amount where nothing is said.
    pub(crate) max_unused: Option<u64>,
    /// Bytes that are copied at most.
    pub(crate) max_repack: Option<u64>,
}

impl Act {
    /// Whether it has to do with the other repository, too.
    pub(crate) fn takes_both(&self) -> bool {
        self.is_helped || matches!(self.verb, Verb::Copy(_))
    }
}

impl Pruning {
    /// Nothing stays that nobody needs.
    pub(crate) const THOROUGH: Self = Self { now: true, max_unused: Some(0), max_repack: None };
}

/// How a backup saves; by default there is nothing special about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Saving {
    /// Reads every file anew.
    pub(crate) force: bool,
    pub(crate) skip_if_unchanged: bool,
    /// Reads back only some of what it stores.
    pub(crate) samples: bool,
    /// The files change before the storage operation of this number.
    pub(crate) changes_at: Option<u64>,
    /// Somebody wants it to stop when so many things have happened.
    pub(crate) stops_after: Option<u64>,
}

impl Verb {
    /// Whether it changes who can open the repository.
    pub(crate) fn changes_keys(self) -> bool {
        matches!(self, Self::AddKey | Self::RemoveKey | Self::ChangeKey)
    }
}

impl Plan {
    /// The history of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let shape = Shape::draw(random);
        // Some histories without anything that goes wrong: then nothing may.
        let swarm = if random.below(6) == 0 { Swarm::default() } else { Swarm::draw(random) };
        let hosts = *random.pick(&[1, 2, 2, 3, 3]);
        let rough_start = random.below(8) == 0;
        // In some of those in which objects are harmed nothing happens but that the index loses some.
        let harms: &[Harm] = match random.below(6) {
            0 | 1 => &Harm::ANY,
            2 => &[Harm::Unlist],
            _ => &[],
        };
        let may_garble = harms.len() > 1;
        let swarm = if may_garble { swarm.with_harm(&mut Random::new(seed ^ 3)) } else { swarm };
        let steps = (0..3 + random.below(STEPS - 2)).map(|_| Step::draw(hosts, harms, random)).collect();
        let grain = *random.pick(&[0, 1, 2]);
        let (replica, is_mended, bug) = Default::default();
        let plan = Self { seed, shape, swarm, hosts, rough_start, steps, grain, replica, is_mended, bug };
        // Drawn apart, so that the others stay as they are.
        plan.with_extras(harms, &mut Random::new(seed ^ 4))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, shape, swarm, hosts, rough_start, steps, grain, replica, is_mended, .. } = self;
        writeln!(
            f,
            "seed {seed}, hosts: {hosts}, rough start: {rough_start}, change times in seconds: {grain}\n{shape:?}\n{:?}\nreplica: {replica:?}, repaired in the end: {is_mended}",
            swarm.0
        )?;
        steps.iter().try_for_each(|step| writeln!(f, "{step:?}"))
    }
}

impl Shape {
    pub(super) fn draw(random: &mut Random) -> Self {
        let is_far = random.below(2) == 0;
        let chunk = *random.pick(&[512, 1024, 4096]);
        let pack = *random.pick(&[16 << 10, 32 << 10, 64 << 10]);
        // Either may be chosen anywhere; most take what init proposes.
        let parity = if random.below(4) == 0 { *random.pick(&[0, 3, 20]) } else { u32::from(!is_far) * 3 };
        let second_copies = if random.below(6) == 0 { is_far } else { !is_far };
        Self { is_far, parity, second_copies, chunk, pack }
    }
}

impl Step {
    fn draw(hosts: usize, harms: &[Harm], random: &mut Random) -> Self {
        let host = random.index(hosts);
        let seed = random.next_u64();
        match random.below(20) {
            0..4 => Self::Change { host, seed },
            4 => {
                let day = 24 * 60 * 60;
                let seconds = *random.pick(&[
                    3617,
                    -3617,
                    day + 17,
                    -2 * day,
                    8 * day,
                    15 * day,
                    3650 * day,
                    17 - 3650 * day,
                ]);
                Self::Jump { host, seconds }
            }
            5 => Self::LoseCache { host },
            6 => Self::Boot { host },
            7 | 8 if !harms.is_empty() => Self::Harm { harm: *random.pick(harms), seed },
            7 if random.below(2) == 0 => Self::Hide { seed },
            _ => {
                let count = 1 + random.index(hosts);
                let mut all: Vec<usize> = (0..hosts).collect();
                random.shuffle(&mut all);
                Self::Act(all[..count].iter().map(|host| Act::draw(*host, random)).collect(), seed)
            }
        }
    }
}

impl Act {
    fn draw(host: usize, random: &mut Random) -> Self {
        let verb = Verb::draw(random);
        Self { host, seed: random.next_u64(), verb, is_helped: false }
    }
}

impl Verb {
    pub(super) fn draw(random: &mut Random) -> Self {
        match random.below(27) {
            0 | 1 => Self::Restore { over: random.below(2) == 0 },
            2 => Self::Verify,
            3 => Self::AddKey,
            4 => Self::RemoveKey,
            5 => Self::ChangeKey,
            6 | 7 => Self::Forget(Forgetting::Some(1 + random.index(4))),
            8 => Self::Forget(Forgetting::AllBut(1 + u32::from(random.below(2) == 0))),
            9 => Self::Regain,
            10..16 => Self::Prune(Pruning {
                now: random.below(5) < 3,
                max_unused: *random.pick(&[Some(0), Some(0), Some(4_000), None]),
                max_repack: *random.pick(&[None, None, Some(20_000)]),
            }),
            _ => Self::Backup(Saving {
                force: random.below(8) == 0,
                skip_if_unchanged: random.below(6) == 0,
                samples: random.below(6) == 0,
                changes_at: (random.below(3) == 0).then(|| random.below(60)),
                stops_after: (random.below(12) == 0).then(|| random.below(30)),
            }),
        }
    }
}
