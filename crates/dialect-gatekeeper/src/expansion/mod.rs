//! Expansion: the objects that would come of an object, as a Pod comes of a Deployment.
//!
//! [`Template`] is one ExpansionTemplate, `Expansion` all of a policy set. What would come of an
//! object is mutated as it would be, and judged by constraints with the object.
//!
//! Source of the rules: `pkg/expansion` of Gatekeeper v3.23.

mod cycles;
mod read;
#[cfg(test)]
mod tests;

use crate::constraint::Reading;
use crate::mutation::Webhook;
use crate::review::known;
use sekisho_kube_model::Gvk;
use sekisho_policy::{
    Action, EvalError, Expand, Expanded, Fault, MutateContext, MutateError, PolicyId, Request,
};
use sekisho_value::{Map, Pointer, Str, Value};
use std::sync::Arc;

pub(crate) const GROUP: &str = "expansion.gatekeeper.sh";
pub(crate) const KIND: &str = "ExpansionTemplate";

/// How deep objects may come of objects.
const MAX_DEPTH: usize = 30;
/// How many objects may come of one.
const MAX_EXPANDED: usize = 1_000;

/// An ExpansionTemplate: which objects come of which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    name: Str,
    applies_to: Vec<Gvk>,
    source: Vec<Str>,
    generated: Gvk,
    action: Option<Action>,
}

impl Template {
    /// Reads an ExpansionTemplate.
    ///
    /// # Errors
    /// Everything that is wrong, with places within the document.
    pub(crate) fn read(document: &Value, reading: Reading) -> Result<Self, Vec<Fault>> {
        read::read(document, reading)
    }

    /// Its name.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn applies_to(&self, gvk: &Gvk) -> bool {
        self.applies_to.binary_search(gvk).is_ok()
    }
}

/// All ExpansionTemplates of a policy set.
pub(crate) struct Expansion {
    templates: Vec<(Template, PolicyId)>,
    mutators: Option<Arc<Webhook>>,
}

impl Expansion {
    /// Of templates that form no cycle, in the order of their names.
    pub(crate) fn new(
        mut templates: Vec<(Template, PolicyId)>,
        mutators: Option<Arc<Webhook>>,
    ) -> Self {
        templates.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Self { templates, mutators }
    }
}

/// The numbers of the templates that make objects of what comes of their own: none of them is
/// applied.
pub(crate) fn cycles(templates: &[Template]) -> Vec<usize> {
    cycles::find(templates)
}

impl Expand for Expansion {
    fn expand(&self, context: &MutateContext<'_>) -> Result<Vec<Expanded>, MutateError> {
        let request = context.request;
        if !request.subresource.is_empty() {
            return Ok(Vec::new());
        }
        let base = if request.object.is_null() { &request.old_object } else { &request.object };
        if base.is_null() || !self.templates.iter().any(|(t, _)| t.applies_to(&request.gvk)) {
            return Ok(Vec::new());
        }
        let mut run = Run { expansion: self, context, found: Vec::new() };
        run.expand(base, &Pointer::root(), 0)?;
        Ok(run.found)
    }
}

struct Run<'a> {
    expansion: &'a Expansion,
    context: &'a MutateContext<'a>,
    found: Vec<Expanded>,
}

impl Run<'_> {
    /// What comes of what comes of an object is judged before it, as Gatekeeper has it.
    fn expand(&mut self, base: &Value, at: &Pointer, depth: usize) -> Result<(), MutateError> {
        let Some(gvk) = Gvk::of(base) else { return Ok(()) };
        let applied = self.expansion.templates.iter().filter(|(t, _)| t.applies_to(&gvk));
        let mut own = Vec::new();
        for (template, id) in applied.filter(|(_, id)| !(self.context.is_off)(id)) {
            if depth >= MAX_DEPTH || self.found.len() + own.len() >= MAX_EXPANDED {
                let message = format!(
                    "more than {MAX_EXPANDED} objects, or more than {MAX_DEPTH} generations, \
                     would come of it"
                );
                return Err(failed(id, at, message));
            }
            own.push(self.expanded(base, at, template, id)?);
        }
        for expanded in &own {
            self.expand(&expanded.object, &expanded.source, depth + 1)?;
        }
        self.found.extend(own);
        Ok(())
    }

    fn expanded(
        &self,
        base: &Value,
        at: &Pointer,
        template: &Template,
        id: &PolicyId,
    ) -> Result<Expanded, MutateError> {
        let keys: Vec<&str> = template.source.iter().map(Str::as_str).collect();
        let within = Pointer::root().keys(&keys);
        let source = at.join(&within);
        let name = base.path_str(&["metadata", "name"]).unwrap_or_default();
        let field = keys.join(".");
        let object = match base.path(&keys) {
            Some(Value::Object(map)) => map.clone(),
            Some(_) => {
                let message = format!("the source field `{field}` of `{name}` is no object");
                return Err(failed(id, &source, message));
            }
            None => {
                let message = format!("could not find source field \"{field}\" in resource {name}");
                return Err(failed(id, &source, message));
            }
        };
        let request = self.context.request;
        let object = named(object, base, &template.generated, namespace(request, base));
        let object = match &self.expansion.mutators {
            Some(mutators) => mutators
                .generated(&object, self.context)
                .map_err(|error| MutateError { pointer: source.join(&error.pointer), ..error })?,
            None => object,
        };
        let prefix = format!("[Implied by {}] ", template.name).into();
        Ok(Expanded { object, source, prefix, action: template.action })
    }
}

fn failed(id: &PolicyId, at: &Pointer, message: String) -> MutateError {
    let error = EvalError::Failed { message, help: None };
    MutateError { policy: Some(id.clone()), pointer: at.clone(), error }
}

/// The namespace of what comes of an object: that of the request, or the one the object states.
fn namespace(request: &Request, base: &Value) -> Option<Str> {
    let stated = || base.path_str(&["metadata", "namespace"]).map(Str::new);
    request.namespace.clone().or_else(stated).filter(|name| !name.is_empty())
}

/// The source as an object of its own: of its kind, named after its parent, and owned by it.
fn named(mut object: Map, parent: &Value, gvk: &Gvk, namespace: Option<Str>) -> Value {
    let of_parent = |keys: &[&str]| parent.path_str(keys).unwrap_or_default();
    let (version, kind) = (of_parent(&["apiVersion"]), of_parent(&["kind"]));
    let name = of_parent(&["metadata", "name"]);
    object.insert("apiVersion", gvk.api_version());
    object.insert("kind", gvk.kind.as_str());
    let metadata = object.get_or_insert_with("metadata", Value::object);
    if !matches!(metadata, Value::Object(_)) {
        *metadata = Value::object();
    }
    if let Some(metadata) = metadata.as_object_mut() {
        if let Some(namespace) = namespace {
            metadata.insert("namespace", Value::String(namespace));
        }
        let between = if gvk.kind.is_empty() { "" } else { "-" };
        metadata.insert("name", format!("{name}{between}{}", gvk.kind).to_lowercase());
        if !version.is_empty() && !kind.is_empty() && !name.is_empty() {
            own(metadata, version, kind, name);
        }
    }
    Value::Object(object)
}

fn own(metadata: &mut Map, version: &str, kind: &str, name: &str) {
    let owners = metadata.get("ownerReferences").and_then(Value::as_array);
    let mut owners: Vec<Value> = owners.unwrap_or_default().to_vec();
    let is = |owner: &Value, field: &str, wanted: &str| owner.path_str(&[field]) == Some(wanted);
    let known = |owner: &Value| {
        is(owner, "apiVersion", version) && is(owner, "kind", kind) && is(owner, "name", name)
    };
    if owners.iter().any(known) {
        return;
    }
    // Go writes the uid of an owner whether there is one or not.
    let fields = [("apiVersion", version), ("kind", kind), ("name", name), ("uid", "")];
    owners.push(Value::Object(Map::from_iter(fields)));
    metadata.insert("ownerReferences", Value::from(owners));
}

/// Mutators see what comes of an object in the namespace of the request.
impl Webhook {
    fn generated(&self, object: &Value, context: &MutateContext<'_>) -> Result<Value, MutateError> {
        let request = context.request;
        let namespace = request.namespace.clone().filter(|name| !name.is_empty());
        let known = known(request, context.inventory, namespace.as_ref());
        self.mutate_generated(object, known.as_namespace(), context)
    }
}
