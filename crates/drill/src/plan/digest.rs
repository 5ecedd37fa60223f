//! The fingerprint of a drill.

use super::ResolvedDrill;
use lifeboat_format::EvidenceHash;
use serde_json::Value;

impl ResolvedDrill {
    /// SHA-256 of everything that it is, 64 hexadecimal digits: of its JSON without spaces, the keys of each object sorted. The same
    /// whatever order tables and keys have in a plan.
    #[must_use]
    pub fn digest(&self) -> String {
        let value =
            serde_json::to_value(self).expect("a drill has text for keys, and no number that is none");
        EvidenceHash::of(canonical(&value).as_bytes()).to_string()
    }
}

/// JSON with sorted keys, whatever the library does of its own accord.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            let pairs = pairs
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        value => value.to_string(),
    }
}
