//! Credentials that a program hands out: `credential_process` of a profile.
//!
//! The program is asked again before what it gave expires. Invariant: neither its command nor its answer is ever shown.

use std::fmt;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use jiff::Timestamp;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::refusal::Refusal;

/// How long the program may take: it may ask a person to touch a key.
const DEADLINE: Duration = Duration::from_secs(120);
/// How long before they expire credentials are asked for again.
const BEFORE_EXPIRY: Duration = Duration::from_secs(300);
const ADVICE: &str =
    "run the credential_process of the profile by hand; it must print the JSON that AWS documents";

/// Asks the program of one profile.
pub(super) struct CredentialProcess {
    profile: String,
    command: String,
    last: Mutex<Option<Given>>,
}

/// What the program has given.
#[derive(Clone)]
struct Given {
    credential: Arc<AwsCredential>,
    /// None if it never expires.
    expires: Option<SystemTime>,
}

impl CredentialProcess {
    pub(super) fn new(profile: &str, command: &str) -> Self {
        Self { profile: profile.to_owned(), command: command.to_owned(), last: Mutex::default() }
    }

    async fn ask(&self) -> Result<Given, Refusal> {
        let running = Command::new("/bin/sh")
            .args(["-c", &self.command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn();
        let ended = match running {
            Ok(running) => timeout(DEADLINE, running.wait_with_output()).await,
            Err(error) => return Err(self.refusal(&format!("does not start: {error}"))),
        };
        let output = match ended {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(self.refusal(&format!("failed: {error}"))),
            Err(_) => return Err(self.refusal(&format!("took longer than {} s", DEADLINE.as_secs()))),
        };
        if !output.status.success() {
            return Err(self.refusal(&format!("ended with {}", output.status)));
        }
        given(&output.stdout).ok_or_else(|| self.refusal("printed no credentials that are understood"))
    }

    fn refusal(&self, what: &str) -> Refusal {
        Refusal::credentials(format!("the credential_process of profile {} {what}", self.profile), ADVICE)
    }
}

#[async_trait]
impl CredentialProvider for CredentialProcess {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut last = self.last.lock().await;
        let given = match last.as_ref() {
            Some(given) if given.is_fresh() => given.clone(),
            _ => last.insert(self.ask().await?).clone(),
        };
        Ok(given.credential)
    }
}

impl Given {
    #[expect(
        clippy::disallowed_methods,
        reason = "credentials expire by the clock on the wall; nothing stored shows it"
    )]
    fn is_fresh(&self) -> bool {
        self.expires.is_none_or(|expires| expires > SystemTime::now() + BEFORE_EXPIRY)
    }
}

/// Reads the form that AWS documents: version 1 of it, the only one there is.
fn given(output: &[u8]) -> Option<Given> {
    let answer: Value = serde_json::from_slice(output).ok()?;
    if answer.get("Version")?.as_u64()? != 1 {
        return None;
    }
    let text = |key: &str| answer.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let expires = match text("Expiration") {
        Some(time) => Some(time.parse::<Timestamp>().ok()?.into()),
        None => None,
    };
    let credential = AwsCredential {
        key_id: text("AccessKeyId")?.to_owned(),
        secret_key: text("SecretAccessKey")?.to_owned(),
        token: text("SessionToken").map(str::to_owned),
    };
    Some(Given { credential: Arc::new(credential), expires })
}

impl fmt::Debug for CredentialProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CredentialProcess").field(&self.profile).finish()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make and look at real files")]
mod tests {
    use super::*;
    use std::fs;

    /// A program that leaves a mark for each time that it is asked, and how often it was asked for three requests.
    fn asked_with_expiry(expiration: &str) -> usize {
        let directory = tempfile::tempdir().unwrap();
        let marks = directory.path().join("marks");
        let answer = format!(
            r#"{{"Version":1,"AccessKeyId":"K","SecretAccessKey":"S","SessionToken":"T"{expiration}}}"#
        );
        let process = CredentialProcess::new("p", &format!("echo >> '{}'; echo '{answer}'", marks.display()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for _ in 0..3 {
            let credential = runtime.block_on(process.get_credential()).unwrap();
            assert_eq!((credential.key_id.as_str(), credential.secret_key.as_str()), ("K", "S"));
            assert_eq!(credential.token.as_deref(), Some("T"));
        }
        fs::read(marks).unwrap().len()
    }

    #[test]
    fn the_program_is_asked_again_only_when_its_answer_expires() {
        assert_eq!(asked_with_expiry(""), 1);
        assert_eq!(asked_with_expiry(r#","Expiration":"2999-01-01T00:00:00Z""#), 1);
        assert_eq!(asked_with_expiry(r#","Expiration":"2001-01-01T00:00:00+00:00""#), 3);
    }

    #[test]
    fn no_failure_shows_the_command_or_the_answer() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for command in ["exit 3 # SECRET", "echo SECRET", r#"echo '{"Version":1,"AccessKeyId":"SECRET"}'"#] {
            let process = CredentialProcess::new("p", command);
            let refusal = runtime.block_on(process.ask()).err().unwrap();
            assert!(refusal.to_string().starts_with("the credential_process of profile p "), "{refusal}");
            assert!(!format!("{refusal:?} {process:?}").contains("SECRET"));
        }
    }

    #[test]
    fn nonsense_is_not_understood() {
        let mut random = lifeboat_testkit::Random::new(72);
        let sound =
            br#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"2030-01-01T00:00:00Z"}"#;
        assert!(given(sound).is_some());
        for _ in 0..3000 {
            let mut bytes = sound.to_vec();
            for _ in 0..=random.index(4) {
                let place = random.index(bytes.len());
                bytes[place] = *random.pick(b"{}[]\":,0919-TZ\\u\0\xff");
            }
            bytes.truncate(random.index(bytes.len() + 20));
            assert!(given(&bytes).is_none_or(|given| !given.credential.key_id.is_empty()));
        }
    }

    #[test]
    fn other_versions_and_times_that_are_none_are_not_understood() {
        let answer = |version, time| {
            format!(
                r#"{{"Version":{version},"AccessKeyId":"K","SecretAccessKey":"S","Expiration":"{time}"}}"#
            )
        };
        assert!(given(answer(1, "2030-05-06T07:08:09Z").as_bytes()).is_some());
        assert!(given(answer(2, "2030-05-06T07:08:09Z").as_bytes()).is_none());
        assert!(given(answer(1, "tomorrow").as_bytes()).is_none());
    }
}
