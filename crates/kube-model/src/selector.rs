use sekisho_value::{Map, Pointer, Str, Value};

/// A label selector, compiled.
///
/// An empty one selects everything. That an absent selector selects nothing (or everything) is
/// for the field that holds it to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: Str,
    operator: Operator,
    values: Vec<Str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// What is wrong with a selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// the offending field, within the selector
    pub pointer: Pointer,
    /// what is wrong
    pub message: String,
}

impl LabelSelector {
    /// Compiles a `meta/v1.LabelSelector`, under the rules of `LabelSelectorAsSelector` of
    /// apimachinery.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn compile(selector: &Value) -> Result<Self, SelectorError> {
        let root = Pointer::root();
        let fields = object(&root, Some(selector))?;
        if let Some(unknown) =
            fields.keys().find(|key| !["matchLabels", "matchExpressions"].contains(&key.as_str()))
        {
            return error(&root.key(unknown), format!("unknown field `{unknown}` in a selector"));
        }
        let mut requirements = Vec::new();
        let labels = root.key("matchLabels");
        for (key, value) in object(&labels, fields.get("matchLabels"))?.iter() {
            let at = labels.key(key);
            let value = text(&at, Some(value))?;
            let operator = Operator::In;
            let values = vec![value];
            requirements.push(Requirement { key: key.clone(), operator, values }.checked(&at)?);
        }
        let expressions = root.key("matchExpressions");
        let list = list(&expressions, fields.get("matchExpressions"))?;
        for (index, expression) in list.iter().enumerate() {
            requirements.push(expression_of(&expressions.index(index), expression)?);
        }
        Ok(Self { requirements })
    }

    /// Whether it selects everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether it selects what has these labels. A label that is no string counts as empty.
    #[must_use]
    pub fn matches(&self, labels: &Map) -> bool {
        self.requirements.iter().all(|requirement| {
            let value =
                labels.get(&requirement.key).map(|value| value.as_str().unwrap_or_default());
            let is_listed =
                |value: &str| requirement.values.iter().any(|listed| listed.as_str() == value);
            match requirement.operator {
                Operator::In => value.is_some_and(is_listed),
                Operator::NotIn => !value.is_some_and(is_listed),
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        })
    }

    /// Whether it selects what has these labels, and others that are not known but for the keys
    /// that are; `None` where that depends on those.
    #[must_use]
    pub fn matches_known(&self, labels: &Map, known: &[&str]) -> Option<bool> {
        let (of_known, others): (Vec<_>, Vec<_>) =
            self.requirements.iter().cloned().partition(|of| known.contains(&of.key.as_str()));
        if !(Self { requirements: of_known }).matches(labels) {
            return Some(false);
        }
        others.is_empty().then_some(true)
    }

    /// Whether it selects an object, by the labels in its metadata.
    #[must_use]
    pub fn matches_object(&self, object: &Value) -> bool {
        match object.path(&["metadata", "labels"]) {
            Some(Value::Object(labels)) => self.matches(labels),
            _ => self.requirements.iter().all(|requirement| {
                matches!(requirement.operator, Operator::NotIn | Operator::DoesNotExist)
            }),
        }
    }
}

fn expression_of(at: &Pointer, expression: &Value) -> Result<Requirement, SelectorError> {
    let fields = object(at, Some(expression))?;
    let operator_at = at.key("operator");
    let operator = match text(&operator_at, fields.get("operator"))?.as_str() {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        other => {
            let message = format!(
                "`{other}` is not a valid label selector operator: it is one of `In`, `NotIn`, `Exists` and `DoesNotExist`"
            );
            return error(&operator_at, message);
        }
    };
    let values_at = at.key("values");
    let values = list(&values_at, fields.get("values"))?
        .iter()
        .enumerate()
        .map(|(index, value)| text(&values_at.index(index), Some(value)))
        .collect::<Result<Vec<_>, _>>()?;
    match operator {
        Operator::In | Operator::NotIn if values.is_empty() => {
            return error(&values_at, "`values` of `In` and `NotIn` must not be empty".to_owned());
        }
        Operator::Exists | Operator::DoesNotExist if !values.is_empty() => {
            let message = "`values` of `Exists` and `DoesNotExist` must be empty";
            return error(&values_at, message.to_owned());
        }
        _ => {}
    }
    let key = text(&at.key("key"), fields.get("key"))?;
    Requirement { key, operator, values }.checked(at)
}

impl Requirement {
    /// Refuses what can be no label (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>).
    fn checked(self, at: &Pointer) -> Result<Self, SelectorError> {
        if !is_label_key(&self.key) {
            return error(at, format!("`{}` is no label key", self.key));
        }
        if let Some(value) = self.values.iter().find(|value| !is_label_value(value)) {
            return error(at, format!("`{value}` is no label value"));
        }
        Ok(self)
    }
}

/// Whether a text can be the key of a label: a name, or a DNS subdomain and a name.
fn is_label_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        let edge = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
    };
    !name.is_empty()
        && is_label_value(name)
        && prefix.is_none_or(|prefix| prefix.len() <= 253 && prefix.split('.').all(is_part))
}

/// Whether a text can be the value of a label: up to 63 characters, alphanumeric at both ends.
fn is_label_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    value.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn object(at: &Pointer, value: Option<&Value>) -> Result<Map, SelectorError> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(other) => error(at, format!("expected an object, found a {}", other.kind())),
    }
}

fn list<'v>(at: &Pointer, value: Option<&'v Value>) -> Result<&'v [Value], SelectorError> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => error(at, format!("expected a list, found a {}", other.kind())),
    }
}

fn text(at: &Pointer, value: Option<&Value>) -> Result<Str, SelectorError> {
    match value {
        None | Some(Value::Null) => Ok(Str::default()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => error(at, format!("expected a string, found a {}", other.kind())),
    }
}

fn error<T>(at: &Pointer, message: String) -> Result<T, SelectorError> {
    Err(SelectorError { pointer: at.clone(), message })
}

#[cfg(test)]
mod tests {
    use super::LabelSelector;
    use sekisho_value::{Map, from_json};

    fn labels(json: &str) -> Map {
        from_json(json).unwrap().as_object().unwrap().clone()
    }

    #[test]
    fn selectors_match() {
        let one = |operator: &str, values: &str| {
            format!(
                r#"{{"matchExpressions":[{{"key":"k","operator":"{operator}","values":{values}}}]}}"#
            )
        };
        // what is selected of: no labels, k=a, k=b, k empty
        for (selector, want) in [
            ("{}".to_owned(), [true; 4]),
            ("null".to_owned(), [true; 4]),
            (r#"{"matchLabels":null,"matchExpressions":[]}"#.to_owned(), [true; 4]),
            (r#"{"matchLabels":{"k":"a"}}"#.to_owned(), [false, true, false, false]),
            (r#"{"matchLabels":{"k":""}}"#.to_owned(), [false, false, false, true]),
            (r#"{"matchLabels":{"k":"a","l":"a"}}"#.to_owned(), [false; 4]),
            (one("In", r#"["a","b"]"#), [false, true, true, false]),
            (one("NotIn", r#"["a"]"#), [true, false, true, true]),
            (one("Exists", "[]"), [false, true, true, true]),
            (one("DoesNotExist", "null"), [true, false, false, false]),
        ] {
            let compiled = LabelSelector::compile(&from_json(&selector).unwrap()).unwrap();
            let found = ["{}", r#"{"k":"a"}"#, r#"{"k":"b"}"#, r#"{"k":""}"#]
                .map(|json| compiled.matches(&labels(json)));
            assert_eq!(found, want, "{selector}");
            let bare = compiled.matches_object(&from_json("{}").unwrap());
            assert_eq!(bare, want[0], "{selector}");
        }
    }

    #[test]
    fn selectors_of_labels_that_are_not_all_known() {
        for (selector, want) in [
            ("{}", Some(true)),
            (r#"{"matchLabels":{"k":"a"}}"#, Some(true)),
            (r#"{"matchLabels":{"k":"b"}}"#, Some(false)),
            (r#"{"matchLabels":{"l":"a"}}"#, None),
            (r#"{"matchLabels":{"k":"a","l":"a"}}"#, None),
            (r#"{"matchLabels":{"k":"b","l":"a"}}"#, Some(false)),
        ] {
            let compiled = LabelSelector::compile(&from_json(selector).unwrap()).unwrap();
            assert_eq!(compiled.matches_known(&labels(r#"{"k":"a"}"#), &["k"]), want, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        let long = "a".repeat(64);
        for (selector, pointer) in [
            ("[]".to_owned(), ""),
            (r#"{"app":"web"}"#.to_owned(), "/app"),
            (r#"{"matchLabels":["a"]}"#.to_owned(), "/matchLabels"),
            (r#"{"matchLabels":{"a":1}}"#.to_owned(), "/matchLabels/a"),
            (r#"{"matchLabels":{"a b":"c"}}"#.to_owned(), "/matchLabels/a b"),
            (format!(r#"{{"matchLabels":{{"a":"{long}"}}}}"#), "/matchLabels/a"),
            (r#"{"matchExpressions":{}}"#.to_owned(), "/matchExpressions"),
            (r#"{"matchExpressions":["a"]}"#.to_owned(), "/matchExpressions/0"),
            (
                r#"{"matchExpressions":[{"key":"k","operator":"in","values":["a"]}]}"#.to_owned(),
                "/matchExpressions/0/operator",
            ),
            (r#"{"matchExpressions":[{"key":"k"}]}"#.to_owned(), "/matchExpressions/0/operator"),
            (
                r#"{"matchExpressions":[{"key":"k","operator":"In","values":[]}]}"#.to_owned(),
                "/matchExpressions/0/values",
            ),
            (
                r#"{"matchExpressions":[{"key":"k","operator":"Exists","values":["a"]}]}"#
                    .to_owned(),
                "/matchExpressions/0/values",
            ),
            (
                r#"{"matchExpressions":[{"key":"","operator":"Exists"}]}"#.to_owned(),
                "/matchExpressions/0",
            ),
            (
                r#"{"matchExpressions":[{"key":"A.b/c","operator":"Exists"}]}"#.to_owned(),
                "/matchExpressions/0",
            ),
        ] {
            let found = LabelSelector::compile(&from_json(&selector).unwrap());
            assert_eq!(found.unwrap_err().pointer.as_str(), pointer, "{selector}");
        }
    }
}
