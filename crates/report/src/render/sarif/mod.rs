//! SARIF 2.1.0, for code scanning.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>, and what
//! code scanning reads of it:
//! <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.

mod place;
mod result;
mod rules;

use super::RenderOptions;
use crate::model::{Basis, Diagnostic, Report, Skipped, Status};
use place::{Place, place};
use result::{SarifResult, result};
use rules::{Rule, Rules};
use serde::{Serialize, Serializer};
use std::io::{self, Write};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one log with one run. Results are made one by one as they are written.
pub(crate) fn render(
    report: &Report,
    options: &RenderOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rules = Rules::of(report, options.rules);
    let driver = Driver {
        name: "sekisho",
        full_name: "Sekisho, the policy checkpoint for Kubernetes",
        version: options.tool_version,
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: rules.descriptors(),
    };
    let exit_code = report.summary.exit_code(options.fail_on);
    let run = Run {
        tool: Tool { driver },
        invocations: [Invocation {
            execution_successful: report.errors.is_empty(),
            exit_code,
            tool_execution_notifications: Notifications(report),
        }],
        column_kind: "unicodeCodePoints",
        properties: RunProperties { basis: &report.basis },
        results: Results { report, rules: &rules },
    };
    serde_json::to_writer_pretty(
        &mut *out,
        &Log { schema: SCHEMA, version: "2.1.0", runs: [run] },
    )?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation<'a>; 1],
    column_kind: &'static str,
    properties: RunProperties<'a>,
    results: Results<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    full_name: &'static str,
    version: &'a str,
    information_uri: &'static str,
    rules: &'a [Rule],
}

#[derive(Serialize)]
struct RunProperties<'a> {
    basis: &'a Basis,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    exit_code: u8,
    tool_execution_notifications: Notifications<'a>,
}

/// A text without formatting.
#[derive(Serialize)]
struct Text {
    text: String,
}

impl Text {
    /// A message. `[text](target)` in it would be a link (§3.11.6), and what a policy or a
    /// manifest says must not make one: a space parts the two.
    fn message(text: &str) -> Self {
        Self { text: text.replace("](", "] (") }
    }
}

/// What could not be judged, as errors, and what was skipped, as notes.
struct Notifications<'a>(&'a Report);

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<[Place; 1]>,
}

impl Serialize for Notifications<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let errors = self.0.errors.iter().map(of_error);
        serializer.collect_seq(errors.chain(self.0.skipped.iter().map(of_skipped)))
    }
}

fn of_error(error: &Diagnostic) -> Notification {
    let text = match &error.help {
        Some(help) => format!("{}\nHelp: {help}", error.message),
        None => error.message.clone(),
    };
    let locations = error.file.as_deref().map(|file| [place(file, error.line, error.column)]);
    Notification { level: "error", message: Text::message(&text), locations }
}

fn of_skipped(skipped: &Skipped) -> Notification {
    Notification {
        level: "note",
        message: Text::message(&format!("skipped: {}", skipped.reason)),
        locations: Some([place(&skipped.file, Some(skipped.line), None)]),
    }
}

struct Results<'a> {
    report: &'a Report,
    rules: &'a Rules<'a>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = &self.report.findings;
        // All results or none have `suppressions` (§3.27.23).
        let suppressions = findings.iter().any(|f| f.status != Status::Active);
        let results = findings.iter().map(|finding| -> SarifResult<'_> {
            result(finding, self.rules.index_of(finding), suppressions)
        });
        serializer.collect_seq(results)
    }
}
