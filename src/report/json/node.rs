//! `ls --json`: one line per item.

use super::super::mode;
use super::bytes::{hex_if_needed, text};
use crate::time;
use lifeboat_engine::{Node, NodeKind};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Line {
    message_type: &'static str,
    struct_type: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_hex: Option<String>,
    r#type: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    uid: u32,
    gid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    mode: u32,
    permissions: String,
    mtime: String,
    ctime: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    btime: Option<String>,
    inode: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    linktarget: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    linktarget_hex: Option<String>,
}

impl Line {
    pub(super) fn of(path: &[u8], node: &Node) -> Self {
        let target = node.link_target.as_deref();
        Self {
            message_type: "node",
            struct_type: "node",
            name: text(&node.name),
            name_hex: hex_if_needed(&node.name),
            r#type: mode::kind(node),
            path: text(path),
            path_hex: hex_if_needed(path),
            uid: node.uid,
            gid: node.gid,
            size: (node.kind == NodeKind::File).then_some(node.size),
            mode: mode::number(node),
            permissions: mode::letters(node),
            mtime: time::rfc3339(node.mtime),
            ctime: time::rfc3339(node.ctime),
            btime: node.btime.map(time::rfc3339),
            inode: node.inode,
            linktarget: target.map(text),
            linktarget_hex: target.and_then(hex_if_needed),
        }
    }
}
