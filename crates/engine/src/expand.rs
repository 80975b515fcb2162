//! Objects that would come of the one that is judged, as a dialect tells.

use crate::PolicySet;
use crate::evaluate::{Judge, Judged, error_of, evaluate_alone};
use crate::verdict::{ExpandedPod, Verdict, VerdictError};
use sekisho_kube_model::{Gvk, pod_template_pointer};
use sekisho_policy::{
    Budget, CompiledExpansion, Expanded, MutateContext, Reads, Request, UserInfo,
};
use sekisho_value::{Str, Value};
use std::sync::Arc;

/// What tells which objects would come of others, by dialect.
#[derive(Debug, Default)]
pub struct Expansions(pub(crate) Vec<CompiledExpansion>);

/// An object that would come of a request's object, and the request for it.
#[derive(Clone, Debug)]
pub struct ExpandedRequest {
    /// the object, and how it is told
    pub expanded: Expanded,
    /// its request: the same is done to it, and nobody is said to do it
    pub request: Request,
    /// whose policies judge it
    pub dialect: &'static str,
}

impl Expansions {
    /// The objects that would come of a request's object, in the order in which they are judged.
    ///
    /// # Errors
    /// Where that cannot be told: never to be taken for nothing.
    pub fn expand(
        &self,
        set: &PolicySet,
        request: &Request,
        judge: &Judge<'_>,
        inventory: &Reads<'_>,
    ) -> Result<Vec<ExpandedRequest>, VerdictError> {
        let mut all = Vec::new();
        for expansion in &self.0 {
            let budget =
                Budget::new(Budget::DEFAULT_STEPS, Budget::DEFAULT_MEMORY, judge.cancelled);
            let context = MutateContext {
                request,
                inventory,
                target: set.target(),
                schemas: judge.schemas,
                budget: &budget,
                is_off: &|id| set.is_off(id),
            };
            let found = expansion.expand.expand(&context).map_err(|error| VerdictError {
                pointer: error.pointer,
                ..error_of(error.policy, error.error)
            })?;
            all.extend(found.into_iter().map(|expanded| ExpandedRequest {
                request: generated(request, &expanded.object),
                expanded,
                dialect: expansion.dialect,
            }));
        }
        Ok(all)
    }
}

/// Adds what policies say of the objects that would come of a request's object.
pub(crate) fn judge(set: &PolicySet, request: &Request, judge: &Judge<'_>, verdict: &mut Verdict) {
    if set.expansions().0.is_empty() || request.generated {
        return;
    }
    let template = pod_template_pointer(&request.gvk);
    let inventory =
        if judge.record { Reads::recording(judge.inventory) } else { Reads::new(judge.inventory) };
    match set.expansions().expand(set, request, judge, &inventory) {
        Ok(all) => {
            for one in all {
                let ExpandedRequest { expanded, request: generated, dialect } = &one;
                let judged = Judged::Expanded { of: request, dialect, expanded };
                let (judgements, errors) = (verdict.judgements.len(), verdict.errors.len());
                add(verdict, evaluate_alone(set, generated, judge, &judged));
                if generated.gvk.is("", "Pod") && template.as_ref() == Some(&expanded.source) {
                    verdict.expanded_pods.push(ExpandedPod {
                        name: generated.name.clone(),
                        prefix: Arc::clone(&expanded.prefix),
                        judgements: judgements..verdict.judgements.len(),
                        errors: errors..verdict.errors.len(),
                    });
                }
            }
        }
        Err(error) => verdict.errors.push(error),
    }
    let reads = inventory.into_read_set();
    verdict.reads.keys.extend(reads.keys);
    verdict.reads.ranges.extend(reads.ranges);
}

fn generated(request: &Request, object: &Value) -> Request {
    let text = |field: &str| object.path_str(&["metadata", field]).unwrap_or_default();
    let namespace = Some(text("namespace")).filter(|name| !name.is_empty());
    Request {
        gvk: Gvk::of(object).unwrap_or_else(|| Gvk::new("", "", "")),
        resource: Str::default(),
        gvr: None,
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
    verdict.tolerated.extend(other.tolerated);
    verdict.reads.keys.extend(other.reads.keys);
    verdict.reads.ranges.extend(other.reads.ranges);
}
