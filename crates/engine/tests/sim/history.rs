//! A history: what a plan says happens, step by step, to real code, and is judged.

use super::actor::{Actor, End};
use super::crew::Host;
use super::judge::{Run, judge_alarm};
use super::plan::{Act, Plan, Replica, Shape, Step, Verb};
use super::source::Source;
use super::store::Store;
use super::tally::Tally;
use super::time::{HostClock, Population, Time};
use super::vault::Vault;
use lifeboat_engine::EngineError;
use lifeboat_repository::RepositoryError;
use lifeboat_testkit::Random;
use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where files are in memory, on machines that have such a place.
const MEMORY: &str = "/dev/shm";
/// Seconds that pass before a step.
const PAUSES: [u64; 10] = [0, 0, 1, 1, 3600, 3600, 3600, 86_400, 86_400, 15 * 86_400];

/// Operations of others for which somebody waits before beginning, about.
const DELAYS: [u32; 6] = [0, 0, 5, 15, 40, 80];

/// Seconds by which the clock of a host may be ahead from the beginning.
const BEGINNINGS: [i64; 6] = [0, 0, 0, 0, -2 * 86_400, -9 * 86_400];

/// Steps for which what is away is away.
const AWAY: u32 = 3;

/// How a history ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What must not happen and did.
    pub(crate) failure: Option<String>,
    pub(crate) tally: Tally,
}

/// Whether all is as it must be, and if not what is wrong.
pub(super) type Judged = Result<(), String>;

/// Lets a history happen; its lines are kept where somebody will read them.
pub(crate) fn happen(plan: &Plan, keeps_lines: bool) -> Outcome {
    let (time, tally) = (Arc::default(), Arc::new(Mutex::new(Tally::new(keeps_lines))));
    let failure = match catch_unwind(AssertUnwindSafe(|| History::begin(plan, time, &tally).run())) {
        Ok(ended) => ended.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Some(format!("the simulator panicked: {}", text.unwrap_or_default()))
        }
    };
    let tally = tally.lock().unwrap().clone();
    Outcome { failure, tally }
}

/// A history under way.
pub(super) struct History {
    pub(super) plan: Plan,
    pub(super) folder: tempfile::TempDir,
    /// The repository that is meant.
    pub(super) here: Vault,
    /// The other one, if there is one.
    pub(super) there: Option<Vault>,
    pub(super) time: Arc<Time>,
    pub(super) population: Arc<Population>,
    pub(super) hosts: Vec<Host>,
    /// Backups by their labels.
    pub(super) runs: BTreeMap<String, Run>,
    /// Processes that there were.
    pub(super) processes: u32,
}

impl History {
    fn begin(plan: &Plan, time: Arc<Time>, tally: &Arc<Mutex<Tally>>) -> Self {
        let place = Some(Path::new(MEMORY)).filter(|place| place.is_dir());
        let place = place.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = tempfile::tempdir_in(place).unwrap();
        std::fs::create_dir(folder.path().join("temporary")).unwrap();
        let mut random = Random::new(plan.seed ^ 1);
        let hosts = (0..plan.hosts).map(|number| {
            let name = format!("host-{number}");
            let home = folder.path().join(&name);
            std::fs::create_dir(&home).unwrap();
            // Some clocks were never right.
            let ahead = Arc::new(AtomicI64::new(*Random::new(!plan.seed ^ number as u64).pick(&BEGINNINGS)));
            let clock = HostClock { time: Arc::clone(&time), ahead: Arc::clone(&ahead), runner: None };
            let source = Arc::new(Source::make(home.join("source"), clock, plan.grain, &mut random));
            Host { name, home, source, ahead, boots: 0 }
        });
        let hosts = hosts.collect();
        let store = |shape: Shape| Arc::new(Store::new(shape.is_far, Arc::clone(&time), Arc::clone(tally)));
        let here = Vault::new(&store(plan.shape), plan.shape, plan.swarm.clone(), false);
        let there = plan.replica.as_ref().map(|Replica { shape, is_alike, swarm }| {
            Vault::new(&store(*shape), *shape, swarm.clone(), *is_alike)
        });
        let (population, runs, processes) = Default::default();
        let plan = plan.clone();
        Self { plan, folder, here, there, time, population, hosts, runs, processes }
    }

    fn run(mut self) -> Judged {
        self.make()?;
        self.there(Self::make_replica)?;
        let mut random = Random::new(self.plan.seed ^ 2);
        for step in self.plan.steps.clone() {
            self.time.pass(Duration::from_secs(*random.pick(&PAUSES)));
            self.say(format_args!("{step:?}"));
            self.come_back(1)?;
            self.step(&step)?;
            self.judge_puts()?;
        }
        self.come_back(AWAY)?;
        self.say(format_args!("the end: nothing goes wrong any more"));
        self.judge_all()?;
        self.judge_replica()?;
        self.judge_puts()
    }

    fn step(&mut self, step: &Step) -> Judged {
        match step {
            Step::Change { host, seed } => self.hosts[*host].source.change(*seed, || {}),
            Step::Jump { host, seconds } => {
                self.here.store.tally().count("a clock jumps");
                self.hosts[*host].ahead.fetch_add(*seconds, Ordering::Relaxed);
            }
            Step::LoseCache { host } => {
                self.here.store.tally().count("a cache is lost");
                // There may be nothing to forget yet.
                std::fs::remove_dir_all(self.hosts[*host].cache()).ok();
            }
            Step::Boot { host } => {
                self.here.store.tally().count("a machine is started again");
                self.hosts[*host].boots += 1;
            }
            Step::Harm { harm, seed } => {
                let name = self.here.store.harm(*harm, *seed);
                self.here.harms.extend(name.map(|name| (*harm, name.to_string())));
            }
            Step::Hide { seed } => {
                let hidden = self.here.store.hide(*seed);
                self.here.away.extend(hidden.map(|(name, object)| (name, object, AWAY)));
            }
            Step::Act(acts, seed) => self.act(acts, *seed)?,
            Step::There(step) => self.there(|history| history.step(step))?,
        }
        Ok(())
    }

    /// So many steps have passed for what is away.
    fn come_back(&mut self, steps: u32) -> Judged {
        self.everywhere(|history| {
            let Vault { away, store, .. } = &mut history.here;
            away.iter_mut().for_each(|(.., left)| *left = left.saturating_sub(steps));
            let back = away.extract_if(.., |(.., left)| *left == 0);
            back.for_each(|(name, object, _)| store.show((name, object)));
            Ok(())
        })
    }

    /// Makes the repository; in a rough start all hosts try, and not all live.
    fn make(&mut self) -> Judged {
        let (seed, rough) = (self.plan.seed, self.plan.rough_start);
        if rough {
            let act = |host| Act { host, seed: seed ^ host as u64, verb: Verb::Make, is_helped: false };
            let acts: Vec<_> = (0..self.hosts.len()).map(act).collect();
            let actors = self.actors_with(&self.plan.swarm.clone().without_harm(), &acts, seed);
            let ends = together(&actors);
            self.bury(&actors, &ends)?;
            if ends.iter().filter(|end| matches!(end, End::Made)).count() > 1 {
                return Err(format!("several made it: {ends:?}"));
            }
        }
        match self.calm(0, Verb::Make).run() {
            End::Made => Ok(()),
            End::Failed(EngineError::Repository(RepositoryError::Exists(_))) if rough => Ok(()),
            // An init that was killed: nobody can tell the dead from the slow.
            End::Failed(EngineError::Repository(RepositoryError::Unfinished(_))) if rough => {
                self.here.store.lock().objects.clear();
                match self.calm(0, Verb::Make).run() {
                    End::Made => Ok(()),
                    end => Err(format!("cannot be made in an empty place: {end:?}")),
                }
            }
            end => Err(format!("cannot be made: {end:?}")),
        }
    }

    fn act(&mut self, acts: &[Act], seed: u64) -> Judged {
        let began = self.time.elapsed();
        let actors = self.actors_with(&self.plan.swarm.clone(), acts, seed);
        let ends = together(&actors);
        self.bury(&actors, &ends)?;
        let done: Vec<_> = actors.iter().zip(&ends).collect();
        self.here.keys.settle(&done);
        done.iter().for_each(|(actor, end)| self.note(actor, end));
        actors.iter().for_each(|actor| self.note_copied(actor));
        self.note_dooms(&done, began);
        let of_keys = done.iter().filter(|(actor, _)| actor.act.verb.changes_keys());
        self.here.contended |=
            of_keys.clone().count() > 1 && of_keys.clone().any(|(actor, _)| actor.struck() > 0);
        let changes_keys = of_keys.count() > 0;
        if let [(actor, End::KeysChanged)] = done[..] {
            self.judge_new_key(actor)?;
        }
        self.note_garbled(&actors);
        // What is taken away again was there for a while.
        let is_garbled = actors.iter().any(Actor::has_garbled);
        let is_harmless = self.is_harmless_for(acts) && !is_garbled;
        let has_pruned = acts.iter().any(|act| matches!(act.verb, Verb::Prune(_)));
        if is_harmless {
            done.iter().try_for_each(|(actor, end)| judge_alarm(actor, end))?;
        }
        let is_harmless = is_harmless && !changes_keys;
        if is_harmless && has_pruned {
            self.judge_forgotten()?;
        }
        let is_calm = |actor: &Actor| is_harmless && actor.struck() == 0;
        done.iter().try_for_each(|(actor, end)| self.judge(actor, end, is_calm(actor)))
    }

    /// What was stored otherwise than it was put, here or there.
    fn note_garbled(&mut self, actors: &[Actor]) {
        self.here.note_garbled(actors.iter().flat_map(|actor| actor.handle.garbled()));
        if let Some(there) = &mut self.there {
            let others = actors.iter().filter_map(|actor| actor.other.as_ref());
            there.note_garbled(others.flat_map(|other| other.handle.garbled()));
        }
    }

    /// Whether nothing has happened by which anything may be lost.
    pub(super) fn is_harmless(&self) -> bool {
        self.here.is_harmless()
    }

    /// The same of all that somebody works with who does this.
    fn is_harmless_for(&self, acts: &[Act]) -> bool {
        let mut others = self.there.iter().filter(|_| acts.iter().any(Act::takes_both));
        self.is_harmless() && others.all(Vault::is_harmless)
    }

    /// Something happened; where the files lie is no part of it.
    pub(super) fn say(&self, line: Arguments<'_>) {
        let line = line.to_string().replace(&*self.folder.path().to_string_lossy(), "");
        self.here.store.tally().say(format_args!("{line}"));
    }
}

/// What all of them do, of whom one runs at any time.
fn together(actors: &[Actor]) -> Vec<End> {
    if let [actor] = actors {
        return vec![actor.run()];
    }
    let in_turn = |actor: &Actor| {
        let runner = actor.handle.runner.as_ref().expect("several have a baton");
        runner.start();
        // Not everybody begins at once.
        (0..*Random::new(!actor.act.seed).pick(&DELAYS)).for_each(|_| runner.pass());
        let end = actor.run();
        runner.leave();
        end
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = actors.iter().map(|actor| scope.spawn(move || in_turn(actor))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
