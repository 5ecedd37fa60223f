//! `metadata`: modes, owners, times, attributes and links are those that were saved.

use super::{Fault, Finding, Ground, Look, Trial, counted};
use crate::plan::{MetadataCheck, MetadataField};
use crate::{DrillError, scratch};
use lifeboat_engine::{Node, NodeKind, What};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

impl Look for MetadataCheck {
    fn look(&self, ground: &Ground<'_>) -> Result<Finding, DrillError> {
        Ok(compared(self, ground))
    }

    fn spoil(&self, ground: &Ground<'_>, fault: &mut Fault<'_>) -> Result<(), DrillError> {
        let Some(trial) = ground.trials.first() else { return Ok(()) };
        for field in &self.fields {
            let Some(items) = victims(*field, trial, ground)? else { continue };
            let items: Vec<&Path> = items.iter().map(PathBuf::as_path).collect();
            let room = ground.restored_again(trial, &items)?;
            let last = items.last().map(|path| scratch::within(&room, path)).unwrap_or_default();
            match change(*field, &last) {
                // Who is not root gives no file away.
                Err(error)
                    if *field == MetadataField::Owner && error.kind() == io::ErrorKind::PermissionDenied => {}
                changed => {
                    changed.map_err(scratch::failed(&last))?;
                    fault(name(*field), &ground.with(&[ground.held_against(trial, &room, &items)?]))?;
                }
            }
        }
        Ok(())
    }
}

/// What is wrong after [`change`].
const fn name(field: MetadataField) -> &'static str {
    match field {
        MetadataField::Mode => "permissions are others",
        MetadataField::Owner => "the owner is another",
        MetadataField::Mtime => "the time of the last change is another",
        MetadataField::Xattr => "an extended attribute is lost",
        MetadataField::Symlink => "a link leads elsewhere",
        MetadataField::Hardlink => "two names are no longer one file",
    }
}

/// Items of which one can be changed so; the last is changed. None where there is none.
fn victims(
    field: MetadataField,
    trial: &Trial,
    ground: &Ground<'_>,
) -> Result<Option<Vec<PathBuf>>, DrillError> {
    let fits = |node: &Node| match field {
        MetadataField::Symlink => node.kind == NodeKind::Symlink,
        MetadataField::Xattr => node.kind == NodeKind::File && !node.xattrs.is_empty(),
        _ => node.kind == NodeKind::File,
    };
    let (mut found, mut first_names) = (None, BTreeMap::new());
    ground.list(trial, &mut |path, node| {
        if found.is_some() || !fits(node) || !Ground::is_wanted(trial, path) {
            return;
        }
        found = match field {
            MetadataField::Hardlink => node.link_group.and_then(|group| {
                let first = first_names.insert((group, node.inode), path.to_owned())?;
                Some(vec![first, path.to_owned()])
            }),
            _ => Some(vec![path.to_owned()]),
        };
    })?;
    Ok(found)
}

/// Changes nothing but one thing of a file.
fn change(field: MetadataField, path: &Path) -> io::Result<()> {
    let metadata = path.symlink_metadata()?;
    let modified = metadata.modified()?;
    match field {
        MetadataField::Mode => {
            fs::set_permissions(path, fs::Permissions::from_mode(metadata.permissions().mode() ^ 0o100))
        }
        MetadataField::Owner => chown(path, Some(metadata.uid() ^ 1), None),
        MetadataField::Mtime => scratch::set_modified(path, modified - Duration::from_secs(1)),
        MetadataField::Symlink => {
            let elsewhere = fs::read_link(path)?.join("elsewhere");
            let new = path.with_file_name("elsewhere");
            symlink(elsewhere, &new)?;
            scratch::replace(&new, path)?;
            lchown(path, Some(metadata.uid()), Some(metadata.gid()))
        }
        // A copy has neither the attributes nor the other names.
        MetadataField::Xattr | MetadataField::Hardlink => {
            let copy = path.with_file_name("copy");
            fs::copy(path, &copy)?;
            scratch::replace(&copy, path)?;
            chown(path, Some(metadata.uid()), Some(metadata.gid()))?;
            fs::set_permissions(path, metadata.permissions())?;
            scratch::set_modified(path, modified)
        }
    }
}

fn compared(spec: &MetadataCheck, ground: &Ground<'_>) -> Finding {
    let (mut subjects, mut differ, mut missing) = (0, 0, 0);
    let mut fields: BTreeMap<String, u64> = BTreeMap::new();
    for compared in ground.trials.iter().filter_map(|trial| trial.compared.as_ref()) {
        subjects += compared.items;
        for difference in &compared.differences {
            subjects += 1;
            match &difference.what {
                What::Metadata(unlike) => {
                    let asked: Vec<&String> = unlike.iter().filter(|name| is_asked(spec, name)).collect();
                    differ += u64::from(!asked.is_empty());
                    asked
                        .into_iter()
                        .for_each(|name| *fields.entry(group(name).to_owned()).or_default() += 1);
                }
                What::Missing => missing += 1,
                // Its metadata were not looked at, and the check of contents tells it.
                What::Content => {}
            }
        }
    }
    let wrong = [counted(differ, "items that differ"), counted(missing, "items that are missing")];
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    let mut observed: Map<String, Value> =
        fields.into_iter().map(|(name, count)| (name, json!(count))).collect();
    observed.insert("equal".to_owned(), json!(subjects - differ - missing));
    Finding::of(subjects, &wrong, json!("all equal"), Value::Object(observed))
}

/// What of the metadata a name is about; names of attributes are not for evidence.
fn group(name: &str) -> &str {
    name.split_once(' ').filter(|(first, _)| *first == "xattr").map_or(name, |(first, _)| first)
}

fn is_asked(spec: &MetadataCheck, name: &str) -> bool {
    let field = match group(name) {
        "mode" => MetadataField::Mode,
        "owner" | "group" => MetadataField::Owner,
        "mtime" => MetadataField::Mtime,
        "xattr" => MetadataField::Xattr,
        "link target" => MetadataField::Symlink,
        "hard link" => MetadataField::Hardlink,
        // What an item is, its device and its flags are nothing that anybody would leave out.
        _ => return true,
    };
    spec.fields.contains(&field)
}
