//! What providers of external data answer in a test.

use sekisho_dialect_gatekeeper::mutation::{Answer, ExternalData};
use sekisho_engine::MemoryInventory;
use sekisho_manifest::Document;
use sekisho_value::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// Answers by provider, as documents give them: `provider`, and for each key its value under
/// `values` or what is wrong with it under `errors`; or what is wrong with all of them as
/// `systemError`.
pub(super) struct Stubs<'d>(BTreeMap<&'d str, &'d Map>);

impl<'d> Stubs<'d> {
    /// Reads documents.
    ///
    /// # Errors
    /// What is wrong with one.
    pub(super) fn read(documents: &[&'d Document]) -> Result<Self, String> {
        let mut stubs = BTreeMap::new();
        for document in documents {
            let provider = document.value.path_str(&["provider"]).unwrap_or_default();
            let (Some(map), false) = (document.value.as_object(), provider.is_empty()) else {
                let name = &document.source().name;
                return Err(format!("{name}: the answers of a provider want its name, `provider`"));
            };
            let known = ["provider", "values", "errors", "systemError"];
            if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
                let name = &document.source().name;
                return Err(format!(
                    "{name}: unknown field `{key}`; the fields here are {}",
                    known.join(", ")
                ));
            }
            if stubs.insert(provider, map).is_some() {
                return Err(format!("the answers of provider `{provider}` stand twice"));
            }
        }
        Ok(Self(stubs))
    }

    /// Gives the answers to rules.
    pub(super) fn fill(&self, inventory: &mut MemoryInventory) {
        for (provider, stub) in &self.0 {
            if let Some(error) = stub.get("systemError").and_then(Value::as_str) {
                inventory.insert_system_error(provider, error);
            }
            let of = |field: &str| stub.get(field).and_then(Value::as_object);
            for (key, error) in of("errors").into_iter().flat_map(Map::iter) {
                let error = error.as_str().map_or_else(|| error.to_json(), str::to_owned);
                inventory.insert_answer(provider, key, Err(error));
            }
            // A value counts before an error, as for mutators.
            for (key, value) in of("values").into_iter().flat_map(Map::iter) {
                inventory.insert_answer(provider, key, Ok(value.clone()));
            }
        }
    }
}

impl ExternalData for Stubs<'_> {
    fn ask(&self, provider: &str, keys: &[&str]) -> Result<HashMap<String, Answer>, String> {
        let stub = self.0.get(provider).ok_or_else(|| format!("no answers of `{provider}`"))?;
        if let Some(error) = stub.get("systemError").and_then(Value::as_str) {
            return Err(error.to_owned());
        }
        let answer = |key: &&str| {
            let of = |field: &str| stub.get(field).and_then(|answers| answers.get(key));
            let answer = match (of("values"), of("errors")) {
                (Some(value), _) => Ok(value.clone()),
                (None, Some(Value::String(error))) => Err(error.to_string()),
                (None, Some(error)) => Err(error.to_json()),
                (None, None) => return None,
            };
            Some(((*key).to_owned(), answer))
        };
        Ok(keys.iter().filter_map(answer).collect())
    }
}
