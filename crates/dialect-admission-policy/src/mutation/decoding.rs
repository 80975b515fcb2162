//! What a patch leaves, read strictly into the type of its kind.
//!
//! Source of the words: `encoding/json` as `sigs.k8s.io/json` has it, and the strict serializer of
//! `k8s.io/apimachinery`.

use super::go_text;
use sekisho_kube_model::{Gvk, ProblemKind, Schemas, Shape, TypeRef};
use sekisho_value::{Pointer, Value};

/// The object, which has to be one of its kind as before. A field that is not known, and was there
/// before, is one of an API server that is newer than the schemas.
///
/// # Errors
/// What the API server says where it is not.
pub(super) fn strict(
    schemas: &Schemas,
    gvk: &Gvk,
    given: &Value,
    mut patched: Value,
) -> Result<Value, String> {
    let internal = |words: String| format!("Internal error occurred: {words}");
    let Some(fields) = patched.as_object_mut() else {
        return Err(internal(format!(
            "json: cannot unmarshal {} into Go value of type v1.{}",
            sort(&patched, None),
            gvk.kind
        )));
    };
    fields.get_or_insert_with("apiVersion", || gvk.api_version().into());
    fields.get_or_insert_with("kind", || gvk.kind.clone().into());
    let now = Gvk::of(&patched);
    if let Some(unknown) = now.as_ref().filter(|now| schemas.kind_of(now).is_none()) {
        return Err(internal(format!(
            "no kind \"{}\" is registered for version \"{}\" in scheme \"pkg/runtime/scheme.go:111\"",
            unknown.kind,
            unknown.api_version()
        )));
    }
    if now.as_ref() != Some(gvk) {
        let now = now.map_or_else(String::new, |now| format!("{}.{}", now.version, now.kind));
        let group = gvk.group.split('.').next().filter(|group| !group.is_empty());
        let own = format!("{}.{}", group.unwrap_or("core"), gvk.kind);
        return Err(internal(format!(
            "failed to convert object: converting ({now}) to ({own}): unknown conversion"
        )));
    }
    // Unknown fields of custom kinds are pruned, or kept.
    if schemas.kind_of(gvk).is_some_and(sekisho_kube_model::KindRef::is_custom) {
        return Ok(patched);
    }
    let decoded = schemas.decode(&patched);
    let wrong = |kind| decoded.problems.iter().filter(move |problem| problem.kind == kind);
    if let Some(problem) = wrong(ProblemKind::WrongType).next() {
        let mistyped = mistyped(schemas, gvk, &patched, &problem.pointer);
        return Err(internal(mistyped.unwrap_or_else(|| problem.message.clone())));
    }
    let unknown: Vec<String> = wrong(ProblemKind::UnknownField)
        .filter(|problem| given.pointer(&problem.pointer).is_none())
        .map(|problem| format!("unknown field {}", go_text::quoted(&path(&problem.pointer))))
        .collect();
    match unknown.as_slice() {
        [] => Ok(patched),
        _ => Err(internal(format!("strict decoding error: {}", unknown.join(", ")))),
    }
}

/// `spec.containers[0].image`
fn path(pointer: &Pointer) -> String {
    let mut path = String::new();
    for token in pointer.tokens() {
        match token.as_index() {
            Some(index) => path.push_str(&format!("[{index}]")),
            None => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(token.as_str());
            }
        }
    }
    path
}

/// A value of a wrong type; `None` where its place has no type that could be told.
fn mistyped(schemas: &Schemas, gvk: &Gvk, object: &Value, at: &Pointer) -> Option<String> {
    let mut of = schemas.type_of(gvk)?;
    let mut holder = of;
    let (mut value, mut names) = (object, Vec::new());
    for token in at.tokens() {
        value = value.step(&token)?;
        match of.field(token.as_str()) {
            Some(field) => {
                holder = of;
                names.push(token.as_str().to_owned());
                of = field.value_type();
            }
            // Items of lists and maps have no names.
            None => of = of.item()?,
        }
    }
    let (names, holder) = (names.join("."), holder.name()?.rsplit('.').next()?);
    Some(format!(
        "json: cannot unmarshal {} into Go struct field {holder}.{names} of type {}",
        sort(value, Some(of)),
        go_type(of)
    ))
}

/// A value as the error of Go's decoder names it.
fn sort(value: &Value, wanted: Option<TypeRef<'_>>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
        Value::Number(number) => {
            let integer =
                wanted.is_some_and(|of| matches!(of.shape(), Shape::Int32 | Shape::Int64));
            if integer { format!("number {}", number.literal()) } else { "number".to_owned() }
        }
    }
}

fn go_type(of: TypeRef<'_>) -> String {
    match of.shape() {
        Shape::Bool => "bool".to_owned(),
        Shape::Int32 => "int32".to_owned(),
        Shape::Int64 => "int64".to_owned(),
        Shape::Double => "float64".to_owned(),
        Shape::Bytes => "[]uint8".to_owned(),
        Shape::List => format!("[]{}", of.item().map_or("string".to_owned(), go_type)),
        Shape::Map => format!("map[string]{}", of.item().map_or("string".to_owned(), go_type)),
        Shape::Object => {
            let name = of.name().unwrap_or_default();
            name.rsplit('/').next().unwrap_or_default().to_owned()
        }
        _ => "string".to_owned(),
    }
}
