//! Kind and permissions of a node in the notation of restic, which is that of Go: scripts already read it.

use lifeboat_engine::{Node, NodeKind};

const DIRECTORY: u32 = 1 << 31;
const SYMLINK: u32 = 1 << 27;
const DEVICE: u32 = 1 << 26;
const FIFO: u32 = 1 << 25;
const SOCKET: u32 = 1 << 24;
const SET_USER_ID: u32 = 1 << 23;
const SET_GROUP_ID: u32 = 1 << 22;
const CHAR_DEVICE: u32 = 1 << 21;
const STICKY: u32 = 1 << 20;

/// The letters of the bits, from the highest down.
const LETTERS: [(u32, char); 9] = [
    (DIRECTORY, 'd'),
    (SYMLINK, 'L'),
    (DEVICE, 'D'),
    (FIFO, 'p'),
    (SOCKET, 'S'),
    (SET_USER_ID, 'u'),
    (SET_GROUP_ID, 'g'),
    (CHAR_DEVICE, 'c'),
    (STICKY, 't'),
];

/// What a node is, in one word.
pub(crate) fn kind(node: &Node) -> &'static str {
    match node.kind {
        NodeKind::File => "file",
        NodeKind::Directory => "dir",
        NodeKind::Symlink => "symlink",
        NodeKind::Fifo => "fifo",
        NodeKind::Socket => "socket",
        NodeKind::CharDevice => "chardev",
        NodeKind::BlockDevice => "dev",
    }
}

/// Kind and permissions as a number.
pub(crate) fn number(node: &Node) -> u32 {
    let kind = match node.kind {
        NodeKind::File => 0,
        NodeKind::Directory => DIRECTORY,
        NodeKind::Symlink => SYMLINK,
        NodeKind::Fifo => FIFO,
        NodeKind::Socket => SOCKET,
        NodeKind::CharDevice => DEVICE | CHAR_DEVICE,
        NodeKind::BlockDevice => DEVICE,
    };
    let special = [(0o4000, SET_USER_ID), (0o2000, SET_GROUP_ID), (0o1000, STICKY)];
    let special = special.into_iter().filter(|(bit, _)| node.mode & bit != 0).map(|(_, bit)| bit);
    special.fold(kind | node.mode & 0o777, |mode, bit| mode | bit)
}

/// Kind and permissions as letters: `drwxr-xr-x`, `Lrwxrwxrwx`, `ug-...` for set-user-id and set-group-id.
pub(crate) fn letters(node: &Node) -> String {
    let number = number(node);
    let mut text: String =
        LETTERS.iter().filter(|(bit, _)| number & bit != 0).map(|(_, letter)| *letter).collect();
    if text.is_empty() {
        text.push('-');
    }
    for (place, letter) in "rwxrwxrwx".chars().enumerate() {
        text.push(if number & (0o400 >> place) == 0 { '-' } else { letter });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{letters, number};
    use lifeboat_engine::{Node, NodeKind};

    #[test]
    fn modes_are_those_of_restic() {
        let table = [
            (NodeKind::Directory, 0o755, 2_147_484_141, "drwxr-xr-x"),
            (NodeKind::File, 0o644, 420, "-rw-r--r--"),
            (NodeKind::Symlink, 0o777, 134_218_239, "Lrwxrwxrwx"),
            (NodeKind::Directory, 0o1777, 2_148_532_735, "dtrwxrwxrwx"),
            (NodeKind::File, 0o4755, 8_389_101, "urwxr-xr-x"),
            (NodeKind::CharDevice, 0o666, 69_206_454, "Dcrw-rw-rw-"),
        ];
        for (kind, mode, expected, text) in table {
            let node = Node { kind, mode, ..Node::default() };
            assert_eq!((number(&node), letters(&node).as_str()), (expected, text));
        }
    }
}
