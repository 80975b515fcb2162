//! `json.match_schema` and `json.verify_schema`: JSON Schema, drafts 4, 6 and 7, as OPA has it.
//!
//! Where OPA goes through the members of an object in random order, here it is that of the keys.
//! References lead to parts of the schema; what stands elsewhere is not fetched.

mod compile;
mod formats;
mod number;
mod reference;
mod validate;

use super::json::{Reader, to_text};
use super::operands::operand;
use super::{Context, Failure, Function};
use crate::term::{Arena, Term, TermKind};
use compile::{Additional, Dependency, compile};
use sekisho_budget::BudgetExceeded;
use sekisho_value::Number;

pub(super) const FUNCTIONS: &[(&str, Function)] =
    &[("json.match_schema", match_schema), ("json.verify_schema", verify_schema)];

/// Why there is no answer.
enum Wrong {
    /// in OPA's words
    Said(String),
    Budget(BudgetExceeded),
}

impl Wrong {
    fn said(message: impl Into<String>) -> Self {
        Self::Said(message.into())
    }
}

impl From<BudgetExceeded> for Wrong {
    fn from(exceeded: BudgetExceeded) -> Self {
        Self::Budget(exceeded)
    }
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Said(message) => Self::error(message),
            Wrong::Budget(exceeded) => Self::Budget(exceeded),
        }
    }
}

/// A subschema: its index in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SubschemaId(usize);

/// What a schema asks of one value.
#[derive(Default)]
struct Subschema<'a> {
    pass: Option<bool>,
    reference: Option<SubschemaId>,
    types: Vec<&'a str>,
    items: Vec<SubschemaId>,
    /// `items` is one schema for all items
    items_are_one: bool,
    properties: Vec<(&'a str, SubschemaId)>,
    multiple_of: Option<Term<'a>>,
    maximum: Option<Term<'a>>,
    exclusive_maximum: Option<Term<'a>>,
    minimum: Option<Term<'a>>,
    exclusive_minimum: Option<Term<'a>>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    pattern: Option<&'a str>,
    format: Option<&'a str>,
    min_properties: Option<usize>,
    max_properties: Option<usize>,
    required: Vec<&'a str>,
    dependencies: Vec<(&'a str, Dependency<'a>)>,
    additional_properties: Option<Additional>,
    pattern_properties: Vec<(&'a str, SubschemaId)>,
    property_names: Option<SubschemaId>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    unique_items: bool,
    contains: Option<SubschemaId>,
    additional_items: Option<Additional>,
    /// as [`canonical`] writes it
    constant: Option<String>,
    /// `enum`, as [`canonical`] writes it
    allowed: Option<Vec<String>>,
    one_of: Vec<SubschemaId>,
    any_of: Vec<SubschemaId>,
    all_of: Vec<SubschemaId>,
    not: Option<SubschemaId>,
    condition: Option<SubschemaId>,
    then: Option<SubschemaId>,
    otherwise: Option<SubschemaId>,
}

/// A document or a schema: JSON text, or an object or list.
fn load<'a>(cx: &Context<'a>, given: Term<'a>) -> Result<Term<'a>, Wrong> {
    match given.kind() {
        TermKind::String => {
            let mut reader = Reader::new(given.as_str().unwrap_or_default(), cx.arena);
            match reader.value() {
                Ok(value) if reader.at_end() => Ok(value),
                Err(Failure::Budget(exceeded)) => Err(exceeded.into()),
                _ => Err(Wrong::said("invalid JSON string")),
            }
        }
        TermKind::Object | TermKind::Array => {
            // By way of JSON text: sets become lists, and keys text.
            let text = to_text(given, None, cx.arena.budget())?;
            Ok(Reader::new(&text, cx.arena).value()?)
        }
        _ => Err(Wrong::said("wrong type, expected string or object")),
    }
}

/// A value as JSON text in which equal values are equal: its numbers as doubles.
fn canonical<'a>(cx: &Context<'a>, value: Term<'a>) -> Result<String, Wrong> {
    let value = with_doubles(value, cx.arena)?;
    Ok(to_text(value, None, cx.arena.budget())?)
}

/// Values are of bounded depth, and so is the recursion.
fn with_doubles<'a>(value: Term<'a>, arena: Arena<'a>) -> Result<Term<'a>, Wrong> {
    arena.budget().step(1)?;
    let double = |text: &str| {
        let double: f64 = text.parse().unwrap_or(f64::INFINITY);
        let number = Number::from_f64(double).ok_or_else(|| {
            Wrong::said(format!(
                "json: cannot unmarshal number {text} into Go value of type float64"
            ))
        })?;
        Ok::<_, Wrong>(Term::Number(arena.text(&number.literal())?))
    };
    Ok(match value {
        // up to here doubles are exact
        Term::Int(int) if int.unsigned_abs() <= 1 << 53 => value,
        Term::Int(int) => double(&int.to_string())?,
        Term::Number(literal) => double(literal)?,
        _ => match value.kind() {
            TermKind::Array => {
                let items: Result<Vec<_>, _> =
                    value.items().map(|item| with_doubles(item, arena)).collect();
                arena.array(&items?)?
            }
            TermKind::Object => {
                let entries: Result<Vec<_>, Wrong> = value
                    .entries()
                    .map(|(key, value)| Ok((key, with_doubles(value, arena)?)))
                    .collect();
                arena.sorted_object(&entries?)?
            }
            _ => value,
        },
    })
}

/// Whether a text is a pattern.
fn is_pattern<'a>(cx: &mut Context<'a>, pattern: &str) -> Result<bool, Wrong> {
    let pattern = cx.arena.string(pattern)?;
    match call(cx, "regex.match", &[pattern, Term::String("")]) {
        Ok(_) => Ok(true),
        Err(Failure::Budget(exceeded)) => Err(exceeded.into()),
        Err(_) => Ok(false),
    }
}

fn matches<'a>(cx: &mut Context<'a>, pattern: &'a str, text: &'a str) -> Result<bool, Wrong> {
    let found = call(cx, "regex.match", &[Term::String(pattern), Term::String(text)])?;
    Ok(found == Term::Bool(true))
}

fn call<'a>(cx: &mut Context<'a>, name: &str, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let function = super::find(name).and_then(|builtin| builtin.function);
    function.ok_or(Failure::Undefined)?(cx, operands)
}

fn verify_schema<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let read = load(cx, operand(operands, 1)).and_then(|schema| compile(cx, schema));
    let answer = match read {
        Ok(_) => [Term::Bool(true), Term::Null],
        Err(Wrong::Budget(exceeded)) => return Err(exceeded.into()),
        Err(Wrong::Said(message)) => {
            [Term::Bool(false), cx.arena.string(&format!("jsonschema: {message}"))?]
        }
    };
    Ok(cx.arena.array(&answer)?)
}

fn match_schema<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let document = load(cx, operand(operands, 1))?;
    let schema = load(cx, operand(operands, 2))?;
    let schema = compile(cx, schema)?;
    let outcome = validate::validate(cx, &schema, document)?;
    let mut findings = Vec::new();
    for finding in &outcome.findings {
        let error = format!("{}: {}", finding.field, finding.description);
        findings.push(cx.arena.object(vec![
            (Term::String("desc"), cx.arena.string(&finding.description)?),
            (Term::String("error"), cx.arena.string(&error)?),
            (Term::String("field"), cx.arena.string(&finding.field)?),
            (Term::String("type"), Term::String(finding.kind)),
        ])?);
    }
    let valid = Term::Bool(findings.is_empty());
    let findings = cx.arena.array(&findings)?;
    Ok(cx.arena.array(&[valid, findings])?)
}
