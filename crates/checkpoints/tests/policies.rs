//! Runs the policy tests of `tests/policies` at every checkpoint.
//!
//! A test is a heading followed by fenced blocks: `yaml policies` (optional; without it the
//! default policies hold), `yaml objects`, and `findings` or `errors`, one to a line. A finding is
//! `ACTION POLICY RULE KIND/NAME: MESSAGE`; an error line is a part of an error's text. Where a
//! policy itself asks for something else in the audit, `findings audit` follows.
#![expect(clippy::panic, reason = "a test may fail")]

use sekisho_checkpoints::CHECKPOINTS;
use sekisho_engine::PolicyCase;
use std::fmt::Write as _;
use std::path::Path;

#[derive(Clone, Debug, Default)]
struct Case {
    name: String,
    line: usize,
    policies: Option<String>,
    objects: String,
    findings: Option<String>,
    /// what a policy asks for in the audit, where that is something else
    of_audit: Option<String>,
    errors: Option<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = Case::default();
    let mut block: Option<(String, String)> = None;
    for (number, line) in text.lines().enumerate() {
        if let Some((kind, content)) = &mut block {
            if line != "```" {
                content.push_str(line);
                content.push('\n');
                continue;
            }
            match kind.as_str() {
                "yaml policies" => case.policies = Some(std::mem::take(content)),
                "yaml objects" => case.objects = std::mem::take(content),
                "findings" => case.findings = Some(std::mem::take(content)),
                "findings audit" => {
                    let last: Option<&mut Case> = cases.last_mut();
                    let Some(last) = last else { panic!("it follows `findings`") };
                    last.of_audit = Some(std::mem::take(content));
                }
                "errors" => case.errors = Some(std::mem::take(content)),
                other => panic!("line {}: unknown block `{other}`", number + 1),
            }
            block = None;
            if case.findings.is_some() || case.errors.is_some() {
                let name = case.name.clone();
                cases.push(std::mem::take(&mut case));
                case.name = name;
            }
        } else if let Some(name) = line.strip_prefix("## ") {
            case = Case { name: name.to_owned(), line: number + 1, ..Case::default() };
        } else if let Some(kind) = line.strip_prefix("```") {
            block = Some((kind.to_owned(), String::new()));
        }
    }
    assert!(block.is_none(), "a block without an end");
    cases
}

/// What the reading of files finds, and no other checkpoint has to do with.
const OF_FILES: [&str; 2] = ["schema/", "exception/"];

impl Case {
    /// What is wanted at a checkpoint.
    fn at(&self, checkpoint: &str) -> Self {
        let mut case = self.clone();
        if checkpoint == "audit" && self.of_audit.is_some() {
            case.findings.clone_from(&self.of_audit);
        }
        if checkpoint != "check"
            && let Some(findings) = &mut case.findings
        {
            let of_files = |line: &&str| {
                let rule = line.split(' ').nth(2).unwrap_or_default();
                !OF_FILES.iter().any(|prefix| rule.starts_with(prefix))
            };
            *findings = findings.lines().filter(of_files).map(|line| format!("{line}\n")).collect();
        }
        case
    }
}

#[test]
fn every_policy_test_holds_at_every_checkpoint() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/policies");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut run = 0;
    let mut failures = String::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for case in cases(&text) {
            for checkpoint in CHECKPOINTS {
                run += 1;
                let default = sekisho_dialect_pod_security::default_configuration();
                let policies = case.policies.as_deref().unwrap_or(default);
                let dialects = sekisho_dialects::DIALECTS;
                let found =
                    checkpoint.judge_case(&PolicyCase::new(dialects, policies, &case.objects));
                let at = checkpoint.name();
                if let Err(difference) = compare(&case.at(at), found) {
                    writeln!(
                        failures,
                        "{name}:{}: {} at {at}:\n{difference}",
                        case.line, case.name
                    )
                    .unwrap();
                }
            }
        }
    }
    assert!(run > 0, "no policy test was found");
    assert!(failures.is_empty(), "\n{failures}");
}

fn compare(
    case: &Case,
    found: Result<Vec<sekisho_engine::CaseFinding>, sekisho_engine::CaseError>,
) -> Result<(), String> {
    match (found, &case.findings, &case.errors) {
        (Ok(found), Some(wanted), None) => {
            let line = |f: &sekisho_engine::CaseFinding| {
                format!("{} {} {} {}: {}\n", f.action, f.policy, f.rule, f.object, f.message)
            };
            let found: String = found.iter().map(line).collect();
            if found == *wanted { Ok(()) } else { Err(format!("wanted:\n{wanted}found:\n{found}")) }
        }
        (Err(error), None, Some(wanted)) => {
            let text = error.to_string();
            let missing: Vec<&str> = wanted.lines().filter(|part| !text.contains(part)).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("no {missing:?} in:\n{text}\n")) }
        }
        (found, ..) => Err(format!("{found:?}\n")),
    }
}
