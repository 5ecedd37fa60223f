//! What drills are handed, and where what they found goes.

use crate::app::App;
use crate::environment;
use crate::exit::{Code, Failure};
use crate::{cache, state};
use lifeboat_drill::evidence::{Destination, Published};
use lifeboat_drill::record::{Account, Tool, Who};
use lifeboat_drill::{EvidenceHash, Place, Site, evidence};
use lifeboat_engine::ObjectHash;
use lifeboat_repository::{EvidenceStore, Repository};

/// What the drill of a run has.
///
/// # Errors
/// When there is no repository, or nothing that opens it.
pub(crate) fn site(app: &App<'_>) -> Result<Site, Failure> {
    let (backend, credential) = app.storage()?;
    let directory = app.directory()?;
    let tested = Place { name: "primary".to_owned(), backend, credential, directory };
    Ok(Site {
        tested,
        replicas: Vec::new(),
        environment: app.environment.clone(),
        memory: app.max_memory(),
        threads: crate::app::threads(),
        temporary: environment::temporary(),
        home: environment::variable("HOME").map(Into::into),
        cache: cache::options(&app.globals),
        who: who()?,
    })
}

fn who() -> Result<Who, Failure> {
    Ok(Who {
        host: environment::host()?,
        user: environment::user_id()?,
        trigger: "manual".to_owned(),
        tool: Tool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sha256: environment::program().map(|bytes| EvidenceHash::of(&bytes).to_string()),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        },
    })
}

/// Stores an account in the repository, and says so where somebody took away what was there before.
///
/// # Errors
/// When it cannot be stored.
pub(crate) fn publish(
    app: &App<'_>,
    repository: &Repository,
    account: &Account,
    log_heads: &[ObjectHash],
) -> Result<Published, Failure> {
    let (backend, _) = app.storage()?;
    let store = EvidenceStore::new(backend);
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
