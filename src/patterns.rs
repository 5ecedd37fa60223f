//! Patterns of options, and of files with a pattern in each line.

use crate::exit::{Code, Failure};
use crate::list_file;
use lifeboat_engine::{Filter, FilterOptions, Pattern};
use std::path::{Path, PathBuf};

/// The four options that take patterns for one purpose.
pub(crate) struct Patterns<'a> {
    /// Which purpose: the name of the first option, without its hyphens.
    pub(crate) option: &'static str,
    pub(crate) texts: &'a [String],
    pub(crate) any_case: &'a [String],
    pub(crate) files: &'a [PathBuf],
    pub(crate) any_case_files: &'a [PathBuf],
}

impl Patterns<'_> {
    /// Whether any of the options is there.
    pub(crate) fn are_given(&self) -> bool {
        let files = [self.files, self.any_case_files];
        [self.texts, self.any_case].iter().any(|texts| !texts.is_empty())
            || files.iter().any(|files| !files.is_empty())
    }

    /// Reads the files and compiles the patterns together with what else decides.
    ///
    /// # Errors
    /// A file that cannot be read, or a pattern that is not understood.
    pub(crate) fn filter(&self, others: FilterOptions) -> Result<Filter, Failure> {
        let option = self.option;
        let options = FilterOptions {
            patterns: self.list(&format!("--{option}"), self.texts, self.files)?,
            patterns_any_case: self.list(&format!("--i{option}"), self.any_case, self.any_case_files)?,
            ..others
        };
        Filter::new(options).map_err(|error| {
            let hint =
                format!("put a backslash before a letter that is meant as it stands: --{option} 'a\\[b'");
            Failure::new(Code::Usage, error, hint)
        })
    }

    /// The patterns of an option, then those of its files.
    fn list(&self, option: &str, texts: &[String], files: &[PathBuf]) -> Result<Vec<Pattern>, Failure> {
        let given = texts.iter().map(|text| Pattern { text: text.clone(), origin: option.to_owned() });
        let mut patterns: Vec<_> = given.collect();
        for file in files {
            patterns.extend(self.of_file(&format!("{option}-file"), file)?);
        }
        Ok(patterns)
    }

    fn of_file(&self, option: &str, file: &Path) -> Result<Vec<Pattern>, Failure> {
        let list = list_file::of_file(option, file)?;
        let list = list.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&list);
        let pattern = |(number, line): (usize, &[u8])| {
            let origin = format!("{}, line {number}", file.display());
            let text = str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)).map_err(|_| {
                let cause = format!("cannot use a pattern: it is not UTF-8 ({origin})");
                Failure::usage(cause, "write ? for each byte that is none")
            })?;
            Ok(Pattern { text: text.to_owned(), origin })
        };
        list_file::lines(list).map(pattern).collect()
    }
}
