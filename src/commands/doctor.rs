//! `doctor`.

use crate::amount;
use crate::app::App;
use crate::exit::{Code, Failure};
use crate::finding::{EXCLUSIVE, Finding};
use crate::report::Examined;
use clap::Args;
use lifeboat_repository::{Repository, Rights, Role, Verdict};

/// Try out the storage, the credentials and this machine
///
/// Stores some small objects beside the repository, looks whether storage shows them as backups rely on, and deletes
/// them. Says what the credentials may do and which role that is enough for, whether the repository opens, and whether
/// this machine can keep its index. Credentials that may only read get the rest of the report.
#[derive(Args, Debug)]
pub(crate) struct Doctor {}

impl Doctor {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let found = app.probe()?;
        let (rights, first_byte, is_complete) = (found.rights, found.first_byte, found.is_complete());
        let mut findings = Finding::of_probe(found);
        findings.push(credentials(rights));
        // What only this machine still has is nothing that others could open.
        let opened = app.open_anew();
        findings.push(opening(opened.as_ref().map_err(|failure| failure.message())));
        if let Ok(repository) = &opened {
            findings.push(log(repository));
            findings.push(cache(repository));
            let is_exclusive = repository.config().exclusive;
            findings.extend(is_exclusive.then(exclusive));
        }
        app.report.doctor(&findings, &Examined { rights, first_byte });
        judge(&findings, is_complete)
    }
}

fn judge(findings: &[Finding], is_complete: bool) -> Result<(), Failure> {
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Failed).count();
    let (cause, hint) = match (failed, is_complete) {
        (0, true) => return Ok(()),
        (0, false) => (
            "not everything could be tried".to_owned(),
            "mend what is named above and run the same command again",
        ),
        _ => (
            format!("{} failed", amount::of(failed as u64, "check")),
            "mend what is named above and run the same command again: lifeboat doctor",
        ),
    };
    Err(Failure::new(Code::Failed, anyhow::Error::msg(cause), hint))
}

fn credentials(rights: Rights) -> Finding {
    let (verdict, enough) = match rights.role() {
        Some(Role::Pruner) => (Verdict::Passed, "enough for everything"),
        Some(Role::Writer) => (Verdict::Passed, "enough to back up and restore (writer)"),
        Some(Role::Reader) => (Verdict::Noted, "enough to restore and verify (reader), not to back up"),
        None => (Verdict::Failed, "not enough to restore anything"),
    };
    let named = |allowed: bool| {
        let all =
            [(rights.list, "list"), (rights.get, "read"), (rights.put, "store"), (rights.delete, "delete")];
        let some = all.into_iter().filter(|(right, _)| *right == Some(allowed)).map(|(_, name)| name);
        some.collect::<Vec<_>>().join(", ")
    };
    let text = match named(false).as_str() {
        "" => format!("they may {}: {enough}", named(true)),
        refused => format!("they may {}, and not {refused}: {enough}", named(true)),
    };
    Finding::new("credentials", "the credentials are good for it", verdict, text)
}

fn opening(opened: Result<&Repository, String>) -> Finding {
    let (verdict, text) = match opened {
        Ok(repository) => (Verdict::Passed, repository.config().repository.to_string()),
        Err(cause) => (Verdict::Failed, cause),
    };
    Finding::new("open", "the repository opens", verdict, text)
}

fn exclusive() -> Finding {
    Finding::new("exclusive", "several may use the repository at once", Verdict::Noted, EXCLUSIVE)
}

fn log(repository: &Repository) -> Finding {
    let read = repository.read_log().and_then(|reading| Ok((repository.view(&reading)?, reading)));
    let (verdict, text) = match read {
        Ok((view, reading)) if reading.faults().is_empty() => {
            (Verdict::Passed, amount::of(view.snapshots().len() as u64, "snapshot"))
        }
        Ok((_, reading)) => {
            let faults = amount::of(reading.faults().len() as u64, "fault");
            (Verdict::Failed, format!("{faults}, named by: lifeboat verify"))
        }
        Err(error) => (Verdict::Failed, Failure::from(error).message()),
    };
    Finding::new("log", "the log is sound", verdict, text)
}

fn cache(repository: &Repository) -> Finding {
    let (verdict, text) = match repository.try_cache() {
        Ok(Some(place)) => (Verdict::Passed, place.display().to_string()),
        Ok(None) => (Verdict::Noted, "none is kept: every run reads it from the storage".to_owned()),
        Err(error) => (Verdict::Failed, Failure::from(error).message()),
    };
    Finding::new("cache", "this machine can keep the index", verdict, text)
}
