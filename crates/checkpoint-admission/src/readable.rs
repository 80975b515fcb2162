//! Whether objects are of the types that their kinds have. An API server sends no others; whoever
//! else does gets no verdict on what policies would read past.

use sekisho_engine::{ErrorKind, VerdictError};
use sekisho_kube_model::{Problem, ProblemKind, Schemas};
use sekisho_policy::Request;
use sekisho_value::Value;
use std::borrow::Cow;

/// What is wrong with the objects of a request. Of custom kinds nothing is: their definitions
/// change while requests are on their way.
pub(crate) fn wrong_types(request: &Request, schemas: &Schemas) -> Vec<VerdictError> {
    if schemas.kind_of(&request.gvk).is_none_or(|kind| kind.is_custom()) {
        return Vec::new();
    }
    let mut errors = Vec::new();
    for (field, object) in [("object", &request.object), ("oldObject", &request.old_object)] {
        if !object.is_null() && !schemas.fits(&request.gvk, object) {
            let problems = schemas.decode(&of_kind(request, object)).problems;
            let wrong = problems.into_iter().filter(|p| p.kind == ProblemKind::WrongType);
            errors.extend(wrong.map(|problem| error(field, problem)));
        }
    }
    errors
}

/// The object as one of the kind that is asked about, whatever it says itself.
fn of_kind<'o>(request: &Request, object: &'o Value) -> Cow<'o, Value> {
    let (gvk, says) = (&request.gvk, |key: &str| object.path_str(&[key]).unwrap_or_default());
    let api_version = gvk.api_version();
    if says("kind") == gvk.kind && says("apiVersion") == api_version {
        return Cow::Borrowed(object);
    }
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("apiVersion", api_version);
        fields.insert("kind", gvk.kind.as_str());
    }
    Cow::Owned(object)
}

fn error(field: &str, problem: Problem) -> VerdictError {
    let (at, wrong) = (&problem.pointer, &problem.message);
    VerdictError {
        kind: ErrorKind::Failed,
        policy: None,
        message: format!("`request.{field}` cannot be read: {wrong} at `{at}`"),
        pointer: problem.pointer,
        help: problem.help,
    }
}

#[cfg(test)]
mod tests {
    use super::wrong_types;
    use sekisho_kube_model::{Gvk, Schemas};
    use sekisho_policy::Request;
    use sekisho_value::{Value, from_json};

    fn told(gvk: Gvk, object: &str, old: &str, schemas: &Schemas) -> Vec<String> {
        let value = |text: &str| from_json(text).unwrap();
        let (object, old_object) = (value(object), value(old));
        let request = Request { gvk, object, old_object, ..Request::default() };
        wrong_types(&request, schemas).into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn wrong_types_are_told_of_kinds_that_are_built_in() {
        let containers = |field: &str| {
            format!(r#"{{"spec":{{"containers":[{{"name":"c","image":"i",{field}}}]}}}}"#)
        };
        for (kind, object, old, wanted) in [
            ("Pod", r#"{"spec":5}"#.to_owned(), "null", Some("`request.object` cannot be read: ")),
            ("Pod", r#"{"spec":[]}"#.to_owned(), "null", Some("`spec` ")),
            (
                "Pod",
                containers(r#""securityContext":{"privileged":"true"}"#),
                "null",
                Some("`privileged` wants a boolean"),
            ),
            ("Pod", containers(r#""ports":{}"#), "null", Some("ports")),
            (
                "Pod",
                r#"{"kind":"Service","apiVersion":"v1","spec":5}"#.to_owned(),
                "null",
                Some(""),
            ),
            ("Pod", "{}".to_owned(), r#"{"spec":5}"#, Some("`request.oldObject` cannot be read")),
            ("Pod", "null".to_owned(), r#"{"metadata":7}"#, Some("`request.oldObject`")),
            // What is missing or not known is for the API server to say.
            ("Pod", r#"{"metadata":{},"spec":{"new":1}}"#.to_owned(), "null", None),
            ("Pod", containers(r#""securityContext":{"privileged":true}"#), "null", None),
            ("PodExecOptions", r#"{"command":["sh"],"stdin":true}"#.to_owned(), "null", None),
            ("Nobodys", r#"{"spec":5}"#.to_owned(), "null", None),
        ] {
            let errors = told(Gvk::new("", "v1", kind), &object, old, &Schemas::builtin());
            let fits = wanted.is_none_or(|part| errors.iter().any(|e| e.contains(part)));
            assert!(fits && errors.is_empty() == wanted.is_none(), "{object}: {errors:?}");
        }
    }

    #[test]
    fn nothing_is_told_of_custom_kinds() {
        let definition = r#"{"apiVersion":"apiextensions.k8s.io/v1",
            "kind":"CustomResourceDefinition","metadata":{"name":"shops.x.dev"},
            "spec":{"group":"x.dev","scope":"Namespaced","names":{"plural":"shops","kind":"Shop"},
            "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":
            {"type":"object","properties":{"spec":{"type":"object"}}}}}]}}"#;
        let definition: Value = from_json(definition).unwrap();
        let (schemas, problems) = Schemas::with_crds([&definition]);
        assert!(problems.is_empty() && schemas.kind("x.dev", "v1", "Shop").is_some());
        let errors = told(Gvk::new("x.dev", "v1", "Shop"), r#"{"spec":5}"#, "null", &schemas);
        assert_eq!(errors, Vec::<String>::new());
    }
}
