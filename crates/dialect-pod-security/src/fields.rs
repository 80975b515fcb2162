//! Reads the fields of a policy document strictly, as the API server reads its configuration:
//! every unknown or wrong field is a diagnostic with its place.

use crate::level::{Level, Version};
use sekisho_manifest::Document;
use sekisho_report::Diagnostic;
use sekisho_value::{Map, Pointer, Value};
use std::collections::BTreeSet;

/// A document that is being read, and what is wrong with it so far.
pub(crate) struct Fields<'a> {
    document: &'a Document,
    pub(crate) errors: Vec<Diagnostic>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(document: &'a Document) -> Self {
        Self { document, errors: Vec::new() }
    }

    pub(crate) fn error(&mut self, at: &Pointer, message: String, help: &str) {
        let place = self.document.locate(at);
        let file = self.document.source().name.clone();
        let diagnostic = Diagnostic::at(file, place.line, place.column, message);
        self.errors.push(diagnostic.with_help(help));
    }

    /// An object whose fields are all known; `None` where it is absent or no object.
    pub(crate) fn object(
        &mut self,
        value: Option<&'a Value>,
        at: &Pointer,
        known: &[&str],
    ) -> Option<&'a Map> {
        let value = value.filter(|value| !value.is_null())?;
        let Some(map) = value.as_object() else {
            let message = format!("`{}` is a {}, not an object", last(at), value.kind());
            self.error(at, message, "write its fields below it");
            return None;
        };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let help = format!("the fields here are {}", known.join(", "));
            self.error(&at.key(key), format!("unknown field `{key}`"), &help);
        }
        Some(map)
    }

    /// A string; `None` where it is absent or empty.
    pub(crate) fn text(
        &mut self,
        map: Option<&'a Map>,
        at: &Pointer,
        key: &str,
    ) -> Option<&'a str> {
        let value = map?.get(key).filter(|value| !value.is_null())?;
        let text = value.as_str();
        if text.is_none() {
            let message = format!("`{key}` is a {}, not a string", value.kind());
            self.error(&at.key(key), message, "put it in quotes");
        }
        text.filter(|text| !text.is_empty())
    }

    /// A level.
    pub(crate) fn level(&mut self, map: Option<&'a Map>, at: &Pointer, key: &str) -> Option<Level> {
        let text = self.text(map, at, key)?;
        let level = Level::parse(text);
        if level.is_none() {
            let message = format!("`{text}` is no level of the Pod Security Standards");
            self.error(&at.key(key), message, "the levels are privileged, baseline and restricted");
        }
        level
    }

    /// A version; `latest` where it is absent.
    pub(crate) fn version(&mut self, map: Option<&'a Map>, at: &Pointer, key: &str) -> Version {
        let Some(text) = self.text(map, at, key) else {
            return Version::Latest;
        };
        Version::parse(text).unwrap_or_else(|| {
            let message = format!("`{text}` is no version of the Pod Security Standards");
            self.error(&at.key(key), message, "a version is `latest` or looks like `v1.37`");
            Version::Latest
        })
    }

    /// A list of names without duplicates, each of which `wrong` has nothing to say against.
    pub(crate) fn names(
        &mut self,
        map: Option<&'a Map>,
        at: &Pointer,
        key: &str,
        wrong: fn(&str) -> Option<&'static str>,
    ) -> BTreeSet<String> {
        let at = at.key(key);
        let mut names = BTreeSet::new();
        let Some(value) = map.and_then(|map| map.get(key)).filter(|value| !value.is_null()) else {
            return names;
        };
        let Some(items) = value.as_array() else {
            self.error(&at, format!("`{key}` is a {}, not a list", value.kind()), "write a list");
            return names;
        };
        for (index, item) in items.iter().enumerate() {
            let at = at.index(index);
            let Some(name) = item.as_str() else {
                let message = format!("an item of `{key}` is a {}, not a string", item.kind());
                self.error(&at, message, "put it in quotes");
                continue;
            };
            if let Some(help) = wrong(name) {
                self.error(&at, format!("`{name}` cannot be exempt: no such name exists"), help);
            } else if !names.insert(name.to_owned()) {
                let message = format!("`{name}` stands twice in `{key}`");
                self.error(&at, message, "take one of them away");
            }
        }
        names
    }
}

fn last(at: &Pointer) -> String {
    at.tokens().last().map_or_else(|| "the document".to_owned(), |token| token.as_str().to_owned())
}
