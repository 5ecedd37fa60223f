//! Several threads of which one runs at any time: which, is drawn from the seed whenever the one that runs passes the baton.

use lifeboat_testkit::Random;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Who may run.
#[derive(Debug)]
pub(crate) struct Baton {
    state: Mutex<State>,
    /// Each is woken by its own: nobody wakes only to see that it is not its turn.
    passed: Vec<Condvar>,
}

#[derive(Debug)]
struct State {
    random: Random,
    running: Vec<usize>,
    holder: usize,
}

/// One of those among whom the baton is passed; it leaves when this goes.
#[derive(Debug)]
pub(crate) struct Runner {
    baton: Arc<Baton>,
    number: usize,
}

impl Baton {
    /// Among so many.
    pub(crate) fn among(runners: usize, mut random: Random) -> Vec<Arc<Runner>> {
        let holder = random.index(runners);
        let state = Mutex::new(State { random, running: (0..runners).collect(), holder });
        let baton = Arc::new(Self { state, passed: (0..runners).map(|_| Condvar::new()).collect() });
        (0..runners).map(|number| Arc::new(Runner { baton: Arc::clone(&baton), number })).collect()
    }

    fn give(&self, mut state: MutexGuard<'_, State>) {
        if !state.running.is_empty() {
            let State { random, running, holder } = &mut *state;
            *holder = *random.pick(running);
        }
        let holder = state.holder;
        drop(state);
        self.passed[holder].notify_one();
    }

    fn wait(&self, number: usize) {
        let state = self.state.lock().unwrap();
        drop(self.passed[number].wait_while(state, |state| state.holder != number).unwrap());
    }
}

impl Runner {
    /// Waits until it has the baton for the first time.
    pub(crate) fn start(&self) {
        self.baton.wait(self.number);
    }

    /// Gives the baton to any of those that still run, and waits until it is back.
    pub(crate) fn pass(&self) {
        let state = self.baton.state.lock().unwrap();
        if state.running.len() > 1 {
            self.baton.give(state);
            self.baton.wait(self.number);
        }
    }

    /// Runs no more.
    pub(crate) fn leave(&self) {
        let mut state = self.baton.state.lock().unwrap();
        state.running.retain(|number| *number != self.number);
        self.baton.give(state);
    }
}
