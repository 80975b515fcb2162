//! What Gatekeeper v3.23.1 answers to our cases, replayed.
//!
//! A line of `tests/golden/gatekeeper-mutation.jsonl` is a case with its answer under `want`: a
//! location and its steps, or mutators with those that are refused (`errors`), those in conflict,
//! the fields of the object that change, or the error of the mutation.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_dialect_gatekeeper::matching::{Namespace, Source};
use sekisho_dialect_gatekeeper::mutation::{
    Answer, ExternalData, MutateInput, Mutator, MutatorKind, Mutators, Node, Path,
};
use sekisho_policy::{Budget, Operation};
use sekisho_value::{Map, Value, from_json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const RECORDED: &str = include_str!("../../../tests/golden/gatekeeper-mutation.jsonl");

/// Where we are stricter on purpose: what Gatekeeper takes and can never apply, or its schema
/// refuses before its own code sees it, is refused when it is read.
const REFUSED_HERE: [&str; 1] = ["unknown operation"];

/// What Gatekeeper says of objects that are not as a mutator takes them to be, and what we do.
const MESSAGES: &[(&str, &str)] = &[
    ("mismatch between path entry (type: object)", "wants an object here"),
    ("mismatch between path entry (type: List)", "wants a list here"),
    ("cast error, unable to case", "wants an object here"),
    ("is not a list of values, cannot treat it as a set", "a set is a list of values"),
    ("expected value at AssignImage location to be a string", "an image is a string"),
    (
        "value assigned to external data placeholder is not a string",
        "external data is asked for a string",
    ),
    (
        "failed to run Match criteria: namespace selector",
        "failed to run Match criteria: namespace selector",
    ),
    ("mutation not converging", "mutation not converging"),
    ("non-empty system error: broken", "non-empty system error: broken"),
    ("non-idempotent response", "non-idempotent response"),
    ("from provider p to string", "is no string"),
    (
        "failed to find external data provider missing",
        "failed to send external data request to provider missing",
    ),
    (
        "failed to find external data item in response",
        "failed to find external data item in response",
    ),
    (
        "failed to send external data request to provider down: refused",
        "failed to send external data request to provider down: refused",
    ),
    (
        "failed to retrieve external data item from provider p",
        "failed to retrieve external data item from provider p",
    ),
];

#[test]
fn every_answer_is_gatekeepers() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in RECORDED.lines() {
        let case = from_json(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        count += 1;
        let found = match case.path_str(&["path"]) {
            Some(text) => location(text, &case),
            None => mutation(&case),
        };
        if let Err(why) = found {
            wrong.push(format!("{}: {why}\n  {line}", case.path_str(&["name"]).unwrap()));
        }
    }
    assert!(count > 900, "{count} cases");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

fn location(text: &str, case: &Value) -> Result<(), String> {
    let want = case.get("want").unwrap();
    let path = match Path::parse(text) {
        Err(error) if want.get("error").is_some() => {
            return if error.position > 0 { Ok(()) } else { Err("no position".to_owned()) };
        }
        Err(error) => return Err(format!("refused: {error}")),
        Ok(path) => path,
    };
    if want.get("error").is_some() {
        return Err("taken".to_owned());
    }
    let node = |node: &Node| match node {
        Node::Field(name) => Map::from_iter([("field", Value::from(name.as_str()))]),
        Node::Items(items) => {
            let value = match &items.value {
                Some(value) => ("value", value.clone()),
                None => ("glob", Value::from(true)),
            };
            Map::from_iter([("key", Value::from(items.key.as_str())), value])
        }
    };
    let nodes: Vec<Value> = path.nodes().iter().map(|n| Value::Object(node(n))).collect();
    let wanted = want.get("path").cloned().unwrap_or_else(|| Value::from(Vec::new()));
    if Value::from(nodes.clone()) != wanted {
        return Err(format!("{nodes:?}"));
    }
    // Gatekeeper leaves out quotes that its own grammar wants.
    let shown = want.path_str(&["canonical"]).unwrap_or_default();
    if Path::parse(shown).is_ok() && path.to_string() != shown {
        return Err(format!("shown as {path}"));
    }
    if Path::parse(&path.to_string()) == Ok(path) {
        Ok(())
    } else {
        Err("not read back".to_owned())
    }
}

fn mutation(case: &Value) -> Result<(), String> {
    let want = case.get("want").unwrap();
    let mut mutators = Vec::new();
    let mut refused = BTreeMap::new();
    for document in case.get("mutators").and_then(Value::as_array).unwrap() {
        let document = with_api_version(document);
        let kind = document.path_str(&["kind"]).unwrap();
        let label = format!("{kind}/{}", document.path_str(&["metadata", "name"]).unwrap());
        match Mutator::read(&document, false) {
            Ok(mutator) => mutators.push(mutator),
            Err(faults) => {
                refused.insert(label, faults);
            }
        }
    }
    let name = case.path_str(&["name"]).unwrap();
    if REFUSED_HERE.contains(&name) {
        return if refused.is_empty() { Err("taken".to_owned()) } else { Ok(()) };
    }
    let labels: BTreeSet<&str> = refused.keys().map(String::as_str).collect();
    let wanted = want.get("errors").and_then(Value::as_object).cloned().unwrap_or_default();
    let wanted: BTreeSet<&str> =
        wanted.keys().map(|key| &**key).collect::<Vec<_>>().into_iter().collect();
    if labels != wanted {
        return Err(format!("refused: {refused:?}"));
    }
    let set = Mutators::new(mutators);
    let conflicts: Vec<String> = set.conflicts().iter().map(|c| c.id.to_string()).collect();
    let wanted = want.get("conflicts").and_then(Value::as_array).unwrap_or_default();
    if conflicts.iter().map(String::as_str).ne(wanted.iter().map(|id| id.as_str().unwrap())) {
        return Err(format!("in conflict: {conflicts:?}"));
    }
    let Some(object) = case.get("object") else {
        return Ok(());
    };
    apply(&set, object, case)
}

fn apply(set: &Mutators, object: &Value, case: &Value) -> Result<(), String> {
    let want = case.get("want").unwrap();
    let text = |field| case.path_str(&[field]);
    let providers = Providers(case.get("providers").cloned().unwrap_or_else(Value::object));
    let input = MutateInput {
        object,
        namespace: case.get("namespace").map_or(Namespace::Absent, Namespace::Known),
        source: Some(match text("source") {
            Some("Generated") => Source::Generated,
            _ => Source::Original,
        }),
        operation: match text("operation") {
            None | Some("CREATE") => Some(Operation::Create),
            Some("UPDATE") => Some(Operation::Update),
            Some("DELETE") => Some(Operation::Delete),
            Some("CONNECT") => Some(Operation::Connect),
            _ => None,
        },
        username: text("user").unwrap_or_default(),
        external: Some(&providers),
    };
    let found = set.mutate(&input, &|_| false, &Budget::standard());
    match (found, want.path_str(&["error"])) {
        (Err(error), Some(wanted)) => {
            let message = MESSAGES.iter().find(|(theirs, _)| wanted.contains(theirs));
            let (_, ours) = message.ok_or_else(|| format!("no message for {wanted}"))?;
            if error.to_string().contains(ours) { Ok(()) } else { Err(error.to_string()) }
        }
        (Err(error), None) => Err(format!("failed: {error}")),
        (Ok(_), Some(_)) => Err("went well".to_owned()),
        (Ok(mutated), None) => {
            let mut wanted = object.clone();
            for (key, value) in
                want.get("changed").and_then(Value::as_object).into_iter().flat_map(Map::iter)
            {
                wanted.as_object_mut().unwrap().insert(key.clone(), value.clone());
            }
            if mutated.object != wanted {
                return Err(format!("gave {}", mutated.object.to_json()));
            }
            let changed = wanted != *object;
            if changed && mutated.applied.is_empty() {
                return Err("nothing was applied".to_owned());
            }
            Ok(())
        }
    }
}

/// Versions are left out of the recorded documents.
fn with_api_version(document: &Value) -> Value {
    let mut document = document.clone();
    let kind = MutatorKind::parse(document.path_str(&["kind"]).unwrap()).unwrap();
    let version = if kind == MutatorKind::AssignImage { "v1alpha1" } else { "v1" };
    let api_version = format!("mutations.gatekeeper.sh/{version}");
    document.as_object_mut().unwrap().get_or_insert_with("apiVersion", || api_version.into());
    document
}

/// Providers as a case has them.
struct Providers(Value);

impl ExternalData for Providers {
    fn ask(&self, provider: &str, keys: &[&str]) -> Result<HashMap<String, Answer>, String> {
        let of = self.0.get(provider).ok_or("no such provider")?;
        if let Some(error) = of.path_str(&["error"]) {
            return Err(error.to_owned());
        }
        match of.path_str(&["systemError"]).map(str::trim) {
            Some(error) if !error.is_empty() => {
                return Err(format!("non-empty system error: {error}"));
            }
            _ => {}
        }
        if of.get("notIdempotent").is_some() {
            return Err("non-idempotent response".to_owned());
        }
        let mut answers = HashMap::new();
        for key in keys {
            let Some(item) = of.path(&["items", key]) else { continue };
            let answer = match item.path_str(&["error"]) {
                Some(error) => Err(error.to_owned()),
                None => Ok(item.get("value").cloned().unwrap_or_default()),
            };
            answers.insert((*key).to_owned(), answer);
        }
        Ok(answers)
    }
}
