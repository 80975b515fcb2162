//! How source lines are shown.

use crate::sample::{finding, location, report, resource, shown};
use sekisho_report::{
    Action, Diagnostic, Format, Level, Location, Marked, RenderOptions, Report, Status,
    render_diagnostic,
};
use std::sync::Arc;

fn text(report: &Report) -> String {
    shown(report, Format::Text, &RenderOptions::default())
}

/// The lines of a snippet that begin with a line number or a bar.
fn snippet(text: &str) -> Vec<&str> {
    let framed = |line: &&str| line.trim_start_matches([' ', '1']).starts_with("| ");
    text.lines().filter(framed).collect()
}

fn at(text: &str, column: u32, len: u32) -> Location {
    let marked = Some(Marked { text: Arc::from(text), column, len });
    Location { file: Arc::from("a.yaml"), line: 1, column, pointer: String::new(), marked }
}

#[test]
fn marks_stand_below_what_they_mark() {
    for (line, column, len, shown, marks) in [
        ("a: b", 1, 1, "a: b", "^"),
        ("a: b", 4, 1, "a: b", "   ^"),
        // nothing there yet: behind the end
        ("a:", 3, 1, "a:", "  ^"),
        ("", 1, 1, "", "^"),
        ("a:", 40, 3, "a:", "  ^"),
        // longer than the line
        ("a: b", 4, 99, "a: b", "   ^"),
        // a tab takes four columns, wide characters two, combining ones none
        ("\ta: b", 2, 1, "    a: b", "    ^"),
        ("\u{65e5}\u{672c}: b", 5, 1, "\u{65e5}\u{672c}: b", "      ^"),
        ("\u{65e5}\u{672c}: b", 1, 2, "\u{65e5}\u{672c}: b", "^^^^"),
        ("e\u{301}: b", 5, 1, "e\u{301}: b", "   ^"),
        ("a\u{301}b", 2, 1, "a\u{301}b", "^"),
        ("\u{301}", 1, 1, "\u{301}", "^"),
        // controls are shown as one character
        ("\u{1b}[31m: b", 8, 1, "\u{241b}[31m: b", "       ^"),
        ("##[group]x: b", 13, 1, "# #[group]x: b", "             ^"),
    ] {
        let found = finding('a', "r", "m", at(line, column, len));
        let text = text(&report(vec![found]));
        let expected = [format!("1 | {shown}").trim_end().to_owned(), format!("  | {marks}")];
        let bars: Vec<&str> = text.lines().skip(5).take(2).collect();
        assert_eq!(bars, expected, "{line:?}\n{text}");
    }
}

#[test]
fn long_lines_are_cut_around_the_mark() {
    let narrow = RenderOptions { width: Some(50), ..RenderOptions::default() };
    for (before, after, starts, ends) in
        [(0, 1000, "x: 1", "..."), (1000, 0, "...", "x: 1"), (1000, 1000, "...", "...")]
    {
        for filler in ["o", "\u{65e5}", "e\u{301}\u{302}"] {
            let line = format!("{}x: 1{}", filler.repeat(before), filler.repeat(after));
            let column = u32::try_from(filler.chars().count() * before + 1).unwrap();
            let found = finding('a', "r", "m", at(&line, column, 1));
            let text = shown(&report(vec![found]), Format::Text, &narrow);
            let [source, marks] = snippet(&text)[..] else { panic!("{text}") };
            let source = &source[4..];
            assert!(source.starts_with(starts) && source.ends_with(ends), "{source}");
            assert!(unicode_width::UnicodeWidthStr::width(source) <= 46, "{source}");
            let mark = marks[4..].find('^').unwrap();
            let until = source.find('x').unwrap();
            assert_eq!(unicode_width::UnicodeWidthStr::width(&source[..until]), mark, "{text}");
        }
    }
}

#[test]
fn combining_marks_do_not_make_a_line_endless() {
    let line = format!("x: {}", "\u{301}".repeat(1_000_000));
    let text = text(&report(vec![finding('a', "r", "m", at(&line, 1, 1))]));
    assert!(text.len() < 3_000, "{}", text.len());
    assert!(snippet(&text)[0].ends_with("..."));
}

#[test]
fn several_marks_share_a_line() {
    let line = "  add: [NET_ADMIN, SYS_TIME]";
    let mut found = finding('a', "r", "m", location("a.yaml", 1, line, "NET_ADMIN"));
    found.related = vec![location("a.yaml", 1, line, "SYS_TIME")];
    let text = text(&report(vec![found]));
    assert_eq!(snippet(&text)[1], "  |         ^^^^^^^^^  --------", "{text}");
}

#[test]
fn places_that_are_not_seen_are_named() {
    let far = format!("a: 1{}b: 2", " ".repeat(500));
    let mut found = finding('a', "r", "m", location("a.yaml", 1, &far, "a"));
    found.related = vec![
        location("a.yaml", 1, &far, "b"),
        location("b.yaml", 3, "c: 3", "c"),
        Location { marked: None, ..location("a.yaml", 7, "d", "d") },
    ];
    let text = text(&report(vec![found]));
    for place in ["::: a.yaml:1:505", "::: b.yaml:3:1", "::: a.yaml:7:1"] {
        assert!(text.contains(place), "{place}\n{text}");
    }
}

#[test]
fn many_places_are_counted() {
    let mut found = finding('a', "r", "m", location("a.yaml", 1, "x: 0", "x"));
    found.related = (2..20).map(|line| location("a.yaml", line, "x: 0", "x")).collect();
    let text = text(&report(vec![found]));
    assert!(text.contains("5 | x: 0") && !text.contains("6 | x: 0"), "{text}");
    assert!(text.contains("= and: 14 more places of the same kind"), "{text}");
}

#[test]
fn distant_lines_are_parted() {
    let mut found = finding('a', "r", "m", location("a.yaml", 30, "x: 0", "x"));
    found.related = vec![location("a.yaml", 2, "y: 0", "y")];
    let text = text(&report(vec![found]));
    assert!(text.contains(" 2 | y: 0\n   | -\n...\n30 | x: 0\n   | ^\n"), "{text}");
}

#[test]
fn a_secret_is_not_shown() {
    let line = "  password: aHVudGVyMg==";
    let mut found = finding('a', "r", "m", location("a.yaml", 1, line, "password"));
    found.related = vec![location("a.yaml", 2, line, "password")];
    found.resource = resource("v1", "Secret", None, "db");
    let secret = report(vec![found.clone()]);
    for format in Format::ALL {
        let shown = shown(&secret, format, &RenderOptions::default());
        assert!(!shown.contains("aHVudGVyMg"), "{format}: {shown}");
    }
    // The same on another kind is shown, so the above says something.
    found.resource.kind = "ConfigMap".to_owned();
    assert!(text(&report(vec![found])).contains("aHVudGVyMg"));
}

#[test]
fn findings_come_file_by_file_and_object_by_object() {
    let place = |file: &str| location(file, 1, "x: 0", "x");
    let mut other = finding('b', "second", "m", place("a.yaml"));
    other.resource.name = "other".to_owned();
    let list = vec![
        finding('a', "first", "m", place("b.yaml")),
        other,
        finding('c', "third", "m", place("b.yaml")),
        finding('d', "fourth", "m", place("a.yaml")),
    ];
    let text = text(&report(list));
    let order: Vec<&str> =
        text.lines().filter(|line| line.starts_with("== ") || line.starts_with("deny[")).collect();
    assert_eq!(
        order,
        [
            "== b.yaml: Pod default/breakout",
            "deny[baseline:v1.37/first]: m",
            "deny[baseline:v1.37/third]: m",
            "== a.yaml: Pod default/other",
            "deny[baseline:v1.37/second]: m",
            "== a.yaml: Pod default/breakout",
            "deny[baseline:v1.37/fourth]: m",
        ]
    );
}

#[test]
fn implied_findings_speak_of_the_pods() {
    for (action, fate) in
        [(Action::Deny, "refused"), (Action::Warn, "warned about"), (Action::Audit, "recorded")]
    {
        let mut found = finding('a', "privileged", "privileged (x)", at("a", 1, 1));
        found.implied = true;
        found.action = action;
        found.resource = resource("batch/v1", "CronJob", Some("shop"), "tick");
        let sentence = format!("pods of CronJob tick would be {fate}: privileged (x)");
        let report = report(vec![found]);
        for format in [Format::Text, Format::Sarif, Format::Junit, Format::Github, Format::Gitlab] {
            let shown = shown(&report, format, &RenderOptions::default());
            assert!(shown.contains(&sentence), "{format}: {shown}");
        }
        let json = shown(&report, Format::Json, &RenderOptions::default());
        assert!(json.contains("\"message\": \"privileged (x)\""), "{json}");
    }
}

#[test]
fn quiet_shows_what_counts_and_errors_alone() {
    let mut report = crate::sample::full();
    for finding in report.findings.iter_mut().skip(1) {
        finding.status = Status::Baselined;
    }
    let quiet = RenderOptions { quiet: true, ..RenderOptions::default() };
    let text = shown(&report, Format::Text, &quiet);
    assert_eq!(text.matches("deny[").count(), 1);
    assert_eq!(text.matches("error: ").count(), 3);
    for absent in ["baselined", "skipped", "exit code", "Deployment shop/web"] {
        assert!(!text.contains(absent), "{absent}\n{text}");
    }
}

#[test]
fn many_skipped_documents_are_counted() {
    let mut report = report(Vec::new());
    report.skipped = (1..=25)
        .map(|line| sekisho_report::Skipped {
            file: Arc::from("values.yaml"),
            line,
            reason: "no Kubernetes object".to_owned(),
        })
        .collect();
    let text = text(&report);
    assert_eq!(text.matches("values.yaml:").count(), 10);
    assert!(text.contains("and 15 more"), "{text}");
}

#[test]
fn diagnostics_are_shown_one_by_one() {
    for (level, diagnostic, expected) in [
        (Level::Note, Diagnostic::general("all is well"), "note: all is well\n"),
        (
            Level::Warning,
            Diagnostic::file("p.yaml", "the exception `x` is unused").with_help("remove it"),
            "warning: the exception `x` is unused\n --> p.yaml\n  = help: remove it\n",
        ),
        (
            Level::Error,
            Diagnostic::at("p.yaml", 12, 3, "first\nsecond"),
            "error: first\n  | second\n --> p.yaml:12:3\n",
        ),
    ] {
        let mut out = Vec::new();
        render_diagnostic(level, &diagnostic, &RenderOptions::default(), &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown, expected);
    }
}
