//! Scalars, aliases, and the anchors and tags before them.

use super::build::Built;
use super::key::KeyStart;
use super::parse::Parser;
use super::property::{self, Tag};
use super::quoted::quoted;
use super::resolve::{Resolved, resolve_plain, resolve_tagged, to_key, to_value};
use super::scalar::{self, Piece};
use super::state::{State, unexpected};
use crate::fault::Fault;
use crate::spans::{Node, narrow};
use sekisho_value::{Key, Value};

/// An anchor, a tag or both, whose node has not come yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Properties<'t> {
    pub(super) anchor: Option<&'t str>,
    pub(super) tag: Option<Tag>,
    /// Where they begin, if a key may begin there.
    pub(super) key: Option<KeyStart>,
    pub(super) start: usize,
}

impl<'t> Parser<'t> {
    #[inline]
    pub(super) fn plain(&mut self) -> Result<(), Fault> {
        let key = self.key_start();
        self.key_allowed = false;
        let start = self.cursor.at;
        let indent = usize::try_from(self.indent + 1).unwrap_or(0);
        let in_flow = self.flow > 0;
        let (piece, end, broken) =
            scalar::plain(&mut self.cursor, &mut self.buffer, indent, in_flow)?;
        if end == start {
            return Err(Fault::new(start, "unexpected character"));
        }
        if broken {
            self.key_allowed = true;
        }
        self.key_or_node(piece, true, key, start, end)
    }

    pub(super) fn quoted(&mut self) -> Result<(), Fault> {
        let key = self.key_start();
        self.key_allowed = false;
        let start = self.cursor.at;
        let piece = quoted(&mut self.cursor, &mut self.buffer)?;
        let end = self.cursor.at;
        self.key_or_node(piece, false, key, start, end)
    }

    pub(super) fn block_scalar(&mut self) -> Result<(), Fault> {
        if let Some(key) = self.properties.and_then(|properties| properties.key)
            && key.required
        {
            return Err(self.no_colon(key));
        }
        self.key_allowed = true;
        let start = self.cursor.at;
        let properties = self.properties.take().unwrap_or_default();
        scalar::block(&mut self.cursor, &mut self.buffer, self.indent)?;
        self.take(Piece::Buffer, false, properties, start, 1)
    }

    /// Takes a scalar, as a key where `:` follows.
    #[inline]
    pub(super) fn key_or_node(
        &mut self,
        piece: Piece,
        plain: bool,
        key: Option<KeyStart>,
        start: usize,
        end: usize,
    ) -> Result<(), Fault> {
        let len = end - start;
        let is_key = self.is_key(key)?;
        let properties = self.properties.take().unwrap_or_default();
        if let Some(key) = is_key {
            // Properties on an earlier line are those of the object that begins with the key.
            let own = properties.key.is_some_and(|begin| begin.at == key.at);
            let (own, outer) = if own {
                (properties, None)
            } else {
                (Properties::default(), Some(properties).filter(has_any))
            };
            self.properties = outer;
            self.implicit_key(key, start, len)?;
            self.take(piece, plain, own, start, len)?;
            return self.value_indicator();
        }
        self.take(piece, plain, properties, start, len)
    }

    #[inline]
    pub(super) fn take(
        &mut self,
        piece: Piece,
        plain: bool,
        properties: Properties<'t>,
        start: usize,
        len: usize,
    ) -> Result<(), Fault> {
        match piece {
            Piece::Source { from, to } => {
                let text = self.cursor.slice(from, to);
                self.scalar(text, plain, properties, start, len)
            }
            Piece::Buffer => {
                let buffer = std::mem::take(&mut self.buffer);
                let taken = self.scalar(&buffer, plain, properties, start, len);
                self.buffer = buffer;
                taken
            }
        }
    }

    /// Takes a scalar.
    #[inline]
    pub(super) fn scalar(
        &mut self,
        text: &str,
        plain: bool,
        properties: Properties<'t>,
        start: usize,
        len: usize,
    ) -> Result<(), Fault> {
        let resolved = match properties.tag {
            Some(tag) => resolve_tagged(text, tag, start, self.scheme)?,
            None if plain => resolve_plain(text, self.scheme),
            None => Resolved::Text,
        };
        self.builder.count.add_text(text.len());
        let node = Node { start: narrow(start), len: narrow(len), first: 0 };
        let state = self.builder.state();
        if !state.wants_key() {
            let built = Built { value: to_value(resolved, text, start)?, node, height: 0 };
            if let Some(anchor) = properties.anchor {
                self.builder.keep_anchor(anchor, &built);
            }
            return self.builder.complete(built, false);
        }
        let merge = text == "<<"
            && match properties.tag {
                None => plain,
                Some(tag) => matches!(tag, Tag::Merge | Tag::Bang),
            };
        if let Some(anchor) = properties.anchor {
            let value = to_value(resolved.clone(), text, start)?;
            self.builder.keep_anchor(anchor, &Built { value, node, height: 0 });
        }
        self.key(to_key(resolved, text, start)?, start, len, merge)
    }

    #[inline]
    pub(super) fn key(
        &mut self,
        key: Key,
        start: usize,
        len: usize,
        merge: bool,
    ) -> Result<(), Fault> {
        self.builder.set_key(key, start, len, merge);
        if self.builder.state() != State::FlowMapBare {
            return Ok(());
        }
        let node = Node { start: narrow(start), len: narrow(len), first: 0 };
        self.builder.complete(Built { value: Value::Null, node, height: 0 }, false)
    }

    /// Takes the empty scalar that stands where a node is awaited.
    pub(super) fn empty(&mut self) -> Result<(), Fault> {
        let properties = self.properties.take().unwrap_or_default();
        let at = match self.builder.frames.last() {
            _ if properties.tag.is_some() || properties.anchor.is_some() => properties.start,
            Some(frame) => frame.dash,
            None => self.cursor.at,
        };
        self.scalar("", true, properties, at, 0)
    }

    /// Properties that no node follows belong to an empty scalar.
    pub(super) fn flush_properties(&mut self) -> Result<(), Fault> {
        if self.properties.is_some() { self.empty() } else { Ok(()) }
    }

    pub(super) fn property(&mut self, byte: u8) -> Result<(), Fault> {
        let key = self.key_start();
        let start = self.cursor.at;
        self.key_allowed = false;
        if self.properties.is_some() && key.is_some_and(|key| key.at == start) {
            return Err(Fault::new(start, "an anchor and a tag stand on lines of their own")
                .help("write them on one line"));
        }
        let mut properties =
            self.properties.take().unwrap_or(Properties { key, start, ..Properties::default() });
        let twice = if byte == b'&' {
            properties.anchor.replace(property::name(&mut self.cursor)?).is_some()
        } else {
            properties.tag.replace(property::tag(&mut self.cursor)?).is_some()
        };
        if twice {
            return Err(Fault::new(start, "two anchors or two tags stand before one value"));
        }
        // A line break ends the hope for a key.
        if let Some(key) = properties.key
            && key.required
        {
            self.cursor.eat_blanks();
            let ends = matches!(self.cursor.peek(), 0 | b'#');
            if ends || self.cursor.break_at(self.cursor.at) > 0 {
                return Err(self.no_colon(key));
            }
        }
        self.properties = Some(properties);
        Ok(())
    }

    pub(super) fn alias(&mut self) -> Result<(), Fault> {
        let key = self.key_start();
        self.key_allowed = false;
        let start = self.cursor.at;
        let name = property::name(&mut self.cursor)?;
        let len = self.cursor.at - start;
        if self.properties.is_some() {
            return Err(Fault::new(start, "an alias cannot have an anchor or a tag"));
        }
        let is_key = self.is_key(key)?;
        if let Some(key) = is_key {
            self.implicit_key(key, start, len)?;
        }
        let built = self.builder.alias(name, start)?;
        if self.builder.state().wants_key() {
            let key = alias_key(&built.value, name, start)?;
            self.key(key, start, len, false)?;
        } else {
            let node = Node { start: narrow(start), len: narrow(len), ..built.node };
            self.builder.complete(Built { node, ..built }, true)?;
        }
        if is_key.is_some() { self.value_indicator() } else { Ok(()) }
    }

    /// Takes the properties that belong to the list or object that opens here.
    pub(super) fn anchor_of_collection(&mut self) -> Option<&'t str> {
        self.properties.take().and_then(|properties| properties.anchor)
    }

    /// Opens a list or object.
    pub(super) fn open(&mut self, state: State, start: usize, len: usize) -> Result<(), Fault> {
        let outer = self.builder.state();
        if outer.wants_key() {
            return Err(Fault::new(start, "a list or an object cannot be a key")
                .help("put quotes around the text if it is one"));
        }
        if !matches!(
            outer,
            State::Document
                | State::SeqNode
                | State::LeanNode
                | State::MapValueNode
                | State::FlowSeqFirst
                | State::FlowSeqItem
                | State::PairValueNode
                | State::FlowMapValueNode
        ) {
            return Err(unexpected(outer, start));
        }
        let anchor = self.anchor_of_collection();
        self.builder.open(state, start, len, anchor)
    }
}

fn has_any(properties: &Properties<'_>) -> bool {
    properties.anchor.is_some() || properties.tag.is_some()
}

/// The key that an alias stands for.
fn alias_key(value: &Value, name: &str, at: usize) -> Result<Key, Fault> {
    let resolved = match value {
        Value::Null => Resolved::Null,
        Value::Bool(bool) => Resolved::Bool(*bool),
        Value::String(text) => return Ok(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Resolved::Int(int),
            None => match number.as_u64() {
                Some(int) => Resolved::Unsigned(int),
                None => Resolved::Float(number.as_f64()),
            },
        },
        Value::Array(_) | Value::Object(_) => {
            return Err(Fault::new(at, "a list or an object cannot be a key"));
        }
    };
    to_key(resolved, name, at)
}
