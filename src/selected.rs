//! The options that choose among the items of a snapshot.

use crate::exit::Failure;
use crate::patterns::Patterns;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use lifeboat_engine::{FilterOptions, Selection};
use std::path::PathBuf;

/// Names of the options that leave things out.
const EXCLUDES: [&str; 4] = ["exclude", "iexclude", "exclude_file", "iexclude_file"];

/// What to restore. Patterns are held against the path in the snapshot, as `ls` prints it.
#[derive(Args, Debug)]
#[command(next_help_heading = "What to restore")]
pub(crate) struct Selected {
    /// Restore only what fits this pattern, with all that is below it; as in .gitignore, but a leading slash is the root
    /// of the snapshot; repeat it for more
    #[arg(short, long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    #[arg(conflicts_with_all = EXCLUDES)]
    include: Vec<String>,

    /// The same, and upper and lower case are the same
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    #[arg(conflicts_with_all = EXCLUDES)]
    iinclude: Vec<String>,

    /// Take patterns from the lines of this file, as if they followed those of --include; repeat it for more
    #[arg(long, value_name = "FILE", conflicts_with_all = EXCLUDES)]
    include_file: Vec<PathBuf>,

    /// The same for --iinclude
    #[arg(long, value_name = "FILE", conflicts_with_all = EXCLUDES)]
    iinclude_file: Vec<PathBuf>,

    /// Leave out what fits this pattern, with all that is below it; repeat it for more
    #[arg(short, long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    exclude: Vec<String>,

    /// The same, and upper and lower case are the same
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new())]
    iexclude: Vec<String>,

    /// Take patterns from the lines of this file, as if they followed those of --exclude; repeat it for more
    #[arg(long, value_name = "FILE")]
    exclude_file: Vec<PathBuf>,

    /// The same for --iexclude
    #[arg(long, value_name = "FILE")]
    iexclude_file: Vec<PathBuf>,
}

impl Selected {
    /// Reads the files and compiles the patterns.
    pub(crate) fn selection(&self) -> Result<Selection, Failure> {
        let includes = Patterns {
            option: "include",
            texts: &self.include,
            any_case: &self.iinclude,
            files: &self.include_file,
            any_case_files: &self.iinclude_file,
        };
        let excludes = Patterns {
            option: "exclude",
            texts: &self.exclude,
            any_case: &self.iexclude,
            files: &self.exclude_file,
            any_case_files: &self.iexclude_file,
        };
        // A file of patterns that holds none still chooses: nothing.
        match (includes.are_given(), excludes.are_given()) {
            (true, _) => Ok(Selection::Include(includes.filter(FilterOptions::default())?)),
            (false, true) => Ok(Selection::Exclude(excludes.filter(FilterOptions::default())?)),
            (false, false) => Ok(Selection::All),
        }
    }
}
