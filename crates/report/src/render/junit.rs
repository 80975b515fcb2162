//! JUnit XML, as CI systems read it: a suite per file, a test case per finding.
//!
//! There is no standard; this keeps to what Jenkins
//! (<https://github.com/jenkinsci/xunit-plugin>, `junit-10.xsd`) and GitLab
//! (<https://docs.gitlab.com/ci/testing/unit_test_reports/>) both take.

use super::RenderOptions;
use super::grouping::{FileGroup, by_file};
use super::neutral::visible;
use super::wording::{counted, label, path, qualified_rule, sentence};
use crate::model::{Action, Diagnostic, Finding, Report, Skipped, Status};
use std::collections::HashMap;
use std::io::{self, Write};

/// Writes the report. What denies fails, and what the user fails on; weaker findings pass with
/// their text as output; what is excepted, baselined or was not judged is skipped.
pub(crate) fn render(
    report: &Report,
    options: &RenderOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let weakest = options.fail_on.map_or(Action::Deny, |action| action.min(Action::Deny));
    let mut suites: Vec<Suite<'_>> =
        by_file(report).iter().map(|group| suite(group, weakest)).collect();
    if suites.is_empty() {
        suites.push(clean(report));
    }
    let total = suites.iter().fold(Counts::default(), |total, suite| total.plus(&suite.counts));
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="sekisho" {} time="{:.3}">"#,
        total.attributes(),
        report.summary.seconds
    )?;
    for suite in &suites {
        suite.write(out)?;
    }
    writeln!(out, "</testsuites>")
}

struct Suite<'a> {
    /// `None` for what is about the whole run
    file: Option<&'a str>,
    counts: Counts,
    cases: Vec<Case<'a>>,
}

struct Case<'a> {
    class: String,
    name: String,
    outcome: Outcome<'a>,
}

/// What becomes of a test case.
enum Outcome<'a> {
    /// nothing was found in the whole run
    Clean,
    /// a finding that does not fail the run
    Passed(&'a Finding),
    Failed(&'a Finding),
    /// a finding that does not count, and why
    Suppressed(String),
    /// a document that was not judged
    Unjudged(&'a Skipped),
    Error(&'a Diagnostic),
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn plus(&self, other: &Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }

    fn attributes(&self) -> String {
        let Self { tests, failures, errors, skipped } = self;
        format!(r#"tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}""#)
    }

    fn add(&mut self, outcome: &Outcome<'_>) {
        self.tests += 1;
        match outcome {
            Outcome::Clean | Outcome::Passed(_) => {}
            Outcome::Failed(_) => self.failures += 1,
            Outcome::Suppressed(_) | Outcome::Unjudged(_) => self.skipped += 1,
            Outcome::Error(_) => self.errors += 1,
        }
    }
}

/// Readers refuse reports, or fail the job, where there is no test case at all.
fn clean(report: &Report) -> Suite<'static> {
    let mut counts = Counts::default();
    counts.add(&Outcome::Clean);
    let objects = counted(report.summary.objects, "object");
    let case = Case {
        class: "sekisho".to_owned(),
        name: format!("no findings in {objects}"),
        outcome: Outcome::Clean,
    };
    Suite { file: None, counts, cases: vec![case] }
}

fn suite<'a>(group: &FileGroup<'a>, weakest: Action) -> Suite<'a> {
    let mut suite = Suite { file: group.file, counts: Counts::default(), cases: Vec::new() };
    let mut seen = HashMap::new();
    for error in &group.errors {
        let place = error.line.map_or_else(String::new, |line| format!(" (line {line})"));
        suite.add(
            "sekisho.error",
            format!("could be judged{place}"),
            Outcome::Error(error),
            &mut seen,
        );
    }
    for finding in &group.findings {
        let class = qualified_rule(&finding.dialect, &finding.rule).replace('/', ".");
        let name = format!("{}: {}", finding.resource, label(finding));
        suite.add(&class, name, outcome(finding, weakest), &mut seen);
    }
    for skipped in &group.skipped {
        let name = format!("document at line {}", skipped.line);
        suite.add("sekisho.skipped", name, Outcome::Unjudged(skipped), &mut seen);
    }
    suite
}

fn outcome(finding: &Finding, weakest: Action) -> Outcome<'_> {
    match (finding.status, &finding.exception) {
        (Status::Excepted, Some(id)) => Outcome::Suppressed(format!("exception `{id}`")),
        (Status::Excepted, None) => Outcome::Suppressed("exception".to_owned()),
        (Status::Baselined, _) => Outcome::Suppressed("known to the baseline".to_owned()),
        (Status::Active, _) if finding.action >= weakest => Outcome::Failed(finding),
        (Status::Active, _) => Outcome::Passed(finding),
    }
}

impl<'a> Suite<'a> {
    /// Adds a case. Readers tell cases apart by their names, so a repeated one gets a number.
    fn add(
        &mut self,
        class: &str,
        mut name: String,
        outcome: Outcome<'a>,
        seen: &mut HashMap<String, usize>,
    ) {
        if let Some(count) = seen.get_mut(&name) {
            *count += 1;
            name = format!("{name} #{count}");
        } else {
            seen.insert(name.clone(), 1);
        }
        self.counts.add(&outcome);
        self.cases.push(Case { class: class.to_owned(), name, outcome });
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let name = escape(self.file.unwrap_or("sekisho"));
        writeln!(out, r#"  <testsuite name="{name}" {} time="0">"#, self.counts.attributes())?;
        for case in &self.cases {
            case.write(self.file, out)?;
        }
        writeln!(out, "  </testsuite>")
    }
}

impl Case<'_> {
    fn write(&self, file: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        let (class, name) = (escape(&self.class), escape(&self.name));
        write!(out, r#"    <testcase classname="{class}" name="{name}" time="0""#)?;
        if let Some(file) = file {
            write!(out, r#" file="{}""#, escape(&path(file)))?;
        }
        match &self.outcome {
            Outcome::Clean => return writeln!(out, "/>"),
            Outcome::Passed(finding) => {
                let body = escape(&body(finding));
                let action = finding.action;
                writeln!(out, ">\n      <system-out>{action}: {body}</system-out>")?;
            }
            Outcome::Failed(finding) => {
                let (message, body) = (escape(&sentence(finding)), escape(&body(finding)));
                let kind = finding.action;
                let open = format!(r#"<failure type="{kind}" message="{message}">"#);
                writeln!(out, ">\n      {open}{body}</failure>")?;
            }
            Outcome::Suppressed(reason) => skip(reason, out)?,
            Outcome::Unjudged(skipped) => skip(&skipped.reason, out)?,
            Outcome::Error(error) => {
                let message = escape(&error.message);
                let body = escape(&diagnostic_body(error));
                let open = format!(r#"<error type="error" message="{message}">"#);
                writeln!(out, ">\n      {open}{body}</error>")?;
            }
        }
        writeln!(out, "    </testcase>")
    }
}

fn skip(reason: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, ">\n      <skipped message=\"{}\"/>", escape(reason))
}

fn body(finding: &Finding) -> String {
    let mut body = format!("{}\n{}", sentence(finding), finding.location);
    if let Some(help) = &finding.help {
        body.push_str("\nfix: ");
        body.push_str(help);
    }
    body
}

fn diagnostic_body(error: &Diagnostic) -> String {
    let mut body = error.message.clone();
    let places = [error.line, error.column].into_iter().flatten();
    if let Some(file) = &error.file {
        body.push('\n');
        body.push_str(file);
        body.extend(places.map(|place| format!(":{place}")));
    }
    if let Some(help) = &error.help {
        body.push_str("\nhelp: ");
        body.push_str(help);
    }
    body
}

/// Escapes text for content and for attributes alike. Characters that XML 1.0 §2.2 forbids, and
/// others that would not be seen, become visible ones; `>` is escaped, so `]]>` cannot occur.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // A reader turns a bare one into a space in attributes (§3.3.3).
            '\n' => escaped.push_str("&#10;"),
            other => escaped.push(visible(other)),
        }
    }
    escaped
}
