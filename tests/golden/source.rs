//! What the golden repository holds: some of everything that any user can make, always the same.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use lifeboat_testkit::Random;
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags, mknodat, setxattr, utimensat,
};

use super::account::below;

/// Names that have been too much for somebody.
const ODD_NAMES: [&[u8]; 6] =
    [b" ", b"-rf", b"two\nlines", b"not \xff\xfe UTF-8", b"back\\slash", "\u{e4}\u{301}".as_bytes()];
/// Seconds since 1970 around which files are changed: before it, at it, now, and beyond 32 bits.
const EPOCHS: [i64; 4] = [-86_400, 0, 1_600_000_000, 4_400_000_000];

/// Makes the directory as it is in the first snapshot.
pub(super) fn make(root: &Path) {
    let mut random = Random::new(2026);
    for folder in ["docs/deep/deeper", "empty", "odd", "shared"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let lengths = [("nothing", 0), ("a byte", 1), ("inline", 128), ("small", 700), ("chunks", 24_000)];
    for (name, length) in lengths {
        fs::write(root.join(name), random.bytes(length)).unwrap();
    }
    fs::write(root.join("docs/text"), random.text(20_000)).unwrap();
    fs::write(root.join("docs/deep/deeper/copy"), fs::read(root.join("chunks")).unwrap()).unwrap();
    fs::write(root.join("docs/leaving"), b"only the first snapshot has this").unwrap();
    for name in ODD_NAMES {
        fs::write(root.join("odd").join(OsStr::from_bytes(name)), name).unwrap();
    }
    fs::write(root.join("odd").join("n".repeat(255)), b"as long as a name can be").unwrap();
    symlink("../docs/text", root.join("odd/link")).unwrap();
    symlink("/nowhere/at all", root.join("odd/dangling")).unwrap();
    fs::hard_link(root.join("docs/text"), root.join("shared/text")).unwrap();
    mknodat(CWD, root.join("odd/pipe"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    make_sparse(&root.join("sparse"), &mut random);
    setxattr(root.join("small"), "user.golden", b"a value\0\xff", XattrFlags::empty()).unwrap();
    settle(root);
}

/// Makes of it what is in the second snapshot.
pub(super) fn change(root: &Path) {
    let text = root.join("docs/text");
    let mut bytes = fs::read(&text).unwrap();
    bytes.splice(9_000..9_000, *b"something in the midst of it");
    fs::set_permissions(&text, Permissions::from_mode(0o600)).unwrap();
    fs::write(text, bytes).unwrap();
    fs::remove_file(root.join("docs/leaving")).unwrap();
    fs::rename(root.join("inline"), root.join("docs/moved")).unwrap();
    fs::write(root.join("docs/coming"), Random::new(2027).bytes(3_000)).unwrap();
    settle(root);
}

/// Data between two holes, and a hole in the end.
fn make_sparse(path: &Path, random: &mut Random) {
    let file = File::create(path).unwrap();
    file.write_all_at(&random.bytes(5_000), 1 << 20).unwrap();
    file.set_len(3 << 20).unwrap();
}

/// Gives everything a mode and a time that depend on nothing but its place.
fn settle(root: &Path) {
    // What is in a directory comes before it.
    for (number, path) in below(root).iter().enumerate().rev() {
        let metadata = fs::symlink_metadata(path).unwrap();
        let mode = match (metadata.is_dir(), metadata.is_file()) {
            (true, _) => [0o755, 0o700, 0o1777][number % 3],
            (_, true) => [0o644, 0o600, 0o755, 0o444][number % 4],
            _ => 0o600,
        };
        if !metadata.is_symlink() {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
        let epoch = EPOCHS[number % EPOCHS.len()];
        let number = i64::try_from(number).unwrap();
        let tv_sec = epoch + number;
        let time = Timespec { tv_sec, tv_nsec: number * 1_000_001 };
        let times = Timestamps { last_access: time, last_modification: time };
        utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    }
}
