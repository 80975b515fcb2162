use crate::{
    Action, Budget, BudgetExceeded, OperationSet, Point, Reads, Request, Severity, Shared, Target,
};
use sekisho_kube_model::Schemas;
use sekisho_value::{Pointer, Str, Value};
use std::sync::Arc;

/// A compiled policy's judgement. Evaluated from many threads.
pub trait Evaluate: Send + Sync {
    /// Judges one request that the policy's matcher let through.
    ///
    /// # Errors
    /// Where the policy could not be evaluated: this is never a pass.
    fn evaluate(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError>;

    /// Of which operations it judges objects, where the policy's matcher does not say: its
    /// violations are told at points that know of none.
    fn operations(&self) -> OperationSet {
        OperationSet::ALL
    }

    /// Whether the namespace that an object is in, or that it is in none, decides on what is judged,
    /// where the policy's matcher does not say.
    fn goes_by_namespace(&self) -> bool {
        false
    }

    /// Whether violations that say the same are violations of their own.
    fn counts_each(&self) -> bool {
        false
    }

    /// Whether what it says of a request is the same whatever other policies said of it and
    /// [shared](EvalContext::shared) before: then another thread may evaluate it.
    fn stands_alone(&self) -> bool {
        false
    }

    /// What is done about its violations at a point, where that is not the policy's action.
    fn action_at(&self, _: Point) -> Option<Action> {
        None
    }

    /// How the dialect words a refusal for these violations of one policy name, as the system
    /// it comes from does behind `… is forbidden: `.
    fn refusal(&self, policy: &str, violations: &[&Violation]) -> String {
        let _ = policy;
        joined(violations)
    }

    /// How the dialect words a warning of what could not be evaluated and is let through.
    fn error_warning(&self, policy: &str, error: &Unevaluated) -> String {
        let _ = policy;
        error.message.clone()
    }

    /// How a refusal for these violations reaches a client.
    fn manner(&self, violations: &[&Violation]) -> Manner {
        let _ = violations;
        Manner::Forbidden
    }

    /// How the dialect words a warning for these violations of one policy name.
    fn warning(&self, policy: &str, violations: &[&Violation]) -> String {
        self.refusal(policy, violations)
    }
}

fn joined(violations: &[&Violation]) -> String {
    let messages: Vec<&str> = violations.iter().map(|v| v.message.as_str()).collect();
    messages.join(", ")
}

/// How a refusal reaches a client: its HTTP status, and what is said before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Manner {
    /// 403 behind `pods "web" is forbidden: `, as the API server's own plugins refuse
    Forbidden,
    /// 422 behind `Namespace "shop" is invalid: `, as the API server refuses faulty objects
    Invalid,
    /// 403, and nothing before the words
    Plain,
    /// behind `pods "web" is forbidden: ` with a status of its own, as admission policies refuse
    With(StatusReason),
}

impl Manner {
    /// Whether the violations behind a refusal are told one by one, as causes.
    #[must_use]
    pub fn tells_causes(self) -> bool {
        matches!(self, Self::Invalid | Self::With(_))
    }
}

/// Why an API server says that it refuses: the `reason` of its status, which has an HTTP status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StatusReason {
    /// 401
    Unauthorized,
    /// 403
    Forbidden,
    /// 413
    RequestEntityTooLarge,
    /// 422
    #[default]
    Invalid,
}

impl StatusReason {
    /// All reasons that a policy may give.
    pub const ALL: [Self; 4] =
        [Self::Unauthorized, Self::Forbidden, Self::RequestEntityTooLarge, Self::Invalid];

    /// The word for it in a status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::RequestEntityTooLarge => "RequestEntityTooLarge",
            Self::Invalid => "Invalid",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::RequestEntityTooLarge => 413,
            Self::Invalid => 422,
        }
    }
}

/// Everything an evaluation may look at.
#[derive(Debug)]
pub struct EvalContext<'a> {
    /// the request
    pub request: &'a Request,
    /// the way to other objects
    pub inventory: &'a Reads<'a>,
    /// what is judged for
    pub target: &'a Target,
    /// the kinds that the API server knows
    pub schemas: &'a Schemas,
    /// what the evaluation may cost
    pub budget: &'a Budget<'a>,
    /// the time at which it is judged
    pub now: jiff::Timestamp,
    /// what the policies that the same thread evaluated made of this request so far
    pub shared: &'a Shared,
}

/// What one policy says of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// what is violated, in the order in which the system it comes from names it
    pub violations: Vec<Violation>,
    /// warnings that are no violations
    pub warnings: Vec<String>,
    /// audit annotations: full key and value
    pub annotations: Vec<(String, String)>,
    /// what could not be evaluated, where the policy says what is done about that
    pub errors: Vec<Unevaluated>,
}

impl Outcome {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { violations, warnings, annotations, errors } = self;
        violations.is_empty() && warnings.is_empty() && annotations.is_empty() && errors.is_empty()
    }
}

/// A part of a policy that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unevaluated {
    /// what went wrong, in the words of the system the policy comes from
    pub message: String,
    /// how to mend it
    pub help: Option<String>,
    /// what the policy asks for: what is not to be denied is let through, and told
    pub action: Action,
}

/// One violated rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// the name people know, where it is not the policy's own (a level and version that a
    /// namespace's label chose)
    pub policy: Option<Arc<str>>,
    /// the rule's id
    pub rule: Str,
    /// what is wrong, in the words of the system the policy comes from
    pub message: String,
    /// the parameter that it was found with, where a policy is judged once for each of several:
    /// `namespace/name`
    pub parameter: Option<Str>,
    /// the offending fields within the object, the most telling first; empty where the policy
    /// gives none. Fields that are wanted and absent are named all the same.
    pub pointers: Vec<Pointer>,
    /// what the policy asks for here, where it is not the same for all its violations
    pub action: Option<Action>,
    /// how bad it is
    pub severity: Severity,
    /// how to mend it
    pub help: Option<Str>,
    /// what the policy tells beside the message; null where nothing
    pub details: Value,
}

/// Why a policy could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// it cost more than it may
    #[error(transparent)]
    Budget(#[from] BudgetExceeded),
    /// as `Budget`, of a part of the policy that can be named
    #[error("{exceeded}")]
    Exceeded {
        /// what it took too much of
        exceeded: BudgetExceeded,
        /// which part it is
        help: String,
    },
    /// it cannot be told whether the policy is about the object
    #[error("{message}")]
    Unmatched {
        /// what is not known
        message: String,
        /// how to mend it
        help: Option<String>,
    },
    /// what the policy gave is not of the form that its system reads
    #[error("{message}")]
    Malformed {
        /// what it gave
        message: String,
        /// how to mend it
        help: Option<String>,
    },
    /// the policy asked for external data that nobody gave
    #[error("{message}")]
    Unanswered {
        /// what there is no answer to
        message: String,
        /// how to mend it
        help: Option<String>,
    },
    /// anything else
    #[error("{message}")]
    Failed {
        /// what went wrong
        message: String,
        /// how to mend it
        help: Option<String>,
    },
}
