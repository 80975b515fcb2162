//! What providers of external data answer, as documents give it.

use sekisho_policy::Inventory;
use sekisho_value::{Map, Pointer, Value};

/// The fields of such a document.
const FIELDS: [&str; 4] = ["provider", "values", "errors", "systemError"];

/// What providers of external data answer: nobody is asked for more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalAnswers(Map);

impl ExternalAnswers {
    /// Adds what a document tells of one provider: its name as `provider`, and for each key its
    /// value under `values` or what is wrong with it under `errors`; or what is wrong with all of
    /// them as `systemError`. A value counts before an error.
    ///
    /// # Errors
    /// What is wrong with the document, and where.
    pub fn read(&mut self, document: &Value) -> Result<(), (Pointer, String)> {
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
        let answers = answers(map)?;
        if self.0.insert(provider, answers).is_some() {
            let message = format!("the answers of provider `{provider}` stand twice");
            return Err((root.key("provider"), message));
        }
        Ok(())
    }

    /// An inventory that has them, too.
    #[must_use]
    pub fn over(&self, inventory: Box<dyn Inventory>) -> Box<dyn Inventory> {
        Box::new(Answered { inventory, answers: self.to_value() })
    }

    /// As [`Inventory::external`] has them.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

/// What one provider answers.
fn answers(document: &Map) -> Result<Map, (Pointer, String)> {
    let root = Pointer::root();
    let mut all = Map::new();
    if let Some(error) = document.get("systemError").filter(|error| !error.is_null()) {
        let Some(error) = error.as_str() else {
            return Err((root.key("systemError"), "`systemError` wants a string".to_owned()));
        };
        all.insert("systemError", error);
    }
    let mut answers = Map::new();
    for (field, name) in [("errors", "error"), ("values", "value")] {
        match document.get(field) {
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
    Ok(all)
}

/// Another inventory, with the answers of providers.
struct Answered {
    inventory: Box<dyn Inventory>,
    answers: Value,
}

impl Inventory for Answered {
    fn beneath(&self) -> Option<&dyn Inventory> {
        Some(self.inventory.as_ref())
    }

    fn external(&self) -> Value {
        self.answers.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::ExternalAnswers;
    use sekisho_value::{Map, Value, from_json};

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
            let mut read = ExternalAnswers::default();
            read.read(&from_json(document).unwrap()).unwrap();
            let wanted = Map::from_iter([("p", from_json(wanted).unwrap())]);
            assert_eq!(read.to_value(), Value::Object(wanted), "{document}");
            let (at, _) = read.read(&from_json(document).unwrap()).unwrap_err();
            assert_eq!(at.as_str(), "/provider", "{document}");
        }
        for (document, place) in [
            ("[]", ""),
            (r#"{"values":{}}"#, "/provider"),
            (r#"{"provider":"p","value":{}}"#, "/value"),
            (r#"{"provider":"p","values":[]}"#, "/values"),
            (r#"{"provider":"p","systemError":1}"#, "/systemError"),
        ] {
            let read = ExternalAnswers::default().read(&from_json(document).unwrap());
            let (at, _) = read.unwrap_err();
            assert_eq!(at.as_str(), place, "{document}");
        }
    }
}
