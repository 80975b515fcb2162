//! Input that wants to be more than text.

use crate::sample::{finding, location, report, shown};
use sekisho_report::{Diagnostic, Format, Marked, RenderOptions, Report, Skipped, Status};
use std::sync::Arc;

const HOSTILE: &[&str] = &[
    "line\nbreak",
    "line\r\nbreak\r",
    "\u{1b}[2J\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{9b}31m c1",
    "]]></failure></testcase><script>&amp;\"'",
    "50%0A::error::gone",
    "x\n::stop-commands::token",
    "  ::set-output name=a::b",
    "##[error]gone ##vso[task.complete result=Succeeded]",
    "\u{202e}desrever\u{2066}",
    "\u{301}\u{302}lone marks",
    "\0nul\u{b}\u{fffe}\u{ffff}",
    "title=x,line=9::y",
    "[click](http://example.invalid)",
];

/// A report with `text` wherever a manifest's or a policy's author decides.
fn hostile(text: &str) -> Report {
    let mut found = finding('a', text, text, location("a.yaml", 1, &format!("x{text}y"), "x"));
    found.policy = text.to_owned();
    found.binding = Some(format!("{text}2"));
    found.help = Some(text.to_owned());
    found.resource.name = text.to_owned();
    found.resource.kind = text.to_owned();
    found.implied = true;
    found.location.file = Arc::from(text);
    found.related = vec![location(text, 3, text, "")];
    let mut excepted = found.clone();
    excepted.status = Status::Excepted;
    excepted.exception = Some(text.to_owned());
    let mut report = report(vec![found, excepted]);
    report.skipped = vec![Skipped { file: Arc::from(text), line: 1, reason: text.to_owned() }];
    let mut error = Diagnostic::at(text, 1, 1, text).with_help(text);
    error.marked = Some(Marked { text: Arc::from(text), column: 1, len: 9 });
    report.errors = vec![error];
    report
}

fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

#[test]
fn no_control_character_gets_through() {
    for text in HOSTILE {
        for format in [Format::Text, Format::Github, Format::Junit] {
            let shown = shown(&hostile(text), format, &RenderOptions::default());
            let found = shown.chars().find(|c| *c != '\n' && is_unseen(*c));
            assert_eq!(found, None, "{format} {text:?}\n{shown}");
        }
    }
}

#[test]
fn text_gives_no_orders_to_a_ci_system() {
    for text in HOSTILE {
        let shown = shown(&hostile(text), Format::Text, &RenderOptions::default());
        for line in shown.lines() {
            let line = line.trim_start();
            // `::: place` is ours, and no command.
            assert!(!line.starts_with("::") || line.starts_with("::: "), "{text:?}\n{shown}");
            for order in ["##[", "##vso["] {
                assert!(!line.contains(order), "{text:?}\n{shown}");
            }
        }
    }
}

#[test]
fn every_github_line_is_one_command() {
    for text in HOSTILE {
        let shown = shown(&hostile(text), Format::Github, &RenderOptions::default());
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{text:?}\n{shown}");
        for line in &lines[..2] {
            let properties = line.strip_prefix("::error ").unwrap();
            let (properties, message) = properties.split_once("::").unwrap();
            let names: Vec<&str> =
                properties.split(',').map(|p| p.split_once('=').unwrap().0).collect();
            assert!(names.starts_with(&["file", "line", "col"]), "{line}");
            assert_eq!(names.last(), Some(&"title"), "{line}");
            // Undone as the runner does, the message is the text again.
            let undone = message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
            let seen =
                |text: &str| text.chars().filter(|c| c.is_ascii_graphic()).collect::<String>();
            assert!(seen(&undone).contains(&seen(text)), "{line}");
        }
        assert!(!lines[2].starts_with("::"));
    }
}

#[test]
fn xml_stays_well_formed() {
    for text in HOSTILE {
        let xml = shown(&hostile(text), Format::Junit, &RenderOptions::default());
        let mut open = Vec::new();
        for tag in xml.split('<').skip(2) {
            let (tag, content) = tag.split_once('>').unwrap();
            assert!(!content.contains('>'), "{xml}");
            assert!(!tag.contains('&') || tag.contains(';'), "{xml}");
            assert_eq!(tag.matches('"').count() % 2, 0, "{xml}");
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "{xml}"),
                None if tag.ends_with('/') => {}
                None => open.push(tag.split(' ').next().unwrap()),
            }
        }
        assert!(open.is_empty(), "{xml}");
    }
}

#[test]
fn json_formats_stay_json() {
    for text in HOSTILE {
        for format in [Format::Json, Format::Sarif, Format::Gitlab] {
            let shown = shown(&hostile(text), format, &RenderOptions::default());
            serde_json::from_str::<serde_json::Value>(&shown).unwrap();
            if format == Format::Sarif {
                let messages = shown.lines().filter(|line| {
                    ["\"text\":", "\"markdown\":"].iter().any(|key| line.trim().starts_with(key))
                });
                for message in messages {
                    assert!(!message.contains("](http"), "{message}");
                }
            }
        }
    }
}

#[test]
fn one_line_of_many_megabytes_is_not_read_again_for_each_finding() {
    // Not timed: read from its start for each of the findings, this would take minutes.
    let line: Arc<str> = Arc::from("{\"hostPID\":true},".repeat(500_000));
    let findings = (0..5_000_u32)
        .map(|at| {
            let mut found = finding('a', "r", "m", location("a.json", 1, "a", "a"));
            let column = at * 1_700 + 3;
            found.location.column = column;
            found.location.marked = Some(Marked { text: Arc::clone(&line), column, len: 7 });
            found
        })
        .collect();
    let text = shown(&report(findings), Format::Text, &RenderOptions::default());
    assert_eq!(text.matches("^^^^^^^\n").count(), 5_000);
    let (source, marks) = text
        .lines()
        .zip(text.lines().skip(1))
        .filter(|(source, _)| source.starts_with("1 | "))
        .last()
        .unwrap();
    let mark = marks.find('^').unwrap();
    assert_eq!(source.get(mark..mark + 7), Some("hostPID"), "{source}\n{marks}");
}
