//! Reports of drills for others: a page for people, results of tests, metrics.

use crate::drills::write;
use crate::exit::Failure;
use clap::Args;
use lifeboat_drill::report::{Reported, html, junit, metrics};
use std::path::PathBuf;

/// Where reports are written to.
#[derive(Args, Debug)]
pub(super) struct Outputs {
    /// Write a page for people: one file without scripts, with charts and their tables
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Write what CI reads as results of tests
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Write metrics for Prometheus
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

impl Outputs {
    /// Whether anything is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.html.is_none() && self.junit.is_none() && self.metrics.is_none()
    }

    /// Writes them; `problems` is what verifying the evidence has found, none where it was not verified.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(super) fn write(&self, records: &[Reported<'_>], problems: Option<usize>) -> Result<(), Failure> {
        if let Some(path) = &self.html {
            write(path, &html(records))?;
        }
        if let Some(path) = &self.junit {
            write(path, &junit(records))?;
        }
        match &self.metrics {
            Some(path) => write(path, &metrics(records, problems)),
            None => Ok(()),
        }
    }
}
