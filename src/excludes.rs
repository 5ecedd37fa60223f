//! The options that leave things out.

use crate::exit::{Code, Failure};
use crate::patterns::Patterns;
use crate::size;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use lifeboat_engine::{Filter, FilterOptions, FsError, Tag};
use std::ffi::OsString;
use std::path::PathBuf;

/// What to leave out. Paths that are named are always saved, and what is below them is subject to this.
#[derive(Args, Debug)]
#[command(next_help_heading = "What to leave out")]
pub(crate) struct Excludes {
    /// Leave out what fits this pattern, as in .gitignore, but a leading slash is the root of the file system;
    /// repeat it for more, the last one that fits decides
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

    /// Leave out what is in directories with a valid CACHEDIR.TAG, but the tag
    #[arg(long)]
    exclude_caches: bool,

    /// Leave out what is in directories with this file, but the file; with HEADER only if it begins with that; repeat
    /// it for more
    #[arg(long, value_name = "FILE[:HEADER]")]
    exclude_if_present: Vec<OsString>,

    /// Leave out larger files: 100, 10k, 1.5M, 2GiB
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    exclude_larger_than: Option<u64>,

    /// Leave out other file systems than those of the paths; a directory where one is mounted is saved empty
    #[arg(short = 'x', long)]
    one_file_system: bool,

    /// Leave out what has the file flag for that (chattr +d)
    #[arg(long)]
    nodump: bool,

    /// Leave out what the .gitignore files of git work trees name, even if git tracks it
    #[arg(long)]
    git_ignore: bool,
}

impl Excludes {
    /// Reads the files and compiles the patterns.
    pub(crate) fn filter(&self) -> Result<Filter, Failure> {
        let tags = self.exclude_if_present.iter().map(|text| Tag::parse(text).map_err(bad_tag));
        let caches = self.exclude_caches.then(|| Ok(Tag::cache_directory()));
        let others = FilterOptions {
            tags: tags.chain(caches).collect::<Result<_, _>>()?,
            larger_than: self.exclude_larger_than,
            one_file_system: self.one_file_system,
            no_dump: self.nodump,
            git_ignore: self.git_ignore,
            ..FilterOptions::default()
        };
        let patterns = Patterns {
            option: "exclude",
            texts: &self.exclude,
            any_case: &self.iexclude,
            files: &self.exclude_file,
            any_case_files: &self.iexclude_file,
        };
        patterns.filter(others)
    }

    /// The options as they were given, for the snapshot; those of --exclude without its name.
    pub(crate) fn texts(&self) -> Vec<String> {
        let of_files = |option: &'static str, files: &[PathBuf]| -> Vec<String> {
            files.iter().map(|file| format!("{option}={}", file.display())).collect()
        };
        let flags = [
            (self.exclude_caches, "--exclude-caches"),
            (self.one_file_system, "--one-file-system"),
            (self.nodump, "--nodump"),
            (self.git_ignore, "--git-ignore"),
        ];
        let mut texts = self.exclude.clone();
        texts.extend(of_files("--exclude-file", &self.exclude_file));
        texts.extend(self.iexclude.iter().map(|pattern| format!("--iexclude={pattern}")));
        texts.extend(of_files("--iexclude-file", &self.iexclude_file));
        let tags = self.exclude_if_present.iter();
        texts.extend(tags.map(|tag| format!("--exclude-if-present={}", tag.display())));
        texts.extend(self.exclude_larger_than.map(|bytes| format!("--exclude-larger-than={bytes}")));
        texts.extend(flags.iter().filter(|(given, _)| *given).map(|(_, option)| (*option).to_owned()));
        texts
    }
}

fn bad_tag(error: FsError) -> Failure {
    let cause = anyhow::Error::new(error).context("bad value of --exclude-if-present");
    Failure::new(Code::Usage, cause, "give a file name without a directory: --exclude-if-present .nobackup")
}
