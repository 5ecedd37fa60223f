//! A backup of a stream that stands still in its midst, when some of it is stored, until something has happened to the
//! place it is stored in.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;

use lifeboat_testkit::Random;

use super::world::{World, assert_failed};

const MIB: usize = 1 << 20;
/// One pack and the beginning of the second.
const FIRST: usize = 40 * MIB;
/// As much as makes two packs.
const ALL: usize = 60 * MIB;
const BACKUP: [&str; 4] = ["backup", "--stdin", "--stdin-filename", "data"];

/// The stream.
pub(super) struct Held(Vec<u8>);

impl Held {
    pub(super) fn new() -> Self {
        Self(Random::new(44).bytes(ALL))
    }

    /// Backs up the stream; `happen` happens when there is a pack of it.
    pub(super) fn backup(&self, world: &World, happen: impl FnOnce()) -> Output {
        let mut child = world.command(&BACKUP).stdin(Stdio::piped()).spawn().unwrap();
        let mut stream = child.stdin.take().unwrap();
        stream.write_all(&self.0[..FIRST]).unwrap();
        while world.packs().0 == 0 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before a pack was stored");
            thread::sleep(Duration::from_millis(1));
        }
        happen();
        match stream.write_all(&self.0[FIRST..]) {
            // It has ended already.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            written => written.unwrap(),
        }
        drop(stream);
        child.wait_with_output().unwrap()
    }

    /// The same, which has to fail with this code and cause; after `mend` the repository works, and what was stored is
    /// used.
    pub(super) fn fail(
        &self,
        world: &World,
        happen: impl FnOnce(),
        (code, cause): (i32, &str),
        mend: impl FnOnce(),
    ) {
        let output = self.backup(world, happen);
        mend();
        assert_failed(&output, code, cause);
        assert_eq!(world.run(&["snapshots", "--json"]).trim(), "[]");
        world.run(&["verify", "--read-data"]);
        let output = self.backup(world, || {});
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        assert!(said.contains("taking over packs that no index names"), "{said}");
        let (_, bytes) = world.packs();
        // With parity.
        assert!(bytes <= (ALL + ALL / 20 + MIB) as u64, "{bytes} bytes are stored");
        self.assert_restores(world);
    }

    pub(super) fn assert_restores(&self, world: &World) {
        world.run(&["verify", "--read-data"]);
        assert!(world.leftovers().is_empty());
        let target = world.path("target");
        world.run(&["restore", "latest", "--target", "target"]);
        assert!(fs::read(target.join("data")).unwrap() == self.0);
        fs::remove_dir_all(target).unwrap();
    }
}

/// Takes all room of a file system but a little, by a file that is given back.
pub(super) fn fill(place: &Path) -> std::path::PathBuf {
    fill_but(place, 8 * MIB as u64)
}

/// The same but for so many bytes.
pub(super) fn fill_but(place: &Path, spared: u64) -> std::path::PathBuf {
    let filler = place.join("filler");
    let room = rustix::fs::statvfs(place).unwrap();
    let length = room.f_bavail * room.f_frsize - spared;
    let file = fs::File::create_new(&filler).unwrap();
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, length).unwrap();
    filler
}
