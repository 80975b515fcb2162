//! What providers of external data answer, as documents give it.

use sekisho_value::{Map, Pointer, Value};

/// The fields of such a document.
const FIELDS: [&str; 4] = ["provider", "values", "errors", "systemError"];

/// The answers of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAnswers {
    /// its name
    pub provider: String,
    /// as [`sekisho_policy::Inventory::external`] has them
    pub(crate) answers: Map,
}

impl ProviderAnswers {
    /// Reads a document: the `provider`, and for each key its value under `values` or what is wrong
    /// with it under `errors`; or what is wrong with all of them as `systemError`. A value counts
    /// before an error.
    ///
    /// # Errors
    /// What is wrong with the document, and where.
    pub fn read(document: &Value) -> Result<Self, (Pointer, String)> {
        let root = Pointer::root();
        let Some(map) = document.as_object() else {
            return Err((root, format!("wants an object, found a {}", document.kind())));
        };
        if let Some(key) = map.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            let fields = FIELDS.join(", ");
            return Err((root.key(key), format!("unknown field `{key}`: they are {fields}")));
        }
        let provider = map.get("provider").and_then(Value::as_str).unwrap_or_default();
        if provider.is_empty() {
            let message = "the answers of a provider want its name, `provider`";
            return Err((root.key("provider"), message.to_owned()));
        }
        let mut all = Map::new();
        if let Some(error) = map.get("systemError").filter(|error| !error.is_null()) {
            let Some(error) = error.as_str() else {
                return Err((root.key("systemError"), "`systemError` wants a string".to_owned()));
            };
            all.insert("systemError", error);
        }
        let mut answers = Map::new();
        for (field, name) in [("errors", "error"), ("values", "value")] {
            match map.get(field) {
                None | Some(Value::Null) => {}
                Some(Value::Object(of)) => {
                    for (key, answer) in of.iter() {
                        answers.insert(key.clone(), Map::from_iter([(name, answer.clone())]));
                    }
                }
                Some(_) => return Err((root.key(field), format!("`{field}` wants an object"))),
            }
        }
        all.insert("answers", answers);
        Ok(Self { provider: provider.to_owned(), answers: all })
    }
}

#[cfg(test)]
mod tests {
    use super::ProviderAnswers;
    use sekisho_value::{Value, from_json};

    #[test]
    fn answers_are_read() {
        for (document, wanted) in [
            (r#"{"provider":"p","values":{"a":1}}"#, r#"{"answers":{"a":{"value":1}}}"#),
            (
                r#"{"provider":"p","values":{"a":1},"errors":{"a":"x","b":"y"}}"#,
                r#"{"answers":{"a":{"value":1},"b":{"error":"y"}}}"#,
            ),
            (r#"{"provider":"p","systemError":"down"}"#, r#"{"answers":{},"systemError":"down"}"#),
        ] {
            let read = ProviderAnswers::read(&from_json(document).unwrap()).unwrap();
            assert_eq!(Value::Object(read.answers), from_json(wanted).unwrap(), "{document}");
        }
        for (document, place) in [
            ("[]", ""),
            (r#"{"values":{}}"#, "/provider"),
            (r#"{"provider":"p","value":{}}"#, "/value"),
            (r#"{"provider":"p","values":[]}"#, "/values"),
            (r#"{"provider":"p","systemError":1}"#, "/systemError"),
        ] {
            let (at, _) = ProviderAnswers::read(&from_json(document).unwrap()).unwrap_err();
            assert_eq!(at.as_str(), place, "{document}");
        }
    }
}
