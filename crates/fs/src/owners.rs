//! Names of users and groups, as this system knows them.
//!
//! They are asked for in the way of all programs (NSS), so that a directory service is heard too; each once, because the
//! answer may come over a network.

use lifeboat_format::Node;
use nix::unistd::{Gid, Group, Uid, User};
use std::collections::HashMap;

/// Names that were asked for.
#[derive(Debug, Default)]
pub struct Owners {
    users: HashMap<u32, Option<Vec<u8>>>,
    groups: HashMap<u32, Option<Vec<u8>>>,
    user_ids: HashMap<Vec<u8>, Option<u32>>,
    group_ids: HashMap<Vec<u8>, Option<u32>>,
}

impl Owners {
    /// The name of a user. None when nobody has this number, or a service that might know does not answer: the number is
    /// what counts, the name comes besides.
    pub fn user(&mut self, uid: u32) -> Option<&[u8]> {
        let ask = || User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name.into_bytes());
        self.users.entry(uid).or_insert_with(ask).as_deref()
    }

    /// The name of a group, likewise.
    pub fn group(&mut self, gid: u32) -> Option<&[u8]> {
        let ask = || Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(|group| group.name.into_bytes());
        self.groups.entry(gid).or_insert_with(ask).as_deref()
    }

    /// Fills in the names of the owner and group of a node.
    pub fn name(&mut self, node: &mut Node) {
        node.user = self.user(node.uid).map(<[u8]>::to_vec);
        node.group = self.group(node.gid).map(<[u8]>::to_vec);
    }

    /// The number of the user of this name. None when there is no such user, or a service that might know does not
    /// answer.
    pub fn user_id(&mut self, name: &[u8]) -> Option<u32> {
        let ask = |name: &str| Some(User::from_name(name).ok()??.uid.as_raw());
        *self.user_ids.entry(name.to_vec()).or_insert_with(|| text(name).and_then(ask))
    }

    /// The number of the group of this name, likewise.
    pub fn group_id(&mut self, name: &[u8]) -> Option<u32> {
        let ask = |name: &str| Some(Group::from_name(name).ok()??.gid.as_raw());
        *self.group_ids.entry(name.to_vec()).or_insert_with(|| text(name).and_then(ask))
    }
}

/// No system has a name that is not text, or has a zero byte in it.
fn text(name: &[u8]) -> Option<&str> {
    std::str::from_utf8(name).ok().filter(|name| !name.contains('\0'))
}
