//! What a drill does without: proved, or no pass.

use crate::rehearse::fill;
use crate::world::{World, password};
use lifeboat_backend::{Backend, MemoryBackend};
use lifeboat_drill::plan::{ResolvedDrill, RestoreMode, Scenario};
use lifeboat_drill::record::Status;
use lifeboat_drill::{Place, Site};
use std::sync::Arc;

fn place(name: &str, backend: Arc<MemoryBackend>) -> Place {
    Place { name: name.into(), backend: backend as Arc<dyn Backend>, credential: password(), directory: None }
}

#[test]
fn a_replica_alone_brings_everything_back() {
    let world = fill(World::new(21), 21);
    let folder = tempfile::tempdir().unwrap();
    let replica = lifeboat_backend::LocalBackend::create(folder.path()).unwrap();
    for (name, size) in world.objects("") {
        replica.put(&name, &world.backend.get(&name, size).unwrap()).unwrap();
    }
    let mode = RestoreMode::Materialise;
    let drill = ResolvedDrill { scenario: Scenario::LostPrimary { mode }, ..ResolvedDrill::usual() };
    let tested = Place {
        name: "offsite".into(),
        backend: Arc::new(replica),
        credential: password(),
        directory: Some(folder.path().to_owned()),
    };
    let site = |tested: Place, primary: Option<Place>| Site {
        tested,
        primary,
        ..world.site_on(Arc::clone(&world.backend) as _)
    };
    let primary = || Some(place("primary", Arc::clone(&world.backend)));
    let alone = world.drill_at(&drill, &site(tested, primary()));
    assert_eq!(alone.account.verdict.status, Status::Pass, "{:#?}", alone.account.verdict);
    let denied: Vec<_> = alone
        .account
        .method
        .denied
        .iter()
        .map(|denied| (denied.capability.as_str(), denied.proven_absent))
        .collect();
    assert_eq!(denied, [("cache", true), ("source", true), ("primary", true)]);
    assert_eq!(alone.account.scope.replica, "offsite");
    // A replica that is the primary under another name is none.
    let alias = world.drill_at(&drill, &site(place("offsite", Arc::clone(&world.backend)), primary()));
    let verdict = &alias.account.verdict;
    assert_eq!((verdict.status, verdict.exit_code), (Status::Fail, 4), "{verdict:?}");
    assert!(verdict.reasons[0].contains("primary was to be gone and was within reach"), "{verdict:?}");
    let unnamed = world.drill_at(&drill, &site(place("offsite", world.replica()), None));
    assert_eq!(unnamed.account.verdict.status, Status::Fail, "nobody said what was lost");
}
