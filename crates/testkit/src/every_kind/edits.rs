//! Changes of every kind to a tree of every kind: each line here is one thing that an incremental backup must notice.

use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FallocateFlags, FileType, Gid, IFlags, Mode, Timespec, Uid, XattrFlags, chownat, fallocate,
    lremovexattr, lsetxattr, makedev, mknodat, openat, unlinkat,
};
use rustix::process::geteuid;

use super::acl::{ACCESS, Acl, DEFAULT};
use super::flags::change_flags;
use crate::age::set_time;
use crate::cursor::Cursor;
use crate::must::must;
use crate::{Random, change_tree};

/// Changes a tree that [`make_every_kind`](crate::make_every_kind) made and that refused nothing but what takes root.
pub fn change_every_kind(root: &Path, seed: u64) {
    let mut random = Random::new(seed);
    let tree = Tree { root, privileged: geteuid().is_root() };
    change_tree(&root.join("ordinary"), random.next_u64(), 30);
    tree.change_contents(&mut random);
    tree.change_many(&mut random);
    tree.replace_kinds();
    tree.change_metadata();
    tree.move_hard_links();
    tree.change_attributes(&mut random);
    tree.change_acls();
    tree.change_holes(&mut random);
    tree.change_flags();
    tree.move_directories();
    if root.join("beyond").exists() {
        change_beyond(&root.join("beyond"), &mut random);
    }
}

struct Tree<'a> {
    root: &'a Path,
    privileged: bool,
}

impl Tree<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        must(fs::write(&path, content), "write", &path);
    }

    fn remove(&self, name: &str) {
        let path = self.path(name);
        must(fs::remove_file(&path), "remove", &path);
    }

    fn rename(&self, from: &str, to: &str) {
        must(fs::rename(self.path(from), self.path(to)), "rename", &self.path(from));
    }

    fn write_at(&self, name: &str, position: u64, bytes: &[u8]) {
        super::sparse::write_at(&self.path(name), position, bytes);
    }

    fn change_contents(&self, random: &mut Random) {
        // Size and time stay the same: only the time of the change gives it away.
        for name in ["sizes/random-65536", "sizes/text-129", "sizes/random-127", "sizes/random-9437184"] {
            let path = self.path(name);
            let times = must(fs::metadata(&path), "stat", &path);
            let modified = must(times.modified(), "stat", &path);
            self.write_at(name, times.len() / 2, b"!");
            let file = must(OpenOptions::new().write(true).open(&path), "open", &path);
            must(file.set_times(FileTimes::new().set_modified(modified)), "set the time of", &path);
        }
        self.write("sizes/random-0", random.bytes(400_000));
        self.write("sizes/random-393216", "");
        self.write_at("sizes/text-17825797", 17_825_797, b"appended");
        self.write_at("sizes/twin-1", 100_000, b"no twin any more");
        let cut =
            must(OpenOptions::new().write(true).open(self.path("sizes/text-1048576")), "open", self.root);
        must(cut.set_len(1_000), "cut", self.root);
    }

    /// Removes, adds and changes a few of the many.
    fn change_many(&self, random: &mut Random) {
        let many = self.path("many");
        let list = must(fs::read_dir(&many), "list", &many);
        let mut names: Vec<_> = list.map(|entry| must(entry, "list", &many).file_name()).collect();
        names.sort_unstable();
        for (number, name) in names.iter().enumerate().filter(|(number, _)| number % 97 == 0) {
            let path = many.join(name);
            match number % 3 {
                0 => must(fs::remove_file(&path), "remove", &path),
                1 => must(fs::write(&path, random.text(30)), "write", &path),
                _ => must(fs::rename(&path, many.join(format!("new-{number}"))), "rename", &path),
            }
        }
    }

    fn replace_kinds(&self) {
        self.remove("sizes/random-1");
        must(fs::create_dir(self.path("sizes/random-1")), "create", self.root);
        self.write("sizes/random-1/file", "in what was a file");
        must(fs::remove_dir_all(self.path("modes/full-0700")), "remove", self.root);
        self.write("modes/full-0700", "what was a directory");
        self.replace("symlinks/dangling", |path| must(fs::write(path, "was a link"), "write", path));
        self.replace("sizes/text-1", |path| must(symlink("was-a-file", path), "link", path));
        self.replace("symlinks/absolute", |path| must(symlink("/usr", path), "link", path));
        self.replace("devices/fifo", |path| make_node(path, FileType::Socket, 0));
        self.replace("devices/socket", |path| make_node(path, FileType::Fifo, 0));
        if self.privileged {
            self.replace("devices/null", |path| make_node(path, FileType::CharacterDevice, makedev(1, 5)));
            self.replace("devices/loop", |path| make_node(path, FileType::CharacterDevice, makedev(7, 1)));
        }
    }

    fn replace(&self, name: &str, make: impl FnOnce(&Path)) {
        self.remove(name);
        make(&self.path(name));
    }

    /// Only a mode, only an owner, only a time.
    fn change_metadata(&self) {
        for (name, mode) in [("sizes/text-127", 0o4711), ("modes/empty-0555", 0o1700), ("modes", 0o3711)] {
            let path = self.path(name);
            must(fs::set_permissions(&path, Permissions::from_mode(mode)), "set the mode of", &path);
        }
        for name in ["times/file-0", "times/directory-8", "times/symlink-3"] {
            set_time(CWD, &self.path(name), Timespec { tv_sec: -77, tv_nsec: 77 });
        }
        if self.privileged {
            for name in
                ["owners/file-0-0600", "owners/directory-1", "owners/symlink-2", "devices/zero-numbers"]
            {
                let (uid, gid) = (Some(Uid::from_raw(777)), Some(Gid::from_raw(888)));
                let path = self.path(name);
                must(chownat(CWD, &path, uid, gid, AtFlags::SYMLINK_NOFOLLOW), "give away", &path);
            }
        }
    }

    fn move_hard_links(&self) {
        // Of many names: one goes, one moves, one becomes a file of its own, one is new.
        self.remove("links/names/000/00003");
        self.rename("links/names/000/00005", "links/moved");
        self.replace("links/names/000/00007", |path| must(fs::write(path, "alone"), "write", path));
        self.link("links/popular", "links/one-more");
        // Two groups become one, and the first name of another goes.
        self.remove("links/groups/inline-2");
        self.link("links/groups/empty", "links/groups/inline-2");
        self.remove("links/groups/chunk");
        self.write_at("links/groups/pages-2", 5_000, b"under all names");
        // What looks the same is no longer the same file.
        self.remove("links/groups/symlink-2");
        must(symlink("../popular", self.path("links/groups/symlink-2")), "link", self.root);
        self.rename("links/groups/below/fifo-3", "links/groups/fifo-4");
        self.remove("links/groups/below/socket-3");
    }

    fn link(&self, original: &str, name: &str) {
        must(fs::hard_link(self.path(original), self.path(name)), "link", self.root);
    }

    fn change_attributes(&self, random: &mut Random) {
        for name in ["attributes/file", "attributes/directory"] {
            self.set_xattr(name, "user.text", b"two lines\nand another");
            self.set_xattr(name, "user.new", b"");
            self.remove_xattr(name, "user.zero");
        }
        self.set_xattr("attributes/large", "user.large", &random.bytes(1_500));
        if self.privileged {
            for name in ["root-file", "root-directory", "root-symlink", "root-fifo"] {
                self.set_xattr(&format!("attributes/{name}"), "trusted.lifeboat", &random.bytes(41));
                self.remove_xattr(&format!("attributes/{name}"), "security.lifeboat");
            }
            self.remove_xattr("attributes/capability-2", "security.capability");
        }
    }

    fn set_xattr(&self, name: &str, attribute: &str, value: &[u8]) {
        let path = self.path(name);
        must(lsetxattr(&path, attribute, value, XattrFlags::empty()), "set an attribute of", &path);
    }

    fn remove_xattr(&self, name: &str, attribute: &str) {
        let path = self.path(name);
        must(lremovexattr(&path, attribute), "remove an attribute of", &path);
    }

    fn change_acls(&self) {
        let acl = Acl { user: (4_000, 0o7), group: (1, 0) };
        must(acl.set(&self.path("acls/file"), ACCESS), "set the ACL of", self.root);
        must(acl.set(&self.path("acls/default/below"), DEFAULT), "set the ACL of", self.root);
        self.remove_xattr("acls/both", DEFAULT);
        self.remove_xattr("acls/both/after", ACCESS);
    }

    fn change_holes(&self, random: &mut Random) {
        // A hole where data was; data, and zeros that are data, where a hole was.
        self.punch("sparse/hole-in-middle", 0, 512 << 10);
        self.punch("sparse/zeros-between-holes", 2 << 20, 64 << 10);
        self.write_at("sparse/all-hole", 1 << 20, &random.bytes(100_000));
        self.write_at("sparse/hole-at-end", 3 << 20, &[0; 64 << 10]);
        self.punch("sizes/zeros-1", 0, 1 << 20);
        self.write_at("sparse/large", 1 << 20, &random.bytes(300_000));
        let longer = self.path("sparse/odd-hole-at-end");
        let file = must(OpenOptions::new().write(true).open(&longer), "open", &longer);
        must(file.set_len((3 << 20) + 1), "set the length of", &longer);
    }

    fn punch(&self, name: &str, position: u64, length: u64) {
        let path = self.path(name);
        let file = must(OpenOptions::new().write(true).open(&path), "open", &path);
        let how = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        must(fallocate(&file, how, position, length), "punch a hole into", &path);
    }

    fn change_flags(&self) {
        let none = IFlags::empty();
        let mut changes = vec![
            ("flags/file-nodump", none, IFlags::NODUMP),
            ("flags/directory-noatime", IFlags::NODUMP, IFlags::NOATIME),
            ("sizes/random-128", IFlags::NOATIME, none),
        ];
        if self.privileged {
            changes.extend([
                ("flags/file-immutable", none, IFlags::IMMUTABLE),
                ("flags/directory-append", IFlags::IMMUTABLE, IFlags::APPEND),
                ("sizes/text-128", IFlags::IMMUTABLE, none),
            ]);
        }
        for (name, set, clear) in changes {
            let path = self.path(name);
            must(change_flags(&path, set, clear), "change the flags of", &path);
        }
        if self.privileged {
            let path = self.path("flags/file-append");
            let appending = must(File::options().append(true).open(&path), "open", &path);
            must(std::io::Write::write_all(&mut &appending, b"more"), "append to", &path);
        }
    }

    fn move_directories(&self) {
        self.rename("acls/default", "attributes/default-moved");
        self.rename("links/names/000", "links/groups/names-moved");
    }
}

fn make_node(path: &Path, kind: FileType, number: u64) {
    must(mknodat(CWD, path, kind, Mode::from_raw_mode(0o640), number), "create", path);
}

/// Changes the file at the bottom of each descent and makes it the only name of its content.
fn change_beyond(directory: &Path, random: &mut Random) {
    for name in ["long", "deep"] {
        let mut cursor = Cursor::open(directory);
        cursor.enter(name.as_bytes());
        while let Some(below) = cursor.names().into_iter().find(|name| cursor.is_directory(name)) {
            cursor.enter(&below);
        }
        let path = cursor.path_of(b"bottom");
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::CLOEXEC;
        let file = must(openat(&cursor, "bottom", flags, Mode::empty()), "open", &path);
        must(rustix::io::pwrite(&file, &random.bytes(1_000), 30_000), "write", &path);
        must(unlinkat(&cursor, "linked", AtFlags::empty()), "remove", &path);
    }
}
