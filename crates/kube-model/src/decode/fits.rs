//! Whether an object is of the types of its kind, for those who need no words for it.

use super::{base64, time};
use crate::gvk::Gvk;
use crate::quantity::Quantity;
use crate::schema::{BlobShape, Schemas, Struct};
use sekisho_value::{Map, Number, Value};

impl Schemas {
    /// Whether an object is of the types that a built-in kind has: then [`Schemas::decode`] finds
    /// none wrong, which takes several times as long. Where it may be otherwise, this is false.
    #[must_use]
    pub fn fits(&self, gvk: &Gvk, object: &Value) -> bool {
        let of = self.kind_of(gvk).and_then(|kind| kind.object_type());
        of.and_then(|of| of.as_builtin()).is_some_and(|shape| fits(shape, object))
    }
}

/// As [`Walk::value`](super::walk::Walk::value) has it.
fn fits(shape: BlobShape, value: &Value) -> bool {
    match (shape, value) {
        (BlobShape::Any, _)
        | (BlobShape::Bool | BlobShape::SchemaOrBool(_), Value::Bool(_))
        | (BlobShape::String | BlobShape::IntOrString, Value::String(_)) => true,
        (BlobShape::Struct(of) | BlobShape::SchemaOrBool(of), Value::Object(map))
        | (BlobShape::SchemaOrList(of) | BlobShape::SchemaOrStrings(of), Value::Object(map)) => {
            structure(of, map)
        }
        (BlobShape::Map(item), Value::Object(map)) => {
            let item = item.shape();
            map.iter().all(|(_, value)| unset_or(item, value))
        }
        (BlobShape::List(item), Value::Array(items)) => list(item.shape(), items),
        (BlobShape::SchemaOrList(of), Value::Array(items)) => list(BlobShape::Struct(of), items),
        (BlobShape::SchemaOrStrings(_), Value::Array(items)) => list(BlobShape::String, items),
        (BlobShape::Int32 | BlobShape::IntOrString, Value::Number(number)) => {
            number.as_i64().is_some_and(|int| i32::try_from(int).is_ok())
        }
        (BlobShape::Int64, Value::Number(number)) => number.as_i64().is_some(),
        (BlobShape::Double, Value::Number(number)) => Number::from_f64(number.as_f64()).is_some(),
        (BlobShape::Quantity, Value::String(text)) => Quantity::canonical_text(text).is_ok(),
        (BlobShape::Quantity, Value::Number(number)) => {
            Quantity::canonical_text(&number.literal()).is_ok()
        }
        (BlobShape::Time, Value::String(text)) => time::seconds(text).is_ok(),
        (BlobShape::MicroTime, Value::String(text)) => time::micros(text).is_ok(),
        (BlobShape::Bytes, Value::String(text)) => base64::canonical(text).is_ok(),
        _ => false,
    }
}

/// Nothing is held against what the type does not have.
fn structure(of: Struct, map: &Map) -> bool {
    let (fields, mut from) = (of.fields(), 0);
    map.iter().all(|(key, value)| match fields.find_from(&mut from, key) {
        Some(field) => unset_or(field.shape(), value),
        None => true,
    })
}

fn list(item: BlobShape, items: &[Value]) -> bool {
    items.iter().all(|value| unset_or(item, value))
}

/// `null` leaves what it stands for unset.
fn unset_or(shape: BlobShape, value: &Value) -> bool {
    value.is_null() || fits(shape, value)
}

#[cfg(test)]
mod tests {
    use crate::{Gvk, ProblemKind, Schemas};
    use sekisho_value::from_json;

    #[test]
    fn what_fits_is_decoded_without_wrong_types() {
        let schemas = Schemas::builtin();
        let check = |kind: &str, group: &str, version: &str, fields: &str, wanted: bool| {
            let api_version =
                if group.is_empty() { version } else { &format!("{group}/{version}") };
            let text = format!(r#"{{"apiVersion":"{api_version}","kind":"{kind}",{fields}}}"#);
            let object = from_json(&text).unwrap();
            let problems = schemas.decode(&object).problems;
            let is_right = problems.iter().all(|problem| problem.kind != ProblemKind::WrongType);
            let found = schemas.fits(&Gvk::new(group, version, kind), &object);
            assert_eq!((found, is_right), (wanted, wanted), "{text}");
        };
        for (fields, wanted) in [
            (r#""metadata":{}"#, true),
            (r#""metadata":null"#, true),
            (r#""metadata":[]"#, false),
            (r#""metadata":{"labels":{"a":"b","c":null}}"#, true),
            (r#""metadata":{"labels":{"a":1}}"#, false),
            (r#""metadata":{"creationTimestamp":"2026-01-02T03:04:05Z"}"#, true),
            (r#""metadata":{"creationTimestamp":"yesterday"}"#, false),
            (r#""metadata":{"generation":9223372036854775807}"#, true),
            (r#""metadata":{"generation":9223372036854775808}"#, false),
            (r#""unknown":{"a":[5]}"#, true),
            (r#""spec":{"containers":[null,{"name":null}]}"#, true),
            (r#""spec":{"containers":{}}"#, false),
            (r#""spec":{"containers":[[]]}"#, false),
            (r#""spec":{"containers":[{"args":["a",null]}]}"#, true),
            (r#""spec":{"containers":[{"args":["a",1]}]}"#, false),
            (r#""spec":{"containers":[{"securityContext":{"privileged":true}}]}"#, true),
            (r#""spec":{"containers":[{"securityContext":{"privileged":"true"}}]}"#, false),
            (r#""spec":{"containers":[{"securityContext":{"privileged":0}}]}"#, false),
            (r#""spec":{"containers":[{"ports":[{"containerPort":80}]}]}"#, true),
            (r#""spec":{"containers":[{"ports":[{"containerPort":80.0}]}]}"#, false),
            (r#""spec":{"containers":[{"ports":[{"containerPort":2147483648}]}]}"#, false),
            (r#""spec":{"containers":[{"resources":{"limits":{"cpu":1,"memory":"1Gi"}}}]}"#, true),
            (r#""spec":{"containers":[{"resources":{"limits":{"cpu":"1 core"}}}]}"#, false),
            (r#""spec":{"containers":[{"livenessProbe":{"httpGet":{"port":"http"}}}]}"#, true),
            (r#""spec":{"containers":[{"livenessProbe":{"httpGet":{"port":true}}}]}"#, false),
        ] {
            check("Pod", "", "v1", fields, wanted);
        }
        check("Secret", "", "v1", r#""data":{"a":"aHVudGVyMg=="}"#, true);
        check("Secret", "", "v1", r#""data":{"a":"?"}"#, false);
        check("Lease", "coordination.k8s.io", "v1", r#""spec":{"renewTime":"x"}"#, false);
        let schema = |schema: &str| {
            format!(r#""spec":{{"versions":[{{"schema":{{"openAPIV3Schema":{schema}}}}}]}}"#)
        };
        let group = "apiextensions.k8s.io";
        for (text, wanted) in [
            (r#"{"additionalProperties":true,"maximum":1.5}"#, true),
            (r#"{"additionalProperties":{"type":"string"},"items":[{},{}]}"#, true),
            (r#"{"items":{"type":"string"},"default":[1]}"#, true),
            (r#"{"additionalProperties":1}"#, false),
            (r#"{"items":"x"}"#, false),
            (r#"{"maximum":1e999}"#, false),
        ] {
            check("CustomResourceDefinition", group, "v1", &schema(text), wanted);
        }
        assert!(!schemas.fits(&Gvk::new("x.dev", "v1", "Nobodys"), &from_json("{}").unwrap()));
    }
}
