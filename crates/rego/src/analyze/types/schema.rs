//! The type of what a JSON schema allows, as far as OPA's type checker reads schemas
//! (`v1/ast/compile.go`, `parseSchema`): types, properties, items, `anyOf`, `allOf` and references
//! within the schema.

use super::ty::{Field, Ty};
use sekisho_value::{Str, Value};
use std::collections::HashMap;

/// Schemas nested deeper may be anything.
const NESTED: usize = 64;
/// Schemas of more parts may be anything.
const PARTS: usize = 20_000;

/// What a schema allows.
#[derive(Clone)]
pub(in crate::analyze) struct SchemaTy(pub(super) Ty);

/// Schemas that were read, or why they cannot be.
#[derive(Default)]
pub(in crate::analyze) struct SchemaTypes {
    read: HashMap<Value, Result<SchemaTy, String>>,
}

impl SchemaTypes {
    /// The type of a schema that passes a check; why it has none.
    pub(in crate::analyze) fn of(
        &mut self,
        schema: &Value,
        check: fn(&Value) -> Result<(), String>,
    ) -> Result<SchemaTy, String> {
        if let Some(read) = self.read.get(schema) {
            return read.clone();
        }
        let mut reader = Reader { root: schema, known: HashMap::new(), left: PARTS };
        let read = check(schema).and_then(|()| reader.ty(schema, 0)).map(SchemaTy);
        self.read.insert(schema.clone(), read.clone());
        read
    }
}

struct Reader<'s> {
    root: &'s Value,
    /// of what is referred to; none while it is being read
    known: HashMap<&'s str, Option<Ty>>,
    left: usize,
}

/// A schema without references, as far as it tells a type.
#[derive(Clone, Default)]
struct Shape<'s> {
    types: Vec<&'s str>,
    properties: Vec<(&'s Str, &'s Value)>,
    items: Vec<&'s Value>,
    /// one schema for all items
    one: bool,
}

fn shape(schema: &Value) -> Shape<'_> {
    let types = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    let (items, one) = match schema.get("items") {
        Some(Value::Array(items)) => (items.iter().collect(), false),
        Some(of @ Value::Object(_)) => (vec![of], true),
        _ => (Vec::new(), false),
    };
    Shape {
        types,
        properties: properties.into_iter().flat_map(|map| map.iter()).collect(),
        items,
        one,
    }
}

impl Shape<'_> {
    fn is(&self, ty: &str) -> bool {
        self.types.contains(&ty)
    }

    /// A schema that has properties is one of objects, one with items of lists.
    fn assume(&mut self) {
        if !self.properties.is_empty() && !self.is("object") {
            self.types.push("object");
        } else if self.properties.is_empty() && !self.items.is_empty() && !self.is("array") {
            self.types.push("array");
        }
    }

    fn named(&self) -> String {
        self.types.join(",")
    }

    fn join(&mut self, other: Self) -> Result<(), String> {
        if self.named() != other.named() {
            return Err(format!(
                "unable to merge these schemas: type mismatch: {} and {}",
                self.named(),
                other.named()
            ));
        }
        self.properties.extend(other.properties);
        let shared = self.items.len().min(other.items.len());
        let kind = |schema: &Value| shape(schema).named();
        if self.items.iter().zip(&other.items).any(|(left, right)| kind(left) != kind(right)) {
            return Err("unable to merge these schemas".to_owned());
        }
        self.items.extend(other.items.into_iter().skip(shared));
        Ok(())
    }
}

impl<'s> Reader<'s> {
    /// The recursion is as deep as schemas may nest.
    fn ty(&mut self, schema: &'s Value, depth: usize) -> Result<Ty, String> {
        self.left = self.left.saturating_sub(1);
        if depth > NESTED || self.left == 0 {
            return Ok(Ty::any());
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.referred(reference, depth);
        }
        let list = |key| schema.get(key).and_then(Value::as_array);
        let own = shape(schema);
        if let Some(any) = list("anyOf") {
            let mut ty = match self.of_shape(&own, depth)? {
                core @ Ty::Object(_) if !own.properties.is_empty() && !own.types.is_empty() => core,
                _ => Ty::Unknown,
            };
            for each in any {
                ty = self.ty(each, depth + 1)?.or(ty);
            }
            return Ok(ty);
        }
        if let Some(all) = list("allOf") {
            return self.all(all, own, depth);
        }
        self.of_shape(&own, depth)
    }

    fn referred(&mut self, reference: &'s str, depth: usize) -> Result<Ty, String> {
        match self.known.get(reference) {
            Some(Some(ty)) => return Ok(ty.clone()),
            // It holds itself.
            Some(None) => return Ok(Ty::any()),
            None => {}
        }
        self.known.insert(reference, None);
        let target = self.find(reference)?;
        let ty = self.ty(target, depth + 1)?;
        self.known.insert(reference, Some(ty.clone()));
        Ok(ty)
    }

    fn find(&self, reference: &str) -> Result<&'s Value, String> {
        let missing = || format!("unable to compile the schema: cannot find `{reference}`");
        let pointer = reference.strip_prefix('#').ok_or_else(missing)?;
        let pointer = sekisho_value::Pointer::parse(pointer).map_err(|_| missing())?;
        self.root.pointer(&pointer).ok_or_else(missing)
    }

    fn all(&mut self, all: &'s [Value], own: Shape<'s>, depth: usize) -> Result<Ty, String> {
        let mut joined: Option<Shape<'s>> = None;
        for mut schema in all {
            let mut steps = 0;
            while let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                schema = self.find(reference)?;
                steps += 1;
                if steps > NESTED {
                    return Ok(Ty::any());
                }
            }
            let mut next = shape(schema);
            let bare = next.types.is_empty() && next.properties.is_empty() && next.items.is_empty();
            if bare && schema.get("anyOf").is_some() {
                continue;
            }
            next.assume();
            match &mut joined {
                Some(joined) => joined.join(next)?,
                None => joined = Some(next),
            }
        }
        let Some(mut joined) = joined else { return Ok(Ty::any()) };
        if !own.types.is_empty() {
            let both = |ty| own.is(ty) && joined.is(ty);
            if both("object") || both("array") {
                joined.join(own)?;
            } else if own.named() != joined.named() {
                return Err("unable to merge these schemas".to_owned());
            }
        }
        self.of_shape(&joined, depth)
    }

    fn of_shape(&mut self, shape: &Shape<'s>, depth: usize) -> Result<Ty, String> {
        let mut shape = shape.clone();
        if shape.types.is_empty() {
            shape.assume();
        }
        Ok(if shape.is("boolean") {
            Ty::Boolean
        } else if shape.is("string") {
            Ty::String
        } else if shape.is("integer") || shape.is("number") {
            Ty::Number
        } else if shape.is("object") {
            if shape.properties.is_empty() {
                return Ok(Ty::object(Vec::new(), Some((Ty::any(), Ty::any()))));
            }
            let mut properties = Vec::new();
            for (name, schema) in shape.properties {
                properties.push((Field::String(name.clone()), self.ty(schema, depth + 1)?));
            }
            Ty::object(properties, None)
        } else if shape.is("array") {
            let mut items = Vec::new();
            for schema in shape.items {
                items.push(self.ty(schema, depth + 1)?);
            }
            match (shape.one, items.is_empty()) {
                (true, _) => Ty::array(Vec::new(), items.pop()),
                (false, false) => Ty::array(items, None),
                (false, true) => Ty::array(Vec::new(), Some(Ty::any())),
            }
        } else {
            Ty::any()
        })
    }
}
