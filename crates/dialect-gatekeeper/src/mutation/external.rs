//! External data: what a provider answers for a value, asked once mutation has converged.
//!
//! Source of the rules: `pkg/mutation/system_external_data.go` of Gatekeeper v3.23.

use super::fault::MutateFault;
use sekisho_policy::Budget;
use sekisho_value::{List, Map, Str, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What providers of external data answer. A checkpoint brings it; the core asks no network.
pub trait ExternalData: Sync {
    /// Whether anybody answers for a provider and a key. Where nobody does, the mutation fails,
    /// whatever it says of failures.
    fn knows(&self, _provider: &str, _key: &str) -> bool {
        true
    }

    /// The answers of a provider for keys.
    ///
    /// # Errors
    /// Why there is no answer at all.
    fn ask(&self, provider: &str, keys: &[&str]) -> Result<HashMap<String, Answer>, String>;
}

/// What a provider answers for one key: a value, or why there is none.
pub type Answer = Result<Value, String>;

/// `assign.externalData` of a mutator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// the name of the provider
    pub provider: Str,
    /// what is asked for
    pub source: DataSource,
    /// what is done without an answer
    pub on_failure: OnFailure,
}

/// Answers as [`sekisho_policy::Inventory::external`] has them.
pub struct GivenAnswers(pub Value);

impl ExternalData for GivenAnswers {
    fn knows(&self, provider: &str, key: &str) -> bool {
        self.0.get(provider).is_some_and(|given| {
            given.get("systemError").is_some() || given.path(&["answers", key]).is_some()
        })
    }

    fn ask(&self, provider: &str, keys: &[&str]) -> Result<HashMap<String, Answer>, String> {
        let given = self.0.get(provider).unwrap_or(&Value::Null);
        if let Some(error) = given.path_str(&["systemError"]) {
            return Err(error.to_owned());
        }
        let answer = |key: &&str| {
            let answer = given.path(&["answers", key])?;
            let answer = match answer.get("value") {
                Some(value) => Ok(value.clone()),
                None => Err(match answer.get("error") {
                    Some(Value::String(error)) => error.to_string(),
                    error => error.map(Value::to_json).unwrap_or_default(),
                }),
            };
            Some(((*key).to_owned(), answer))
        };
        Ok(keys.iter().filter_map(answer).collect())
    }
}

/// What a provider is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DataSource {
    /// the value that the answer replaces
    ValueAtLocation,
    /// the name of the user
    Username,
}

/// What is done without an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnFailure {
    /// the mutation fails
    Fail,
    /// what was asked for stays
    Ignore,
    /// this value stands in
    UseDefault(Str),
}

/// Values that wait for an answer. One is held in the object as a list that is known by its
/// address, which nothing in an object can forge.
#[derive(Debug, Default)]
pub(super) struct Placeholders(BTreeMap<(Reference, Str), List>);

impl Placeholders {
    /// A value that waits for the answer to a key.
    pub(super) fn value(&mut self, reference: &Reference, key: Str) -> Value {
        let place = (reference.clone(), key);
        let number = self.0.len();
        let list = self.0.entry(place).or_insert_with(|| {
            // Two that ask for the same are equal, and no others.
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            List::from([Value::from(number)])
        });
        Value::Array(list.clone())
    }

    /// The key that a value waits for, where it is a placeholder.
    pub(super) fn key(&self, value: &Value) -> Option<&Str> {
        self.find(value).map(|(_, key)| key)
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, value: &Value) -> Option<&(Reference, Str)> {
        let Value::Array(list) = value else {
            return None;
        };
        let is_it = |held: &List| std::ptr::eq(held.as_slice(), list.as_slice());
        self.0.iter().find(|(_, held)| is_it(held)).map(|(place, _)| place)
    }

    /// The object with answers in the place of all that waits.
    pub(super) fn resolve(
        &self,
        object: &Value,
        external: Option<&dyn ExternalData>,
        budget: &Budget<'_>,
    ) -> Result<Value, MutateFault> {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        self.gather(object, &mut wanted);
        let mut answers = HashMap::new();
        for (provider, keys) in wanted {
            let keys: Vec<&str> = keys.into_iter().collect();
            let knows = |key: &&str| external.is_some_and(|external| external.knows(provider, key));
            // Nobody was asked: that is no failure of the provider.
            if let Some(key) = keys.iter().find(|key| !knows(key)) {
                let none = "there is no answer of external data provider";
                let message = format!("{none} `{provider}` for `{key}`");
                return Err(MutateFault::Failed { message, help: None });
            }
            let answer = external.map(|external| external.ask(provider, &keys)).transpose();
            let answer = answer.map(Option::unwrap_or_default).map_err(|why| {
                format!("failed to send external data request to provider {provider}: {why}")
            });
            answers.insert(provider, answer);
        }
        let resolver = Resolver { placeholders: self, answers, budget };
        Ok(resolver.resolve(object)?.unwrap_or_else(|| object.clone()))
    }

    fn gather<'a>(&'a self, value: &Value, wanted: &mut BTreeMap<&'a str, BTreeSet<&'a str>>) {
        if let Some((reference, key)) = self.find(value) {
            wanted.entry(&reference.provider).or_default().insert(key);
            return;
        }
        match value {
            Value::Object(map) => map.iter().for_each(|(_, value)| self.gather(value, wanted)),
            _ => value.as_array().into_iter().flatten().for_each(|v| self.gather(v, wanted)),
        }
    }
}

struct Resolver<'a> {
    placeholders: &'a Placeholders,
    answers: HashMap<&'a str, Result<HashMap<String, Answer>, String>>,
    budget: &'a Budget<'a>,
}

impl Resolver<'_> {
    /// A value with its answers; `None` where it waits for none.
    fn resolve(&self, value: &Value) -> Result<Option<Value>, MutateFault> {
        if let Some((reference, key)) = self.placeholders.find(value) {
            return self.answer(reference, key).map(Some);
        }
        match value {
            Value::Object(map) => {
                let mut changed: Option<Map> = None;
                for (key, value) in map.iter() {
                    if let Some(value) = self.resolve(value)? {
                        changed.get_or_insert_with(|| map.clone()).insert(key.clone(), value);
                    }
                }
                Ok(changed.map(Value::Object))
            }
            Value::Array(items) => {
                let mut changed: Option<Vec<Value>> = None;
                for (index, value) in items.iter().enumerate() {
                    if let Some(value) = self.resolve(value)?
                        && let Some(item) =
                            changed.get_or_insert_with(|| items.to_vec()).get_mut(index)
                    {
                        *item = value;
                    }
                }
                Ok(changed.map(Value::from))
            }
            _ => Ok(None),
        }
    }

    fn answer(&self, reference: &Reference, key: &Str) -> Result<Value, MutateFault> {
        let found = match self.found(&reference.provider, key) {
            Ok(found) => found,
            Err(why) => match &reference.on_failure {
                OnFailure::Fail => {
                    let message = format!("failed to resolve external data placeholders: {why}");
                    return Err(MutateFault::Failed { message, help: None });
                }
                OnFailure::Ignore => key.clone(),
                OnFailure::UseDefault(default) => default.clone(),
            },
        };
        self.budget.allocate(found.len() as u64)?;
        Ok(Value::String(found))
    }

    fn found(&self, provider: &str, key: &str) -> Result<Str, String> {
        let answers = match self.answers.get(provider) {
            Some(answers) => answers.as_ref().map_err(Clone::clone)?,
            None => {
                return Err(format!(
                    "failed to find external data provider {provider} in responses"
                ));
            }
        };
        match answers.get(key) {
            Some(Ok(Value::String(text))) => Ok(text.clone()),
            Some(Ok(other)) => Err(format!(
                "the external data item of provider {provider} is no string but a {}",
                other.kind()
            )),
            Some(Err(why)) => Err(format!(
                "failed to retrieve external data item from provider {provider}: {why}"
            )),
            None => Err(format!(
                "failed to find external data item in response for provider {provider}"
            )),
        }
    }
}
