//! Faults that are injected: each is noticed, each is healed where anything has what it took, and what lies in the storage stays as it is.

use crate::rehearse::fill;
use crate::world::World;
use lifeboat_backend::{Backend as _, MemoryBackend, ObjectName};
use lifeboat_drill::Rehearsed;
use lifeboat_drill::plan::{DamageSpec, Means, ResolvedDrill, Scenario};
use lifeboat_drill::record::{Level, Status};

fn drill(heal_from: &[&str]) -> ResolvedDrill {
    let heal_from = heal_from.iter().map(|means| Means::try_from((*means).to_owned()).unwrap()).collect();
    let scenario = Scenario::StorageDamage { damage: DamageSpec::default(), heal_from };
    ResolvedDrill { scenario, checks: Vec::new(), ..ResolvedDrill::usual() }
}

fn world(seed: u64) -> World {
    fill(World::as_on_disk(seed), seed)
}

fn counts(rehearsed: &Rehearsed) -> (usize, usize, usize) {
    let faults = &rehearsed.account.method.faults_injected;
    let detected = faults.iter().filter(|fault| fault.detected).count();
    (faults.len(), detected, faults.iter().filter(|fault| fault.healed_from.is_some()).count())
}

fn packs(backend: &MemoryBackend) -> Vec<ObjectName> {
    let mut names = Vec::new();
    backend.list("packs/", &mut |info| names.push(info.name)).unwrap();
    names.sort();
    names
}

fn harm(backend: &MemoryBackend, name: &ObjectName, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = backend.get(name, 1 << 30).unwrap();
    change(&mut bytes);
    backend.replace(name, &bytes).unwrap();
}

#[test]
fn every_fault_is_noticed_and_healed_from_parity_or_a_replica() {
    let world = world(11);
    let site = world.site_with("offsite", world.replica());
    let rehearsed = world.drill_at(&drill(&["parity", "replica:offsite"]), &site);
    let account = &rehearsed.account;
    assert_eq!((account.verdict.status, account.verdict.exit_code), (Status::Pass, 0), "{account:#?}");
    assert_eq!(counts(&rehearsed), (14, 14, 14));
    assert_eq!(account.method.level, Level::L1);
    let mut means: Vec<_> =
        account.method.faults_injected.iter().filter_map(|fault| fault.healed_from.as_deref()).collect();
    means.sort_unstable();
    means.dedup();
    assert_eq!(means, ["copy", "parity", "replica"]);
}

#[test]
fn what_nothing_has_is_a_failure() {
    let world = world(12);
    let rehearsed = world.drill(&drill(&["parity"]));
    let account = &rehearsed.account;
    assert_eq!((account.verdict.status, account.verdict.exit_code), (Status::Fail, 4));
    let (all, detected, healed) = counts(&rehearsed);
    // A flipped bit is within the parity; half a pack or none of it is not.
    assert_eq!((all, detected), (14, 14));
    assert!((6..14).contains(&healed), "{healed}");
    assert!(rehearsed.untold.iter().any(|problem| problem.path.to_string_lossy().contains("source")));
    // Where nothing is to heal them it is enough that they are noticed.
    let noticed = world.drill(&drill(&[]));
    assert_eq!((noticed.account.verdict.status, counts(&noticed)), (Status::Pass, (14, 14, 0)));
    // A replica that is damaged as well heals nothing.
    let replica = world.replica();
    packs(&replica).iter().for_each(|name| harm(&replica, name, |bytes| bytes.truncate(bytes.len() / 2)));
    let twice = world.drill_at(&drill(&["replica:offsite"]), &world.site_with("offsite", replica));
    assert_eq!(twice.account.verdict.status, Status::Fail);
}

#[test]
fn damage_that_nobody_injected_is_told_from_what_was() {
    let world = world(13);
    let with_replica = world.site_with("offsite", world.replica());
    let name = packs(&world.backend).remove(0);
    let mut spec = drill(&["parity", "replica:offsite"]);
    if let Scenario::StorageDamage { damage, .. } = &mut spec.scenario {
        damage.packs = 1;
    }
    // A pack that is gone shows in the listing, whichever packs are read.
    world.backend.delete(&name).unwrap();
    let healed = world.drill_at(&spec, &with_replica).account.verdict;
    assert_eq!((healed.status, healed.exit_code), (Status::Degraded, 3), "{healed:?}");
    let rotten = world.drill(&drill(&[]));
    let verdict = &rotten.account.verdict;
    assert_eq!((verdict.status, verdict.exit_code), (Status::Fail, 4), "{verdict:?}");
    assert!(rotten.untold.iter().any(|problem| problem.path.to_string_lossy() == name.as_str()));
}
