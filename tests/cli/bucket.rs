//! Repositories in buckets: what is refused before a server is asked, and what a server refuses.

use super::world::World;
use crate::store::has_real_server;

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "KEY"), ("AWS_SECRET_ACCESS_KEY", "hush")];

#[test]
fn settings_that_will_not_do_are_bad_usage() {
    let world = World::without_bucket();
    for (options, cause) in [
        (&["-o", "regoin=x"][..], "there is no option regoin"),
        (&["-o", "path-style=perhaps"], "path-style is true or false"),
        (&["-o", "storage-class=DEEP_ARCHIVE"], "cannot be read at once"),
        (&["-o", "endpoint=http://127.0.0.1:1"], "plain http"),
        (&["-o", "ca-file=nowhere.pem"], "nowhere.pem"),
        (&["-o", "profile=nobody"], "no profile nobody"),
    ] {
        for verb in [&["init"][..], &["snapshots"], &["backup", "--init", "."]] {
            let arguments = [&["-r", "s3://bucket/host"], options, verb].concat();
            let ended = world.run_with(&KEYS, &arguments).fails(2, cause);
            assert!(!ended.err.contains("hush"), "{}", ended.err);
        }
    }
}

#[test]
fn a_prefix_that_no_object_can_have_is_bad_usage() {
    let world = World::without_bucket();
    for location in ["s3://bucket/a/../b", "s3://bucket/a//b", "s3://bucket/./a"] {
        let ended = world.run_with(&KEYS, &["-r", location, "snapshots"]);
        ended.fails(2, "no object can have a name that begins with");
    }
}

#[test]
fn a_bucket_that_is_not_there_is_no_repository() {
    // The server in this process has every bucket that it is asked for.
    if !has_real_server() {
        return;
    }
    let world = World::in_bucket();
    for verb in [&["init"][..], &["snapshots"], &["backup", "--init", "."]] {
        let ended = world.run(&[&["-r", "s3://nobody-made-this-bucket/host"], verb].concat());
        let ended = ended.fails(10, "bucket");
        assert!(ended.err.contains("buckets are not created here"), "{}", ended.err);
    }
}

#[test]
fn credentials_that_do_not_fit_are_named_as_such() {
    let world = World::in_bucket();
    let wrong = [("AWS_SECRET_ACCESS_KEY", "hush-hush")];
    for verb in ["init", "snapshots"] {
        let ended = world.run_with(&wrong, &[verb]).fails(1, "error: ");
        assert!(ended.err.contains("hint: check AWS_ACCESS_KEY_ID"), "{}", ended.err);
        assert!(!ended.err.contains("hush"), "{}", ended.err);
    }
}

#[test]
fn endpoints_are_for_probes() {
    let world = World::with_snapshot();
    let ended = world.run(&["-o", "endpoints=http://127.0.0.1:1", "snapshots"]).succeeds();
    assert!(ended.err.contains("-o endpoints is for init and doctor"), "{}", ended.err);
}

#[test]
fn missing_credentials_are_named_before_anything_is_sent() {
    let world = World::without_bucket();
    let variables = [("AWS_EC2_METADATA_DISABLED", "true")];
    let ended = world.run_with(&variables, &["-r", "s3://bucket/host", "snapshots"]);
    let ended = ended.fails(1, "there are no credentials");
    assert!(ended.err.contains("hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{}", ended.err);
    let ended = world.run_with(&KEYS[..1], &["-r", "s3://bucket/host", "snapshots"]);
    ended.fails(1, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
}

#[test]
fn bandwidth_is_limited_both_ways_by_numbers() {
    let world = World::with_snapshot();
    let enough = ["--limit-upload", "1000000", "--limit-download", "1000000"];
    world.run(&[&["backup", "files"], &enough[..]].concat()).succeeds();
    world.run(&[&["verify", "--read-data"], &enough[..]].concat()).succeeds();
    for option in ["--limit-upload", "--limit-download"] {
        for rate in ["0", "fast", "-1", ""] {
            world.run(&["snapshots", &format!("{option}={rate}")]).fails(2, option);
        }
    }
}
