//! The judgement of one constraint.

use crate::config::Exclusions;
use crate::enforcement::Enforcement;
use crate::locus;
use crate::matching::{Match, MatchError, MatchInput, Source};
use crate::review::{Known, Review};
use crate::template::{ANSWERS, Rego};
use sekisho_policy::{
    Action, BudgetExceeded, EvalContext, EvalError, Evaluate, InventoryKey, Operation,
    OperationSet, Outcome, Point, Reads, Severity, Violation,
};
use sekisho_rego::builtins::Facts;
use sekisho_rego::term::to_json;
use sekisho_rego::{DEFAULT_DEPTH, EvalCode, Prepared, Question, Scratch, Term};
use sekisho_value::{Map, Str, Value};
use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

/// A constraint, ready to judge.
pub(crate) struct Judgement {
    /// of the constraint: what its template is called by
    pub(crate) kind: Str,
    /// of the constraint
    pub(crate) name: Arc<str>,
    pub(crate) matching: Match,
    /// of the template
    pub(crate) operations: OperationSet,
    pub(crate) enforcement: Enforcement,
    pub(crate) severity: Severity,
    /// the rule `violation`, made for the constraint's parameters
    pub(crate) violation: Prepared,
    pub(crate) rego: Arc<Rego>,
    pub(crate) exclusions: Arc<Exclusions>,
}

/// What to do where a namespace is not known.
const GIVE_INVENTORY: &str = "give the Namespace among the manifests, or with `--inventory`";

thread_local! {
    /// Memory that evaluations on one thread use again.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Evaluate for Judgement {
    fn evaluate(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let request = context.request;
        let action = self.enforcement.at(request.point);
        // Gatekeeper's CLI asks for no operation.
        let operation =
            request.point == Point::Gator || self.operations.contains(request.operation);
        if action == Action::Off || !operation {
            return Ok(Outcome::default());
        }
        let review = context.shared.get(|| Review::of(context));
        if !self.is_about(context, &review)? {
            return Ok(Outcome::default());
        }
        if self.rego.uses.namespace_object
            && let Known::Name(namespace) = &review.namespace
        {
            return Err(EvalError::Failed {
                message: format!("the policy reads namespace `{namespace}`, which is not known"),
                help: Some(GIVE_INVENTORY.to_owned()),
            });
        }
        let found = self.run(context, &review)?;
        let violations = self.violations(&found, action, context.request.point)?;
        Ok(Outcome { violations, ..Outcome::default() })
    }

    /// As Gatekeeper's webhook words it.
    fn refusal(&self, _: &str, violations: &[&Violation]) -> String {
        let lines: Vec<String> =
            violations.iter().map(|found| format!("[{}] {}", self.name, found.message)).collect();
        lines.join("\n")
    }
}

impl Judgement {
    /// Whether the constraint is about the object, or about what it was.
    fn is_about(&self, context: &EvalContext<'_>, review: &Review) -> Result<bool, EvalError> {
        let request = context.request;
        if !self.exclusions.is_empty()
            && self.exclusions.exclude(request.point, &review.namespace_name)
        {
            return Ok(false);
        }
        let source = if request.generated { Source::Generated } else { Source::Original };
        let mut any = false;
        for object in [&review.object, &review.old_object] {
            if object.is_null() {
                continue;
            }
            any = true;
            let namespace = review.namespace.as_namespace();
            let input = MatchInput { object, namespace, source: Some(source) };
            match self.matching.matches(&input) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => return Err(unmatched(&error, object, request.point)),
            }
        }
        if any {
            return Ok(false);
        }
        let message = match request.operation {
            Operation::Delete => "oldObject cannot be nil for DELETE operations",
            _ => "neither object nor old object are defined",
        };
        Err(EvalError::Unmatched { message: message.to_owned(), help: None })
    }

    /// What the rule `violation` gives, as JSON: its members in their order.
    fn run(&self, context: &EvalContext<'_>, review: &Review) -> Result<Vec<Value>, EvalError> {
        static NOTHING: LazyLock<Value> = LazyLock::new(Value::object);
        let uses = self.rego.uses;
        let given;
        let data = if uses.inventory || uses.external {
            given = Value::Object(Map::from_iter([
                ("inventory", context.inventory.tree()),
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
        let watched = uses.external || context.inventory.is_recording();
        let facts = Facts { now: nanoseconds(context), ..Facts::default() };
        let question = Question {
            input: Some(&review.input),
            data,
            facts: &facts,
            budget: context.budget,
            depth: DEFAULT_DEPTH,
            strict_builtin_errors: false,
            reads: watched.then_some(&note),
            print: None,
            cover: None,
        };
        let evaluate = |scratch: &mut Scratch| {
            self.violation
                .evaluate(scratch, &question, |found| found.map(members).unwrap_or_default())
        };
        let found = SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => evaluate(&mut scratch),
            Err(_) => evaluate(&mut Scratch::default()),
        });
        match unanswered.into_inner() {
            Some(message) => Err(EvalError::Failed {
                message,
                help: Some("a policy that lacks an answer is not taken to pass".to_owned()),
            }),
            None => found.map_err(|error| self.failed(&error)),
        }
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

    /// The violations in the order of their messages. What has no message is none: Gatekeeper
    /// asks for `r.msg`, which is undefined then.
    fn violations(
        &self,
        found: &[Value],
        action: Action,
        point: Point,
    ) -> Result<Vec<Violation>, EvalError> {
        let mut violations = Vec::new();
        for one in found {
            let message = match one.get("msg") {
                None => continue,
                Some(Value::String(message)) => message.to_string(),
                Some(other) => {
                    let message = format!("the `msg` of a violation is a {}", other.kind());
                    let help = Some("give a string: `sprintf` makes one".to_owned());
                    return Err(EvalError::Failed { message, help });
                }
            };
            let details = one.get("details").cloned().unwrap_or(Value::Null);
            violations.push(Violation {
                policy: None,
                rule: self.kind.clone(),
                message,
                pointers: locus::pointers(&details),
                action: (point != Point::Admission).then_some(action),
                severity: self.severity,
                help: None,
                details,
            });
        }
        violations.sort_by(|a, b| a.message.cmp(&b.message));
        Ok(violations)
    }
}

/// The members of a set, the keys of an object: what `violation[r]` goes through.
fn members(found: Term<'_>) -> Vec<Value> {
    let keys = !matches!(found, Term::Array(..) | Term::JsonArray(_));
    let count = found.len().filter(|_| keys).unwrap_or(0);
    (0..count).filter_map(|at| found.entry(at)).map(|(member, _)| to_json(member)).collect()
}

fn nanoseconds(context: &EvalContext<'_>) -> i64 {
    i64::try_from(context.now.as_nanosecond()).unwrap_or_default()
}

/// Gatekeeper's CLI tells it as a violation, in these words.
fn unmatched(error: &MatchError, object: &Value, point: Point) -> EvalError {
    let name = object.path_str(&["metadata", "name"]).unwrap_or_default();
    match point {
        Point::Gator => EvalError::Unmatched {
            message: format!(
                "unable to match constraints: error matching the requested object: {name} :{error}"
            ),
            help: None,
        },
        Point::Admission | Point::Audit => EvalError::Unmatched {
            message: error.to_string(),
            help: Some(GIVE_INVENTORY.to_owned()),
        },
    }
}

/// What is not answered of what is read, where it is not.
fn unanswered_of(data: &Value, path: &[Term<'_>]) -> Option<String> {
    let text = |at: usize| path.get(at).and_then(|key| key.as_str());
    let provider = text(1)?;
    let answers = data.path(&[ANSWERS, provider]);
    match (answers, path.get(2), text(2)) {
        (Some(answers), Some(_), Some(key)) if answers.get(key).is_some() => None,
        (Some(_), None, _) => None,
        (_, _, Some(key)) => {
            Some(format!("there is no answer of external data provider `{provider}` for `{key}`"))
        }
        _ => Some(format!("there is no answer of external data provider `{provider}`")),
    }
}

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
