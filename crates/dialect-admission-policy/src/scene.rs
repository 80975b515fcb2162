use sekisho_kube_model::Schemas;
use sekisho_policy::{Budget, EvalContext, MutateContext, Reads, Request};

/// What a request is judged by, or changed: what both know of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) request: &'a Request,
    pub(crate) inventory: &'a Reads<'a>,
    pub(crate) schemas: &'a Schemas,
    pub(crate) budget: &'a Budget<'a>,
}

impl<'a> From<&'a EvalContext<'a>> for Scene<'a> {
    fn from(context: &'a EvalContext<'a>) -> Self {
        Self {
            request: context.request,
            inventory: context.inventory,
            schemas: context.schemas,
            budget: context.budget,
        }
    }
}

impl<'a> From<&'a MutateContext<'a>> for Scene<'a> {
    fn from(context: &'a MutateContext<'a>) -> Self {
        Self {
            request: context.request,
            inventory: context.inventory,
            schemas: context.schemas,
            budget: context.budget,
        }
    }
}
