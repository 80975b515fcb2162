//! The validations of a template's CEL.
//!
//! Source of the rules: `pkg/drivers/k8scel` of Gatekeeper, and
//! `pkg/admission/plugin/policy/validating/validator.go` of `k8s.io/apiserver`.

use super::Found;
use crate::review::Review;
use crate::template::{ANY_OBJECT, Cel, Expression, PARAMS, Validation};
use sekisho_cel::kubernetes::{LONGEST_MESSAGE, MATCH_CONDITIONS_LIMIT, PER_CALL_LIMIT};
use sekisho_cel::{Activation, Cause, Cost, Evaluation, Program, Scratch, Term};
use sekisho_policy::{EvalContext, EvalError, Point};
use sekisho_value::Value;
use std::cell::RefCell;
use std::sync::Arc;

/// The validations, with a constraint.
pub(crate) struct CelCode {
    cel: Arc<Cel>,
    /// as it is given, its parameters completed
    constraint: Value,
    /// null where the constraint has none
    parameters: Value,
}

thread_local! {
    /// Memory that evaluations on one thread use again.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Why there is no verdict.
enum Failure {
    /// the source's failure policy tells what becomes of it
    Policy(String),
    /// it took more than judging one object may
    Budget(EvalError),
}

/// What each expression may cost, and has cost.
struct Costs {
    conditions: Vec<Cost>,
    validations: Vec<Cost>,
    messages: Vec<Cost>,
}

impl Costs {
    fn of(cel: &Cel) -> Self {
        let costs = |count: usize| (0..count).map(|_| Cost::limited(PER_CALL_LIMIT)).collect();
        let validations = cel.validations.len();
        Self {
            conditions: costs(cel.conditions.len()),
            validations: costs(validations),
            messages: costs(validations),
        }
    }
}

/// What is left of the cost that a request may have.
struct Left(u64);

impl CelCode {
    /// The validations of a template, with a constraint and its parameters; null where it has
    /// none.
    pub(crate) fn new(cel: &Arc<Cel>, constraint: &Value, parameters: Value) -> Self {
        let mut constraint = constraint.clone();
        let spec = constraint.get_mut("spec").and_then(Value::as_object_mut);
        if let (Some(spec), false) = (spec, parameters.is_null()) {
            spec.insert("parameters", parameters.clone());
        }
        Self { cel: Arc::clone(cel), constraint, parameters }
    }

    pub(super) fn reads_namespace(&self) -> bool {
        self.cel.reads_namespace
    }

    pub(super) fn violations(
        &self,
        context: &EvalContext<'_>,
        review: &Review,
    ) -> Result<Vec<Found>, EvalError> {
        let judged = SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => {
                scratch.reset();
                self.judge(context, review, &scratch)
            }
            Err(_) => self.judge(context, review, &Scratch::new()),
        });
        match judged {
            Ok(found) => Ok(found),
            Err(Failure::Budget(error)) => Err(error),
            Err(Failure::Policy(_)) if self.cel.ignores_errors => Ok(Vec::new()),
            // To Gatekeeper's CLI, errors are violations.
            Err(Failure::Policy(message)) if context.request.point == Point::Gator => {
                Ok(vec![Found { message, details: Value::Null }])
            }
            Err(Failure::Policy(message)) => Err(EvalError::Failed { message, help: None }),
        }
    }

    fn judge(
        &self,
        context: &EvalContext<'_>,
        review: &Review,
        scratch: &Scratch,
    ) -> Result<Vec<Found>, Failure> {
        let given = review.cel();
        let cost = Cost::unlimited();
        let Costs { conditions, validations, messages } = &Costs::of(&self.cel);
        let activation = Activation::from_iter([
            ("object", Term::borrowed(&given.object)),
            ("oldObject", Term::borrowed(&given.old_object)),
            ("request", Term::borrowed(&given.request)),
            ("namespaceObject", Term::borrowed(&given.namespace)),
            ("variables", Term::Object(&self.cel.variables)),
            (PARAMS.0, Term::borrowed(&self.constraint)),
            (PARAMS.1, Term::borrowed(&self.parameters)),
            (ANY_OBJECT.1, Term::borrowed(given.any_object())),
        ]);
        let evaluation = Evaluation::new(scratch, context.budget, &cost);
        let lazy = || evaluation.with_lazy(&self.cel.variables, &activation, PER_CALL_LIMIT);

        if !self.cel.conditions.is_empty() && !self.matches(lazy(), &activation, conditions)? {
            return Ok(Vec::new());
        }
        // Conditions, validations and messages have variables of their own.
        let (checks, told) = (lazy(), lazy());
        let mut left = Left(PER_CALL_LIMIT);
        let mut failed = Vec::new();
        let mut wrong = Vec::new();
        for ((validation, cost), told_by) in
            self.cel.validations.iter().zip(validations).zip(messages)
        {
            match left.value(&validation.expression.program, checks, &activation, cost)? {
                Ok(Term::Bool(true)) => {}
                Ok(_) => failed.push((validation, told_by)),
                Err(message) => wrong.push(of_expression(&validation.expression, &message)),
            }
        }
        let mut found = Vec::new();
        for (validation, cost) in failed {
            let message = match &validation.message_expression {
                None => None,
                Some(program) => match left.value(program, told, &activation, cost) {
                    Ok(Ok(Term::String(text))) => usable(text),
                    Ok(_) => None,
                    Err(Failure::Policy(message)) => {
                        return Err(Failure::Policy(format!(
                            "failed messageExpression: {message}"
                        )));
                    }
                    Err(failure) => return Err(failure),
                },
            };
            let message = message.unwrap_or_else(|| fallback(validation));
            found.push(Found { message, details: Value::Null });
        }
        if self.cel.ignores_errors {
            return Ok(found);
        }
        if context.request.point == Point::Gator {
            found.extend(wrong.into_iter().map(|message| Found { message, details: Value::Null }));
            return Ok(found);
        }
        match wrong.into_iter().next() {
            Some(message) => Err(Failure::Policy(message)),
            None => Ok(found),
        }
    }

    /// Whether all conditions hold. One that does not counts before errors of others, which are
    /// told once each.
    fn matches<'a>(
        &'a self,
        evaluation: Evaluation<'a>,
        activation: &'a Activation<'a>,
        costs: &'a [Cost],
    ) -> Result<bool, Failure> {
        let mut left = Left(MATCH_CONDITIONS_LIMIT);
        let mut wrong = Vec::new();
        for (condition, cost) in self.cel.conditions.iter().zip(costs) {
            match left.value(&condition.program, evaluation, activation, cost)? {
                Ok(Term::Bool(false)) => return Ok(false),
                Ok(_) => {}
                Err(message) => {
                    let message = of_expression(condition, &message);
                    if !wrong.contains(&message) {
                        wrong.push(message);
                    }
                }
            }
        }
        match wrong.as_slice() {
            [] => Ok(true),
            [one] => Err(Failure::Policy(one.clone())),
            many => Err(Failure::Policy(format!("[{}]", many.join(", ")))),
        }
    }
}

fn of_expression(expression: &Expression, message: &str) -> String {
    format!("expression '{}' resulted in error: {message}", expression.text)
}

impl Left {
    /// The value of an expression, or the message of its error, in words.
    fn value<'a>(
        &mut self,
        program: &'a Program,
        evaluation: Evaluation<'a>,
        activation: &'a Activation<'a>,
        cost: &'a Cost,
    ) -> Result<Result<Term<'a>, String>, Failure> {
        let before = evaluation.lazy_spent();
        let value = program.evaluate(evaluation.with_cost(cost), activation);
        let of_variables = evaluation.lazy_spent().saturating_sub(before);
        let spent = cost.spent().saturating_add(of_variables);
        if let Err(error) = &value
            && let Cause::Budget(exceeded) = error.cause()
        {
            return Err(Failure::Budget(exceeded.into()));
        }
        match self.0.checked_sub(spent) {
            Some(left) => self.0 = left,
            None => {
                let message = "validation failed due to running out of cost budget, no further \
                               validation rules will be run";
                return Err(Failure::Policy(message.to_owned()));
            }
        }
        Ok(value.map_err(|error| error.message().to_owned()))
    }
}

/// A message that an expression gives, where it can be shown.
fn usable(text: &str) -> Option<String> {
    let text = text.trim();
    let shown = !text.is_empty() && text.len() <= LONGEST_MESSAGE && !text.contains('\n');
    shown.then(|| text.to_owned())
}

/// What is said where no expression gives a message.
fn fallback(validation: &Validation) -> String {
    let message = validation.message.as_deref().map(str::trim).filter(|text| !text.is_empty());
    message.map_or_else(
        || format!("failed expression: {}", validation.expression.text.trim()),
        str::to_owned,
    )
}
