//! Whether a value is as its schema wants it.

use super::formats;
use super::schema::{Additional, Kind, Limits, Schema};
use crate::Fault;
use sekisho_value::{Map, Number, Pointer, Value};

impl Schema {
    /// What is wrong with a value, with places within it. Fields that the schema does not name
    /// are wrong: Gatekeeper refuses them.
    pub(crate) fn validate(&self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        self.check(value, at, faults);
        self.find_unknown(value, at, faults);
    }

    fn check(&self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        if value.is_null() {
            // The API server drops a null where none may be.
            return;
        }
        if !self.kind.accepts(value) {
            let message = format!("{} wants {}, found {}", name(at), self.kind.text(), told(value));
            faults.push(Fault::new(at.clone(), message));
            return;
        }
        self.check_enumeration(value, at, faults);
        match value {
            Value::Object(map) => self.check_object(map, at, faults),
            Value::Array(items) => self.check_array(items, at, faults),
            Value::String(text) => self.check_string(text, at, faults),
            Value::Number(number) => self.check_number(number, at, faults),
            Value::Null | Value::Bool(_) => {}
        }
        self.check_combinations(value, at, faults);
    }

    fn check_enumeration(&self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        let Some(permitted) = &self.enumeration else { return };
        if !permitted.iter().any(|one| equal(one, value)) {
            let permitted: Vec<String> =
                permitted.iter().map(|one| format!("`{}`", shown(one))).collect();
            let message = format!("{} is none of the permitted values: {}", name(at), told(value));
            let help = format!("permitted are {}", permitted.join(", "));
            faults.push(Fault::new(at.clone(), message).with_help(help));
        }
    }

    fn check_object(&self, map: &Map, at: &Pointer, faults: &mut Vec<Fault>) {
        for field in &self.required {
            if map.get(field).is_none_or(|value| {
                value.is_null() && self.property(field).is_none_or(|schema| !schema.nullable)
            }) {
                let message = format!("`{field}` is missing in {}", name(at));
                faults.push(Fault::new(at.key(field), message));
            }
        }
        self.limits.check_count(map.len(), Limits::properties, "entries", at, faults);
        for (field, value) in map.iter() {
            match (self.property(field), &self.additional) {
                (Some(schema), _) => schema.check(value, &at.key(field), faults),
                (None, Additional::Of(schema)) => schema.check(value, &at.key(field), faults),
                _ => {}
            }
        }
    }

    fn check_array(&self, items: &[Value], at: &Pointer, faults: &mut Vec<Fault>) {
        self.limits.check_count(items.len(), Limits::items, "items", at, faults);
        if self.unique_items {
            let mut sorted: Vec<String> = items.iter().map(Value::to_json).collect();
            sorted.sort_unstable();
            if sorted.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                faults.push(Fault::new(at.clone(), format!("{} holds an item twice", name(at))));
            }
        }
        if let Some(schema) = &self.items {
            for (index, item) in items.iter().enumerate() {
                schema.check(item, &at.index(index), faults);
            }
        }
    }

    fn check_string(&self, text: &str, at: &Pointer, faults: &mut Vec<Fault>) {
        self.limits.check_count(text.chars().count(), Limits::length, "characters", at, faults);
        if let Some(pattern) = self.pattern.as_ref().filter(|p| !p.regex.is_match(text)) {
            let message = format!("{} does not match `{}`: `{text}`", name(at), pattern.text);
            faults.push(Fault::new(at.clone(), message));
        }
        let wanted = self.format.as_deref().and_then(|format| formats::violated(format, text));
        if let Some(wanted) = wanted {
            let message = format!("{} wants {wanted}, found `{text}`", name(at));
            faults.push(Fault::new(at.clone(), message));
        }
    }

    fn check_number(&self, number: &Number, at: &Pointer, faults: &mut Vec<Fault>) {
        let Limits { minimum, exclusive_minimum, maximum, exclusive_maximum, multiple_of, .. } =
            &self.limits;
        let value = number.as_f64();
        let too_small =
            minimum.filter(|least| value < *least || *exclusive_minimum && value <= *least);
        let too_large =
            maximum.filter(|most| value > *most || *exclusive_maximum && value >= *most);
        let bound = match (too_small, too_large) {
            (Some(least), _) => Some(("at least", *exclusive_minimum, "more than", least)),
            (None, Some(most)) => Some(("at most", *exclusive_maximum, "less than", most)),
            (None, None) => None,
        };
        if let Some((inclusive, is_exclusive, exclusive, bound)) = bound {
            let wanted = if is_exclusive { exclusive } else { inclusive };
            let message = format!("{} wants {wanted} {bound}, found {number}", name(at));
            faults.push(Fault::new(at.clone(), message));
        }
        if let Some(step) = multiple_of.filter(|step| *step > 0.0 && (value / step).fract() != 0.0)
        {
            let message = format!("{} wants a multiple of {step}, found {number}", name(at));
            faults.push(Fault::new(at.clone(), message));
        }
    }

    fn check_combinations(&self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        let holds = |schema: &Self| {
            let mut found = Vec::new();
            schema.check(value, at, &mut found);
            found.is_empty()
        };
        for schema in &self.all_of {
            schema.check(value, at, faults);
        }
        if !self.any_of.is_empty() && !self.any_of.iter().any(holds) {
            let message = format!("{} is as none of `anyOf` wants it", name(at));
            faults.push(Fault::new(at.clone(), message));
        }
        let count = self.one_of.iter().filter(|schema| holds(schema)).count();
        if !self.one_of.is_empty() && count != 1 {
            let message = format!("{} is as {count} of `oneOf` want it, not one", name(at));
            faults.push(Fault::new(at.clone(), message));
        }
        if self.not.as_deref().is_some_and(holds) {
            faults.push(Fault::new(at.clone(), format!("{} is what `not` forbids", name(at))));
        }
    }

    fn find_unknown(&self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        match value {
            Value::Object(map) => {
                for (field, value) in map.iter() {
                    match (self.property(field), &self.additional) {
                        (Some(schema), _) => schema.find_unknown(value, &at.key(field), faults),
                        (None, Additional::Of(schema)) => {
                            schema.find_unknown(value, &at.key(field), faults);
                        }
                        (None, Additional::Any) => {}
                        (None, _) if self.preserves_unknown => {}
                        (None, _) => {
                            let known: Vec<&str> =
                                self.properties.iter().map(|(name, _)| name.as_str()).collect();
                            let help = match known.as_slice() {
                                [] => "the template's schema names no field here".to_owned(),
                                known => format!("the fields here are {}", known.join(", ")),
                            };
                            let message = format!("unknown field `{field}`");
                            faults.push(Fault::new(at.key(field), message).with_help(help));
                        }
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for (index, item) in items.iter().enumerate() {
                        schema.find_unknown(item, &at.index(index), faults);
                    }
                }
            }
            _ => {}
        }
    }
}

impl Kind {
    fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::Object, Value::Object(_))
            | (Self::Array, Value::Array(_))
            | (Self::String | Self::IntOrString, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_)) => true,
            (Self::Integer | Self::IntOrString, Value::Number(number)) => {
                number.is_integer_literal() || number.as_f64().fract() == 0.0
            }
            _ => false,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Object => "an object",
            Self::Array => "a list",
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::IntOrString => "an integer or a string",
        }
    }
}

impl Limits {
    fn properties(&self) -> (Option<u64>, Option<u64>) {
        (self.min_properties, self.max_properties)
    }

    fn items(&self) -> (Option<u64>, Option<u64>) {
        (self.min_items, self.max_items)
    }

    fn length(&self) -> (Option<u64>, Option<u64>) {
        (self.min_length, self.max_length)
    }

    fn check_count(
        &self,
        count: usize,
        of: fn(&Self) -> (Option<u64>, Option<u64>),
        what: &str,
        at: &Pointer,
        faults: &mut Vec<Fault>,
    ) {
        let count = count as u64;
        let bound = match of(self) {
            (Some(least), _) if count < least => format!("at least {least}"),
            (_, Some(most)) if count > most => format!("at most {most}"),
            _ => return,
        };
        let message = format!("{} wants {bound} {what}, found {count}", name(at));
        faults.push(Fault::new(at.clone(), message));
    }
}

/// Numbers of one value are equal, however they are written.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64().total_cmp(&b.as_f64()).is_eq(),
        _ => a == b,
    }
}

fn name(at: &Pointer) -> String {
    at.tokens()
        .last()
        .map_or_else(|| "the value".to_owned(), |token| format!("`{}`", token.as_str()))
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_json(), str::to_owned)
}

/// A scalar as it is, of others what they are.
fn told(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        value => format!("`{}`", shown(value)),
    }
}
