//! `metadata`: modes, owners, times, attributes and links are those that were saved.

use super::{Finding, Ground, counted};
use crate::plan::{MetadataCheck, MetadataField};
use lifeboat_engine::What;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) fn look(spec: &MetadataCheck, ground: &Ground<'_>) -> Finding {
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
