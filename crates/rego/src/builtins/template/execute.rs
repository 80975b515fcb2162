//! What a template makes of its data.

use super::parse::{Branch, Node, Operand, Pipeline};
use crate::builtins::{Context, Failure, operands::quoted};
use crate::term::{Term, TermKind};
use sekisho_budget::{Budget, BudgetExceeded};
use sekisho_go_net::query_escape;
use std::cmp::Ordering;

/// A value in a template: what comes from the data, or from the template itself. Numbers of the
/// data are text to templates, as they are to OPA's.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Data(Term<'a>),
    Text(&'a str),
    Int(i64),
    Bool(bool),
    /// a key that is not there
    Missing,
}

/// Where a loop goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

fn fail<T>(message: impl std::fmt::Display) -> Result<T, Failure> {
    Err(Failure::error(format!("template: template:1: executing \"template\": {message}")))
}

/// Renders a template with its data.
pub(super) fn execute<'a>(
    cx: &mut Context<'a>,
    nodes: &[Node],
    data: Term<'a>,
) -> Result<String, Failure> {
    let mut writer =
        Writer { cx, out: String::new(), variables: vec![(String::new(), Value::Data(data))] };
    match writer.nodes(nodes, Value::Data(data))? {
        Flow::On => Ok(writer.out),
        _ => fail("break or continue outside of a loop"),
    }
}

struct Writer<'c, 'a> {
    cx: &'c mut Context<'a>,
    out: String,
    variables: Vec<(String, Value<'a>)>,
}

impl<'a> Writer<'_, 'a> {
    /// Blocks are of bounded depth, and so is the recursion.
    fn nodes(&mut self, nodes: &[Node], dot: Value<'a>) -> Result<Flow, Failure> {
        let known = self.variables.len();
        for node in nodes {
            self.cx.arena.budget().step(2)?;
            let flow = match node {
                Node::Text(text) => self.push(text).map(|()| Flow::On)?,
                Node::Action(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.variables.is_empty() {
                        self.print(value)?;
                    }
                    Flow::On
                }
                Node::If(branch) | Node::With(branch) => {
                    let outer = self.variables.len();
                    let value = self.pipeline(&branch.pipeline, dot)?;
                    let inner = if matches!(node, Node::With(_)) { value } else { dot };
                    let flow = if is_true(value) {
                        self.nodes(&branch.then, inner)?
                    } else {
                        self.nodes(&branch.otherwise, dot)?
                    };
                    self.variables.truncate(outer);
                    flow
                }
                Node::Range(branch) => self.range(branch, dot)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                self.variables.truncate(known);
                return Ok(flow);
            }
        }
        self.variables.truncate(known);
        Ok(Flow::On)
    }

    fn range(&mut self, branch: &Branch, dot: Value<'a>) -> Result<Flow, Failure> {
        let outer = self.variables.len();
        let over = self.commands(&branch.pipeline, dot)?;
        let len = match over {
            Value::Int(count) => usize::try_from(count).unwrap_or(0),
            Value::Missing | Value::Data(Term::Null) => 0,
            Value::Data(term)
                if matches!(term.kind(), TermKind::Array | TermKind::Object | TermKind::Set) =>
            {
                term.len().unwrap_or(0)
            }
            other => {
                return fail(format_args!("range can't iterate over {}", shown(other, self.cx)?));
            }
        };
        for index in 0..len {
            self.cx.arena.budget().step(2)?;
            let position = i64::try_from(index).unwrap_or(i64::MAX);
            let (key, item) = match over {
                Value::Data(term) => {
                    let (key, item) = term.entry(index).unwrap_or((Term::Null, Term::Null));
                    let is_object = term.kind() == TermKind::Object;
                    let key = if is_object { Value::Data(key) } else { Value::Int(position) };
                    (key, Value::Data(item))
                }
                _ => (Value::Int(position), Value::Int(position)),
            };
            match branch.pipeline.variables.as_slice() {
                [one] => self.set(&branch.pipeline, one, item)?,
                [one, two] => {
                    self.set(&branch.pipeline, one, key)?;
                    self.set(&branch.pipeline, two, item)?;
                }
                _ => {}
            }
            let flow = self.nodes(&branch.then, item)?;
            self.variables.truncate(outer);
            if flow == Flow::Break {
                break;
            }
        }
        if len == 0 {
            return self.nodes(&branch.otherwise, dot);
        }
        Ok(Flow::On)
    }

    fn set(&mut self, of: &Pipeline, name: &str, value: Value<'a>) -> Result<(), Failure> {
        if of.declares {
            self.cx.arena.budget().allocate(64)?;
            self.variables.push((name.to_owned(), value));
            return Ok(());
        }
        match self.variables.iter_mut().rev().find(|(known, _)| known == name) {
            Some((_, place)) => {
                *place = value;
                Ok(())
            }
            None => fail(format_args!("undefined variable: ${name}")),
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: Value<'a>) -> Result<Value<'a>, Failure> {
        let value = self.commands(pipeline, dot)?;
        if let [name] = pipeline.variables.as_slice() {
            self.set(pipeline, name, value)?;
        }
        Ok(value)
    }

    fn commands(&mut self, pipeline: &Pipeline, dot: Value<'a>) -> Result<Value<'a>, Failure> {
        let mut last = None;
        for command in &pipeline.commands {
            self.cx.arena.budget().step(1)?;
            let Some((first, rest)) = command.split_first() else {
                return fail("missing value for command");
            };
            last = Some(match first {
                Operand::Function(name) => {
                    let mut operands = Vec::new();
                    for operand in rest {
                        operands.push(self.operand(operand, dot)?);
                    }
                    operands.extend(last);
                    self.call(name, &operands)?
                }
                Operand::Nil => return fail("nil is not a command"),
                other if rest.is_empty() && last.is_none() => self.operand(other, dot)?,
                _ => return fail("can't give argument to non-function"),
            });
        }
        Ok(last.unwrap_or(Value::Missing))
    }

    fn operand(&mut self, operand: &Operand, dot: Value<'a>) -> Result<Value<'a>, Failure> {
        Ok(match operand {
            Operand::Field(names) => fields(self.cx, dot, names)?,
            Operand::Variable(name, names) => {
                let found = self.variables.iter().rev().find(|(known, _)| known == name);
                match found {
                    Some((_, value)) => fields(self.cx, *value, names)?,
                    None => return fail(format_args!("undefined variable: ${name}")),
                }
            }
            Operand::Function(name) => self.call(name, &[])?,
            Operand::Text(text) | Operand::Number(text) => Value::Text(self.cx.arena.text(text)?),
            Operand::Int(int) => Value::Int(*int),
            Operand::Bool(bool) => Value::Bool(*bool),
            Operand::Nil => Value::Data(Term::Null),
            Operand::Pipeline(pipeline, names) => {
                let value = self.pipeline(pipeline, dot)?;
                fields(self.cx, value, names)?
            }
        })
    }

    fn call(&mut self, name: &str, operands: &[Value<'a>]) -> Result<Value<'a>, Failure> {
        let wrong_count =
            || fail(format_args!("wrong number of args for {name}: got {}", operands.len()));
        Ok(match (name, operands) {
            ("and" | "or", []) | ("not" | "len" | "eq" | "ne", []) => return wrong_count(),
            ("and" | "or", [.., last]) => {
                let stops = name == "or";
                let found = operands.iter().find(|value| is_true(**value) == stops);
                *found.unwrap_or(last)
            }
            ("not", [value]) => Value::Bool(!is_true(*value)),
            ("len", [value]) => match value {
                Value::Data(Term::String(text) | Term::Number(text)) | Value::Text(text) => {
                    Value::Int(i64::try_from(text.len()).unwrap_or(i64::MAX))
                }
                Value::Data(Term::Int(int)) => {
                    Value::Int(i64::try_from(int.to_string().len()).unwrap_or(0))
                }
                Value::Data(term) if term.len().is_some() => {
                    Value::Int(i64::try_from(term.len().unwrap_or(0)).unwrap_or(i64::MAX))
                }
                other => return fail(format_args!("len of {}", shown(*other, self.cx)?)),
            },
            ("index", [value, keys @ ..]) => {
                let mut value = *value;
                for key in keys {
                    value = index(value, *key)?;
                }
                value
            }
            ("eq", [first, rest @ ..]) if !rest.is_empty() => {
                let mut same = false;
                for other in rest {
                    same |= compare(*first, *other)?.is_eq();
                }
                Value::Bool(same)
            }
            ("ne", [left, right]) => Value::Bool(compare(*left, *right)?.is_ne()),
            ("lt", [left, right]) => Value::Bool(compare(*left, *right)?.is_lt()),
            ("le", [left, right]) => Value::Bool(compare(*left, *right)?.is_le()),
            ("gt", [left, right]) => Value::Bool(compare(*left, *right)?.is_gt()),
            ("ge", [left, right]) => Value::Bool(compare(*left, *right)?.is_ge()),
            ("print" | "println" | "html" | "urlquery", values) => {
                let mut out = String::new();
                let line = name == "println";
                let is_text = |value: &Value<'_>| text_of(*value).is_some();
                for (at, value) in values.iter().enumerate() {
                    // `print` puts spaces between values that are no text
                    let before = at.checked_sub(1).and_then(|before| values.get(before));
                    let apart = before.is_some_and(|before| !is_text(before) && !is_text(value));
                    if at > 0 && (line || apart) {
                        out.push(' ');
                    }
                    out.push_str(&shown(*value, self.cx)?);
                    self.cx.arena.budget().allocate(out.len() as u64)?;
                }
                if line {
                    out.push('\n');
                }
                let out = match name {
                    "html" => html(&out),
                    "urlquery" => query_escape(&out),
                    _ => out,
                };
                Value::Text(self.cx.arena.text(&out)?)
            }
            ("ne" | "lt" | "le" | "gt" | "ge" | "not" | "len" | "eq" | "index", _) => {
                return wrong_count();
            }
            _ => return fail(format_args!("function {} not defined", quoted(name))),
        })
    }

    fn print(&mut self, value: Value<'a>) -> Result<(), Failure> {
        let text = shown(value, self.cx)?;
        self.push(&text)
    }

    fn push(&mut self, text: &str) -> Result<(), Failure> {
        self.cx.arena.budget().step(text.len() as u64 / 64)?;
        self.cx.arena.budget().allocate(text.len() as u64)?;
        self.out.push_str(text);
        Ok(())
    }
}

fn fields<'a>(cx: &Context<'a>, value: Value<'a>, names: &[String]) -> Result<Value<'a>, Failure> {
    let mut at = value;
    for name in names {
        at = match at {
            Value::Data(term) if term.kind() == TermKind::Object => {
                term.field(name).map_or(Value::Missing, Value::Data)
            }
            Value::Missing => Value::Missing,
            Value::Data(Term::Null) => {
                return fail(format_args!("nil pointer evaluating interface {{}}.{name}"));
            }
            other => {
                let other = shown(other, cx)?;
                return fail(format_args!("can't evaluate field {name} in {other}"));
            }
        };
    }
    Ok(at)
}

fn index<'a>(value: Value<'a>, key: Value<'a>) -> Result<Value<'a>, Failure> {
    match (value, key) {
        (Value::Data(term), Value::Int(index)) if term.kind() == TermKind::Array => {
            let item = usize::try_from(index).ok().and_then(|index| term.entry(index));
            match item {
                Some((_, item)) => Ok(Value::Data(item)),
                None => fail(format_args!("error calling index: index out of range: {index}")),
            }
        }
        (Value::Data(term), Value::Text(key) | Value::Data(Term::String(key)))
            if term.kind() == TermKind::Object =>
        {
            Ok(term.field(key).map_or(Value::Missing, Value::Data))
        }
        _ => fail("error calling index: can't index item"),
    }
}

/// What a value is compared by.
fn text_of(value: Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) | Value::Data(Term::String(text) | Term::Number(text)) => {
            Some(text.to_owned())
        }
        Value::Data(Term::Int(int)) => Some(int.to_string()),
        _ => None,
    }
}

fn compare(left: Value<'_>, right: Value<'_>) -> Result<Ordering, Failure> {
    if let (Some(left), Some(right)) = (text_of(left), text_of(right)) {
        return Ok(left.cmp(&right));
    }
    let bool = |value| match value {
        Value::Bool(bool) | Value::Data(Term::Bool(bool)) => Some(bool),
        _ => None,
    };
    let nothing = |value: &Value<'_>| matches!(value, Value::Missing | Value::Data(Term::Null));
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Ok(left.cmp(&right)),
        (left, right) if nothing(&left) && nothing(&right) => Ok(Ordering::Equal),
        (left, right) => match (bool(left), bool(right)) {
            (Some(left), Some(right)) => Ok(left.cmp(&right)),
            _ => fail("incompatible types for comparison"),
        },
    }
}

fn is_true(value: Value<'_>) -> bool {
    match value {
        Value::Missing | Value::Data(Term::Null) => false,
        Value::Bool(bool) | Value::Data(Term::Bool(bool)) => bool,
        Value::Int(int) => int != 0,
        Value::Text(text) | Value::Data(Term::String(text)) => !text.is_empty(),
        // a number of the data is text, and never empty
        Value::Data(Term::Int(_) | Term::Number(_)) => true,
        Value::Data(term) => term.len() != Some(0),
    }
}

fn shown(value: Value<'_>, cx: &Context<'_>) -> Result<String, BudgetExceeded> {
    Ok(match value {
        Value::Missing | Value::Data(Term::Null) => "<no value>".to_owned(),
        Value::Text(text) => text.to_owned(),
        Value::Int(int) => int.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::Data(term) => {
            let mut out = String::new();
            go_value(term, &mut out, cx.arena.budget())?;
            out
        }
    })
}

/// As Go's `%v`. Values are of bounded depth, and so is the recursion.
fn go_value(term: Term<'_>, out: &mut String, budget: &Budget<'_>) -> Result<(), BudgetExceeded> {
    budget.step(1)?;
    let before = out.len();
    match term {
        Term::Null => out.push_str("<nil>"),
        Term::Bool(bool) => out.push_str(if bool { "true" } else { "false" }),
        Term::Int(int) => out.push_str(&int.to_string()),
        Term::Number(text) | Term::String(text) => out.push_str(text),
        _ => {
            let is_object = term.kind() == TermKind::Object;
            out.push_str(if is_object { "map[" } else { "[" });
            for (index, (key, value)) in term.entries().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                if is_object {
                    go_value(key, out, budget)?;
                    out.push(':');
                }
                go_value(value, out, budget)?;
            }
            out.push(']');
            return budget.allocate(2);
        }
    }
    budget.allocate((out.len() - before) as u64)
}

fn html(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}
