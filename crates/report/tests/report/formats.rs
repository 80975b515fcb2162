//! The structure of the machine formats.

use crate::sample::{finding, full, json, location, report, rules, shown};
use sekisho_report::{Action, Format, RenderOptions, Severity, Status};
use serde_json::{Value, json as value};
use std::collections::HashSet;

fn with(format: Format, fail_on: Option<Action>) -> String {
    shown(&full(), format, &RenderOptions { fail_on, ..RenderOptions::default() })
}

#[test]
fn the_words_for_formats_are_read_back() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.as_str()), Some(format));
    }
    assert_eq!(Format::parse("SARIF"), None);
    assert_eq!(Format::default(), Format::Text);
}

#[test]
fn sarif_results_match_findings() {
    let log = json(&full(), Format::Sarif);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), full().findings.len());
    for (result, finding) in results.iter().zip(full().findings) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["partialFingerprints"]["sekishoFindingKey/v1"], finding.key);
        let level = match finding.action {
            Action::Deny => "error",
            Action::Warn => "warning",
            Action::Audit => "note",
            Action::Off => "none",
        };
        assert_eq!(result["level"], level);
        let suppressions = result["suppressions"].as_array().unwrap();
        assert_eq!(suppressions.is_empty(), finding.status == Status::Active);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startLine"], finding.location.line);
        let len = finding.location.marked.unwrap().len;
        assert_eq!(region["endColumn"], finding.location.column + len);
    }
    let ids: HashSet<&Value> = rules.iter().map(|rule| &rule["id"]).collect();
    assert_eq!(ids.len(), rules.len());
    for rule in rules {
        for part in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[part]["text"].is_string(), "{rule}");
        }
    }
}

#[test]
fn sarif_tells_what_was_not_judged() {
    let invocation = &json(&full(), Format::Sarif)["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 2);
    let levels: Vec<&Value> = invocation["toolExecutionNotifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notification| &notification["level"])
        .collect();
    assert_eq!(levels, ["error", "error", "error", "note"]);
    let clean = json(&report(Vec::new()), Format::Sarif);
    assert_eq!(clean["runs"][0]["invocations"][0]["executionSuccessful"], true);
    assert_eq!(clean["runs"][0]["results"], value!([]));
}

#[test]
fn sarif_suppressions_are_on_all_results_or_none() {
    let found = finding('a', "r", "m", location("a.yaml", 1, "a", "a"));
    let log = json(&report(vec![found]), Format::Sarif);
    assert_eq!(log["runs"][0]["results"][0].get("suppressions"), None);
}

#[test]
fn sarif_documents_rules_first() {
    let rules = rules();
    let options = RenderOptions { rules: &rules, ..RenderOptions::default() };
    let log: Value = serde_json::from_str(&shown(&full(), Format::Sarif, &options)).unwrap();
    let rules = &log["runs"][0]["tool"]["driver"]["rules"];
    assert_eq!(rules[0]["id"], "pod-security/hostNamespaces");
    assert_eq!(rules[0]["properties"]["security-severity"], "8.0");
    assert!(rules[0]["help"]["markdown"].as_str().unwrap().starts_with("# Host namespaces"));
}

#[test]
fn sarif_places_without_a_line_have_no_region() {
    let mut found = finding('a', "r", "m", location("a.yaml", 1, "a", "a"));
    (found.location.line, found.location.column) = (0, 0);
    let log = json(&report(vec![found]), Format::Sarif);
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(*place, value!({"artifactLocation": {"uri": "a.yaml"}}));
}

/// The numbers in an attribute, over all elements of a name.
fn attribute(xml: &str, element: &str, name: &str) -> Vec<usize> {
    xml.lines()
        .filter_map(|line| line.trim_start().strip_prefix(&format!("<{element} ")))
        .map(|rest| {
            let value = rest.split(&format!("{name}=\"")).nth(1).unwrap();
            value.split('"').next().unwrap().parse().unwrap()
        })
        .collect()
}

#[test]
fn junit_counts_are_those_of_its_elements() {
    for fail_on in [Some(Action::Deny), Some(Action::Warn), Some(Action::Audit), None] {
        let xml = with(Format::Junit, fail_on);
        for (count, element) in [
            ("tests", "<testcase "),
            ("failures", "<failure "),
            ("errors", "<error "),
            ("skipped", "<skipped "),
        ] {
            let total = attribute(&xml, "testsuites", count);
            let suites = attribute(&xml, "testsuite", count);
            assert_eq!(total, [suites.iter().sum::<usize>()], "{count}");
            assert_eq!(total, [xml.matches(element).count()], "{count}\n{xml}");
        }
    }
}

#[test]
fn junit_fails_what_the_user_fails_on() {
    for (fail_on, failures) in
        [(None, 2), (Some(Action::Deny), 2), (Some(Action::Warn), 5), (Some(Action::Audit), 6)]
    {
        let xml = with(Format::Junit, fail_on);
        assert_eq!(attribute(&xml, "testsuites", "failures"), [failures], "{fail_on:?}");
    }
}

#[test]
fn junit_tells_repeated_cases_apart() {
    let found = finding('a', "r", "m", location("a.yaml", 1, "a", "a"));
    let xml = shown(&report(vec![found; 3]), Format::Junit, &RenderOptions::default());
    let names: HashSet<&str> = xml.lines().filter(|line| line.contains("<testcase ")).collect();
    assert_eq!(names.len(), 3, "{xml}");
}

#[test]
fn gitlab_fingerprints_are_unique() {
    let mut list = full();
    list.findings.extend(full().findings);
    list.errors.extend(full().errors);
    let issues = json(&list, Format::Gitlab);
    let issues = issues.as_array().unwrap();
    let active = list.findings.iter().filter(|f| f.status == Status::Active).count();
    assert_eq!(issues.len(), active + list.errors.len());
    let prints: HashSet<&Value> = issues.iter().map(|issue| &issue["fingerprint"]).collect();
    assert_eq!(prints.len(), issues.len());
    assert!(prints.contains(&value!("a".repeat(32))));
    assert!(prints.contains(&value!(format!("{}-2", "a".repeat(32)))));
}

#[test]
fn gitlab_severities() {
    for (severity, word) in [
        (Severity::Info, "info"),
        (Severity::Low, "minor"),
        (Severity::Medium, "major"),
        (Severity::High, "critical"),
        (Severity::Critical, "blocker"),
    ] {
        let mut found = finding('a', "r", "m", location("./a.yaml", 3, "a", "a"));
        found.severity = severity;
        let issues = json(&report(vec![found]), Format::Gitlab);
        assert_eq!(issues[0]["severity"], word);
        assert_eq!(issues[0]["location"], value!({"path": "a.yaml", "lines": {"begin": 3}}));
    }
}

#[test]
fn github_commands_follow_actions() {
    let text = with(Format::Github, Some(Action::Deny));
    let count = |command: &str| text.lines().filter(|line| line.starts_with(command)).count();
    let counts = [count("::error "), count("::warning "), count("::notice ")];
    // Three errors, and the six findings that count.
    assert_eq!(counts, [5, 3, 1]);
    assert_eq!(text.lines().count(), 10);
    let quiet = RenderOptions { quiet: true, ..RenderOptions::default() };
    assert_eq!(shown(&full(), Format::Github, &quiet).lines().count(), 9);
}

#[test]
fn github_names_standard_input_in_the_message() {
    let found = finding('a', "r", "m", location("<stdin>", 1, "a", "a"));
    let mut report = report(vec![found]);
    report.errors = vec![sekisho_report::Diagnostic::at("<stdin>", 2, 3, "broken")];
    let text = shown(&report, Format::Github, &RenderOptions::default());
    let lines: Vec<&str> = text.lines().take(2).collect();
    assert_eq!(
        lines,
        [
            "::error title=sekisho could not judge this::<stdin>:2:3: broken",
            "::error title=baseline%3Av1.37/r::<stdin>:1:1: Pod default/breakout: m",
        ]
    );
}
