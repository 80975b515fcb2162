use crate::gvk::Gvk;
use crate::schema::{FieldRef, Schemas, Shape, TypeRef};
use sekisho_value::{Pointer, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Names the fields of one object so that their names outlive reordering: list items go by what
/// tells them apart, never by their index.
///
/// The items of a list are named once, when the first of them is asked for, so that naming every
/// field of a list of any length is linear in it.
#[derive(Clone, Debug)]
pub struct Loci<'s> {
    of: Option<TypeRef<'s>>,
    object: Value,
    /// which of `names` belongs to the list that a pointer points at
    lists: HashMap<String, usize>,
    names: Vec<Vec<String>>,
}

impl<'s> Loci<'s> {
    /// Names the fields of an object of a kind.
    #[must_use]
    pub fn new(schemas: &'s Schemas, gvk: &Gvk, object: &Value) -> Self {
        Self {
            of: schemas.type_of(gvk),
            object: object.clone(),
            lists: HashMap::new(),
            names: Vec::new(),
        }
    }

    /// The name of the field that a pointer points at.
    ///
    /// `/spec/containers/0/securityContext` is `spec.containers[name=web].securityContext`, and
    /// the first of `capabilities.add` is `capabilities.add[SYS_ADMIN]`. Items that the schema
    /// does not tell apart go by their `name` where each has its own, else by a digest of their
    /// content.
    #[must_use]
    pub fn locus(&mut self, pointer: &Pointer) -> String {
        let text = pointer.as_str();
        let mut locus = String::with_capacity(text.len() + 16);
        let mut end = 0;
        for escaped in text.split('/').skip(1) {
            let parent = text.get(..end).unwrap_or_default();
            end += 1 + escaped.len();
            if is_plain(escaped) {
                // Only what may be an item's index asks for more than the token itself.
                match as_index(escaped).and_then(|index| self.item(parent, index)) {
                    Some(name) => locus.push_str(name),
                    None => field(&mut locus, escaped),
                }
            } else {
                let key = escaped.replace("~1", "/").replace("~0", "~");
                // Writing to a `String` cannot fail.
                let _ = write!(locus, "[{key:?}]");
            }
        }
        locus
    }

    /// The name of an item of the list at a pointer, `[]` where there is no such item; `None`
    /// where no list stands there.
    fn item(&mut self, list: &str, index: usize) -> Option<&str> {
        let number = match self.lists.get(list) {
            Some(number) => *number,
            None => {
                let (value, of, field) = at(&self.object, self.of, list);
                let names = match value {
                    Some(Value::Array(items)) => {
                        item_names(items, field, of.and_then(TypeRef::item))
                    }
                    // Items of a list that is absent.
                    None if is_list(of) => Vec::new(),
                    _ => return None,
                };
                self.lists.insert(list.to_owned(), self.names.len());
                self.names.push(names);
                self.names.len() - 1
            }
        };
        let name = self.names.get(number)?.get(index);
        Some(name.map_or("[]", String::as_str))
    }
}

fn is_list(of: Option<TypeRef<'_>>) -> bool {
    of.is_some_and(|of| of.shape() == Shape::List)
}

/// What stands at a pointer, its type, and the field that holds it where it is no item.
fn at<'v, 's>(
    object: &'v Value,
    of: Option<TypeRef<'s>>,
    pointer: &str,
) -> (Option<&'v Value>, Option<TypeRef<'s>>, Option<FieldRef<'s>>) {
    let (mut value, mut of, mut field) = (Some(object), of, None);
    for token in Pointer::parse(pointer).unwrap_or_default().tokens() {
        let index = token.as_index();
        if index.is_some() && value.map_or_else(|| is_list(of), |v| v.as_array().is_some()) {
            (of, field) = (of.and_then(TypeRef::item), None);
        } else {
            field = of.and_then(|of| of.field(token.as_str()));
            of = match field {
                Some(field) => Some(field.value_type()),
                None => of.filter(|of| of.shape() == Shape::Map).and_then(TypeRef::item),
            };
        }
        value = value.and_then(|value| value.step(&token));
    }
    (value, of, field)
}

/// Whether a key can stand behind a dot.
fn is_plain(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    !key.is_empty() && key.bytes().all(plain)
}

/// The index of a list's item: digits without a leading zero.
fn as_index(token: &str) -> Option<usize> {
    match token.as_bytes() {
        [b'0'] => Some(0),
        [b'1'..=b'9', ..] => token.parse().ok(),
        _ => None,
    }
}

fn field(locus: &mut String, key: &str) {
    if !locus.is_empty() {
        locus.push('.');
    }
    locus.push_str(key);
}

/// Names the items of a list: `[name=web]`.
fn item_names(
    items: &[Value],
    field: Option<FieldRef<'_>>,
    of: Option<TypeRef<'_>>,
) -> Vec<String> {
    let names: Vec<String> = items.iter().map(|item| item_name(item, field, of)).collect();
    let mut counts: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    for name in &names {
        *counts.entry(name).or_default() += 1;
    }
    let bracketed = |(item, name): (&Value, &String)| {
        let alone = counts.get(name.as_str()) == Some(&1);
        match (name.is_empty(), alone || item.as_object().is_none()) {
            (false, true) => ["[", name, "]"].concat(),
            // Two of one name are told apart by their content.
            (false, false) => format!("[{name},#{}]", digest(item)),
            (true, _) => format!("[#{}]", digest(item)),
        }
    };
    items.iter().zip(&names).map(bracketed).collect()
}

/// What an item says of itself; empty where it says nothing.
fn item_name(item: &Value, field: Option<FieldRef<'_>>, of: Option<TypeRef<'_>>) -> String {
    match item {
        Value::Object(_) => {
            let keys = field.into_iter().flat_map(FieldRef::keys);
            let named = by_keys(item, keys, of);
            if named.is_empty() { by_keys(item, ["name"].into_iter(), of) } else { named }
        }
        Value::Array(_) | Value::Null => String::new(),
        scalar => text(scalar).into_owned(),
    }
}

/// `key=value` for each key, by the item or else by the key's default.
fn by_keys<'s>(
    item: &Value,
    keys: impl Iterator<Item = &'s str>,
    of: Option<TypeRef<'_>>,
) -> String {
    let mut name = String::new();
    for key in keys {
        let default;
        let value = match item.get(key) {
            Some(value) if !value.is_null() => value,
            _ => match of.and_then(|of| of.field(key)?.default()) {
                Some(value) if value.as_str() != Some("") => {
                    default = value;
                    &default
                }
                _ => continue,
            },
        };
        if !name.is_empty() {
            name.push(',');
        }
        name.extend([key, "=", &text(value)]);
    }
    name
}

/// A scalar as a locus shows it: quoted where it could be mistaken, a digest where it is long.
fn text(value: &Value) -> Cow<'_, str> {
    const LONGEST: usize = 100;
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(other.to_json()),
    };
    if text.len() > LONGEST {
        return Cow::Owned(format!("#{}", digest(value)));
    }
    let mistaken = |c: char| matches!(c, '[' | ']' | ',' | '#' | '"') || c.is_control();
    if text.is_empty() || text.contains(mistaken) { Cow::Owned(format!("{text:?}")) } else { text }
}

/// 32 bits of the FNV-1a hash of a value's JSON, in hexadecimal.
fn digest(value: &Value) -> String {
    let hash = value.to_json().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:08x}", (hash ^ (hash >> 32)) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::Loci;
    use crate::gvk::Gvk;
    use crate::schema::Schemas;
    use sekisho_value::{Pointer, Value, from_json};

    fn locus_at(schemas: &Schemas, object: &Value, pointer: &str) -> String {
        let gvk = Gvk::of(object).unwrap();
        Loci::new(schemas, &gvk, object).locus(&Pointer::parse(pointer).unwrap())
    }

    fn pod() -> Value {
        from_json(
            r#"{"apiVersion":"v1","kind":"Pod",
            "metadata":{"annotations":{"example.com/a":"b"}},
            "spec":{"containers":[
                {"name":"web","image":"a","args":["-x","a,b",""],
                 "ports":[{"containerPort":80},{"containerPort":80,"protocol":"UDP"}],
                 "securityContext":{"capabilities":{"add":["SYS_ADMIN","SYS_ADMIN"]}}},
                {"name":"two","image":"b"},{"name":"two","image":"c"}],
             "tolerations":[{"key":"a"},{"key":"b"}]}}"#,
        )
        .unwrap()
    }

    #[test]
    fn items_go_by_what_tells_them_apart() {
        let schemas = Schemas::builtin();
        let mut all = Loci::new(&schemas, &Gvk::new("", "v1", "Pod"), &pod());
        for (pointer, want) in [
            ("", ""),
            ("/spec/hostPID", "spec.hostPID"),
            ("/spec/containers/0/securityContext", "spec.containers[name=web].securityContext"),
            (
                "/spec/containers/0/ports/0",
                "spec.containers[name=web].ports[containerPort=80,protocol=TCP]",
            ),
            (
                "/spec/containers/0/ports/1",
                "spec.containers[name=web].ports[containerPort=80,protocol=UDP]",
            ),
            ("/spec/containers/0/args/0", "spec.containers[name=web].args[-x]"),
            ("/spec/containers/0/args/1", "spec.containers[name=web].args[\"a,b\"]"),
            ("/spec/containers/0/args/2", "spec.containers[name=web].args[\"\"]"),
            (
                "/spec/containers/0/securityContext/capabilities/add/1",
                "spec.containers[name=web].securityContext.capabilities.add[SYS_ADMIN]",
            ),
            ("/spec/tolerations/1", "spec.tolerations[#45486802]"),
            ("/spec/containers/1", "spec.containers[name=two,#231cf720]"),
            ("/spec/containers/2/image", "spec.containers[name=two,#f79d1710].image"),
            ("/spec/containers/9/name", "spec.containers[].name"),
            ("/spec/volumes/0/name", "spec.volumes[].name"),
            ("/metadata/annotations/example.com~1a", "metadata.annotations[\"example.com/a\"]"),
        ] {
            assert_eq!(locus_at(&schemas, &pod(), pointer), want, "{pointer}");
            assert_eq!(all.locus(&Pointer::parse(pointer).unwrap()), want, "{pointer}");
        }
    }

    /// With a walk over the list for each of its items, this would take minutes.
    #[test]
    fn long_lists_are_named_in_linear_time() {
        let count = 20_000;
        let names: Vec<String> = (0..count).map(|i| format!(r#"{{"name":"c{i}"}}"#)).collect();
        let json = format!(r#"{{"spec":{{"containers":[{}]}}}}"#, names.join(","));
        let schemas = Schemas::builtin();
        let pod = from_json(&json).unwrap();
        let mut loci = Loci::new(&schemas, &Gvk::new("", "v1", "Pod"), &pod);
        for i in 0..count {
            let pointer = Pointer::parse(&format!("/spec/containers/{i}/image")).unwrap();
            assert_eq!(loci.locus(&pointer), format!("spec.containers[name=c{i}].image"));
        }
    }

    #[test]
    fn order_does_not_matter() {
        let schemas = Schemas::builtin();
        let pod = pod();
        let mut turned = pod.clone();
        let lists = ["containers", "tolerations"];
        for list in lists {
            turned
                .get_mut("spec")
                .unwrap()
                .get_mut(list)
                .unwrap()
                .as_array_mut()
                .unwrap()
                .reverse();
        }
        for list in lists {
            let count = pod.path(&["spec", list]).unwrap().as_array().unwrap().len();
            for index in 0..count {
                let before = locus_at(&schemas, &pod, &format!("/spec/{list}/{index}"));
                let after =
                    locus_at(&schemas, &turned, &format!("/spec/{list}/{}", count - 1 - index));
                assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn unknown_kinds_go_by_name_too() {
        let object = from_json(
            r#"{"apiVersion":"example.com/v1","kind":"Thing","spec":{
            "named":[{"name":"a"},{"name":"b"}],"odd":[{"x":1},{"x":2}],"lists":[[1],[2]]}}"#,
        )
        .unwrap();
        let schemas = Schemas::builtin();
        for (pointer, want) in [
            ("/spec/named/1/x", "spec.named[name=b].x"),
            ("/spec/odd/0", "spec.odd[#87d8eaea]"),
            ("/spec/lists/0/0", "spec.lists[#fc9ae53e][1]"),
        ] {
            assert_eq!(locus_at(&schemas, &object, pointer), want, "{pointer}");
        }
    }
}
