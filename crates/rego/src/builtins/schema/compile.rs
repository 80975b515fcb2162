//! Schemas, read keyword by keyword, with the messages of OPA's reader (`gojsonschema`).

use super::Wrong;
use super::number::{is_positive, is_whole};
use super::reference::{Draft, Pool, draft};
use super::{Subschema, SubschemaId, canonical, is_pattern};
use crate::builtins::Context;
use crate::term::{Term, TermKind};
use std::collections::HashMap;

/// How deep subschemas may stand in one another.
pub(super) const MAX_NESTING: usize = 500;

/// A schema that is ready to validate; the first of its subschemas is the whole.
pub(super) struct Schema<'a> {
    pub(super) subschemas: Vec<Subschema<'a>>,
}

/// Schemas or the names of properties that must be there.
#[derive(Clone, Debug)]
pub(super) enum Dependency<'a> {
    Names(Vec<&'a str>),
    Schema(SubschemaId),
}

/// What `additionalProperties` and `additionalItems` say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Additional {
    Allowed(bool),
    Schema(SubschemaId),
}

pub(super) fn compile<'a>(cx: &mut Context<'a>, schema: Term<'a>) -> Result<Schema<'a>, Wrong> {
    let mut pool = Pool::new(schema, cx.arena)?;
    let document = pool.get("")?;
    let draft = draft(schema)?.unwrap_or(Draft::Hybrid);
    let mut compiler =
        Compiler { cx, pool, references: HashMap::new(), subschemas: Vec::new(), nesting: 0 };
    compiler.subschema(document.term, draft)?;
    Ok(Schema { subschemas: compiler.subschemas })
}

struct Compiler<'c, 'a> {
    cx: &'c mut Context<'a>,
    pool: Pool<'a>,
    /// what a reference leads to; it may still be read
    references: HashMap<String, SubschemaId>,
    subschemas: Vec<Subschema<'a>>,
    nesting: usize,
}

const SCHEMA: &str = "Valid Schema";
const STRING_OR_STRINGS: &str = "string/Array Of Strings";

fn invalid_type<T>(expected: &str, given: &str) -> Result<T, Wrong> {
    Err(Wrong::said(format!("Invalid type. Expected: {expected}, given: {given}")))
}

fn is_schema(term: Term<'_>) -> bool {
    matches!(term.kind(), TermKind::Boolean | TermKind::Object)
}

impl<'a> Compiler<'_, 'a> {
    fn subschema(&mut self, term: Term<'a>, draft: Draft) -> Result<SubschemaId, Wrong> {
        let budget = self.cx.arena.budget();
        budget.step(1)?;
        budget.allocate(size_of::<Subschema<'_>>() as u64)?;
        if self.nesting >= MAX_NESTING {
            return Err(Wrong::Budget(sekisho_budget::BudgetExceeded::Depth));
        }
        let id = SubschemaId(self.subschemas.len());
        self.subschemas.push(Subschema::default());
        self.nesting += 1;
        let read = self.read(term, draft)?;
        self.nesting -= 1;
        if let Some(place) = self.subschemas.get_mut(id.0) {
            *place = read;
        }
        Ok(id)
    }

    fn read(&mut self, term: Term<'a>, draft: Draft) -> Result<Subschema<'a>, Wrong> {
        let mut schema = Subschema::default();
        if draft >= Draft::Six
            && let Term::Bool(pass) = term
        {
            schema.pass = Some(pass);
            return Ok(schema);
        }
        if term.kind() != TermKind::Object {
            return Err(Wrong::said(format!("Expected: {SCHEMA}, given: Invalid JSON")));
        }
        let key_id = match draft {
            Draft::Four => "id",
            Draft::Hybrid if term.field("id").is_some() => "id",
            _ => "$id",
        };
        text(term, key_id)?;
        if let Some(definitions) = term.field("definitions") {
            if definitions.kind() != TermKind::Object {
                return invalid_type("Array Of Schemas", "definitions");
            }
            for (_, definition) in definitions.entries() {
                if !is_schema(definition) {
                    return invalid_type("Array Of Schemas", "definitions");
                }
                self.subschema(definition, draft)?;
            }
        }
        text(term, "title")?;
        text(term, "description")?;
        if let Some(reference) = text(term, "$ref")? {
            if let Some(known) = self.references.get(reference) {
                schema.reference = Some(*known);
            } else {
                let found = self.reference(reference, draft)?;
                schema.reference = Some(found);
                return Ok(schema);
            }
        }
        types(term, &mut schema)?;
        self.object_keywords(term, draft, &mut schema)?;
        self.items(term, draft, &mut schema)?;
        numbers(term, draft, &mut schema)?;
        (schema.min_length, schema.max_length) = bounds(term, "minLength", "maxLength", true)?;
        if let Some(pattern) = text(term, "pattern")? {
            if !is_pattern(self.cx, pattern)? {
                return Err(Wrong::said("pattern must be a valid regex"));
            }
            schema.pattern = Some(pattern);
        }
        schema.format = text(term, "format")?;
        (schema.min_properties, schema.max_properties) =
            bounds(term, "minProperties", "maxProperties", true)?;
        for name in list(term, "required")? {
            match name.as_str() {
                None => return invalid_type("string", "required"),
                Some(name) if schema.required.contains(&name) => {
                    return Err(Wrong::said("required items must be unique"));
                }
                Some(name) => schema.required.push(name),
            }
        }
        (schema.min_items, schema.max_items) = bounds(term, "minItems", "maxItems", false)?;
        match term.field("uniqueItems") {
            Some(Term::Bool(unique)) => schema.unique_items = unique,
            Some(_) => return Err(Wrong::said("uniqueItems must be of a boolean")),
            None => {}
        }
        if draft >= Draft::Six {
            if let Some(contains) = term.field("contains") {
                schema.contains = Some(self.subschema(contains, draft)?);
            }
            if let Some(constant) = term.field("const") {
                schema.constant = Some(canonical(self.cx, constant)?);
            }
        }
        if term.field("enum").is_some() {
            let mut allowed = Vec::new();
            for value in list(term, "enum")? {
                let value = canonical(self.cx, value)?;
                if allowed.contains(&value) {
                    return Err(Wrong::said("enum items must be unique"));
                }
                allowed.push(value);
            }
            schema.allowed = Some(allowed);
        }
        self.combined(term, draft, &mut schema)?;
        Ok(schema)
    }

    fn reference(&mut self, reference: &str, draft: Draft) -> Result<SubschemaId, Wrong> {
        // The subschema is known by its reference before it is read: it may refer to itself.
        let expected = SubschemaId(self.subschemas.len());
        self.references.insert(reference.to_owned(), expected);
        let document = self.pool.get(reference)?;
        if !is_schema(document.term) {
            return Err(Wrong::said(format!("{SCHEMA} must be of type object")));
        }
        self.subschema(document.term, document.draft.unwrap_or(draft))
    }

    fn object_keywords(
        &mut self,
        term: Term<'a>,
        draft: Draft,
        schema: &mut Subschema<'a>,
    ) -> Result<(), Wrong> {
        if let Some(properties) = term.field("properties") {
            if properties.kind() != TermKind::Object {
                return Err(Wrong::said("Properties must be of type object"));
            }
            for (name, property) in properties.entries() {
                let id = self.subschema(property, draft)?;
                schema.properties.push((name.as_str().unwrap_or_default(), id));
            }
        }
        schema.additional_properties = self.additional(term, "additionalProperties", draft)?;
        if let Some(patterns) = term.field("patternProperties") {
            if patterns.kind() != TermKind::Object {
                return invalid_type(SCHEMA, "patternProperties");
            }
            for (pattern, property) in patterns.entries() {
                let pattern = pattern.as_str().unwrap_or_default();
                if !is_pattern(self.cx, pattern)? {
                    return Err(Wrong::said(format!("Invalid regex pattern '{pattern}'")));
                }
                let id = self.subschema(property, draft)?;
                schema.pattern_properties.push((pattern, id));
            }
        }
        if let Some(names) = term.field("propertyNames").filter(|_| draft >= Draft::Six) {
            if !is_schema(names) {
                return invalid_type(SCHEMA, "patternProperties");
            }
            schema.property_names = Some(self.subschema(names, draft)?);
        }
        let Some(dependencies) = term.field("dependencies") else {
            return Ok(());
        };
        if dependencies.kind() != TermKind::Object {
            return Err(Wrong::said("dependencies must be of type object"));
        }
        let wrong = "Dependency must be of type Schema Or Array Of Strings";
        for (name, dependency) in dependencies.entries() {
            let name = name.as_str().unwrap_or_default();
            let dependency = match dependency.kind() {
                TermKind::Array if dependency.len() == Some(0) => continue,
                TermKind::Array => {
                    let names: Option<Vec<_>> = dependency.items().map(Term::as_str).collect();
                    Dependency::Names(names.ok_or_else(|| Wrong::said(wrong))?)
                }
                _ if is_schema(dependency) => {
                    Dependency::Schema(self.subschema(dependency, draft)?)
                }
                _ => return Err(Wrong::said(wrong)),
            };
            schema.dependencies.push((name, dependency));
        }
        Ok(())
    }

    fn additional(
        &mut self,
        term: Term<'a>,
        keyword: &str,
        draft: Draft,
    ) -> Result<Option<Additional>, Wrong> {
        Ok(match term.field(keyword) {
            None => None,
            Some(Term::Bool(allowed)) => Some(Additional::Allowed(allowed)),
            Some(schema) if schema.kind() == TermKind::Object => {
                Some(Additional::Schema(self.subschema(schema, draft)?))
            }
            Some(_) => return invalid_type("boolean/Valid Schema", keyword),
        })
    }

    fn items(
        &mut self,
        term: Term<'a>,
        draft: Draft,
        schema: &mut Subschema<'a>,
    ) -> Result<(), Wrong> {
        let wrong = || invalid_type("Valid Schema/Array Of Schemas", "items");
        match term.field("items") {
            None => {}
            Some(items) if items.kind() == TermKind::Array => {
                for item in items.items() {
                    if !is_schema(item) {
                        return wrong();
                    }
                    let id = self.subschema(item, draft)?;
                    schema.items.push(id);
                }
            }
            Some(item) if is_schema(item) => {
                schema.items.push(self.subschema(item, draft)?);
                schema.items_are_one = true;
            }
            Some(_) => return wrong(),
        }
        schema.additional_items = self.additional(term, "additionalItems", draft)?;
        Ok(())
    }

    fn combined(
        &mut self,
        term: Term<'a>,
        draft: Draft,
        schema: &mut Subschema<'a>,
    ) -> Result<(), Wrong> {
        for keyword in ["oneOf", "anyOf", "allOf"] {
            let mut ids = Vec::new();
            for item in list(term, keyword)? {
                ids.push(self.subschema(item, draft)?);
            }
            match keyword {
                "oneOf" => schema.one_of = ids,
                "anyOf" => schema.any_of = ids,
                _ => schema.all_of = ids,
            }
        }
        schema.not = self.one(term, "not", draft)?;
        if draft >= Draft::Seven {
            schema.condition = self.one(term, "if", draft)?;
            schema.then = self.one(term, "then", draft)?;
            schema.otherwise = self.one(term, "else", draft)?;
        }
        Ok(())
    }

    fn one(
        &mut self,
        term: Term<'a>,
        keyword: &str,
        draft: Draft,
    ) -> Result<Option<SubschemaId>, Wrong> {
        match term.field(keyword) {
            None => Ok(None),
            Some(schema) if is_schema(schema) => self.subschema(schema, draft).map(Some),
            Some(_) => Err(Wrong::said(format!("{keyword} must be of an object"))),
        }
    }
}

fn text<'a>(term: Term<'a>, keyword: &str) -> Result<Option<&'a str>, Wrong> {
    match term.field(keyword) {
        None => Ok(None),
        Some(Term::String(text)) => Ok(Some(text)),
        Some(_) => invalid_type("string", keyword),
    }
}

fn list<'a>(term: Term<'a>, keyword: &str) -> Result<impl Iterator<Item = Term<'a>>, Wrong> {
    match term.field(keyword) {
        Some(list) if list.kind() != TermKind::Array => {
            Err(Wrong::said(format!("{keyword} must be of an array")))
        }
        found => Ok(found.into_iter().flat_map(Term::items)),
    }
}

const TYPES: [&str; 7] = ["array", "boolean", "integer", "number", "null", "object", "string"];

fn types<'a>(term: Term<'a>, schema: &mut Subschema<'a>) -> Result<(), Wrong> {
    let Some(given) = term.field("type") else {
        return Ok(());
    };
    let names: Option<Vec<&str>> = match given.kind() {
        TermKind::String => Some(given.as_str().into_iter().collect()),
        TermKind::Array => given.items().map(Term::as_str).collect(),
        _ => None,
    };
    for name in names.ok_or(()).or_else(|()| invalid_type("type", STRING_OR_STRINGS))? {
        if !TYPES.contains(&name) {
            return Err(Wrong::said(format!(
                "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values \
                 are:[{}]",
                TYPES.join(" ")
            )));
        }
        if schema.types.contains(&name) {
            return Err(Wrong::said(format!("{name} type is duplicated")));
        }
        schema.types.push(name);
    }
    Ok(())
}

fn numbers<'a>(term: Term<'a>, draft: Draft, schema: &mut Subschema<'a>) -> Result<(), Wrong> {
    let number = |keyword: &str| term.field(keyword).map(|found| (found, found.kind()));
    match number("multipleOf") {
        None => {}
        Some((divisor, TermKind::Number)) if is_positive(divisor) => {
            schema.multiple_of = Some(divisor);
        }
        Some((_, TermKind::Number)) => {
            return Err(Wrong::said("multipleOf must be strictly greater than 0"));
        }
        Some(_) => return invalid_type("Number", "multipleOf"),
    }
    (schema.minimum, schema.exclusive_minimum) = limit(term, draft, "minimum", "exclusiveMinimum")?;
    (schema.maximum, schema.exclusive_maximum) = limit(term, draft, "maximum", "exclusiveMaximum")?;
    Ok(())
}

type Limits<'a> = (Option<Term<'a>>, Option<Term<'a>>);

/// A limit and its exclusive form: a boolean in draft 4, a number later.
fn limit<'a>(
    term: Term<'a>,
    draft: Draft,
    keyword: &str,
    exclusive: &str,
) -> Result<Limits<'a>, Wrong> {
    let inclusive = term.field(keyword);
    if inclusive.is_some_and(|limit| limit.kind() != TermKind::Number) {
        return Err(Wrong::said(format!("{keyword} must be of a Number")));
    }
    let Some(found) = term.field(exclusive) else {
        return Ok((inclusive, None));
    };
    match (found, found.kind()) {
        (Term::Bool(excluded), _) if matches!(draft, Draft::Four | Draft::Hybrid) => {
            match inclusive {
                None => Err(Wrong::said(format!("{exclusive} cannot be used without {keyword}"))),
                Some(limit) if excluded => Ok((None, Some(limit))),
                Some(limit) => Ok((Some(limit), None)),
            }
        }
        (_, TermKind::Number) if draft != Draft::Four => Ok((inclusive, Some(found))),
        _ => {
            let expected = match draft {
                Draft::Four => "boolean",
                Draft::Hybrid => "boolean/number",
                _ => "number",
            };
            invalid_type(expected, exclusive)
        }
    }
}

type Bounds = (Option<usize>, Option<usize>);

/// Two limits of a count; the lower one is held against the upper.
fn bounds(term: Term<'_>, least: &str, most: &str, ordered: bool) -> Result<Bounds, Wrong> {
    let count = |keyword: &str| {
        let Some(found) = term.field(keyword) else {
            return Ok(None);
        };
        let int = match found {
            Term::Int(int) => Some(int),
            Term::Number(literal) if is_whole(found) => literal.parse().ok(),
            _ => None,
        };
        match int {
            None => Err(Wrong::said(format!("{keyword} must be of an integer"))),
            Some(int) => usize::try_from(int)
                .map(Some)
                .map_err(|_| Wrong::said(format!("{keyword} must be greater than or equal to 0"))),
        }
    };
    let found = (count(least)?, count(most)?);
    match found {
        (Some(low), Some(high)) if ordered && low > high => {
            Err(Wrong::said(format!("{least} cannot be greater than {most}")))
        }
        found => Ok(found),
    }
}
