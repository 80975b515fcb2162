//! Objects that would come of the one that is judged, as a dialect tells.

use crate::PolicySet;
use crate::evaluate::{Judge, Judged, error_of, evaluate_alone};
use crate::verdict::{Verdict, VerdictError};
use sekisho_kube_model::Gvk;
use sekisho_policy::{Budget, Expanded, MutateContext, Reads, Request, UserInfo};
use sekisho_value::{Str, Value};

/// Adds what policies say of the objects that would come of a request's object.
pub(crate) fn judge(set: &PolicySet, request: &Request, judge: &Judge<'_>, verdict: &mut Verdict) {
    if set.expansions().is_empty() || request.generated {
        return;
    }
    let inventory =
        if judge.record { Reads::recording(judge.inventory) } else { Reads::new(judge.inventory) };
    for expansion in set.expansions() {
        let budget = Budget::new(Budget::DEFAULT_STEPS, Budget::DEFAULT_MEMORY, judge.cancelled);
        let context = MutateContext {
            request,
            inventory: &inventory,
            target: set.target(),
            budget: &budget,
            is_off: &|id| set.is_off(id),
        };
        match expansion.expand.expand(&context) {
            Ok(all) => {
                for expanded in all {
                    let generated = generated(request, &expanded);
                    let judged = Judged::Expanded {
                        of: request,
                        dialect: expansion.dialect,
                        expanded: &expanded,
                    };
                    add(verdict, evaluate_alone(set, &generated, judge, &judged));
                }
            }
            Err(error) => {
                let found = error_of(error.policy, error.error);
                verdict.errors.push(VerdictError { pointer: error.pointer, ..found });
            }
        }
    }
    let reads = inventory.into_read_set();
    verdict.reads.keys.extend(reads.keys);
    verdict.reads.ranges.extend(reads.ranges);
}

/// The request that is judged for an object that would come of another: the same is done to it,
/// and nobody is said to do it.
fn generated(request: &Request, expanded: &Expanded) -> Request {
    let object = &expanded.object;
    let text = |field: &str| object.path_str(&["metadata", field]).unwrap_or_default();
    let namespace = Some(text("namespace")).filter(|name| !name.is_empty());
    Request {
        gvk: Gvk::of(object).unwrap_or_else(|| Gvk::new("", "", "")),
        resource: Str::default(),
        subresource: Str::default(),
        name: text("name").into(),
        namespace: namespace.map(Str::new),
        user: UserInfo::default(),
        object: object.clone(),
        old_object: if request.object.is_null() { object.clone() } else { Value::Null },
        requested: None,
        generated: true,
        ..request.clone()
    }
}

fn add(verdict: &mut Verdict, other: Verdict) {
    verdict.denials.extend(other.denials);
    verdict.judgements.extend(other.judgements);
    verdict.warnings.extend(other.warnings);
    verdict.annotations.extend(other.annotations);
    verdict.errors.extend(other.errors);
    verdict.reads.keys.extend(other.reads.keys);
    verdict.reads.ranges.extend(other.reads.ranges);
}
