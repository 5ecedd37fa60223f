//! What went over the network, for people.

use crate::amount;
use lifeboat_backend::Traffic;

/// Requests by kind, and bytes.
pub(super) fn of_traffic(traffic: &Traffic) -> String {
    let requests = traffic.requests;
    let kinds = [
        ("put", requests.put),
        ("get", requests.get),
        ("head", requests.head),
        ("list", requests.list),
        ("delete", requests.delete),
        ("other", requests.other),
    ];
    let kinds = kinds.iter().filter(|(_, count)| *count > 0);
    let kinds: Vec<_> = kinds.map(|(kind, count)| format!("{} {kind}", amount::count(*count))).collect();
    let retries = match traffic.retries {
        0 => String::new(),
        retries => format!(", {} of them again", amount::count(retries)),
    };
    let (sent, received) = (amount::bytes(traffic.bytes_sent), amount::bytes(traffic.bytes_received));
    let total = amount::of(requests.total(), "request");
    format!("network: {total} ({}){retries}, sent {sent}, received {received}", kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Traffic, of_traffic};
    use lifeboat_backend::Requests;

    #[test]
    fn kinds_that_do_not_occur_are_left_out() {
        let requests = Requests { put: 2, get: 1200, ..Requests::default() };
        let traffic = Traffic { requests, retries: 3, bytes_sent: 1 << 20, bytes_received: 9, waiting: None };
        let expected =
            "network: 1,202 requests (2 put, 1,200 get), 3 of them again, sent 1.00 MiB, received 9 B";
        assert_eq!(of_traffic(&traffic), expected);
    }
}
