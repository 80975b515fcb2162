//! CEL, from text to value: an expression, and after a line of `---` an object, within small
//! budgets. Nothing panics, what is told has a place, and what has a value has it again at the
//! same cost.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_budget::Budget;
use sekisho_cel::kubernetes::{
    Admission, Asking, Attributes, Authorizer, Decision, Release, User, apply_configuration,
    json_patch,
};
use sekisho_cel::library::{self, MappedAddresses};
use sekisho_cel::term::to_json;
use sekisho_cel::types::Type;
use sekisho_cel::{
    Activation, Cost, Environment, EvalError, Evaluation, Options, Program, Scratch, Term,
};
use sekisho_value::{Value, from_json};
use std::sync::{Arc, LazyLock};

const STEPS: u64 = 100_000;
const MEMORY: u64 = 4 << 20;

/// Everyone may do what has an even number of letters; the rest cannot be told.
#[derive(Debug)]
struct Even;

impl Authorizer for Even {
    fn authorize(&self, _: &User, asked: &Attributes<'_>) -> Result<Decision, EvalError> {
        let error = (asked.verb.len() % 3 == 0).then(|| asked.verb.to_owned());
        let reason = format!("{:?}", asked.what);
        Ok(Decision { allowed: asked.verb.len() % 2 == 0, reason, error })
    }
}

/// The oldest and the newest server, with all that policies may use.
static SERVERS: LazyLock<[Environment; 2]> = LazyLock::new(|| {
    [Release::OLDEST, Release::NEWEST].map(|release| {
        let admission = Admission {
            params: true,
            authorizer: true,
            patches: true,
            ..Admission::of(release)
        };
        admission.environment().expect("the libraries are well formed")
    })
});

static ENVIRONMENTS: LazyLock<[Environment; 2]> = LazyLock::new(|| {
    [true, false].map(|fold_constants| {
        Environment::standard()
            .library(library::wrappers())
            .library(library::optionals(2))
            .library(library::bindings())
            .library(library::two_variable_comprehensions())
            .library(library::strings(4))
            .library(library::lists(3))
            .library(library::math(2))
            .library(library::sets())
            .library(library::encoders())
            .library(library::regex())
            .library(library::network(MappedAddresses::Refused))
            .quoted_fields()
            .options(Options { fold_constants, ..Options::default() })
            .variable("object", Type::Dyn)
            .variable("names", Type::list(Type::String))
            .build()
            .expect("the libraries are well formed")
    })
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (expression, object) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let object = from_json(object).unwrap_or_default();
    for environment in ENVIRONMENTS.iter().chain(&*SERVERS) {
        match environment.compile(expression) {
            Ok(program) => {
                let first = evaluate(&program, &object);
                assert_eq!(first, evaluate(&program, &object));
                if let Ok(checked) = environment.check(expression) {
                    let _ = environment.estimate(&checked, &());
                }
            }
            Err(errors) => {
                assert!(!errors.is_empty());
                for error in errors {
                    assert!(error.span.start as usize <= expression.len(), "{error:?}");
                    assert!(!error.message.is_empty(), "{error:?}");
                    assert!(error.render(expression).contains(&error.message), "{error:?}");
                }
            }
        }
        if let Ok(program) = environment.compile_unchecked(expression) {
            let _ = evaluate(&program, &object);
        }
    }
});

/// The value or the error, and the cost.
fn evaluate(program: &Program, object: &Value) -> (Result<String, String>, u64) {
    let (scratch, budget) = (Scratch::new(), Budget::new(STEPS, MEMORY, None));
    let cost = Cost::limited(1_000_000);
    let evaluation = Evaluation::new(&scratch, &budget, &cost);
    let mut activation = Activation::new();
    activation.set("object", Term::borrowed(object));
    activation.set("oldObject", Term::Null);
    activation.set("params", Term::borrowed(object));
    let asking = Asking::new(User::default(), Arc::new(Even));
    activation.set("authorizer", Term::Opaque(&asking));
    let value = program.evaluate(evaluation, &activation);
    if let Ok(value) = &value {
        let _ = apply_configuration(evaluation, *value);
        let _ = json_patch(evaluation, *value);
    }
    let shown = value.and_then(|value| to_json(evaluation, value));
    (shown.map(|value| value.to_json()).map_err(|error| error.to_string()), cost.spent())
}
