//! A thread that is watched: its calls fail, are cut short or are its last, and no other thread notices.

use lifeboat_sys::faults::{Death, Faults, Verdict, under};
use lifeboat_sys::fs::{AtFlags, CWD, File, Statx, StatxFlags, mkdirat, statx, unlinkat};
use lifeboat_sys::io::Errno;
use lifeboat_sys::{Call, Kind};
use std::cell::RefCell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Does one thing to each call of a kind, and notes all calls.
struct Scripted {
    kind: Kind,
    verdict: Verdict,
    lives: bool,
    noted: Vec<(Kind, Vec<u8>, usize)>,
}

impl Faults for Scripted {
    fn before(&mut self, call: &Call<'_>) -> Verdict {
        self.noted.push((call.kind, call.name.clone(), call.length));
        if call.kind == self.kind { self.verdict } else { Verdict::Go }
    }

    fn after(&mut self, call: &Call<'_>, done: bool) -> bool {
        assert!(done);
        call.kind != self.kind || self.lives
    }

    fn tell(&mut self, told: &mut Statx) {
        told.stx_ino = 7;
    }
}

fn scripted(kind: Kind, verdict: Verdict) -> Rc<RefCell<Scripted>> {
    Rc::new(RefCell::new(Scripted { kind, verdict, lives: true, noted: Vec::new() }))
}

/// Writes a file, which is removed when this goes.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create_private(path)?;
    let _removed = Removed(path.to_owned());
    file.write_all(bytes)?;
    file.sync_all()
}

struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        unlinkat(CWD, &self.0, AtFlags::empty()).ok();
    }
}

#[test]
fn calls_fail_as_they_are_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    for kind in [Kind::Create, Kind::Write, Kind::Sync] {
        let faults = scripted(kind, Verdict::Fail(Errno::NOSPC));
        let error = under(&faults, || write(&path, b"bytes")).unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
        assert!(!path.exists());
    }
    // Nobody watches any more.
    write(&path, b"bytes").unwrap();
}

#[test]
fn what_is_cut_short_is_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let faults = scripted(Kind::Write, Verdict::Short(0));
    under(&faults, || write(&directory.path().join("file"), b"bytes")).unwrap().unwrap();
    let written = |noted: &&(Kind, Vec<u8>, usize)| noted.0 == Kind::Write;
    let lengths: Vec<_> = faults.borrow().noted.iter().filter(written).map(|noted| noted.2).collect();
    assert_eq!(lengths, [5, 4, 3, 2, 1]);
}

#[test]
fn the_dead_do_nothing_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let before = scripted(Kind::Write, Verdict::Die);
    assert_eq!(under(&before, || write(&path, b"bytes")).unwrap_err(), Death);
    // It could not remove what it had made, and what it was about to write is not there.
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    std::fs::remove_file(&path).unwrap();

    let after = scripted(Kind::Write, Verdict::Go);
    after.borrow_mut().lives = false;
    let elsewhere = directory.path().join("elsewhere");
    let ended = under(&after, || {
        std::thread::scope(|scope| {
            scope.spawn(|| mkdirat(CWD, &elsewhere, lifeboat_sys::fs::Mode::RWXU)).join().unwrap()
        })
        .unwrap();
        write(&path, b"bytes")
    });
    assert_eq!(ended.unwrap_err(), Death);
    assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
    assert!(elsewhere.is_dir());
    assert!(after.borrow().noted.iter().all(|(kind, ..)| *kind != Kind::MakeDirectory));
}

#[test]
fn a_panic_is_a_panic() {
    let faults = scripted(Kind::Write, Verdict::Go);
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| under(&faults, || panic!("a bug"))));
    assert!(ended.unwrap_err().downcast_ref::<&str>().is_some_and(|text| *text == "a bug"));
}

#[test]
fn what_is_told_of_a_file_can_be_told_otherwise() {
    let directory = tempfile::tempdir().unwrap();
    let look = || statx(CWD, directory.path(), AtFlags::empty(), StatxFlags::BASIC_STATS).unwrap().stx_ino;
    let faults = scripted(Kind::Write, Verdict::Go);
    assert_eq!(under(&faults, look), Ok(7));
    assert_ne!(look(), 7);
}
