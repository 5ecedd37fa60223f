//! `evidence`: what rehearsals have shown is listed, verified, and handed over to people without this program.

use super::alone;
use super::sample;
use super::world::{PASSWORD, World};
use lifeboat_drill::evidence::{Destination, publish};
use lifeboat_drill::record::Status;
use lifeboat_repository::{Credential, OwnChain, Repository};
use std::fs;
use std::path::Path;
use std::process::Command;

impl World {
    /// A rehearsal on a machine, whose state lies in the directory of its name.
    fn rehearse(&self, machine: &str, day: i64, status: Status) {
        let byte = u8::try_from(day).unwrap() * 2 + u8::from(machine == "two");
        let password = Credential::password(PASSWORD.as_bytes().to_vec());
        let environment = alone::environment(byte);
        let repository = Repository::open(self.store.backend(), &password, environment.clone()).unwrap();
        let own = OwnChain::new(Some(&self.path(machine)), repository.config().repository);
        let (store, log_heads) = (repository.evidence(), repository.read_log().unwrap().heads());
        let key = repository.evidence_key();
        let to = Destination { store: &store, key, own: &own, log_heads: &log_heads };
        let published = publish(&sample::account("erp", day, status), &to, &*environment.random).unwrap();
        assert!(published.forgotten.is_none());
    }

    /// Six rehearsals of two machines, of which one failed.
    fn rehearsed() -> Self {
        let world = Self::with_snapshot();
        for day in 0..6 {
            let status = if day == 2 { Status::Fail } else { Status::Pass };
            world.rehearse(if day % 2 == 0 { "one" } else { "two" }, day, status);
        }
        world
    }

    /// Objects of evidence, in the order of time of [`World::rehearsed`].
    fn records(&self) -> Vec<String> {
        let list = self.run(&["evidence", "list", "--json"]).succeeds().json();
        let mut records: Vec<_> = list.as_array().unwrap().iter().collect();
        records.sort_by_key(|line| line["record"]["id"].as_str().unwrap());
        let name = |line: &&serde_json::Value| {
            let text = |key: &str| line[key].as_str().unwrap();
            format!("evidence/{}-{}-{}", text("writer"), line["seq"], text("sha256"))
        };
        records.iter().map(name).collect()
    }
}

/// Runs the script of an export; whether it is content, and what it says.
fn check(export: &Path, arguments: &[&str]) -> (bool, String) {
    // From elsewhere: people type paths.
    let output = Command::new("sh").arg(export.join("verify.sh")).args(arguments).current_dir("/").output();
    let output = output.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn records_are_listed_with_how_they_ended() {
    let world = World::with_snapshot();
    assert!(world.run(&["evidence", "list"]).succeeds().out.ends_with("0 records\n"));
    let world = World::rehearsed();
    let table = world.run(&["evidence", "list"]).succeeds();
    let lines: Vec<_> = table.out.lines().collect();
    assert_eq!((lines.len(), lines.last(), table.err.as_str()), (10, Some(&"6 records"), ""));
    let failed: Vec<_> = lines.iter().filter(|line| line.contains(" fail ")).collect();
    assert!(failed.len() == 1 && failed[0].contains("erp") && failed[0].contains("L3"), "{}", table.out);
    let json = world.run(&["evidence", "list", "--json"]).succeeds().json();
    assert_eq!(json[0]["record"]["plan"]["drill"], "erp");
    let anchors = world.run(&["evidence", "list", "--anchor"]).succeeds();
    assert_eq!(anchors.out.lines().count(), 2);
    let heads = world.run(&["evidence", "list", "--anchor", "--json"]).succeeds().json();
    let text = |key| heads[0][key].as_str().unwrap();
    assert_eq!(anchors.out.lines().next().unwrap(), format!("{} 2 {}", text("writer"), text("sha256")));
}

#[test]
fn nothing_is_no_proof() {
    let world = World::with_snapshot();
    world.run(&["evidence", "verify"]).fails(6, "there is no evidence, so nothing is proved");
}

#[test]
fn what_fits_together_is_proved() {
    let world = World::rehearsed();
    let told = world.run(&["evidence", "verify"]).succeeds().out;
    let expected = "checked 6 records of 2 writers: signatures are good, and none that is named is missing\n";
    assert_eq!(told, expected);
    let json = world.run(&["evidence", "verify", "--json"]).succeeds().json();
    assert_eq!((&json["records"], &json["num_errors"]), (&6.into(), &0.into()));
    assert_eq!(json["heads"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_altered_or_taken_away_ends_with_14() {
    let world = World::rehearsed();
    let records = world.records();
    world.store.remove(&records[2]);
    let ended = world.run(&["evidence", "verify"]).fails(14, "not to be trusted: 1 problem");
    assert!(ended.err.contains("-1: missing; later ones are there\n"), "{}", ended.err);
    let noted = world.run(&["evidence", "list"]).succeeds().err;
    assert!(noted.contains("not all that was there, or not as it was: 1 problem"), "{noted}");
    world.store.flip(&records[3], 100);
    let ended = world.run(&["evidence", "verify", "--json"]);
    assert_eq!(ended.code, 14);
    let talk = ended.json_talk();
    let kinds: Vec<_> = talk.iter().map(|line| line["kind"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["tampering", "tampering", ""]);
    assert!(talk.iter().any(|line| line["item"] == records[3][..records[3].len() - 65]));
}

#[test]
fn an_older_state_is_noticed_by_who_remembers() {
    let world = World::rehearsed();
    let anchors = world.run(&["evidence", "list", "--anchor"]).succeeds().out;
    world.write("anchors", anchors.as_bytes());
    world.run(&["evidence", "verify", "--anchor", "anchors"]).succeeds();
    let newest = world.records()[5].clone();
    world.store.remove(&newest);
    world.run(&["evidence", "verify"]).succeeds();
    let remembered = "missing as it was; somebody remembers it";
    let by_anchor = world.run(&["evidence", "verify", "--anchor", "anchors"]);
    assert!(by_anchor.fails(14, "not to be trusted").err.contains(remembered));
    let by_machine = world.run(&["--state-dir", "two", "evidence", "verify"]);
    assert!(by_machine.fails(14, "not to be trusted").err.contains(remembered));
    world.run_with(&[("LIFEBOAT_STATE_DIR", "two")], &["evidence", "verify"]).fails(14, "not to be trusted");
    world.run(&["--state-dir", "one", "evidence", "verify"]).succeeds();
    let home = world.path("home/.local/state");
    fs::create_dir_all(&home).unwrap();
    fs::rename(world.path("two"), home.join("lifeboat")).unwrap();
    let home = world.path("home");
    world
        .run_with(&[("HOME", home.to_str().unwrap())], &["evidence", "verify"])
        .fails(14, "not to be trusted");
}

#[test]
fn anchors_that_say_nothing_are_refused() {
    let world = World::rehearsed();
    world.write("empty", b"# none yet\n");
    world.write("odd", b"# from June\n\nwhat 1 is this\n");
    let verify = |name| world.run(&["evidence", "verify", "--anchor", name]);
    verify("empty").fails(2, "empty: it names no record");
    verify("odd").fails(2, "odd: line 3 is not \"writer number hash\"");
    verify("absent").fails(1, "cannot read absent");
}

#[test]
fn an_export_is_checked_without_this_program() {
    let world = World::rehearsed();
    let told = world.run(&["evidence", "export", "handed over"]).succeeds().out;
    assert!(told.starts_with("exported 6 records to handed over"), "{told}");
    let export = world.path("handed over");
    let (is_good, said) = check(&export, &[]);
    assert!(is_good && said.starts_with("6 records of 2 writers are as they were signed by key "), "{said}");
    let lines = fs::read_to_string(export.join("records.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 6);
    let record: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(record["schema"], "lifeboat.drill-evidence/v1");
    let anchors = fs::read_to_string(export.join("anchor.txt")).unwrap();
    assert_eq!(anchors, world.run(&["evidence", "list", "--anchor"]).succeeds().out);
    world.run(&["evidence", "export", "handed over"]).fails(1, "cannot make handed over");
    let json = world.run(&["evidence", "export", "another", "--json"]).succeeds().json();
    assert_eq!((&json["message_type"], &json["records"]), (&"exported".into(), &6.into()));
}

/// What somebody does to an export shows to whoever runs its script.
#[test]
fn an_export_that_was_changed_is_refused_by_its_script() {
    let world = World::rehearsed();
    let records = world.records();
    let file = |export: &Path, at: usize| {
        export.join("envelopes").join(records[at].strip_prefix("evidence/").unwrap().to_owned() + ".json")
    };
    world.rehearse("one", 6, Status::Pass);
    let mut number = 0;
    let mut refused = |what: &str, change: &dyn Fn(&Path)| {
        number += 1;
        let export = world.path(format!("export-{number}"));
        world.run(&["evidence", "export", export.to_str().unwrap()]).succeeds();
        change(&export);
        let (is_good, said) = check(&export, &[]);
        assert!(!is_good && said.contains(what) && said.contains("NOT TO BE TRUSTED"), "{what}: {said}");
    };
    refused("-1: missing", &|export| fs::remove_file(file(export, 2)).unwrap());
    refused("names it", &|export| fs::remove_file(file(export, 5)).unwrap());
    refused("an anchor names it", &|export| fs::remove_file(file(export, 5)).unwrap());
    refused("its bytes are not those of its name", &|export| {
        fs::copy(file(export, 0), file(export, 1)).map(drop).unwrap();
    });
    refused("no good signature", &|export| {
        let altered =
            fs::read_to_string(file(export, 0)).unwrap().replacen("\"payload\":\"e", "\"payload\":\"f", 1);
        let hash = lifeboat_format::EvidenceHash::of(altered.as_bytes());
        let name = file(export, 0)
            .to_str()
            .unwrap()
            .replace(&records[0][records[0].len() - 64..], &hash.to_string());
        fs::write(name, altered).unwrap();
    });
    refused("it says that it is another record", &|export| {
        let name = file(export, 0).to_str().unwrap().replace("-0-", "-9-");
        fs::rename(file(export, 0), name).unwrap();
    });
    refused("it is not the key of the export", &|export| {
        let other = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAEvNIdk5IAJ9XJW/WMdkZa1FQkgFKjN/qUmdf67784FY=\n-----END PUBLIC KEY-----\n";
        fs::write(export.join("evidence-key.pem"), other).unwrap();
    });
}

#[test]
fn an_anchor_of_before_is_held_against_an_export() {
    let world = World::rehearsed();
    world.run(&["evidence", "export", "before"]).succeeds();
    let newest = world.records()[5].clone();
    world.store.remove(&newest);
    world.run(&["evidence", "export", "after"]).succeeds();
    let (is_good, said) = check(&world.path("after"), &[]);
    assert!(is_good, "{said}");
    let anchor = world.path("before/anchor.txt");
    let (is_good, said) = check(&world.path("after"), &[anchor.to_str().unwrap()]);
    assert!(!is_good && said.contains("an anchor names it"), "{said}");
    let (is_good, said) = check(&world.path("after"), &["/nowhere"]);
    assert!(!is_good && said.contains("cannot read /nowhere"), "{said}");
}

/// What is older is named, so that what is left can be checked.
#[test]
fn an_export_begins_where_it_is_asked_to() {
    let world = World::rehearsed();
    let list = world.run(&["evidence", "list", "--json"]).succeeds().json();
    let mut times: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["record"]["when"]["finished"].as_str().unwrap())
        .collect();
    times.sort_unstable();
    world.run(&["evidence", "export", "newer", "--since", times[3]]).succeeds();
    let export = world.path("newer");
    assert_eq!(fs::read_dir(export.join("envelopes")).unwrap().count(), 3);
    assert_eq!(fs::read_to_string(export.join("left-out.txt")).unwrap().lines().count(), 3);
    let (is_good, said) = check(&export, &[]);
    assert!(is_good && said.starts_with("3 records of 2 writers"), "{said}");
    world.run(&["evidence", "export", "none", "--since", "2999-01-01 00:00:00"]).succeeds();
    let (is_good, said) = check(&world.path("none"), &[]);
    assert!(!is_good && said.contains("nothing is proved"), "{said}");
    world.run(&["evidence", "export", "odd", "--since", "June"]).fails(2, "invalid value 'June'");
}

#[test]
fn what_does_not_fit_is_handed_over_and_told() {
    let world = World::rehearsed();
    world.store.flip(&world.records()[0], 100);
    world.run(&["evidence", "export", "export"]).fails(14, "not to be trusted: 1 problem");
    let (is_good, said) = check(&world.path("export"), &[]);
    assert!(!is_good && said.contains("its bytes are not those of its name"), "{said}");
}

/// Everything else passes evidence over.
#[test]
fn evidence_stays_whatever_else_is_done() {
    let world = World::rehearsed();
    let evidence = world.store.names("evidence/");
    let scrubbed = world.run(&["verify", "--scrub", "--json"]).succeeds().json_lines();
    let checked = scrubbed.last().unwrap()["checked"].as_array().unwrap().clone();
    assert!(checked.iter().any(|kind| kind["kind"] == "evidence" && kind["objects"] == 6), "{checked:?}");
    for arguments in
        [&["verify", "--read-data"][..], &["forget", "--keep-last", "1"], &["prune"], &["repair"]]
    {
        let ended = world.run(arguments).succeeds();
        assert!(
            !ended.err.contains("evidence") && !ended.out.contains("evidence"),
            "{}{}",
            ended.out,
            ended.err
        );
    }
    assert_eq!(world.store.names("evidence/"), evidence);
    world.store.flip(&evidence[0], 100);
    world.run(&["verify"]).succeeds();
    let ended = world.run(&["verify", "--scrub"]).fails(4, "the repository is damaged");
    assert!(ended.err.contains(&evidence[0]), "{}", ended.err);
}
