//! `sekisho check` on standard input, with the policies that hold where none are given.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_checkpoint_check::{Answers, CheckOptions, Input, InputSource, Silent, check};
use sekisho_dialect_pod_security::default_configuration;
use sekisho_dialects::{DIALECTS, unsupported};
use sekisho_fuzz::silence;
use sekisho_manifest::ReadOptions;
use sekisho_policy::{Bundle, BundleFile, Target, UserInfo};
use sekisho_report::{Action, Format, RenderOptions, Report, render};
use sekisho_value::Value;

fuzz_target!(|bytes: &[u8]| {
    let report = judge(bytes, false);
    let outcomes = report.summary.objects + report.skipped.len() + report.errors.len();
    assert!(outcomes > 0 || silence::is_empty(bytes), "nothing is told of the text");
    if has_breakout(bytes) {
        let refused = report
            .findings
            .iter()
            .any(|finding| finding.rule == "hostNamespaces" && finding.action == Action::Deny);
        assert!(refused || !report.errors.is_empty(), "a pod with hostPID passes");
    }
    shown(&report);
    let strict = judge(bytes, true);
    assert!(strict.errors.len() >= report.errors.len() + report.skipped.len());
    assert_eq!(strict.summary.objects, report.summary.objects);
});

fn judge(bytes: &[u8], strict: bool) -> Report {
    let policies = BundleFile {
        path: "default policies".into(),
        bytes: default_configuration().as_bytes().into(),
    };
    let options = CheckOptions {
        bundle: &Bundle::anonymous(vec![policies]),
        dialects: DIALECTS,
        unsupported,
        target: &Target::default(),
        now: jiff::Timestamp::UNIX_EPOCH,
        engine_version: "fuzz",
        namespace: "default",
        user: &UserInfo::default(),
        implied: true,
        strict,
        gator_compat: false,
        inventory: &[],
        external_data: &Answers::default(),
        baseline: None,
    };
    let input = Input { sources: vec![InputSource::Stdin], ..Input::default() };
    let stdin = || Ok(bytes.to_vec());
    check(input, &stdin, &options, &Silent)
}

/// Whether a pod that shares the node's processes is among the objects, and no Namespace whose
/// labels could let it in.
fn has_breakout(bytes: &[u8]) -> bool {
    let read = sekisho_manifest::read("fuzz.yaml", bytes, &ReadOptions::default());
    let is_breakout = |value: &Value| {
        value.path_str(&["apiVersion"]) == Some("v1")
            && value.path_str(&["kind"]) == Some("Pod")
            && value.path(&["spec", "hostPID"]) == Some(&Value::Bool(true))
    };
    read.documents.iter().any(|document| is_breakout(&document.value))
        && !read.documents.iter().any(|document| document.kind() == "Namespace")
}

/// Every format can show the report, and every place in it counts from 1.
fn shown(report: &Report) {
    let options = RenderOptions {
        color: true,
        quiet: false,
        width: Some(80),
        fail_on: Some(Action::Deny),
        tool_version: "fuzz",
        rules: &[],
    };
    for format in Format::ALL {
        let mut out = Vec::new();
        render(report, format, &options, &mut out).expect("writing to memory fails");
        assert!(String::from_utf8(out).is_ok(), "{format:?}");
    }
    for finding in &report.findings {
        for location in std::iter::once(&finding.location).chain(&finding.related) {
            assert!(location.line >= 1 && location.column >= 1, "{finding:?}");
        }
    }
    for error in &report.errors {
        assert!(!error.message.is_empty());
        assert_ne!(error.line, Some(0), "{error:?}");
    }
}
