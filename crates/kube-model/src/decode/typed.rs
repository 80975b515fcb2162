//! Built-in types, as Go decodes and encodes them: `sigs.k8s.io/json` in, `encoding/json` out.

use super::walk::{Outcome, Walk, Wants};
use super::{base64, required, time};
use crate::quantity::Quantity;
use crate::schema::{BlobField, BlobShape, Struct};
use sekisho_value::{Key, Map, Number, Value};
use std::borrow::Cow;
use std::sync::LazyLock;

/// An object in which nothing is set.
static NOTHING: LazyLock<Map> = LazyLock::new(Map::new);

impl<'v> Walk<'v> {
    /// A value that is not null; `None` where nothing changes.
    pub(super) fn value(&mut self, shape: BlobShape, value: &'v Value) -> Option<Value> {
        match (shape, value) {
            (BlobShape::Any, _)
            | (BlobShape::Bool | BlobShape::SchemaOrBool(_), Value::Bool(_))
            | (BlobShape::String | BlobShape::IntOrString, Value::String(_)) => None,
            (BlobShape::Struct(of) | BlobShape::SchemaOrBool(of), Value::Object(map))
            | (BlobShape::SchemaOrList(of) | BlobShape::SchemaOrStrings(of), Value::Object(map)) => {
                self.structure(of, map)
            }
            (BlobShape::Map(item), Value::Object(map)) => self.map(item.shape(), map),
            (BlobShape::List(item), Value::Array(items)) => self.list(item.shape(), items),
            (BlobShape::SchemaOrList(of), Value::Array(items)) => {
                self.list(BlobShape::Struct(of), items)
            }
            (BlobShape::SchemaOrStrings(_), Value::Array(items)) => {
                self.list(BlobShape::String, items)
            }
            (BlobShape::Int32 | BlobShape::IntOrString, Value::Number(number)) => {
                self.integer(number, value, i64::from(i32::MIN), i64::from(i32::MAX))
            }
            (BlobShape::Int64, Value::Number(number)) => {
                self.integer(number, value, i64::MIN, i64::MAX)
            }
            (BlobShape::Double, Value::Number(number)) => self.double(number, value),
            (BlobShape::Quantity, Value::String(text)) => self.quantity(text, value),
            (BlobShape::Quantity, Value::Number(number)) => {
                self.quantity(&number.literal(), value).or_else(|| {
                    // A number is stored as text, even where it is not changed otherwise.
                    Some(Value::from(number.to_string()))
                })
            }
            (BlobShape::Time, Value::String(text)) => match time::seconds(text) {
                Ok(changed) => changed,
                Err(why) => {
                    self.bad_value(Wants::Time, value, why);
                    None
                }
            },
            (BlobShape::MicroTime, Value::String(text)) => match time::micros(text) {
                Ok(changed) => changed,
                Err(why) => {
                    self.bad_value(Wants::MicroTime, value, why);
                    None
                }
            },
            (BlobShape::Bytes, Value::String(text)) => match base64::canonical(text) {
                Ok(Cow::Borrowed(_)) => None,
                Ok(Cow::Owned(text)) => Some(text.into()),
                Err(why) => {
                    self.bad_value(Wants::Base64, value, why);
                    None
                }
            },
            _ => {
                self.wrong_type(wants(shape), value);
                None
            }
        }
    }

    fn structure(&mut self, of: Struct, map: &'v Map) -> Option<Value> {
        let at_root = self.at_root();
        let fields = of.fields();
        let mut from = 0;
        let mut copy = Copy { map, entries: None };
        for (index, (key, value)) in map.iter().enumerate() {
            let outcome = match fields.find_from(&mut from, key) {
                Some(field) => self.key(key, |walk| walk.field(field, value)),
                None => {
                    self.unknown_field(key);
                    Outcome::Drop
                }
            };
            copy.settle(index, key, value, outcome);
        }
        for field in fields.expected() {
            let name = field.name();
            match map.get(name) {
                Some(value) if field.required() && required::is_none(field, value) => {}
                Some(_) => continue,
                None => {
                    // The status is the server's to write.
                    if field.always() && !(at_root && name == "status") {
                        copy.add(name, zero(field.shape(), field.pointer()));
                    }
                }
            }
            if field.required() && required::is_checked(of, name) {
                self.missing(name);
            }
        }
        self.wanted(of, map);
        copy.done()
    }

    /// What the API server's validation wants of pods, their containers and the kinds that hold
    /// templates of them, beside what OpenAPI calls required.
    fn wanted(&mut self, of: Struct, map: &Map) {
        let wanted = if self.within_list() {
            required::of_container(of)
        } else if self.may_hold_pod() {
            required::of_holder(of)
        } else {
            None
        };
        let Some(field) = wanted.and_then(|name| of.fields().find(name)) else { return };
        let name = field.name();
        match (map.get(name), field.shape()) {
            (Some(Value::String(text)), _) if text.is_empty() => self.missing(name),
            (None | Some(Value::Null), BlobShape::Struct(below)) if !field.pointer() => {
                self.key(name, |walk| walk.absent(below));
            }
            (None | Some(Value::Null), _) => self.missing(name),
            _ => {}
        }
    }

    /// Go takes an object that is not there for one in which nothing is set.
    fn absent(&mut self, of: Struct) {
        // What it would be stored as is somebody else's part.
        let _ = self.structure(of, &NOTHING);
    }

    fn field(&mut self, field: BlobField, value: &'v Value) -> Outcome {
        let shape = field.shape();
        if value.is_null() {
            // `null` leaves a field as it is: unset.
            return match field.always().then(|| zero(shape, field.pointer())) {
                None => Outcome::Drop,
                Some(Value::Null) => Outcome::Keep,
                Some(zero) => Outcome::Replace(zero),
            };
        }
        let outcome = Outcome::from(self.value(shape, value));
        if field.drops_zero() {
            let stored = if let Outcome::Replace(new) = &outcome { new } else { value };
            if is_zero(stored) {
                return Outcome::Drop;
            }
        }
        outcome
    }

    fn map(&mut self, item: BlobShape, map: &'v Map) -> Option<Value> {
        let mut copy = Copy { map, entries: None };
        for (index, (key, value)) in map.iter().enumerate() {
            let outcome = self.key(key, |walk| walk.item(item, value));
            copy.settle(index, key, value, outcome);
        }
        copy.done()
    }

    fn list(&mut self, item: BlobShape, items: &'v [Value]) -> Option<Value> {
        let mut copy: Option<Vec<Value>> = None;
        for (index, value) in items.iter().enumerate() {
            if let Outcome::Replace(new) = self.index(index, |walk| walk.item(item, value)) {
                let copy = copy.get_or_insert_with(|| items.to_vec());
                if let Some(old) = copy.get_mut(index) {
                    *old = new;
                }
            }
        }
        copy.map(|items| Value::Array(items.into()))
    }

    fn item(&mut self, item: BlobShape, value: &'v Value) -> Outcome {
        match value {
            // `null` leaves an item at its zero value.
            Value::Null => {
                if let BlobShape::Struct(of) = item {
                    self.absent(of);
                }
                match zero(item, false) {
                    Value::Null => Outcome::Keep,
                    zero => Outcome::Replace(zero),
                }
            }
            _ => self.value(item, value).into(),
        }
    }

    /// Go reads an integer from a literal without fraction and exponent only.
    fn integer(&mut self, number: &Number, value: &Value, least: i64, most: i64) -> Option<Value> {
        match number.as_i64() {
            Some(int) if (least..=most).contains(&int) => {
                let canonical = Number::from(int);
                (canonical != *number).then_some(Value::Number(canonical))
            }
            _ => {
                let wants = match (number.is_integer_literal(), least) {
                    (false, _) => Wants::Integer,
                    (true, i64::MIN) => Wants::Int64,
                    (true, _) => Wants::Int32,
                };
                self.wrong_type(wants, value);
                None
            }
        }
    }

    fn double(&mut self, number: &Number, value: &Value) -> Option<Value> {
        match Number::from_f64(number.as_f64()) {
            Some(canonical) => (canonical != *number).then_some(Value::Number(canonical)),
            None => {
                self.bad_value(Wants::Number, value, "it is beyond the range of a double");
                None
            }
        }
    }

    fn quantity(&mut self, text: &str, value: &Value) -> Option<Value> {
        match Quantity::canonical_text(text) {
            Ok(canonical) if canonical == text => None,
            Ok(canonical) => Some(Value::from(canonical.into_owned())),
            Err(error) => {
                self.bad_value(Wants::Quantity, value, &error.to_string());
                None
            }
        }
    }
}

/// A map that is copied once something in it changes.
pub(super) struct Copy<'v> {
    map: &'v Map,
    entries: Option<Vec<(Key, Value)>>,
}

impl<'v> Copy<'v> {
    pub(super) fn new(map: &'v Map) -> Self {
        Self { map, entries: None }
    }

    fn entries(&mut self, up_to: usize) -> &mut Vec<(Key, Value)> {
        let map = self.map;
        self.entries.get_or_insert_with(|| {
            let mut entries = Vec::with_capacity(map.len() + 4);
            entries.extend(map.iter().take(up_to).map(|(key, value)| (key.clone(), value.clone())));
            entries
        })
    }

    #[inline]
    pub(super) fn settle(&mut self, index: usize, key: &Key, value: &Value, outcome: Outcome) {
        match outcome {
            Outcome::Keep => {
                if let Some(entries) = &mut self.entries {
                    entries.push((key.clone(), value.clone()));
                }
            }
            Outcome::Drop => {
                self.entries(index);
            }
            Outcome::Replace(new) => self.entries(index).push((key.clone(), new)),
        }
    }

    /// Adds an entry behind all others; the map is sorted in the end.
    pub(super) fn add(&mut self, name: &'static str, value: Value) {
        self.add_key(Key::new_static(name), value);
    }

    pub(super) fn add_key(&mut self, name: Key, value: Value) {
        let all = self.map.len();
        self.entries(all).push((name, value));
    }

    pub(super) fn done(self) -> Option<Value> {
        // Keys are unique: they are the map's own, and names that it does not have.
        self.entries.map(|entries| Value::Object(Map::from_entries(entries).unwrap_or_default()))
    }
}

/// What is stored for a field that is always stored and was not given.
fn zero(shape: BlobShape, pointer: bool) -> Value {
    match shape {
        _ if pointer => Value::Null,
        BlobShape::Bool => false.into(),
        BlobShape::String => "".into(),
        BlobShape::Int32 | BlobShape::Int64 | BlobShape::Double | BlobShape::IntOrString => {
            0.into()
        }
        BlobShape::Quantity => "0".into(),
        BlobShape::SchemaOrBool(_) => false.into(),
        BlobShape::Struct(of) => of
            .fields()
            .expected()
            .filter(|field| field.always())
            .map(|field| (Key::new_static(field.name()), zero(field.shape(), field.pointer())))
            .collect::<Map>()
            .into(),
        BlobShape::Bytes
        | BlobShape::Any
        | BlobShape::Time
        | BlobShape::MicroTime
        | BlobShape::List(_)
        | BlobShape::Map(_)
        | BlobShape::SchemaOrList(_)
        | BlobShape::SchemaOrStrings(_) => Value::Null,
    }
}

/// Whether `omitempty` drops a value.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(bool) => !bool,
        Value::Number(number) => number.as_f64() == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn wants(shape: BlobShape) -> Wants {
    match shape {
        BlobShape::Bool => Wants::Bool,
        BlobShape::String => Wants::String,
        BlobShape::Int32 | BlobShape::Int64 => Wants::Integer,
        BlobShape::Double => Wants::Number,
        BlobShape::Bytes => Wants::Base64,
        BlobShape::Quantity => Wants::Quantity,
        BlobShape::IntOrString => Wants::IntOrString,
        BlobShape::Time => Wants::Time,
        BlobShape::MicroTime => Wants::MicroTime,
        BlobShape::List(_) => Wants::List,
        BlobShape::Any | BlobShape::Struct(_) | BlobShape::Map(_) => Wants::Object,
        BlobShape::SchemaOrBool(_) => Wants::Schema("a JSON schema or a boolean"),
        BlobShape::SchemaOrList(_) => Wants::Schema("a JSON schema or a list of them"),
        BlobShape::SchemaOrStrings(_) => Wants::Schema("a JSON schema or a list of strings"),
    }
}
