//! `evidence export`.

use crate::app::App;
use crate::commands::verdict;
use crate::exit::Failure;
use crate::report::Work;
use crate::time;
use clap::Args;
use lifeboat_drill::evidence::{Stored, anchor};
use lifeboat_drill::record::Record;
use lifeboat_engine::Timestamp;
use lifeboat_repository::{EvidenceName, Repository};
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Where the records lie as they are stored.
const ENVELOPES: &str = "envelopes";
/// What checks an export without this program.
const SCRIPT: &str = include_str!("export/verify.sh");
/// What an export is, for whoever gets it.
const ABOUT: &str = include_str!("export/README.txt");

/// Hand records over to somebody who has neither the password nor this program
///
/// Makes a directory with the records as they are stored and as JSON lines, the public key, an anchor, and verify.sh, which
/// checks them with openssl and sha256sum.
#[derive(Args, Debug)]
pub(super) struct Export {
    /// Directory to be made
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Leave out records of what was over before this time: "2026-01-31 12:00:00", or with a time zone
    /// 2026-01-31T12:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    since: Option<Timestamp>,
}

impl Export {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let repository = app.open()?;
        let chains = super::read(&repository)?;
        // What is not believed is handed over too: it is for whoever gets it to see.
        let old: BTreeSet<_> = chains
            .records()
            .filter(|stored| self.leaves_out(&stored.record))
            .map(|stored| stored.name)
            .collect();
        let (old, kept): (Vec<_>, Vec<_>) =
            repository.evidence().list()?.into_iter().partition(|name| old.contains(name));
        let kept_records = chains.records().filter(|stored| kept.binary_search(&stored.name).is_ok());
        let export = NewDirectory::make(&self.directory)?;
        export.fill(&repository, &kept)?;
        export.write("records.jsonl", &json_lines(kept_records))?;
        export.write("anchor.txt", &lines(&chains.heads()))?;
        export.write("left-out.txt", &lines(&old))?;
        app.report.evidence_exported(&self.directory, kept.len(), old.len());
        verdict::of(&super::tell(app, &chains.verify(&[])), Work::Verify)
    }

    fn leaves_out(&self, record: &Record) -> bool {
        self.since.is_some_and(|since| time::of(record.account.when.finished) < since)
    }
}

fn json_lines<'a>(records: impl Iterator<Item = &'a Stored>) -> Vec<u8> {
    let line = |stored: &Stored| {
        serde_json::to_string(&stored.record).expect("all keys of a record are text") + "\n"
    };
    records.map(line).collect::<String>().into_bytes()
}

fn lines(names: &[EvidenceName]) -> Vec<u8> {
    names.iter().map(|name| anchor(name) + "\n").collect::<String>().into_bytes()
}

/// A directory that was made for an export.
struct NewDirectory<'a>(&'a Path);

impl<'a> NewDirectory<'a> {
    fn make(path: &'a Path) -> Result<Self, Failure> {
        let made = fs::create_dir(path).and_then(|()| fs::create_dir(path.join(ENVELOPES)));
        made.map(|()| Self(path)).map_err(|error| not_written(path, error))
    }

    /// Writes the records as they are stored, and what they are checked with.
    fn fill(&self, repository: &Repository, names: &[EvidenceName]) -> Result<(), Failure> {
        let (mut failed, key) = (Ok(()), repository.evidence_key().public());
        repository.evidence().read_many(names, &mut |name, read| {
            let written = read.map_err(Failure::from);
            let written = written.and_then(|bytes| self.write(&format!("{ENVELOPES}/{name}.json"), &bytes));
            failed = std::mem::replace(&mut failed, Ok(())).and(written);
        });
        failed?;
        self.write("evidence-key.pem", key.pem().as_bytes())?;
        self.write("verify.sh", SCRIPT.replace("@KEY@", &key.id().to_string()).as_bytes())?;
        self.write("README.txt", ABOUT.as_bytes())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.0.join(name);
        let mode = if name.ends_with(".sh") { 0o755 } else { 0o644 };
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        let written = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(|error| not_written(&path, error))
    }
}

fn not_written(path: &Path, error: io::Error) -> Failure {
    let action = format!("cannot make {}", path.display());
    Failure::system(action, error, "name a directory that does not exist yet: lifeboat evidence export DIR")
}
