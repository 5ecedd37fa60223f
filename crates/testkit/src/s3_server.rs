//! An S3 server in the process of the test: nothing to install, and written by others than what it tests.
//!
//! It checks signatures and checksums and keeps objects as files. Conditional writes are not atomic in it, and it
//! keeps no object whose key is the folder of another.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder as Connections;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::must::must;

/// Its only bucket.
pub(crate) const BUCKET: &str = "lifeboat";
/// Who may use it.
pub(crate) const ACCESS_KEY: &str = "key-of-a-test";
/// What it takes to be believed.
pub(crate) const SECRET_KEY: &str = "secret-of-a-test";
/// How long requests may take to end that nobody waits for any more.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// A server on a port of its own; it and what it keeps are gone when this goes.
pub(crate) struct S3Server {
    address: SocketAddr,
    runtime: Option<Runtime>,
    _files: TempDir,
}

impl S3Server {
    /// With an empty bucket.
    pub(crate) fn start() -> Self {
        let files = must(tempfile::tempdir(), "create a directory in", &std::env::temp_dir());
        let bucket = files.path().join(BUCKET);
        must(fs::create_dir(&bucket), "create", &bucket);
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("s3-server").enable_all().build();
        let runtime = must(runtime, "serve", files.path());
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = must(listener, "listen for", files.path());
        let address = must(listener.local_addr(), "listen for", files.path());
        runtime.spawn(serve(listener, service(files.path())));
        Self { address, runtime: Some(runtime), _files: files }
    }

    /// Where it answers, as a URL.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        // What is under way writes files, which would be in the way of removing their directory.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(LAST_REQUESTS);
        }
    }
}

fn service(root: &Path) -> S3Service {
    let files =
        FileSystem::new(root).unwrap_or_else(|error| panic!("cannot serve {}: {error:?}", root.display()));
    let mut service = S3ServiceBuilder::new(files);
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    service.build()
}

/// Answers whoever connects, until the runtime ends. A connection that breaks is the business of its other end.
async fn serve(listener: TcpListener, service: S3Service) {
    let connections = Connections::new(TokioExecutor::new());
    while let Ok((stream, _)) = listener.accept().await {
        // Without it small answers wait for one another.
        must(stream.set_nodelay(true), "answer at", Path::new("a connection"));
        let connection = connections.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
        tokio::spawn(connection);
    }
}
