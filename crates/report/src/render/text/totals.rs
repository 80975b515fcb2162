//! The summary line.

use super::paint::{AUDIT, DENY, GOOD, Paint, WARN};
use crate::model::{Action, Summary};
use crate::render::wording::counted;
use anstyle::Style;
use std::io::{self, Write};

/// The counts of a run and the exit code that follows, on one line and in plain text.
pub(crate) fn summary_line(summary: &Summary, fail_on: Option<Action>) -> String {
    line(summary, fail_on, Paint { color: false })
}

pub(super) fn write(
    summary: &Summary,
    fail_on: Option<Action>,
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}", line(summary, fail_on, paint))
}

fn line(summary: &Summary, fail_on: Option<Action>, paint: Paint) -> String {
    let number = |count: usize, word: &str, style: Style| {
        let text = format!("{count} {word}");
        if count > 0 { paint.with(style, &text) } else { text }
    };
    let errors = if summary.errors == 1 { "error" } else { "errors" };
    format!(
        "{}, {}: {}, {}, {}; {} excepted, {} baselined, {} skipped, {} in {:.2} s; {}",
        summary.kinds.map_or_else(|| counted(summary.files, "file"), |n| counted(n, "kind")),
        counted(summary.objects, "object"),
        number(summary.deny, "deny", DENY),
        number(summary.warn, "warn", WARN),
        number(summary.audit, "audit", AUDIT),
        summary.excepted,
        summary.baselined,
        summary.skipped,
        number(summary.errors, errors, DENY),
        summary.seconds,
        exit(summary, fail_on, paint),
    )
}

fn exit(summary: &Summary, fail_on: Option<Action>, paint: Paint) -> String {
    let code = summary.exit_code(fail_on);
    let (style, why) = match (code, fail_on) {
        (Summary::ERRORS, _) => (DENY, ", not everything could be judged".to_owned()),
        (Summary::FINDINGS, Some(Action::Deny)) => (DENY, ", fails on deny".to_owned()),
        (Summary::FINDINGS, Some(action)) => (DENY, format!(", fails on {action} and above")),
        (_, None) => (GOOD, ", fails on no finding".to_owned()),
        _ => (GOOD, String::new()),
    };
    format!("{}{why}", paint.with(style, &format!("exit code {code}")))
}
