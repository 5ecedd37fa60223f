//! Hints that sessions live: written, removed, told apart from those of the dead, and never in the way.

use crate::world::{MovedClock, Watched, environment_of, names, new, password};
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_repository::{Process, Processes, Repository, RepositoryError, Session};
use std::io;
use std::sync::Arc;

const DAY: u64 = 24 * 60 * 60;

/// A machine on which these processes live; the first is the one that runs.
struct Machine(Vec<Process>);

impl Processes for Machine {
    fn this(&self) -> io::Result<Process> {
        self.0.first().cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn started(&self, pid: u32) -> Option<u64> {
        self.0.iter().find(|process| process.pid == pid).map(|process| process.start)
    }
}

fn process(host: &str, boot: &str, pid_namespace: u64, pid: u32, start: u64) -> Process {
    Process { host: host.into(), boot: boot.into(), pid_namespace, pid, start }
}

fn ours() -> Process {
    process("ark", "boot", 1, 100, 5000)
}

fn open(watched: &Arc<Watched>, clock: &Arc<MovedClock>, living: Vec<Process>) -> Repository {
    let environment = environment_of(9, Arc::clone(clock), Machine(living));
    Repository::open(Arc::clone(watched) as _, &password(), environment).unwrap()
}

/// Leaves the hint of a process behind, so many seconds after the beginning.
fn leave_hint(watched: &Arc<Watched>, seed: u64, process: Process, seconds: u64) {
    let clock = Arc::new(MovedClock::default());
    clock.advance(seconds);
    let environment = environment_of(seed, clock, Machine(vec![process]));
    let repository = Repository::open(Arc::clone(watched) as _, &password(), environment).unwrap();
    drop(Session::start(&repository).unwrap().announce("backup").unwrap());
}

#[test]
fn a_hint_lies_there_as_long_as_its_session_lives() {
    let (watched, _) = new(1);
    let repository = open(&watched, &Arc::default(), vec![ours()]);
    let session = Session::start(&repository).unwrap();
    let hint = session.announce("backup").unwrap();
    let lie = names(&*watched, "running/");
    assert_eq!(lie.len(), 1);
    let hints = repository.running().unwrap();
    assert_eq!((hints.dead.len(), hints.unread.len()), (0, 0));
    assert_eq!((&hints.alive[0].process, hints.alive[0].verb.as_str()), (&ours(), "backup"));
    let bytes = watched.get(&ObjectName::new(&lie[0]).unwrap(), u64::MAX).unwrap();
    assert!(!bytes.windows(3).any(|window| window == b"ark"), "the storage learns no names");
    hint.remove().unwrap();
    assert_eq!(names(&*watched, "running/"), Vec::<String>::new());
}

/// Whether the hint of this process, written at the beginning, is that of a dead one after so many seconds, on
/// the machine where [`ours`] runs besides `others`.
fn is_dead(hint: Process, others: &[Process], seconds: u64) -> bool {
    let (watched, _) = new(2);
    leave_hint(&watched, 3, hint, 0);
    let clock = Arc::new(MovedClock::default());
    clock.advance(seconds);
    let repository = open(&watched, &clock, [&[ours()], others].concat());
    let hints = repository.running().unwrap();
    assert_eq!(hints.alive.len() + hints.dead.len(), 1);
    Session::start(&repository).unwrap().remove_dead_hints().unwrap();
    assert_eq!(names(&*watched, "running/").len(), hints.alive.len(), "only those of the dead are removed");
    hints.alive.is_empty()
}

#[test]
fn of_the_same_machine_the_process_tells() {
    let other = process("ark", "boot", 1, 200, 7000);
    assert!(!is_dead(other.clone(), std::slice::from_ref(&other), 100 * DAY), "it lives");
    assert!(is_dead(other.clone(), &[], 0), "it is gone");
    assert!(is_dead(other, &[process("ark", "boot", 1, 200, 7001)], 0), "another one has its number");
}

#[test]
fn no_process_outlives_its_machine() {
    let earlier = process("ark", "before", 1, 200, 7000);
    assert!(is_dead(earlier.clone(), std::slice::from_ref(&earlier), 0));
    assert!(is_dead(process("ark", "before", 2, 200, 7000), &[], 0), "nor does any namespace");
}

#[test]
fn of_others_only_the_time_tells() {
    for elsewhere in [process("raft", "boot", 1, 100, 5000), process("ark", "boot", 2, 200, 7000)] {
        assert!(!is_dead(elsewhere.clone(), &[], 0));
        assert!(!is_dead(elsewhere.clone(), &[], 14 * DAY - 1));
        assert!(is_dead(elsewhere, &[], 14 * DAY));
    }
}

#[test]
fn a_time_far_ahead_is_as_wrong_as_one_far_behind() {
    let (watched, _) = new(4);
    for (seed, seconds) in [(5, 14 * DAY - 1), (6, 14 * DAY)] {
        leave_hint(&watched, seed, process("raft", "boot", 1, 100, 5000), seconds);
    }
    let hints = open(&watched, &Arc::default(), vec![ours()]).running().unwrap();
    assert_eq!((hints.alive.len(), hints.dead.len()), (1, 1));
}

#[test]
fn who_does_not_know_itself_writes_none_and_judges_by_time() {
    let (watched, _) = new(7);
    leave_hint(&watched, 8, ours(), 0);
    let clock = Arc::new(MovedClock::default());
    let repository = open(&watched, &clock, Vec::new());
    let session = Session::start(&repository).unwrap();
    assert!(matches!(session.announce("backup"), Err(RepositoryError::Process(_))));
    assert_eq!(repository.running().unwrap().alive.len(), 1);
    clock.advance(14 * DAY);
    assert_eq!(repository.running().unwrap().dead.len(), 1);
}

#[test]
fn what_cannot_be_read_is_named_and_left_alone() {
    let (watched, _) = new(10);
    leave_hint(&watched, 11, ours(), 0);
    let sound = ObjectName::new(&names(&*watched, "running/")[0]).unwrap();
    let bytes = watched.get(&sound, u64::MAX).unwrap();
    watched.delete(&sound).unwrap();
    let name = |digit: &str| ObjectName::new(&format!("running/{}", digit.repeat(32))).unwrap();
    watched.put(&name("a"), &bytes).unwrap();
    watched.put(&name("b"), b"").unwrap();
    watched.put(&name("c"), &vec![0; 1 << 20]).unwrap();
    watched.put(&name("e"), &bytes).unwrap();
    watched.bad_sectors.lock().unwrap().push((name("e").to_string(), 0));
    let claim = ObjectName::new(&format!("running/init-{}", "d".repeat(32))).unwrap();
    watched.put(&claim, b"").unwrap();
    let clock = Arc::new(MovedClock::default());
    clock.advance(100 * DAY);
    let repository = open(&watched, &clock, vec![ours()]);
    let hints = repository.running().unwrap();
    assert!(hints.alive.is_empty() && hints.dead.is_empty());
    assert_eq!(
        hints.unread.len(),
        4,
        "of another session, empty, too long, lost; a claim of init is no such hint"
    );
    Session::start(&repository).unwrap().remove_dead_hints().unwrap();
    assert_eq!(names(&*watched, "running/").len(), 5);
}

#[test]
fn a_hint_that_cannot_be_kept_is_an_error_that_harms_nothing() {
    let (watched, _) = new(12);
    let repository = open(&watched, &Arc::default(), vec![ours()]);
    *watched.full.lock().unwrap() = Some("running/");
    let session = Session::start(&repository).unwrap();
    assert!(session.announce("backup").unwrap_err().is_full());
    *watched.full.lock().unwrap() = None;
    let hint = session.announce("backup").unwrap();
    for name in names(&*watched, "running/") {
        watched.delete(&ObjectName::new(&name).unwrap()).unwrap();
    }
    hint.remove().unwrap();
}

#[test]
fn a_lost_config_is_missed_whatever_hints_there_are() {
    let (watched, _) = new(13);
    leave_hint(&watched, 14, ours(), 0);
    watched.delete(&ObjectName::new("config").unwrap()).unwrap();
    let environment = environment_of(15, Arc::default(), Machine(vec![ours()]));
    let opened = Repository::open(Arc::clone(&watched) as _, &password(), environment);
    assert!(opened.unwrap_err().is_damage());
}
