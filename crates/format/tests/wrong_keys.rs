//! Another key, another place or another role opens nothing.

use crate::{by_hand, world};
use lifeboat_format::{
    Codec, Commit, Compression, Credential, Entry, EntryKind, FormatError, Index, Key, KeySetId, Keyring,
    Opener, Pack, PackHeader, PackSealer, PackSegment, Role, Running, SealContext, SealRole, Sealer,
    SessionId, Slot, Statement,
};

fn is_not_authentic<T>(result: Result<T, FormatError>) -> bool {
    result.is_err_and(|error| matches!(error, FormatError::NotAuthentic(_)))
}

#[test]
fn another_keyring_opens_nothing() {
    let (ours, other) = (world::keyring(1), world::keyring(2));
    let pack = world::small_pack(&ours, Compression::Off);
    assert!(is_not_authentic(PackSealer::open(&other, pack.header)));
    assert!(is_not_authentic(Pack::parse(pack.id, pack.bytes.clone(), &other)));
    assert!(Pack::scrub(pack.id, &pack.bytes).is_ok(), "a scrub needs no key");
    let index = world::index_of(&ours, &[pack], 5);
    assert!(is_not_authentic(Index::parse(index.hash, &index.bytes, &other)));
    let (bytes, entry) = world::commit_entry(&ours);
    assert!(is_not_authentic(Entry::parse(entry.hash, &bytes, other.log())));
    assert!(is_not_authentic(world::commit(&ours).open(&other)));
    assert!(world::commit(&ours).open(&ours).is_ok());
}

#[test]
fn another_password_or_master_key_opens_nothing() {
    let slot = world::slot();
    for password in ["", "correct hors", "correct horse\n", "Correct horse"] {
        let opened = slot.open(&Credential::password(password.into()));
        assert_eq!(opened.expect_err("another password"), FormatError::WrongKey);
    }
    assert!(Slot::decode(&slot.encode()).is_ok_and(|slot| slot.open(&world::password()).is_ok()));
    assert!(is_not_authentic(slot.about(&Key::new([1; 32]))));
    let objects = Keyring::generate(&world::master(), &world::Seeded::new(1));
    let objects = objects.iter().map(|object| object.bytes.as_slice());
    assert!(Keyring::assemble(&Key::new([1; 32]), objects).is_err());
}

#[test]
fn a_slot_opens_with_credentials_of_its_kind_only() {
    for (number, made_with) in world::credentials().iter().enumerate() {
        let slot = world::slot_of(made_with);
        for (other, credential) in world::credentials().iter().enumerate() {
            assert_eq!(
                slot.open(credential).is_ok(),
                number == other,
                "{:?}, {:?}",
                slot.kind,
                credential.kind()
            );
        }
        for another in [Credential::KeyFile(Key::new([1; 32])), Credential::RecoverySheet(Key::new([1; 32]))]
        {
            assert_eq!(slot.open(&another).expect_err("another key"), FormatError::WrongKey);
        }
    }
}

/// Whoever has the master key knows whether a slot is whole whose credential lies in a safe.
#[test]
fn every_bit_of_a_slot_is_proved_without_what_opens_it() {
    for slot in world::credentials().iter().map(world::slot_of) {
        let sound = slot.encode();
        assert!(slot.about(&world::master()).is_ok());
        for bit in 0..8 * sound.len() {
            let mut flipped = sound.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let about = Slot::decode(&flipped).and_then(|slot| slot.about(&world::master()));
            assert!(about.is_err(), "bit {bit} of a {:?}", slot.kind);
        }
    }
}

#[test]
fn what_is_told_about_a_slot_does_not_pass_for_another() {
    let [password, key_file, _] = world::credentials().map(|credential| world::slot_of(&credential).encode());
    let place = |slot: &[u8]| slot.len() - 40 - minicbor::to_vec(world::about()).expect("a vector").len();
    let (ours, theirs) = (place(&password), place(&key_file));
    let mixed =
        Slot::decode(&[&password[..ours], &key_file[theirs..]].concat()).expect("the form is the same");
    assert!(is_not_authentic(mixed.about(&world::master())));
    assert!(mixed.open(&world::password()).is_ok(), "words about a slot lock nobody out");
}

#[test]
fn a_segment_opens_only_at_its_place() {
    let keyring = world::keyring(1);
    let contents = [vec![world::noise(1, 50)], vec![world::noise(2, 50)]];
    let [ours, other] =
        [4, 5].map(|seed| world::pack(&keyring, Role::Data, Compression::Off, &contents, seed));
    let [sealer, other_sealer] =
        [&ours, &other].map(|pack| PackSealer::open(&keyring, pack.header).expect("its own keyring"));
    let [first, second] = [ours.segments[0], ours.segments[1]];
    let open = |sealer: &PackSealer, ordinal, segment: &PackSegment, sealed: &[u8]| {
        sealer.open_segment(ordinal, segment, sealed, &mut Opener::default(), &mut Vec::new())
    };
    assert_eq!(open(&sealer, 0, &first, ours.sealed(&first)), Ok(()));
    assert!(is_not_authentic(open(&sealer, 1, &first, ours.sealed(&first))));
    assert!(is_not_authentic(open(&sealer, 0, &first, ours.sealed(&second))));
    assert!(is_not_authentic(open(&other_sealer, 0, &first, ours.sealed(&first))));
    assert!(is_not_authentic(open(&sealer, 0, &first, other.sealed(&first))));
    for altered in [PackSegment { raw_length: 49, ..first }, PackSegment { codec: Codec::Zstd, ..first }] {
        assert!(is_not_authentic(open(&sealer, 0, &altered, ours.sealed(&first))));
    }
}

#[test]
fn a_segment_of_data_does_not_pass_as_a_tree() {
    let keyring = world::keyring(1);
    let pack = world::small_pack(&keyring, Compression::Off);
    let mut header = pack.bytes[..192].to_vec();
    assert_eq!(header[10], 1);
    header[10] = 2;
    let header = PackHeader::parse(&header).expect("the role is not what makes a header");
    let sealer = PackSealer::open(&keyring, header).expect("the key is the same");
    let segment = pack.segments[0];
    assert!(is_not_authentic(sealer.open_segment(
        0,
        &segment,
        pack.sealed(&segment),
        &mut Opener::default(),
        &mut Vec::new()
    )));
    let hasher = keyring.blob_hasher();
    assert_ne!(hasher.id(Role::Data, b"same"), hasher.id(Role::Tree, b"same"));
}

#[test]
fn every_part_of_the_context_is_bound() {
    let sealer = Sealer::new(&Key::new([1; 32]));
    let good = SealContext {
        key_set: KeySetId::new([2; 16]),
        role: SealRole::LogBody,
        domain: 3,
        salt: [4; 32],
        ordinal: 5,
        raw_length: 6,
        codec: 0,
    };
    let sealed = sealer.seal(&good, &[7; 32], b"message");
    assert_eq!(sealer.open(&good, &sealed, "message").as_deref(), Ok(b"message".as_slice()));
    let mut salt = good.salt;
    salt[31] ^= 1;
    let others = [
        SealContext { key_set: KeySetId::new([3; 16]), ..good },
        SealContext { role: SealRole::Snapshot, ..good },
        SealContext { domain: 4, ..good },
        SealContext { salt, ..good },
        SealContext { ordinal: 6, ..good },
        SealContext { raw_length: 7, ..good },
        SealContext { codec: 1, ..good },
    ];
    assert!(others.iter().all(|context| is_not_authentic(sealer.open(context, &sealed, "message"))));
    let other = Sealer::new(&Key::new([2; 32]));
    assert!(is_not_authentic(other.open(&good, &sealed, "message")));
}

#[test]
fn repeated_randomness_repeats_no_nonce_for_another_message() {
    let sealer = Sealer::new(&Key::new([1; 32]));
    let context = SealContext::alone(KeySetId::default(), SealRole::Data, [0; 32], 0);
    let nonce =
        |context: &SealContext, message: &[u8]| sealer.seal(context, &[7; 32], message)[..24].to_vec();
    let first = nonce(&context, b"one");
    assert_eq!(first, nonce(&context, b"one"));
    assert_ne!(first, nonce(&context, b"two"));
    assert_ne!(first, nonce(&SealContext { ordinal: 1, ..context }, b"one"));
    assert_ne!(first, nonce(&SealContext { role: SealRole::Tree, ..context }, b"one"));
}

#[test]
fn an_entry_counts_only_under_its_name_and_signature() {
    let keyring = world::keyring(1);
    let (bytes, entry) = world::commit_entry(&keyring);
    let other = lifeboat_format::ObjectHash::of(b"another name");
    assert_eq!(Entry::parse(other, &bytes, keyring.log()), Err(FormatError::WrongHash("log entry")));
    assert!(Entry::parse(entry.hash, &bytes, keyring.log()).is_ok());
    let signature = bytes.len() - 64;
    let forged = [&bytes[..signature], &[0; 64]].concat();
    let name = lifeboat_format::ObjectHash::of(&forged);
    let refused = Entry::parse(name, &forged, keyring.log());
    assert_eq!(refused, Err(FormatError::NotAuthentic("signature of a log entry")));
}

#[test]
fn an_entry_of_another_key_set_is_forged() {
    let mut objects = by_hand::key_objects();
    objects[0] = by_hand::key_object(1, 0, &[1; 32]);
    let other = Keyring::assemble(&world::master(), objects.iter().map(Vec::as_slice)).expect("all keys").0;
    let (bytes, entry) = world::commit_entry(&other);
    assert_eq!(other.log().author(), by_hand::keyring().log().author());
    let refused = Entry::parse(entry.hash, &bytes, by_hand::keyring().log());
    assert_eq!(refused, Err(FormatError::NotAuthentic("signature of a log entry")));
}

/// Whoever can read the log has the key that seals it: only the signature tells who may add to it.
#[test]
fn an_entry_that_another_author_signed_is_forged() {
    let mut objects = by_hand::key_objects();
    objects[4] = by_hand::key_object(1, 4, &[1; 32]);
    let other = Keyring::assemble(&world::master(), objects.iter().map(Vec::as_slice)).expect("all keys").0;
    let (bytes, entry) = world::commit_entry(&other);
    assert_ne!(other.log().author(), by_hand::keyring().log().author());
    let refused = Entry::parse(entry.hash, &bytes, by_hand::keyring().log());
    assert_eq!(refused, Err(FormatError::NotAuthentic("signature of a log entry")));
}

#[test]
fn a_pack_key_that_was_not_committed_to_is_refused() {
    let keyring = world::keyring(1);
    let mut header = world::small_pack(&keyring, Compression::Off).bytes[..192].to_vec();
    header[136] ^= 1;
    let header = PackHeader::parse(&header).expect("only the key tells");
    let refused = PackSealer::open(&keyring, header).expect_err("another commitment");
    assert_eq!(refused, FormatError::NotAuthentic("pack key"));
}

#[test]
fn a_running_hint_is_that_of_its_session_only() {
    let (keyring, session) = (world::keyring(1), SessionId::new([1; 16]));
    let sealed = world::running().seal(session, keyring.log(), &world::Seeded::new(1));
    assert_eq!(Running::open(session, &sealed, keyring.log()), Ok(world::running()));
    assert!(is_not_authentic(Running::open(SessionId::new([2; 16]), &sealed, keyring.log())));
    assert!(is_not_authentic(Running::open(session, &sealed, world::keyring(2).log())));
    assert!(Running::open(session, b"", keyring.log()).is_err_and(|error| error.is_corrupt()));
}

#[test]
fn a_commit_opens_only_the_snapshot_it_names() {
    let keyring = world::keyring(1);
    let mut commit: Commit = world::commit(&keyring);
    assert_eq!(commit.open(&keyring), Ok(world::full_snapshot(&keyring)));
    commit.snapshot = lifeboat_format::SnapshotId::new([9; 32]);
    assert!(is_not_authentic(commit.open(&keyring)));
    let draft = world::draft(EntryKind::COMMIT, commit.encode());
    let (_, entry) = Entry::create(draft, keyring.log(), &world::Seeded::new(1));
    assert!(matches!(Statement::of(&entry), Ok(Statement::Commit(read)) if read == commit));
}
