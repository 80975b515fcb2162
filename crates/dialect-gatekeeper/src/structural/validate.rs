//! Whether a value is as its schema wants it.

use super::schema::{Additional, Kind, Limits, Once, Schema};
use sekisho_policy::Fault;
use sekisho_value::{Key, Map, Number, Pointer, Value};
use std::collections::HashSet;

impl Schema {
    /// What is wrong with a value, with places within it. Fields that the schema does not name
    /// are wrong: Gatekeeper refuses them. So are nulls; the API server takes them out before
    /// ([`Self::prune_nulls`]), and Gatekeeper's CLI does not.
    pub(crate) fn validate(&self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        self.check(value, at, faults);
        self.find_unknown(value, at, faults);
    }

    fn check(&self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        if value.is_null() && (self.nullable || self.kind == Kind::Any) {
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
            if !map.contains_key(field) {
                let message = format!("`{field}` is missing in {}", name(at));
                faults.push(Fault::new(at.key(field), message));
            }
        }
        self.limits.check_count(map.len(), Limits::properties, "entries", at, faults);
        for (field, value) in map.iter() {
            if let Some(schema) = self.of_field(field) {
                schema.check(value, &at.key(field), faults);
            }
        }
    }

    fn check_array(&self, items: &[Value], at: &Pointer, faults: &mut Vec<Fault>) {
        self.limits.check_count(items.len(), Limits::items, "items", at, faults);
        self.check_once(items, at, faults);
        if let Some(schema) = &self.items {
            for (index, item) in items.iter().enumerate() {
                schema.check(item, &at.index(index), faults);
            }
        }
    }

    /// What may stand in a list once is told where it stands again.
    fn check_once(&self, items: &[Value], at: &Pointer, faults: &mut Vec<Fault>) {
        let keys: &[Key] = match &self.once {
            Once::Nothing => return,
            Once::Items => &[],
            Once::Keys(keys) => keys,
        };
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let told: Vec<String> = match keys {
                [] => vec![item.to_json()],
                keys => keys
                    .iter()
                    .map(|key| item.get(key).map(Value::to_json).unwrap_or_default())
                    .collect(),
            };
            let message = format!("{} holds {} twice", name(at), told.join(", "));
            if !seen.insert(told) {
                faults.push(Fault::new(at.index(index), message));
            }
        }
    }

    fn check_string(&self, text: &str, at: &Pointer, faults: &mut Vec<Fault>) {
        self.limits.check_count(text.chars().count(), Limits::length, "characters", at, faults);
        if let Some(pattern) = &self.pattern {
            let source = pattern.source();
            let message = match pattern.is_match(text) {
                Ok(true) => None,
                Ok(false) => Some(format!("{} does not match `{source}`: `{text}`", name(at))),
                Err(error) => {
                    Some(format!("{} cannot be searched for `{source}`: {error}", name(at)))
                }
            };
            faults.extend(message.map(|message| Fault::new(at.clone(), message)));
        }
        if let Some(format) = self.format.as_ref().filter(|format| !format.holds(text)) {
            let message = format!("{} wants {}, found `{text}`", name(at), format.wanted);
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
        match multiple_of {
            Some(step) if *step <= 0.0 => {
                let message =
                    format!("{} wants a multiple of {step}, of which there is none", name(at));
                faults.push(Fault::new(at.clone(), message));
            }
            Some(step) if !is_multiple(value, *step) => {
                let message = format!("{} wants a multiple of {step}, found {number}", name(at));
                faults.push(Fault::new(at.clone(), message));
            }
            _ => {}
        }
        let within = f64::from(i32::MIN)..=f64::from(i32::MAX);
        if self.is_int32 && !within.contains(&value) {
            let message = format!("{} wants an integer of 32 bits, found {number}", name(at));
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
            // What is of a wrong type is told as such.
            Value::Object(map) if self.kind.accepts(value) => {
                for (field, value) in map.iter() {
                    match (self.of_field(field), &self.additional) {
                        (Some(schema), _) => schema.find_unknown(value, &at.key(field), faults),
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
                number.as_i64().is_some() || is_integral(number.as_f64())
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
    fn properties(&self) -> (Option<i64>, Option<i64>) {
        (self.min_properties, self.max_properties)
    }

    fn items(&self) -> (Option<i64>, Option<i64>) {
        (self.min_items, self.max_items)
    }

    fn length(&self) -> (Option<i64>, Option<i64>) {
        (self.min_length, self.max_length)
    }

    fn check_count(
        &self,
        count: usize,
        of: fn(&Self) -> (Option<i64>, Option<i64>),
        what: &str,
        at: &Pointer,
        faults: &mut Vec<Fault>,
    ) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let bound = match of(self) {
            (Some(least), _) if count < least => format!("at least {least}"),
            (_, Some(most)) if count > most => format!("at most {most}"),
            _ => return,
        };
        let message = format!("{} wants {bound} {what}, found {count}", name(at));
        faults.push(Fault::new(at.clone(), message));
    }
}

/// Whether a double counts as an integer: beyond 2^53 - 1 none does.
fn is_integral(double: f64) -> bool {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    double.fract() == 0.0 && double.abs() <= LARGEST
}

/// Whether a double is a multiple of another, as near as doubles can tell.
fn is_multiple(value: f64, step: f64) -> bool {
    let times = if step < 1.0 { (1.0 / step) * value } else { value / step };
    let nearest = times.trunc();
    let sum = times.abs() + nearest.abs();
    times == nearest || (times - nearest).abs() / sum.min(f64::MAX) < 1e-9
}

/// Numbers of one value are equal, however they are written.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64().total_cmp(&b.as_f64()).is_eq(),
        _ => a == b,
    }
}

/// The field at a place: `list[0]` for what stands in a list.
fn name(at: &Pointer) -> String {
    let tokens: Vec<_> = at.tokens().collect();
    match tokens.as_slice() {
        [] => "the value".to_owned(),
        [.., of, last] if last.as_str().parse::<usize>().is_ok() => {
            format!("`{}[{}]`", of.as_str(), last.as_str())
        }
        [.., last] => format!("`{}`", last.as_str()),
    }
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
