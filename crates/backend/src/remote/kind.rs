//! What a request is for, as people pay for it.

use object_store::client::HttpRequest;
use reqwest::Method;

/// How many kinds there are.
pub(super) const KINDS: usize = 6;

/// Where machines of a cloud are told who they are.
const METADATA: [&str; 2] = ["169.254.", "metadata."];

/// The kinds of requests, as [`Requests`](crate::Requests) has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Put,
    Get,
    Head,
    List,
    Delete,
    Other,
}

impl Kind {
    /// The kind of a request, by what all dialects of object storage have in common.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let uri = request.uri();
        let query = uri.query().unwrap_or_default();
        let is_list = query.split('&').any(|part| part.starts_with("list-type=") || part == "comp=list");
        if uri.host().is_some_and(|host| METADATA.iter().any(|start| host.starts_with(start))) {
            return Self::Other;
        }
        match *request.method() {
            Method::GET if is_list => Self::List,
            Method::GET => Self::Get,
            Method::PUT => Self::Put,
            Method::HEAD => Self::Head,
            Method::DELETE => Self::Delete,
            Method::POST if query == "delete" || query == "delete=" => Self::Delete,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::client::HttpRequestBody;

    #[test]
    fn requests_are_sorted_by_what_they_cost() {
        let table = [
            (Method::PUT, "http://h/bucket/key", Kind::Put),
            (Method::GET, "http://h/bucket/key", Kind::Get),
            (Method::GET, "http://h/bucket?prefix=a&list-type=2", Kind::List),
            (Method::GET, "http://h/bucket?comp=list&restype=container", Kind::List),
            (Method::HEAD, "http://h/bucket/key", Kind::Head),
            (Method::DELETE, "http://h/bucket/key", Kind::Delete),
            (Method::POST, "http://h/bucket?delete", Kind::Delete),
            (Method::POST, "http://sts.example.org/", Kind::Other),
            (Method::GET, "http://169.254.169.254/latest/meta-data", Kind::Other),
        ];
        for (method, uri, kind) in table {
            let mut request = HttpRequest::new(HttpRequestBody::empty());
            *request.method_mut() = method;
            *request.uri_mut() = uri.parse().unwrap();
            assert_eq!(Kind::of(&request), kind, "{uri}");
        }
    }
}
