//! Reads `builtin.bin`, the table that `cargo xtask schemas` writes.
//!
//! Nothing is parsed at start and nothing is allocated: records are read where they lie. All
//! numbers are little-endian; in each section a record is a fixed count of 16-bit words, and
//! `0xFFFF` means none.
//!
//! ```text
//! "SEKISHO1"
//! u32 count of strings
//! u32 × 6 count of words in the sections types, fields, shapes, extras, lists, kinds
//! u32 × (strings + 1)   where each string begins (and the last ends)
//! types   name, first field, count of fields, list of expected fields (required or always stored)
//! fields  name, shape, flags, extra; those of one type are sorted by name
//! shapes  sort, argument: a type, or the shape of the items
//! extras  default (JSON text), list type, list of keys, list of permitted values
//! lists   count, then that many words
//! kinds   kind, group, version, plural, type, flags, list of subresources, minor version of
//!         removal, group, version and kind of what replaces it; sorted by the first three
//! the strings, sorted
//! ```

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::LazyLock;

const NONE: u16 = u16::MAX;
static BYTES: &[u8] = include_bytes!("builtin.bin");

/// The sections of the table.
#[derive(Debug, Default)]
struct Blob {
    offsets: &'static [[u8; 4]],
    types: &'static [[u8; 8]],
    fields: &'static [[u8; 8]],
    shapes: &'static [[u8; 4]],
    extras: &'static [[u8; 8]],
    lists: &'static [[u8; 2]],
    kinds: &'static [[u8; 22]],
    text: &'static str,
}

/// An unreadable table is an empty one, so that a built-in kind is at worst an unknown one; the
/// tests of this module keep that from happening.
static BLOB: LazyLock<Blob> = LazyLock::new(|| read(BYTES).unwrap_or_default());

fn read(bytes: &'static [u8]) -> Option<Blob> {
    let rest = bytes.strip_prefix(b"SEKISHO1")?;
    let (header, rest) = rest.split_at_checked(7 * 4)?;
    let mut counts = header.as_chunks().0.iter().map(|count| u32::from_le_bytes(*count) as usize);
    let strings = counts.next()?;
    let (offsets, mut rest) = rest.split_at_checked((strings + 1) * 4)?;
    let mut section = || {
        let (section, tail) = rest.split_at_checked(counts.next()? * 2)?;
        rest = tail;
        Some(section)
    };
    let [types, fields, shapes] = [section()?, section()?, section()?];
    let [extras, lists, kinds] = [section()?, section()?, section()?];
    Some(Blob {
        offsets: offsets.as_chunks().0,
        types: types.as_chunks().0,
        fields: fields.as_chunks().0,
        shapes: shapes.as_chunks().0,
        extras: extras.as_chunks().0,
        lists: lists.as_chunks().0,
        kinds: kinds.as_chunks().0,
        text: std::str::from_utf8(rest).ok()?,
    })
}

fn string(id: u16) -> &'static str {
    range(id).and_then(|range| BLOB.text.get(range)).unwrap_or_default()
}

/// Where the text of a string stands.
#[inline]
fn range(id: u16) -> Option<Range<usize>> {
    let offsets = BLOB.offsets.get(usize::from(id)..)?;
    let [from, to] = offsets.first_chunk()?;
    Some(u32::from_le_bytes(*from) as usize..u32::from_le_bytes(*to) as usize)
}

/// How a string compares to a name. Most differ in their first byte.
#[inline]
fn compare(id: u16, name: &str) -> Ordering {
    let bytes = range(id).and_then(|range| BLOB.text.as_bytes().get(range)).unwrap_or_default();
    let name = name.as_bytes();
    bytes.first().cmp(&name.first()).then_with(|| bytes.cmp(name))
}

/// The words of a list.
fn list(at: u16) -> impl ExactSizeIterator<Item = u16> + Clone {
    let from = BLOB.lists.get(usize::from(at)..).unwrap_or_default();
    let (len, words) = match from.split_first() {
        Some((len, words)) => (usize::from(u16::from_le_bytes(*len)), words),
        None => (0, from),
    };
    words.get(..len).unwrap_or_default().iter().map(|word| u16::from_le_bytes(*word))
}

fn words<const BYTES: usize, const WORDS: usize>(record: &[u8; BYTES]) -> [u16; WORDS] {
    let mut words = [NONE; WORDS];
    for (word, bytes) in words.iter_mut().zip(record.as_chunks().0) {
        *word = u16::from_le_bytes(*bytes);
    }
    words
}

/// What a value is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Bool,
    String,
    Int32,
    Int64,
    Double,
    Bytes,
    Any,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    Struct(Struct),
    List(Item),
    Map(Item),
    SchemaOrBool(Struct),
    SchemaOrList(Struct),
    SchemaOrStrings(Struct),
}

/// The shape of the items of a list or of the values of a map, not yet read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item(u16);

impl Item {
    #[inline]
    pub(crate) fn shape(self) -> Shape {
        shape(self.0)
    }
}

#[inline]
fn shape(id: u16) -> Shape {
    let [sort, argument] = BLOB.shapes.get(usize::from(id)).map_or([NONE; 2], words);
    match sort {
        0 => Shape::Bool,
        1 => Shape::String,
        2 => Shape::Int32,
        3 => Shape::Int64,
        4 => Shape::Double,
        5 => Shape::Bytes,
        7 => Shape::Quantity,
        8 => Shape::IntOrString,
        9 => Shape::Time,
        10 => Shape::MicroTime,
        11 => Shape::Struct(Struct(argument)),
        12 => Shape::List(Item(argument)),
        13 => Shape::Map(Item(argument)),
        14 => Shape::SchemaOrBool(Struct(argument)),
        15 => Shape::SchemaOrList(Struct(argument)),
        16 => Shape::SchemaOrStrings(Struct(argument)),
        _ => Shape::Any,
    }
}

/// A type with named fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Struct(u16);

impl Struct {
    fn record(self) -> [u16; 4] {
        BLOB.types.get(usize::from(self.0)).map_or([0; 4], words)
    }

    pub(crate) fn name(self) -> &'static str {
        let [name, ..] = self.record();
        string(name)
    }

    #[inline]
    pub(crate) fn fields(self) -> Fields {
        let [_, first, count, expected] = self.record();
        let first = usize::from(first);
        let records = BLOB.fields.get(first..first + usize::from(count)).unwrap_or_default();
        Fields { records, expected }
    }
}

/// The fields of a type, sorted by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    records: &'static [[u8; 8]],
    expected: u16,
}

impl Fields {
    #[inline]
    pub(crate) fn find(self, name: &str) -> Option<Field> {
        self.find_from(&mut 0, name)
    }

    /// Finds a field at or behind `from`, and sets `from` behind it: for names in order.
    #[inline]
    pub(crate) fn find_from(self, from: &mut usize, name: &str) -> Option<Field> {
        let records = self.records.get(*from..).unwrap_or_default();
        match records.binary_search_by(|record| compare(words::<8, 4>(record)[0], name)) {
            Ok(index) => {
                *from += index + 1;
                records.get(index).map(|record| Field(words(record)))
            }
            Err(index) => {
                *from += index;
                None
            }
        }
    }

    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = Field> {
        self.records.iter().map(|record| Field(words(record)))
    }

    /// Those that are required or stored even where absent.
    #[inline]
    pub(crate) fn expected(self) -> impl Iterator<Item = Field> {
        list(self.expected)
            .filter_map(move |index| self.records.get(usize::from(index)))
            .map(|record| Field(words(record)))
    }
}

/// A field of a type: name, shape, flags, extra.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field([u16; 4]);

impl Field {
    #[inline]
    pub(crate) fn name(self) -> &'static str {
        string(self.0[0])
    }

    #[inline]
    pub(crate) fn shape(self) -> Shape {
        shape(self.0[1])
    }

    #[inline]
    fn flag(self, bit: u16) -> bool {
        self.0[2] & (1 << bit) != 0
    }

    #[inline]
    pub(crate) fn required(self) -> bool {
        self.flag(0)
    }

    #[inline]
    pub(crate) fn always(self) -> bool {
        self.flag(1)
    }

    #[inline]
    pub(crate) fn drops_zero(self) -> bool {
        self.flag(2)
    }

    pub(crate) fn pointer(self) -> bool {
        self.flag(3)
    }

    fn extra(self) -> [u16; 4] {
        BLOB.extras.get(usize::from(self.0[3])).map_or([NONE, 0, 0, 0], words)
    }

    pub(crate) fn default_json(self) -> Option<&'static str> {
        let [default, ..] = self.extra();
        (default != NONE).then(|| string(default))
    }

    pub(crate) fn list_type(self) -> u16 {
        let [_, list_type, ..] = self.extra();
        list_type
    }

    pub(crate) fn keys(self) -> impl ExactSizeIterator<Item = &'static str> + Clone {
        let [_, _, keys, _] = self.extra();
        list(keys).map(string)
    }

    pub(crate) fn permitted(self) -> impl ExactSizeIterator<Item = &'static str> {
        let [_, _, _, values] = self.extra();
        list(values).map(string)
    }
}

/// A built-in kind of one version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind([u16; 11]);

impl Kind {
    pub(crate) fn find(group: &str, version: &str, kind: &str) -> Option<Self> {
        let wanted = (kind, group, version);
        let index = BLOB.kinds.binary_search_by(|record| {
            let [kind, group, version, ..] = words::<22, 11>(record);
            // The first decides nearly always; the others are not read before.
            match string(kind).cmp(wanted.0) {
                Ordering::Equal => (string(group), string(version)).cmp(&(wanted.1, wanted.2)),
                decided => decided,
            }
        });
        BLOB.kinds.get(index.ok()?).map(|record| Self(words(record)))
    }

    pub(crate) fn all() -> impl ExactSizeIterator<Item = Self> {
        BLOB.kinds.iter().map(|record| Self(words(record)))
    }

    pub(crate) fn kind(self) -> &'static str {
        string(self.0[0])
    }

    pub(crate) fn group(self) -> &'static str {
        string(self.0[1])
    }

    pub(crate) fn version(self) -> &'static str {
        string(self.0[2])
    }

    pub(crate) fn plural(self) -> &'static str {
        string(self.0[3])
    }

    /// `None` where the schema of a kind that is gone is not known.
    pub(crate) fn structure(self) -> Option<Struct> {
        (self.0[4] != NONE).then_some(Struct(self.0[4]))
    }

    pub(crate) fn namespaced(self) -> bool {
        self.0[5] & 1 != 0
    }

    pub(crate) fn served(self) -> bool {
        self.0[5] & 2 == 0
    }

    pub(crate) fn subresources(self) -> impl ExactSizeIterator<Item = &'static str> {
        list(self.0[6]).map(string)
    }

    /// The minor version of Kubernetes 1 that serves it no longer.
    pub(crate) fn removed(self) -> Option<u16> {
        (self.0[7] != NONE).then_some(self.0[7])
    }

    /// Group, version and kind.
    pub(crate) fn replacement(self) -> Option<[&'static str; 3]> {
        let [group, version, kind] = [self.0[8], self.0[9], self.0[10]];
        (group != NONE).then(|| [string(group), string(version), string(kind)])
    }
}

#[cfg(test)]
#[path = "blob_tests.rs"]
mod tests;
