//! Policy test cases at the file checkpoint.

use crate::check::{CheckOptions, check};
use crate::input::{Input, InputSource};
use crate::{Answers, Silent};
use sekisho_engine::{CaseError, CaseFinding, Checkpoint, PolicyCase};
use sekisho_policy::UserInfo;

/// The file checkpoint, as the list of checkpoints knows it.
pub struct CheckFiles;

impl Checkpoint for CheckFiles {
    fn name(&self) -> &'static str {
        "check"
    }

    fn about(&self) -> &'static str {
        "manifests in files, on a laptop and in CI"
    }

    fn judge_case(&self, case: &PolicyCase<'_>) -> Result<Vec<CaseFinding>, CaseError> {
        let external_data = Answers { answers: case.external.clone(), ..Answers::default() };
        let options = CheckOptions {
            bundle: &case.bundle,
            dialects: case.dialects,
            unsupported: |_, _| None,
            target: &case.target,
            now: jiff::Timestamp::UNIX_EPOCH,
            engine_version: "",
            namespace: "default",
            user: &UserInfo::default(),
            implied: true,
            strict: false,
            gator_compat: false,
            inventory: &[],
            external_data: &external_data,
            baseline: None,
        };
        let input = Input { sources: vec![InputSource::Stdin], ..Input::default() };
        let stdin = || Ok(case.objects.as_bytes().to_vec());
        let report = check(input, &stdin, &options, &Silent);
        if !report.errors.is_empty() {
            return Err(CaseError::of(&report.errors));
        }
        let finding = |finding: sekisho_report::Finding| CaseFinding {
            object: format!("{}/{}", finding.resource.kind, finding.resource.name),
            action: finding.action,
            policy: finding.policy,
            rule: finding.rule,
            message: finding.message,
        };
        Ok(report.findings.into_iter().map(finding).collect())
    }
}
