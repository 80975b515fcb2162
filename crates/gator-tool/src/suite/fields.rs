//! The fields of a suite, read as Go reads JSON into its types: names match whatever their case,
//! null is absent, and a value of another type is an error.

use crate::outcome::Problem;
use crate::suite::{Expression, Place};
use sekisho_kube_model::is_near;
use sekisho_manifest::Document;
use sekisho_report::Diagnostic;
use sekisho_value::{Kind, Map, Pointer, Value};
use std::cell::RefCell;
use std::sync::Arc;

/// What reading a suite has found wrong so far.
pub(super) struct Reader<'d> {
    document: &'d Document,
    file: Arc<str>,
    pub(super) problems: RefCell<Vec<Diagnostic>>,
    pub(super) unknown: RefCell<Vec<Diagnostic>>,
}

impl<'d> Reader<'d> {
    pub(super) fn new(document: &'d Document, file: Arc<str>) -> Self {
        Self { document, file, problems: RefCell::default(), unknown: RefCell::default() }
    }

    pub(super) fn place(&self, pointer: &Pointer) -> Place {
        let at = self.document.locate(pointer);
        Place { file: Arc::clone(&self.file), line: at.line, column: at.column }
    }

    fn diagnostic(&self, pointer: &Pointer, message: String) -> Diagnostic {
        let at = self.document.locate(pointer);
        Diagnostic::at(Arc::clone(&self.file), at.line, at.column, message)
    }

    pub(super) fn problem(&self, pointer: &Pointer, message: impl Into<String>, help: &str) {
        let diagnostic = self.diagnostic(pointer, message.into());
        let help = (!help.is_empty()).then(|| help.to_owned());
        self.problems.borrow_mut().push(Diagnostic { help, ..diagnostic });
    }

    /// The whole document.
    pub(super) fn root(&self) -> Option<Object<'_>> {
        let map = self.document.value.as_object()?;
        Some(Object { reader: self, map, pointer: Pointer::root() })
    }
}

/// An object of a suite.
pub(super) struct Object<'r> {
    reader: &'r Reader<'r>,
    map: &'r Map,
    pub(super) pointer: Pointer,
}

impl<'r> Object<'r> {
    /// Reads this part, and keeps what is wrong with it apart: it is no problem of the others.
    pub(super) fn apart<T>(&self, read: impl FnOnce(&Self) -> T) -> (T, Option<Problem>) {
        let before = self.reader.problems.borrow().len();
        let part = read(self);
        let wrong = self.reader.problems.borrow_mut().split_off(before);
        (part, Problem::of(&wrong))
    }

    pub(super) fn place(&self) -> Place {
        self.reader.place(&self.pointer)
    }

    /// The value of a field and its key as written; of several that Go takes for the same, the
    /// exact one, else the last.
    fn field(&self, name: &str) -> Option<(&'r str, &'r Value)> {
        let mut same = self.map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let exact = self.map.iter().find(|(key, _)| key.as_str() == name);
        let (key, value) = exact.or(same.next_back())?;
        (!value.is_null()).then_some((key.as_str(), value))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    pub(super) fn place_of(&self, name: &str) -> Place {
        self.reader.place(&self.pointer_to(name))
    }

    pub(super) fn place_in(&self, name: &str, key: &str) -> Place {
        self.reader.place(&self.pointer_to(name).key(key))
    }

    pub(super) fn pointer_to(&self, name: &str) -> Pointer {
        self.pointer.key(self.field(name).map_or(name, |(key, _)| key))
    }

    fn wrong(&self, name: &str, value: &Value, wanted: &str) {
        let found = match value.kind() {
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a text",
            Kind::Array => "a list",
            Kind::Object => "an object",
        };
        let message = format!("`{name}` is {found} where {wanted} is expected");
        self.reader.problem(&self.pointer_to(name), message, "");
    }

    pub(super) fn problem(&self, name: &str, message: impl Into<String>, help: &str) {
        self.reader.problem(&self.pointer_to(name), message, help);
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        let (_, value) = self.field(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.wrong(name, value, "a text");
        }
        text.map(str::to_owned)
    }

    /// A regular expression.
    pub(super) fn expression(&self, field: &'static str) -> Option<Expression> {
        self.text(field).map(|text| Expression { place: self.place_of(field), field, text })
    }

    /// A list of regular expressions, each with its place.
    pub(super) fn expressions(&self, field: &'static str) -> Vec<Expression> {
        let expression = |(text, place)| Expression { place, field, text };
        self.texts(field).into_iter().map(expression).collect()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        let Some((_, value)) = self.field(name) else { return false };
        let flag = value.as_bool();
        if flag.is_none() {
            self.wrong(name, value, "`true` or `false`");
        }
        flag.unwrap_or_default()
    }

    pub(super) fn value(&self, name: &str) -> Option<&'r Value> {
        self.field(name).map(|(_, value)| value)
    }

    pub(super) fn wrong_value(&self, name: &str, wanted: &str) {
        if let Some((_, value)) = self.field(name) {
            self.wrong(name, value, wanted);
        }
    }

    fn items(&self, name: &str) -> &'r [Value] {
        let Some((_, value)) = self.field(name) else { return &[] };
        let items = value.as_array();
        if items.is_none() {
            self.wrong(name, value, "a list");
        }
        items.unwrap_or_default()
    }

    /// A list of texts, each with its place.
    pub(super) fn texts(&self, name: &str) -> Vec<(String, Place)> {
        let at = self.pointer_to(name);
        let mut texts = Vec::new();
        for (index, item) in self.items(name).iter().enumerate() {
            let at = at.index(index);
            match item {
                Value::String(text) => texts.push((text.to_string(), self.reader.place(&at))),
                _ => self.reader.problem(&at, format!("item {index} of `{name}` is no text"), ""),
            }
        }
        texts
    }

    /// A list of objects.
    pub(super) fn objects(&self, name: &str) -> Vec<Object<'r>> {
        let at = self.pointer_to(name);
        let mut objects = Vec::new();
        for (index, item) in self.items(name).iter().enumerate() {
            let pointer = at.index(index);
            match item {
                Value::Object(map) => objects.push(Object { reader: self.reader, map, pointer }),
                _ => {
                    let message = format!("item {index} of `{name}` is no object");
                    self.reader.problem(&pointer, message, "");
                }
            }
        }
        objects
    }

    /// Notes down what is none of the fields that are known here.
    pub(super) fn known(&self, names: &[&str]) {
        let unknown = self.unknown(names);
        self.reader.unknown.borrow_mut().extend(unknown);
    }

    /// Refuses what is none of the fields that are known here: gator does not read these objects,
    /// and an assertion that is misspelt asserts nothing.
    pub(super) fn only(&self, names: &[&str]) {
        let unknown = self.unknown(names);
        self.reader.problems.borrow_mut().extend(unknown);
    }

    /// As [`Self::only`], of the object that a field holds.
    pub(super) fn only_in(&self, name: &str, names: &[&str]) {
        if let Some(map) = self.value(name).and_then(Value::as_object) {
            Object { reader: self.reader, map, pointer: self.pointer_to(name) }.only(names);
        }
    }

    fn unknown(&self, names: &[&str]) -> Vec<Diagnostic> {
        let unknown = self.map.keys().map(|key| key.as_str()).filter(|key| !names.contains(key));
        let told = |key: &str| {
            let diagnostic =
                self.reader.diagnostic(&self.pointer.key(key), format!("unknown field `{key}`"));
            let same = names.iter().find(|name| name.eq_ignore_ascii_case(key));
            let near = names.iter().find(|name| is_near(key, name));
            diagnostic.with_help(match (same, near) {
                (Some(name), _) => format!("it is read as `{name}`; write it so"),
                (None, Some(name)) => format!("did you mean `{name}`?"),
                (None, None) => format!("the fields here are {}", names.join(", ")),
            })
        };
        unknown.map(told).collect()
    }
}
