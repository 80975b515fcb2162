//! Expressions of CEL, compiled.

use super::Reader;
use super::fields::fields_of;
use sekisho_cel::kubernetes::{Release, usable_from};
use sekisho_cel::types::Type;
use sekisho_cel::{Diagnostic, Environment, Program};
use sekisho_value::{Pointer, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// An expression with its text, which messages repeat.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub(crate) text: String,
    pub(crate) program: Program,
    /// where it stands: file, line and column
    pub(crate) place: Arc<str>,
    /// where the variables stand that it may read
    variables: Arc<VariablePlaces>,
    /// the fields of the object that it reads, as far as they tell where something is wrong
    pub(crate) fields: Vec<Pointer>,
}

/// What to do where nothing better is known.
const LIBRARIES: &str =
    "what expressions may use: https://kubernetes.io/docs/reference/using-api/cel/";

/// Where variables stand, by their names: file, line and column.
pub(super) type VariablePlaces = HashMap<String, Arc<str>>;

impl Expression {
    /// Where an error of its evaluation comes from: itself, or the last of the variables that the
    /// error names, each of which read the next.
    pub(crate) fn origin(&self, error: &str) -> String {
        let named = error.rsplit_once("composited variable \"");
        let name = named.and_then(|(_, rest)| Some(rest.split_once('"')?.0));
        match name.and_then(|name| Some((name, self.variables.get(name)?))) {
            Some((name, place)) => format!("variable `{name}` stands at `{place}`"),
            None => self.stands(),
        }
    }

    /// For whoever has to mend it.
    pub(crate) fn stands(&self) -> String {
        format!("the expression stands at `{}`", self.place)
    }
}

/// What to do about names that are known elsewhere, by how the message begins.
const ADVICE: [(&str, &str); 4] = [
    (
        "undeclared reference to 'params' ",
        "`params` are there where `spec.paramKind` says what they are, and the binding's `paramRef` \
         which",
    ),
    ("undeclared reference to 'Object' ", IN_MUTATIONS),
    ("undeclared reference to 'Object.", IN_MUTATIONS),
    ("undeclared reference to 'JSONPatch' ", IN_MUTATIONS),
];

const IN_MUTATIONS: &str = "`Object{…}` and `JSONPatch{…}` are made by expressions of `mutations`, \
                            and nowhere else";

impl Reader<'_> {
    /// The expression at a field, of one of these types; any type where none is given.
    pub(crate) fn expression(
        &mut self,
        environment: &Environment,
        item: &Value,
        at: &Pointer,
        key: &str,
        wanted: &[Type],
    ) -> Option<Expression> {
        let at = at.key(key);
        let Some(text) = item.path_str(&[key]).filter(|text| !text.trim().is_empty()) else {
            self.fault(&at, format!("`{key}` is missing"), "give an expression of CEL");
            return None;
        };
        let compiled = environment.check(text).and_then(|checked| {
            let program = environment.program(&checked, text)?;
            Ok((program, fields_of(&checked.expr, &self.variable_fields)))
        });
        let (program, fields) = match compiled {
            Ok(compiled) => compiled,
            Err(faults) => {
                for fault in &faults {
                    self.tell(&at, text, fault);
                }
                return None;
            }
        };
        if !wanted.is_empty() && !wanted.contains(program.result_type()) {
            let names: Vec<String> = wanted.iter().map(|of| format!("`{of}`")).collect();
            let (names, found) = (names.join(" or "), program.result_type());
            let message = format!("must evaluate to {names}, found `{found}`");
            let first = wanted.first().map_or(String::new(), Type::to_string);
            let help = match wanted.first() {
                Some(Type::Bool) => "say what has to be true: compare it with something".to_owned(),
                Some(Type::String) => "convert it: `string(…)`".to_owned(),
                _ => format!("make a `{first}` of it"),
            };
            self.fault(&at, message, &help);
            return None;
        }
        let place = self.told.place_of_text(&at, text).into();
        let variables = Arc::clone(&self.variable_places);
        Some(Expression { text: text.to_owned(), program, place, variables, fields })
    }

    fn tell(&mut self, at: &Pointer, text: &str, fault: &Diagnostic) {
        let place = (fault.line, fault.column);
        let release = Release { minor: self.release.minor.into() };
        let known = ADVICE.iter().find(|(start, _)| fault.message.starts_with(start));
        let known = known.map(|(_, help)| (*help).to_owned());
        let help = known.or_else(|| usable_from(fault, release)).or_else(|| fault.help.clone());
        let help = help.unwrap_or_else(|| LIBRARIES.to_owned());
        self.told.in_text(at, text, place, &fault.message, Some(help));
    }
}
