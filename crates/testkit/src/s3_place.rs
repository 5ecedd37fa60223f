//! A place on an S3 server where a test may store what it likes.

use std::env;
use std::path::Path;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::must::must;
use crate::s3_server::{ACCESS_KEY, BUCKET, S3Server, SECRET_KEY};
use crate::skip;

/// The variable that names the file with the variables of a real server, as `tests/s3/s3-up` prints it.
const REAL: &str = "LIFEBOAT_TEST_S3";

/// A prefix below which nothing is stored yet.
pub struct S3Place {
    url: String,
    variables: Vec<(String, String)>,
    _server: Option<S3Server>,
}

impl S3Place {
    /// On a server of its own in this process.
    #[must_use]
    pub fn in_process() -> Self {
        let server = S3Server::start();
        let variables = [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_ENDPOINT_URL", &server.endpoint()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ALLOW_HTTP", "true"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { url: format!("s3://{BUCKET}/place"), variables, _server: Some(server) }
    }

    /// On the real server that the file named by the variable `LIFEBOAT_TEST_S3` leads to; without it, says why the test
    /// is skipped.
    #[must_use]
    pub fn on_real_server() -> Option<Self> {
        let Some(file) = env::var_os(REAL) else {
            skip(&format!("{REAL} does not name a server (tests/s3/s3-up prints what to set it to)"));
            return None;
        };
        Some(Self::on_server(Path::new(&file)))
    }

    /// On the server that a file leads to, as `tests/s3/s3-up` writes it.
    #[must_use]
    pub fn on_server(file: &Path) -> Self {
        let variables = variables_of(file);
        let bucket = variables.iter().find(|(name, _)| name == "S3_BUCKET");
        let (_, bucket) = bucket.unwrap_or_else(|| panic!("{} names no S3_BUCKET", file.display()));
        let url = format!("s3://{bucket}/{}", unused_prefix());
        let variables = variables.into_iter().filter(|(name, _)| name.starts_with("AWS_")).collect();
        Self { url, variables, _server: None }
    }

    /// `s3://bucket/prefix`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The variables of the environment, by name, with which the program reaches it.
    #[must_use]
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }
}

/// What a shell script sets, in the eyes of a shell.
fn variables_of(file: &Path) -> Vec<(String, String)> {
    let mut shell = Command::new("sh");
    shell.env_clear().args(["-c", "set -e; . \"$0\"; env"]).arg(file);
    let output = must(shell.output(), "read", file);
    assert!(
        output.status.success(),
        "cannot read {}: {}",
        file.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A prefix that no test has had, in this process or another.
fn unused_prefix() -> String {
    static PLACES: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = must(now, "tell the time of", Path::new("this machine")).as_nanos();
    format!("{now}-{}-{}", process::id(), PLACES.fetch_add(1, Ordering::Relaxed))
}
