//! `archive`: archives are whole, by what they say of themselves.
//!
//! What an archive is, its first bytes say; the program that made it tests it, without rights, on a copy.

use super::ground::Restored;
use super::{Fault, Finding, Ground, Look, counted};
use crate::jail::{self, Ended, Errand};
use crate::plan::ArchiveCheck;
use crate::{DrillError, scratch};
use serde_json::json;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

/// How long the test of one may take.
const PATIENCE: Duration = Duration::from_secs(3600);
/// How much a test may have to say.
const OUTPUT_MAX: u64 = 1 << 20;
/// What stands in a header of tar, and where.
const TAR: (&[u8], usize) = (b"ustar", 257);
/// Zeros that end a tar.
const TAR_END: u64 = 1024;
/// Less than a header and a half of tar, so that this much of one is never a whole one.
const STUMP: u64 = 700;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Zip,
    Gzip,
    Zstd,
    Tar,
}

/// How the test of one ended.
enum Tested {
    Whole,
    Broken,
    Nobody(String),
}

impl Look for ArchiveCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        let found = ground.fitting(&self.glob)?;
        let (mut whole, mut broken) = (0_u64, 0);
        for archive in &found {
            match test(archive, ground)? {
                Tested::Whole => whole += 1,
                Tested::Broken => broken += 1,
                Tested::Nobody(why) => return Ok(Finding::unknown(why)),
            }
        }
        let subjects = found.len() as u64;
        let too_few = (subjects < self.min_matches).then(|| format!("only {subjects} files fit"));
        let wrong: Vec<String> =
            counted(broken, "archives that are not whole").into_iter().chain(too_few).collect();
        let expected = json!({ "whole": "all", "min": self.min_matches });
        Ok(Finding::of(subjects, &wrong, expected, json!({ "whole": whole, "broken": broken })))
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        let found = ground.fitting(&self.glob)?;
        let Some(archive) = found.first() else { return Ok(()) };
        let room = ground.scratch.with_copy(archive.tree, &archive.path)?;
        let copy = scratch::within(&room, &archive.path);
        let length = scratch::length(&copy)?;
        scratch::cut(&copy, (length / 2).min(if form(&copy)? == Some(Form::Tar) { STUMP } else { length }))?;
        let mut trial = archive.trial.clone();
        trial.tree = Some(room);
        fault("an archive is cut off", &ground.with(&[trial]))
    }
}

fn form(path: &Path) -> Result<Option<Form>, DrillError> {
    let head = scratch::head(path, 512)?;
    let (ustar, at) = TAR;
    Ok(match head.as_slice() {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some(Form::Zip),
        [0x1f, 0x8b, ..] => Some(Form::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Form::Zstd),
        head if head.get(at..).is_some_and(|rest| rest.starts_with(ustar)) => Some(Form::Tar),
        _ => None,
    })
}

fn test(archive: &Restored<'_>, ground: &Ground<'_>) -> Result<Tested, DrillError> {
    let Some(form) = form(&archive.place())? else { return Ok(Tested::Broken) };
    let room = ground.scratch.with_copy(archive.tree, &archive.path)?;
    let copy = scratch::within(&room, &archive.path);
    if form == Form::Tar && !ends_in_zeros(&copy)? {
        return Ok(Tested::Broken);
    }
    ground.jail.give(&room).map_err(scratch::failed(&room))?;
    let argv = program(form, &copy);
    let name = argv.first().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    if jail::find(&name).is_none() {
        return Ok(Tested::Nobody(format!("there is no {name} on this machine")));
    }
    let env = BTreeMap::new();
    let errand = Errand {
        argv,
        env: &env,
        dir: &room,
        timeout: PATIENCE,
        max_output: OUTPUT_MAX,
        refuses_rights: true,
    };
    let ended = ground.jail.run(&errand, ground.observer)?;
    scratch::discard(&room)?;
    Ok(match ended {
        Ended::Exited { code: 0, .. } => Tested::Whole,
        Ended::Unable(why) => Tested::Nobody(format!("it cannot be kept apart here: {why}")),
        _ => Tested::Broken,
    })
}

/// What tests an archive. Of a tar that is compressed both are tested.
fn program(form: Form, path: &Path) -> Vec<OsString> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_tar = [".tgz", ".tar.gz", ".tzst", ".tar.zst"].iter().any(|end| name.ends_with(end));
    // Names go nowhere: there may be many.
    let tar = ["tar", "--index-file=/dev/null"];
    let words: Vec<&str> = match form {
        Form::Zip => vec!["unzip", "-tqq"],
        Form::Gzip if is_tar => [&tar[..], &["--gzip", "-tf"]].concat(),
        Form::Zstd if is_tar => [&tar[..], &["--zstd", "-tf"]].concat(),
        Form::Gzip => vec!["gzip", "-tq"],
        Form::Zstd => vec!["zstd", "-tq"],
        Form::Tar => [&tar[..], &["-tf"]].concat(),
    };
    words.into_iter().map(OsStr::new).chain([path.as_os_str()]).map(OsStr::to_owned).collect()
}

/// One that was cut off between two members lacks its end, and the program says nothing.
fn ends_in_zeros(path: &Path) -> Result<bool, DrillError> {
    let length = scratch::length(path)?;
    let tail = scratch::tail(path, TAR_END)?;
    Ok(length > TAR_END && tail.iter().all(|byte| *byte == 0))
}
