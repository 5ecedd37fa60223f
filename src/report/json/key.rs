//! Key slots: elements of the array of `key list --json`, and what became of one.

use super::super::KeyChange;
use crate::time;
use lifeboat_repository::{SlotInfo, SlotKind};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Line<'a> {
    id: String,
    kind: &'static str,
    created: String,
    host: &'a str,
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    current: bool,
}

impl<'a> Line<'a> {
    pub(super) fn of(slot: &'a SlotInfo) -> Self {
        Self {
            id: slot.id.to_string(),
            kind: kind(slot.kind),
            created: time::rfc3339(slot.created),
            host: &slot.about.host,
            user: &slot.about.user,
            label: slot.about.label.as_deref(),
            current: slot.current,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Change {
    message_type: &'static str,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

impl Change {
    pub(super) fn of(change: &KeyChange<'_>) -> Self {
        match change {
            KeyChange::Added(slot) => {
                Self { message_type: "key_added", id: slot.id.to_string(), kind: Some(kind(slot.kind)) }
            }
            KeyChange::Removed(id) => Self { message_type: "key_removed", id: (*id).to_owned(), kind: None },
        }
    }
}

fn kind(kind: SlotKind) -> &'static str {
    match kind {
        SlotKind::Password => "password",
        SlotKind::KeyFile => "key_file",
        SlotKind::RecoverySheet => "recovery_sheet",
    }
}
