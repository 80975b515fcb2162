//! The rule `violation` of a template's Rego.
//!
//! Source of the rules: `pkg/client/drivers/rego` of the constraint framework.

use super::Found;
use crate::double::in_rego;
use crate::review::Review;
use crate::template::{ANSWERS, Rego};
use sekisho_policy::{Budget, BudgetExceeded, EvalContext, EvalError, InventoryKey, Reads};
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json_within;
use sekisho_rego::{EvalCode, Prepared, Question, Scratch, Term};
use sekisho_value::{Map, Str, Value};
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

/// The rule, made for the parameters of a constraint.
pub(crate) struct RegoCode {
    violation: Prepared,
    parameters: Value,
    rego: Arc<Rego>,
}

thread_local! {
    /// Memory that evaluations on one thread use again.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl RegoCode {
    /// The rule of a template, made for parameters.
    ///
    /// # Errors
    /// Where it is too large.
    pub(crate) fn new(rego: &Arc<Rego>, parameters: Value) -> Result<Self, String> {
        let violation = rego.with_parameters(parameters.clone())?;
        Ok(Self { violation, parameters, rego: Arc::clone(rego) })
    }

    pub(super) fn reads_namespace(&self) -> bool {
        self.rego.uses.namespace_object
    }

    /// What the rule gives: its members in their order.
    pub(super) fn violations(
        &self,
        context: &EvalContext<'_>,
        review: &Review,
    ) -> Result<Vec<Found>, EvalError> {
        static NOTHING: LazyLock<Value> = LazyLock::new(Value::object);
        let uses = self.rego.uses;
        let given;
        let data = if uses.inventory || uses.external {
            given = Value::Object(Map::from_iter([
                ("inventory", context.inventory.tree(in_rego)),
                (ANSWERS, context.inventory.external()),
            ]));
            &given
        } else {
            &*NOTHING
        };
        let unanswered = RefCell::new(None);
        let note = |path: &[Term<'_>], _: bool| match path.first().and_then(|key| key.as_str()) {
            Some(ANSWERS) => {
                let missing = unanswered_of(data, path);
                if missing.is_some() {
                    unanswered.replace(missing);
                }
                note_provider(context.inventory, path);
            }
            _ => note(context.inventory, path),
        };
        let noted = uses.external || context.inventory.is_recording();
        let now = i64::try_from(context.now.as_nanosecond()).unwrap_or_default();
        let facts = Facts { now, ..Facts::default() };
        let watch = context.inventory.watch();
        let watched = watch.and_then(|watch| Some((watch, self.rego.watched()?)));
        let violation = watched.map_or(&self.violation, |(_, watched)| &watched.violation);
        let whole_input = watched.map(|_| {
            let mut input = review.input().as_object().cloned().unwrap_or_default();
            input.insert("parameters", self.parameters.clone());
            Value::Object(input)
        });
        let evaluated = RefCell::new(HashSet::new());
        let cover = |place| {
            evaluated.borrow_mut().insert(place);
        };
        let print = |text: &str, _| {
            if let Some((watch, _)) = watched {
                watch.print(text);
            }
        };
        let question = Question {
            input: Some(whole_input.as_ref().unwrap_or(review.input())),
            reads: noted.then_some(&note),
            print: if watched.is_some() { Some(&print) } else { None },
            cover: if watched.is_some() { Some(&cover) } else { None },
            ..Question::new(data, &facts, context.budget)
        };
        // With its parameters in it, the input is no other constraint's.
        let shared = Some(&review.shared).filter(|_| watched.is_none());
        let evaluate = |scratch: &mut Scratch| {
            violation.evaluate_sharing(shared, scratch, &question, |found| {
                found.map_or(Ok(Vec::new()), |found| self.members(found, context.budget))
            })
        };
        let found = SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => evaluate(&mut scratch),
            Err(_) => evaluate(&mut Scratch::default()),
        });
        if let Some((watch, _)) = watched {
            self.rego.tell_lines(watch, &evaluated.into_inner());
        }
        match unanswered.into_inner() {
            Some(message) => Err(EvalError::Unanswered {
                message,
                help: Some("a policy that lacks an answer is not taken to pass".to_owned()),
            }),
            None => Ok(found.map_err(|error| self.failed(&error))??),
        }
    }

    /// The members of a set, the keys of an object: what `violation[r]` goes through.
    fn members(&self, found: Term<'_>, budget: &Budget<'_>) -> Result<Vec<Found>, EvalError> {
        let keys = !matches!(found, Term::Array(..) | Term::JsonArray(_));
        let count = found.len().filter(|_| keys).unwrap_or(0);
        let members = (0..count).filter_map(|at| found.entry(at));
        members.filter_map(|(member, _)| self.member(member, budget).transpose()).collect()
    }

    /// A member as a violation. What has no message is none: Gatekeeper asks for `r.msg`, which is
    /// undefined then.
    fn member(&self, member: Term<'_>, budget: &Budget<'_>) -> Result<Option<Found>, EvalError> {
        let Some(message) = member.field("msg") else { return Ok(None) };
        let message = match to_json_within(message, budget)? {
            Value::String(message) => message.to_string(),
            other => {
                let give = "give a string: `sprintf` makes one";
                let help = match self.rego.rules() {
                    Some(rules) => format!("{give}; {rules}"),
                    None => give.to_owned(),
                };
                let message = format!("the `msg` of a violation is a {}", other.kind());
                return Err(EvalError::Malformed { message, help: Some(help) });
            }
        };
        let details = member.field("details").map(|details| to_json_within(details, budget));
        let details = details.transpose()?.unwrap_or(Value::Null);
        Ok(Some(Found { message, details }))
    }

    fn failed(&self, error: &sekisho_rego::EvalError) -> EvalError {
        if error.code == EvalCode::Budget {
            for cause in [BudgetExceeded::Steps, BudgetExceeded::Memory, BudgetExceeded::Time] {
                if error.message.contains(&cause.to_string()) {
                    return EvalError::Budget(cause);
                }
            }
        }
        let place = self.rego.place(error.location);
        let message = format!("{place}{}: {}", error.code, error.message);
        EvalError::Failed { message, help: None }
    }
}

/// What is not answered of what is read, where it is not.
fn unanswered_of(data: &Value, path: &[Term<'_>]) -> Option<String> {
    let text = |at: usize| path.get(at).and_then(|key| key.as_str());
    let provider = text(1)?;
    let none = format!("there is no answer of external data provider `{provider}`");
    let Some(given) = data.path(&[ANSWERS, provider]) else { return Some(none) };
    if given.get("systemError").is_some() || text(2) != Some("answers") {
        return None;
    }
    match path.get(3).map(|key| key.as_str()) {
        None => None,
        Some(Some(key)) if given.path(&["answers", key]).is_some() => None,
        Some(Some(key)) => Some(format!("{none} for `{key}`")),
        Some(None) => Some(none),
    }
}

/// Notes that a provider was asked.
fn note_provider(inventory: &Reads<'_>, path: &[Term<'_>]) {
    let provider = path.get(1).and_then(|key| key.as_str()).unwrap_or_default();
    inventory.note(InventoryKey {
        group: Str::new_static("externaldata.gatekeeper.sh"),
        kind: Str::new_static("Provider"),
        namespace: Str::default(),
        name: provider.into(),
    });
}

/// Notes what is read of `data.inventory`.
fn note(inventory: &Reads<'_>, path: &[Term<'_>]) {
    let text = |at: usize| Str::new(path.get(at).and_then(|key| key.as_str()).unwrap_or_default());
    let (namespace, rest) = match text(1).as_str() {
        "namespace" => (text(2), 3),
        _ => (Str::default(), 2),
    };
    let version = text(rest);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    inventory.note(InventoryKey {
        group: group.into(),
        kind: text(rest + 1),
        namespace,
        name: text(rest + 2),
    });
}
