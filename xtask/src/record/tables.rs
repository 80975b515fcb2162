//! What the schemas do not tell: minimal objects, values that validation lets through, fields
//! that need others.

use anyhow::Context as _;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The hand-made tables of this folder.
#[derive(Debug)]
pub(crate) struct Tables {
    /// the smallest object of each kind: by kind, or by `group/version Kind`
    bases: Map<String, Json>,
    /// the smallest value of a type, by its short name
    types: Map<String, Json>,
    /// values to try, by `Type.field`
    fields: Map<String, Json>,
    /// values to try, by the field's name alone
    names: Map<String, Json>,
    /// types of which one member alone may be set
    unions: Map<String, Json>,
    /// what must be there besides a field, by `Type.field`
    needs: BTreeMap<String, Vec<Need>>,
    /// fields that cannot be created, with the reason
    skip: Map<String, Json>,
    /// kinds that are never stored, with the reason
    kinds: Map<String, Json>,
}

/// What a field needs.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    /// the nearest type above the field into which it is merged
    pub(crate) within: String,
    /// a merge patch (RFC 7396)
    pub(crate) merge: Json,
}

impl Tables {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let mut tables: Map<String, Json> = serde_json::from_str(include_str!("tables.json"))?;
        let mut table = |name: &str| match tables.remove(name) {
            Some(Json::Object(table)) => Ok(table),
            _ => Err(anyhow::anyhow!("tables.json has no `{name}`")),
        };
        let mut needs = BTreeMap::new();
        for (field, list) in table("needs")? {
            let owner = field.split('.').next().unwrap_or_default().to_owned();
            let list = list.as_array().cloned().with_context(|| field.clone())?;
            let of = list.into_iter().map(|need| Need {
                within: need.get("in").and_then(Json::as_str).unwrap_or(&owner).to_owned(),
                merge: need.get("merge").cloned().unwrap_or_default(),
            });
            needs.insert(field, of.collect());
        }
        Ok(Self {
            bases: serde_json::from_str(include_str!("bases.json"))?,
            types: table("types")?,
            fields: table("fields")?,
            names: table("names")?,
            unions: table("unions")?,
            needs,
            skip: table("skip")?,
            kinds: table("kinds")?,
        })
    }

    pub(crate) fn base(&self, api_version: &str, kind: &str) -> Option<&Json> {
        self.bases.get(&format!("{api_version} {kind}")).or_else(|| self.bases.get(kind))
    }

    pub(crate) fn of_type(&self, short: &str) -> Option<&Json> {
        self.types.get(short)
    }

    /// The values to try for a field, where they are listed.
    pub(crate) fn values(&self, owner: &str, field: &str) -> Option<&[Json]> {
        self.fields
            .get(&format!("{owner}.{field}"))
            .or_else(|| self.names.get(field))
            .and_then(Json::as_array)
            .map(Vec::as_slice)
    }

    /// The members of a type that exclude this one.
    pub(crate) fn rivals<'a>(
        &'a self,
        owner: &str,
        field: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let union = self.unions.get(owner).and_then(Json::as_array).map(Vec::as_slice);
        let members = union.unwrap_or_default().iter().filter_map(Json::as_str);
        let inside = members.clone().any(|member| member == field);
        members.filter(move |member| inside && *member != field)
    }

    /// Where a field stands among the members of its type's union; 0 where there is none.
    pub(crate) fn position(&self, owner: &str, field: &str) -> usize {
        let union = self.unions.get(owner).and_then(Json::as_array).map(Vec::as_slice);
        let mut members = union.unwrap_or_default().iter().filter_map(Json::as_str);
        members.position(|member| member == field).unwrap_or_default()
    }

    pub(crate) fn needs(&self, owner: &str, field: &str) -> &[Need] {
        self.needs.get(&format!("{owner}.{field}")).map(Vec::as_slice).unwrap_or_default()
    }

    /// Why a field is left out.
    pub(crate) fn skipped(&self, owner: &str, field: &str) -> Option<&str> {
        self.skip.get(&format!("{owner}.{field}")).and_then(Json::as_str)
    }

    /// Why a kind is left out.
    pub(crate) fn skipped_kind(&self, kind: &str) -> Option<&str> {
        self.kinds.get(kind).and_then(Json::as_str)
    }
}
