//! What a case gives, as a request.

use crate::judge::Subject;
use crate::outcome::Problem;
use sekisho_kube_model::{Gvk, Gvr, Schemas, split_api_version};
use sekisho_policy::{Form, Operation, Point, Request, Requested, UserInfo};
use sekisho_value::{Str, Value};
use std::collections::BTreeMap;

/// A request, and what it was made of.
pub(super) enum Sent {
    /// of an object alone
    Object(Request),
    /// of an AdmissionReview
    Review(Request),
}

/// The request that gator judges.
pub(super) fn of(
    subject: Subject<'_>,
    as_stored: bool,
    schemas: &Schemas,
) -> Result<Sent, Problem> {
    match subject {
        Subject::Object(object) if as_stored => {
            Ok(Sent::Object(of_object(stored(object, schemas)?)))
        }
        Subject::Object(object) => Ok(Sent::Object(of_object(object.clone()))),
        Subject::Request(request) => {
            let mut request = of_review(request);
            if as_stored {
                for object in [&mut request.object, &mut request.old_object] {
                    if !object.is_null() {
                        *object = stored(object, schemas)?;
                    }
                }
            }
            Ok(Sent::Review(request))
        }
    }
}

/// The object as the API server would store it.
fn stored(object: &Value, schemas: &Schemas) -> Result<Value, Problem> {
    let mut decoded = schemas.store(object);
    if let Some(problem) = decoded.problems.iter().find(|_| !decoded.is_readable()) {
        return Err(Problem::error(format!("the API server refuses it: {}", problem.message)));
    }
    let namespace = object.path_str(&["metadata", "namespace"]).unwrap_or_default();
    if decoded.known.namespaced() == Some(true)
        && namespace.is_empty()
        && let Some(Value::Object(metadata)) = decoded.object.get_mut("metadata")
    {
        metadata.insert("namespace", "default");
    }
    Ok(decoded.object)
}

/// An object alone, as gator judges it.
pub(crate) fn of_object(object: Value) -> Request {
    let text = |keys: &[&str]| Str::new(object.path_str(keys).unwrap_or_default());
    Request {
        gvk: gvk_of_object(&object),
        name: text(&["metadata", "name"]),
        namespace: Some(text(&["metadata", "namespace"])).filter(|name| !name.is_empty()),
        object,
        point: Point::Gator,
        form: Form::Bare,
        ..Request::default()
    }
}

/// What an object says it is. An `apiVersion` that is none makes nothing of the kind, either.
pub(crate) fn gvk_of_object(object: &Value) -> Gvk {
    let text = |key: &str| object.path_str(&[key]).unwrap_or_default();
    match split_api_version(text("apiVersion")) {
        Some((group, version)) => Gvk::new(group, version, text("kind")),
        None => Gvk::new("", "", ""),
    }
}

/// The request as it stands in the review, whatever it lacks.
fn of_review(request: &Value) -> Request {
    let text = |keys: &[&str]| Str::new(request.path_str(keys).unwrap_or_default());
    let value = |key: &str| request.get(key).cloned().unwrap_or(Value::Null);
    let objects = ["object", "oldObject"].map(|key| request.get(key).and_then(Gvk::of));
    // Where the request does not tell the kind, the objects do, by which gator matches.
    let gvk = match gvk(request.get("kind")) {
        gvk if gvk.kind.is_empty() => objects.into_iter().flatten().next().unwrap_or(gvk),
        gvk => gvk,
    };
    let resource = gvr(request.get("resource"));
    let requested = ["requestKind", "requestResource", "requestSubResource"];
    let requested = requested
        .iter()
        .any(|key| request.get(key).is_some_and(|value| !value.is_null()))
        .then(|| Requested {
            kind: self::gvk(request.get("requestKind")),
            resource: gvr(request.get("requestResource")),
            subresource: text(&["requestSubResource"]),
        });
    let form = match text(&["operation"]).is_empty() {
        true => Form::Unstated,
        false => Form::Admission,
    };
    Request {
        gvk,
        form,
        resource: resource.resource.clone(),
        gvr: Some(resource),
        subresource: text(&["subResource"]),
        name: text(&["name"]),
        namespace: Some(text(&["namespace"])).filter(|name| !name.is_empty()),
        operation: operation(&text(&["operation"])),
        user: user(request.get("userInfo")),
        object: value("object"),
        old_object: value("oldObject"),
        dry_run: request.get("dryRun").and_then(Value::as_bool).unwrap_or_default(),
        uid: text(&["uid"]),
        requested,
        options: value("options"),
        point: Point::Gator,
        ..Request::default()
    }
}

/// What a request is judged as: as one that creates where it states no operation, or one that is
/// none.
fn operation(word: &str) -> Operation {
    match word {
        "UPDATE" => Operation::Update,
        "DELETE" => Operation::Delete,
        "CONNECT" => Operation::Connect,
        _ => Operation::Create,
    }
}

fn gvk(value: Option<&Value>) -> Gvk {
    let text =
        |key: &str| value.and_then(|value| value.path_str(&[key])).unwrap_or_default().to_owned();
    Gvk::new(text("group"), text("version"), text("kind"))
}

fn gvr(value: Option<&Value>) -> Gvr {
    let text =
        |key: &str| Str::new(value.and_then(|value| value.path_str(&[key])).unwrap_or_default());
    Gvr { group: text("group"), version: text("version"), resource: text("resource") }
}

fn user(value: Option<&Value>) -> UserInfo {
    let text =
        |key: &str| value.and_then(|value| value.path_str(&[key])).unwrap_or_default().to_owned();
    let extra = value.and_then(|value| value.get("extra")).and_then(Value::as_object);
    let extra: BTreeMap<String, Vec<String>> = extra
        .into_iter()
        .flat_map(|extra| extra.iter())
        .map(|(key, values)| (key.to_string(), texts(Some(values))))
        .collect();
    UserInfo {
        username: text("username"),
        groups: texts(value.and_then(|value| value.get("groups"))),
        uid: text("uid"),
        extra,
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::of_review;
    use sekisho_value::from_json;

    #[test]
    fn kinds_are_those_of_the_request_or_else_of_its_objects() {
        let pod = r#"{"apiVersion":"v1","kind":"Pod"}"#;
        for (request, kind) in [
            (format!(r#"{{"kind":{{"kind":"Secret","version":"v1"}},"object":{pod}}}"#), "Secret"),
            (format!(r#"{{"object":{pod}}}"#), "Pod"),
            (format!(r#"{{"object":null,"oldObject":{pod}}}"#), "Pod"),
            ("{}".to_owned(), ""),
        ] {
            let read = of_review(&from_json(&request).unwrap());
            assert_eq!(read.gvk.kind, kind, "{request}");
        }
    }
}
