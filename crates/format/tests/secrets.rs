//! No key prints itself.

use crate::{by_hand, world};
use lifeboat_format::{Compression, Key, PackSealer, Sealer};
use std::fmt::Debug;

/// Fails when four bytes of the secret stand in a row in what `Debug` shows, in any usual form.
fn assert_silent(value: &impl Debug, secret: &[u8; 32]) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        let text: String = text.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        for run in secret.windows(4) {
            let hexadecimal: String = run.iter().map(|byte| format!("{byte:02x}")).collect();
            let [decimal, listed] = [format!("{run:?}"), format!("{run:#x?}")];
            for form in [hexadecimal, decimal, listed] {
                let form: String = form.chars().filter(|c| !c.is_whitespace()).collect();
                let form = form.trim_matches(|c: char| "[],".contains(c));
                assert!(!text.contains(form), "{text} shows {form}");
            }
        }
    }
}

#[test]
fn keys_and_what_holds_them_do_not_show_them() {
    let secret: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7 + 1).expect("below 256"));
    let key = Key::new(secret);
    assert_silent(&key, &secret);
    assert_silent(&Sealer::new(&key), &secret);
    let keyring = by_hand::keyring();
    for secret in &by_hand::SECRETS[1..] {
        assert_silent(&keyring, secret);
        assert_silent(keyring.log(), secret);
        assert_silent(keyring.evidence(), secret);
        assert_silent(&keyring.blob_hasher(), secret);
        assert_silent(&keyring.page_key(), secret);
    }
    for context in ["lifeboat v1 wrap", "lifeboat v1 snapshot"] {
        assert_silent(&keyring, &blake3::derive_key(context, &by_hand::SECRETS[2]));
    }
}

#[test]
fn packs_and_slots_do_not_show_their_keys() {
    let keyring = world::keyring(1);
    let sealer = PackSealer::create(&keyring, lifeboat_format::Role::Data, &world::Seeded::new(4));
    // The salt is drawn first, the key second.
    let random = world::Seeded::new(4);
    let (salt, key) = (random.array::<32>(), random.array::<32>());
    assert!(format!("{sealer:?}").contains(&format!("{salt:?}")), "the order of drawing has changed");
    assert_silent(&sealer, &key);
    assert_silent(&world::small_pack(&keyring, Compression::Off), &key);
    assert_silent(&world::slot(), &[0xa7; 32]);
    let key = world::Seeded::new(8).array::<32>();
    for credential in world::credentials() {
        assert_silent(&credential, &key);
        assert_silent(&world::slot_of(&credential), &key);
    }
    assert!(!format!("{:?}", world::password()).contains("horse"));
}

#[test]
#[should_panic(expected = "shows")]
fn a_shown_secret_would_be_found() {
    assert_silent(&[1_u8; 32], &[1; 32]);
}
