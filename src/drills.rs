//! What drills are handed, and where what they found goes.

use crate::app::App;
use crate::credential::Source;
use crate::environment;
use crate::exit::{Code, Failure};
use crate::{cache, state};
use lifeboat_drill::evidence::{Destination, Published};
use lifeboat_drill::plan::{KeyKind, KeySource, Means, ResolvedDrill, Scenario};
use lifeboat_drill::record::{Account, Tool, Who};
use lifeboat_drill::{EvidenceHash, Place, Site, evidence};
use lifeboat_engine::ObjectHash;
use lifeboat_repository::{EvidenceStore, Repository};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What a drill has: the repository that it tests, and those that may heal it.
///
/// # Errors
/// When there is no repository, or nothing that opens it.
pub(crate) fn site(
    app: &App<'_>,
    drill: &ResolvedDrill,
    trigger: &str,
    key: Option<&KeySource>,
) -> Result<Site, Failure> {
    let tested = drill.replica.as_ref().or(drill.repository.as_ref());
    let mut tested = app.to_drill(tested.map(String::as_str))?;
    if let Some(key) = key {
        tested.credential = source(key).read()?;
    }
    let mut replicas = Vec::new();
    for name in healers(drill) {
        replicas.push(app.to_drill(Some(name))?);
    }
    let primary = match (&drill.scenario, &drill.replica) {
        (Scenario::LostPrimary { .. }, Some(_)) => Some(app.to_drill(drill.repository.as_deref())?),
        _ => None,
    };
    Ok(Site {
        tested,
        primary,
        key: key.map(|key| key.name.clone()),
        replicas,
        environment: app.environment.clone(),
        memory: app.max_memory(),
        threads: crate::app::threads(),
        temporary: environment::temporary(),
        home: environment::variable("HOME").map(Into::into),
        cache: cache::options(&app.globals),
        who: who(trigger)?,
    })
}

/// The keys that have to suffice, one after the other; none for that of the run.
pub(crate) fn keys(drill: &ResolvedDrill) -> Vec<Option<&KeySource>> {
    match &drill.scenario {
        Scenario::LostKey { keys, .. } if !keys.is_empty() => keys.iter().map(Some).collect(),
        _ => vec![None],
    }
}

fn source(key: &KeySource) -> Source {
    match &key.key {
        KeyKind::PasswordFile(file) => Source::PasswordFile(file.clone()),
        KeyKind::PasswordCommand(command) => Source::PasswordCommand(command.clone()),
        KeyKind::KeyFile(file) => Source::KeyFile(file.clone()),
    }
}

/// The repositories that the plan names to heal from.
fn healers(drill: &ResolvedDrill) -> Vec<&str> {
    let Scenario::StorageDamage { heal_from, .. } = &drill.scenario else { return Vec::new() };
    let mut names = Vec::new();
    for means in heal_from {
        if let Means::Replica(name) = means {
            names.push(name.as_str());
        }
    }
    names
}

fn who(trigger: &str) -> Result<Who, Failure> {
    Ok(Who {
        host: environment::host()?,
        user: environment::user_id()?,
        trigger: trigger.to_owned(),
        tool: Tool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sha256: environment::program().map(|bytes| EvidenceHash::of(&bytes).to_string()),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        },
    })
}

/// Stores an account in the repository that was tested.
///
/// # Errors
/// When it cannot be stored.
pub(crate) fn publish(
    app: &App<'_>,
    tested: &Place,
    repository: &Repository,
    account: &Account,
    log_heads: &[ObjectHash],
) -> Result<Published, Failure> {
    let store = EvidenceStore::new(std::sync::Arc::clone(&tested.backend));
    let own = state::own_chain(&app.globals, repository);
    let to = Destination { store: &store, key: repository.evidence_key(), own: &own, log_heads };
    let published = evidence::publish(account, &to, &*app.environment.random)?;
    if let Some(trouble) = &published.forgotten {
        app.report.note(&format!("this machine does not remember its newest record: {trouble}"));
    }
    Ok(published)
}

/// Succeeds unless somebody took away what this machine had stored before.
///
/// # Errors
/// [`Code::Tampering`].
pub(crate) fn undisturbed(published: &Published) -> Result<(), Failure> {
    let Some(lost) = &published.lost else { return Ok(()) };
    let cause = anyhow::anyhow!("a record of this machine is gone: {lost}");
    let hint = "see what else is gone: lifeboat evidence verify";
    Err(Failure::new(Code::Tampering, cause, hint))
}

/// Writes a report so that whoever reads it meanwhile sees the old one or the new one.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let action = format!("cannot write {}", path.display());
        Failure::system(action, error, "name a file in a directory that you may write to")
    };
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = OpenOptions::new().write(true).create(true).truncate(true).open(&temporary);
    let written = written.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.and_then(|()| fs::rename(&temporary, path)).map_err(failed)
}
