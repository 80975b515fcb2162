//! An answer as the server gave it, and as it is given here.

use crate::scene::{Scene, user};
use sekisho_engine::{VerdictError, evaluate, mutate};
use sekisho_kube_model::Created;
use sekisho_policy::{Manner, Operation, Request, StatusReason};
use sekisho_value::{Map, Str, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The parts of an answer that are compared.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// code and words of the refusal; here of all that could be the first
    refusals: Vec<(u16, String)>,
    warnings: Vec<String>,
    annotations: BTreeMap<String, String>,
    /// where policies change objects
    object: Option<Value>,
    /// a policy of another scenario refused it, so that nothing can be compared
    foreign: bool,
    unordered: bool,
}

const DENIED: &str = " denied request: ";

/// What the server answered.
pub(crate) fn expected(scene: &Scene, case: &Value) -> Answer {
    let answer = case.get("answer").unwrap();
    let mut expected = Answer { unordered: scene.unordered, ..Answer::default() };
    if answer.get("allowed").and_then(Value::as_bool) == Some(false) {
        let code = answer.get("code").and_then(Value::as_i64).unwrap();
        let message = answer.path_str(&["message"]).unwrap();
        // Behind `pods "x" is forbidden: `.
        let message = message.split_once(" is forbidden: ").map_or(message, |(_, words)| words);
        expected.foreign = scene.is_foreign(message);
        expected.refusals = vec![(code.try_into().unwrap(), message.to_owned())];
    }
    let warnings = answer.get("warnings").and_then(Value::as_array).unwrap_or_default();
    let warnings = warnings.iter().filter_map(Value::as_str);
    // Others warn, too: of deprecated versions and the like.
    expected.warnings =
        warnings.filter(|text| text.contains("AdmissionPolicy")).map(str::to_owned).collect();
    let annotations = answer.get("auditAnnotations").and_then(Value::as_object);
    for (key, value) in annotations.into_iter().flat_map(Map::iter) {
        expected.annotations.insert(key.to_string(), value.as_str().unwrap().to_owned());
    }
    expected.object = answer.get("object").cloned();
    expected
}

/// What is answered here.
pub(crate) fn given(scene: &Scene, case: &Value) -> Answer {
    let mut request = request(scene, case);
    let judge = scene.judge();
    let mutated = mutate(&scene.set, &request, &judge);
    let mut given = Answer::default();
    if !mutated.errors.is_empty() {
        given.refusals = mutated.errors.iter().map(|error| refused(scene, error)).collect();
        return given;
    }
    request.object = mutated.object.clone();
    given.object = scene.set.mutates().then_some(mutated.object);
    let verdict = evaluate(&scene.set, &request, &judge);
    given.refusals.extend(verdict.denials.iter().map(|denial| {
        let reason = match denial.manner {
            Manner::With(reason) => reason,
            _ => StatusReason::default(),
        };
        (reason.code(), denial.message.clone())
    }));
    given.refusals.extend(verdict.errors.iter().map(|error| refused(scene, error)));
    given.warnings =
        verdict.warnings.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    // The server tells nothing twice.
    let mut seen = BTreeSet::new();
    given.warnings.retain(|text| seen.insert(text.clone()));
    given.annotations = verdict.annotations.into_iter().collect();
    given
}

/// An error in the words of the server.
fn refused(scene: &Scene, error: &VerdictError) -> (u16, String) {
    // What a patch cannot be decoded to, the server refuses in its own name.
    if error.message.starts_with("Internal error occurred: ") {
        return (500, error.message.clone());
    }
    // The code of whoever mutates is another than that of the reason.
    if error.message.contains(DENIED) {
        return (StatusReason::Forbidden.code(), error.message.clone());
    }
    let code = StatusReason::default().code();
    let Some(id) = &error.policy else { return (code, error.message.clone()) };
    let binding = id.name();
    let policy = scene.bound().get(binding).copied().unwrap_or(binding);
    let of_policy = error.message.starts_with("failed to configure policy: ");
    let with = if of_policy { String::new() } else { format!(" with binding '{binding}'") };
    let kind = "ValidatingAdmissionPolicy";
    (code, format!("{kind} '{policy}'{with}{DENIED}{}", error.message))
}

fn request(scene: &Scene, case: &Value) -> Request {
    let text = |key: &str| case.path_str(&[key]).unwrap_or_default();
    let operation = match text("operation") {
        "CREATE" => Operation::Create,
        "UPDATE" => Operation::Update,
        "DELETE" => Operation::Delete,
        "CONNECT" => Operation::Connect,
        other => panic!("unknown operation `{other}`"),
    };
    let stored = |key: &str| case.get(key).map(|object| scene.schemas().create(object, "default"));
    let (new, old) = (stored("object"), stored("oldObject"));
    let either = new.as_ref().or(old.as_ref()).unwrap();
    let decoded = &either.decoded;
    let name = decoded.object.path_str(&["metadata", "name"]).unwrap_or_default();
    let name = case.path_str(&["objectName"]).unwrap_or(name);
    let resource = match text("resource") {
        "" => decoded.resource.clone(),
        resource => resource.into(),
    };
    let object = |of: Option<&Created>, key: &str| {
        let mut object = of.map(|created| created.decoded.object.clone()).unwrap_or_default();
        // It is taken from who changes it alone.
        if text("subresource") == "status" && case.path(&[key, "status"]).is_some() {
            let decoded = scene.schemas().decode(case.get(key).unwrap()).object;
            for part in ["status", "metadata"] {
                let own = decoded.get(part).cloned().unwrap();
                object.as_object_mut().unwrap().insert(part, own);
            }
        }
        object
    };
    let dry_run = case.get("dryRun").is_none();
    Request {
        gvk: decoded.gvk.clone(),
        resource,
        subresource: text("subresource").into(),
        name: name.into(),
        namespace: either.namespace.clone().or_else(|| {
            Some(text("namespace")).filter(|namespace| !namespace.is_empty()).map(Str::new)
        }),
        operation,
        user: case.get("user").map_or_else(|| scene.user.clone(), user),
        object: object(new.as_ref(), "object"),
        old_object: object(old.as_ref(), "oldObject"),
        stored_as: new.as_ref().and_then(|created| created.stored_as.clone()),
        dry_run,
        options: options(operation, dry_run),
        ..Request::default()
    }
}

/// The options of a request, as the server has them.
fn options(operation: Operation, dry_run: bool) -> Value {
    let kind = match operation {
        Operation::Create => "CreateOptions",
        Operation::Update => "UpdateOptions",
        Operation::Delete => "DeleteOptions",
        Operation::Connect => return Value::Null,
    };
    let mut options = Map::new();
    options.insert("apiVersion", "meta.k8s.io/v1");
    options.insert("kind", kind);
    if dry_run {
        options.insert("dryRun", Value::from(vec![Value::from("All")]));
    }
    Value::Object(options)
}

impl Answer {
    /// Whether the server's answer is the one that is given here.
    pub(crate) fn agrees_with(&self, given: &Self) -> Result<(), String> {
        let told = |what: &str, theirs: &dyn std::fmt::Debug, ours: &dyn std::fmt::Debug| {
            Err(format!("{what}:\n    server: {theirs:?}\n    here:   {ours:?}"))
        };
        if self.foreign {
            return Ok(());
        }
        // The server tells the first refusal alone; errors and violations are apart here.
        let refused = match self.refusals.first() {
            None => given.refusals.is_empty(),
            Some(refusal) => given.refusals.contains(refusal),
        };
        if !refused {
            return told("refusal", &self.refusals, &given.refusals);
        }
        // Of one policy, violations are told before errors here, and each has its order.
        let sorted = |warnings: &[String]| {
            let mut warnings = warnings.to_vec();
            warnings.sort();
            warnings
        };
        let ordered = |warnings: &[String]| -> Vec<String> {
            let is_error = |text: &&String| text.contains(" resulted in error: ");
            let (errors, others): (Vec<_>, Vec<_>) = warnings.iter().partition(is_error);
            others.into_iter().chain(errors).cloned().collect()
        };
        let in_order = if self.unordered { sorted } else { ordered };
        let (theirs, ours) = (in_order(&self.warnings), in_order(&given.warnings));
        if theirs != ours {
            let (theirs, ours) = apart(&theirs, &ours);
            return told("warnings", &theirs, &ours);
        }
        if self.annotations != given.annotations {
            let (theirs, ours) = (pairs(&self.annotations), pairs(&given.annotations));
            let (theirs, ours) = apart(&theirs, &ours);
            return told("audit annotations", &theirs, &ours);
        }
        match (&self.object, &given.object) {
            (Some(theirs), Some(ours)) if theirs != ours => told("object", theirs, ours),
            (Some(_), None) => Err("the server changes the object".to_owned()),
            _ => Ok(()),
        }
    }
}

fn pairs(annotations: &BTreeMap<String, String>) -> Vec<String> {
    annotations.iter().map(|(key, value)| format!("{key}: {value}")).collect()
}

/// What stands in one list alone; both as they are where that is nothing.
fn apart<'a>(theirs: &'a [String], ours: &'a [String]) -> (Vec<&'a String>, Vec<&'a String>) {
    let only = |one: &'a [String], other: &[String]| -> Vec<&'a String> {
        one.iter().filter(|text| !other.contains(text)).collect()
    };
    match (only(theirs, ours), only(ours, theirs)) {
        (a, b) if a.is_empty() && b.is_empty() => (theirs.iter().collect(), ours.iter().collect()),
        apart => apart,
    }
}
