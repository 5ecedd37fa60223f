//! What went over the network, for summaries and status lines.

use lifeboat_backend::{Traffic, Waiting as Standstill};
use serde::Serialize;

/// Fields of a summary.
#[derive(Serialize)]
pub(super) struct Network {
    requests: Requests,
    retries: u64,
    bytes_sent: u64,
    bytes_received: u64,
}

#[derive(Serialize)]
struct Requests {
    put: u64,
    get: u64,
    head: u64,
    list: u64,
    delete: u64,
    other: u64,
    total: u64,
}

impl Network {
    pub(super) fn of(traffic: &Traffic) -> Self {
        let requests = traffic.requests;
        Self {
            requests: Requests {
                put: requests.put,
                get: requests.get,
                head: requests.head,
                list: requests.list,
                delete: requests.delete,
                other: requests.other,
                total: requests.total(),
            },
            retries: traffic.retries,
            bytes_sent: traffic.bytes_sent,
            bytes_received: traffic.bytes_received,
        }
    }
}

/// A field of a status line.
#[derive(Serialize)]
pub(super) struct Waiting {
    seconds: u64,
    cause: String,
}

impl Waiting {
    pub(super) fn of(standstill: &Standstill) -> Self {
        Self { seconds: standstill.since.as_secs(), cause: standstill.cause.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Network, Standstill, Traffic, Waiting};
    use lifeboat_backend::Requests;
    use serde_json::{json, to_value};
    use std::time::Duration;

    #[test]
    fn fields_are_those_of_the_documentation() {
        let requests = Requests { put: 1, get: 2, head: 3, list: 4, delete: 5, other: 6 };
        let traffic = Traffic { requests, retries: 7, bytes_sent: 8, bytes_received: 9, waiting: None };
        let fields = json!({
            "requests": { "put": 1, "get": 2, "head": 3, "list": 4, "delete": 5, "other": 6, "total": 21 },
            "retries": 7, "bytes_sent": 8, "bytes_received": 9,
        });
        assert_eq!(to_value(Network::of(&traffic)).unwrap(), fields);
        let standstill = Standstill { since: Duration::from_millis(12_900), cause: "503".to_owned() };
        assert_eq!(to_value(Waiting::of(&standstill)).unwrap(), json!({ "seconds": 12, "cause": "503" }));
    }
}
