//! Evaluating one expression.

use crate::given::Given;
use sekisho_budget::Budget;
use sekisho_cel::cost::CostEstimate;
use sekisho_cel::kubernetes::{
    Admission, Asking, Attributes, Authorizer, Decision, KindTypes, PER_CALL_LIMIT, Release, Rule,
    TypeChecker, User,
};
use sekisho_cel::term::to_json;
use sekisho_cel::{Activation, Cost, Diagnostic, EvalError, Evaluation, Scratch, Term};
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
    /// what its types would be wrong for, where the object's kind is known
    pub warnings: Vec<Diagnostic>,
}

/// Why an expression has no value.
#[derive(Debug)]
pub enum Fault {
    /// all that is wrong with it
    Compile(Vec<Diagnostic>),
    /// why its evaluation failed, what it had cost by then, and what its types are wrong for
    Evaluate {
        /// why
        error: EvalError,
        /// what it had cost
        cost: u64,
        /// what its types are wrong for
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
    let checked = environment.check(expression).map_err(Fault::Compile)?;
    let program = environment.program(&checked, expression).map_err(Fault::Compile)?;
    let warnings = if options.mutation {
        Vec::new()
    } else {
        warnings(expression, given, options.release).map_err(|error| broken(&error))?
    };

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
        Err(error) => Err(Fault::Evaluate { error, cost: spent, warnings }),
    }
}

/// What the types of the expression are wrong for, by the schema of the object's kind.
fn warnings(
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
