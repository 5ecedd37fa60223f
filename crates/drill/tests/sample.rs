//! Accounts of rehearsals that never took place.

use jiff::{SignedDuration, Timestamp};
use lifeboat_drill::record::{
    Account, Amount, Cache, CheckResult, Coverage, Damage, DrilledSnapshot, Io, Kind, Level, Method, Mode,
    Objective, Outcome, Phase, PlanRef, Results, SandboxRecord, Scope, Selection, SelectionKind, Statistics,
    Status, Tool, Verdict, When, Who,
};
use serde_json::{Value, json};

/// That of a drill with this name, which ended in this way on the given day.
pub(crate) fn account(drill: &str, day: i64, status: Status) -> Account {
    let started = Timestamp::from_second(1_790_000_000).unwrap() + SignedDuration::from_hours(24 * day);
    let is_pass = status == Status::Pass;
    Account {
        kind: Kind::Run,
        id: format!("{day:032x}"),
        plan: PlanRef {
            drill: drill.to_owned(),
            scenario: "restore-sample".to_owned(),
            digest: "ab".repeat(32),
        },
        who: who(),
        when: When {
            due: None,
            started,
            finished: started + SignedDuration::from_secs(90),
            monotonic_ms: 90_000,
            missed: 0,
        },
        scope: scope(started),
        method: method(),
        results: results(is_pass, day),
        objectives: objectives(is_pass, day),
        verdict: Verdict {
            status,
            exit_code: u8::from(!is_pass) * 4,
            reasons: if is_pass { vec![] } else { vec!["a & b <were> \"lost\"".to_owned()] },
        },
        proves: vec!["files of the sample come back as they were".to_owned()],
        does_not_prove: vec!["that files outside of the sample do".to_owned()],
        sandbox: SandboxRecord {
            isolation: "none".to_owned(),
            network: "none".to_owned(),
            cleanup: "verified".to_owned(),
        },
    }
}

fn who() -> Who {
    let tool = Tool { version: "0.1.0".to_owned(), sha256: None, platform: "linux x86_64".to_owned() };
    Who { host: "ark".to_owned(), user: 1000, trigger: "schedule".to_owned(), tool }
}

fn scope(started: Timestamp) -> Scope {
    let snapshot = DrilledSnapshot {
        id: "cd".repeat(32),
        started: started - SignedDuration::from_hours(5),
        finished: started - SignedDuration::from_hours(4),
        complete: true,
        newest: true,
    };
    Scope {
        repository: "11".repeat(16),
        replica: "primary".to_owned(),
        snapshots: vec![snapshot],
        selected: Amount { files: 10, bytes: 1 << 20, packs: 2 },
        population: Amount { files: 1000, bytes: 1 << 30, packs: 70 },
    }
}

fn method() -> Method {
    let selection = Selection {
        kind: SelectionKind::Random,
        seed: Some("0f".repeat(32)),
        seed_origin: Some("derived".to_owned()),
        weight: Some("bytes".to_owned()),
        draws: 299,
    };
    Method {
        level: Level::L3,
        mode: Mode::Materialise,
        cache: Cache::Cold,
        denied: vec![],
        key: None,
        selection,
        faults_injected: vec![],
        shard: None,
        live_writes: 0,
    }
}

fn results(is_pass: bool, day: i64) -> Results {
    let phase = |(name, ms): (&str, u64)| Phase { name: name.to_owned(), ms };
    Results {
        checks: vec![
            check("content", if is_pass { Outcome::Pass } else { Outcome::Fail }, true),
            check("metadata", Outcome::Pass, true),
            check("owner's notes", Outcome::Skipped, false),
        ],
        damage: Damage { packs: u64::from(!is_pass), ..Damage::default() },
        statistics: Some(Statistics {
            n: 299,
            failures: 0,
            confidence: 0.95,
            upper_bound_damaged_fraction: 0.009_969,
            unit: "file".to_owned(),
            method: "pps-binomial".to_owned(),
        }),
        coverage: Some(Coverage {
            window_days: 30,
            #[expect(clippy::cast_precision_loss, reason = "a number of days")]
            bytes_share: (day as f64 / 60.0).min(1.0),
            oldest_read_age_s: 86_400,
            never_read_bytes: 5 << 20,
            forecast_complete_by: None,
        }),
        phases: [("unlock", 500), ("index", 1500), ("restore", 80_000), ("checks", 8000)].map(phase).into(),
        io: Io { bytes_read: 3 << 20, bytes_written: 1 << 20, requests: 40 },
    }
}

fn check(name: &str, verdict: Outcome, required: bool) -> CheckResult {
    let message = if verdict == Outcome::Fail { "etc/a & <b>: other bytes" } else { "" };
    CheckResult {
        name: name.to_owned(),
        kind: name.to_owned(),
        required,
        data_proving: required,
        verdict,
        subjects: 10,
        expected: Value::Null,
        observed: json!({"files": 10}),
        message: message.to_owned(),
        ms: 4000,
        last_negative_control: None,
        green_on: Vec::new(),
    }
}

fn objectives(is_pass: bool, day: i64) -> Vec<Objective> {
    let rto = Objective {
        name: "rto".to_owned(),
        target: json!(120),
        attained: json!(60 + day % 50),
        lower: None,
        upper: None,
        basis: "measured".to_owned(),
        verdict: if is_pass { Outcome::Pass } else { Outcome::Unknown },
        message: String::new(),
    };
    let rpo =
        Objective { name: "rpo".to_owned(), target: json!(86_400), attained: json!(18_000), ..rto.clone() };
    vec![rto, rpo]
}
