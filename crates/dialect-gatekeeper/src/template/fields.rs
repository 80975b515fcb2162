//! The fields that a template may have. Gatekeeper drops all others, which `--strict` does not.

use super::cel;
use sekisho_policy::{Fault, Told};
use sekisho_value::{Pointer, Value};

/// Where objects stand in a template, and their fields; `0` stands for every item of a list.
const FIELDS: &[(&[&str], &[&str])] = &[
    (&[], &["apiVersion", "kind", "metadata", "spec", "status"]),
    (&["spec"], &["crd", "targets"]),
    (&["spec", "crd"], &["spec"]),
    (&["spec", "crd", "spec"], &["names", "validation"]),
    (&["spec", "crd", "spec", "names"], &["kind", "shortNames"]),
    (&["spec", "crd", "spec", "validation"], &["legacySchema", "openAPIV3Schema"]),
    (&["spec", "targets", "0"], &["target", "rego", "libs", "code", "operations"]),
    (&["spec", "targets", "0", "code", "0"], &["engine", "source"]),
];

/// The fields of the source of Rego.
const SOURCE: &[&str] = &["rego", "version", "libs"];

/// Where the sources of engines stand.
const CODES: [&str; 5] = ["spec", "targets", "0", "code", "0"];

/// The fields of the source of CEL. `matchCondition` is Gatekeeper's name of the list.
const CEL_SOURCE: &[(&[&str], &[&str])] = &[
    (&[], &["validations", "failurePolicy", "matchCondition", "variables", "generateVAP"]),
    (&["validations", "0"], &["expression", "message", "messageExpression"]),
    (&["matchCondition", "0"], &["name", "expression"]),
    (&["variables", "0"], &["name", "expression"]),
];

/// Tells of every field that there is not.
pub(super) fn check(template: &Value, told: &mut Told<'_>) {
    for (path, known) in FIELDS {
        each(template, path, &Pointer::root(), &mut |value, at| check_one(value, at, known, told));
    }
    each(template, &CODES, &Pointer::root(), &mut |code, at| {
        let (Some(cel::ENGINE), Some(source)) = (code.path_str(&["engine"]), code.get("source"))
        else {
            return;
        };
        let at = at.key("source");
        for (path, known) in CEL_SOURCE {
            each(source, path, &at, &mut |value, at| check_one(value, at, known, told));
        }
    });
    each(template, &CODES, &Pointer::root(), &mut |code, at| {
        if let (Some("Rego"), Some(source)) = (code.path_str(&["engine"]), code.get("source")) {
            check_one(source, &at.key("source"), SOURCE, told);
        }
    });
}

fn check_one(value: &Value, at: &Pointer, known: &[&str], told: &mut Told<'_>) {
    let keys = value.as_object().into_iter().flat_map(|map| map.keys());
    for key in keys.filter(|key| !known.contains(&key.as_str())) {
        let help = format!("the fields here are {}", known.join(", "));
        told.push(Fault::new(at.key(key), format!("unknown field `{key}`")).with_help(help));
    }
}

/// Everything that stands at a path.
fn each(value: &Value, path: &[&str], at: &Pointer, with: &mut dyn FnMut(&Value, &Pointer)) {
    match (path.split_first(), value) {
        (None, _) => with(value, at),
        (Some((_, rest)), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                each(item, rest, &at.index(index), with);
            }
        }
        (Some((key, rest)), _) => {
            if let Some(below) = value.get(key) {
                each(below, rest, &at.key(key), with);
            }
        }
    }
}
