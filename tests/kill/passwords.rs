//! Changes of keys that are killed: what was reported holds, nobody else is locked out, and somebody always gets in.

use std::fs;
use std::process::{Command, Output};

use lifeboat_testkit::Random;
use serde_json::Value;

use super::killer::{KEY_ADD, KEY_PASSWD, KEY_REMOVE, Killer};
use super::world::{Signal, World};

/// Passwords that there are at most.
const MOST: usize = 4;
const WRONG_PASSWORD: i32 = 12;

#[test]
fn whoever_could_open_the_repository_still_can_when_a_change_of_keys_is_killed() {
    let mut ring = Ring::new();
    let mut add = Killer::new(KEY_ADD, 71, || ring.add_in_peace());
    let mut passwd = Killer::new(KEY_PASSWD, 72, || ring.add_in_peace());
    let mut remove = Killer::new(KEY_REMOVE, 73, || ring.remove_in_peace());
    while add.is_due() || passwd.is_due() || remove.is_due() {
        match ring.random.below(3) {
            0 if add.is_due() => ring.add(&mut add),
            1 if passwd.is_due() => ring.change(&mut passwd),
            2 if remove.is_due() => ring.remove(&mut remove),
            _ => {}
        }
        // Of a change that was killed both passwords may be left.
        while ring.open.len() > MOST {
            ring.remove_in_peace();
        }
        ring.world.password = ring.any();
        ring.world.verify_after(&ring.world.repository, Signal::Kill);
    }
    ring.world.run(&ring.world.repository, &["backup", "source"]);
    ring.world.assert_restores(&ring.world.repository);
    [add, passwd, remove].into_iter().for_each(Killer::record);
}

/// The passwords of a repository.
struct Ring {
    world: World,
    random: Random,
    /// Those that open it.
    open: Vec<String>,
    /// How many there ever were.
    made: usize,
}

impl Ring {
    fn new() -> Self {
        let world = World::keeping();
        fs::create_dir(world.path("source")).unwrap();
        fs::write(world.path("source/file"), Random::new(74).bytes(100_000)).unwrap();
        world.run(&world.repository, &["backup", "source"]);
        let open = vec![world.password.clone()];
        Self { world, random: Random::new(75), open, made: 0 }
    }

    fn add_in_peace(&mut self) {
        let (new, opener) = (self.fresh(), self.any());
        let output = self.run(&opener, &["key", "add", "--new-password-file", "new"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.open.push(new);
    }

    fn add(&mut self, killer: &mut Killer) {
        let (new, opener) = (self.fresh(), self.any());
        let arguments = ["--json", "key", "add", "--new-password-file", "new"];
        let ended = killer.kill(&mut self.command(&opener, &arguments));
        if self.opens(&new) {
            self.open.push(new);
        } else {
            assert!(ended.reported("key_added").is_none(), "what was added does not open");
        }
        self.assert_all_open();
    }

    fn change(&mut self, killer: &mut Killer) {
        let (new, old) = (self.fresh(), self.any());
        let arguments = ["--json", "key", "passwd", "--new-password-file", "new"];
        let ended = killer.kill(&mut self.command(&old, &arguments));
        let (opens, opened) = (self.opens(&new), self.opens(&old));
        assert!(opens || opened, "neither password opens");
        if ended.reported("key_removed").is_some() {
            assert!(opens && !opened, "the change was reported: new {opens}, old {opened}");
        }
        self.open.retain(|password| opened || *password != old);
        self.open.extend(opens.then_some(new));
        self.assert_all_open();
    }

    fn remove(&mut self, killer: &mut Killer) {
        if self.open.len() == 1 {
            return self.add_in_peace();
        }
        let (leaving, opener) = self.two();
        let id = self.id(&leaving);
        let ended = killer.kill(&mut self.command(&opener, &["--json", "key", "remove", &id]));
        let opens = self.opens(&leaving);
        assert!(!opens || ended.reported("key_removed").is_none(), "what was removed opens");
        self.open.retain(|password| opens || *password != leaving);
        self.assert_all_open();
    }

    fn remove_in_peace(&mut self) {
        let (leaving, opener) = self.two();
        let id = self.id(&leaving);
        let output = self.run(&opener, &["key", "remove", &id]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!self.opens(&leaving));
        self.open.retain(|password| *password != leaving);
    }

    fn command(&self, password: &str, arguments: &[&str]) -> Command {
        let mut command = self.world.command(&self.world.repository, arguments);
        command.env("LIFEBOAT_PASSWORD", password);
        command
    }

    fn run(&self, password: &str, arguments: &[&str]) -> Output {
        self.command(password, arguments).output().unwrap()
    }

    /// A password that nobody had, in the file `new`.
    fn fresh(&mut self) -> String {
        self.made += 1;
        let password = format!("password {}", self.made);
        fs::write(self.world.path("new"), &password).unwrap();
        password
    }

    fn any(&mut self) -> String {
        self.random.pick(&self.open).clone()
    }

    /// Two different ones.
    fn two(&mut self) -> (String, String) {
        self.random.shuffle(&mut self.open);
        (self.open[0].clone(), self.open[1].clone())
    }

    fn assert_all_open(&self) {
        for password in &self.open {
            assert!(self.opens(password), "{password} does not open any more");
        }
    }

    fn opens(&self, password: &str) -> bool {
        let output = self.run(password, &["snapshots"]);
        let code = output.status.code();
        assert!(
            code == Some(0) || code == Some(WRONG_PASSWORD),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        code == Some(0)
    }

    /// The name of the slot that a password opens.
    fn id(&self, password: &str) -> String {
        let output = self.run(password, &["--json", "key", "list"]);
        let keys: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        let current = keys.iter().find(|key| key["current"] == true).unwrap();
        current["id"].as_str().unwrap().to_owned()
    }
}
