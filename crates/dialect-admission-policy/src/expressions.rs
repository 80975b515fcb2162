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
    /// the failure policy says what becomes of it
    Policy(Wrong),
    /// something is not known here, or it took more than judging one request may
    Here(EvalError),
}

/// What is wrong with a policy, in the words of the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    /// how to mend it, and where
    pub(crate) help: Option<String>,
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Self { message, help: None }
    }
}

/// Whether it is known who asks, where expressions read it.
///
/// # Errors
/// Where it is not.
pub(crate) fn user_is_known(definition: &Definition, scene: Scene<'_>) -> Result<(), EvalError> {
    let user = &scene.request.user;
    if definition.reads_user && user.username.is_empty() && user.groups.is_empty() {
        let message = "the policy reads who sends the request, which is not known".to_owned();
        let help =
            "say who asks: of manifests with `--as` and `--as-group`, in a suite with `user`, \
                    in a review with `userInfo`; nobody asks for what an audit lists"
                .to_owned();
        return Err(EvalError::Failed { message, help: Some(help) });
    }
    Ok(())
}

/// The value of an expression, or what is told of its error.
pub(crate) type Outcome<'a> = Result<Term<'a>, Wrong>;

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
    let stands = || expression.stands();
    match value.as_ref().map_err(|error| (error.cause(), error)) {
        Err((Cause::Budget(exceeded), _)) => {
            return Err(Stop::Here(EvalError::Exceeded { exceeded, help: stands() }));
        }
        Err((Cause::Unknown, error)) => {
            let help = "give what is missing with the policies, or with `--inventory`; with \
                        `--cluster`, the right to create subjectaccessreviews"
                .to_owned();
            let help = Some(format!("{help}; {}", expression.origin(error.message())));
            return Err(Stop::Here(EvalError::Failed { message: told(error), help }));
        }
        _ => {}
    }
    *left = left.checked_sub(cost.spent().saturating_add(of_variables)).ok_or_else(|| {
        Stop::Policy(Wrong { message: OUT_OF_BUDGET.to_owned(), help: Some(stands()) })
    })?;
    Ok(value.map_err(|error| {
        let help = match error.message().rsplit_once("no such key: ") {
            Some((_, key)) => format!(
                "where `{key}` may be absent, test it by `has(…)` or read it by `.?{key}`; {}",
                expression.origin(error.message())
            ),
            None => expression.origin(error.message()),
        };
        Wrong { message: told(&error), help: Some(help) }
    }))
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
    let mut wrong: Vec<Wrong> = Vec::new();
    for value in values.into_iter().flatten() {
        match value {
            Ok(Term::Bool(false)) => return Ok(false),
            Ok(_) => {}
            // Errors of the same words are told once.
            Err(told) if wrong.iter().any(|other| other.message == told.message) => {}
            Err(told) => wrong.push(told),
        }
    }
    match wrong.as_slice() {
        [] => Ok(true),
        [one] => Err(Stop::Policy(one.clone())),
        many => {
            let messages: Vec<&str> = many.iter().map(|wrong| wrong.message.as_str()).collect();
            let help = many.first().and_then(|first| first.help.clone());
            Err(Stop::Policy(Wrong { message: format!("[{}]", messages.join(", ")), help }))
        }
    }
}
