//! Which fields the recorded answers show, counted against the schemas.
//!
//! A default is shown where a field was left out and the answer tells what became of it: it was
//! stored, or nothing was. That is counted for every field that has a default in OpenAPI, and for
//! every field whose documentation speaks of one; what is never shown is a gap, and named.

use crate::record::golden::{Case, strings};
use crate::record::schema::{Field, Schemas, Type};
use crate::record::tables::Tables;
use sekisho_value::{Map, Value};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of all kinds that can be stored, and what was seen of them.
#[derive(Debug)]
pub(super) struct Coverage<'a> {
    schemas: &'a Schemas,
    /// by `Type.field`
    fields: BTreeMap<String, Seen>,
    /// fields that are left out on purpose, with the reason
    skipped: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Seen {
    /// OpenAPI has a default that says something: none of `""`, `{}`, 0 and false
    default: bool,
    /// OpenAPI has one of those, which is how the Go type is written out
    zero: bool,
    /// its documentation speaks of a default
    documented: bool,
    /// an object that has it was stored
    given: bool,
    /// it was left out, and something was stored
    added: bool,
    /// it was left out, and nothing was stored
    left: bool,
}

impl Seen {
    fn shown(&self) -> bool {
        self.added || self.left
    }

    /// That the zero value of a required field is not shown is no gap: left out, it is refused.
    fn gap(&self) -> bool {
        (self.default || self.documented) && !self.shown()
    }
}

impl<'a> Coverage<'a> {
    /// All fields of all kinds, nothing seen.
    pub(super) fn of(schemas: &'a Schemas, tables: &Tables) -> Self {
        let mut coverage = Self { schemas, fields: BTreeMap::new(), skipped: BTreeMap::new() };
        let mut known = BTreeSet::new();
        for kind in &schemas.kinds {
            if tables.skipped_kind(&kind.kind).is_none() {
                let ty = Type::Struct(kind.ty.clone());
                coverage.enter(tables, &ty, true, &mut known);
            }
        }
        coverage
    }

    fn enter(&mut self, tables: &Tables, ty: &Type, top: bool, known: &mut BTreeSet<String>) {
        let name = match ty {
            Type::List(item) | Type::Map(item) => return self.enter(tables, item, false, known),
            Type::Struct(name) if known.insert(name.clone()) => name,
            _ => return,
        };
        let Some(of) = self.schemas.structs.get(name) else { return };
        if of.short == "ObjectMeta" {
            return;
        }
        for (name, field) in &of.fields {
            if top && boiler(name) {
                continue;
            }
            let id = format!("{}.{name}", of.short);
            if let Some(why) = tables.skipped(&of.short, name) {
                self.skipped.insert(id, why.to_owned());
                continue;
            }
            let seen = self.fields.entry(id).or_default();
            seen.documented |= speaks_of_default(field);
            match &field.default {
                Some(default) if says_something(default) => seen.default = true,
                Some(_) => seen.zero = true,
                None => {}
            }
            self.enter(tables, &field.ty, false, known);
        }
    }

    /// Notes what an answer shows.
    pub(super) fn add(&mut self, case: &Case) {
        let Some(stored) = case.fields.get("answer").and_then(|answer| answer.get("stored")) else {
            return;
        };
        let text = |key: &str| stored.path_str(&[key]).unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let schemas = self.schemas;
        let found =
            schemas.kinds.iter().find(|of| of.kind == kind && of.api_version() == api_version);
        if let Some(kind) = found {
            let ty = Type::Struct(kind.ty.clone());
            self.look(&ty, true, case.fields.get("given"), stored);
        }
    }

    fn look(&mut self, ty: &Type, top: bool, given: Option<&Value>, stored: &Value) {
        let of = match ty {
            Type::List(item) => {
                for (index, stored) in stored.as_array().into_iter().flatten().enumerate() {
                    self.look(item, false, given.and_then(|given| given.at(index)), stored);
                }
                return;
            }
            Type::Map(item) => {
                for (key, stored) in stored.as_object().into_iter().flat_map(Map::iter) {
                    self.look(item, false, given.and_then(|given| given.get(key)), stored);
                }
                return;
            }
            Type::Struct(name) => match self.schemas.structs.get(name) {
                Some(of) if stored.as_object().is_some() => of,
                _ => return,
            },
            _ => return,
        };
        for (name, field) in &of.fields {
            if top && boiler(name) {
                continue;
            }
            let given = given.and_then(|given| given.get(name)).filter(|value| !value.is_null());
            let stored = stored.get(name);
            if let Some(seen) = self.fields.get_mut(&format!("{}.{name}", of.short)) {
                seen.given |= given.is_some() && stored.is_some();
                seen.added |= given.is_none() && stored.is_some();
                seen.left |= given.is_none() && stored.is_none();
            }
            if let Some(stored) = stored {
                self.look(&field.ty, false, given, stored);
            }
        }
    }

    fn count(&self, of: impl Fn(&Seen) -> bool) -> usize {
        self.fields.values().filter(|seen| of(seen)).count()
    }

    fn names(&self, of: impl Fn(&Seen) -> bool) -> Vec<&str> {
        let found = self.fields.iter().filter(|(_, seen)| of(seen));
        found.map(|(name, _)| name.as_str()).collect()
    }

    /// The figures, as they go into the documentation.
    pub(super) fn summary(&self, server: &str) -> Map {
        let number = |of: &dyn Fn(&Seen) -> bool| {
            Value::from(i64::try_from(self.count(of)).unwrap_or(i64::MAX))
        };
        let skipped = self.skipped.iter().map(|(name, why)| (name.as_str(), why.as_str()));
        Map::from_iter([
            ("server", Value::from(server)),
            ("fields", number(&|_| true)),
            ("given", number(&|seen| seen.given)),
            ("openapi", number(&|seen| seen.default)),
            ("openapi shown", number(&|seen| seen.default && seen.shown())),
            ("zero", number(&|seen| seen.zero)),
            ("zero shown", number(&|seen| seen.zero && seen.shown())),
            ("documented", number(&|seen| seen.documented)),
            ("documented shown", number(&|seen| seen.documented && seen.shown())),
            ("documented stored", number(&|seen| seen.documented && seen.added)),
            ("stored", number(&|seen| seen.added)),
            ("not given", strings(self.names(|seen| !seen.given))),
            ("gaps", strings(self.names(Seen::gap))),
            ("left out", Value::from(Map::from_iter(skipped.map(|(k, v)| (k, Value::from(v)))))),
        ])
    }

    /// The same in sentences.
    pub(super) fn lines(&self) -> Vec<String> {
        let shown = |of: fn(&Seen) -> bool| {
            format!("{} of {}", self.count(|seen| of(seen) && seen.shown()), self.count(of))
        };
        let gaps = self.names(Seen::gap);
        vec![
            format!(
                "{} fields of {} are given in an object that was stored",
                self.count(|seen| seen.given),
                self.fields.len()
            ),
            format!("defaults of OpenAPI shown: {}", shown(|seen| seen.default)),
            format!("zero values of OpenAPI shown: {}", shown(|seen| seen.zero)),
            format!("documented defaults shown: {}", shown(|seen| seen.documented)),
            format!("{} fields are stored where they were left out", self.count(|seen| seen.added)),
            format!("never given: {}", self.names(|seen| !seen.given).join(" ")),
            format!("gaps: {}", if gaps.is_empty() { "none".to_owned() } else { gaps.join(" ") }),
        ]
    }
}

fn boiler(field: &str) -> bool {
    ["apiVersion", "kind", "metadata", "status"].contains(&field)
}

fn says_something(default: &Json) -> bool {
    match default {
        Json::Null | Json::Bool(false) => false,
        Json::String(text) => !text.is_empty(),
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::Array(items) => !items.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
        Json::Bool(true) => true,
    }
}

/// "Defaults to 3", "Default is ClusterFirst", "the default value is 0", "by default" …
fn speaks_of_default(field: &Field) -> bool {
    let text = field.description.to_lowercase();
    ["defaults to", "default to", "defaulted to", "default is", "default value", "by default"]
        .iter()
        .any(|words| text.contains(words))
}
