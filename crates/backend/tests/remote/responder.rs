//! A server that gives prepared answers and remembers what it was asked: no storage, only words.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Status with reason, further headers, body.
pub(crate) type Prepared = (&'static str, &'static str, String);

/// Listens on a port of its own until the process ends.
pub(crate) struct Responder {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Responder {
    /// Answers each request by what `answer` says to its first line, for example `GET /bucket/key HTTP/1.1`.
    pub(crate) fn start(answer: impl Fn(&str) -> Prepared + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let heads = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let head = read_request(&stream);
                let first = head.lines().next().unwrap_or_default();
                let text = response(first, answer(first));
                heads.lock().expect("no other panicked").push(head);
                // Whoever has gone away needs no answer.
                drop(stream.write_all(text.as_bytes()));
            }
        });
        Self { url, requests }
    }

    /// The heads of all requests so far, in lower case.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().expect("no other panicked");
        requests.iter().map(|head| head.to_ascii_lowercase()).collect()
    }
}

fn response(first: &str, (status, headers, body): Prepared) -> String {
    // What a HEAD would have got stands in its length alone.
    let shown = if first.starts_with("HEAD ") { "" } else { &body };
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{shown}",
        body.len()
    )
}

/// The head of a request, once its body is read too.
fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).expect("a line") > 2 {}
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).expect("the body that was announced");
    head
}
