//! The options of object storage, as `-o NAME=VALUE` gives them, read and checked.
//!
//! Invariant: what is not understood is refused; nothing is guessed and nothing passed over.

use std::collections::BTreeMap;
use std::path::PathBuf;

use object_store::TagSet;

use super::refusal::Refusal;

/// What is said about a name or value that is not known; the README has the same list.
const KNOWN: &str = "-o region=NAME, endpoint=URL, profile=NAME, path-style=true|false, storage-class=NAME, \
                     tags=NAME=VALUE,..., ca-file=FILE, allow-http=true|false or unsigned-payload=true|false";
/// The options that only S3 has.
const OF_S3: [&str; 5] = ["region", "endpoint", "profile", "path-style", "unsigned-payload"];
/// Classes whose objects cannot be read without hours of notice, but for those of Google.
const OFFLINE: [&str; 3] = ["GLACIER", "DEEP_ARCHIVE", "ARCHIVE"];
/// As many as S3 allows for an object.
const MAX_TAGS: usize = 10;

/// All options; none means that nothing was said.
#[derive(Default)]
pub(super) struct Options {
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) path_style: Option<bool>,
    pub(super) storage_class: Option<String>,
    pub(super) tags: TagSet,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) allow_http: Option<bool>,
    pub(super) unsigned_payload: Option<bool>,
}

impl Options {
    /// Reads what was given for a store of this scheme.
    pub(super) fn read(scheme: &str, given: &BTreeMap<String, String>) -> Result<Self, Refusal> {
        let mut options = Self::default();
        for (name, value) in given {
            let is_of_others = OF_S3.contains(&name.as_str()) || scheme == "gs" && name == "tags";
            if scheme != "s3" && is_of_others {
                return Err(refused(format!("there is no option {name} for {scheme}://")));
            }
            if value.is_empty() {
                return Err(refused(format!("the option {name} has no value")));
            }
            options.set(scheme, name, value)?;
        }
        Ok(options)
    }

    fn set(&mut self, scheme: &str, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "region" => self.region = Some(value.to_owned()),
            "endpoint" => self.endpoint = Some(value.to_owned()),
            "profile" => self.profile = Some(value.to_owned()),
            "path-style" => self.path_style = Some(switch(name, value)?),
            "storage-class" => self.storage_class = Some(storage_class(scheme, value)?),
            "tags" => self.tags = tags(value)?,
            "ca-file" => self.ca_file = Some(value.into()),
            "allow-http" => self.allow_http = Some(switch(name, value)?),
            "unsigned-payload" => self.unsigned_payload = Some(switch(name, value)?),
            _ => return Err(refused(format!("there is no option {name}"))),
        }
        Ok(())
    }
}

/// Whether something is on: the words that variables have for it.
pub(super) fn switch(name: &str, value: &str) -> Result<bool, Refusal> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" => Ok(true),
        "false" | "0" | "no" | "n" | "off" => Ok(false),
        _ => Err(refused(format!("{name} is true or false, not {value}"))),
    }
}

fn storage_class(scheme: &str, value: &str) -> Result<String, Refusal> {
    if scheme != "gs" && OFFLINE.iter().any(|class| value.eq_ignore_ascii_case(class)) {
        let cause =
            format!("what lies in {value} cannot be read at once, so nothing could be restored from it");
        return Err(Refusal::settings(
            cause,
            "choose a class that is read at once, for example -o storage-class=GLACIER_IR",
        ));
    }
    let is_word = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_word { Ok(value.to_owned()) } else { Err(refused(format!("{value} is no storage class"))) }
}

fn tags(value: &str) -> Result<TagSet, Refusal> {
    let mut tags = TagSet::default();
    for (count, tag) in value.split(',').enumerate() {
        let pair = tag.split_once('=').filter(|(name, _)| !name.is_empty() && count < MAX_TAGS);
        let Some((name, value)) = pair else {
            return Err(refused(format!("tags are up to {MAX_TAGS} times NAME=VALUE with commas between")));
        };
        tags.push(name, value);
    }
    Ok(tags)
}

fn refused(cause: String) -> Refusal {
    Refusal::settings(cause, KNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(scheme: &str, given: &[(&str, &str)]) -> Result<Options, Refusal> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Options::read(scheme, &given)
    }

    #[test]
    fn every_option_is_understood_and_named_in_the_advice() {
        let all = [
            ("region", "eu-west-1"),
            ("endpoint", "https://storage.example"),
            ("profile", "backup"),
            ("path-style", "false"),
            ("storage-class", "STANDARD_IA"),
            ("tags", "team=blue,cost centre=42"),
            ("ca-file", "ca.pem"),
            ("allow-http", "yes"),
            ("unsigned-payload", "0"),
        ];
        let options = read("s3", &all).unwrap();
        assert_eq!(options.region.as_deref(), Some("eu-west-1"));
        assert_eq!(options.tags.encoded(), "team=blue&cost+centre=42");
        let switches = (options.path_style, options.allow_http, options.unsigned_payload);
        assert_eq!(switches, (Some(false), Some(true), Some(false)));
        for (name, _) in all {
            assert!(KNOWN.contains(&format!("{name}=")), "{name}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_with_the_list() {
        for (name, value) in [
            ("regoin", "x"),
            ("region", ""),
            ("path-style", "maybe"),
            ("tags", "a"),
            ("tags", "=b"),
            ("tags", "1=,2=,3=,4=,5=,6=,7=,8=,9=,10=,11="),
            ("storage-class", "TWO WORDS"),
        ] {
            let refusal = read("s3", &[(name, value)]).err().expect(name);
            assert_eq!(refusal.advice, KNOWN, "{name}={value}");
        }
        for (scheme, name) in [("gs", "region"), ("gs", "tags"), ("az", "profile")] {
            let refusal = read(scheme, &[(name, "x=y")]).err().expect(name);
            assert_eq!(refusal.cause, format!("there is no option {name} for {scheme}://"));
        }
        assert!(read("az", &[("tags", "x=y")]).is_ok());
    }

    #[test]
    fn classes_that_cannot_be_read_at_once_are_refused() {
        for class in ["GLACIER", "deep_archive"] {
            assert!(read("s3", &[("storage-class", class)]).is_err(), "{class}");
        }
        assert!(read("s3", &[("storage-class", "GLACIER_IR")]).is_ok());
        assert!(read("gs", &[("storage-class", "ARCHIVE")]).is_ok());
    }
}
