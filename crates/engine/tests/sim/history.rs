//! A history: what a plan says happens, step by step, to real code, and is judged.

use super::actor::{Actor, End};
use super::crew::Host;
use super::harm::Harm;
use super::judge::{Run, judge_alarm};
use super::keys::Keys;
use super::plan::{Act, Plan, Step, Verb};
use super::retention::Dooms;
use super::source::Source;
use super::store::{Object, Store};
use super::tally::Tally;
use super::time::{HostClock, Population, Time};
use lifeboat_backend::ObjectName;
use lifeboat_engine::EngineError;
use lifeboat_repository::RepositoryError;
use lifeboat_testkit::Random;
use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
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
    let (time, tally) = (Arc::default(), Tally::new(keeps_lines));
    let store = Arc::new(Store::new(plan.shape.is_far, Arc::clone(&time), tally));
    let failure = match catch_unwind(AssertUnwindSafe(|| History::begin(plan, &store, time).run())) {
        Ok(ended) => ended.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Some(format!("the simulator panicked: {}", text.unwrap_or_default()))
        }
    };
    let tally = store.lock().tally.clone();
    Outcome { failure, tally }
}

/// A history under way.
pub(super) struct History {
    pub(super) plan: Plan,
    pub(super) folder: tempfile::TempDir,
    pub(super) store: Arc<Store>,
    pub(super) time: Arc<Time>,
    pub(super) population: Arc<Population>,
    pub(super) hosts: Vec<Host>,
    pub(super) keys: Keys,
    /// Backups by their labels.
    pub(super) runs: BTreeMap<String, Run>,
    /// Snapshots that somebody wanted to be rid of.
    pub(super) dooms: Dooms,
    /// What was done to which object.
    pub(super) harms: Vec<(Harm, String)>,
    /// What is away, and for how many steps.
    pub(super) away: Vec<(ObjectName, Object, u32)>,
    /// Whether several changed keys at once and one of them failed or died at it: then nobody may be left who can open.
    pub(super) contended: bool,
    /// Processes that there were.
    pub(super) processes: u32,
}

impl History {
    fn begin(plan: &Plan, store: &Arc<Store>, time: Arc<Time>) -> Self {
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
        let (population, runs, dooms, harms, away, contended, processes) = Default::default();
        let (plan, store, keys) = (plan.clone(), Arc::clone(store), Keys::first());
        Self {
            plan,
            folder,
            store,
            time,
            population,
            hosts,
            keys,
            runs,
            dooms,
            harms,
            away,
            contended,
            processes,
        }
    }

    fn run(mut self) -> Judged {
        self.make()?;
        let mut random = Random::new(self.plan.seed ^ 2);
        for step in self.plan.steps.clone() {
            self.time.pass(Duration::from_secs(*random.pick(&PAUSES)));
            self.say(format_args!("{step:?}"));
            self.come_back(1);
            self.step(&step)?;
            self.judge_puts()?;
        }
        self.come_back(AWAY);
        self.say(format_args!("the end: nothing goes wrong any more"));
        self.judge_all()?;
        self.judge_puts()
    }

    fn step(&mut self, step: &Step) -> Judged {
        match step {
            Step::Change { host, seed } => self.hosts[*host].source.change(*seed, || {}),
            Step::Jump { host, seconds } => {
                self.store.lock().tally.count("a clock jumps");
                self.hosts[*host].ahead.fetch_add(*seconds, Ordering::Relaxed);
            }
            Step::LoseCache { host } => {
                self.store.lock().tally.count("a cache is lost");
                // There may be nothing to forget yet.
                std::fs::remove_dir_all(self.hosts[*host].cache()).ok();
            }
            Step::Boot { host } => {
                self.store.lock().tally.count("a machine is started again");
                self.hosts[*host].boots += 1;
            }
            Step::Harm { harm, seed } => {
                let name = self.store.harm(*harm, *seed);
                self.harms.extend(name.map(|name| (*harm, name.to_string())));
            }
            Step::Hide { seed } => {
                let hidden = self.store.hide(*seed);
                self.away.extend(hidden.map(|(name, object)| (name, object, AWAY)));
            }
            Step::Act(acts, seed) => self.act(acts, *seed)?,
        }
        Ok(())
    }

    /// So many steps have passed for what is away.
    fn come_back(&mut self, steps: u32) {
        self.away.iter_mut().for_each(|(.., left)| *left = left.saturating_sub(steps));
        let back = self.away.extract_if(.., |(.., left)| *left == 0);
        back.for_each(|(name, object, _)| self.store.show((name, object)));
    }

    /// Makes the repository; in a rough start all hosts try, and not all live.
    fn make(&mut self) -> Judged {
        let (seed, rough) = (self.plan.seed, self.plan.rough_start);
        if rough {
            let act = |host| Act { host, seed: seed ^ host as u64, verb: Verb::Make };
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
                self.store.lock().objects.clear();
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
        self.keys.settle(&done);
        done.iter().for_each(|(actor, end)| self.note(actor, end));
        self.note_dooms(&done, began);
        let of_keys = done.iter().filter(|(actor, _)| actor.act.verb.changes_keys());
        self.contended |=
            of_keys.clone().count() > 1 && of_keys.clone().any(|(actor, _)| actor.handle.struck() > 0);
        let changes_keys = of_keys.count() > 0;
        if let [(actor, End::KeysChanged)] = done[..] {
            self.judge_new_key(actor)?;
        }
        self.note_garbled(&actors);
        // What is taken away again was there for a while.
        let is_garbled = actors.iter().any(|actor| !actor.handle.garbled().is_empty());
        let is_harmless = self.is_harmless() && !is_garbled;
        let has_pruned = acts.iter().any(|act| matches!(act.verb, Verb::Prune(_)));
        if is_harmless {
            done.iter().try_for_each(|(actor, end)| judge_alarm(actor, end))?;
        }
        let is_harmless = is_harmless && !changes_keys;
        if is_harmless && has_pruned {
            self.judge_forgotten()?;
        }
        let is_calm = |actor: &Actor| is_harmless && actor.handle.struck() == 0;
        done.iter().try_for_each(|(actor, end)| self.judge(actor, end, is_calm(actor)))
    }

    /// What was stored otherwise than it was put, and still is so, is harmed.
    fn note_garbled(&mut self, actors: &[Actor]) {
        let harmed = self.store.harmed();
        let garbled = actors.iter().flat_map(|actor| actor.handle.garbled());
        let lasting = garbled.filter(|name| harmed.contains(name));
        self.harms.extend(lasting.map(|name| (Harm::Flip, name.to_string())));
    }

    /// Whether nothing has happened by which anything may be lost.
    pub(super) fn is_harmless(&self) -> bool {
        self.harms.is_empty() && self.away.is_empty() && !self.contended
    }

    /// Something happened; where the files lie is no part of it.
    pub(super) fn say(&self, line: Arguments<'_>) {
        let line = line.to_string().replace(&*self.folder.path().to_string_lossy(), "");
        self.store.lock().tally.say(format_args!("{line}"));
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
