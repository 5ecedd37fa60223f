//! Evidence: names and signatures that anybody can check with common tools.

use crate::{by_hand, world};
use lifeboat_format::{EvidenceHash, FormatError};

#[test]
fn hashes_are_those_of_everybody_else() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(EvidenceHash::of(b"").to_string(), empty);
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(EvidenceHash::of(b"abc").to_string(), abc);
}

#[test]
fn what_was_not_signed_with_the_key_is_refused() {
    let (ours, theirs) = (world::keyring(1), world::keyring(2));
    let (key, public) = (ours.evidence(), ours.evidence().public());
    let signature = key.sign(b"said");
    assert_eq!(public.verify(b"said", &signature), Ok(()));
    let refused = Err(FormatError::NotAuthentic("signature of evidence"));
    assert_eq!(public.verify(b"sait", &signature), refused);
    assert_eq!(public.verify(b"said", &signature[..63]), refused);
    assert_eq!(theirs.evidence().public().verify(b"said", &signature), refused);
    for at in 0..signature.len() {
        let mut altered = signature;
        altered[at] ^= 1;
        assert_eq!(public.verify(b"said", &altered), refused, "byte {at}");
    }
}

/// The name of a key is the hash of what stands in the PEM text.
#[test]
fn a_key_is_named_by_what_is_written_of_it() {
    let public = by_hand::keyring().evidence().public();
    let text = public.pem();
    let [first, body, last] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert_eq!((first, last), ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"));
    assert!(body.len() == 60 && body.starts_with("MCowBQYDK2VwAyEA"), "{body}");
    assert_ne!(public.id(), world::keyring(1).evidence().public().id());
}
