//! What a run of the program asked the system for, as strace tells it.
//!
//! Calls of several threads overlap. One is before another when it had ended before the other began; where they
//! overlap nothing is claimed.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// All calls by which files get content, names and durability. A question mark: not every machine has it.
pub(super) const CALLS: &str = "trace=openat,write,pwrite64,writev,?pwritev,ftruncate,fallocate,?copy_file_range,\
    fsync,fdatasync,linkat,?link,?rename,?renameat,renameat2,?mkdir,mkdirat,?unlink,unlinkat,?rmdir";

/// Moments between two others: line numbers of the trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What became of the bytes of a file that was opened here.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) path: PathBuf,
    pub(super) last_write: Option<Span>,
    /// Syncs after the last write.
    pub(super) syncs: Vec<Span>,
}

/// A name that came or went.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) path: PathBuf,
    pub(super) span: Span,
    /// The file that it was given to, as it was at that moment; none for directories and for names that went.
    pub(super) content: Option<Content>,
}

/// A run.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Names in the order they were given or taken.
    pub(super) names: Vec<Name>,
    /// All files that were written to.
    pub(super) contents: Vec<Content>,
    /// Writes to standard output.
    pub(super) told: Vec<Span>,
    /// Syncs of directories.
    syncs: HashMap<PathBuf, Vec<Span>>,
    /// Numbers among `contents` of what is open.
    open: HashMap<u32, usize>,
}

/// A call that succeeded.
struct Call {
    name: String,
    arguments: Vec<String>,
    result: String,
    span: Span,
}

impl Trace {
    pub(super) fn read(path: &Path) -> Self {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let mut trace = Self::default();
        for call in calls(&text) {
            trace.add(&call);
        }
        trace
    }

    /// The moment from which on a name, and those of all directories above it that are new, survives a power cut.
    pub(super) fn settled(&self, name: &Name) -> Option<usize> {
        let is_above = |other: &&Name| name.path.starts_with(&other.path) && other.span.end <= name.span.end;
        let entries = self.names.iter().filter(is_above);
        let moments = entries.map(|entry| {
            let syncs = self.syncs.get(entry.path.parent()?)?.iter();
            syncs.filter(|sync| entry.span.end < sync.start).map(|sync| sync.end).min()
        });
        moments.collect::<Option<Vec<usize>>>()?.into_iter().max()
    }

    /// Whether a directory was synced before another moment.
    pub(super) fn is_synced_before(&self, directory: &Path, span: Span) -> bool {
        self.syncs.get(directory).is_some_and(|syncs| syncs.iter().any(|sync| sync.end < span.start))
    }

    fn add(&mut self, call: &Call) {
        let argument = |number: usize| call.arguments.get(number).map_or("", String::as_str);
        let at = |number: usize| joined(argument(number), argument(number + 1));
        match call.name.as_str() {
            "openat" => self.add_open(call, at(0), argument(2)),
            "fsync" | "fdatasync" => self.add_sync(argument(0), call.span),
            "mkdir" | "unlink" | "rmdir" => self.add_name(PathBuf::from(text(argument(0))), call.span, None),
            "mkdirat" | "unlinkat" => self.add_name(at(0), call.span, None),
            "linkat" | "renameat2" => {
                let number = match text(argument(1)).strip_prefix("/proc/self/fd/") {
                    Some(descriptor) => self.open.get(&descriptor.parse().unwrap()).copied(),
                    None if text(argument(1)).is_empty() => self.open.get(&descriptor(argument(0))).copied(),
                    None => self.contents.iter().rposition(|content| content.path == at(0)),
                };
                let content = number.map(|number| self.contents[number].clone());
                assert!(content.is_some(), "a file that was not made here gets a name: {:?}", call.arguments);
                self.add_name(at(2), call.span, content);
            }
            "write" | "pwrite64" | "writev" | "pwritev" | "ftruncate" | "fallocate" => {
                self.add_write(argument(0), call.span);
            }
            other => panic!("the rules do not say what {other} does: {:?}", call.arguments),
        }
    }

    fn add_open(&mut self, call: &Call, path: PathBuf, flags: &str) {
        if !flags.contains("O_WRONLY") && !flags.contains("O_RDWR") {
            self.open.remove(&descriptor(&call.result));
            return;
        }
        if flags.contains("O_CREAT") {
            self.add_name(path.clone(), call.span, None);
        }
        self.open.insert(descriptor(&call.result), self.contents.len());
        self.contents.push(Content { path, ..Content::default() });
    }

    fn add_write(&mut self, file: &str, span: Span) {
        match (descriptor(file), self.open.get(&descriptor(file))) {
            (1, _) => self.told.push(span),
            (_, Some(number)) => {
                let content = &mut self.contents[*number];
                content.last_write = Some(span);
                content.syncs.clear();
            }
            _ => {}
        }
    }

    fn add_sync(&mut self, file: &str, span: Span) {
        match self.open.get(&descriptor(file)) {
            Some(number) => self.contents[*number].syncs.push(span),
            None => self.syncs.entry(path_of(file)).or_default().push(span),
        }
    }

    fn add_name(&mut self, path: PathBuf, span: Span, content: Option<Content>) {
        self.names.push(Name { path, span, content });
    }
}

/// The calls that succeeded, in the order in which they ended.
fn calls(text: &str) -> Vec<Call> {
    let mut begun: HashMap<&str, (usize, &str)> = HashMap::new();
    let mut calls = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let (thread, line) = line.split_once(' ').unwrap();
        let line = line.trim_start();
        if let Some(first) = line.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, (number, first));
        } else if let Some((_, rest)) =
            line.strip_prefix("<... ").and_then(|line| line.split_once(" resumed>"))
        {
            let (start, first) = begun.remove(thread).unwrap();
            calls.extend(call(&format!("{first}{rest}"), Span { start, end: number }));
        } else {
            calls.extend(call(line, Span { start: number, end: number }));
        }
    }
    assert!(!calls.is_empty(), "strace traced nothing:\n{text}");
    calls
}

/// None for signals, ends of threads and calls that failed.
fn call(line: &str, span: Span) -> Option<Call> {
    let (head, result) = line.rsplit_once(" = ")?;
    let (name, arguments) = head.trim_end().strip_suffix(')')?.split_once('(')?;
    if result.starts_with('-') {
        return None;
    }
    let arguments = arguments.split(", ").map(str::to_owned).collect();
    Some(Call { name: name.to_owned(), arguments, result: result.to_owned(), span })
}

/// The number in `5</path>`.
fn descriptor(argument: &str) -> u32 {
    let digits = argument.split('<').next().unwrap();
    digits.parse().unwrap_or_else(|_| panic!("no descriptor: {argument}"))
}

/// The path in `5</path>`.
fn path_of(argument: &str) -> PathBuf {
    let (_, path) = argument.split_once('<').unwrap_or_else(|| panic!("no path: {argument}"));
    PathBuf::from(path.split('>').next().unwrap())
}

/// The path of a name in a directory.
fn joined(directory: &str, name: &str) -> PathBuf {
    path_of(directory).join(text(name))
}

fn text(argument: &str) -> &str {
    argument.trim_matches('"')
}
