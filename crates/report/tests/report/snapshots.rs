//! What each renderer makes of one report, compared with the files in `snapshots/`.
//! `UPDATE_SNAPSHOTS=1` writes them anew.

use crate::sample::{full, report, rules, shown};
use sekisho_report::{Action, Format, RenderOptions};
use std::path::Path;

fn compare(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/snapshots").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{name} differs; `UPDATE_SNAPSHOTS=1` accepts it\n--- expected\n{expected}\n--- actual\n{actual}"
    );
}

#[test]
fn every_format_shows_the_full_report() {
    let rules = rules();
    let options =
        RenderOptions { tool_version: "0.1.0", rules: &rules, ..RenderOptions::default() };
    for format in Format::ALL {
        compare(&format!("full.{format}"), &shown(&full(), format, &options));
    }
}

#[test]
fn every_format_shows_an_empty_report() {
    let options = RenderOptions { tool_version: "0.1.0", ..RenderOptions::default() };
    for format in Format::ALL {
        compare(&format!("empty.{format}"), &shown(&report(Vec::new()), format, &options));
    }
}

#[test]
fn text_with_other_options() {
    let color = RenderOptions { color: true, ..RenderOptions::default() };
    compare("full-color.text", &shown(&full(), Format::Text, &color));
    let quiet = RenderOptions { quiet: true, ..RenderOptions::default() };
    compare("full-quiet.text", &shown(&full(), Format::Text, &quiet));
    let narrow =
        RenderOptions { width: Some(40), fail_on: Some(Action::Warn), ..RenderOptions::default() };
    let mut report = full();
    report.errors.clear();
    report.summary.errors = 0;
    compare("full-narrow.text", &shown(&report, Format::Text, &narrow));
}
