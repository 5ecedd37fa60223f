//! `lifeboat.toml`: repositories that have names, and drills.
//!
//! The file is named by an option or a variable, else it is the one of the user, else the one of the machine; of several one counts, as a
//! whole. It is read only when a name or a drill has to be looked up. Invariant: what is not understood is refused, with its line.

mod complaint;
mod drills;
mod repository;

pub(crate) use drills::{Drills, drills};
pub(crate) use repository::Table;

use crate::cli::Globals;
use crate::environment::variable;
use crate::exit::{Code, Failure};
use crate::list_file;
use complaint::{hint, misread, refused};
use lifeboat_drill::plan::{
    Budget, CheckSpec, DrillTable, EvidenceSpec, NegativeControl, ObjectivesTable, SandboxTable, Tables,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file of the machine.
const OF_THE_MACHINE: &str = "/etc/lifeboat/lifeboat.toml";
/// The same of a user, below the directory for such files.
const OF_A_USER: &str = "lifeboat/lifeboat.toml";

/// What the file says: of repositories, and all that a plan may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    repository: BTreeMap<String, Table>,
    drill: BTreeMap<String, DrillTable>,
    check: BTreeMap<String, CheckSpec>,
    objectives: ObjectivesTable,
    budget: Budget,
    sandbox: SandboxTable,
    negative_control: NegativeControl,
    evidence: EvidenceSpec,
}

/// The table of this name; none where there is none. What cannot be a name has none, and nothing is read for it.
///
/// # Errors
/// When the file cannot be read or is not understood, or was named and does not exist.
pub(crate) fn table(globals: &Globals, name: &Path) -> Result<Option<Table>, Failure> {
    let Some(name) = name.to_str().filter(|name| is_name(name)) else { return Ok(None) };
    let Some(path) = path(globals) else { return Ok(None) };
    let mut file = File::read(&path)?;
    Ok(file.repository.remove(name).map(|table| table.seen_from(directory(&path))))
}

/// What is neither a path nor a URL.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('.') && !text.contains(['/', ':'])
}

/// The file that counts; none where there is none.
fn path(globals: &Globals) -> Option<PathBuf> {
    globals.config.clone().or_else(usual)
}

/// The file that counts when none is named.
fn usual() -> Option<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let of_user = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    let files = of_user.map(|directory| directory.join(OF_A_USER)).into_iter().chain([OF_THE_MACHINE.into()]);
    // What is there and cannot be looked at is not passed over.
    files.into_iter().find(|path| path.symlink_metadata().is_ok())
}

/// What paths in a file are seen from.
fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new("."))
}

/// The text of a file that an option names.
fn text(option: &str, path: &Path) -> Result<String, Failure> {
    let text = list_file::of_file(option, path);
    let text = text.map_err(|failure| Failure { code: Code::Usage, ..failure })?;
    String::from_utf8(text).map_err(|_| refused(path, "it is not text in UTF-8", hint(path)))
}

/// What a text says.
fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error| misread(path, text, &error))
}

impl File {
    fn read(path: &Path) -> Result<Self, Failure> {
        Self::parse(path, &text("--config", path)?)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let file: Self = parse(path, text)?;
        for (name, table) in &file.repository {
            if !is_name(name) {
                let cause =
                    format!("[repository.{name}]: a name has neither / nor : and does not begin with a dot");
                return Err(refused(path, &cause, hint(path)));
            }
            if table.sources() > 1 {
                let cause =
                    format!("[repository.{name}]: give one of password-file, password-command and key-file");
                return Err(refused(path, &cause, hint(path)));
            }
        }
        Ok(file)
    }

    /// What it says of drills.
    fn into_tables(self) -> Tables {
        let Self { repository: _, drill, check, objectives, budget, sandbox, negative_control, evidence } =
            self;
        Tables { drill, check, objectives, budget, sandbox, negative_control, evidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause_of(text: &str) -> (String, String) {
        let failure = File::parse(Path::new("lifeboat.toml"), text).unwrap_err();
        assert_eq!(failure.code, Code::Usage);
        (failure.message(), failure.hint)
    }

    #[test]
    fn unknown_keys_are_refused_with_the_one_that_was_meant() {
        let (cause, hint) = cause_of("[repository.nas]\nurl = \"/nas\"\npasword-file = \"p\"\n");
        assert!(cause.starts_with("lifeboat.toml: line 3: unknown field `pasword-file`"), "{cause}");
        assert_eq!(hint, "write password-file in lifeboat.toml");
        let (cause, hint) = cause_of("[repositories.nas]\nurl = \"/nas\"\n");
        assert!(cause.starts_with("lifeboat.toml: line 1: unknown field `repositories`"), "{cause}");
        assert_eq!(hint, "write repository in lifeboat.toml");
        assert_eq!(cause_of("nothing = 1\n").1, "mend the file: lifeboat.toml");
    }

    #[test]
    fn wrong_values_are_told_with_line_and_key() {
        let (cause, _) = cause_of("[repository.nas]\n\nurl = 3\n");
        assert_eq!(cause, "lifeboat.toml: line 3: url: invalid type: integer `3`, expected a string");
        let (cause, _) = cause_of("[repository.nas]\nkey-file = \"k\"\n");
        assert_eq!(cause, "lifeboat.toml: line 1: missing field `url`");
        let (cause, _) = cause_of("[repository.nas\nurl = \"a\"\n");
        assert!(cause.starts_with("lifeboat.toml: line 1: "), "{cause}");
        let (cause, _) = cause_of("[repository.\"a/b\"]\nurl = \"/nas\"\n");
        assert!(cause.contains("[repository.a/b]: a name has neither"), "{cause}");
        let (cause, _) =
            cause_of("[repository.a]\nurl = \"/nas\"\npassword-file = \"p\"\nkey-file = \"k\"\n");
        assert!(cause.contains("give one of"), "{cause}");
    }

    #[test]
    fn drills_are_misread_with_as_much_care() {
        for (text, cause, hint) in [
            (
                "[drill.a]\nscenario = \"restore-smaple\"\n",
                "line 2: scenario: unknown variant `restore-smaple`",
                "write restore-sample in",
            ),
            (
                "[drill.a]\nscenario = \"restore-full\"\nshedule = \"x\"\n",
                "line 3: unknown field `shedule`",
                "write schedule in",
            ),
            (
                "[drill.a]\n[drill.b]\nscenario = \"read-rotation\"\n",
                "line 1: missing field `scenario`",
                "mend",
            ),
            (
                "[objectives]\nrto = \"4 hours\"\n",
                "line 2: rto: write a number from 1 on and its unit",
                "mend",
            ),
            (
                "[drill.a]\nscenario = \"restore-full\"\nobjectives = { rtp = \"1h\" }\n",
                "line 3: objectives: unknown field `rtp`",
                "write rto in",
            ),
            (
                "[check.a]\ntype = \"sqlite\"\nglob = \"*.db\"\nmin-match = 3\n",
                "line 4: unknown field `min-match`",
                "write min-matches in",
            ),
            (
                "[check.a]\n\ntype = \"sqlight\"\n",
                "line 3: type: unknown variant `sqlight`",
                "write sqlite in",
            ),
            (
                "[check.a]\ntype = \"canary\"\npath = \"/c\"\n",
                "line 1: missing field `max-age-at-snapshot`",
                "mend",
            ),
            (
                "[check.a]\ntype = \"canary\"\npath = \"/c\"\nmax-age-at-snapshot = \"5\"\n",
                "line 1: write a number",
                "mend",
            ),
            (
                "[drills.a]\nscenario = \"read-rotation\"\n",
                "line 1: unknown field `drills`",
                "write drill in",
            ),
        ] {
            let (actual, actual_hint) = cause_of(text);
            assert!(actual.starts_with(&format!("lifeboat.toml: {cause}")), "{actual}\nis not\n{cause}");
            assert!(actual_hint.starts_with(hint), "{actual_hint}");
        }
    }
}
