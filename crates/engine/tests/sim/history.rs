//! A history: what a plan says happens, step by step, to real code, and is judged.

use super::actor::{Actor, End, Record};
use super::baton::{Baton, Runner};
use super::faults::Swarm;
use super::handle::Handle;
use super::judge::Run;
use super::keys::{Keys, changes_keys};
use super::plan::{Act, Plan, Step, Verb};
use super::source::Source;
use super::store::Store;
use super::tally::Tally;
use super::time::{HostClock, Neighbours, Population, Time, start_of};
use crate::world::Seeded;
use lifeboat_engine::EngineError;
use lifeboat_repository::{Environment, Process, RepositoryError};
use lifeboat_testkit::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where files are in memory, on machines that have such a place.
const MEMORY: &str = "/dev/shm";

/// How a history ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What must not happen and did.
    pub(crate) failure: Option<String>,
    pub(crate) tally: Tally,
}

/// Lets a history happen; its lines are kept where somebody will read them.
pub(crate) fn happen(plan: &Plan, keeps_lines: bool) -> Outcome {
    let (time, tally) = (Arc::default(), Tally::new(keeps_lines));
    let store = Arc::new(Store::new(plan.shape.is_far, Arc::clone(&time), tally));
    let failure = match catch_unwind(AssertUnwindSafe(|| History::begin(plan, &store, &time).run(plan))) {
        Ok(ended) => ended.err(),
        Err(panic) => {
            Some(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "the simulator panicked".into()))
        }
    };
    let tally = store.lock().tally.clone();
    Outcome { failure, tally }
}

/// A history under way.
pub(super) struct History {
    folder: tempfile::TempDir,
    pub(super) store: Arc<Store>,
    time: Arc<Time>,
    population: Arc<Population>,
    pub(super) hosts: Vec<Host>,
    pub(super) keys: Keys,
    /// By their labels.
    pub(super) runs: BTreeMap<String, Run>,
    /// Folders in which objects were harmed.
    pub(super) harmed: BTreeSet<String>,
    processes: u32,
}

pub(super) struct Host {
    name: String,
    source: Arc<Source>,
    cache: PathBuf,
    ahead: Arc<AtomicI64>,
    boots: u32,
}

impl History {
    fn begin(plan: &Plan, store: &Arc<Store>, time: &Arc<Time>) -> Self {
        let place = Some(Path::new(MEMORY)).filter(|place| place.is_dir());
        let place = place.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = tempfile::tempdir_in(place).unwrap();
        std::fs::create_dir(folder.path().join("temporary")).unwrap();
        let mut random = Random::new(plan.seed ^ 1);
        let hosts = (0..plan.hosts).map(|number| {
            let name = format!("host-{number}");
            let home = folder.path().join(&name);
            std::fs::create_dir(&home).unwrap();
            let ahead = Arc::default();
            let clock = HostClock { time: Arc::clone(time), ahead: Arc::clone(&ahead), runner: None };
            let source = Arc::new(Source::make(home.join("source"), clock, &mut random));
            Host { name, source, cache: home.join("cache"), ahead, boots: 0 }
        });
        let (hosts, keys) = (hosts.collect(), Keys::first());
        let (population, runs, harmed, processes) = Default::default();
        let (store, time) = (Arc::clone(store), Arc::clone(time));
        Self { folder, store, time, population, hosts, keys, runs, harmed, processes }
    }

    fn run(mut self, plan: &Plan) -> Result<(), String> {
        self.make(plan)?;
        let mut random = Random::new(plan.seed ^ 2);
        for step in &plan.steps {
            self.time.pass(Duration::from_secs(*random.pick(&[0, 1, 3600, 3600, 86_400])));
            self.say(format_args!("{step:?}"));
            self.step(plan, step)?;
            if let Some(offence) = &self.store.lock().offence {
                return Err(offence.clone());
            }
        }
        self.say(format_args!("the end: nothing goes wrong any more"));
        self.judge_all()
    }

    fn step(&mut self, plan: &Plan, step: &Step) -> Result<(), String> {
        match step {
            Step::Change { host, seed } => self.hosts[*host].source.change(*seed),
            Step::Jump { host, seconds } => {
                self.hosts[*host].ahead.fetch_add(*seconds, Ordering::Relaxed);
            }
            Step::Forget { host } => {
                // There may be none yet.
                drop(std::fs::remove_dir_all(&self.hosts[*host].cache));
            }
            Step::Boot { host } => self.hosts[*host].boots += 1,
            Step::Harm { harm, seed } => {
                let name = self.store.harm(*harm, *seed);
                self.harmed.extend(name.map(|name| folder_of(name.as_str())));
            }
            Step::Act(acts, seed) => self.act(plan, acts, *seed)?,
        }
        Ok(())
    }

    /// Makes the repository; in a rough start all hosts try, and not all live.
    fn make(&mut self, plan: &Plan) -> Result<(), String> {
        if plan.rough_start {
            let act = |host| Act { host, seed: plan.seed ^ host as u64, verb: Verb::Verify };
            let acts: Vec<_> = (0..plan.hosts).map(act).collect();
            let actors = self.actors(&acts, &plan.swarm, plan.seed);
            let ends = together(&actors, |actor| actor.run(Some(&plan.shape)));
            if ends.iter().filter(|end| matches!(end, End::Made)).count() > 1 {
                return Err(format!("several made it: {ends:?}"));
            }
            self.bury(&actors, &ends)?;
        }
        let end = self.calm(0, Verb::Verify).run(Some(&plan.shape));
        match end {
            End::Made => Ok(()),
            End::Failed(EngineError::Repository(RepositoryError::Exists(_))) if plan.rough_start => Ok(()),
            // An init that was killed: nobody can tell the dead from the slow.
            End::Failed(EngineError::Repository(RepositoryError::Unfinished(_))) if plan.rough_start => {
                self.store.lock().objects.clear();
                match self.calm(0, Verb::Verify).run(Some(&plan.shape)) {
                    End::Made => Ok(()),
                    end => Err(format!("cannot be made in an empty place: {end:?}")),
                }
            }
            end => Err(format!("cannot be made: {end:?}")),
        }
    }

    fn act(&mut self, plan: &Plan, acts: &[Act], seed: u64) -> Result<(), String> {
        let actors = self.actors(acts, &plan.swarm, seed);
        let ends = together(&actors, |actor| actor.run(None));
        self.bury(&actors, &ends)?;
        let touches_keys = acts.iter().any(|act| changes_keys(act.verb));
        let acts: Vec<_> = actors.iter().zip(&ends).collect();
        self.keys.settle(&acts);
        acts.iter().for_each(|(actor, end)| self.note(actor, end));
        for (actor, end) in acts {
            let is_calm = actor.handle.struck() == 0 && self.harmed.is_empty();
            self.judge(actor, end, is_calm && !touches_keys)?;
        }
        Ok(())
    }

    /// Those who do something at once.
    fn actors(&mut self, acts: &[Act], swarm: &Swarm, seed: u64) -> Vec<Actor> {
        let runners = match acts.len() {
            1 => vec![None],
            count => Baton::among(count, Random::new(seed)).into_iter().map(Some).collect(),
        };
        let pairs = acts.iter().zip(runners);
        pairs.map(|(act, runner)| self.actor(act.clone(), swarm.clone(), runner)).collect()
    }

    /// Somebody for whom nothing goes wrong, and who is alone.
    pub(super) fn calm(&mut self, host: usize, verb: Verb) -> Actor {
        self.actor(Act { host, seed: 0, verb }, Swarm::default(), None)
    }

    fn actor(&mut self, act: Act, swarm: Swarm, runner: Option<Arc<Runner>>) -> Actor {
        let key = self.key(act.seed);
        self.actor_with(key, act, swarm, runner)
    }

    fn actor_with(&mut self, key: u32, act: Act, swarm: Swarm, runner: Option<Arc<Runner>>) -> Actor {
        self.processes += 1;
        let pid = self.processes;
        let adds = matches!(act.verb, Verb::AddKey | Verb::ChangeKey);
        let new_key = if adds { self.keys.fresh() } else { 0 };
        let host = &self.hosts[act.host];
        let own = Process {
            host: host.name.clone(),
            boot: host.boots.to_string(),
            pid,
            start: start_of(pid),
            ..Process::default()
        };
        self.population.add(&own);
        let (time, ahead) = (Arc::clone(&self.time), Arc::clone(&host.ahead));
        let environment = Environment {
            clock: Arc::new(HostClock { time, ahead, runner: runner.clone() }),
            random: Arc::new(Seeded(Mutex::new(Random::new(act.seed ^ u64::from(pid) << 32)))),
            processes: Arc::new(Neighbours { own, population: Arc::clone(&self.population) }),
        };
        let tag = format!("run-{pid}");
        let name = format!("{} {tag}", host.name);
        let handle = Arc::new(Handle::new(&self.store, &self.time, name, swarm, act.seed, runner));
        let record = Arc::new(Record::default());
        if matches!(act.verb, Verb::Backup { .. }) {
            self.runs.insert(tag.clone(), Run { record: Arc::clone(&record), reported: None });
        }
        Actor {
            handle,
            environment,
            host: host.name.clone(),
            source: Arc::clone(&host.source),
            cache: host.cache.clone(),
            temporary: self.folder.path().join("temporary"),
            key,
            new_key,
            tag,
            act,
            record,
        }
    }

    /// A key that opens the repository, if any does.
    fn key(&mut self, seed: u64) -> u32 {
        let (opening, unknown) = self.keys.candidates();
        if !opening.is_empty() {
            return *Random::new(seed).pick(&opening);
        }
        let opens = |key: &u32| {
            let act = Act { host: 0, seed, verb: Verb::Verify };
            self.actor_with(*key, act, Swarm::default(), None).open(*key).is_ok()
        };
        unknown.into_iter().find(opens).unwrap_or_default()
    }

    /// Nobody lives on; nobody may have panicked.
    pub(super) fn bury(&self, actors: &[Actor], ends: &[End]) -> Result<(), String> {
        for (actor, end) in actors.iter().zip(ends) {
            self.population.remove(&actor.environment.processes.this().unwrap());
            self.say(format_args!("  {} {}", actor.handle.name, end.line()));
            if let End::Panicked(text) = end {
                return Err(format!("{} panicked: {text}", actor.handle.name));
            }
        }
        Ok(())
    }

    fn say(&self, line: std::fmt::Arguments<'_>) {
        self.store.lock().tally.say(line);
    }
}

/// What all of them do, of whom one runs at any time.
fn together(actors: &[Actor], run: impl Fn(&Actor) -> End + Sync) -> Vec<End> {
    if let [actor] = actors {
        return vec![run(actor)];
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = actors
            .iter()
            .map(|actor| {
                let run = &run;
                scope.spawn(move || {
                    let runner = actor.handle.runner.as_ref().expect("several have a baton");
                    runner.start();
                    let end = run(actor);
                    runner.leave();
                    end
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The folder of an object, whichever copy it is.
fn folder_of(name: &str) -> String {
    name.split('/').next().unwrap_or_default().trim_end_matches('2').to_owned()
}
