//! Rego, from text to value: a policy, and after a line of `---` an input, within small budgets.
//! Nothing panics, what is told has a place, and what has a value has it again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_budget::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json_within;
use sekisho_rego::{Options, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::{Value, from_json};

const STEPS: u64 = 200_000;
const MEMORY: u64 = 4 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (policy, input) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let input = from_json(input).ok();
    for version in [Version::V0, Version::V1] {
        let budget = Budget::new(STEPS, MEMORY, None);
        let source = Source::new("fuzz.rego", policy);
        let (policies, sources, faults) =
            Policies::compile(vec![(source, version)], &Options::default(), &budget);
        for fault in &faults {
            let end = sources.first().map_or(0, |source| source.text.len());
            assert!(fault.location.span.start as usize <= end, "{fault:?}");
            assert!(!fault.message.is_empty(), "{fault:?}");
        }
        assert_eq!(policies.is_none(), !faults.is_empty());
        let Some(policies) = policies else { continue };
        let Ok(document) = policies.document(&[]) else { continue };
        let mut scratch = Scratch::default();
        let first = evaluate(&document, &mut scratch, input.as_ref());
        assert_eq!(first, evaluate(&document, &mut scratch, input.as_ref()));
    }
});

/// The value, or the error's code.
fn evaluate(
    document: &Prepared,
    scratch: &mut Scratch,
    input: Option<&Value>,
) -> Result<Option<String>, &'static str> {
    let budget = Budget::new(STEPS, MEMORY, None);
    let data = Value::object();
    let facts = Facts::default();
    let question = Question { input, depth: 100, ..Question::new(&data, &facts, &budget) };
    let value = document.evaluate(scratch, &question, |value| {
        value.and_then(|value| to_json_within(value, &budget).ok()).map(|value| value.to_json())
    });
    value.map_err(|error| error.code.as_str())
}
