//! A server that does as it is told, request by request.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use lifeboat_backend::{Backend, Location, Patience, StoreSettings};

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// It is answered with the object, or as much of it as was asked for.
    Serve,
    /// The same, but the connection ends after so many bytes of it.
    Cut(usize),
    /// The same, but nothing more comes after so many bytes of it.
    Hang(usize),
    /// It is refused with these first lines.
    Refuse(&'static str),
    /// It is answered with this text.
    Say(&'static str),
    /// The same, but the connection ends after so many bytes of it.
    SayOf(&'static str, usize),
    /// It is read and done, and the connection ends.
    Lose,
    /// It is read and done, and nothing comes.
    Ignore,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) range: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Requests and what is to become of the next ones.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    object: Vec<u8>,
    acts: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<Asked>>,
}

impl Server {
    /// A server with one object, under all names, that does these things and then serves whatever it is asked for.
    pub(crate) fn start(object: &[u8], acts: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let acts = Mutex::new(acts.iter().copied().collect());
        let state = Arc::new(State { object: object.to_vec(), acts, asked: Mutex::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                thread::spawn(move || state.answer_all(stream));
            }
        });
        Self { address, state }
    }

    /// A bucket of it.
    pub(crate) fn bucket(&self, settings: StoreSettings) -> Arc<dyn Backend> {
        bucket_at(&self.address.to_string(), settings)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().expect("no thread has panicked").clone()
    }
}

/// A bucket of a server at a host and port.
pub(crate) fn bucket_at(address: &str, mut settings: StoreSettings) -> Arc<dyn Backend> {
    let endpoint = format!("http://{address}");
    let variables = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "here"),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    settings.variables.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let location = Location::parse("s3://bucket/folder").expect("a location");
    location.open(&settings).expect("settings that make sense")
}

/// Settings for a server that is given so little time.
pub(crate) fn patience(patience: Patience) -> StoreSettings {
    StoreSettings { patience, ..StoreSettings::default() }
}

impl State {
    /// Ends with the connection, whoever closes it.
    fn answer_all(&self, stream: TcpStream) {
        let Ok(mut writer) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        while let Some(asked) = read_request(&mut reader) {
            let range = asked.range.clone();
            self.asked.lock().expect("no thread has panicked").push(asked);
            let act = self.acts.lock().expect("no thread has panicked").pop_front();
            if !self.act(act.unwrap_or(Act::Serve), range.as_deref(), &mut writer) {
                return;
            }
        }
    }

    /// Whether the connection goes on.
    fn act(&self, act: Act, range: Option<&str>, writer: &mut TcpStream) -> bool {
        match act {
            Act::Serve => self.serve(range, usize::MAX, writer),
            Act::Cut(length) => {
                self.serve(range, length, writer);
                false
            }
            Act::Hang(length) => self.serve(range, length, writer) && hang(),
            Act::Refuse(lines) => send(writer, &format!("HTTP/1.1 {lines}\r\ncontent-length: 0"), b""),
            Act::Say(text) => say(writer, text, text.len()),
            Act::SayOf(text, length) => {
                say(writer, text, length);
                false
            }
            Act::Lose => false,
            Act::Ignore => hang(),
        }
    }

    fn serve(&self, range: Option<&str>, at_most: usize, writer: &mut TcpStream) -> bool {
        let total = self.object.len();
        let (first, end) = range.map_or((0, total), |range| {
            let (first, last) = range.split_once('-').expect("a range");
            (first.parse().expect("a number"), last.parse::<usize>().expect("a number") + 1)
        });
        let status = match range {
            Some(_) => format!("206 Partial Content\r\ncontent-range: bytes {first}-{}/{total}", end - 1),
            None => "200 OK".to_owned(),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\netag: \"1\"\r\nlast-modified: Sun, 22 Nov 2026 06:00:00 GMT\r\ncontent-length: {}",
            end - first
        );
        let body = &self.object[first..end];
        send(writer, &head, &body[..body.len().min(at_most)])
    }
}

fn say(writer: &mut TcpStream, text: &str, at_most: usize) -> bool {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}", text.len());
    send(writer, &head, &text.as_bytes()[..at_most])
}

fn send(writer: &mut TcpStream, head: &str, body: &[u8]) -> bool {
    writer.write_all(&[head.as_bytes(), b"\r\n\r\n", body].concat()).is_ok()
}

/// The connection stays open until the test is over.
fn hang() -> bool {
    loop {
        thread::park();
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let (mut range, mut length) = (None, 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "range" => range = value.strip_prefix("bytes=").map(str::to_owned),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { line: line.trim_end().to_owned(), range, body })
}
