//! Reports are read by what is meant to read them, and say of each record what it says.

use super::sample;
use lifeboat_drill::record::{Account, Chain, Kind, Outcome, Record, SCHEMA, Status};
use lifeboat_drill::report::{Reported, html, junit, metrics};
use lifeboat_testkit::needs;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn record(account: Account) -> Record {
    Record { schema: SCHEMA.to_owned(), chain: Chain::default(), account }
}

fn reported(records: &[Record]) -> Vec<Reported<'_>> {
    records.iter().map(|record| Reported { record, name: None }).collect()
}

/// One of each way to end, of a drill whose name is hard on every form.
fn one_of_each() -> Vec<Record> {
    let ends = [
        Status::Pass,
        Status::Degraded,
        Status::Unknown,
        Status::Fail,
        Status::SelftestFailed,
        Status::Error,
    ];
    (0..).zip(ends).map(|(day, status)| record(sample::account("a<b>&\"c\"\\\n\u{1}", day, status))).collect()
}

/// What a program says of a text.
fn fed(program: &str, arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn results_of_tests_are_read_by_a_stock_parser() {
    if !needs("python3") {
        return;
    }
    let records = one_of_each();
    let script = "import sys, xml.etree.ElementTree as e\n\
        for suite in e.fromstring(sys.stdin.buffer.read()).iter('testsuite'):\n\
        \x20 cases = list(suite.iter('testcase'))\n\
        \x20 print(len(cases), *[len(list(suite.iter(kind))) for kind in ('failure', 'error', 'skipped')],\n\
        \x20   *[suite.get(name) for name in ('tests', 'failures', 'errors')])";
    let (is_read, said) = fed("python3", &["-c", script], &junit(&reported(&records)));
    assert!(is_read, "{said}");
    // Three checks, two objectives and the verdict. What fails has a failed check; its objectives are unknown.
    let of_pass = "6 0 0 1 6 0 0";
    let of_fail = "6 2 2 1 6 2 2";
    let of_error = "6 1 3 1 6 1 3";
    assert_eq!(said.lines().collect::<Vec<_>>(), [of_pass, of_fail, of_error, of_fail, of_error, of_error]);
}

#[test]
fn what_is_not_proved_is_an_error_and_never_skipped() {
    let mut account = sample::account("erp", 0, Status::Unknown);
    let ways = [
        (Outcome::Pass, true, None),
        (Outcome::Warn, true, None),
        (Outcome::Fail, false, Some(NonSuccessKind::Failure)),
        (Outcome::Unknown, false, Some(NonSuccessKind::Error)),
        (Outcome::Skipped, true, Some(NonSuccessKind::Error)),
    ];
    let check = account.results.checks.remove(0);
    account.results.checks = ways
        .iter()
        .map(|(verdict, required, _)| {
            let mut check = check.clone();
            (check.verdict, check.required) = (*verdict, *required);
            check
        })
        .collect();
    let records = [record(account)];
    let report = Report::deserialize_from_str(&junit(&reported(&records))).unwrap();
    for ((outcome, _, expected), case) in ways.iter().zip(&report.test_suites[0].test_cases) {
        let kind = match &case.status {
            TestCaseStatus::NonSuccess { kind, .. } => Some(*kind),
            TestCaseStatus::Success { .. } => None,
            TestCaseStatus::Skipped { .. } => panic!("{outcome:?} is skipped"),
        };
        assert_eq!(kind, *expected, "{outcome:?}");
    }
}

#[test]
fn results_of_tests_have_what_is_worth_comparing() {
    let world = super::evidence::World::of_fifty(1);
    let chains = world.chains(&world.objects());
    let stored = chains.records().next().unwrap();
    let report = Report::deserialize_from_str(&junit(&[stored.into()])).unwrap();
    let properties = &report.test_suites[0].properties;
    let value = |name: &str| {
        let property = properties.iter().find(|property| property.name.as_str() == name);
        property.unwrap_or_else(|| panic!("no {name}")).value.to_string()
    };
    assert_eq!(value("chain-head"), stored.name.to_string());
    assert_eq!(
        (value("rpo"), value("bound"), value("level")),
        ("18000".into(), "0.009969".into(), "L3".into())
    );
    assert_eq!(value("rto"), stored.record.account.objectives[0].attained.to_string());
}

#[test]
fn metrics_are_what_prometheus_takes() {
    let records = one_of_each();
    let text = metrics(&reported(&records), Some(0));
    if needs("promtool") {
        let (is_good, said) = fed("promtool", &["check", "metrics"], &text);
        assert!(is_good && said.is_empty(), "{said}\n{text}");
    }
    let drill = "drill=\"a<b>&\\\"c\\\"\\\\\\n\u{1}\"";
    for line in [
        format!("lifeboat_drill_status{{{drill},replica=\"primary\"}} 4\n"),
        format!("lifeboat_drill_missed_total{{{drill}}} 0\n"),
        "lifeboat_drill_evidence_problems 0\n".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(!metrics(&reported(&records), None).contains("evidence_problems"));
}

#[test]
fn metrics_tell_of_the_newest_run_and_of_nothing_that_nobody_knows() {
    let mut records: Vec<_> = [(3, Status::Pass), (9, Status::Fail), (1, Status::Pass)]
        .map(|(day, status)| sample::account("erp", day, status))
        .map(record)
        .into();
    let finished = |record: &Record| record.account.when.finished.as_second();
    records[1].account.objectives[0].attained = Value::Null;
    let mut missed = record(sample::account("erp", 10, Status::Unknown));
    (missed.account.kind, missed.account.when.missed) = (Kind::Missed, 3);
    records.push(missed);
    let text = metrics(&reported(&records), None);
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("lifeboat_drill_{name}{{")));
        line.map(|line| line.rsplit_once(' ').unwrap().1.to_owned())
    };
    assert_eq!(value("status"), Some("2".into()));
    assert_eq!(value("last_run_timestamp_seconds"), Some(finished(&records[1]).to_string()));
    assert_eq!(value("last_pass_timestamp_seconds"), Some(finished(&records[0]).to_string()));
    assert_eq!((value("rto_seconds"), value("rto_target_seconds")), (None, Some("120".into())));
    assert_eq!((value("missed_total"), value("duration_seconds")), (Some("3".into()), Some("90".into())));
}

/// Forty runs of two drills, of which some failed, some were missed and one nobody knows the recovery time of.
fn history() -> Vec<Record> {
    let ends = [Status::Pass, Status::Pass, Status::Degraded, Status::Pass, Status::Fail, Status::Unknown];
    let mut records: Vec<_> = (0..40)
        .map(|day| {
            let status = ends[usize::try_from(day).unwrap() % ends.len()];
            record(sample::account(
                if day % 4 == 0 { "mail <&> \"archive\"" } else { "erp" },
                day * 3,
                status,
            ))
        })
        .collect();
    records[38].account.objectives[0].attained = Value::Null;
    records[39] = record(sample::account("erp", 117, Status::Fail));
    for day in [100, 103] {
        let mut missed = record(sample::account("erp", day, Status::Unknown));
        (missed.account.kind, missed.account.when.missed) = (Kind::Missed, 1);
        records.push(missed);
    }
    records
}

/// Reads a page as browsers do, and says what is wrong with it.
const READER: &str = r#"
import sys, html.parser
VOID = {'meta'}
class Page(html.parser.HTMLParser):
    open, ids, refs, wrong, figures, text = [], [], [], [], 0, ''
    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if tag not in KNOWN: self.wrong.append('tag ' + tag)
        self.wrong += [name for name in names if name.startswith('on') or name in ('src', 'href', 'style')]
        for name, value in attrs:
            if name == 'id': self.ids.append(value)
            if name == 'aria-labelledby': self.refs += value.split()
        if tag == 'svg' and ('role', 'img') not in attrs: self.wrong.append('svg without role')
        if tag == 'figure': self.figures += 1
        if tag not in VOID: self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: self.wrong.append('end of ' + tag)
    def handle_data(self, data):
        self.text += data
KNOWN = set('html head meta title style body header h1 h2 h3 main p strong ul li section table caption thead tbody tr th td'
    ' figure figcaption svg desc line text g circle path rect footer code'.split())
page = Page(convert_charrefs=True)
page.feed(sys.stdin.buffer.read().decode())
page.close()
wrong = page.wrong + page.open + [i for i in page.refs if i not in page.ids]
if len(set(page.ids)) != len(page.ids): wrong.append('an id is there twice')
print(page.figures, len(page.refs), wrong)
print(' '.join(page.text.split()))
"#;

#[test]
fn the_page_is_well_formed_and_shows_what_records_say() {
    if !needs("python3") {
        return;
    }
    let page = html(&reported(&history()));
    let (is_read, said) = fed("python3", &["-c", READER], &page);
    assert!(is_read, "{said}");
    let (found, text) = said.split_once('\n').unwrap();
    // Four drawings of each drill, each with a title and a description.
    assert_eq!(found, "8 16 []");
    for told in [
        "mail <&> \"archive\"",
        "etc/a & <b>: other bytes",
        "a & b <were> \"lost\"",
        "that files outside of the sample do",
        "Recovery time: newest 77.0 s; between 61.0 s and 109.0 s; the objective, a dashed line, is 2 min 0 s.",
        "16 of them with other ends than pass.",
        "2026-12-30missed",
        "Phases of the newest run: 90.0 s together, most of it for restore.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

/// What a drawing shows stands in its table, and what nobody knows is drawn as such.
#[test]
fn drawings_and_tables_have_the_same_numbers() {
    let records: Vec<_> = (0..5).map(|day| record(sample::account("erp", day, Status::Pass))).collect();
    let page = html(&reported(&records));
    // The newest stands among the objectives, too, and so does its target.
    for seconds in 60..64 {
        assert_eq!(page.matches(&format!("<td>{seconds}.0 s</td>")).count(), 1, "{seconds}");
    }
    assert_eq!(page.matches("<td>2 min 0 s</td>").count(), 5 + 1, "the objective, of each run");
    assert_eq!(
        page.matches("<circle").count(),
        5 + 5 + 5 + 3,
        "runs, in two trends and the calendar, and their legends"
    );
    assert!(!page.contains(">?</text>"));
    let mut unknown = records;
    unknown[2].account.objectives[0].attained = Value::Null;
    let page = html(&reported(&unknown));
    assert_eq!((page.matches(">?</text>").count(), page.matches("<td>unknown</td>").count()), (1, 1));
    let curve = page.split("class=\"curve\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(
        (curve.matches('M').count(), curve.matches('L').count()),
        (2, 2),
        "it is broken there: {curve}"
    );
}

/// What was extrapolated is shown with what it lies between.
#[test]
fn bounds_are_shown_where_there_are_any() {
    let mut records: Vec<_> = (0..3).map(|day| record(sample::account("erp", day, Status::Pass))).collect();
    let told = |records: &[Record]| (html(&reported(records)), metrics(&reported(records), None));
    let (page, text) = told(&records);
    assert!(!page.contains("Between") && !text.contains("rto_upper"));
    let rto = &mut records[2].account.objectives[0];
    (rto.lower, rto.upper) = (Some(40.0), Some(110.0));
    let (page, text) = told(&records);
    assert!(page.contains("<th scope=\"col\">Between</th>") && page.contains("<td>40.0 s to 110.0 s</td>"));
    // A line with two caps; two runs were measured, and so were both objectives.
    assert_eq!(
        (page.matches("class=\"axis\"").count(), page.matches("<td>measured</td>").count()),
        (3, 2 + 2)
    );
    assert!(
        text.contains("lifeboat_drill_rto_upper_seconds{drill=\"erp\",replica=\"primary\"} 110\n"),
        "{text}"
    );
}

#[test]
fn a_page_of_nothing_says_so() {
    let page = html(&[]);
    assert!(page.contains("There are no runs of any drill.") && !page.contains("<svg"));
}

#[test]
fn a_page_does_not_grow_without_end() {
    let records: Vec<_> = (0..100).map(|day| record(sample::account("erp", day, Status::Pass))).collect();
    let page = html(&reported(&records));
    assert!(page.contains("The newest 30 of 100 runs are shown."));
    assert_eq!(page.matches("class=\"curve\"").count(), 2);
}
