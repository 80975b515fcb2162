//! A request as the API server's admission sees it, and as expressions do.
//!
//! Source of the rules: `pkg/admission/attributes.go` and `CreateAdmissionRequest` in
//! `pkg/admission/plugin/cel/condition.go` of `k8s.io/apiserver`.

use crate::matching::{self, Matched};
use crate::scene::Scene;
use sekisho_kube_model::{Gvk, Gvr, shown_namespace};
use sekisho_policy::{NamespaceObject, Operation, Request};
use sekisho_value::{Map, Str, Value};
use std::cell::{OnceCell, RefCell};

/// A request, once for all policies.
#[derive(Debug)]
pub(crate) struct Attributes {
    pub(crate) gvk: Gvk,
    pub(crate) resource: Str,
    pub(crate) subresource: Str,
    pub(crate) name: Str,
    /// empty for what is in none; of a Namespace its own name
    pub(crate) namespace: Str,
    pub(crate) operation: Operation,
    /// null where something is deleted
    pub(crate) object: Value,
    /// null where something is created
    pub(crate) old_object: Value,
    /// the plural was said, or is that of a schema, and not what it would be by rule
    pub(crate) plural_is_known: bool,
    gvr: Gvr,
    is_namespace: bool,
    namespace_object: OnceCell<Namespace>,
    shown_namespace: OnceCell<Value>,
    /// `request`, as it is for what policies matched
    requests: RefCell<Vec<(Matched, Value)>>,
    equivalents: OnceCell<Vec<Matched>>,
    user: Value,
    dry_run: bool,
    options: Value,
}

/// What is known of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    Known(Value),
    /// there is none of the name
    Missing,
    /// it is not known whether there is one
    Unknown,
}

/// What no policy is asked about, as policies could lock everybody out, or break the cluster.
const EXEMPT: [(&str, &str); 10] = [
    ("admissionregistration.k8s.io", "validatingadmissionpolicies"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings"),
    ("admissionregistration.k8s.io", "mutatingadmissionpolicies"),
    ("admissionregistration.k8s.io", "mutatingadmissionpolicybindings"),
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authentication.k8s.io", "tokenreviews"),
    ("authorization.k8s.io", "localsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authorization.k8s.io", "subjectaccessreviews"),
];

impl Attributes {
    pub(crate) fn of(scene: Scene<'_>) -> Self {
        let request = scene.request;
        let is_namespace = request.gvk.is("", "Namespace");
        // The API server says that a Namespace is in itself.
        let namespace = match is_namespace {
            true => Some(request.name.clone()),
            false => request.namespace.clone(),
        };
        let plural_is_known = request.gvr.is_some()
            || !request.subresource.is_empty()
            || scene.schemas.kind_of(&request.gvk).is_some();
        let given = |object: &Value, there: bool| if there { object.clone() } else { Value::Null };
        Self {
            gvk: request.gvk.clone(),
            resource: request.resource.clone(),
            subresource: request.subresource.clone(),
            name: request.name.clone(),
            namespace: namespace.unwrap_or_default(),
            operation: request.operation,
            object: given(&request.object, request.operation != Operation::Delete),
            old_object: given(&request.old_object, request.operation != Operation::Create),
            plural_is_known,
            gvr: gvr(scene),
            is_namespace,
            namespace_object: OnceCell::new(),
            shown_namespace: OnceCell::new(),
            requests: RefCell::default(),
            equivalents: OnceCell::new(),
            user: request.user.to_value(),
            dry_run: request.dry_run,
            options: request.options.clone(),
        }
    }

    /// Whether no policy is asked.
    pub(crate) fn is_exempt(&self) -> bool {
        EXEMPT
            .iter()
            .any(|(group, resource)| *group == self.gvr.group && self.resource == *resource)
    }

    /// The resource in the version that was asked for.
    pub(crate) fn gvr(&self) -> Gvr {
        self.gvr.clone()
    }

    /// What was asked for.
    pub(crate) fn asked_for(&self) -> Matched {
        Matched { resource: self.gvr(), kind: self.gvk.clone() }
    }

    /// The other versions of what was asked for.
    pub(crate) fn equivalents(&self, scene: Scene<'_>) -> &[Matched] {
        self.equivalents.get_or_init(|| matching::equivalents(self, scene.schemas))
    }

    /// Whether a plural is one of a kind that is built in, and so not that of an unknown kind.
    pub(crate) fn is_built_in(&self, plural: &str, scene: Scene<'_>) -> bool {
        scene.schemas.kinds().any(|kind| !kind.is_custom() && kind.plural() == plural)
    }

    /// The namespace that the request is in, or of a Namespace itself.
    pub(crate) fn namespace(&self, scene: Scene<'_>) -> &Namespace {
        self.namespace_object.get_or_init(|| match &scene.request.namespace_object {
            NamespaceObject::Given(Value::Null) => Namespace::Missing,
            NamespaceObject::Given(object) => Namespace::Known(object.clone()),
            NamespaceObject::Unknown => Namespace::Unknown,
            NamespaceObject::Inventory => match scene.inventory.namespace(&self.namespace) {
                Some(object) => Namespace::Known(object),
                None if scene.inventory.is_complete() => Namespace::Missing,
                None => Namespace::Unknown,
            },
        })
    }

    /// Whether it is in a namespace that expressions may read: a Namespace is not.
    pub(crate) fn has_namespace(&self) -> bool {
        !self.namespace.is_empty() && !self.is_namespace
    }

    /// `namespaceObject`, of a namespace that is known.
    pub(crate) fn shown(&self, namespace: &Value) -> Value {
        self.shown_namespace.get_or_init(|| shown_namespace(namespace)).clone()
    }

    /// `request`, for a policy that matched it as this. Most match it as what was asked for.
    pub(crate) fn request(&self, matched: &Matched) -> Value {
        let mut requests = self.requests.borrow_mut();
        if let Some((_, request)) = requests.iter().find(|(made, _)| made == matched) {
            return request.clone();
        }
        let request = self.requested(matched);
        requests.push((matched.clone(), request.clone()));
        request
    }

    fn requested(&self, matched: &Matched) -> Value {
        let mut fields = Map::new();
        fields.insert("uid", "");
        fields.insert("kind", kind(&matched.kind));
        fields.insert("resource", resource(&matched.resource));
        add(&mut fields, "subResource", &self.subresource);
        fields.insert("requestKind", kind(&self.gvk));
        fields.insert("requestResource", resource(&self.gvr));
        add(&mut fields, "requestSubResource", &self.subresource);
        add(&mut fields, "name", &self.name);
        add(&mut fields, "namespace", &self.namespace);
        fields.insert("operation", self.operation.as_str());
        fields.insert("userInfo", self.user.clone());
        fields.insert("object", Value::Null);
        fields.insert("oldObject", Value::Null);
        fields.insert("dryRun", self.dry_run);
        fields.insert("options", self.options.clone());
        Value::Object(fields)
    }
}

/// The resource in the request's path. The kind of a subresource may be of another group than the
/// resource, whose group is looked up where nobody said it.
fn gvr(scene: Scene<'_>) -> Gvr {
    let Request { gvr, resource, subresource, .. } = scene.request;
    let own = scene.request.resource_in_group();
    if gvr.is_some() || subresource.is_empty() {
        return own;
    }
    let known = || scene.schemas.kinds().filter(|kind| kind.served() && kind.plural() == resource);
    let same = known().find(|kind| kind.group() == own.group && kind.version() == own.version);
    let any = || known().find(|kind| kind.subresources().any(|sub| sub == subresource));
    same.or_else(any).or_else(|| known().next()).and_then(|kind| kind.gvr()).unwrap_or(own)
}

/// An empty text is left out, as Go's `omitempty` has it.
fn add(fields: &mut Map, name: &str, text: &Str) {
    if !text.is_empty() {
        fields.insert(name, Value::String(text.clone()));
    }
}

fn kind(gvk: &Gvk) -> Value {
    let Gvk { group, version, kind } = gvk;
    Value::Object(Map::from_iter(
        [("group", group), ("version", version), ("kind", kind)].map(text),
    ))
}

fn resource(gvr: &Gvr) -> Value {
    let Gvr { group, version, resource } = gvr;
    let fields = [("group", group), ("version", version), ("resource", resource)];
    Value::Object(Map::from_iter(fields.map(text)))
}

fn text<'n>((name, text): (&'n str, &Str)) -> (&'n str, Value) {
    (name, Value::String(text.clone()))
}
