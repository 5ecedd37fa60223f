//! What a long run shows while it goes on: a bar on a terminal, status lines for programs, and trouble as it happens.
//!
//! Workers only add to counters; one thread of its own draws, so that nobody waits for a terminal.

use crate::amount;
use crate::app::App;
use crate::exit::Failure;
use crate::lookout::Lookout;
use crate::report::{Report, Run, Status, Work};
use crate::signals::Signals;
use indicatif::{ProgressBar, ProgressStyle};
use lifeboat_engine::{EngineError, Event, Fate, Observer, Outcome, Timestamp, escaped};
use lifeboat_repository::{Clock, RepositoryError};
use std::io::{IsTerminal as _, stderr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is said when a signal asks to end, unless it has ended [`SOON`].
const ENDING: &str = "ending; a second Ctrl-C or SIGTERM ends at once";
const SOON: Duration = Duration::from_secs(2);
const REDRAW: Duration = Duration::from_millis(100);
const STATUS_LINE: Duration = Duration::from_secs(1);
const WITH_TOTAL: &str = "{bar:30} {percent:>3}%  {bytes} of {total_bytes}  {prefix}  {eta} left\n{wide_msg}";
const WITHOUT_TOTAL: &str = "{spinner} {bytes}  {prefix}  {elapsed}\n{wide_msg}";

/// Runs a verb and shows how far it is. SIGINT and SIGTERM end it early.
///
/// # Errors
/// Those of the verb.
pub(crate) fn watch<T>(
    app: &App<'_>,
    work: Work,
    dry: bool,
    verb: impl FnOnce(&dyn Observer) -> Result<T, EngineError>,
) -> Result<(T, Run), Failure> {
    let progress = Progress::new(app, work, dry, Signals::watch(&app.hurry)?);
    let start = progress.clock.now();
    match progress.during(verb) {
        Ok(done) => Ok((done, progress.run(start))),
        Err(EngineError::Interrupted) => Err(progress.interruption(None)),
        Err(EngineError::Repository(error)) if progress.should_stop() && error.is_outage() => {
            Err(progress.interruption(Some(error)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The same for what tells by itself how it ended; beside what it gives, the failure where a signal asked to end.
///
/// # Errors
/// When signals cannot be watched for.
pub(crate) fn watch_through<T>(
    app: &App<'_>,
    work: Work,
    verb: impl FnOnce(&dyn Observer) -> T,
) -> Result<(T, Option<Failure>), Failure> {
    let progress = Progress::new(app, work, false, Signals::watch(&app.hurry)?);
    let done = progress.during(verb);
    let interruption = progress.should_stop().then(|| progress.interruption(None));
    Ok((done, interruption))
}

/// Counts what happens.
struct Progress<'a> {
    report: &'a dyn Report,
    clock: &'a dyn Clock,
    lookout: &'a Lookout,
    signals: Signals,
    work: Work,
    dry: bool,
    verbose: bool,
    /// A dry run is how people look for what is left out.
    names_excluded: bool,
    json: bool,
    bar: ProgressBar,
    started: Duration,
    total_files: AtomicU64,
    total_bytes: AtomicU64,
    files: AtomicU64,
    bytes: AtomicU64,
    problems: AtomicU64,
    current: Mutex<PathBuf>,
}

impl<'a> Progress<'a> {
    fn new(app: &'a App<'_>, work: Work, dry: bool, signals: Signals) -> Self {
        let globals = &app.globals;
        // Lines that name every file and a bar would be in each other's way.
        let hidden = globals.json || globals.quiet || globals.verbose > 0 || !stderr().is_terminal();
        let clock = &*app.environment.clock;
        Self {
            report: app.report,
            clock,
            lookout: &app.lookout,
            signals,
            work,
            dry,
            verbose: globals.verbose > 0,
            names_excluded: globals.verbose > 0 || dry && !globals.quiet,
            json: globals.json && !globals.quiet,
            bar: if hidden { ProgressBar::hidden() } else { ProgressBar::no_length() },
            started: clock.elapsed(),
            total_files: AtomicU64::new(0),
            total_bytes: AtomicU64::new(0),
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            problems: AtomicU64::new(0),
            current: Mutex::new(PathBuf::new()),
        }
    }

    /// Shows how far a verb is until it is over.
    fn during<T>(&self, verb: impl FnOnce(&dyn Observer) -> T) -> T {
        let (stop, stopped) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(|| self.show_until(stopped));
            let done = verb(self);
            drop(stop);
            done
        })
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "the receiver has to move into the thread that waits on it"
    )]
    fn show_until(&self, stopped: Receiver<()>) {
        let interval = if self.json { STATUS_LINE } else { REDRAW };
        self.bar.set_style(style(WITHOUT_TOTAL));
        self.lookout.relieve(!self.bar.is_hidden());
        let mut ending = Duration::ZERO;
        while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
            if self.should_stop() {
                ending += interval;
                if ending == SOON {
                    self.bar.suspend(|| self.report.note(ENDING));
                }
            }
            if self.json {
                self.report.status(&self.status());
            } else if !self.bar.is_hidden() {
                self.draw();
            }
        }
        self.lookout.relieve(false);
        self.bar.finish_and_clear();
    }

    fn draw(&self) {
        let total = self.total_bytes.load(Relaxed);
        let done = self.bytes_done();
        if total > 0 && done > 0 && self.bar.length() != Some(total) {
            self.bar.set_length(total);
            self.bar.set_style(style(WITH_TOTAL));
        }
        self.bar.set_position(done);
        self.bar.set_prefix(amount::of(self.files.load(Relaxed), self.work.noun()));
        self.bar.set_message(match self.lookout.waiting() {
            Some((text, _)) => escaped(text.as_bytes()),
            None => escaped(self.current().as_os_str().as_bytes()),
        });
        self.bar.tick();
    }

    fn run(&self, start: Timestamp) -> Run {
        Run {
            start,
            end: self.clock.now(),
            duration: self.elapsed(),
            expected_files: self.total_files.load(Relaxed),
            expected_bytes: self.total_bytes.load(Relaxed),
            dry: self.dry,
            traffic: self.lookout.traffic(),
        }
    }

    /// What was done by the time the verb was told to end, and how to go on.
    fn interruption(&self, standstill: Option<RepositoryError>) -> Failure {
        let (cause, hint) = match self.work {
            Work::Restore if !self.dry => {
                let files = amount::of(self.files.load(Relaxed), "file");
                (
                    format!("interrupted: {files} restored by then"),
                    "run the same command again: what is complete is not written twice",
                )
            }
            Work::Backup if !self.dry => (
                "interrupted: no snapshot was made".to_owned(),
                "run the same command again: what is stored already is used",
            ),
            _ => ("interrupted".to_owned(), "run the same command again"),
        };
        let cause = match standstill {
            Some(error) => anyhow::Error::new(error).context(cause),
            None => anyhow::Error::msg(cause),
        };
        Failure::new(self.signals.code(), cause, hint)
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.started)
    }

    fn status(&self) -> Status {
        Status {
            work: self.work,
            elapsed: self.elapsed(),
            total_files: self.total_files.load(Relaxed),
            files: self.files.load(Relaxed),
            total_bytes: self.total_bytes.load(Relaxed),
            bytes: self.bytes_done(),
            problems: self.problems.load(Relaxed),
            current: self.current(),
            waiting: self.lookout.waiting().map(|(_, waiting)| waiting),
        }
    }

    /// The total is what was there last time: more can be done than was expected.
    fn bytes_done(&self) -> u64 {
        let (done, total) = (self.bytes.load(Relaxed), self.total_bytes.load(Relaxed));
        if total > 0 { done.min(total) } else { done }
    }

    fn current(&self) -> PathBuf {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn item(&self, path: &Path, is_file: bool) {
        self.files.fetch_add(u64::from(is_file), Relaxed);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.clear();
        current.push(path);
    }
}

impl Observer for Progress<'_> {
    fn event(&self, event: &Event<'_>) {
        match event {
            // What each snapshot takes is known when it is its turn.
            Event::Expect { bytes, .. } if self.work == Work::Copy => {
                self.total_bytes.fetch_add(*bytes, Relaxed);
            }
            Event::Expect { files, bytes } => {
                self.total_files.store(*files, Relaxed);
                self.total_bytes.store(*bytes, Relaxed);
            }
            Event::Saved { path, node, fate } => {
                self.item(path, !crate::report::is_directory(node));
                if *fate == Fate::Unmodified {
                    self.bytes.fetch_add(node.size, Relaxed);
                }
                if self.verbose {
                    self.bar.suspend(|| self.report.saved(path, node, *fate));
                }
            }
            Event::Excluded { path, why } if self.names_excluded => {
                self.bar.suspend(|| self.report.excluded(path, why));
            }
            Event::Restored { path, node, outcome } => {
                self.item(path, !crate::report::is_directory(node));
                if matches!(outcome, Outcome::Unchanged | Outcome::Kept) {
                    self.bytes.fetch_add(node.size, Relaxed);
                }
                if self.verbose {
                    self.bar.suspend(|| self.report.restored(path, node, *outcome, self.dry));
                }
            }
            Event::Read(bytes) | Event::Written(bytes) => {
                self.bytes.fetch_add(*bytes, Relaxed);
                // A verification has no files to count: what it reads at once is an object.
                self.files.fetch_add(u64::from(matches!(self.work, Work::Verify | Work::Repair)), Relaxed);
            }
            Event::Checked { bytes, .. } => {
                self.bytes.fetch_add(*bytes, Relaxed);
                self.files.fetch_add(1, Relaxed);
            }
            Event::Compared { path, .. } => self.item(path, false),
            Event::Problem(problem) => {
                self.problems.fetch_add(1, Relaxed);
                self.bar.suspend(|| self.report.problem(problem, self.work));
            }
            Event::Mended { object, means } => {
                self.bar.suspend(|| self.report.mended(object, means, self.dry));
            }
            Event::Quarantined(object) => self.bar.suspend(|| self.report.quarantined(object, self.dry)),
            Event::Copied { from, snapshot } => {
                self.files.fetch_add(1, Relaxed);
                self.bar.suspend(|| self.report.copied(*from, snapshot, self.dry));
            }
            Event::Note(note) => self.bar.suspend(|| self.report.note(note)),
            _ => {}
        }
    }

    fn should_stop(&self) -> bool {
        self.signals.has_arrived()
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the template is a constant and tested");
    style.progress_chars("=> ").tick_chars("|/-\\ ")
}

#[cfg(test)]
mod tests {
    use super::{WITH_TOTAL, WITHOUT_TOTAL, style};

    #[test]
    fn templates_are_understood() {
        for template in [WITH_TOTAL, WITHOUT_TOTAL] {
            let bar = indicatif::ProgressBar::hidden().with_style(style(template));
            bar.set_position(1);
            assert_eq!(bar.position(), 1);
        }
    }
}
