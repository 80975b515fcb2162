//! Evaluating one expression.

use crate::given::Given;
use sekisho_budget::Budget;
use sekisho_cel::cost::CostEstimate;
use sekisho_cel::kubernetes::{
    Admission, Asking, Attributes, Authorizer, Decision, Expressions, KindTypes, PER_CALL_LIMIT,
    Release, Rule, TypeChecker, User, usable_from,
};
use sekisho_cel::term::to_json;
use sekisho_cel::{Activation, Cost, Diagnostic, EvalError, Evaluation, Program, Scratch, Term};
use sekisho_kube_model::Gvk;
use sekisho_value::Value;
use std::sync::Arc;

/// What an expression may use.
#[derive(Clone, Copy, Debug)]
pub struct EvalOptions {
    /// the server's release
    pub release: Release,
    /// whether it is a mutation, which may make objects and patches
    pub mutation: bool,
}

/// An expression that has a value.
#[derive(Debug)]
pub struct Evaluated {
    /// its value, as JSON
    pub value: Value,
    /// its type
    pub of: String,
    /// what evaluating it cost
    pub cost: u64,
    /// what it may cost, whatever it is given
    pub estimate: CostEstimate,
    /// what a new policy of the release may not use, and what its types would be wrong for, where
    /// the object's kind is known
    pub warnings: Vec<Diagnostic>,
}

/// Why an expression has no value.
#[derive(Debug)]
pub enum Fault {
    /// all that is wrong with it
    Compile(Vec<Diagnostic>),
    /// why its evaluation failed, what it had cost by then, and what it is warned of
    Evaluate {
        /// why
        error: EvalError,
        /// what to do about it
        help: Option<String>,
        /// what it had cost
        cost: u64,
        /// what it is warned of
        warnings: Vec<Diagnostic>,
    },
    /// a library is broken
    Broken(String),
}

/// Nobody is asked.
#[derive(Debug)]
struct Nobody;

impl Authorizer for Nobody {
    fn authorize(&self, _: &User, _: &Attributes<'_>) -> Result<Decision, EvalError> {
        let message = "`authorizer` is not answered here: `sekisho check` and `sekisho test` answer \
                       it by the roles and bindings that they are given";
        Err(EvalError::new(message))
    }
}

/// Evaluates an expression as an admission policy of a server would.
///
/// # Errors
/// Where it cannot be compiled, or has no value.
pub fn eval(expression: &str, given: &Given, options: EvalOptions) -> Result<Evaluated, Fault> {
    let admission = Admission {
        params: given.params.is_some(),
        authorizer: true,
        patches: options.mutation,
        ..Admission::of(options.release)
    };
    let broken = |error: &dyn std::fmt::Display| Fault::Broken(error.to_string());
    let environment = admission.environment().map_err(|error| broken(&error))?;
    let faults = |faults: Vec<Diagnostic>| {
        Fault::Compile(faults.into_iter().map(|fault| advised(fault, options)).collect())
    };
    let checked = environment.check(expression).map_err(faults)?;
    let program = environment.program(&checked, expression).map_err(faults)?;
    // What a server has stored may use more than what is written to it.
    let new = Admission { expressions: Expressions::New, ..admission };
    let new = new.environment().map_err(|error| broken(&error))?;
    let mut warnings = match new.check(expression) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().map(|fault| advised(fault, options)).collect(),
    };
    if !options.mutation {
        let of_types = of_types(expression, given, options.release);
        warnings.extend(of_types.map_err(|error| broken(&error))?);
    }

    let (scratch, budget) = (Scratch::new(), Budget::standard());
    let cost = Cost::limited(PER_CALL_LIMIT);
    let evaluation = Evaluation::new(&scratch, &budget, &cost);
    let request = given.request();
    let asking = Asking::new(User::default(), Arc::new(Nobody));
    let borrowed = |value: &'_ Option<Value>| value.clone().unwrap_or(Value::Null);
    let (object, old, params) =
        (borrowed(&given.object), borrowed(&given.old_object), borrowed(&given.params));
    let mut activation = Activation::new();
    activation.set("object", Term::borrowed(&object));
    activation.set("oldObject", Term::borrowed(&old));
    activation.set("params", Term::borrowed(&params));
    activation.set("request", Term::borrowed(&request));
    activation.set("namespaceObject", Term::Null);
    activation.set("authorizer", Term::Opaque(&asking));
    let value = program.evaluate(evaluation, &activation);
    // What showing the value takes is no cost of it.
    let spent = cost.spent();
    match value.and_then(|value| to_json(evaluation, value)) {
        Ok(value) => Ok(Evaluated {
            value,
            of: program.result_type().to_string(),
            cost: spent,
            estimate: environment.estimate(&checked, &()),
            warnings,
        }),
        Err(error) => {
            let help = absent(&program, given);
            Err(Fault::Evaluate { error, help, cost: spent, warnings })
        }
    }
}

/// A fault of an expression, with what can be done about it here.
fn advised(fault: Diagnostic, options: EvalOptions) -> Diagnostic {
    let named = fault.message.strip_prefix("undeclared reference to '");
    let name = named.and_then(|rest| rest.split_once('\'')).map(|(name, _)| name);
    let help = match name {
        Some("params") => Some("give them with `--params`".to_owned()),
        Some("variables") => Some(
            "`variables` are those of a policy: `sekisho check -p` evaluates it with them"
                .to_owned(),
        ),
        Some("Object" | "JSONPatch") if !options.mutation => {
            Some("mutations alone make it: say `--mutation`".to_owned())
        }
        _ => usable_from(&fault, options.release),
    };
    let help = help.or_else(|| fault.help.clone());
    fault.with_help(help)
}

/// What an expression reads and nobody gave.
fn absent(program: &Program, given: &Given) -> Option<String> {
    let how = [
        ("object", given.object.is_none(), "give it with `-i`"),
        ("oldObject", given.old_object.is_none(), "give it with `--old-object`"),
        ("namespaceObject", true, "`sekisho check` knows the Namespaces that it is given"),
    ];
    let reads = |name: &str| program.variables().any(|read| read == name);
    let (name, _, how) = how.into_iter().find(|(name, absent, _)| *absent && reads(name))?;
    Some(format!("`{name}` is null here: {how}"))
}

/// What the types of the expression are wrong for, by the schema of the object's kind.
fn of_types(
    expression: &str,
    given: &Given,
    release: Release,
) -> Result<Vec<Diagnostic>, sekisho_cel::EnvironmentError> {
    let subject = given.object.as_ref().or(given.old_object.as_ref());
    let Some(kind) = subject.and_then(Gvk::of) else { return Ok(Vec::new()) };
    let Some(resource) = given.schemas.kind_of(&kind).map(|kind| kind.plural()) else {
        return Ok(Vec::new());
    };
    let rule = Rule { groups: &[&kind.group], versions: &[&kind.version], resources: &[resource] };
    let params =
        given.params.as_ref().map(|params| Gvk::of(params).unwrap_or_else(|| Gvk::new("", "", "")));
    let checker =
        TypeChecker::new(&KindTypes::new(&given.schemas), release, &[rule], params.as_ref(), &[])?;
    let wrong = checker.check(expression);
    Ok(wrong.into_iter().flat_map(|warning| warning.faults).collect())
}
