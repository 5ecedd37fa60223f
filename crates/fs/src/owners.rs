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
}
