//! Counts and exit codes.

use crate::sample::full;
use sekisho_report::{Action, Status, Summary};

#[test]
fn findings_are_counted_once() {
    let report = full();
    let summary = &report.summary;
    let counts = [summary.deny, summary.warn, summary.audit, summary.excepted, summary.baselined];
    assert_eq!(counts, [2, 3, 1, 1, 1]);
    assert_eq!(counts.iter().sum::<usize>(), report.findings.len());
    assert_eq!(summary.clone().count(&report.findings), *summary);
    assert_eq!((summary.files, summary.errors), (6, 3));
}

#[test]
fn what_does_not_count_does_not_fail() {
    let mut findings = full().findings;
    for finding in &mut findings {
        finding.status = Status::Baselined;
    }
    let summary = Summary::default().count(&findings);
    assert_eq!(summary.baselined, findings.len());
    assert_eq!(summary.exit_code(Some(Action::Audit)), Summary::CLEAN);
}

#[test]
fn exit_codes() {
    let deny = Some(Action::Deny);
    let warn = Some(Action::Warn);
    let audit = Some(Action::Audit);
    for (found, errors, fail_on, expected) in [
        ([0, 0, 0], 0, audit, 0),
        ([1, 0, 0], 0, deny, 1),
        ([0, 1, 1], 0, deny, 0),
        ([0, 1, 0], 0, warn, 1),
        ([1, 0, 0], 0, warn, 1),
        ([0, 0, 1], 0, warn, 0),
        ([0, 0, 1], 0, audit, 1),
        ([1, 1, 1], 0, None, 0),
        ([1, 1, 1], 1, deny, 2),
        ([0, 0, 0], 1, None, 2),
    ] {
        let [deny, warn, audit] = found;
        let summary = Summary { deny, warn, audit, errors, ..Summary::default() };
        assert_eq!(summary.exit_code(fail_on), expected, "{found:?} {errors} {fail_on:?}");
    }
}
