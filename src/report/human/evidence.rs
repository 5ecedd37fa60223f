//! Evidence for people.

use super::one_line;
use super::table::of_rows;
use crate::{amount, time};
use lifeboat_drill::evidence::{Chains, Stored};
use lifeboat_drill::report::word;
use lifeboat_engine::escaped;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

const HEADER: [&str; 7] = ["Time", "What", "Drill", "Verdict", "Level", "Host", "Record"];

/// One row per record, the oldest first, and how many there are.
pub(super) fn of_records(chains: &Chains) -> Vec<String> {
    let mut records: Vec<_> = chains.records().collect();
    records.sort_by_key(|stored| (stored.record.account.when.finished, stored.name));
    let mut lines = of_rows(HEADER, records.iter().map(|stored| row(stored)));
    lines.push(amount::of(records.len() as u64, "record"));
    lines
}

pub(super) fn of_check(chains: &Chains, problems: usize) -> String {
    let records = amount::of(chains.records().count() as u64, "record");
    let writers = amount::of(chains.heads().len() as u64, "writer");
    match problems {
        0 => {
            format!("checked {records} of {writers}: signatures are good, and none that is named is missing")
        }
        _ => format!("{records} of {writers} bear good signatures"),
    }
}

pub(super) fn of_export(directory: &Path, kept: usize, left_out: usize) -> String {
    let (kept, directory) = (amount::of(kept as u64, "record"), escaped(directory.as_os_str().as_bytes()));
    match left_out {
        0 => format!("exported {kept} to {directory}; check them: sh {directory}/verify.sh"),
        _ => format!(
            "exported {kept} to {directory}, and left out {} that {} older; check them: sh {directory}/verify.sh",
            amount::count(left_out as u64),
            if left_out == 1 { "is" } else { "are" }
        ),
    }
}

fn row(stored: &Stored) -> [String; HEADER.len()] {
    let account = &stored.record.account;
    let (writer, seq) = (stored.name.writer.to_string(), stored.name.seq);
    [
        time::local(time::of(account.when.finished)),
        word(account.kind),
        one_line(&account.plan.drill),
        word(account.verdict.status),
        word(account.method.level),
        one_line(&account.who.host),
        format!("{}-{seq}", &writer[..8]),
    ]
}
