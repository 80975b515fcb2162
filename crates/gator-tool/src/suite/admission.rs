//! Our extension of suites: admission policies, and requests that are judged by them.

use super::fields::Object;
use super::{Expression, Place};
use crate::outcome::Problem;
use sekisho_policy::{Operation, UserInfo};
use sekisho_value::Value;

/// Admission policies with their bindings, and requests.
#[derive(Clone, Debug)]
pub(crate) struct AdmissionTest {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) policies: Vec<String>,
    pub(crate) skip: bool,
    pub(crate) cases: Vec<AdmissionCase>,
    /// why it cannot be run
    pub(crate) malformed: Option<Problem>,
}

/// A request, and what becomes of it.
#[derive(Clone, Debug)]
pub(crate) struct AdmissionCase {
    pub(crate) place: Place,
    pub(crate) name: String,
    /// empty where something is deleted
    pub(crate) object: String,
    /// empty where something is created
    pub(crate) old_object: String,
    /// what the objects imply where it is not said
    pub(crate) operation: Option<Operation>,
    pub(crate) user: UserInfo,
    /// parameters, namespaces, roles: what is known beside the request
    pub(crate) known: Vec<String>,
    pub(crate) skip: bool,
    pub(crate) verdict: Option<Verdict>,
    /// matches the message of a refusal or an error
    pub(crate) message: Option<Expression>,
    pub(crate) warnings: Option<Vec<Expression>>,
    /// by key, what matches the value; `None` where the annotation must not be there
    pub(crate) annotations: Vec<(String, Option<Expression>)>,
    pub(crate) patched: Option<Patched>,
    /// why it cannot be run
    pub(crate) malformed: Option<Problem>,
    /// where its assertions stand
    places: Vec<(&'static str, Place)>,
}

impl AdmissionCase {
    /// Where an assertion stands.
    pub(crate) fn at(&self, assertion: &str) -> &Place {
        let found = self.places.iter().find(|(name, _)| *name == assertion);
        found.map_or(&self.place, |(_, place)| place)
    }
}

const ASSERTIONS: [&str; 6] =
    ["verdict", "message", "warnings", "auditAnnotations", "patched", "unchanged"];

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    Deny,
    /// it could not be judged
    Error,
}

impl Verdict {
    const ALL: [Self; 3] = [Self::Allow, Self::Deny, Self::Error];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Error => "error",
        }
    }
}

/// What becomes of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Patched {
    /// it becomes the object of this file
    Object(String),
    /// it stays as it is
    Unchanged,
}

const OPERATIONS: [Operation; 4] =
    [Operation::Create, Operation::Update, Operation::Delete, Operation::Connect];

pub(super) fn test(object: &Object<'_>) -> AdmissionTest {
    object.only(&["name", "policies", "skip", "cases"]);
    if !object.has("policies") {
        let message = "a test of admission policies without `policies`";
        object.problem("name", message, "name the files of the policies and their bindings");
    }
    AdmissionTest {
        place: object.place(),
        name: object.text("name").unwrap_or_default(),
        policies: super::read::paths(object, "policies"),
        skip: object.flag("skip"),
        cases: super::read::each(object, "cases", case, |case| &mut case.malformed),
        malformed: None,
    }
}

fn case(object: &Object<'_>) -> AdmissionCase {
    object.only(&[
        "name",
        "object",
        "oldObject",
        "operation",
        "user",
        "params",
        "inventory",
        "skip",
        "verdict",
        "message",
        "warnings",
        "auditAnnotations",
        "patched",
        "unchanged",
    ]);
    let text = |name| object.text(name).unwrap_or_default();
    let case = AdmissionCase {
        place: object.place(),
        name: text("name"),
        object: text("object"),
        old_object: text("oldObject"),
        operation: one_of(object, "operation", &OPERATIONS, Operation::as_str),
        user: user(object),
        known: ["params", "inventory"]
            .into_iter()
            .flat_map(|name| super::read::paths(object, name))
            .collect(),
        skip: object.flag("skip"),
        verdict: one_of(object, "verdict", &Verdict::ALL, Verdict::as_str),
        message: object.expression("message"),
        warnings: object.has("warnings").then(|| object.expressions("warnings")),
        annotations: annotations(object),
        patched: patched(object),
        malformed: None,
        places: ASSERTIONS.map(|name| (name, object.place_of(name))).to_vec(),
    };
    if case.object.is_empty() && case.old_object.is_empty() {
        object.problem("name", "a case without `object` and `oldObject`", "name a file");
    }
    case
}

fn one_of<T: Copy>(
    object: &Object<'_>,
    name: &str,
    all: &[T],
    word: fn(T) -> &'static str,
) -> Option<T> {
    let given = object.text(name)?;
    let found = all.iter().copied().find(|one| word(*one) == given);
    if found.is_none() {
        let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        let help = format!("it is one of {}", words.join(", "));
        object.problem(name, format!("`{given}` is no {name}"), &help);
    }
    found
}

fn user(object: &Object<'_>) -> UserInfo {
    let Some(user) = object.value("user") else { return UserInfo::default() };
    if user.as_object().is_none() {
        object.wrong_value("user", "an object with `username` and `groups`");
    }
    object.only_in("user", &["username", "uid", "groups", "extra"]);
    let texts = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let extra = user.get("extra").and_then(Value::as_object);
    let user = UserInfo {
        username: user.path_str(&["username"]).unwrap_or_default().to_owned(),
        uid: user.path_str(&["uid"]).unwrap_or_default().to_owned(),
        groups: texts(user.get("groups")),
        extra: extra.map_or_else(Default::default, |extra| {
            extra.iter().map(|(key, value)| (key.to_string(), texts(Some(value)))).collect()
        }),
    };
    if user.username.is_empty() { user } else { user.in_group_of_all() }
}

fn annotations(object: &Object<'_>) -> Vec<(String, Option<Expression>)> {
    let Some(value) = object.value("auditAnnotations") else { return Vec::new() };
    let Some(map) = value.as_object() else {
        object.wrong_value("auditAnnotations", "an object");
        return Vec::new();
    };
    let mut annotations = Vec::new();
    for (key, value) in map.iter() {
        match value {
            Value::Null => annotations.push((key.to_string(), None)),
            Value::String(text) => {
                let place = object.place_in("auditAnnotations", key);
                let field = "auditAnnotations";
                let text = text.to_string();
                annotations.push((key.to_string(), Some(Expression { place, field, text })));
            }
            _ => object.wrong_value("auditAnnotations", "an object of texts"),
        }
    }
    annotations
}

fn patched(object: &Object<'_>) -> Option<Patched> {
    if object.has("patched") && object.flag("unchanged") {
        let message = "`patched` and `unchanged` exclude each other";
        object.problem("unchanged", message, "say one thing of the object");
    }
    match object.text("patched") {
        Some(path) => Some(Patched::Object(path)),
        None => object.flag("unchanged").then_some(Patched::Unchanged),
    }
}
