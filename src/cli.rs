//! The arguments: what stands before or after every verb, and the verbs.
//!
//! Invariant: whatever is wrong with the arguments becomes a [`Failure`] like any other: one line, a hint, code 2.

use crate::commands::Command;
use crate::compression;
use crate::environment::variable;
use crate::exit::Failure;
use crate::report::{self, Report};
use crate::size;
use crate::store;
use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser};
use lifeboat_engine::Compression;
use std::path::PathBuf;

/// Variables that stand for options.
const VARIABLES: [&str; 9] = [
    "LIFEBOAT_CONFIG",
    "LIFEBOAT_REPOSITORY",
    "LIFEBOAT_PASSWORD_FILE",
    "LIFEBOAT_PASSWORD_COMMAND",
    "LIFEBOAT_KEY_FILE",
    "LIFEBOAT_CACHE_DIR",
    "LIFEBOAT_STATE_DIR",
    "LIFEBOAT_COMPRESSION",
    "LIFEBOAT_MAX_MEMORY",
];

/// Back up files into an encrypted, deduplicated repository, and bring them back.
#[derive(Debug, Parser)]
#[command(name = "lifeboat", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 could not, 2 bad usage, 3 done in part, 4 damage, \
                  6 not proved, 10 no repository, 11 others may be active, 12 wrong password or key, 13 storage full, 14 tampering, \
                  130 ended by SIGINT (Ctrl-C), 143 by SIGTERM.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every verb.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Where the repository is: a directory, file:///directory, s3://bucket/prefix, or a name that the configuration has.
    #[arg(short, long, global = true, env = "LIFEBOAT_REPOSITORY", hide_env_values = true)]
    pub(crate) repo: Option<PathBuf>,

    /// Configuration, with names of repositories; ~/.config/lifeboat/lifeboat.toml, else /etc/lifeboat/lifeboat.toml, if
    /// nothing is said.
    #[arg(long, value_name = "FILE", global = true, env = "LIFEBOAT_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,

    /// File with the password; LIFEBOAT_PASSWORD holds the password itself.
    #[arg(long, value_name = "FILE", global = true, env = "LIFEBOAT_PASSWORD_FILE", hide_env_values = true)]
    pub(crate) password_file: Option<PathBuf>,

    /// Command for the shell that prints the password.
    #[arg(long, value_name = "COMMAND", global = true)]
    #[arg(env = "LIFEBOAT_PASSWORD_COMMAND", hide_env_values = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) password_command: Option<String>,

    /// File with a key, or with the words of a recovery sheet, in place of a password.
    #[arg(long, value_name = "FILE", global = true, env = "LIFEBOAT_KEY_FILE", hide_env_values = true)]
    pub(crate) key_file: Option<PathBuf>,

    /// Where the index of each repository is kept for the next run; ~/.cache/lifeboat if nothing is said.
    #[arg(long, value_name = "DIR", global = true, env = "LIFEBOAT_CACHE_DIR", hide_env_values = true)]
    pub(crate) cache_dir: Option<PathBuf>,

    /// Keep nothing for the next run, and use nothing that was kept.
    #[arg(long, global = true)]
    pub(crate) no_cache: bool,

    /// Where this machine remembers what it wrote, to notice when that is taken away; ~/.local/state/lifeboat if nothing is said.
    #[arg(long, value_name = "DIR", global = true, env = "LIFEBOAT_STATE_DIR", hide_env_values = true)]
    pub(crate) state_dir: Option<PathBuf>,

    /// How hard to compress what is stored: auto, off, fastest, better, max, or a level of zstd from 1 to 22; auto if
    /// nothing is said.
    #[arg(long, value_name = "MODE", global = true, env = "LIFEBOAT_COMPRESSION", hide_env_values = true)]
    #[arg(value_parser = compression::parse)]
    pub(crate) compression: Option<Compression>,

    /// Memory to get by with, such as 200M; 256 MiB if nothing is said.
    #[arg(long, value_name = "SIZE", global = true, env = "LIFEBOAT_MAX_MEMORY", hide_env_values = true)]
    #[arg(value_parser = size::parse)]
    pub(crate) max_memory: Option<u64>,

    /// Option of object storage, such as storage-class=STANDARD_IA; can be given again.
    #[arg(short, long, value_name = "NAME=VALUE", global = true, value_parser = store::parse_option)]
    pub(crate) option: Vec<(String, String)>,

    /// KiB per second that may be sent to object storage; any number if nothing is said.
    #[arg(long, value_name = "KIB", global = true, value_parser = size::rate)]
    pub(crate) limit_upload: Option<u64>,

    /// KiB per second that may be received from object storage; any number if nothing is said.
    #[arg(long, value_name = "KIB", global = true, value_parser = size::rate)]
    pub(crate) limit_download: Option<u64>,

    /// Print JSON lines instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print nothing but data and errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Name every file, and count what went over the network.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Arguments that led to no verb: a request for help, or a mistake.
pub(crate) struct Refused(clap::Error);

impl Cli {
    /// Understands the arguments of this process.
    pub(crate) fn from_arguments() -> Result<Self, Refused> {
        let cli = Self::try_parse().map_err(Refused)?;
        if cli.globals.quiet && cli.globals.verbose > 0 {
            let both = "the arguments --quiet and --verbose exclude each other";
            return Err(Refused(Self::command().error(ErrorKind::ArgumentConflict, both)));
        }
        Ok(cli)
    }
}

impl Refused {
    /// Prints the help that was asked for, or makes the mistake a failure.
    pub(crate) fn into_report(self) -> (Box<dyn Report>, Result<(), Failure>) {
        // The options were not understood; what is meant by this one is clear all the same.
        let json = std::env::args_os().any(|argument| argument == "--json");
        let report = report::for_people_or_programs(&Globals { json, ..Globals::default() });
        let ended = match self.0.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => self.0.print().map_err(Failure::output),
            ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Err(Failure::usage("no command is given", help_command()))
            }
            kind => Err(empty_variable(kind).unwrap_or_else(|| self.failure())),
        };
        (report, ended)
    }

    /// clap's first paragraph is the cause; its tip, where it has one, is worth more than a pointer to the help.
    fn failure(&self) -> Failure {
        let text = self.0.to_string();
        let mut paragraphs = text.split("\n\n");
        let cause = paragraphs.next().unwrap_or_default().trim_start_matches("error: ");
        let cause: Vec<&str> = cause.lines().map(str::trim).collect();
        let mut tips = paragraphs.filter_map(|paragraph| paragraph.trim().strip_prefix("tip: "));
        // Of clap's tips only those about slips of the pen are to the point.
        let tip = tips.find(|tip| tip.contains("similar"));
        Failure::usage(cause.join(" "), tip.map_or_else(help_command, one_line))
    }
}

/// clap blames the option for the empty value of a variable.
fn empty_variable(kind: ErrorKind) -> Option<Failure> {
    let is_empty = |name: &&str| variable(name).is_some_and(|value| value.is_empty());
    let is_of_value = matches!(kind, ErrorKind::InvalidValue | ErrorKind::ValueValidation);
    let name = VARIABLES.into_iter().find(is_empty).filter(|_| is_of_value)?;
    Some(Failure::usage(format!("the variable {name} is set, but empty"), format!("unset {name}")))
}

fn one_line(tip: &str) -> String {
    tip.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// `lifeboat VERB --help`, with the verbs that are understood in spite of the mistake.
fn help_command() -> String {
    let mut words = vec!["lifeboat"];
    let matches = Cli::command().ignore_errors(true).try_get_matches();
    let mut verb = matches.as_ref().ok().and_then(clap::ArgMatches::subcommand);
    while let Some((name, below)) = verb {
        words.push(name);
        verb = below.subcommand();
    }
    format!("{} --help", words.join(" "))
}
