//! Plans of drills: `drill validate`.

use super::world::World;

fn validate(world: &World, plan: &str, more: &[&str]) -> super::world::Ended {
    world.write("plan.toml", plan.as_bytes());
    world.run(&[&["drill", "validate", "--plan", "plan.toml"], more].concat())
}

/// The plan of the documentation is one.
#[test]
fn the_plan_of_the_page_is_understood() {
    let page = crate::sources::root().join("docs/drills.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (plan, _) = page.split_once("```toml\n").unwrap().1.split_once("```").unwrap();
    let ended = validate(&World::without_repository(), plan, &[]).succeeds();
    let names = "drills that can be run: database, nightly-sample, one-file, rot, stream\n";
    assert_eq!(ended.err, names, "nothing of it is odd");
    assert_eq!(ended.out, "");
}

#[test]
fn drills_stand_in_the_configuration_too() {
    let world = World::without_repository();
    let text =
        "[repository.far]\nurl = \"../far\"\n[drill.a]\nscenario = \"lost-primary\"\nreplica = \"far\"\n";
    world.write("etc/lifeboat.toml", text.as_bytes());
    let run =
        |more: &[&str]| world.run(&[&["--config", "etc/lifeboat.toml", "drill", "validate"], more].concat());
    assert_eq!(run(&[]).succeeds().err, "drills that can be run: a\n");
    // A plan knows the repositories of the configuration, and has none of its own.
    world.write("plan.toml", text.replace("[repository.far]\nurl = \"../far\"\n", "").as_bytes());
    run(&["--plan", "plan.toml"]).succeeds();
    world.write("plan.toml", text.as_bytes());
    run(&["--plan", "plan.toml"]).fails(2, "plan.toml: line 1: unknown field `repository`");
    assert!(world.run(&["drill", "validate"]).succeeds().err.starts_with("there are no drills"));
}

#[test]
fn a_plan_that_would_prove_nothing_is_refused() {
    let world = World::without_repository();
    let drill = |rest: &str| format!("[drill.a]\nscenario = \"restore-full\"\n{rest}\n");
    let ended =
        validate(&world, &drill("checks = [\"metadata\"]"), &[]).fails(2, "drills that would prove nothing");
    assert!(ended.err.contains("[drill.a]: checks: none that decides looks at data"), "{}", ended.err);
    let ended = validate(&world, &drill("replica = \"far\""), &[]).fails(2, "would prove nothing");
    assert!(ended.err.contains("[drill.a]: replica: there is no [repository.far]"), "{}", ended.err);
    for (rest, cause, hint) in [
        (
            "checks = [\"contents\"]",
            "plan.toml: [drill.a]: checks: there is no [check.contents]",
            "write content in plan.toml",
        ),
        (
            "shedule = \"0 0 * * *\"",
            "plan.toml: line 3: unknown field `shedule`",
            "write schedule in plan.toml",
        ),
        (
            "schedule = \"0 0 30 2 *\"",
            "plan.toml: line 3: schedule: there is no such day",
            "mend the file: plan.toml",
        ),
        (
            "schedule = \"0 0 * * *\"\nzone = \"Mars/Base\"",
            "plan.toml: [drill.a]: zone: ",
            "write a name as Europe/Berlin",
        ),
        ("mode = \"steam\"", "plan.toml: line 3: mode: unknown variant `steam`", "write stream in plan.toml"),
    ] {
        let ended = validate(&world, &drill(rest), &[]).fails(2, cause);
        assert!(ended.err.contains(&format!("hint: {hint}")), "{}", ended.err);
    }
    validate(&world, "[drill.a]\nscenario = \"ransomware\"\n", &[])
        .fails(2, "[drill.a]: scenario: ransomware is not there yet");
    world.run(&["drill", "validate", "--plan", "none.toml"]).fails(2, "cannot read none.toml");
}

#[test]
fn what_is_odd_is_told() {
    let plan = "[objectives]\nrto = \"1h\"\n[drill.a]\nscenario = \"restore-full\"\nmode = \"stream\"\n";
    let ended = validate(&World::without_repository(), plan, &[]).succeeds();
    assert!(
        ended.err.contains("[drill.a]: objectives.rto: nothing is written, so it can never pass"),
        "{}",
        ended.err
    );
}
