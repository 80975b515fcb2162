//! The judgement of one constraint.

use crate::code::{Code, Found};
use crate::config::Exclusions;
use crate::enforcement::Enforcement;
use crate::locus;
use crate::matching::{Match, MatchError, MatchInput, Source};
use crate::review::{Known, Review};
use sekisho_policy::{
    Action, EvalContext, EvalError, Evaluate, Manner, Operation, OperationSet, Outcome, Point,
    Severity, Violation,
};
use sekisho_value::{Str, Value};
use std::fmt::Write as _;
use std::sync::Arc;

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
    /// what finds violations, with the constraint's parameters
    pub(crate) code: Code,
    pub(crate) exclusions: Arc<Exclusions>,
}

/// What to do where a namespace is not known.
const GIVE_INVENTORY: &str = "give the Namespace among the manifests, or with `--inventory`";

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
        if self.code.reads_namespace()
            && let Known::Name(namespace) = &review.namespace
        {
            return Err(EvalError::Failed {
                message: format!("the policy reads namespace `{namespace}`, which is not known"),
                help: Some(GIVE_INVENTORY.to_owned()),
            });
        }
        let found = self.code.violations(context, &review)?;
        let violations = self.violations(found, self.action_at(request.point));
        Ok(Outcome { violations, ..Outcome::default() })
    }

    fn stands_alone(&self) -> bool {
        true
    }

    fn operations(&self) -> OperationSet {
        self.operations
    }

    fn goes_by_namespace(&self) -> bool {
        self.matching.goes_by_namespace() || !self.exclusions.is_empty()
    }

    /// Each validation of CEL that fails is a violation to Gatekeeper; what Rego gives is a set.
    fn counts_each(&self) -> bool {
        self.code.counts_each()
    }

    fn action_at(&self, point: Point) -> Option<Action> {
        (point != Point::Admission).then(|| self.enforcement.at(point))
    }

    /// As Gatekeeper's webhook words it.
    fn manner(&self, _: &[&Violation]) -> Manner {
        Manner::Plain
    }

    fn refusal(&self, _: &str, violations: &[&Violation]) -> String {
        let mut lines = String::new();
        for found in violations {
            let between = if lines.is_empty() { "" } else { "\n" };
            // Writing to a `String` cannot fail.
            let _ = write!(lines, "{between}[{}] {}", self.name, found.message);
        }
        lines
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

    /// The violations in the order of their messages.
    fn violations(&self, found: Vec<Found>, action: Option<Action>) -> Vec<Violation> {
        let violation = |found: Found| Violation {
            parameter: None,
            policy: None,
            rule: self.kind.clone(),
            pointers: locus::pointers(&found.details),
            message: found.message,
            action,
            severity: self.severity,
            help: None,
            details: found.details,
        };
        let mut violations: Vec<Violation> = found.into_iter().map(violation).collect();
        violations.sort_by(|a, b| a.message.cmp(&b.message));
        violations
    }
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
