//! Lists of expressions that share a cost budget.
//!
//! Source of the rules: `pkg/admission/plugin/cel/activation.go` and
//! `pkg/admission/plugin/webhook/matchconditions` of `k8s.io/apiserver`.

use crate::read::{Definition, Expression};
use crate::scene::Scene;
use sekisho_cel::EvalError as CelError;
use sekisho_cel::kubernetes::{MATCH_CONDITIONS_LIMIT, PER_CALL_LIMIT};
use sekisho_cel::{Activation, Cause, Cost, Evaluation, Term};
use sekisho_policy::EvalError;

/// Why a list of expressions has no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// in the words of the API server; the failure policy says what becomes of it
    Policy(String),
    /// something is not known here, or it took more than judging one request may
    Here(EvalError),
}

/// Whether it is known who asks, where expressions read it.
///
/// # Errors
/// Where it is not.
pub(crate) fn user_is_known(definition: &Definition, scene: Scene<'_>) -> Result<(), EvalError> {
    let user = &scene.request.user;
    if definition.reads_user && user.username.is_empty() && user.groups.is_empty() {
        let message = "the policy reads who sends the request, which is not known".to_owned();
        let help = "say who asks: with `--as` and `--as-group`, or `user` in a suite".to_owned();
        return Err(EvalError::Failed { message, help: Some(help) });
    }
    Ok(())
}

/// The value of an expression, or what is told of its error.
pub(crate) type Outcome<'a> = Result<Term<'a>, String>;

const OUT_OF_BUDGET: &str =
    "validation failed due to running out of cost budget, no further validation rules will be run";

/// What each expression of a list may cost, and has cost.
pub(crate) fn costs(count: usize) -> Vec<Cost> {
    (0..count).map(|_| Cost::limited(PER_CALL_LIMIT)).collect()
}

/// Evaluates expressions one after the other. What they cost, and the variables that they are the
/// first to read, is taken from `left`.
pub(crate) fn values<'a>(
    expressions: &'a [Option<Expression>],
    evaluation: Evaluation<'a>,
    activation: &'a Activation<'a>,
    costs: &'a [Cost],
    left: &mut u64,
) -> Result<Vec<Option<Outcome<'a>>>, Stop> {
    let mut values = Vec::with_capacity(expressions.len());
    for (expression, cost) in expressions.iter().zip(costs) {
        let value = expression.as_ref().map(|e| value(e, evaluation, activation, cost, left));
        values.push(value.transpose()?);
    }
    Ok(values)
}

fn value<'a>(
    expression: &'a Expression,
    evaluation: Evaluation<'a>,
    activation: &'a Activation<'a>,
    cost: &'a Cost,
    left: &mut u64,
) -> Result<Outcome<'a>, Stop> {
    let before = evaluation.lazy_spent();
    let value = expression.program.evaluate(evaluation.with_cost(cost), activation);
    let of_variables = evaluation.lazy_spent().saturating_sub(before);
    let told = |error: &CelError| {
        format!("expression '{}' resulted in error: {}", expression.text, error.message())
    };
    match value.as_ref().map_err(|error| (error.cause(), error)) {
        Err((Cause::Budget(exceeded), _)) => return Err(Stop::Here(exceeded.into())),
        Err((Cause::Unknown, error)) => {
            let help = "give what is missing with the policies, or with `--inventory`".to_owned();
            return Err(Stop::Here(EvalError::Failed { message: told(error), help: Some(help) }));
        }
        _ => {}
    }
    *left = left
        .checked_sub(cost.spent().saturating_add(of_variables))
        .ok_or_else(|| Stop::Policy(OUT_OF_BUDGET.to_owned()))?;
    Ok(value.map_err(|error| told(&error)))
}

/// Whether all match conditions hold. One that does not counts before errors of others.
pub(crate) fn all_hold<'a>(
    conditions: &'a [Option<Expression>],
    evaluation: Evaluation<'a>,
    activation: &'a Activation<'a>,
    costs: &'a [Cost],
) -> Result<bool, Stop> {
    let mut left = MATCH_CONDITIONS_LIMIT;
    let values = values(conditions, evaluation, activation, costs, &mut left)?;
    let mut wrong: Vec<String> = Vec::new();
    for value in values.into_iter().flatten() {
        match value {
            Ok(Term::Bool(false)) => return Ok(false),
            Ok(_) => {}
            // Errors of the same words are told once.
            Err(message) if wrong.contains(&message) => {}
            Err(message) => wrong.push(message),
        }
    }
    match wrong.as_slice() {
        [] => Ok(true),
        [one] => Err(Stop::Policy(one.clone())),
        many => Err(Stop::Policy(format!("[{}]", many.join(", ")))),
    }
}
