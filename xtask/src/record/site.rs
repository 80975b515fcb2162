//! Every field of every type that a kind reaches, and how to put a value there.

use super::schema::{Kind, Schemas, Type};
use super::tables::Tables;
use serde_json::{Map, Value as Json, json};
use std::fmt::{self, Write as _};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Key(String),
    /// An item of a list. Members of a union get an item each, so that they can stand side by
    /// side; what is set alone is set in the first.
    Item(usize),
}

/// A place in objects of a kind: a field of a type, and the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) path: Vec<Step>,
    /// the types on the way, each with the length of the path to it; the last has the field
    pub(crate) owners: Vec<(String, usize)>,
    pub(crate) ty: Type,
    pub(crate) required: bool,
}

impl Site {
    /// The short name of the type that has the field.
    pub(crate) fn owner(&self) -> &str {
        self.owners.last().map_or("", |(owner, _)| owner)
    }

    /// The field's name.
    pub(crate) fn field(&self) -> &str {
        self.path.iter().rev().find_map(Step::key).unwrap_or_default()
    }

    /// Whether the way goes through a type.
    pub(crate) fn is_within(&self, ty: &str) -> bool {
        self.owners.iter().any(|(owner, _)| owner == ty)
    }

    /// The object that has the field.
    pub(crate) fn holder<'a>(&self, object: &'a mut Json) -> Option<&'a mut Map<String, Json>> {
        let (_, above) = self.path.split_last()?;
        at(object, above)?.as_object_mut()
    }

    /// The same site with first items all the way.
    pub(crate) fn alone(&self) -> Self {
        let mut site = self.clone();
        for step in &mut site.path {
            if let Step::Item(index) = step {
                *index = 0;
            }
        }
        site
    }

    /// The union members chosen on the way: where the object stands, and which.
    pub(crate) fn choices<'a>(
        &'a self,
        tables: &'a Tables,
    ) -> impl Iterator<Item = (&'a [Step], &'a str)> {
        self.owners.iter().filter_map(|(owner, depth)| {
            let field = self.path.get(*depth)?.key()?;
            tables.rivals(owner, field).next()?;
            Some((self.path.get(..*depth)?, field))
        })
    }
}

impl Step {
    fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Item(_) => None,
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.path.iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(_) => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

/// The key under which generated maps hold their entry.
const MAP_KEY: &str = "key";

/// Types that contain themselves are entered this often.
const RECURSION: usize = 2;

/// All sites of a kind, but those of `status` and of its own `metadata`, in order.
pub(crate) fn sites(schemas: &Schemas, tables: &Tables, kind: &Kind) -> Vec<Site> {
    let mut walk = Walk { schemas, tables, found: Vec::new() };
    walk.enter(&Type::Struct(kind.ty.clone()), &mut Vec::new(), &mut Vec::new());
    walk.found
}

struct Walk<'a> {
    schemas: &'a Schemas,
    tables: &'a Tables,
    found: Vec<Site>,
}

impl Walk<'_> {
    fn enter(&mut self, ty: &Type, path: &mut Vec<Step>, owners: &mut Vec<(String, usize)>) {
        match ty {
            Type::List(item) => {
                path.push(Step::Item(0));
                self.enter(item, path, owners);
                path.pop();
            }
            Type::Map(item) => {
                path.push(Step::Key(MAP_KEY.to_owned()));
                self.enter(item, path, owners);
                path.pop();
            }
            Type::Struct(_) => self.fields(ty, path, owners),
            _ => {}
        }
    }

    fn fields(&mut self, ty: &Type, path: &mut Vec<Step>, owners: &mut Vec<(String, usize)>) {
        let short = self.schemas.short(ty).to_owned();
        if owners.iter().filter(|(owner, _)| *owner == short).count() >= RECURSION {
            return;
        }
        let Some(fields) = self.schemas.fields(ty) else { return };
        owners.push((short.clone(), path.len()));
        for (name, field) in fields {
            let top = path.is_empty();
            let boiler = ["apiVersion", "kind", "metadata", "status"].contains(&name.as_str());
            if (top && boiler) || self.tables.skipped(&short, name).is_some() {
                continue;
            }
            if let Some(Step::Item(index)) = path.last_mut() {
                *index = self.tables.position(&short, name);
            }
            path.push(Step::Key(name.clone()));
            self.found.push(Site {
                path: path.clone(),
                owners: owners.clone(),
                ty: field.ty.clone(),
                required: field.required,
            });
            // Labels, annotations and the like are written by hand.
            if self.schemas.short(&field.ty) != "ObjectMeta" {
                self.enter(&field.ty, path, owners);
            }
            path.pop();
        }
        owners.pop();
    }
}

/// Puts values into objects of a kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) schemas: &'a Schemas,
    pub(crate) tables: &'a Tables,
}

impl Writer<'_> {
    /// The smallest object of a kind; `None` where the tables have none.
    pub(crate) fn base(&self, kind: &Kind) -> Option<Json> {
        let api_version = kind.api_version();
        let mut object = self.tables.base(&api_version, &kind.kind)?.clone();
        let fields = object.as_object_mut()?;
        fields.insert("apiVersion".into(), api_version.into());
        fields.insert("kind".into(), kind.kind.as_str().into());
        let metadata = fields.entry("metadata").or_insert_with(|| json!({"name": "x"}));
        if kind.namespaced
            && let Some(metadata) = metadata.as_object_mut()
        {
            metadata.insert("namespace".into(), "default".into());
        }
        Some(object)
    }

    /// Sets a field, and what it needs.
    pub(crate) fn set(&self, object: &mut Json, kind: &Kind, site: &Site, value: &Json) {
        let ty = Type::Struct(kind.ty.clone());
        self.descend(object, &ty, &site.path, value);
        for (index, (owner, depth)) in site.owners.iter().enumerate() {
            let field = site.path.get(*depth).and_then(Step::key).unwrap_or_default();
            for need in self.tables.needs(owner, field) {
                let above = site.owners.iter().take(index + 1).rev();
                let within = above.clone().find(|(owner, _)| *owner == need.within);
                if let Some((_, depth)) = within
                    && let Some(place) = site.path.get(..*depth).and_then(|path| at(object, path))
                {
                    merge(place, &need.merge);
                }
            }
        }
        self.descend(object, &ty, &site.path, value);
    }

    fn descend(&self, node: &mut Json, ty: &Type, path: &[Step], value: &Json) {
        let Some((step, rest)) = path.split_first() else {
            *node = value.clone();
            return;
        };
        match (step, ty) {
            (Step::Item(index), Type::List(item)) => {
                if !node.is_array() {
                    *node = Json::Array(Vec::new());
                }
                let Some(items) = node.as_array_mut() else { return };
                while items.len() <= *index {
                    let mut fresh = self.minimal(item);
                    if let Some(Json::String(name)) = fresh.get_mut("name").filter(|_| *index > 0) {
                        let _ = write!(name, "{}", items.len());
                    }
                    items.push(fresh);
                }
                if let Some(item_at) = items.get_mut(*index) {
                    self.descend(item_at, item, rest, value);
                }
            }
            (Step::Key(key), _) => {
                let below = match ty {
                    Type::Map(item) => (**item).clone(),
                    _ => match self.schemas.fields(ty).and_then(|fields| fields.get(key)) {
                        Some(field) => field.ty.clone(),
                        None => return,
                    },
                };
                if !node.is_object() {
                    *node = Json::Object(Map::new());
                }
                let Some(object) = node.as_object_mut() else { return };
                for rival in self.tables.rivals(self.schemas.short(ty), key) {
                    object.remove(rival);
                }
                let absent = object.get(key).is_none_or(Json::is_null);
                if absent && !rest.is_empty() {
                    object.insert(key.clone(), self.of_field(self.schemas.short(ty), key, &below));
                }
                self.descend(object.entry(key.clone()).or_insert(Json::Null), &below, rest, value);
            }
            (Step::Item(_), _) => {}
        }
    }

    /// The first value to try for a field.
    fn of_field(&self, owner: &str, field: &str, ty: &Type) -> Json {
        match self.tables.values(owner, field) {
            Some([first, ..]) => first.clone(),
            _ => self.minimal(ty),
        }
    }

    /// The smallest value of a type that has something in it.
    pub(crate) fn minimal(&self, ty: &Type) -> Json {
        match ty {
            Type::Struct(_) | Type::Any(_) => {
                let short = self.schemas.short(ty);
                if let Some(value) = self.tables.of_type(short) {
                    return value.clone();
                }
                let fields = self.schemas.fields(ty).into_iter().flatten();
                let required = fields.filter(|(_, field)| field.required);
                Json::Object(
                    required
                        .map(|(name, field)| (name.clone(), self.of_field(short, name, &field.ty)))
                        .collect(),
                )
            }
            Type::List(item) => json!([self.minimal(item)]),
            Type::Map(item) => json!({ MAP_KEY: self.minimal(item) }),
            Type::Text(values) => values.first().map_or("x", String::as_str).into(),
            Type::Bytes => "eA==".into(),
            Type::Time => "2020-01-01T00:00:00Z".into(),
            Type::MicroTime => "2020-01-01T00:00:00.000000Z".into(),
            Type::Integer(_) | Type::IntOrString => 1.into(),
            Type::Double => json!(1.5),
            Type::Bool => true.into(),
            Type::Quantity => "1".into(),
        }
    }
}

/// The value at a path.
fn at<'a>(node: &'a mut Json, path: &[Step]) -> Option<&'a mut Json> {
    path.iter().try_fold(node, |node, step| match step {
        Step::Key(key) => node.get_mut(key),
        Step::Item(index) => node.get_mut(index),
    })
}

/// A merge patch (RFC 7396), but that items of lists are added where none of their name is there.
fn merge(node: &mut Json, patch: &Json) {
    if let (Json::Array(items), Json::Array(more)) = (&mut *node, patch) {
        for item in more {
            let name = item.get("name");
            if !items
                .iter()
                .any(|other| other == item || (name.is_some() && other.get("name") == name))
            {
                items.push(item.clone());
            }
        }
        return;
    }
    let Json::Object(patch) = patch else {
        *node = patch.clone();
        return;
    };
    if !node.is_object() {
        *node = Json::Object(Map::new());
    }
    let Some(object) = node.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            object.remove(key);
        } else {
            merge(object.entry(key.clone()).or_insert(Json::Null), value);
        }
    }
}
