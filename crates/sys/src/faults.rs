//! Faults of files, for tests: calls that fail, are cut short, or never return.
//!
//! A thread is watched while it runs [`under`] somebody's eyes. Invariant: a thread that died does nothing more to any file:
//! what its destructors try fails. No other thread notices.

use crate::Call;
use rustix::fs::Statx;
use rustix::io::Errno;
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

/// Watches the calls of a thread. It must not make any through this crate.
pub trait Faults {
    /// What becomes of a call.
    fn before(&mut self, _: &Call<'_>) -> Verdict {
        Verdict::Go
    }

    /// A call was made, which did what it should (true) or failed. Whether the thread lives on.
    fn after(&mut self, _: &Call<'_>, _: bool) -> bool {
        true
    }

    /// What the system tells of a file may be told otherwise.
    fn tell(&mut self, _: &mut Statx) {}
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made.
    Go,
    /// It is not made, and fails so.
    Fail(Errno),
    /// It reads or writes at most so many bytes, and at least one if it would.
    Short(usize),
    /// It is not made, and the thread dies.
    Die,
}

/// The thread died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death;

/// Somebody who watches a thread.
type Watcher = Rc<RefCell<dyn Faults>>;

thread_local! {
    static WATCHED: RefCell<Watched> = const { RefCell::new(Watched::Not) };
}

enum Watched {
    Not,
    By(Watcher),
    Dead,
}

/// Runs something in this thread under somebody's eyes.
///
/// # Errors
/// It died. All that it held was dropped.
pub fn under<T>(faults: &Rc<RefCell<impl Faults + 'static>>, run: impl FnOnce() -> T) -> Result<T, Death> {
    let watcher: Watcher = Rc::clone(faults) as _;
    let before = WATCHED.replace(Watched::By(watcher));
    let ended = catch_unwind(AssertUnwindSafe(run));
    WATCHED.set(before);
    ended.map_err(|panic: Box<dyn Any + Send>| match panic.downcast::<Death>() {
        Ok(death) => *death,
        Err(other) => resume_unwind(other),
    })
}

pub(crate) fn transfer<'a, T, E: From<Errno>>(
    describe: impl FnOnce() -> Call<'a>,
    length: usize,
    run: impl FnOnce(usize) -> Result<T, E>,
) -> Result<T, E> {
    let Some(watcher) = watcher()? else { return run(length) };
    let call = describe();
    let verdict = watcher.borrow_mut().before(&call);
    let done = match verdict {
        Verdict::Go => run(length),
        Verdict::Short(most) => run(length.min(most.max(1))),
        Verdict::Fail(errno) => return Err(errno.into()),
        Verdict::Die => die(),
    };
    let lives = watcher.borrow_mut().after(&call, done.is_ok());
    if lives { done } else { die() }
}

/// Lets whoever watches change what was told.
pub(crate) fn told(mut told: Statx) -> Statx {
    if let Ok(Some(watcher)) = watcher() {
        watcher.borrow_mut().tell(&mut told);
    }
    told
}

fn watcher() -> Result<Option<Watcher>, Errno> {
    WATCHED.with_borrow(|watched| match watched {
        Watched::Not => Ok(None),
        Watched::By(watcher) => Ok(Some(Rc::clone(watcher))),
        Watched::Dead => Err(Errno::IO),
    })
}

/// Ends the thread without a word, as a kill does.
fn die() -> ! {
    WATCHED.set(Watched::Dead);
    resume_unwind(Box::new(Death))
}
