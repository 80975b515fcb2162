//! The cases of one kind.

use super::changes::changes;
use super::pack;
use crate::record::ask::{Asker, Outcome};
use crate::record::golden::Case;
use crate::record::schema::{Kind, Type};
use crate::record::site::{Site, Writer, sites};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// An enumeration longer than this is represented by its first value.
const LISTED: usize = 8;

/// Of each kind but Deployment, so many objects with fields of pod templates are kept.
const TEMPLATES: usize = 6;

/// Asks for every field of a kind. What changes the object in a way of its own is recorded alone;
/// the rest, of which the server stores what it was given, many in one object.
pub(super) fn kind(
    writer: Writer<'_>,
    kind: &Kind,
    base: &Json,
    asker: &mut Asker<'_>,
) -> anyhow::Result<Vec<Case>> {
    let prefix = format!("{} {}", kind.api_version(), kind.kind);
    let mut cases = Vec::new();
    let mut seen = BTreeSet::new();
    if let Outcome::Stored(case) = asker.stored(&prefix, base)? {
        seen.insert(changes(&case).to_json());
        cases.push(case);
    }
    let (templates, own): (Vec<_>, Vec<_>) = sites(writer.schemas, writer.tables, kind)
        .into_iter()
        .partition(|site| site.is_within("PodTemplateSpec"));

    let mut plain = Vec::new();
    for site in &own {
        let alone = site.alone();
        for value in values(writer, site) {
            let name = format!("{prefix} {site}={}", shown(&value));
            let mut object = base.clone();
            writer.set(&mut object, kind, &alone, &value);
            if let Outcome::Stored(case) = asker.stored(&name, &object)? {
                if seen.insert(changes(&case).to_json()) {
                    cases.push(case);
                } else {
                    plain.push((site, value));
                }
            }
        }
    }
    let mut packer =
        pack::Packer { writer, kind, base, asker, cases: &mut cases, most: usize::MAX };
    packer.together(&format!("{prefix} kept"), &plain)?;
    for (what, of) in VARIANTS {
        packer.pack(&format!("{prefix} {what}"), edits(&own, of))?;
    }
    // Of pod templates all kinds think alike: a Deployment's shows every field, the others' some,
    // and pods themselves show fields alone.
    if kind.kind != "Deployment" {
        packer.most = TEMPLATES;
    }
    let first = |site: &Site| values(writer, site).into_iter().next();
    packer.pack(&format!("{prefix} template"), edits(&templates, first))?;
    if kind.kind == "Deployment" {
        for (what, of) in VARIANTS {
            packer.pack(&format!("{prefix} template {what}"), edits(&templates, of))?;
        }
    }
    Ok(cases)
}

/// What a field is set to, where that makes sense.
type Variant = fn(&Site) -> Option<Json>;

/// What is asked of many fields together.
const VARIANTS: [(&str, Variant); 3] = [("null", null), ("zero", zero), ("empty", empty)];

fn edits(sites: &[Site], value: impl Fn(&Site) -> Option<Json>) -> Vec<pack::Edit<'_>> {
    sites.iter().filter_map(|site| Some((site, value(site)?))).collect()
}

/// The values to set a field to.
fn values(writer: Writer<'_>, site: &Site) -> Vec<Json> {
    let mut values = match writer.tables.values(site.owner(), site.field()) {
        Some(values) => values.to_vec(),
        None => match &site.ty {
            Type::Text(listed) if (1..=LISTED).contains(&listed.len()) => {
                listed.iter().map(|value| json!(value)).collect()
            }
            Type::IntOrString => vec![json!(1), json!("10%")],
            ty => vec![writer.minimal(ty)],
        },
    };
    if writer.schemas.fields(&site.ty).is_some() && !values.contains(&json!({})) {
        values.push(json!({}));
    }
    values
}

/// Null is as good as absent, also where the field is required.
#[expect(clippy::unnecessary_wraps, reason = "one of `VARIANTS`")]
fn null(_site: &Site) -> Option<Json> {
    Some(Json::Null)
}

fn zero(site: &Site) -> Option<Json> {
    match site.ty {
        _ if site.required => None,
        Type::Text(_) | Type::Bytes => Some(json!("")),
        Type::Integer(_) | Type::Double | Type::Quantity | Type::IntOrString => Some(json!(0)),
        Type::Bool => Some(json!(false)),
        _ => None,
    }
}

fn empty(site: &Site) -> Option<Json> {
    match site.ty {
        Type::List(_) => Some(json!([])),
        Type::Map(_) | Type::Struct(_) => Some(json!({})),
        _ => None,
    }
}

/// A value in the name of a case.
fn shown(value: &Json) -> String {
    let text = value.to_string();
    if text.len() > 60 { "…".to_owned() } else { text }
}
