//! `backup`.

use super::init::PACK_SIZE;
use super::verdict;
use crate::app::App;
use crate::excludes::Excludes;
use crate::exit::Failure;
use crate::file_lists::FileLists;
use crate::report::{PROGRAM, Work};
use crate::stream::StreamOptions;
use crate::{environment, progress, size, source_path, time};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use lifeboat_engine::{
    BackupOptions, BackupReport, EngineError, Filter, ParentChoice, Timestamp, VerifyWrites, backup,
    backup_stream,
};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Save files and directories as a new snapshot
///
/// Files that have not changed since the last snapshot of the same paths are not read again. A file that cannot be
/// read is named and left out; the snapshot is then marked partial and the exit code is 3.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// What to save, or the command that prints it
    #[arg(value_name = "PATH")]
    #[arg(required_unless_present_any = ["stream", "files_from", "files_from_verbatim", "files_from_raw"])]
    paths: Vec<OsString>,

    #[command(flatten)]
    lists: FileLists,

    /// Make the repository if there is none
    #[arg(long)]
    init: bool,

    /// Size of the packs of the repository that --init makes, in MiB: 4 to 128, 32 if nothing is said
    #[arg(long, value_name = "MIB", requires = "init", value_parser = size::mib(PACK_SIZE))]
    pack_size: Option<u32>,

    /// Label for the snapshot, or a list TAG,TAG; repeat it for more
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    tag: Vec<String>,

    /// Name of this machine, when not the one it gives itself
    #[arg(short = 'H', long, value_name = "HOST")]
    host: Option<String>,

    /// Compare files with this snapshot instead of the last one of the same paths
    #[arg(long, value_name = "SNAP", conflicts_with = "force", value_parser = NonEmptyStringValueParser::new())]
    parent: Option<String>,

    /// Read all files, whether they have changed or not
    #[arg(short, long)]
    force: bool,

    /// Take a file for unchanged even if its change time differs
    #[arg(long)]
    ignore_ctime: bool,

    /// Take a file for unchanged even if its inode number and change time differ
    #[arg(long)]
    ignore_inode: bool,

    /// Record when each item was last accessed
    #[arg(long)]
    with_atime: bool,

    /// Make no snapshot when nothing of what is to be saved has changed
    #[arg(long, conflicts_with = "stream")]
    skip_if_unchanged: bool,

    /// Say that the backup began at this time: RFC 3339, or "YYYY-MM-DD HH:MM:SS" in local time
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    time: Option<Timestamp>,

    /// Read and count, but store nothing; say what is left out, and why
    #[arg(short = 'n', long)]
    dry_run: bool,

    #[command(flatten)]
    stream: StreamOptions,

    /// Path that the snapshot shows instead of the one PATH that is saved
    #[arg(long, value_name = "PATH", conflicts_with = "stream")]
    as_path: Option<PathBuf>,

    /// Save the content of block devices that are named, or of what a named link leads to, as files
    #[arg(long, conflicts_with = "stream")]
    read_special: bool,

    /// What of all that is stored is opened and compared before
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    verify_writes: Which,

    #[command(flatten)]
    excludes: Excludes,
}

/// What is read back before it is stored.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Which {
    /// Everything: what bad memory spoils is not stored
    #[default]
    All,
    /// The beginning of every pack, and a sixteenth of the rest
    Sample,
    /// Nothing
    Off,
}

impl From<Which> for VerifyWrites {
    fn from(which: Which) -> Self {
        match which {
            Which::All => Self::All,
            Which::Sample => Self::Sample,
            Which::Off => Self::Off,
        }
    }
}

impl Backup {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let stream = self.stream.asked(&self.paths, &app.globals)?;
        let paths = match &stream {
            Some(stream) => vec![stream.path.clone()],
            None => self.lists.with(&self.paths)?,
        };
        let as_path = self.as_path.as_deref().map(source_path::shown_as).transpose()?;
        if as_path.is_some() && paths.len() > 1 {
            let hint = "lifeboat backup PATH --as-path PATH";
            return Err(Failure::usage("--as-path takes one path to save", hint));
        }
        let options = BackupOptions {
            paths,
            as_path,
            read_special: self.read_special,
            tags: self.tag,
            host: self.host.map_or_else(environment::host, Ok)?,
            user: environment::user()?,
            filter: self.excludes.filter()?,
            excludes: self.excludes.texts(),
            dry_run: self.dry_run,
            program: PROGRAM.to_owned(),
            compression: app.compression(),
            verify_writes: self.verify_writes.into(),
            parent: match (self.parent, self.force) {
                (Some(reference), _) => ParentChoice::Named(reference),
                (None, true) => ParentChoice::None,
                (None, false) => ParentChoice::Newest,
            },
            // Where inode numbers change by themselves, change times do as well.
            ignore_ctime: self.ignore_ctime || self.ignore_inode,
            ignore_inode: self.ignore_inode,
            with_atime: self.with_atime,
            skip_if_unchanged: self.skip_if_unchanged,
            time: self.time,
            temporary: environment::temporary(),
        };
        // A dry run stores nothing, a new repository least of all.
        let repository =
            if self.init && !self.dry_run { app.open_or_init(self.pack_size)? } else { app.open()? };
        note_pack_size(app, self.pack_size, repository.config().pack >> 20);
        if stream.is_none() {
            note_repository_inside(app, &options)?;
        }
        let workers = App::workers(repository.memory())?;
        let (report, run) = progress::watch(app, Work::Backup, self.dry_run, |observer| match &stream {
            Some(stream) => {
                let clock = Arc::clone(&app.environment.clock);
                let mut stream = stream.open(clock).map_err(EngineError::Stream)?;
                backup_stream(&repository, &mut stream, &options, &workers, observer)
            }
            None => backup(&repository, &options, &workers, observer),
        })?;
        app.report.backup(&report, &run);
        let told = app.report.finish().map_err(|error| untold(&report, error));
        verdict::of(&report.problems, Work::Backup).inspect_err(|_| {
            if let Err(untold) = &told {
                app.report.note(&untold.message());
            }
        })?;
        told
    }
}

/// Whoever reads no output has to learn all the same that there is a snapshot.
fn untold(report: &BackupReport, error: io::Error) -> Failure {
    match report.snapshot {
        None => Failure::output(error),
        Some(id) => Failure::system(
            format!("snapshot {} was saved, but the output could not be written", id.short()),
            error,
            "see it: lifeboat snapshots",
        ),
    }
}

/// The size of packs is decided once.
fn note_pack_size(app: &App<'_>, asked: Option<u32>, mib: u32) {
    if asked.is_some_and(|asked| asked != mib) {
        app.report.note(&format!("the repository keeps packs of {mib} MiB, as when it was made"));
    }
}

/// A repository that is saved into itself grows with every snapshot.
fn note_repository_inside(app: &App<'_>, options: &BackupOptions) -> Result<(), Failure> {
    let Some(repository) = app.directory()? else { return Ok(()) };
    // The path by which the walk gets there: it follows no links, but the way to its start may.
    let place = |source: &PathBuf| {
        let below = repository.strip_prefix(source.canonicalize().ok()?).ok()?;
        let place = source.join(below);
        reaches(&options.filter, source, &place).then(|| as_pattern(&place.display().to_string()))
    };
    for place in options.paths.iter().filter_map(place) {
        let note = format!("the repository lies inside of what is saved; leave it out: --exclude {place}");
        app.report.note(&note);
    }
    Ok(())
}

/// The pattern that fits a path alone, as it is typed.
fn as_pattern(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for letter in path.chars() {
        if "\\*?[]{}".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    if pattern == path { pattern } else { format!("'{pattern}'") }
}

/// Whether neither a pattern nor the border of a file system stands between a source and a place inside of it.
fn reaches(filter: &Filter, source: &Path, place: &Path) -> bool {
    let mut way = place.ancestors().take_while(|path| *path != source);
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let is_elsewhere = filter.one_file_system() && device(source) != device(place);
    !is_elsewhere && way.all(|path| filter.by_path(path, true).is_none())
}
