//! AdmissionReview objects, decoded as strictly as gator decodes them
//! (`FromUnstructuredWithValidation` into `k8s.io/api/admission/v1`).

use crate::json;
use sekisho_kube_model::Gvk;
use sekisho_value::{Kind, Value};

/// What a field holds.
enum Shape {
    Text,
    Flag,
    Texts,
    TextsByKey,
    Number,
    /// anything: it is decoded later, if at all
    Any,
    Fields(&'static [(&'static str, Shape)]),
}

use Shape::{Any, Fields, Flag, Number, Text, Texts, TextsByKey};

const KIND: Shape = Fields(&[("group", Text), ("version", Text), ("kind", Text)]);
const RESOURCE: Shape = Fields(&[("group", Text), ("version", Text), ("resource", Text)]);

const REQUEST: &[(&str, Shape)] = &[
    ("uid", Text),
    ("kind", KIND),
    ("resource", RESOURCE),
    ("subResource", Text),
    ("requestKind", KIND),
    ("requestResource", RESOURCE),
    ("requestSubResource", Text),
    ("name", Text),
    ("namespace", Text),
    ("operation", Text),
    (
        "userInfo",
        Fields(&[("username", Text), ("uid", Text), ("groups", Texts), ("extra", TextsByKey)]),
    ),
    ("object", Any),
    ("oldObject", Any),
    ("dryRun", Flag),
    ("options", Any),
];

const STATUS: Shape = Fields(&[
    ("kind", Text),
    ("apiVersion", Text),
    ("metadata", Any),
    ("status", Text),
    ("message", Text),
    ("reason", Text),
    ("details", Any),
    ("code", Number),
]);

const REVIEW: &[(&str, Shape)] = &[
    ("kind", Text),
    ("apiVersion", Text),
    ("request", Fields(REQUEST)),
    (
        "response",
        Fields(&[
            ("uid", Text),
            ("allowed", Flag),
            ("status", STATUS),
            ("patch", Any),
            ("patchType", Text),
            ("auditAnnotations", Any),
            ("warnings", Texts),
        ]),
    ),
];

/// Whether an object is an AdmissionReview, of whatever version.
pub(crate) fn is_review(object: &Value) -> bool {
    Gvk::of(object).is_some_and(|gvk| gvk.is("admission.k8s.io", "AdmissionReview"))
}

/// The request of a review.
///
/// # Errors
/// What is wrong with the review, in gator's words.
pub(crate) fn request(review: &Value) -> Result<&Value, String> {
    let mut unknown = Vec::new();
    let decoded = decode(review, REVIEW, "", &mut unknown);
    let problem = match decoded {
        Err(problem) => Some(problem),
        Ok(()) if unknown.is_empty() => None,
        Ok(()) => {
            unknown.sort();
            Some(format!("strict decoding error: {}", unknown.join(", ")))
        }
    };
    if let Some(problem) = problem {
        return Err(format!(
            "not a valid AdmissionReview object: unable to convert to an AdmissionReview object, \
             error: {problem}"
        ));
    }
    let given = |value: &&Value| !value.is_null();
    let Some(request) = review.get("request").filter(given) else {
        let what = "missing an AdmissionRequest object";
        return Err(format!("{what}: request did not actually pass in an AdmissionRequest"));
    };
    let objects = ["object", "oldObject"].map(|name| request.get(name).filter(given));
    if objects.iter().all(Option::is_none) {
        let what = "no object or oldObject found to review";
        return Err(format!(
            r#"{what}: AdmissionRequest does not contain an "object" or "oldObject" to review"#
        ));
    }
    for object in objects.into_iter().flatten() {
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        if kind.is_empty() {
            let json = json::compact(object);
            return Err(format!(
                "object or oldObject cannot be unmarshalled: Object 'Kind' is missing in '{json}'"
            ));
        }
    }
    if request.path_str(&["operation"]) == Some("DELETE") && objects[1].is_none() {
        let target = "admission.k8s.gatekeeper.sh";
        return Err(format!(
            "{target}: target.HandleReview failed for target \"{target}\": oldObject cannot be nil \
             for DELETE operations\n"
        ));
    }
    Ok(request)
}

fn decode(
    value: &Value,
    fields: &[(&str, Shape)],
    path: &str,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    let Some(map) = value.as_object() else { return Err(cannot_restore(value)) };
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    // Go goes through the fields in the order in which they are declared.
    for (name, shape) in fields {
        let Some(value) = map.get(name).filter(|value| !value.is_null()) else { continue };
        match (shape, value.kind()) {
            (Any, _)
            | (Text, Kind::String)
            | (Flag, Kind::Bool)
            | (Number, Kind::Number)
            | (Texts, Kind::Array)
            | (TextsByKey, Kind::Object) => {}
            (Fields(fields), Kind::Object) => decode(value, fields, &below(name), unknown)?,
            (Text, _) => return Err(cannot_convert(value, name)),
            _ => return Err(cannot_restore(value)),
        }
    }
    let known = |key: &str| fields.iter().any(|(name, _)| *name == key);
    let others = map.keys().filter(|key| !known(key));
    unknown.extend(others.map(|key| format!("unknown field \"{}\"", below(key))));
    Ok(())
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.as_i64().is_some() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn cannot_convert(value: &Value, field: &str) -> String {
    let wanted = match field {
        "uid" => "types.UID",
        "operation" => "v1.Operation",
        _ => "string",
    };
    format!("cannot convert {} to {wanted}", go_type(value))
}

fn cannot_restore(value: &Value) -> String {
    format!("cannot restore a value from {}", go_type(value))
}

#[cfg(test)]
mod tests {
    use super::request;
    use sekisho_value::{Value, from_json};

    fn review(request: &str) -> Value {
        let kind = r#""apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview""#;
        from_json(&format!("{{{kind},\"request\":{request}}}")).unwrap()
    }

    #[test]
    fn reviews_are_decoded_strictly() {
        let pod = r#"{"apiVersion":"v1","kind":"Pod"}"#;
        for text in [
            format!(r#"{{"uid":"a","object":{pod},"dryRun":null,"options":[1]}}"#),
            format!(r#"{{"operation":"DELETE","oldObject":{pod}}}"#),
            format!(r#"{{"operation":"DELETE","object":{pod},"oldObject":{pod}}}"#),
            r#"{"object":{"kind":"Pod"},"userInfo":{"groups":["a"],"extra":{"a":["b"]}}}"#.into(),
        ] {
            assert_eq!(request(&review(&text)).map(|_| ()), Ok(()), "{text}");
        }
        // What gator 3.23 says.
        let invalid = "not a valid AdmissionReview object: unable to convert to an \
                       AdmissionReview object, error: ";
        for (text, wanted) in [
            ("null".to_owned(), "missing an AdmissionRequest object: request did not".to_owned()),
            ("{}".into(), "no object or oldObject found to review: AdmissionRequest".into()),
            (
                format!(r#"{{"object":{pod},"more":1,"kind":{{"kinds":"a"}}}}"#),
                format!(
                    "{invalid}strict decoding error: unknown field \"request.kind.kinds\", unknown \
                     field \"request.more\""
                ),
            ),
            (r#"{"uid":7}"#.into(), format!("{invalid}cannot convert int64 to types.UID")),
            (r#"{"name":true}"#.into(), format!("{invalid}cannot convert bool to string")),
            (
                r#"{"object":{"metadata":{"name":"<a>"}}}"#.into(),
                "object or oldObject cannot be unmarshalled: Object 'Kind' is missing in \
                 '{\"metadata\":{\"name\":\"\\u003ca\\u003e\"}}'"
                    .into(),
            ),
            (
                format!(r#"{{"operation":"DELETE","object":{pod}}}"#),
                "admission.k8s.gatekeeper.sh: target.HandleReview failed for target".into(),
            ),
        ] {
            let error = request(&review(&text)).unwrap_err();
            assert!(error.starts_with(&wanted), "{text}: {error}");
        }
    }
}
