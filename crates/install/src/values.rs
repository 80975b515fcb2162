//! The values of the chart.

use crate::schema::meant;
use sekisho_manifest::read_value;
use sekisho_value::{Map, Value};

/// The chart's own values.
const DEFAULTS: &str = include_str!("../../../charts/sekisho/values.yaml");

/// Why values are not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValuesError(String);

/// The values where nothing else is said.
#[must_use]
pub fn defaults() -> Value {
    // A test reads them.
    read_value(DEFAULTS).unwrap_or_default()
}

/// Puts values over others: objects are merged, everything else is replaced.
///
/// # Errors
/// Where there is no such value in the chart: a misspelt one would be without effect.
pub fn merge(values: &mut Value, over: &Value) -> Result<(), ValuesError> {
    let Value::Object(over) = over else {
        return Err(ValuesError("values are an object".to_owned()));
    };
    merge_at("", values, over)
}

/// Objects whose keys the user chooses.
const FREE: [&str; 4] =
    ["policies.files", "resources.requests", "resources.limits", "nodeSelector"];

fn merge_at(path: &str, values: &mut Value, over: &Map) -> Result<(), ValuesError> {
    let Some(values) = values.as_object_mut() else {
        return Err(ValuesError(format!("`{path}` has no fields")));
    };
    for (key, new) in over.iter() {
        let at = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
        match (values.get_mut(key), new) {
            (None, _) if !FREE.contains(&path) => {
                let hint = meant(key, values.keys().map(|key| key.as_str()));
                return Err(ValuesError(format!("there is no value `{at}`{hint}")));
            }
            (Some(old @ Value::Object(_)), Value::Object(new)) => merge_at(&at, old, new)?,
            (Some(Value::Object(_)), _) => {
                return Err(ValuesError(format!("`{at}` is to be an object")));
            }
            (Some(Value::Array(_)), new) if !matches!(new, Value::Array(_)) => {
                return Err(ValuesError(format!("`{at}` is to be a list")));
            }
            (Some(Value::Array(_)), _) => {
                values.insert(key.clone(), new.clone());
            }
            (Some(_), Value::Object(_)) => {
                return Err(ValuesError(format!("`{at}` has no fields")));
            }
            _ => {
                values.insert(key.clone(), new.clone());
            }
        }
    }
    Ok(())
}

/// Sets one value, as `tls.secretName=web`. What is behind the sign is read as YAML; a list's items
/// are named by their place, as in `imagePullSecrets[0].name=x`, and the keys of files hold dots.
///
/// # Errors
/// Where it has no `=`, or there is no such value in the chart.
pub fn set(values: &mut Value, assignment: &str) -> Result<(), ValuesError> {
    let Some((path, text)) = assignment.split_once('=') else {
        return Err(ValuesError(format!("`{assignment}` is to be KEY=VALUE")));
    };
    let value = match text {
        "" => Value::from(""),
        "null" | "~" => Value::Null,
        text => read_value(text)
            .map_err(|error| ValuesError(format!("`{path}` is no YAML: {}", error.message)))?,
    };
    let free =
        FREE.iter().find(|free| path.strip_prefix(**free).is_some_and(|p| p.starts_with('.')));
    let mut keys: Vec<&str> = match free {
        Some(free) => {
            let mut keys: Vec<&str> = free.split('.').collect();
            keys.extend(path.get(free.len() + 1..));
            keys
        }
        None => path.split('.').collect(),
    };
    let mut nested = value;
    while let Some(key) = keys.pop() {
        let (key, is_item) = match key.strip_suffix("[0]") {
            Some(key) => (key, true),
            None => (key, false),
        };
        let item = if is_item { Value::from(vec![nested]) } else { nested };
        nested = Value::Object(Map::from_iter([(key, item)]));
    }
    merge(values, &nested)
}

#[cfg(test)]
mod tests {
    use super::{DEFAULTS, defaults, set};
    use sekisho_manifest::read_value;

    #[test]
    fn the_charts_values_are_read() {
        read_value(DEFAULTS).unwrap();
        assert_eq!(defaults().path(&["replicas"]).unwrap().as_i64(), Some(2));
    }

    #[test]
    fn values_are_set_where_the_chart_has_them() {
        for (assignment, path, wanted) in [
            ("replicas=3", &["replicas"][..], "3"),
            ("tls.secretName=web", &["tls", "secretName"], r#""web""#),
            ("policies.files.a.b.yaml=x", &["policies", "files", "a.b.yaml"], r#""x""#),
            ("policies.args=[--cluster]", &["policies", "args"], r#"["--cluster"]"#),
            ("imagePullSecrets[0].name=s", &["imagePullSecrets"], r#"[{"name":"s"}]"#),
            ("resources.limits.cpu=1", &["resources", "limits", "cpu"], "1"),
            ("tls.crt=", &["tls", "crt"], r#""""#),
        ] {
            let mut values = defaults();
            set(&mut values, assignment).unwrap();
            assert_eq!(values.path(path).unwrap().to_json(), wanted, "{assignment}");
        }
        for (assignment, message) in [
            ("replicas", "`replicas` is to be KEY=VALUE"),
            ("replica=3", "there is no value `replica`: did you mean `replicas`?"),
            ("tls.secretname=x", "there is no value `tls.secretname`: did you mean `secretName`?"),
            ("tls.x=x", "there is no value `tls.x`"),
            ("tls=x", "`tls` is to be an object"),
            ("replicas.x=1", "`replicas` has no fields"),
            ("tolerations=x", "`tolerations` is to be a list"),
            ("replicas=[", "`replicas` is no YAML"),
        ] {
            let error = set(&mut defaults(), assignment).unwrap_err();
            assert!(error.to_string().starts_with(message), "{error}");
        }
    }
}
