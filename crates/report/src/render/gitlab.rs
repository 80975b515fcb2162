//! A GitLab Code Quality report.
//!
//! Source: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use super::wording::{path, qualified_rule, sentence};
use crate::model::{Diagnostic, Finding, Report, Severity, Status};
use serde::{Serialize, Serializer};
use std::collections::HashMap;
use std::io::{self, Write};

/// Writes every finding that counts, and every error as a blocker, so that what could not be
/// judged never looks clean. GitLab has no place for excepted and baselined findings.
pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Issues(report))?;
    out.write_all(b"\n")
}

struct Issues<'a>(&'a Report);

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seen = HashMap::new();
        let mut unique = move |issue: Issue| number_repeats(issue, &mut seen);
        let findings = self.0.findings.iter().filter(|f| f.status == Status::Active);
        serializer.collect_seq(
            self.0.errors.iter().map(of_error).chain(findings.map(of_finding)).map(&mut unique),
        )
    }
}

/// GitLab drops a second issue with the same fingerprint, so the second gets a number.
fn number_repeats(mut issue: Issue, seen: &mut HashMap<String, usize>) -> Issue {
    if let Some(count) = seen.get_mut(&issue.fingerprint) {
        *count += 1;
        issue.fingerprint = format!("{}-{count}", issue.fingerprint);
    } else {
        seen.insert(issue.fingerprint.clone(), 1);
    }
    issue
}

fn of_finding(finding: &Finding) -> Issue {
    Issue {
        description: format!("{}: {}", finding.resource, sentence(finding)),
        check_name: qualified_rule(&finding.dialect, &finding.rule),
        fingerprint: finding.key.clone(),
        severity: match finding.severity {
            Severity::Info => "info",
            Severity::Low => "minor",
            Severity::Medium => "major",
            Severity::High => "critical",
            Severity::Critical => "blocker",
        },
        location: place(Some(&finding.location.file), finding.location.line),
    }
}

fn of_error(error: &Diagnostic) -> Issue {
    let file = error.file.as_deref();
    Issue {
        description: error.message.clone(),
        check_name: "sekisho/error".to_owned(),
        fingerprint: fingerprint(file.unwrap_or_default(), &error.message),
        severity: "blocker",
        location: place(file, error.line.unwrap_or(1)),
    }
}

fn place(file: Option<&str>, line: u32) -> Place {
    // GitLab insists on a path: what is about the whole run is put on the folder.
    Place { path: path(file.unwrap_or(".")).into_owned(), lines: Lines { begin: line.max(1) } }
}

/// Names an error over runs: FNV-1a over file and message, for errors have no key.
fn fingerprint(file: &str, message: &str) -> String {
    let bytes = file.bytes().chain([0]).chain(message.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("error-{hash:016x}")
}
