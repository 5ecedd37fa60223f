//! Hosts, and the processes that run on them: who they are, what they know, and what is wrong with them.

use super::actor::{Actor, End, Other, Record};
use super::baton::{Baton, Runner};
use super::faults::Swarm;
use super::handle::Handle;
use super::history::{History, Judged};
use super::judge::Run;
use super::plan::{Act, Verb};
use super::source::Source;
use super::time::{HostClock, Neighbours, start_of};
use crate::world::Seeded;
use lifeboat_repository::{Environment, Process};
use lifeboat_testkit::Random;
use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

/// A machine.
pub(super) struct Host {
    pub(super) name: String,
    pub(super) home: PathBuf,
    pub(super) source: Arc<Source>,
    /// Seconds by which its clock is ahead.
    pub(super) ahead: Arc<AtomicI64>,
    /// How often it was started again.
    pub(super) boots: u32,
}

impl Host {
    /// What it keeps of the repository.
    pub(super) fn cache(&self) -> PathBuf {
        self.home.join("cache")
    }
}

impl History {
    /// Those who do something at once, and for whom all that may go wrong.
    pub(super) fn actors_with(&mut self, swarm: &Swarm, acts: &[Act], seed: u64) -> Vec<Actor> {
        let runners = match acts.len() {
            1 => vec![None],
            count => Baton::among(count, Random::new(seed)).into_iter().map(Some).collect(),
        };
        let pairs = acts.iter().zip(runners);
        pairs.map(|(act, runner)| self.actor(act.clone(), swarm.clone(), runner)).collect()
    }

    /// Somebody for whom nothing goes wrong, and who is alone.
    pub(super) fn calm(&mut self, host: usize, verb: Verb) -> Actor {
        self.actor(Act { host, seed: 0, verb, is_helped: false }, Swarm::default(), None)
    }

    /// The same who keeps nothing of the repository yet.
    pub(super) fn stranger(&mut self, verb: Verb) -> Actor {
        self.stranger_with(verb, false)
    }

    /// The same who may read from the other repository what is lost.
    pub(super) fn stranger_with(&mut self, verb: Verb, is_helped: bool) -> Actor {
        let actor = self.actor(Act { host: 0, seed: 0, verb, is_helped }, Swarm::default(), None);
        let cache = actor.temporary.join(&actor.tag);
        Actor { cache, ..actor }
    }

    /// Nobody lives on; nobody may have panicked.
    pub(super) fn bury(&self, actors: &[Actor], ends: &[End]) -> Judged {
        for (actor, end) in actors.iter().zip(ends) {
            self.population.remove(&actor.environment.processes.this().unwrap());
            // The place of a history is another one each time.
            let line = end.line().replace(self.folder.path().to_str().unwrap(), "");
            self.say(format_args!("  {} {line}", actor.handle.name));
            if let End::Repaired(report) = end {
                report.mended.iter().for_each(|_| self.here.store.tally().count("an object is repaired"));
            }
            if let End::Panicked(text) = end {
                return Err(format!("{} panicked: {text}", actor.handle.name));
            }
        }
        Ok(())
    }

    fn actor(&mut self, act: Act, swarm: Swarm, runner: Option<Arc<Runner>>) -> Actor {
        let key = self.key(act.seed);
        self.actor_with(key, act, swarm, runner)
    }

    fn actor_with(&mut self, key: u32, act: Act, swarm: Swarm, runner: Option<Arc<Runner>>) -> Actor {
        let takes_both = act.takes_both() || act.verb == Verb::MakeAlike;
        let other_key = if takes_both { self.elsewhere(|history| history.key(act.seed)) } else { None };
        let own = self.process(act.host);
        let adds = matches!(act.verb, Verb::AddKey | Verb::ChangeKey);
        let new_key = if adds { self.here.keys.fresh() } else { 0 };
        let host = &self.hosts[act.host];
        let tag = format!("run-{}", own.pid);
        let random = Random::new(act.seed ^ u64::from(own.pid) << 32);
        let (time, ahead) = (Arc::clone(&self.time), Arc::clone(&host.ahead));
        let environment = Environment {
            clock: Arc::new(HostClock { time, ahead, runner: runner.clone() }),
            random: Arc::new(Seeded(Mutex::new(random))),
            processes: Arc::new(Neighbours { own, population: Arc::clone(&self.population) }),
        };
        let name = format!("{} {tag}", host.name);
        let is_calm = swarm.0.is_empty();
        let handle = Arc::new(Handle::new(&self.here.store, &self.time, name, swarm, act.seed, runner));
        let other = self.there.as_ref().zip(other_key).map(|(vault, key)| {
            let swarm = if is_calm { Swarm::default() } else { vault.swarm.clone() };
            Other { handle: Arc::new(handle.beside(&vault.store, swarm)), key }
        });
        let record = Arc::new(Record::default());
        if matches!(act.verb, Verb::Backup(_)) {
            self.runs.insert(tag.clone(), Run { record: Arc::clone(&record), reported: None });
        }
        Actor {
            handle,
            other,
            environment,
            host: host.name.clone(),
            source: Arc::clone(&host.source),
            cache: host.cache(),
            target: host.home.join("restored"),
            temporary: self.folder.path().join("temporary"),
            shape: self.here.shape,
            bug: self.plan.bug,
            key,
            new_key,
            tag,
            act,
            record,
        }
    }

    /// A new process, which lives from now on.
    fn process(&mut self, host: usize) -> Process {
        self.processes += 1;
        let (pid, host) = (self.processes, &self.hosts[host]);
        let (name, boot) = (host.name.clone(), host.boots.to_string());
        let process = Process { host: name, boot, pid, start: start_of(pid), ..Process::default() };
        self.population.add(&process);
        process
    }

    /// A key that opens the repository, if any does.
    fn key(&mut self, seed: u64) -> u32 {
        let (opening, unknown) = self.here.keys.candidates();
        if !opening.is_empty() {
            return *Random::new(seed).pick(&opening);
        }
        let opens = |key: &u32| {
            let act = Act { host: 0, seed, verb: Verb::Verify, is_helped: false };
            self.actor_with(*key, act, Swarm::default(), None).open(*key).is_ok()
        };
        unknown.into_iter().find(opens).unwrap_or_default()
    }
}
