//! What a server does wrong, and that it costs requests and no bytes.

mod server;

use std::time::Duration;

use lifeboat_backend::{ErrorKind, ObjectName, Patience, Requests, StoreSettings};
use server::{Act, Server, bucket_at, patience};

const LISTING: &str = "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>false</IsTruncated><Contents>\
    <Key>folder/a</Key><LastModified>2026-11-22T06:00:00.000Z</LastModified><ETag>\"1\"</ETag><Size>7</Size>\
    </Contents></ListBucketResult>";

fn name() -> ObjectName {
    ObjectName::new("a").expect("a name")
}

/// Bytes of which no two parts are alike.
fn bytes(length: usize) -> Vec<u8> {
    (0_u32..).flat_map(|word| word.wrapping_mul(0x9e37_79b9).to_le_bytes()).take(length).collect()
}

fn short_stall() -> StoreSettings {
    patience(Patience { stall: Duration::from_millis(300), ..Patience::default() })
}

#[test]
fn what_is_refused_for_now_is_asked_again() {
    let object = bytes(1000);
    for refusal in ["503 Slow Down", "500 Oops", "429 Too Many Requests\r\nretry-after: 1"] {
        let server = Server::start(&object, &[Act::Refuse(refusal), Act::Refuse(refusal)]);
        let bucket = server.bucket(StoreSettings::default());
        assert_eq!(bucket.get(&name(), 1000).unwrap(), object, "{refusal}");
        let traffic = bucket.traffic().unwrap();
        assert_eq!(traffic.requests, Requests { get: 3, ..Requests::default() });
        assert_eq!((traffic.retries, traffic.bytes_sent, traffic.bytes_received), (2, 0, 1000));
    }
}

#[test]
fn an_object_is_sent_again_when_the_answer_is_lost() {
    let object = bytes(200_000);
    let server = Server::start(&[], &[Act::Lose, Act::Refuse("503 Slow Down"), Act::Serve]);
    let bucket = server.bucket(StoreSettings::default());
    bucket.put(&name(), &object).unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    assert!(
        asked.iter().all(|asked| asked.line.starts_with("PUT /bucket/folder/a ") && asked.body == object)
    );
    let traffic = bucket.traffic().unwrap();
    assert_eq!(traffic.requests, Requests { put: 3, ..Requests::default() });
    assert_eq!((traffic.retries, traffic.bytes_sent), (2, 600_000));
}

#[test]
fn an_answer_that_breaks_off_is_asked_for_from_there_on() {
    let object = bytes(300_000);
    let server = Server::start(&object, &[Act::Lose, Act::Cut(100_000), Act::Cut(50_000), Act::Cut(0)]);
    let bucket = server.bucket(StoreSettings::default());
    assert_eq!(bucket.get(&name(), 300_000).unwrap(), object);
    let ranges: Vec<_> = server.asked().into_iter().map(|asked| asked.range).collect();
    let from = |start: u32| Some(format!("{start}-299999"));
    assert_eq!(ranges, [None, None, from(100_000), from(150_000), from(150_000)]);
    let traffic = bucket.traffic().unwrap();
    assert_eq!((traffic.requests.get, traffic.requests.total(), traffic.retries), (5, 5, 4));
    assert_eq!(traffic.bytes_received, 300_000);
}

#[test]
fn silence_is_not_waited_for_forever() {
    let object = bytes(100_000);
    let server = Server::start(&object, &[Act::Ignore, Act::Hang(40_000), Act::Hang(0)]);
    let bucket = server.bucket(short_stall());
    assert_eq!(bucket.get(&name(), 100_000).unwrap(), object);
    let traffic = bucket.traffic().unwrap();
    assert_eq!(traffic.requests, Requests { get: 4, ..Requests::default() });
    assert_eq!((traffic.retries, traffic.bytes_received), (3, 100_000));
}

#[test]
fn an_object_is_sent_again_when_nobody_answers() {
    let server = Server::start(&[], &[Act::Ignore]);
    let bucket = server.bucket(short_stall());
    bucket.put(&name(), &bytes(100_000)).unwrap();
    let traffic = bucket.traffic().unwrap();
    assert_eq!((traffic.requests.put, traffic.retries, traffic.bytes_sent), (2, 1, 200_000));
}

#[test]
fn a_listing_that_breaks_off_is_asked_for_again() {
    let server = Server::start(&[], &[Act::SayOf(LISTING, 150), Act::Say(LISTING)]);
    let bucket = server.bucket(StoreSettings::default());
    let mut found = Vec::new();
    bucket.list("", &mut |object| found.push((object.name, object.size))).unwrap();
    assert_eq!(found, [(name(), 7)]);
    let traffic = bucket.traffic().unwrap();
    assert_eq!(traffic.requests, Requests { list: 2, ..Requests::default() });
    assert_eq!((traffic.retries, traffic.bytes_received), (1, 150 + LISTING.len() as u64));
}

#[test]
fn a_long_range_is_asked_for_in_parts() {
    let object = bytes(20 << 20);
    let server = Server::start(&object, &[Act::Cut(1 << 20), Act::Lose]);
    let bucket = server.bucket(StoreSettings::default());
    let mut buffer = vec![0; (18 << 20) + 1];
    bucket.get_range(&name(), 5, &mut buffer).unwrap();
    assert!(buffer == object[5..5 + buffer.len()]);
    let traffic = bucket.traffic().unwrap();
    assert_eq!((traffic.requests.get, traffic.retries), (5, 2));
    assert_eq!(traffic.bytes_received, buffer.len() as u64);
}

#[test]
fn a_limit_is_no_standstill() {
    let object = bytes(60_000);
    let server = Server::start(&object, &[]);
    let settings = StoreSettings {
        upload_limit: Some(50_000),
        download_limit: Some(50_000),
        patience: Patience { stall: Duration::from_millis(200), ..Patience::default() },
        ..StoreSettings::default()
    };
    let bucket = server.bucket(settings);
    bucket.put(&name(), &object).unwrap();
    assert_eq!(bucket.get(&name(), 60_000).unwrap(), object);
    let traffic = bucket.traffic().unwrap();
    assert_eq!((traffic.requests.total(), traffic.retries), (2, 0));
    assert_eq!(server.asked()[0].body, object);
}

#[test]
fn refusals_for_good_are_not_asked_again() {
    let server = Server::start(&[], &[Act::Refuse("403 Forbidden"), Act::Refuse("404 Not Found")]);
    let bucket = server.bucket(StoreSettings::default());
    assert_eq!(bucket.put(&name(), b"bytes").unwrap_err().kind(), ErrorKind::Denied);
    assert!(bucket.get(&name(), 1).unwrap_err().is_not_found());
    let traffic = bucket.traffic().unwrap();
    assert_eq!((traffic.requests.total(), traffic.retries), (2, 0));
}

#[test]
fn a_server_that_only_refuses_is_given_up_on() {
    let server = Server::start(&[], &[Act::Refuse("503 Slow Down"); 100]);
    let bucket =
        server.bucket(patience(Patience { give_up: Duration::from_millis(300), ..Patience::default() }));
    let error = bucket.get(&name(), 1).unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("503"), "{error:?}");
    let traffic = bucket.traffic().unwrap();
    assert_eq!(traffic.requests.get, traffic.retries + 1);
    assert!(traffic.retries > 0);
    assert_eq!(traffic.waiting, None, "nobody waits any more");
}

#[test]
fn a_server_that_is_not_there_is_not_asked_for_long() {
    let settings = patience(Patience { first_answer: Duration::ZERO, ..Patience::default() });
    // Nobody listens at the first port.
    let bucket = bucket_at("127.0.0.1:1", settings);
    assert!(bucket.get(&name(), 1).unwrap_err().is_retryable());
    let traffic = bucket.traffic().unwrap();
    assert_eq!((traffic.requests.get, traffic.retries), (1, 0));
}

#[test]
fn an_object_that_is_only_refused_is_given_up_on_once() {
    // Each attempt of ours gets a time of its own from the store; that one begins is no sign that anything moves.
    let server = Server::start(&[], &[Act::Refuse("503 Slow Down"); 1000]);
    let give_up = Duration::from_millis(300);
    let bucket = server.bucket(patience(Patience { give_up, ..Patience::default() }));
    let of_get = {
        let error = bucket.get(&name(), 1).unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        server.asked().len()
    };
    assert!(bucket.put(&name(), b"bytes").unwrap_err().is_retryable());
    let of_put = server.asked().len() - of_get;
    assert!(of_put <= 3 * of_get, "{of_put} attempts against {of_get}");
    // Whoever tidies up afterwards need not wait as long.
    assert!(bucket.delete(&name()).unwrap_err().is_retryable());
    assert!(server.asked().len() <= of_get + of_put + 2, "{of_get}, {of_put}: {:?}", server.asked().len());
}

#[test]
fn an_object_is_deleted_although_the_answer_is_lost() {
    let server = Server::start(b"x", &[Act::Serve, Act::Lose, Act::Lose]);
    let bucket = server.bucket(StoreSettings::default());
    bucket.delete(&name()).unwrap();
    let asked = server.asked();
    assert!(asked[0].line.starts_with("HEAD "), "{asked:?}");
    assert!(asked[1..].iter().all(|asked| asked.line.starts_with("DELETE /bucket/folder/a ")), "{asked:?}");
    assert!(asked.len() >= 4, "{asked:?}");
}

#[test]
fn whether_damage_on_the_way_is_noticed_is_tried() {
    let object = bytes(10_000);
    let server = Server::start(&[], &[Act::Refuse("400 Bad Request"), Act::Refuse("500 Oops"), Act::Serve]);
    let bucket = server.bucket(StoreSettings::default());
    assert_eq!(bucket.notices_damage(&name(), &object).unwrap(), Some(true));
    assert_eq!(bucket.notices_damage(&name(), &object).unwrap(), Some(true));
    assert_eq!(bucket.notices_damage(&name(), &object).unwrap(), Some(false));
    for asked in server.asked() {
        assert!(asked.body.len() == object.len() && asked.body[0] == object[0] ^ 1);
        assert!(asked.body[1..] == object[1..]);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "who waits for another thread has to wait")]
fn whoever_is_in_a_hurry_gives_up_what_stands_still() {
    // An answer that never begins, one that stops, refusals without end, and a request to wait for long.
    let endless = [Act::Refuse("503 Slow Down"); 100];
    let long = [Act::Refuse("429 Too Many Requests\r\nretry-after: 50"); 100];
    for acts in [&[Act::Ignore; 5][..], &[Act::Hang(0); 100], &endless, &long] {
        let server = Server::start(&bytes(100), acts);
        let hurried = Duration::from_millis(100);
        let patience = Patience { hurried, obey: Duration::MAX, ..Patience::default() };
        let settings = StoreSettings { patience, ..StoreSettings::default() };
        let hurry = settings.hurry.flag();
        let bucket = server.bucket(settings);
        let waiting = std::thread::spawn(move || bucket.get(&name(), 100));
        while server.asked().is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
        hurry.store(true, std::sync::atomic::Ordering::Relaxed);
        // Without it the first of them takes a minute, which the test has not got.
        let got = waiting.join().unwrap();
        assert!(got.as_ref().is_err_and(|error| error.is_retryable()), "{:?}: {got:?}", acts[0]);
    }
}
