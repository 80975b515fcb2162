use crate::gvk::Gvk;
use crate::schema::{FieldRef, Schemas, Shape, TypeRef};
use sekisho_value::{Pointer, Value};
use std::fmt::Write as _;

/// Names the field that a pointer points at so that the name outlives reordering: list items go
/// by what tells them apart, never by their index.
///
/// `/spec/containers/0/securityContext` is `spec.containers[name=web].securityContext`, and the
/// first of `capabilities.add` is `capabilities.add[SYS_ADMIN]`. Items that the schema does not
/// tell apart go by their `name` where each has its own, else by a digest of their content.
#[must_use]
pub fn locus(schemas: &Schemas, gvk: &Gvk, object: &Value, pointer: &Pointer) -> String {
    let mut locus = String::new();
    let mut of = schemas.type_of(gvk);
    let mut field: Option<FieldRef<'_>> = None;
    let mut value = Some(object);
    for token in pointer.tokens() {
        match (value, token.as_index()) {
            (Some(Value::Array(items)), Some(index)) => {
                let item_type = of.and_then(TypeRef::item);
                item(&mut locus, items, index, field, item_type);
                of = item_type;
                field = None;
                value = items.get(index);
            }
            // Items of a list that is absent.
            (None, Some(_)) if of.is_some_and(|of| of.shape() == Shape::List) => {
                locus.push_str("[]");
                of = of.and_then(TypeRef::item);
                field = None;
            }
            (below, _) => {
                key(&mut locus, token.as_str());
                field = of.and_then(|of| of.field(token.as_str()));
                of = match field {
                    Some(field) => Some(field.value_type()),
                    None => of.filter(|of| of.shape() == Shape::Map).and_then(TypeRef::item),
                };
                value = below.and_then(|below| below.get(token.as_str()));
            }
        }
    }
    locus
}

fn key(locus: &mut String, key: &str) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
    if key.is_empty() || !key.bytes().all(plain) {
        // Writing to a `String` cannot fail.
        let _ = write!(locus, "[{key:?}]");
        return;
    }
    if !locus.is_empty() {
        locus.push('.');
    }
    locus.push_str(key);
}

/// Names an item of a list.
fn item(
    locus: &mut String,
    items: &[Value],
    index: usize,
    field: Option<FieldRef<'_>>,
    of: Option<TypeRef<'_>>,
) {
    let Some(item) = items.get(index) else {
        locus.push_str("[]");
        return;
    };
    let names = |item: &Value| match item {
        Value::Object(_) => {
            let keys = field.into_iter().flat_map(FieldRef::keys);
            let named = by_keys(item, keys, of);
            if named.is_empty() { by_keys(item, ["name"].into_iter(), of) } else { named }
        }
        Value::Array(_) | Value::Null => String::new(),
        scalar => text(scalar),
    };
    let name = names(item);
    let alone = items.iter().filter(|other| names(other) == name).count() == 1;
    let _ = match (name.is_empty(), alone || item.as_object().is_none()) {
        (false, true) => write!(locus, "[{name}]"),
        // Two of one name are told apart by their content.
        (false, false) => write!(locus, "[{name},#{}]", digest(item)),
        (true, _) => write!(locus, "[#{}]", digest(item)),
    };
}

/// `key=value` for each key, by the item or else by the key's default.
fn by_keys<'s>(
    item: &Value,
    keys: impl Iterator<Item = &'s str>,
    of: Option<TypeRef<'_>>,
) -> String {
    let mut name = String::new();
    for key in keys {
        let default = || of?.field(key)?.default();
        let value = match item.get(key) {
            Some(value) if !value.is_null() => Some(value.clone()),
            _ => default().filter(|default| default.as_str() != Some("")),
        };
        let Some(value) = value else { continue };
        if !name.is_empty() {
            name.push(',');
        }
        let _ = write!(name, "{key}={}", text(&value));
    }
    name
}

/// A scalar as a locus shows it: quoted where it could be mistaken, a digest where it is long.
fn text(value: &Value) -> String {
    const LONGEST: usize = 100;
    let text = match value {
        Value::String(text) => text.to_string(),
        other => other.to_json(),
    };
    if text.len() > LONGEST {
        return format!("#{}", digest(value));
    }
    let mistaken = |c: char| matches!(c, '[' | ']' | ',' | '#' | '"') || c.is_control();
    if text.is_empty() || text.contains(mistaken) { format!("{text:?}") } else { text }
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
    use super::locus;
    use crate::gvk::Gvk;
    use crate::schema::Schemas;
    use sekisho_value::{Pointer, Value, from_json};

    fn at(schemas: &Schemas, object: &Value, pointer: &str) -> String {
        let gvk = Gvk::of(object).unwrap();
        locus(schemas, &gvk, object, &Pointer::parse(pointer).unwrap())
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
            assert_eq!(at(&schemas, &pod(), pointer), want, "{pointer}");
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
                let before = at(&schemas, &pod, &format!("/spec/{list}/{index}"));
                let after = at(&schemas, &turned, &format!("/spec/{list}/{}", count - 1 - index));
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
            assert_eq!(at(&schemas, &object, pointer), want, "{pointer}");
        }
    }
}
