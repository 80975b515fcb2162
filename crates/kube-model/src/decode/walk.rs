//! The walk over an object: where it stands, and what was found.

use crate::gvk::GvkError;
use crate::schema::{Problem, ProblemKind, TypeRef};
use sekisho_value::{Kind, Pointer, Value};

/// A walk over an object.
pub(super) struct Walk<'v> {
    path: Vec<Step<'v>>,
    pub(super) problems: Vec<Problem>,
    /// the type of the whole
    whole: Option<TypeRef<'v>>,
    /// no message may tell a value: they may be a Secret's
    conceals: bool,
}

#[derive(Clone, Copy)]
enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

/// What becomes of a field.
pub(super) enum Outcome {
    Keep,
    Drop,
    Replace(Value),
}

impl From<Option<Value>> for Outcome {
    fn from(replacement: Option<Value>) -> Self {
        replacement.map_or(Self::Keep, Self::Replace)
    }
}

impl<'v> Walk<'v> {
    pub(super) fn new() -> Self {
        Self { path: Vec::new(), problems: Vec::new(), whole: None, conceals: false }
    }

    /// Names no value in what is reported from here on.
    pub(super) fn conceal(&mut self) {
        self.conceals = true;
    }

    /// A whole object of a type; `None` where nothing changes.
    pub(super) fn root(&mut self, of: TypeRef<'v>, object: &'v Value) -> Option<Value> {
        self.whole = Some(of);
        match (of.as_builtin(), of.as_custom()) {
            (Some(shape), _) => self.value(shape, object),
            (_, Some(schema)) => self.custom_root(schema, object),
            _ => None,
        }
    }

    /// Does something below a key.
    #[inline]
    pub(super) fn key<T>(&mut self, key: &'v str, below: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(Step::Key(key));
        let done = below(self);
        self.path.pop();
        done
    }

    /// Does something below an index.
    #[inline]
    pub(super) fn index<T>(&mut self, index: usize, below: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(Step::Index(index));
        let done = below(self);
        self.path.pop();
        done
    }

    pub(super) fn at_root(&self) -> bool {
        self.path.is_empty()
    }

    /// Whether this is an item of a list.
    #[inline]
    pub(super) fn within_list(&self) -> bool {
        matches!(self.path.last(), Some(Step::Index(_)))
    }

    /// Whether this may be a pod, a template of one, or on the way there.
    #[inline]
    pub(super) fn may_hold_pod(&self) -> bool {
        match self.path.last() {
            None => true,
            Some(Step::Key(key)) => {
                self.path.len() <= 4 && matches!(*key, "spec" | "template" | "jobTemplate")
            }
            Some(Step::Index(_)) => false,
        }
    }

    /// The types on the way here, from the whole down.
    pub(super) fn types(&self) -> Vec<TypeRef<'v>> {
        let mut types: Vec<TypeRef<'v>> = self.whole.into_iter().collect();
        for step in &self.path {
            let Some(of) = types.last() else { break };
            let below = match step {
                Step::Key(key) => of.field(key).map(|field| field.value_type()).or(of.item()),
                Step::Index(_) => of.item(),
            };
            let Some(below) = below else { break };
            types.push(below);
        }
        types
    }

    /// The first steps of the way here, as messages show a path.
    pub(super) fn path_text(&self, steps: usize) -> String {
        self.text(self.path.get(..steps).unwrap_or_default())
    }

    fn pointer(&self) -> Pointer {
        let mut pointer = Pointer::root();
        for step in &self.path {
            match step {
                Step::Key(key) => pointer.push_key(key),
                Step::Index(index) => pointer.push_index(*index),
            }
        }
        pointer
    }

    fn text(&self, path: &[Step<'_>]) -> String {
        let mut text = String::new();
        for step in path {
            match step {
                Step::Key(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    /// The last key, with the indices behind it.
    fn subject(&self) -> String {
        let from = self.path.iter().rposition(|step| matches!(step, Step::Key(_))).unwrap_or(0);
        match self.path.get(from..) {
            None | Some([]) => "the object".to_owned(),
            Some(path) => format!("`{}`", self.text(path)),
        }
    }

    pub(super) fn report(&mut self, kind: ProblemKind, message: String, help: Option<String>) {
        let problem = Problem::new(kind, self.pointer(), message);
        self.problems.push(Problem { help, ..problem });
    }

    /// A value of the wrong type.
    #[cold]
    pub(super) fn wrong_type(&mut self, wants: Wants, value: &Value) {
        let found = self.found(value);
        let message = format!("{} wants {}, found {found}", self.subject(), wants.text());
        let help = if self.conceals { None } else { wants.help(value) };
        self.report(ProblemKind::WrongType, message, help);
    }

    /// A value of the right type that cannot be read.
    #[cold]
    pub(super) fn bad_value(&mut self, wants: Wants, value: &Value, why: &str) {
        let found = self.found(value);
        let message = format!("{} wants {}, found {found}: {why}", self.subject(), wants.text());
        self.report(ProblemKind::WrongType, message, None);
    }

    fn found(&self, value: &Value) -> String {
        let scalar = matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_));
        if self.conceals && scalar { format!("a {}", value.kind()) } else { found(value) }
    }

    /// A required field that is absent.
    #[cold]
    pub(super) fn missing(&mut self, name: &str) {
        let mut pointer = self.pointer();
        pointer.push_key(name);
        let mut path = self.path.clone();
        path.push(Step::Key(name));
        let message = format!("`{}` is required", self.text(&path));
        self.problems.push(Problem::new(ProblemKind::RequiredField, pointer, message));
    }

    /// Every stored object has a name, or lets the server choose one.
    pub(super) fn name(&mut self, object: &Value) {
        let has = |field: &str| {
            let value = object.path(&["metadata", field]);
            value.is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
        };
        if !has("name") && !has("generateName") {
            self.key("metadata", |walk| walk.missing("name"));
        }
    }

    /// A field that the schema does not have.
    #[cold]
    pub(super) fn unknown_field(&mut self, name: &'v str) {
        let help = super::nearest::hint(self, name);
        let message = format!("unknown field `{name}`");
        self.key(name, |walk| walk.report(ProblemKind::UnknownField, message, help));
    }

    /// `apiVersion` or `kind` is missing or wrong.
    pub(super) fn no_kind(&mut self, object: &'v Value, error: &GvkError) {
        if object.as_object().is_none() {
            return self.wrong_type(Wants::Object, object);
        }
        let message = error.to_string();
        self.key(error.field(), |walk| walk.report(ProblemKind::WrongType, message, None));
    }
}

/// What a value was to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    Bool,
    String,
    Int32,
    Int64,
    Integer,
    Number,
    Base64,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    Object,
    List,
    Schema(&'static str),
}

impl Wants {
    fn text(self) -> &'static str {
        match self {
            Self::Bool => "a boolean",
            Self::String => "a string",
            Self::Int32 => "an integer of 32 bits",
            Self::Int64 => "an integer of 64 bits",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Base64 => "text in base64",
            Self::Quantity => "a quantity",
            Self::IntOrString => "an integer or a string",
            Self::Time => "a time such as `2006-01-02T15:04:05Z`",
            Self::MicroTime => "a time such as `2006-01-02T15:04:05.000000Z`",
            Self::Object => "an object",
            Self::List => "a list",
            Self::Schema(text) => text,
        }
    }

    fn help(self, value: &Value) -> Option<String> {
        Some(match (self, value) {
            (Self::Bool, Value::String(text)) => {
                let bool = match text.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "y" => true,
                    "false" | "no" | "off" | "n" => false,
                    _ => return None,
                };
                format!("write `{bool}` without quotes")
            }
            (Self::Int32 | Self::Int64 | Self::Integer | Self::Number, Value::String(text)) => {
                let number = sekisho_value::Number::from_literal(text)?;
                format!("write `{number}` without quotes")
            }
            (Self::String | Self::Time | Self::MicroTime, Value::Bool(bool)) => {
                let like = if *bool {
                    "`true`, `yes`, `y` and `on`"
                } else {
                    "`false`, `no`, `n` and `off`"
                };
                format!("put the text in quotes: without them {like} are booleans in YAML")
            }
            (Self::String, Value::Number(number)) => format!("put it in quotes: `\"{number}\"`"),
            (Self::List, Value::Object(_) | Value::String(_)) => {
                "write a list, each item behind `- `".to_owned()
            }
            (Self::Object, Value::Array(_)) => "write an object: take the `- ` away".to_owned(),
            _ => return None,
        })
    }
}

/// A value as messages name it.
fn found(value: &Value) -> String {
    match value {
        Value::Bool(bool) => format!("the boolean `{bool}`"),
        Value::Number(number) => format!("the number `{}`", shortened(&number.literal())),
        Value::String(text) => format!("the string `{:?}`", shortened(text)),
        _ => match value.kind() {
            Kind::Null => "null".to_owned(),
            Kind::Object => "an object".to_owned(),
            other => format!("a {other}"),
        },
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().nth(MOST).is_none() {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
