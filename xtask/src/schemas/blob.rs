//! Writes the table in the layout that `kube-model`'s `schema/blob.rs` documents and reads.

use super::table::{Extra, Field, Kind, Shape, Table};
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};

const NONE: u16 = u16::MAX;

pub(super) fn write(table: &Table) -> anyhow::Result<Vec<u8>> {
    let mut writer = Writer::new(table)?;
    let mut types = Vec::new();
    let mut fields = Vec::new();
    for of in &table.types {
        let first = short(fields.len() / 4)?;
        let mut expected = Vec::new();
        for (index, field) in of.fields.iter().enumerate() {
            if field.always || field.required {
                expected.push(short(index)?);
            }
            writer.field(field, &mut fields)?;
        }
        let expected = writer.list(expected)?;
        types.extend([writer.string(&of.name)?, first, short(of.fields.len())?, expected]);
    }
    let mut kinds = Vec::new();
    for kind in &table.kinds {
        writer.kind(kind, &mut kinds)?;
    }

    let sections = [
        types.as_slice(),
        &fields,
        &writer.shape_words,
        &writer.extra_words,
        &writer.list_words,
        &kinds,
    ];
    let strings: Vec<&str> = writer.strings.keys().map(String::as_str).collect();
    let mut bytes = b"SEKISHO1".to_vec();
    bytes.extend(u32::try_from(strings.len())?.to_le_bytes());
    for section in sections {
        bytes.extend(u32::try_from(section.len())?.to_le_bytes());
    }
    let mut offset = 0;
    for end in std::iter::once(0).chain(strings.iter().map(|string| string.len())) {
        offset += u32::try_from(end)?;
        bytes.extend(offset.to_le_bytes());
    }
    for section in sections {
        bytes.extend(section.iter().flat_map(|word| word.to_le_bytes()));
    }
    bytes.extend(strings.iter().flat_map(|string| string.bytes()));
    Ok(bytes)
}

/// The shared parts; everything is in 16-bit words.
struct Writer {
    strings: BTreeMap<String, u16>,
    shapes: BTreeMap<Shape, u16>,
    shape_words: Vec<u16>,
    extras: BTreeMap<Extra, u16>,
    extra_words: Vec<u16>,
    lists: BTreeMap<Vec<u16>, u16>,
    list_words: Vec<u16>,
}

impl Writer {
    fn new(table: &Table) -> anyhow::Result<Self> {
        let mut strings = BTreeSet::new();
        for of in &table.types {
            strings.insert(of.name.as_str());
            for field in &of.fields {
                strings.insert(&field.name);
                strings.extend(field.extra.default.as_deref());
                strings.extend(field.extra.keys.iter().map(String::as_str));
                strings.extend(field.extra.values.iter().map(String::as_str));
            }
        }
        for kind in &table.kinds {
            strings.extend([kind.group.as_str(), &kind.version, &kind.kind, &kind.plural]);
            strings.extend(kind.subresources.iter().map(String::as_str));
            let unserved = kind.unserved.as_ref();
            if let Some((group, version, kind)) = unserved.and_then(|of| of.replacement.as_ref()) {
                strings.extend([group.as_str(), version, kind]);
            }
        }
        let strings = strings
            .into_iter()
            .enumerate()
            .map(|(index, string)| Ok((string.to_owned(), short(index)?)))
            .collect::<anyhow::Result<_>>()?;
        let mut writer = Self {
            strings,
            shapes: BTreeMap::new(),
            shape_words: Vec::new(),
            extras: BTreeMap::new(),
            extra_words: Vec::new(),
            lists: BTreeMap::new(),
            list_words: Vec::new(),
        };
        // The empty list and the empty extra are number 0.
        writer.list(Vec::new())?;
        writer.extra(&Extra::default())?;
        Ok(writer)
    }

    fn string(&self, string: &str) -> anyhow::Result<u16> {
        self.strings.get(string).copied().with_context(|| format!("`{string}` was not collected"))
    }

    fn strings(&mut self, strings: &[String]) -> anyhow::Result<u16> {
        let words = strings.iter().map(|string| self.string(string)).collect::<Result<_, _>>()?;
        self.list(words)
    }

    fn list(&mut self, words: Vec<u16>) -> anyhow::Result<u16> {
        if let Some(at) = self.lists.get(&words) {
            return Ok(*at);
        }
        let at = short(self.list_words.len())?;
        self.list_words.push(short(words.len())?);
        self.list_words.extend(&words);
        self.lists.insert(words, at);
        Ok(at)
    }

    fn shape(&mut self, shape: &Shape) -> anyhow::Result<u16> {
        if let Some(at) = self.shapes.get(shape) {
            return Ok(*at);
        }
        let words = match shape {
            Shape::Scalar(number) => [*number, 0],
            Shape::Struct(index) => [11, short(*index)?],
            Shape::List(item) => [12, self.shape(item)?],
            Shape::Map(item) => [13, self.shape(item)?],
            Shape::SchemaOr(which, index) => [13 + which, short(*index)?],
        };
        let at = short(self.shape_words.len() / 2)?;
        self.shape_words.extend(words);
        self.shapes.insert(shape.clone(), at);
        Ok(at)
    }

    fn extra(&mut self, extra: &Extra) -> anyhow::Result<u16> {
        if let Some(at) = self.extras.get(extra) {
            return Ok(*at);
        }
        let default = match &extra.default {
            Some(default) => self.string(default)?,
            None => NONE,
        };
        let words = [default, extra.list, self.strings(&extra.keys)?, self.strings(&extra.values)?];
        let at = short(self.extra_words.len() / 4)?;
        self.extra_words.extend(words);
        self.extras.insert(extra.clone(), at);
        Ok(at)
    }

    fn field(&mut self, field: &Field, words: &mut Vec<u16>) -> anyhow::Result<()> {
        let flags = u16::from(field.required)
            | u16::from(field.always) << 1
            | u16::from(field.drops_zero) << 2
            | u16::from(field.pointer) << 3;
        let shape = self.shape(&field.shape)?;
        words.extend([self.string(&field.name)?, shape, flags, self.extra(&field.extra)?]);
        Ok(())
    }

    fn kind(&mut self, kind: &Kind, words: &mut Vec<u16>) -> anyhow::Result<()> {
        let unserved = kind.unserved.as_ref();
        let replacement = match unserved.and_then(|of| of.replacement.as_ref()) {
            Some((group, version, kind)) => {
                [self.string(group)?, self.string(version)?, self.string(kind)?]
            }
            None => [NONE; 3],
        };
        words.extend([
            self.string(&kind.kind)?,
            self.string(&kind.group)?,
            self.string(&kind.version)?,
            self.string(&kind.plural)?,
            kind.type_index.map_or(Ok(NONE), short)?,
            u16::from(kind.namespaced) | u16::from(unserved.is_some()) << 1,
            self.strings(&kind.subresources)?,
            unserved.and_then(|of| of.removed).unwrap_or(NONE),
        ]);
        words.extend(replacement);
        Ok(())
    }
}

fn short(number: usize) -> anyhow::Result<u16> {
    u16::try_from(number).ok().filter(|number| *number != NONE).context("the table is too large")
}
