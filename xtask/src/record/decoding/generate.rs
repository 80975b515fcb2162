//! Questions from the schemas.

use super::Question;
use crate::record::schema::{Kind, Type};
use crate::record::site::{Site, Writer, sites};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// As many types are asked about in one object, each with a field too many.
const TOGETHER: usize = 12;

/// A key that begins so loses this beginning in the text, and is there twice.
const TWICE: &str = "\u{7f}";

/// Every field of every type once with a wrong value, and every type with an unknown and with a
/// duplicate field.
pub(super) fn questions(writer: Writer<'_>) -> Vec<Question> {
    let mut questions = Vec::new();
    let (mut fields, mut types) = (BTreeSet::new(), BTreeSet::new());
    // Each kind of type has its wrong values by turns.
    let mut turns = BTreeMap::new();
    for kind in &writer.schemas.kinds {
        if writer.tables.skipped_kind(&kind.kind).is_some() {
            continue;
        }
        let Some(base) = writer.base(kind) else { continue };
        let prefix = format!("{} {}", kind.api_version(), kind.kind);
        let sites: Vec<Site> = sites(writer.schemas, writer.tables, kind);
        for site in &sites {
            let wrong = wrong(&site.ty);
            if wrong.is_empty() || !fields.insert(format!("{}.{}", site.owner(), site.field())) {
                continue;
            }
            let turn = turns.entry(class(&site.ty)).or_insert(0_usize);
            let value = wrong.get(*turn % wrong.len()).cloned().unwrap_or_default();
            *turn += 1;
            let mut object = base.clone();
            writer.set(&mut object, kind, &site.alone(), &value);
            questions.push(Question {
                file: "types",
                name: format!("{prefix} {site}={value}"),
                text: object.to_string(),
                like: base.clone(),
            });
        }
        let new: Vec<&Site> =
            sites.iter().filter(|site| types.insert(site.owner().to_owned())).collect();
        for sites in new.chunks(TOGETHER) {
            for (what, extra) in [("unknown", "nope"), ("duplicate", TWICE)] {
                let object = extended(writer, kind, &base, sites, extra);
                let owners: Vec<&str> = sites.iter().map(|site| site.owner()).collect();
                questions.push(Question {
                    file: "fields",
                    name: format!("{prefix} {what} in {}", owners.join(", ")),
                    text: object.to_string().replace(&format!("\"{TWICE}"), "\""),
                    like: base.clone(),
                });
            }
        }
    }
    questions
}

/// The object with a field too many beside each of these.
fn extended(writer: Writer<'_>, kind: &Kind, base: &Json, sites: &[&Site], extra: &str) -> Json {
    let mut object = base.clone();
    for site in sites {
        let value = writer.minimal(&site.ty);
        writer.set(&mut object, kind, &site.alone(), &value);
    }
    for site in sites {
        let site = site.alone();
        let Some(fields) = site.holder(&mut object) else { continue };
        let value = fields.get(site.field()).cloned().unwrap_or_default();
        if extra == TWICE {
            fields.insert(format!("{TWICE}{}", site.field()), value);
        } else {
            fields.insert(extra.to_owned(), value);
        }
    }
    object
}

/// Types that are decoded alike.
fn class(ty: &Type) -> &'static str {
    match ty {
        Type::Struct(_) => "struct",
        Type::List(_) => "list",
        Type::Map(_) => "map",
        Type::Text(_) => "text",
        Type::Bytes => "bytes",
        Type::Time | Type::MicroTime => "time",
        Type::Integer(false) => "int32",
        Type::Integer(true) => "int64",
        Type::Double => "double",
        Type::Bool => "bool",
        Type::Quantity => "quantity",
        Type::IntOrString => "int-or-string",
        Type::Any(_) => "any",
    }
}

/// Values that a type should not take.
fn wrong(ty: &Type) -> Vec<Json> {
    match ty {
        Type::Struct(_) => vec![json!("x"), json!([]), json!(1), json!(true), json!([{}])],
        Type::List(_) => vec![json!("x"), json!({}), json!(0), json!(false), json!({"0": {}})],
        Type::Map(_) => vec![json!("x"), json!([]), json!(1), json!(true), json!({"k": [[]]})],
        Type::Text(_) => vec![json!(1), json!(true), json!(["x"]), json!({}), json!(1.5)],
        Type::Bytes => vec![json!("!"), json!(1), json!({}), json!("eA="), json!(true)],
        Type::Time | Type::MicroTime => vec![json!("x"), json!(1), json!("2020-01-01"), json!({})],
        Type::Integer(false) => {
            vec![json!("1"), json!(1.5), json!(2_147_483_648_i64), json!(true), json!([1])]
        }
        Type::Integer(true) => {
            vec![json!("1"), json!(0.5), json!(9_223_372_036_854_775_808_u64), json!(false)]
        }
        Type::Double => vec![json!("1"), json!(true)],
        Type::Bool => vec![json!("true"), json!(1), json!("yes"), json!({}), json!([])],
        Type::Quantity => vec![json!("x"), json!(true), json!({}), json!("1 Gi"), json!([])],
        Type::IntOrString => vec![json!(true), json!(1.5), json!({}), json!([])],
        Type::Any(_) => Vec::new(),
    }
}
