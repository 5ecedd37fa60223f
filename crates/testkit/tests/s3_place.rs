//! The S3 server in the process of a test.

use std::io::{Read, Write};
use std::net::TcpStream;

use lifeboat_testkit::S3Place;

/// Where a place is asked for over the network.
fn address(place: &S3Place) -> String {
    let (_, endpoint) = place.variables().iter().find(|(name, _)| name == "AWS_ENDPOINT_URL").unwrap();
    endpoint.strip_prefix("http://").unwrap().to_owned()
}

#[test]
fn who_does_not_sign_is_refused() {
    let place = S3Place::in_process();
    let address = address(&place);
    let mut stream = TcpStream::connect(&address).unwrap();
    let request = format!("GET /lifeboat HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[test]
fn it_ends_with_its_place() {
    let place = S3Place::in_process();
    let address = address(&place);
    drop(place);
    assert!(TcpStream::connect(address).is_err());
}
