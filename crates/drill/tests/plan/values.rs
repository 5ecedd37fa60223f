//! Values of plans.

use lifeboat_drill::plan::{Glob, Sample, Seed, Setting, Share, Size, Span};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

fn read<T: DeserializeOwned>(value: impl Into<Value>) -> Result<T, String> {
    serde_json::from_value(value.into()).map_err(|error| error.to_string())
}

#[test]
fn lengths_of_time_have_units() {
    for (text, seconds, shortest) in [
        ("90s", 90, "90s"),
        ("60s", 60, "1m"),
        ("45m", 2700, "45m"),
        ("26h", 26 * 3600, "26h"),
        ("30d", 30 * 86_400, "30d"),
        ("14d", 14 * 86_400, "2w"),
        ("7y", 7 * 365 * 86_400, "7y"),
        ("365d", 365 * 86_400, "1y"),
    ] {
        let span: Span = read(text).unwrap();
        assert_eq!((span.duration(), span.to_string().as_str()), (Duration::from_secs(seconds), shortest));
        assert_eq!(read(span.to_string()), Ok(span));
    }
    for text in
        ["", "s", "5", "0s", "-1d", "+1d", "1.5h", "1d12h", "1 d", "1M", "off", "99999999999999999999s"]
    {
        assert!(read::<Span>(text).unwrap_err().contains("write a number from 1 on and its unit"), "{text}");
    }
    assert!(read::<Span>("999999999999999999y").is_err());
    assert!(read::<Span>(5).is_err());
}

#[test]
fn what_is_set_for_all_can_be_switched_off() {
    assert_eq!(read("off"), Ok(Setting::<Span>::Off));
    assert_eq!(read::<Setting<Span>>("2m").map(Setting::value), Ok(Some(read("120s").unwrap())));
    assert!(read::<Setting<Span>>("none").unwrap_err().ends_with(", or off"));
}

#[test]
fn shares_are_parts_of_one() {
    for (value, share) in
        [(json!(0.001), 0.001), (json!(1), 1.0), (json!("5%"), 0.05), (json!("0.5%"), 0.005)]
    {
        assert_eq!(read::<Share>(value).unwrap().value(), share);
    }
    for value in [
        json!(0),
        json!(0.0),
        json!(-0.1),
        json!(1.5),
        json!("0%"),
        json!("101%"),
        json!("5"),
        json!("-5%"),
        json!("+5%"),
        json!("1e1%"),
        json!("NaN%"),
        json!("%"),
        json!(2),
        json!(true),
        json!([]),
    ] {
        assert!(read::<Share>(value.clone()).unwrap_err().contains("a share above 0 and up to 1"), "{value}");
    }
}

#[test]
fn sizes_are_those_of_the_command_line() {
    assert_eq!(read::<Size>("1.5M").unwrap().bytes(), 3 << 19);
    for text in ["", "0", "0k", "-1", "1x"] {
        assert!(read::<Size>(text).unwrap_err().contains("write a"), "{text}");
    }
}

#[test]
fn patterns_are_understood_before_anything_runs() {
    for text in ["/etc/passwd", "*.sqlite", "/srv/**/{a,b}.[ch]"] {
        assert_eq!(read::<Glob>(text).unwrap().text(), text);
    }
    for text in ["", " ", "!a", "#a", "[a", "{a"] {
        assert!(read::<Glob>(text).is_err(), "{text}");
    }
}

#[test]
fn samples_know_their_draws() {
    let draws = |value: Value| read::<Sample>(value).map(|sample| sample.draws());
    assert_eq!(draws(json!({})), Ok(299));
    assert_eq!(draws(json!({"max-damaged": 0.001})), Ok(2995));
    assert_eq!(draws(json!({"confidence": "99%", "max-damaged": 0.01})), Ok(459));
    assert_eq!(draws(json!({"max-damaged": 1})), Ok(1), "nothing is proved by nothing");
    // Nothing is surely sound but by a census, and nothing is proved by half a chance.
    for value in
        [json!({"confidence": 1}), json!({"confidence": 0.4}), json!({"max-damaged": 0}), json!({"draws": 5})]
    {
        assert!(draws(value.clone()).is_err(), "{value}");
    }
    assert_eq!(read::<Sample>(json!({"seed": "audit 7"})).unwrap().seed, Seed::Given("audit 7".to_owned()));
    assert_eq!(read::<Sample>(json!({"seed": "derived"})).unwrap().seed, Seed::Derived);
}
