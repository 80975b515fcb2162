//! An earlier output as a baseline.

use crate::sample::{finding, full, location, report, shown};
use sekisho_report::{
    BaselineError, Finding, Format, RenderOptions, Status, apply_baseline, baseline_keys,
};
use std::collections::BTreeMap;

fn of_keys(keys: &str) -> Vec<Finding> {
    keys.chars()
        .map(|key| {
            finding(key, "hostPorts", "hostPort", location("a.yaml", 1, "hostPort: 1", "hostPort"))
        })
        .collect()
}

fn output(keys: &str) -> String {
    shown(&report(of_keys(keys)), Format::Json, &RenderOptions::default())
}

#[test]
fn an_output_is_read_back() {
    let json = shown(&full(), Format::Json, &RenderOptions::default());
    let counts = baseline_keys(&json).unwrap();
    // `e` is excepted: once its exception is gone, it counts.
    let expected = ['0', '1', 'a', 'b', 'c', 'd', 'f'].map(|key| (key.to_string().repeat(32), 1));
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(baseline_keys(&format!("\u{feff}{json}")).unwrap(), counts);
}

#[test]
fn a_second_violation_does_not_hide_behind_a_first() {
    for (known, now, marked) in [
        ("", "a", "."),
        ("a", "a", "b"),
        ("a", "aa", "b."),
        ("aa", "a", "b"),
        ("ab", "bcaa", "b.b."),
        ("aa", "aba", "b.b"),
    ] {
        let counts = baseline_keys(&output(known)).unwrap();
        let mut findings = of_keys(now);
        let count = apply_baseline(&mut findings, &counts);
        let shown: String = findings
            .iter()
            .map(|f| if f.status == Status::Baselined { 'b' } else { '.' })
            .collect();
        assert_eq!(shown, marked, "{known:?} then {now:?}");
        assert_eq!(count, marked.matches('b').count());
    }
}

#[test]
fn excepted_findings_use_nothing_up() {
    let counts = baseline_keys(&output("a")).unwrap();
    let mut findings = of_keys("aa");
    findings[0].status = Status::Excepted;
    apply_baseline(&mut findings, &counts);
    assert_eq!(findings[0].status, Status::Excepted);
    assert_eq!(findings[1].status, Status::Baselined);
}

#[test]
fn a_baselined_finding_stays_known() {
    let mut findings = of_keys("a");
    findings[0].status = Status::Baselined;
    let json = shown(&report(findings), Format::Json, &RenderOptions::default());
    assert_eq!(baseline_keys(&json).unwrap().values().sum::<usize>(), 1);
}

#[test]
fn other_files_are_refused() {
    for (text, message, place) in [
        ("", "the baseline is not JSON", Some((1, 1))),
        ("apiVersion: v1\n", "the baseline is not JSON", Some((1, 1))),
        ("{\"version\": 1,\n \"findings\": [", "the baseline is not JSON", Some((2, 14))),
        ("[]", "the baseline is not a report of `sekisho check -o json`", None),
        ("{}", "the baseline is not a report of `sekisho check -o json`", None),
        (
            "{\"version\": \"2.1.0\", \"runs\": []}",
            "the baseline is not a report of `sekisho check -o json`",
            Some((1, 19)),
        ),
        (
            "{\"version\": 1, \"findings\": [{\"key\": \"a\", \"status\": \"waived\"}]}",
            "the baseline is not a report of `sekisho check -o json`",
            None,
        ),
        ("{\"version\": 1}", "the baseline is not a report of `sekisho check -o json`", None),
        ("{\"version\": 2, \"found\": []}", "the baseline is a report of version `2`", None),
    ] {
        let error = baseline_keys(text).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
        assert!(error.help().contains("sekisho check -o json --output-file FILE"));
        if place.is_some() {
            assert_eq!(error.place(), place, "{text}");
        }
    }
    assert_eq!(BaselineError::Version(2).place(), None);
}
