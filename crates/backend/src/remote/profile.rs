//! The files `credentials` and `config` that the tools of AWS share, as far as they tell how to reach a bucket.
//!
//! Their form: sections in brackets, `key = value` lines, comments behind `#` or `;`, and indented lines that belong to
//! the key above them. What `credentials` says wins over `config`.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::refusal::Refusal;
use crate::StoreSettings;

const ADVICE: &str =
    "see the profiles: aws configure list-profiles; name one with -o profile=NAME or AWS_PROFILE";

/// The settings of one profile.
#[derive(Default)]
pub(super) struct Profile {
    name: String,
    values: BTreeMap<String, String>,
}

impl Profile {
    /// The one that the option or `AWS_PROFILE` names, which must exist, or else `default`, which need not.
    pub(super) fn find(option: Option<&str>, settings: &StoreSettings) -> Result<Self, Refusal> {
        let named = option.or_else(|| settings.variable("AWS_PROFILE"));
        let name = named.unwrap_or("default");
        let config = read(settings, "AWS_CONFIG_FILE", "config")?;
        let credentials = read(settings, "AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        let mut values = section(&config, |header| is_profile(header, name));
        let more = section(&credentials, |header| header == name);
        if named.is_some() && values.is_none() && more.is_none() {
            return Err(Refusal::settings(format!("there is no profile {name}"), ADVICE));
        }
        let values = values.get_or_insert_default();
        if let Some(services) = values.get("services") {
            let of_s3 = section(&config, |header| header == format!("services {services}"));
            values.extend(of_s3.into_iter().flatten().filter(|(key, _)| key.starts_with("s3.")));
        }
        values.extend(more.into_iter().flatten());
        Ok(Self { name: name.to_owned(), values: std::mem::take(values) })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it says about `key`, if anything; a key in the settings of a service is `service.key`.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Profile").field(&self.name).finish()
    }
}

/// Whether a header of `config` is that of the profile `name`.
fn is_profile(header: &str, name: &str) -> bool {
    match header.strip_prefix("profile").filter(|rest| rest.starts_with([' ', '\t'])) {
        Some(rest) => rest.trim().trim_matches(['"', '\'']) == name,
        None => header == "default" && name == "default",
    }
}

/// The text of the file that a variable names, which must be there, or else of that in `~/.aws`, which need not.
fn read(settings: &StoreSettings, variable: &str, usual: &str) -> Result<String, Refusal> {
    let named = settings.variable(variable).map(PathBuf::from);
    let is_named = named.is_some();
    let in_home = || settings.variable("HOME").map(|home| PathBuf::from(home).join(".aws").join(usual));
    let Some(path) = named.or_else(in_home) else { return Ok(String::new()) };
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => Ok(String::new()),
        other => other.map_err(|error| {
            let cause = format!("cannot read {}: {error}", path.display());
            Refusal::settings(
                cause,
                "make the file readable, or name another: AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE",
            )
        }),
    }
}

/// The keys of the sections with such a header; none where there is no such section.
fn section(text: &str, is_wanted: impl Fn(&str) -> bool) -> Option<BTreeMap<String, String>> {
    let mut found: Option<BTreeMap<String, String>> = None;
    let (mut inside, mut above) = (false, "");
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = content.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default().trim();
            inside = is_wanted(header);
            if inside {
                found.get_or_insert_default();
            }
            continue;
        }
        let Some((key, value)) = content.split_once('=').filter(|_| inside) else { continue };
        let (key, value) = (key.trim(), without_comment(value));
        let name = if line.starts_with([' ', '\t']) {
            format!("{above}.{key}")
        } else {
            above = key;
            key.to_owned()
        };
        found.get_or_insert_default().insert(name.to_ascii_lowercase(), value.to_owned());
    }
    found
}

/// A `#` or `;` inside of a word belongs to it.
fn without_comment(value: &str) -> &str {
    let comment = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    value[..comment.unwrap_or(value.len())].trim()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make and look at real files")]
mod tests {
    use super::*;
    use std::fs;

    const CREDENTIALS: &str = "[default]\naws_access_key_id = A\naws_secret_access_key = s/+# e ; not this\n\
                               [backup]\naws_access_key_id=B\nAWS_Secret_Access_Key=T\naws_session_token=U\n";
    const CONFIG: &str = "# regions\n[default]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n\
                          \n[profile backup]\nregion=eu-north-1\naws_access_key_id=loses\nservices = near\n\
                          [profile \"with space\"]\nregion = x\n[services near]\ns3 =\n  endpoint_url = https://near\n\
                          dynamodb =\n  endpoint_url = https://other\n[backup]\nregion = no profile in this file\n";

    fn profile(name: Option<&str>, variables: &[(&str, &str)]) -> Result<Profile, Refusal> {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        fs::write(home.path().join(".aws/credentials"), CREDENTIALS).unwrap();
        fs::write(home.path().join(".aws/config"), CONFIG).unwrap();
        let home = ("HOME", home.path().to_str().unwrap());
        let variables = variables.iter().chain([&home]);
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Profile::find(name, &StoreSettings { variables, ..StoreSettings::default() })
    }

    #[test]
    fn the_default_is_taken_where_nothing_is_named() {
        let profile = profile(None, &[]).unwrap();
        assert_eq!(profile.value("aws_access_key_id"), Some("A"));
        assert_eq!(profile.value("aws_secret_access_key"), Some("s/+# e"));
        assert_eq!(profile.value("region"), Some("eu-west-1"));
        assert_eq!(profile.value("s3.addressing_style"), Some("path"));
        assert_eq!(profile.value("aws_session_token"), None);
    }

    #[test]
    fn both_files_tell_of_a_profile_and_credentials_win() {
        for profile in
            [profile(Some("backup"), &[("AWS_PROFILE", "x")]), profile(None, &[("AWS_PROFILE", "backup")])]
        {
            let profile = profile.unwrap();
            assert_eq!(profile.value("aws_access_key_id"), Some("B"));
            assert_eq!(profile.value("aws_secret_access_key"), Some("T"));
            assert_eq!(profile.value("aws_session_token"), Some("U"));
            assert_eq!(profile.value("region"), Some("eu-north-1"));
            assert_eq!(profile.value("s3.endpoint_url"), Some("https://near"));
            assert!(!format!("{profile:?}").contains('T'));
        }
        assert_eq!(profile(Some("with space"), &[]).unwrap().value("region"), Some("x"));
    }

    #[test]
    fn nonsense_is_no_profile_or_one_of_whole_lines() {
        let mut random = lifeboat_testkit::Random::new(71);
        let parts = [
            "[default]",
            "[",
            "]",
            "=",
            " = ",
            "\n",
            "\n  ",
            "\t",
            "s3",
            " #",
            ";",
            "\0",
            "\u{e9}",
            "profile x",
        ];
        for _ in 0..3000 {
            let count = random.index(20);
            let text: String = (0..count).map(|_| *random.pick(&parts)).collect();
            for (key, value) in section(&text, |header| header == "default").unwrap_or_default() {
                assert!(!key.contains(['=', '\n']) && !value.contains('\n'), "{text:?}: {key:?} {value:?}");
            }
        }
    }

    #[test]
    fn what_is_named_must_exist() {
        assert!(profile(Some("other"), &[]).unwrap_err().cause.contains("no profile other"));
        let refusal = profile(None, &[("AWS_CONFIG_FILE", "/nowhere/config")]).unwrap_err();
        assert!(refusal.cause.contains("/nowhere/config"), "{refusal}");
        let nothing = Profile::find(None, &StoreSettings::default()).unwrap();
        assert_eq!(nothing.value("region"), None);
    }
}
