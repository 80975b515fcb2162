//! Reads the notation of `declarations.txt`.

use crate::types::{FunctionType, Type};
use sekisho_value::Value;

/// One line of the declarations.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    pub(super) name: &'static str,
    pub(super) signature: FunctionType,
    /// of the parameters; empty where one has no name
    pub(super) param_names: Vec<&'static str>,
    pub(super) result_name: &'static str,
    pub(super) flags: Vec<&'static str>,
}

/// All declarations; `None` where a line is not of the notation.
pub(super) fn read(text: &'static str) -> Option<Vec<Declaration>> {
    text.lines().filter(|line| !line.starts_with('#')).map(declaration).collect()
}

fn declaration(line: &'static str) -> Option<Declaration> {
    let mut parts = line.split(" | ");
    let (name, rest) = parts.next()?.split_once('(')?;
    let mut reader = Reader { rest };
    let mut params = Vec::new();
    let mut param_names = Vec::new();
    let mut variadic = None;
    while !reader.take(")") {
        let (name, param) = reader.named()?;
        if reader.take("...") {
            variadic = Some(param);
        } else {
            params.push(param);
            param_names.push(name);
        }
        reader.take(", ");
    }
    let (result_name, result) = match reader.take(" -> ") {
        true => reader.named().map(|(name, result)| (name, Some(result)))?,
        false => ("", None),
    };
    let signature = FunctionType { params, variadic, result };
    reader.rest.is_empty().then_some(())?;
    Some(Declaration { name, signature, param_names, result_name, flags: parts.collect() })
}

struct Reader {
    rest: &'static str,
}

impl Reader {
    fn take(&mut self, token: &str) -> bool {
        self.rest.strip_prefix(token).map(|rest| self.rest = rest).is_some()
    }

    /// A type with a name before it, or without.
    fn named(&mut self) -> Option<(&'static str, Type)> {
        let end = self.rest.find(['<', '[', '(', ')', ',', ':']).unwrap_or(self.rest.len());
        match self.rest.split_at_checked(end) {
            Some((name, after)) if after.starts_with(": ") => {
                self.rest = after.strip_prefix(": ")?;
                Some((name, self.of_type()?))
            }
            _ => Some(("", self.of_type()?)),
        }
    }

    fn of_type(&mut self) -> Option<Type> {
        let end = self.rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(match word {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "number" => Type::Number,
            "string" => Type::String,
            "any" => Type::Any(self.list()?),
            "array" => {
                let items = self.list()?;
                let rest = if self.take("[") { Some(Box::new(self.closed("]")?)) } else { None };
                Type::Array { items, rest }
            }
            "set" => {
                self.take("[");
                Type::Set(Some(Box::new(self.closed("]")?)))
            }
            "object" => self.object()?,
            _ => return None,
        })
    }

    fn closed(&mut self, close: &str) -> Option<Type> {
        let inner = self.of_type()?;
        self.take(close).then_some(inner)
    }

    fn list(&mut self) -> Option<Vec<Type>> {
        let mut types = Vec::new();
        if self.take("<") {
            loop {
                types.push(self.of_type()?);
                if self.take(">") {
                    break;
                }
                self.take(", ").then_some(())?;
            }
        }
        Some(types)
    }

    fn object(&mut self) -> Option<Type> {
        let mut properties = Vec::new();
        if self.take("<") {
            loop {
                let (key, rest) = self.rest.split_once(": ")?;
                self.rest = rest;
                properties.push((Value::from(key), self.of_type()?));
                if self.take(">") {
                    break;
                }
                self.take(", ").then_some(())?;
            }
        }
        let rest = if self.take("[") {
            let key = self.closed(": ")?;
            Some(Box::new((key, self.closed("]")?)))
        } else {
            None
        };
        Some(Type::Object { properties, rest })
    }
}
