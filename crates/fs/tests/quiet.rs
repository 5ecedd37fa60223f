//! Reading from what may stay quiet, and from what a link leads to.

use crate::world::World;
use lifeboat_format::NodeKind;
use lifeboat_fs::{FsErrorKind, read_within};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::time::Duration;

#[test]
fn a_read_waits_for_what_comes_but_not_for_ever() {
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let mut buffer = [0; 16];
    let quiet = read_within(&theirs, &mut buffer, Duration::ZERO).unwrap_err();
    assert_eq!(quiet.kind(), ErrorKind::WouldBlock);
    let patience = Duration::from_secs(600);
    let late = std::thread::spawn(move || ours.write_all(b"came").map(|()| drop(ours)));
    assert_eq!(read_within(&theirs, &mut buffer, patience).unwrap(), 4);
    late.join().unwrap().unwrap();
    assert_eq!(&buffer[..4], b"came");
    assert_eq!(read_within(&theirs, &mut buffer, patience).unwrap(), 0, "nobody is left to send anything");
    let directory = std::fs::File::open("/").unwrap();
    assert_eq!(read_within(&directory, &mut buffer, patience).unwrap_err().kind(), ErrorKind::IsADirectory);
}

#[test]
fn what_a_link_leads_to_is_told_and_only_devices_are_opened_as_such() {
    let world = World::new();
    std::fs::write(world.entry(b"file"), b"12345").unwrap();
    symlink("file", world.entry(b"link")).unwrap();
    symlink("link", world.entry(b"second link")).unwrap();
    symlink("gone", world.entry(b"broken")).unwrap();
    let source = world.source();
    assert_eq!(source.stat(b"second link").unwrap().node.kind, NodeKind::Symlink);
    let found = source.stat_target(b"second link").unwrap().node;
    assert_eq!((found.kind, found.size), (NodeKind::File, 5));
    assert!(source.stat_target(b"broken").unwrap_err().is_not_found());
    assert_eq!(source.open_device(b"second link").unwrap_err().kind(), FsErrorKind::WrongKind);
    assert!(source.open_device(b"broken").unwrap_err().is_not_found());
    let mut file = source.open_file(b"file").unwrap();
    assert_eq!(file.read(&mut [0; 2]).unwrap(), 2);
    assert_eq!(file.length().unwrap(), 5);
    assert_eq!(file.read(&mut [0; 8]).unwrap(), 3, "measuring moves nothing");
}
