//! The policies that come with Sekisho, below `policies/`: every case of their suites passes, and no
//! field is unknown.

use sekisho_dialect_gatekeeper::Gatekeeper;
use sekisho_gator_tool::{Format, TestOptions, test};

#[test]
fn every_case_passes() {
    let options = TestOptions {
        paths: vec![format!("{}/../../policies", env!("CARGO_MANIFEST_DIR"))],
        run: String::new(),
        verbose: false,
        engine: None,
        format: Format::Text,
        coverage: false,
        strict: true,
        as_stored: false,
        color: false,
        now: jiff::Timestamp::UNIX_EPOCH,
        target: sekisho_policy::Target::default(),
        dialects: &[&Gatekeeper],
        checkpoints: &[],
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = test(&options, &mut out, &mut err).unwrap();
    let said = String::from_utf8([out, err].concat()).unwrap();
    assert_eq!(code, 0, "{said}");
    let passed = said.lines().last().and_then(|line| line.split(' ').next());
    assert!(passed.unwrap().parse::<usize>().unwrap() > 300, "{said}");
}
