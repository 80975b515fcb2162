//! A request as policies see it: `input.review`.
//!
//! Source of the rules: `pkg/target` and `pkg/webhook/policy.go` of Gatekeeper, and
//! `k8s.io/api/admission/v1`.

use crate::double::in_rego;
use crate::matching::{NAMESPACE_NAME_LABEL, Namespace};
use sekisho_kube_model::{Gvk, Gvr, shown_namespace};
use sekisho_policy::{
    EvalContext, Form, NamespaceObject, Operation, Point, Reads, Request, Requested,
};
use sekisho_rego::Shared;
use sekisho_value::{Map, Str, Value};
use std::sync::OnceLock;

/// What all constraints make of one request, once.
pub(crate) struct Review {
    /// `input.review`, with numbers as they are written
    review: Value,
    input: OnceLock<Value>,
    /// the object that is judged; null where there is none
    pub(crate) object: Value,
    /// the object before; null where there is none
    pub(crate) old_object: Value,
    /// the namespace
    pub(crate) namespace: Known,
    /// the namespace by which a Config passes it over; empty for what is in none
    pub(crate) namespace_name: Str,
    /// what rules of Rego gave for `input`
    pub(crate) shared: Shared,
    cel: OnceLock<CelReview>,
    point: Point,
}

/// A request as expressions of CEL see it, made where there are any.
pub(crate) struct CelReview {
    /// null where something is deleted
    pub(crate) object: Value,
    pub(crate) old_object: Value,
    pub(crate) request: Value,
    /// null where there is none
    pub(crate) namespace: Value,
}

impl CelReview {
    /// The object, or what it was where it is deleted.
    pub(crate) fn any_object(&self) -> &Value {
        let deleted = self.request.path_str(&["operation"]) == Some("DELETE");
        if deleted && self.object.is_null() { &self.old_object } else { &self.object }
    }
}

/// What is known of the namespace.
pub(crate) enum Known {
    Absent,
    Object(Value),
    Name(Str),
}

impl Known {
    /// As a match looks at it.
    pub(crate) fn as_namespace(&self) -> Namespace<'_> {
        match self {
            Self::Absent => Namespace::Absent,
            Self::Object(object) => Namespace::Known(object),
            Self::Name(name) => Namespace::Named(name),
        }
    }
}

impl Review {
    /// What a request comes to.
    pub(crate) fn of(context: &EvalContext<'_>) -> Self {
        let request = context.request;
        let is_namespace = request.gvk.is("", "Namespace");
        // The API server says that a Namespace is in itself, and Gatekeeper that it is in none.
        // The words of its CLI that look namespaces up by themselves believe what an object says.
        let is_within =
            request.point == Point::Gator && request.namespace_object != NamespaceObject::Inventory;
        let namespace = request.namespace.clone();
        let namespace = namespace.filter(|name| (!is_namespace || is_within) && !name.is_empty());
        let known = known(request, context.inventory, namespace.as_ref());
        // What is deleted is judged as it was.
        let object = match request.operation {
            Operation::Delete => &request.old_object,
            _ => &request.object,
        };
        let value = match request.form {
            Form::Bare => bare(request, namespace.as_ref(), object, None),
            _ if request.generated => bare(request, namespace.as_ref(), object, Some(&known)),
            Form::Admission | Form::Unstated => {
                admission(request, namespace.as_ref(), object, &known)
            }
        };
        let namespace_name = match (is_namespace, namespace) {
            (true, _) => request.name.clone(),
            (false, namespace) => namespace.unwrap_or_default(),
        };
        Self {
            review: value,
            input: OnceLock::new(),
            object: object.clone(),
            old_object: request.old_object.clone(),
            namespace: known,
            namespace_name,
            shared: Shared::default(),
            cel: OnceLock::new(),
            point: request.point,
        }
    }

    /// `input` as rules of Rego see it, less the parameters, which every constraint has of its own:
    /// all of its numbers are doubles.
    pub(crate) fn input(&self) -> &Value {
        self.input.get_or_init(|| {
            let review = in_rego(&self.review).unwrap_or_else(|| self.review.clone());
            Value::Object(Map::from_iter([("review", review)]))
        })
    }

    /// The same as expressions of CEL see it.
    pub(crate) fn cel(&self) -> &CelReview {
        self.cel.get_or_init(|| {
            let mut review = self.review.clone();
            let take = |review: &mut Value, key: &str| {
                let taken = review.as_object_mut().and_then(|review| review.remove(key));
                taken.unwrap_or_default()
            };
            let object = take(&mut review, "object");
            let old_object = take(&mut review, "oldObject");
            let _ = take(&mut review, "namespaceObject");
            let deleted = review.path_str(&["operation"]) == Some("DELETE");
            if let Some(request) = review.as_object_mut() {
                for (from, to) in [("kind", "requestKind"), ("resource", "requestResource")] {
                    if request.get(to).is_none()
                        && let Some(same) = request.get(from).cloned()
                    {
                        request.insert(to, same);
                    }
                }
                if request.get("dryRun").is_none_or(Value::is_null) {
                    request.insert("dryRun", false);
                }
                // As the API server has it: what is judged has variables of its own.
                request.insert("uid", "");
                request.insert("object", Value::Null);
                request.insert("oldObject", Value::Null);
            }
            let namespace = match (&self.namespace, self.point) {
                (Known::Object(object), Point::Admission | Point::Audit) => shown_namespace(object),
                _ => Value::Null,
            };
            let object = if deleted { Value::Null } else { object };
            CelReview { object, old_object, request: review, namespace }
        })
    }
}

/// What is known of the namespace of a request.
pub(crate) fn known(request: &Request, inventory: &Reads<'_>, namespace: Option<&Str>) -> Known {
    if let NamespaceObject::Given(object) = &request.namespace_object {
        return if object.is_null() { Known::Absent } else { Known::Object(object.clone()) };
    }
    let Some(name) = namespace else { return Known::Absent };
    match (inventory.namespace(name), request.point) {
        (Some(object), _) => Known::Object(object),
        // Gatekeeper's CLI knows of no namespace that it was not given.
        (None, Point::Gator) => Known::Absent,
        (None, Point::Admission | Point::Audit) => Known::Name(name.clone()),
    }
}

/// The request as Gatekeeper's webhook passes it on.
fn admission(request: &Request, namespace: Option<&Str>, object: &Value, known: &Known) -> Value {
    let mut review = Fields::default();
    review.add("uid", request.uid.clone());
    let own_kind = kind(&request.gvk);
    let own_resource = resource(&request.resource_in_group());
    review.add("kind", own_kind.clone());
    review.add("resource", own_resource.clone());
    review.add_text("subResource", &request.subresource);
    match &request.requested {
        Some(Requested { kind: asked, resource: at, subresource }) => {
            review.add("requestKind", kind(asked));
            review.add("requestResource", resource(at));
            review.add_text("requestSubResource", subresource);
        }
        None => {
            review.add("requestKind", own_kind);
            review.add("requestResource", own_resource);
            review.add_text("requestSubResource", &request.subresource);
        }
    }
    review.add_text("name", &request.name);
    review.add_text("namespace", namespace.map_or("", Str::as_str));
    review.add("operation", operation(request));
    review.add("userInfo", request.user.to_value());
    review.add("object", object.clone());
    review.add("oldObject", request.old_object.clone());
    review.add("dryRun", request.dry_run);
    review.add("options", request.options.clone());
    review.add("namespaceObject", namespace_object(request, known));
    review.done()
}

/// The request as Gatekeeper's CLI makes one of an object; or, where it is known of the namespace,
/// the webhook of an object that would come of another.
fn bare(
    request: &Request,
    namespace: Option<&Str>,
    object: &Value,
    known: Option<&Known>,
) -> Value {
    let mut review = Fields::default();
    review.add("uid", "");
    review.add("kind", kind(&request.gvk));
    review.add("resource", resource(&Gvr::default()));
    review.add_text("name", &request.name);
    review.add_text("namespace", namespace.map_or("", Str::as_str));
    review.add("operation", known.map_or("", |_| operation(request)));
    review.add("userInfo", Map::new());
    review.add("object", object.clone());
    review.add("oldObject", known.map_or(Value::Null, |_| request.old_object.clone()));
    review.add("options", Value::Null);
    let of_known = |known| namespace_object(request, known);
    review.add("namespaceObject", known.map_or_else(Value::object, of_known));
    review.done()
}

fn operation(request: &Request) -> &str {
    match request.form {
        Form::Unstated => "",
        Form::Admission | Form::Bare => request.operation.as_str(),
    }
}

/// Of what is in no namespace, an empty object. Gatekeeper's CLI never gives it.
fn namespace_object(request: &Request, known: &Known) -> Value {
    match known {
        _ if request.point == Point::Gator => Value::object(),
        Known::Absent => Value::object(),
        Known::Object(object) => object.clone(),
        Known::Name(name) => {
            let labels = Map::from_iter([(NAMESPACE_NAME_LABEL, name.clone())]);
            let metadata = Map::from_iter([
                ("name", Value::String(name.clone())),
                ("labels", Value::Object(labels)),
            ]);
            Value::Object(Map::from_iter([
                ("apiVersion", Value::from("v1")),
                ("kind", Value::from("Namespace")),
                ("metadata", Value::Object(metadata)),
            ]))
        }
    }
}

fn kind(gvk: &Gvk) -> Value {
    Value::Object(Map::from_iter([
        ("group", gvk.group.clone()),
        ("kind", gvk.kind.clone()),
        ("version", gvk.version.clone()),
    ]))
}

fn resource(gvr: &Gvr) -> Value {
    Value::Object(Map::from_iter([
        ("group", gvr.group.clone()),
        ("resource", gvr.resource.clone()),
        ("version", gvr.version.clone()),
    ]))
}

/// The fields of an object.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn add(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.push((name, value.into()));
    }

    /// An empty text is left out, as Go's `omitempty` has it.
    fn add_text(&mut self, name: &'static str, text: &str) {
        if !text.is_empty() {
            self.add(name, text);
        }
    }

    fn done(self) -> Value {
        Value::Object(Map::from_iter(self.0))
    }
}
