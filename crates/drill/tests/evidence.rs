//! Evidence under attack: whatever one does to stored records is found, as far as anybody can know of it.

use super::sample;
use lifeboat_backend::{Backend as _, MemoryBackend, ObjectName};
use lifeboat_drill::evidence::{
    Chains, Destination, Fault, Finding, Known, Published, anchor, anchors, publish, seal,
};
use lifeboat_drill::record::{Record, Status};
use lifeboat_format::{EvidenceHash, EvidencePublicKey, Key, Keyring, ObjectHash, Random, RepositoryId};
use lifeboat_repository::{EvidenceName, EvidenceStore, OwnChain};
use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const REPOSITORY: RepositoryId = RepositoryId::new([9; 16]);

struct Seeded(Mutex<lifeboat_testkit::Random>);

impl Random for Seeded {
    fn fill(&self, out: &mut [u8]) {
        self.0.lock().unwrap().fill(out);
    }
}

fn random(seed: u64) -> Seeded {
    Seeded(Mutex::new(lifeboat_testkit::Random::new(seed)))
}

fn keyring(seed: u64) -> Keyring {
    let master = Key::new([1; 32]);
    let objects = Keyring::generate(&master, &random(seed));
    Keyring::assemble(&master, objects.iter().map(|object| &object.bytes[..])).unwrap().0
}

/// A repository to which some machines publish, each with a state of its own.
pub(crate) struct World {
    backend: Arc<MemoryBackend>,
    store: EvidenceStore,
    keyring: Keyring,
    random: Seeded,
    state: TempDir,
}

pub(crate) type Objects = Vec<(EvidenceName, Vec<u8>)>;

impl World {
    fn new(seed: u64) -> Self {
        let backend = Arc::new(MemoryBackend::new());
        let store = EvidenceStore::new(Arc::clone(&backend) as _);
        let (keyring, random) = (keyring(1), random(seed));
        Self { backend, store, keyring, random, state: tempfile::tempdir().unwrap() }
    }

    /// Fifty runs of two machines, now this one, now that one, of which every seventh fails.
    pub(crate) fn of_fifty(seed: u64) -> Self {
        let (world, mut order) = (Self::new(seed), lifeboat_testkit::Random::new(seed));
        for day in 0..50 {
            let status = if day % 7 == 3 { Status::Fail } else { Status::Pass };
            world.run(["one", "other"][order.index(2)], day, status);
        }
        world
    }

    fn public(&self) -> EvidencePublicKey {
        self.keyring.evidence().public()
    }

    fn own(&self, machine: &str) -> OwnChain {
        OwnChain::new(Some(&self.state.path().join(machine)), REPOSITORY)
    }

    fn run(&self, machine: &str, day: i64, status: Status) -> Published {
        let own = self.own(machine);
        let heads = [ObjectHash::new([3; 32])];
        let to =
            Destination { store: &self.store, key: self.keyring.evidence(), own: &own, log_heads: &heads };
        publish(&sample::account("erp", day, status), &to, &self.random).unwrap()
    }

    pub(crate) fn objects(&self) -> Objects {
        let names = self.store.list().unwrap();
        names.into_iter().map(|name| (name, self.store.read(&name).unwrap())).collect()
    }

    pub(crate) fn chains(&self, objects: &Objects) -> Chains {
        Chains::of(objects, &self.public())
    }

    /// What is found without anybody who remembers anything.
    fn verify(&self, objects: &Objects) -> Vec<Finding> {
        self.chains(objects).verify(&[])
    }

    /// The object of a record, made by somebody who has the key.
    fn signed(&self, record: &Record) -> (EvidenceName, Vec<u8>) {
        let bytes = seal(record, self.keyring.evidence());
        let text = format!("{}-{}-{}", record.chain.writer, record.chain.seq, EvidenceHash::of(&bytes));
        (EvidenceName::from_text(&text).unwrap(), bytes)
    }
}

/// Now this one, now that one.
fn machine(day: i64) -> &'static str {
    if day % 2 == 0 { "one" } else { "other" }
}

/// Records that nobody but their name tells of.
fn unseen(chains: &Chains) -> BTreeSet<EvidenceName> {
    let named: BTreeSet<_> = chains.records().flat_map(|stored| &stored.record.chain.others).collect();
    let is_named = |name: &EvidenceName| {
        named.iter().any(|head| head.sha256 == name.hash.to_string() && head.seq == name.seq)
    };
    chains.heads().into_iter().filter(|name| !is_named(name)).collect()
}

fn faults(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.fault.word()).collect()
}

#[test]
fn nothing_is_found_where_nothing_was_done() {
    let world = World::of_fifty(1);
    let objects = world.objects();
    let chains = world.chains(&objects);
    assert_eq!((objects.len(), chains.records().count(), chains.heads().len()), (50, 50, 2));
    assert_eq!(chains.verify(&chains.heads()), []);
    let read = Chains::read(&world.store, &world.public()).unwrap();
    assert!(read.records().eq(chains.records()));
    let failed = chains.records().filter(|stored| stored.record.account.verdict.status == Status::Fail);
    assert_eq!(failed.count(), 7);
}

/// D10 (a).
#[test]
fn a_record_that_was_deleted_is_missed_unless_nobody_saw_it() {
    for seed in 1..3 {
        let world = World::of_fifty(seed);
        let objects = world.objects();
        let whole = world.chains(&objects);
        let unseen = unseen(&whole);
        assert!((1..=2).contains(&unseen.len()));
        for at in 0..objects.len() {
            let mut left = objects.clone();
            let (name, _) = left.remove(at);
            let (found, remembered) = (world.verify(&left), world.chains(&left).verify(&whole.heads()));
            assert_eq!(found.is_empty(), unseen.contains(&name), "{name}: {found:?}");
            let [finding] = &remembered[..] else { panic!("{name}: {remembered:?}") };
            assert_eq!(
                (finding.writer, finding.seq, finding.fault.word()),
                (name.writer, name.seq, "missing")
            );
        }
    }
}

/// D10 (b).
#[test]
fn a_byte_that_was_altered_is_found() {
    let world = World::of_fifty(1);
    let objects = world.objects();
    for at in 0..objects.len() {
        for byte in (at..objects[at].1.len()).step_by(997) {
            let mut altered = objects.clone();
            altered[at].1[byte] ^= 1;
            let found = world.verify(&altered);
            assert_eq!(faults(&found), ["altered"], "record {at}, byte {byte}");
            // Its name is made to fit.
            altered[at].0.hash = EvidenceHash::of(&altered[at].1);
            let found = world.verify(&altered);
            assert!(
                found.iter().any(|finding| matches!(finding.fault, Fault::Unsigned | Fault::NoRecord)),
                "record {at}, byte {byte}: {found:?}"
            );
        }
    }
}

/// D10 (c): who has the key can sign whatever they like, and cannot make others forget what they saw.
#[test]
fn a_record_that_was_rewritten_and_signed_again_is_found() {
    let world = World::of_fifty(1);
    let objects = world.objects();
    let whole = world.chains(&objects);
    let unseen = unseen(&whole);
    for (at, stored) in whole.records().enumerate() {
        let mut record = stored.record.clone();
        record.account.verdict.reasons = vec!["nothing happened".to_owned()];
        let mut rewritten = objects.clone();
        rewritten[at] = world.signed(&record);
        let found = world.verify(&rewritten);
        assert_eq!(found.is_empty(), unseen.contains(&stored.name), "{}: {found:?}", stored.name);
        assert!(faults(&found).iter().all(|word| ["unchained", "missing"].contains(word)), "{found:?}");
        assert!(!world.chains(&rewritten).verify(&whole.heads()).is_empty());
    }
}

/// D10 (d): what is left fits together, and only who remembers can tell.
#[test]
fn an_older_state_is_found_by_who_remembers_a_newer_one() {
    let world = World::new(1);
    (0..20).for_each(|day| drop(world.run(machine(day), day, Status::Pass)));
    let last_week = world.objects();
    (20..40).for_each(|day| drop(world.run(machine(day), day, Status::Pass)));
    let anchors = world.chains(&world.objects()).heads();
    assert_eq!(world.verify(&last_week), []);
    let found = world.chains(&last_week).verify(&anchors);
    assert_eq!(found.len(), 2);
    for (finding, anchor) in found.iter().zip(&anchors) {
        let fault = Fault::Missing { to: anchor.seq, known: Known::Remembered };
        assert_eq!(*finding, Finding { writer: anchor.writer, seq: anchor.seq, fault });
    }
}

/// D10 (e).
#[test]
fn a_chain_that_went_on_in_two_ways_is_found() {
    let world = World::new(1);
    (0..5).for_each(|day| drop(world.run("one", day, Status::Pass)));
    let common = world.objects();
    let names = |objects: &Objects| objects.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let state = |name: &str| world.state.path().join(name).join(REPOSITORY.to_string()).join("evidence");
    fs::create_dir_all(state("clone").parent().unwrap()).unwrap();
    fs::copy(state("one"), state("clone")).unwrap();
    let one = world.run("one", 5, Status::Fail);
    let one_bytes = world.store.read(&one.name).unwrap();
    world.backend.delete(&ObjectName::new(&format!("evidence/{}", one.name)).unwrap()).unwrap();
    assert_eq!(names(&world.objects()), names(&common));
    let clone = world.run("clone", 6, Status::Pass);
    assert_eq!((one.name.writer, one.name.seq), (clone.name.writer, clone.name.seq));
    let mut both = world.objects();
    both.push((one.name, one_bytes));
    assert_eq!(faults(&world.verify(&both)), ["fork"]);
}

#[test]
fn records_that_changed_places_are_found() {
    let world = World::of_fifty(1);
    let objects = world.objects();
    let mut swapped = objects.clone();
    (swapped[3].1, swapped[4].1) = (objects[4].1.clone(), objects[3].1.clone());
    assert_eq!(faults(&world.verify(&swapped)), ["altered"; 2]);
    let mut renumbered = objects.clone();
    (renumbered[3].0.seq, renumbered[4].0.seq) = (objects[4].0.seq, objects[3].0.seq);
    let found = world.verify(&renumbered);
    assert_eq!(faults(&found).iter().filter(|word| **word == "misnamed").count(), 2, "{found:?}");
}

#[test]
fn what_is_no_record_is_found_and_stands_in_nobodys_way() {
    let world = World::of_fifty(1);
    let writer = world.objects()[0].0.writer;
    let others = keyring(2);
    let foreign = seal(&world.chains(&world.objects()).records().next().unwrap().record, others.evidence());
    for (seq, bytes) in [(1000, &b"junk"[..]), (1001, b"{}"), (1002, &foreign)] {
        world.store.put(writer, seq, bytes).unwrap();
    }
    assert_eq!(faults(&world.verify(&world.objects())), ["no-record", "no-record", "unsigned"]);
    for machine in ["one", "other"] {
        assert!(world.run(machine, 60, Status::Pass).name.seq < 1000);
    }
    assert_eq!(world.chains(&world.objects()).verify(&[]).len(), 3);
}

#[test]
fn what_this_machine_stored_and_is_gone_is_told() {
    let world = World::new(1);
    let names: Vec<_> = (0..3).map(|day| world.run("one", day, Status::Pass)).collect();
    assert!(names.iter().all(|published| published.lost.is_none() && published.forgotten.is_none()));
    let last = names[2].name;
    world.backend.delete(&ObjectName::new(&format!("evidence/{last}")).unwrap()).unwrap();
    let next = world.run("one", 3, Status::Pass);
    assert_eq!((next.lost, next.name.seq), (Some(last), 3));
    assert_eq!(next.record.chain.prev, Some(last.hash.to_string()));
    let found = world.verify(&world.objects());
    let gap = Fault::Missing { to: 2, known: Known::Later };
    assert_eq!(found, [Finding { writer: last.writer, seq: 2, fault: gap }]);
    assert!(world.run("one", 4, Status::Pass).lost.is_none(), "it is told once");
}

/// Whoever keeps nothing begins a chain each time, and each of them is named by the next.
#[test]
fn chains_of_one_record_are_bound_to_each_other() {
    let world = World::new(1);
    let own = OwnChain::new(None, REPOSITORY);
    for day in 0..10 {
        let to =
            Destination { store: &world.store, key: world.keyring.evidence(), own: &own, log_heads: &[] };
        let published = publish(&sample::account("erp", day, Status::Pass), &to, &world.random).unwrap();
        let others = published.record.chain.others.len();
        assert_eq!((published.name.seq, others), (0, usize::from(day > 0)));
    }
    let objects = world.objects();
    let whole = world.chains(&objects);
    assert_eq!((whole.verify(&[]), unseen(&whole).len()), (vec![], 1));
    for at in 0..objects.len() {
        let mut left = objects.clone();
        let (name, _) = left.remove(at);
        assert_eq!(world.verify(&left).is_empty(), unseen(&whole).contains(&name));
    }
}

/// What was remembered on a machine that lost its newest state, or was copied, is no fork.
#[test]
fn an_older_memory_goes_on_behind_what_is_there() {
    let world = World::new(1);
    world.run("one", 0, Status::Pass);
    let file = world.state.path().join("one").join(REPOSITORY.to_string()).join("evidence");
    let older = fs::read(&file).unwrap();
    world.run("one", 1, Status::Pass);
    fs::write(&file, &older).unwrap();
    let published = world.run("one", 2, Status::Pass);
    assert_eq!((published.name.seq, published.lost), (2, None));
    assert_eq!(world.verify(&world.objects()), []);
}

#[test]
fn findings_are_told_in_one_line_each() {
    let world = World::of_fifty(1);
    let mut objects = world.objects();
    let name = objects.remove(5).0;
    let found = world.verify(&objects);
    let line = format!("evidence/{}-{}: missing; later ones are there", name.writer, name.seq);
    assert_eq!(found[0].to_string(), line);
    let at = objects.iter().position(|(other, _)| other.writer == name.writer && other.seq == name.seq + 1);
    objects.remove(at.unwrap());
    let (writer, first) = (name.writer, name.seq);
    let line =
        format!("evidence/{writer}-{first}: missing, and all up to {}; later ones are there", first + 1);
    assert_eq!(world.verify(&objects)[0].to_string(), line);
}

#[test]
fn anchors_are_read_as_they_are_written() {
    let world = World::of_fifty(1);
    let heads = world.chains(&world.objects()).heads();
    let lines: Vec<_> = heads.iter().map(anchor).collect();
    assert_eq!(anchors(&format!("# seen in June\n\n{}\r\n", lines.join("\n"))), Ok(heads));
    assert_eq!(anchors(&format!("{}\n{}", lines[0], &lines[1][1..])), Err(2));
    assert_eq!(anchors(&lines[0].replacen(' ', " 0", 1)), Err(1), "a number is written in one way");
}
