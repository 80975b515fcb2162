use super::{REGEX, TRAVERSAL, scaled};
use crate::EvalError;
use crate::library::CallCost;
use crate::term::Term;

/// What a call costs, once it has been made (cel-go's `CostTracker.costCall`).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// nothing
    Free,
    /// one
    One,
    /// going through the first argument
    Traverse,
    /// looking at each item of the second argument
    InList,
    /// going through the shorter argument
    Shorter,
    /// going through both arguments
    Both,
    /// going through the first argument for each part of the second
    Regex,
    /// going through the first argument for each scalar of the second
    Contains,
    /// as its library says, or else another rule
    Library(CallCost, &'static Rule),
}

impl Rule {
    /// The rule of the language for an overload.
    pub(crate) fn of(overload: &str) -> &'static Self {
        match overload {
            "starts_with_string" | "ends_with_string" | "string_to_bytes" | "bytes_to_string"
            | "strings_quote" | "string_format" => &Self::Traverse,
            "in_list" => &Self::InList,
            "less_string"
            | "greater_string"
            | "less_equals_string"
            | "greater_equals_string"
            | "less_bytes"
            | "greater_bytes"
            | "less_equals_bytes"
            | "greater_equals_bytes"
            | "equals"
            | "not_equals" => &Self::Shorter,
            "add_string" | "add_bytes" => &Self::Both,
            "matches_string" => &Self::Regex,
            "contains_string" => &Self::Contains,
            _ => &Self::One,
        }
    }

    /// The cost of a call.
    pub(crate) fn cost(&self, args: &[Term<'_>], result: &Result<Term<'_>, EvalError>) -> u64 {
        let size = |index: usize| args.get(index).map_or(0, |arg| arg.cost_size());
        match self {
            Self::Free => 0,
            Self::One => 1,
            Self::Traverse => scaled(size(0), TRAVERSAL),
            Self::InList => size(1),
            Self::Shorter => scaled(size(0).min(size(1)), TRAVERSAL),
            Self::Both => scaled(size(0) + size(1), TRAVERSAL),
            Self::Regex => {
                let text = scaled(size(0) + 1, TRAVERSAL);
                text.saturating_mul(scaled(size(1), REGEX))
            }
            Self::Contains => scaled(size(0), TRAVERSAL).saturating_mul(scaled(size(1), TRAVERSAL)),
            Self::Library(cost, otherwise) => {
                cost(args, result).unwrap_or_else(|| otherwise.cost(args, result))
            }
        }
    }
}
