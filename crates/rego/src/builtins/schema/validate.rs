//! Documents against schemas, with the findings of OPA's validator (`gojsonschema`).

use super::compile::{Additional, Dependency, MAX_NESTING, Schema};
use super::number::{is_multiple, is_whole, shown};
use super::{Subschema, SubschemaId, Wrong, canonical, formats, matches};
use crate::builtins::Context;
use crate::term::{Term, TermKind, compare};
use std::collections::HashMap;

/// What is wrong with a part of a document.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) kind: &'static str,
    pub(super) field: String,
    pub(super) description: String,
}

/// What was found, and how well the document fits otherwise.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    score: i64,
}

impl Outcome {
    fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, kind: &'static str, path: &Path<'_>, description: impl Into<String>) {
        let (field, description) = (path.field(), description.into());
        self.findings.push(Finding { kind, field, description });
        self.score -= 2;
    }

    fn merge(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.score += other.score;
    }
}

/// Where the validator stands in the document.
struct Path<'p> {
    name: &'p str,
    above: Option<&'p Path<'p>>,
}

impl<'p> Path<'p> {
    fn below(&'p self, name: &'p str) -> Self {
        Self { name, above: Some(self) }
    }

    /// The names from the root's child on, or that of the root.
    fn field(&self) -> String {
        let mut names = Vec::new();
        let mut at = Some(self);
        while let Some(path) = at {
            names.push(path.name);
            at = path.above;
        }
        names.reverse();
        let names = if names.len() > 1 { names.get(1..).unwrap_or_default() } else { &names };
        names.join(".")
    }
}

pub(super) fn validate<'a>(
    cx: &mut Context<'a>,
    schema: &Schema<'a>,
    document: Term<'a>,
) -> Result<Outcome, Wrong> {
    let mut validator = Validator { cx, schema, nesting: 0 };
    validator.check(SubschemaId(0), document, &Path { name: "(Root)", above: None })
}

struct Validator<'c, 'a> {
    cx: &'c mut Context<'a>,
    schema: &'c Schema<'a>,
    nesting: usize,
}

impl<'c, 'a> Validator<'c, 'a> {
    fn check(
        &mut self,
        id: SubschemaId,
        node: Term<'a>,
        path: &Path<'_>,
    ) -> Result<Outcome, Wrong> {
        let mut outcome = Outcome::default();
        self.check_into(id, node, path, &mut outcome)?;
        Ok(outcome)
    }

    fn check_into(
        &mut self,
        id: SubschemaId,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        let mut id = id;
        let schema: &'c Schema<'a> = self.schema;
        loop {
            self.cx.arena.budget().step(2)?;
            let Some(schema) = schema.subschemas.get(id.0) else {
                return Ok(());
            };
            if let Some(pass) = schema.pass {
                if !pass {
                    outcome.add("false", path, "False always fails validation");
                }
                return Ok(());
            }
            // A reference that leads to itself is followed until the budget ends.
            match schema.reference {
                Some(next) => id = next,
                None => {
                    if self.nesting >= MAX_NESTING {
                        return Err(Wrong::Budget(sekisho_budget::BudgetExceeded::Depth));
                    }
                    self.nesting += 1;
                    self.node(schema, node, path, outcome)?;
                    self.nesting -= 1;
                    return Ok(());
                }
            }
        }
    }

    fn node(
        &mut self,
        schema: &'c Subschema<'a>,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        let given = match node.kind() {
            TermKind::Number if is_whole(node) => "integer",
            kind => kind.name(),
        };
        let fits =
            schema.types.contains(&given) || given == "integer" && schema.types.contains(&"number");
        if !schema.types.is_empty() && !fits {
            let expected = match schema.types.as_slice() {
                [one] => (*one).to_owned(),
                many => format!("[{}]", many.join(",")),
            };
            let said = format!("Invalid type. Expected: {expected}, given: {given}");
            outcome.add("invalid_type", path, said);
            return Ok(());
        }
        self.combined(schema, node, path, outcome)?;
        match node.kind() {
            TermKind::Array => {
                self.array(schema, node, path, outcome)?;
                self.any(schema, node, path, outcome)?;
            }
            TermKind::Object => {
                self.object(schema, node, path, outcome)?;
                self.any(schema, node, path, outcome)?;
                for (name, property) in &schema.properties {
                    if let Some(value) = node.field(name) {
                        self.check_into(*property, value, &path.below(name), outcome)?;
                    }
                }
            }
            TermKind::Number => {
                self.number(schema, node, path, outcome)?;
                self.any(schema, node, path, outcome)?;
            }
            TermKind::String => {
                self.any(schema, node, path, outcome)?;
                self.string(schema, node.as_str().unwrap_or_default(), path, outcome)?;
            }
            _ => self.any(schema, node, path, outcome)?,
        }
        outcome.score += 1;
        Ok(())
    }

    fn combined(
        &mut self,
        schema: &'c Subschema<'a>,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        if !schema.any_of.is_empty() {
            let mut best: Option<Outcome> = None;
            let mut valid = false;
            for id in &schema.any_of {
                let found = self.check(*id, node, path)?;
                valid = found.is_valid();
                if valid {
                    break;
                }
                if best.as_ref().is_none_or(|best| found.score > best.score) {
                    best = Some(found);
                }
            }
            if !valid {
                let said = "Must validate at least one schema (anyOf)";
                outcome.add("number_any_of", path, said);
                outcome.merge(best.unwrap_or_default());
            }
        }
        if !schema.one_of.is_empty() {
            let mut best: Option<Outcome> = None;
            let mut valid = 0;
            for id in &schema.one_of {
                let found = self.check(*id, node, path)?;
                if found.is_valid() {
                    valid += 1;
                } else if valid == 0 && best.as_ref().is_none_or(|best| found.score > best.score) {
                    best = Some(found);
                }
            }
            if valid != 1 {
                let said = "Must validate one and only one schema (oneOf)";
                outcome.add("number_one_of", path, said);
                if valid == 0 {
                    outcome.merge(best.unwrap_or_default());
                }
            }
        }
        let mut all = true;
        for id in &schema.all_of {
            let found = self.check(*id, node, path)?;
            all &= found.is_valid();
            outcome.merge(found);
        }
        if !all {
            outcome.add("number_all_of", path, "Must validate all the schemas (allOf)");
        }
        if let Some(not) = schema.not
            && self.check(not, node, path)?.is_valid()
        {
            outcome.add("number_not", path, "Must not validate the schema (not)");
        }
        self.dependencies(schema, node, path, outcome)?;
        self.conditions(schema, node, path, outcome)?;
        outcome.score += 1;
        Ok(())
    }

    fn dependencies(
        &mut self,
        schema: &'c Subschema<'a>,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        for (name, dependency) in &schema.dependencies {
            if node.field(name).is_none() {
                continue;
            }
            match dependency {
                Dependency::Names(names) => {
                    for name in names.iter().filter(|name| node.field(name).is_none()) {
                        let said = format!("Has a dependency on {name}");
                        outcome.add("missing_dependency", path, said);
                    }
                }
                Dependency::Schema(id) => self.check_into(*id, node, path, outcome)?,
            }
        }
        Ok(())
    }

    fn conditions(
        &mut self,
        schema: &'c Subschema<'a>,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        let Some(condition) = schema.condition else {
            return Ok(());
        };
        let holds = self.check(condition, node, path)?.is_valid();
        let (branch, kind, said) = if holds {
            (schema.then, "condition_then", "Must validate \"then\" as \"if\" was valid")
        } else {
            (schema.otherwise, "condition_else", "Must validate \"else\" as \"if\" was not valid")
        };
        if let Some(branch) = branch {
            let found = self.check(branch, node, path)?;
            if !found.is_valid() {
                outcome.add(kind, path, said);
                outcome.merge(found);
            }
        }
        Ok(())
    }

    /// What holds for values of all types.
    fn any(
        &mut self,
        schema: &'c Subschema<'a>,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        if schema.constant.is_some() || schema.allowed.is_some() {
            let value = canonical(self.cx, node)?;
            if let Some(constant) = &schema.constant
                && value != *constant
            {
                let said = format!("{} does not match: {constant}", path.field());
                outcome.add("const", path, said);
            }
            if let Some(allowed) = &schema.allowed
                && !allowed.contains(&value)
            {
                let allowed = allowed.join(", ");
                let said = format!("{} must be one of the following: {allowed}", path.field());
                outcome.add("enum", path, said);
            }
        }
        if let (Some(format), Some(text)) = (schema.format, node.as_str())
            && !formats::is_format(self.cx, format, text)?
        {
            outcome.add("format", path, format!("Does not match format '{format}'"));
        }
        outcome.score += 1;
        Ok(())
    }

    fn array(
        &mut self,
        schema: &'c Subschema<'a>,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        let len = node.len().unwrap_or(0);
        let positional = if schema.items_are_one { 0 } else { schema.items.len() };
        for (index, item) in node.items().enumerate() {
            let id = match (schema.items_are_one, schema.additional_items) {
                (true, _) => schema.items.first().copied(),
                (false, Some(Additional::Schema(id))) if index >= positional => {
                    (positional > 0).then_some(id)
                }
                _ => schema.items.get(index).copied(),
            };
            if let Some(id) = id {
                let index = index.to_string();
                let found = self.check(id, item, &path.below(&index))?;
                outcome.merge(found);
            }
        }
        let none_more = matches!(schema.additional_items, Some(Additional::Allowed(false)));
        if positional > 0 && positional < len && none_more {
            let said = "No additional items allowed on array";
            outcome.add("array_no_additional_items", path, said);
        }
        if let Some(min) = schema.min_items.filter(|min| len < *min) {
            let said = format!("Array must have at least {min} items");
            outcome.add("array_min_items", path, said);
        }
        if let Some(max) = schema.max_items.filter(|max| len > *max) {
            let said = format!("Array must have at most {max} items");
            outcome.add("array_max_items", path, said);
        }
        if schema.unique_items {
            let mut seen = HashMap::new();
            for (index, item) in node.items().enumerate() {
                if let Some(earlier) = seen.insert(canonical(self.cx, item)?, index) {
                    let said = format!("array items[{earlier},{index}] must be unique");
                    outcome.add("unique", path, said);
                }
            }
        }
        if let Some(contains) = schema.contains {
            let mut best: Option<Outcome> = None;
            let mut valid = false;
            for (index, item) in node.items().enumerate() {
                let index = index.to_string();
                let found = self.check(contains, item, &path.below(&index))?;
                valid = found.is_valid();
                if valid {
                    break;
                }
                if best.as_ref().is_none_or(|best| found.score > best.score) {
                    best = Some(found);
                }
            }
            if !valid {
                outcome.add("contains", path, "At least one of the items must match");
                outcome.merge(best.unwrap_or_default());
            }
        }
        outcome.score += 1;
        Ok(())
    }

    fn object(
        &mut self,
        schema: &'c Subschema<'a>,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        let len = node.len().unwrap_or(0);
        if let Some(min) = schema.min_properties.filter(|min| len < *min) {
            let said = format!("Must have at least {min} properties");
            outcome.add("array_min_properties", path, said);
        }
        if let Some(max) = schema.max_properties.filter(|max| len > *max) {
            let said = format!("Must have at most {max} properties");
            outcome.add("array_max_properties", path, said);
        }
        for name in &schema.required {
            if node.field(name).is_some() {
                outcome.score += 1;
            } else {
                outcome.add("required", path, format!("{name} is required"));
            }
        }
        for (name, value) in node.entries() {
            let name = name.as_str().unwrap_or_default();
            self.cx.arena.budget().step(1 + schema.properties.len() as u64 / 8)?;
            let known = schema.properties.iter().any(|(property, _)| *property == name);
            let mut matched = false;
            for (pattern, id) in &schema.pattern_properties {
                if matches(self.cx, pattern, name)? {
                    matched = true;
                    let found = self.check(*id, value, &path.below(name))?;
                    outcome.merge(found);
                }
            }
            outcome.score += i64::from(matched);
            match schema.additional_properties {
                Some(Additional::Allowed(false)) if !known && !matched => {
                    let said = format!("Additional property {name} is not allowed");
                    outcome.add("additional_property_not_allowed", path, said);
                }
                Some(Additional::Schema(id)) if !known && !matched => {
                    let found = self.check(id, value, &path.below(name))?;
                    outcome.merge(found);
                }
                _ => {}
            }
        }
        if let Some(names) = schema.property_names {
            for (name, _) in node.entries() {
                let found = self.check(names, name, path)?;
                if !found.is_valid() {
                    let name = name.as_str().unwrap_or_default();
                    let said = format!("Property name of \"{name}\" does not match");
                    outcome.add("invalid_property_name", path, said);
                    outcome.merge(found);
                }
            }
        }
        outcome.score += 1;
        Ok(())
    }

    fn string(
        &mut self,
        schema: &'c Subschema<'a>,
        text: &'a str,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        if schema.min_length.is_some() || schema.max_length.is_some() {
            self.cx.arena.budget().step(text.len() as u64 / 64)?;
            let len = text.chars().count();
            if let Some(min) = schema.min_length.filter(|min| len < *min) {
                let said = format!("String length must be greater than or equal to {min}");
                outcome.add("string_gte", path, said);
            }
            if let Some(max) = schema.max_length.filter(|max| len > *max) {
                let said = format!("String length must be less than or equal to {max}");
                outcome.add("string_lte", path, said);
            }
        }
        if let Some(pattern) = schema.pattern
            && !matches(self.cx, pattern, text)?
        {
            outcome.add("pattern", path, format!("Does not match pattern '{pattern}'"));
        }
        outcome.score += 1;
        Ok(())
    }

    fn number(
        &mut self,
        schema: &'c Subschema<'a>,
        node: Term<'a>,
        path: &Path<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Wrong> {
        if let Some(divisor) = schema.multiple_of
            && !is_multiple(node, divisor, self.cx.arena.budget())?
        {
            let said = format!("Must be a multiple of {}", shown(divisor));
            outcome.add("multiple_of", path, said);
        }
        for (limit, kind, said, passes) in [
            (schema.maximum, "number_lte", "less than or equal to", [true, true, false]),
            (schema.exclusive_maximum, "number_lt", "less than", [true, false, false]),
            (schema.minimum, "number_gte", "greater than or equal to", [false, true, true]),
            (schema.exclusive_minimum, "number_gt", "greater than", [false, false, true]),
        ] {
            let Some(limit) = limit else { continue };
            let [less, equal, greater] = passes;
            let order = compare(node, limit);
            let good = order.is_lt() && less || order.is_eq() && equal || order.is_gt() && greater;
            if !good {
                outcome.add(kind, path, format!("Must be {said} {}", shown(limit)));
            }
        }
        outcome.score += 1;
        Ok(())
    }
}
