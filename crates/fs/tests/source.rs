//! Looking at and reading a directory.

use crate::world::{World, put_special, put_xattr, xattr};
use lifeboat_format::NodeKind;
use lifeboat_fs::{FsErrorKind, SourceDir};
use rustix::fs::FileType;
use std::os::unix::fs::{MetadataExt, symlink};

#[test]
fn stat_tells_what_the_system_tells() {
    let world = World::new();
    let file = world.entry(b"file");
    std::fs::write(&file, b"12345").unwrap();
    std::fs::hard_link(&file, world.entry(b"second name")).unwrap();
    let told = std::fs::metadata(&file).unwrap();
    let stat = world.source().stat(b"file").unwrap();
    assert_eq!((stat.links, stat.device), (2, told.dev()));
    assert_eq!((stat.node.name.as_slice(), stat.node.kind), (b"file".as_slice(), NodeKind::File));
    assert_eq!((stat.node.size, stat.node.inode), (5, told.ino()));
    assert_eq!(
        (stat.node.mode, stat.node.uid, stat.node.gid),
        (told.mode() & 0o7777, told.uid(), told.gid())
    );
    assert_eq!(stat.node.ctime.seconds, told.ctime());
    assert_eq!(i64::from(stat.node.ctime.nanoseconds), told.ctime_nsec());
    assert_eq!(stat.node.btime.is_some(), told.created().is_ok());
    assert_eq!(stat.node.inode, world.source().stat(b"second name").unwrap().node.inode);

    let own = world.source().stat_self().unwrap().node;
    assert_eq!((own.name.len(), own.kind, own.size), (0, NodeKind::Directory, 0));
}

#[test]
fn every_name_of_a_large_directory_is_listed() {
    let world = World::new();
    let mut names: Vec<Vec<u8>> =
        (0..2_000).map(|number| format!("{:0>60}", number * 7_919 % 2_003).into_bytes()).collect();
    for name in &names {
        std::fs::write(world.entry(name), b"").unwrap();
    }
    names.sort_unstable();
    let source = world.source();
    assert_eq!(source.names().unwrap(), names);
    assert_eq!(source.names().unwrap(), names, "a second listing starts over");
    std::thread::scope(|scope| {
        let listings: Vec<_> = (0..4).map(|_| scope.spawn(|| source.names().unwrap())).collect();
        for listing in listings {
            assert_eq!(listing.join().unwrap(), names);
        }
    });
}

#[test]
fn links_are_followed_only_where_a_user_named_them() {
    let world = World::new();
    std::fs::create_dir(world.entry(b"real")).unwrap();
    std::fs::write(world.entry(b"real/file"), b"").unwrap();
    symlink("real", world.entry(b"link")).unwrap();
    symlink("real/file", world.entry(b"file link")).unwrap();
    let source = world.source();
    assert_eq!(SourceDir::open(&world.entry(b"link")).unwrap().names().unwrap(), [b"file"]);
    assert_eq!(source.open_dir(b"link").unwrap_err().kind(), FsErrorKind::WrongKind);
    assert_eq!(source.open_file(b"file link").unwrap_err().kind(), FsErrorKind::WrongKind);
    let mut node = source.stat(b"link").unwrap().node;
    assert_eq!((node.kind, node.link_target.clone()), (NodeKind::Symlink, None));
    source.read_details(&mut node).unwrap();
    assert_eq!(node.link_target.as_deref(), Some(b"real".as_slice()));
}

#[test]
fn long_link_targets_are_read_whole() {
    let world = World::new();
    let target = "t".repeat(4_095);
    symlink(&target, world.entry(b"link")).unwrap();
    let mut node = world.source().stat(b"link").unwrap().node;
    world.source().read_details(&mut node).unwrap();
    assert_eq!(node.link_target.unwrap(), target.as_bytes());
}

#[test]
fn only_regular_files_are_opened() {
    let world = World::new();
    assert!(put_special(&world.entry(b"pipe"), FileType::Fifo, 0));
    assert!(put_special(&world.entry(b"socket"), FileType::Socket, 0));
    std::fs::create_dir(world.entry(b"directory")).unwrap();
    for name in ["pipe", "socket", "directory"] {
        let error = world.source().open_file(name.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), FsErrorKind::WrongKind, "{name}");
    }
    std::fs::write(world.entry(b"file"), b"").unwrap();
    assert_eq!(world.source().open_dir(b"file").unwrap_err().kind(), FsErrorKind::WrongKind);
    assert_eq!(SourceDir::open(&world.entry(b"file")).unwrap_err().kind(), FsErrorKind::WrongKind);
}

#[test]
fn reading_fills_the_buffer_and_can_start_over() {
    let world = World::new();
    let content: Vec<u8> = (0_u32..400_000).flat_map(u32::to_le_bytes).collect();
    std::fs::write(world.entry(b"file"), &content).unwrap();
    let mut file = world.source().open_file(b"file").unwrap();
    for _ in 0..2 {
        let mut buffer = vec![0; 1_000_000];
        assert_eq!(file.read(&mut buffer).unwrap(), 1_000_000);
        assert_eq!(buffer, content[..1_000_000]);
        assert_eq!(file.read(&mut buffer).unwrap(), 600_000);
        assert_eq!(buffer[..600_000], content[1_000_000..]);
        assert_eq!(file.read(&mut buffer).unwrap(), 0);
        file.rewind().unwrap();
    }
    assert_eq!(file.stat().unwrap(), world.source().stat(b"file").unwrap());
}

#[test]
fn reading_leaves_no_access_time() {
    let world = World::new();
    let path = world.entry(b"file");
    std::fs::write(&path, b"x").unwrap();
    // Older than the modification, so that a reader would move it even where times are kept lazily.
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000);
    let handle = std::fs::File::options().write(true).open(&path).unwrap();
    handle.set_times(std::fs::FileTimes::new().set_accessed(old)).unwrap();
    assert_eq!(world.source().open_file(b"file").unwrap().read(&mut [0; 4]).unwrap(), 1);
    assert_eq!(std::fs::metadata(&path).unwrap().accessed().unwrap(), old);
}

#[test]
fn details_of_an_open_file_are_those_of_its_name() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), b"").unwrap();
    if !put_xattr(&world.entry(b"file"), &xattr("user.x", &[1; 300])) {
        return;
    }
    let source = world.source();
    let mut by_name = source.stat(b"file").unwrap().node;
    let mut by_descriptor = by_name.clone();
    source.read_details(&mut by_name).unwrap();
    source.open_file(b"file").unwrap().read_details(&mut by_descriptor).unwrap();
    assert_eq!(by_name, by_descriptor);
    assert_eq!(by_name.xattrs, [xattr("user.x", &[1; 300])]);
}

#[test]
fn errors_say_what_failed_where_on_one_line() {
    let world = World::new();
    let error = world.source().stat(b"not\nhere\xff").unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.path(), world.entry(b"not\nhere\xff"));
    let text = error.to_string();
    assert!(text.starts_with("cannot look at \"/") && text.ends_with("/from/not\\nhere\\xff\""), "{text}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("No such file") && !text.contains(&cause), "{cause}");
    assert!(world.source().open_file(b"gone").unwrap_err().is_not_found());
    assert!(world.source().open_dir(b"gone").unwrap_err().is_not_found());
    assert!(SourceDir::open(&world.entry(b"gone")).unwrap_err().is_not_found());
}
