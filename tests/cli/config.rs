//! Repositories that have names in `lifeboat.toml`.

use super::world::{PASSWORD, World};
use crate::store::on_disk;

/// A world whose repository is called `nas` and has its password in a file beside the configuration.
fn named() -> Option<World> {
    on_disk("the configuration names directories").then(|| {
        let world = World::with_snapshot();
        world.write("etc/password", PASSWORD.as_bytes());
        world.write(
            "etc/lifeboat.toml",
            b"[repository.nas]\nurl = \"../repo\"\npassword-file = \"password\"\n",
        );
        world
    })
}

#[test]
fn a_name_stands_for_place_and_password() {
    let Some(world) = named() else { return };
    let nobody = [("LIFEBOAT_PASSWORD", ""), ("LIFEBOAT_REPOSITORY", "")];
    let ended = world.run_with(&nobody, &["--config", "etc/lifeboat.toml", "-r", "nas", "snapshots"]);
    assert!(ended.succeeds().out.contains("1 snapshot"));
    let by_variables = [nobody[0], ("LIFEBOAT_REPOSITORY", "nas"), ("LIFEBOAT_CONFIG", "etc/lifeboat.toml")];
    assert!(world.run_with(&by_variables, &["ls", "latest"]).succeeds().out.contains("/files/one"));
    // What the command line says comes first.
    let wrong = [("LIFEBOAT_PASSWORD", "another")];
    world
        .run_with(&wrong, &["--config", "etc/lifeboat.toml", "-r", "nas", "snapshots"])
        .fails(12, "wrong password");
    // A path is no name, and the file is not even read for it.
    world.run(&["--config", "etc/none", "-r", "./repo", "snapshots"]).succeeds();
}

#[test]
fn the_file_of_the_user_is_found_where_it_usually_is() {
    let Some(world) = named() else { return };
    std::fs::create_dir_all(world.path("home/.config")).unwrap();
    std::fs::rename(world.path("etc"), world.path("home/.config/lifeboat")).unwrap();
    let text = "[repository.nas]\nurl = \"../../../repo\"\n";
    world.write("home/.config/lifeboat/lifeboat.toml", text.as_bytes());
    let home = world.path("home");
    world.run_with(&[("HOME", home.to_str().unwrap())], &["-r", "nas", "snapshots"]).succeeds();
    let config = world.path("home/.config");
    world.run_with(&[("XDG_CONFIG_HOME", config.to_str().unwrap())], &["-r", "nas", "snapshots"]).succeeds();
    // Nowhere else.
    world.run(&["-r", "nas", "snapshots"]).fails(10, "no repository at nas");
}

#[test]
fn what_is_not_understood_is_refused() {
    let Some(world) = named() else { return };
    let refused = |text: &str, cause: &str| {
        world.write("etc/lifeboat.toml", text.as_bytes());
        world.run(&["--config", "etc/lifeboat.toml", "-r", "nas", "snapshots"]).fails(2, cause)
    };
    let ended =
        refused("[repository.nas]\nurl = \"../repo\"\nkeyfile = \"k\"\n", "line 3: unknown field `keyfile`");
    assert!(ended.err.contains("hint: write key-file in etc/lifeboat.toml"), "{}", ended.err);
    refused("[repository.nas]\nurl = [1]\n", "line 2: url: invalid type");
    refused("[repository.nas\n", "line 1: ");
    refused("[repository.nas]\nurl = \"ftp://somewhere\"\n", "ftp");
    world.run(&["--config", "etc/none", "-r", "nas", "snapshots"]).fails(2, "cannot read etc/none");
    world.run(&["--config", "", "-r", "nas", "snapshots"]).fails(2, "config");
    let text = "[repository.nas]\nurl = \"../repo\"\npassword-file = \"none\"\n";
    world.write("etc/lifeboat.toml", text.as_bytes());
    let by_file = [("LIFEBOAT_PASSWORD", ""), ("LIFEBOAT_CONFIG", "etc/lifeboat.toml")];
    world.run_with(&by_file, &["-r", "nas", "snapshots"]).fails(1, "cannot read the password file etc/none");
}
