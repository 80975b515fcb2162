//! Terms as OPA's messages write them.

use super::draft::{Body, Expr, Kind, Part, Term, Value};
use super::names::{Name, Names};
use sekisho_value::Str;
use std::fmt::Write as _;

/// How variables are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    /// as they are called now
    Is,
    /// as their author wrote them
    Written,
}

struct Writer<'n> {
    names: &'n Names,
    as_: As,
    out: String,
}

/// A term.
pub(super) fn term(names: &Names, as_: As, term: &Term) -> String {
    let mut writer = Writer { names, as_, out: String::new() };
    writer.term(term);
    writer.out
}

/// A reference: `data.p["a b"][x]`.
pub(super) fn reference(names: &Names, as_: As, path: &[Term]) -> String {
    let mut writer = Writer { names, as_, out: String::new() };
    writer.reference(path);
    writer.out
}

/// `data.p["a b"]`
pub(super) fn data_path<'s>(path: impl IntoIterator<Item = &'s Str>) -> String {
    rooted("data", path)
}

/// `schema.pod["a b"]`
pub(super) fn rooted<'s>(root: &str, path: impl IntoIterator<Item = &'s Str>) -> String {
    let mut out = root.to_owned();
    for part in path {
        string_part(&mut out, part);
    }
    out
}

/// It may stand behind a dot.
pub(super) fn is_word(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn string_part(out: &mut String, part: &str) {
    if is_word(part) {
        out.push('.');
        out.push_str(part);
    } else {
        out.push('[');
        quote(out, part);
        out.push(']');
    }
}

/// In quotes, escaped as Go's `strconv.Quote` does.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if u32::from(c) < 0x20 => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

impl Writer<'_> {
    fn var(&mut self, name: Name) {
        let text = match self.as_ {
            As::Is => self.names.text(name),
            As::Written => self.names.shown(name),
        };
        self.out.push_str(if text.starts_with('$') { "_" } else { text });
    }

    fn list(&mut self, terms: &[Term], between: &str) {
        for (position, each) in terms.iter().enumerate() {
            if position > 0 {
                self.out.push_str(between);
            }
            self.term(each);
        }
    }

    fn reference(&mut self, path: &[Term]) {
        let Some((head, rest)) = path.split_first() else { return };
        match &head.value {
            Value::Var(name) => self.var(*name),
            _ => self.term(head),
        }
        for part in rest {
            match &part.value {
                Value::String(text) => string_part(&mut self.out, text),
                _ => {
                    self.out.push('[');
                    self.term(part);
                    self.out.push(']');
                }
            }
        }
    }

    fn call(&mut self, terms: &[Term]) {
        let Some((operator, operands)) = terms.split_first() else { return };
        if operator.is_operator(Name::EQ)
            && let [left, right] = operands
        {
            self.term(left);
            self.out.push_str(" = ");
            return self.term(right);
        }
        self.term(operator);
        self.out.push('(');
        self.list(operands, ", ");
        self.out.push(')');
    }

    fn body(&mut self, body: &Body) {
        for (position, expr) in body.iter().enumerate() {
            if position > 0 {
                self.out.push_str("; ");
            }
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if expr.negated {
            self.out.push_str("not ");
        }
        match &expr.kind {
            Kind::Term(term) => self.term(term),
            Kind::Call(terms) => self.call(terms),
            Kind::Some(terms) => {
                self.out.push_str("some ");
                self.list(terms, ", ");
            }
            Kind::SomeIn(some) => {
                self.out.push_str("some ");
                if let Some(key) = &some.key {
                    self.term(key);
                    self.out.push_str(", ");
                }
                self.term(&some.value);
                self.out.push_str(" in ");
                self.term(&some.collection);
            }
            Kind::Every(every) => {
                self.out.push_str("every ");
                if let Some(key) = &every.key {
                    self.term(key);
                    self.out.push_str(", ");
                }
                self.term(&every.value);
                self.out.push_str(" in ");
                self.term(&every.domain);
                self.out.push_str(" { ");
                self.body(&every.body);
                self.out.push_str(" }");
            }
            Kind::Not(operand) => {
                self.out.push_str("not ");
                self.body(&operand.body);
            }
            Kind::And(left, right) | Kind::Or(left, right) => {
                self.body(&left.body);
                let and = matches!(expr.kind, Kind::And(..));
                self.out.push_str(if and { " and " } else { " or " });
                self.body(&right.body);
            }
        }
        for with in &expr.with {
            self.out.push_str(" with ");
            self.term(&with.target);
            self.out.push_str(" as ");
            self.term(&with.value);
        }
    }

    fn term(&mut self, term: &Term) {
        match &term.value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Number(literal) => self.out.push_str(literal),
            Value::String(text) => quote(&mut self.out, text),
            Value::Var(name) => self.var(*name),
            Value::Ref(path) => self.reference(path),
            Value::Call(terms) => self.call(terms),
            Value::Array(items) => {
                self.out.push('[');
                self.list(items, ", ");
                self.out.push(']');
            }
            Value::Set(items) if items.is_empty() => self.out.push_str("set()"),
            Value::Set(items) => {
                self.out.push('{');
                self.list(items, ", ");
                self.out.push('}');
            }
            Value::Object(entries) => {
                self.out.push('{');
                for (position, (key, value)) in entries.iter().enumerate() {
                    if position > 0 {
                        self.out.push_str(", ");
                    }
                    self.term(key);
                    self.out.push_str(": ");
                    self.term(value);
                }
                self.out.push('}');
            }
            Value::ArrayOf(item, body) => self.comprehension('[', None, item, body, ']'),
            Value::SetOf(item, body) => self.comprehension('{', None, item, body, '}'),
            Value::ObjectOf(key, value, body) => {
                self.comprehension('{', Some(key), value, body, '}');
            }
            Value::Template(parts) => {
                self.out.push_str("$\"");
                for part in parts {
                    match part {
                        Part::Term(Term { value: Value::String(text), .. }) => {
                            self.out.push_str(text);
                        }
                        Part::Term(term) => {
                            self.out.push('{');
                            self.term(term);
                            self.out.push('}');
                        }
                        Part::Expr(expr) => {
                            self.out.push('{');
                            self.expr(expr);
                            self.out.push('}');
                        }
                    }
                }
                self.out.push('"');
            }
        }
    }

    fn comprehension(
        &mut self,
        open: char,
        key: Option<&Term>,
        item: &Term,
        body: &Body,
        close: char,
    ) {
        self.out.push(open);
        if let Some(key) = key {
            self.term(key);
            self.out.push_str(": ");
        }
        self.term(item);
        self.out.push_str(" | ");
        self.body(body);
        self.out.push(close);
    }
}
