//! The grammar: what may stand where.
//!
//! Open lists and objects are a stack of frames, each with the state that says what may come
//! next; indentation is a second stack. Whether a scalar is a key is known by looking for `:` on
//! its line, right when it is read, so that nothing waits in a queue.

use super::build::{Builder, Built};
use super::cursor::Cursor;
use super::property::{self, Tag};
use super::quoted::quoted;
use super::resolve::{Resolved, Scheme, resolve_plain, resolve_tagged, to_key, to_value};
use super::scalar::{self, Piece};
use crate::fault::{Fault, clip};
use crate::spans::{Node, Spans};
use sekisho_value::{Key, Value};

/// What may come next in the innermost open list or object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The document's node.
    Document,
    /// Nothing: the document has its node.
    Done,
    /// Block list: `-`.
    SeqEntry,
    /// Block list: the item behind `-`.
    SeqNode,
    /// Block list that stands no deeper than its key: `-`.
    LeanEntry,
    /// The item behind that `-`.
    LeanNode,
    /// Block object: a key.
    MapKey,
    /// Block object: the scalar of the key.
    MapKeyNode,
    /// Block object: `:`.
    MapValue,
    /// Block object: the value behind `:`.
    MapValueNode,
    /// `[`: an item or the end.
    FlowSeqFirst,
    /// `[` … `,`: an item or the end.
    FlowSeqItem,
    /// `[` … item: `,` or the end.
    FlowSeqNext,
    /// `[key: value]`: the scalar of the key.
    PairKeyNode,
    /// `[key: value]`: `:`.
    PairValue,
    /// `[key: value]`: the value.
    PairValueNode,
    /// `[key: value]`: complete.
    PairEnd,
    /// `{`: a key or the end.
    FlowMapFirst,
    /// `{` … `,`: a key or the end.
    FlowMapEntry,
    /// `{`: the scalar of the key.
    FlowMapKeyNode,
    /// `{ key`: a key that no `:` follows.
    FlowMapBare,
    /// `{ key`: `:`.
    FlowMapValue,
    /// `{ key:`: the value.
    FlowMapValueNode,
    /// `{ key: value`: `,` or the end.
    FlowMapNext,
}

impl State {
    /// Whether the node that comes next is a key.
    fn wants_key(self) -> bool {
        matches!(
            self,
            Self::MapKeyNode
                | Self::PairKeyNode
                | Self::FlowMapKeyNode
                | Self::FlowMapFirst
                | Self::FlowMapEntry
        )
    }

    pub(super) fn is_flow_map(self) -> bool {
        matches!(
            self,
            Self::FlowMapFirst
                | Self::FlowMapEntry
                | Self::FlowMapKeyNode
                | Self::FlowMapBare
                | Self::FlowMapValue
                | Self::FlowMapValueNode
                | Self::FlowMapNext
        )
    }
}

/// An anchor, a tag or both, whose node has not come yet.
#[derive(Clone, Copy, Debug, Default)]
struct Properties<'t> {
    anchor: Option<&'t str>,
    tag: Option<Tag>,
    /// Where they begin, if a key may begin there.
    key: Option<KeyStart>,
    start: usize,
}

/// A place at which a key without `?` may begin.
#[derive(Clone, Copy, Debug)]
struct KeyStart {
    at: usize,
    line: u32,
    column: usize,
    /// Only a key may stand there.
    required: bool,
}

/// How many characters a key without `?` may have (YAML 1.1, section 9.1.1, and libyaml).
const MAX_KEY: usize = 1024;

/// The value of a document and where its parts stand.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    pub(crate) node: Node,
    pub(crate) spans: Spans,
}

/// Reads the document that begins at `start` and ends where `text` ends; `None` where there is
/// nothing but comments.
pub(crate) fn parse(text: &str, start: usize, scheme: Scheme) -> Result<Option<Parsed>, Fault> {
    let mut parser = Parser {
        cursor: Cursor::new(text, start),
        builder: Builder::new(start),
        buffer: String::new(),
        indent: -1,
        indents: Vec::new(),
        flow: 0,
        key_allowed: true,
        properties: None,
        template: false,
        scheme,
    };
    match parser.document() {
        Ok(()) => {
            let Parser { builder, .. } = parser;
            let Builder { root, nodes, .. } = builder;
            Ok(root.map(|(value, node)| Parsed { value, node, spans: nodes }))
        }
        Err(mut fault) => {
            fault.template |= parser.template;
            Err(fault)
        }
    }
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    builder: Builder<'t>,
    /// The text of a scalar that does not read as it stands.
    buffer: String,
    /// The column of the innermost block list or object; -1 for none.
    indent: isize,
    indents: Vec<isize>,
    /// How many brackets and braces are open.
    flow: usize,
    /// Whether a key without `?` may begin here.
    key_allowed: bool,
    properties: Option<Properties<'t>>,
    /// `{{` was met where a node begins.
    template: bool,
    scheme: Scheme,
}

impl<'t> Parser<'t> {
    fn document(&mut self) -> Result<(), Fault> {
        // kubectl takes a byte order mark at the start of each document of a stream; that of the
        // stream itself is gone already.
        if self.cursor.at > 0 && self.cursor.slice(self.cursor.at, self.cursor.at + 3) == "\u{feff}"
        {
            self.cursor = Cursor::new(self.cursor.text, self.cursor.at + 3);
        }
        self.skip_to_token();
        if self.cursor.is_document_indicator() && self.cursor.peek() == b'-' {
            self.cursor.at += 3;
            self.key_allowed = false;
        }
        loop {
            self.skip_to_token();
            let column = signed(self.cursor.column());
            if self.flow == 0 && self.indent > column {
                self.unroll(column)?;
            }
            let byte = self.cursor.peek();
            if byte == 0 {
                return self.end();
            }
            if column == 0 && matches!(byte, b'%' | b'-' | b'.') {
                if byte == b'%' {
                    return Err(Fault::new(self.cursor.at, "a directive (`%`) is not supported")
                        .help("kubectl refuses it too: remove the line, or put quotes around it"));
                }
                if self.cursor.is_document_indicator() {
                    return self.document_end();
                }
            }
            self.token(byte)?;
        }
    }

    #[inline]
    fn token(&mut self, byte: u8) -> Result<(), Fault> {
        let in_flow = self.flow > 0;
        match byte {
            b'[' | b'{' => self.flow_start(byte),
            b']' | b'}' => self.flow_end(byte),
            b',' => self.flow_entry(),
            b'-' if self.cursor.is_blank_or_end(self.cursor.at + 1) => self.block_entry(),
            b'?' if in_flow || self.cursor.is_blank_or_end(self.cursor.at + 1) => {
                self.explicit_key()
            }
            b':' if in_flow || self.cursor.is_blank_or_end(self.cursor.at + 1) => {
                self.explicit_value()
            }
            b'*' => self.alias(),
            b'&' | b'!' => self.property(byte),
            b'|' | b'>' if !in_flow => self.block_scalar(),
            b'\'' | b'"' => self.quoted(),
            b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => Err(self.stray(byte)),
            0xef if self.cursor.slice(self.cursor.at, self.cursor.at + 3) == "\u{feff}" => {
                Err(Fault::new(self.cursor.at, "a byte order mark stands within a document")
                    .help("remove it: it may stand only at the start of a file"))
            }
            _ => self.plain(),
        }
    }

    #[cold]
    fn stray(&self, byte: u8) -> Fault {
        let at = self.cursor.at;
        if byte == b'\t' {
            return Fault::new(at, "a tab stands where a line is indented")
                .help("YAML allows only spaces there");
        }
        Fault::new(at, format!("`{}` cannot begin a value", char::from(byte)))
            .help("put quotes around the text")
    }

    /// Passes blanks, comments and line breaks.
    #[inline]
    fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow > 0 || !self.key_allowed;
            loop {
                match self.cursor.peek() {
                    b' ' => self.cursor.at += 1,
                    b'\t' if tabs => self.cursor.at += 1,
                    _ => break,
                }
            }
            if self.cursor.peek() == b'#' {
                self.cursor.eat_line();
            }
            if !self.cursor.eat_break() {
                return;
            }
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// The text has ended.
    fn end(&mut self) -> Result<(), Fault> {
        if self.flow > 0 {
            let frame = self.builder.frames.last();
            let start = frame.map_or(self.cursor.at, |frame| frame.start);
            let sign = self.cursor.slice(start, start + 1);
            return Err(Fault::new(start, format!("`{sign}` has no end")));
        }
        self.unroll(-1)?;
        self.flush_properties()
    }

    /// `...`, or a `---` that kubectl does not see because it does not follow a line feed.
    fn document_end(&mut self) -> Result<(), Fault> {
        let at = self.cursor.at;
        if self.cursor.peek() == b'-' {
            return Err(Fault::new(at, "kubectl does not read the document that begins here")
                .help("end lines with a line feed, not with a lone carriage return"));
        }
        self.end()?;
        if self.builder.state() == State::Document && self.builder.root.is_none() {
            return Err(Fault::new(at, "`...` ends a document that has not begun"));
        }
        while self.cursor.is_document_indicator() && self.cursor.peek() == b'.' {
            self.cursor.at += 3;
            self.key_allowed = false;
            self.skip_to_token();
        }
        if self.cursor.peek() != 0 {
            return Err(Fault::new(self.cursor.at, "kubectl does not read what follows `...`")
                .help("begin another document with `---`, or remove the text"));
        }
        Ok(())
    }

    /// Closes the block lists and objects that stand deeper than `column`.
    fn unroll(&mut self, column: isize) -> Result<(), Fault> {
        while self.indent > column {
            loop {
                match self.builder.state() {
                    State::SeqNode | State::LeanNode | State::MapKeyNode | State::MapValueNode => {
                        self.empty()?;
                    }
                    State::MapValue if self.properties.is_none() => {
                        self.builder.set_state(State::MapValueNode);
                    }
                    State::LeanEntry => self.builder.close()?,
                    State::SeqEntry | State::MapKey => break,
                    state => return Err(unexpected(state, self.cursor.at)),
                }
            }
            self.builder.close()?;
            self.indent = self.indents.pop().unwrap_or(-1);
        }
        Ok(())
    }

    /// Properties that no node follows belong to an empty scalar.
    fn flush_properties(&mut self) -> Result<(), Fault> {
        if self.properties.is_some() { self.empty() } else { Ok(()) }
    }

    /// Takes the empty scalar that stands where a node is awaited.
    fn empty(&mut self) -> Result<(), Fault> {
        let properties = self.properties.take().unwrap_or_default();
        let at = match self.builder.frames.last() {
            _ if properties.tag.is_some() || properties.anchor.is_some() => properties.start,
            Some(frame) => frame.dash,
            None => self.cursor.at,
        };
        self.scalar("", true, properties, at, 0)
    }

    /// Takes a scalar.
    #[inline]
    fn scalar(
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
    fn key(&mut self, key: Key, start: usize, len: usize, merge: bool) -> Result<(), Fault> {
        self.builder.set_key(key, start, len, merge);
        if self.builder.state() != State::FlowMapBare {
            return Ok(());
        }
        let node = Node { start: narrow(start), len: narrow(len), first: 0 };
        self.builder.complete(Built { value: Value::Null, node, height: 0 }, false)
    }

    /// Takes the properties that belong to the list or object that opens here.
    fn anchor_of_collection(&mut self) -> Option<&'t str> {
        self.properties.take().and_then(|properties| properties.anchor)
    }

    /// Opens a list or object.
    fn open(&mut self, state: State, start: usize, len: usize) -> Result<(), Fault> {
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

    /// Opens a block list or object at `column`, if one is not open there.
    fn roll(&mut self, column: usize, state: State, start: usize, len: usize) -> Result<(), Fault> {
        let column = signed(column);
        if self.flow > 0 || self.indent >= column {
            return Ok(());
        }
        self.open(state, start, len)?;
        self.indents.push(self.indent);
        self.indent = column;
        Ok(())
    }

    /// Where a key may begin: here, or at the properties before.
    #[inline]
    fn key_start(&mut self) -> Option<KeyStart> {
        if !self.key_allowed {
            return self.properties.and_then(|properties| properties.key);
        }
        let column = self.cursor.column();
        Some(KeyStart {
            at: self.cursor.at,
            line: self.cursor.line,
            column,
            required: self.flow == 0 && self.indent == signed(column),
        })
    }

    /// Whether what began at `key` is a key: `:` follows on the same line.
    #[inline]
    fn is_key(&mut self, key: Option<KeyStart>) -> Result<Option<KeyStart>, Fault> {
        let Some(key) = key else {
            return Ok(None);
        };
        if key.line == self.cursor.line {
            self.cursor.eat_blanks();
            let at = self.cursor.at;
            let follows = self.cursor.peek() == b':'
                && (self.flow > 0 || self.cursor.is_blank_or_end(at + 1));
            if follows
                && (at - key.at <= MAX_KEY
                    || self.cursor.slice(key.at, at).chars().count() <= MAX_KEY)
            {
                return Ok(Some(key));
            }
        }
        if key.required { Err(self.no_colon(key)) } else { Ok(None) }
    }

    #[cold]
    fn no_colon(&self, key: KeyStart) -> Fault {
        let line = self.cursor.slice(key.at, self.cursor.text.len()).lines().next();
        let line = line.unwrap_or_default().trim_end();
        let fault = Fault::new(key.at, format!("expected a key, found `{}`", clip(line)));
        match self.builder.state() {
            State::MapValueNode => fault.help("indent a value deeper than its key"),
            _ => fault.help("a key ends with `:` and a blank; indent a text that goes on"),
        }
    }

    /// Takes a scalar, as a key where `:` follows.
    #[inline]
    fn key_or_node(
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
    fn take(
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

    #[inline]
    fn plain(&mut self) -> Result<(), Fault> {
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

    fn quoted(&mut self) -> Result<(), Fault> {
        let key = self.key_start();
        self.key_allowed = false;
        let start = self.cursor.at;
        let piece = quoted(&mut self.cursor, &mut self.buffer)?;
        let end = self.cursor.at;
        self.key_or_node(piece, false, key, start, end)
    }

    fn block_scalar(&mut self) -> Result<(), Fault> {
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

    fn property(&mut self, byte: u8) -> Result<(), Fault> {
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

    fn alias(&mut self) -> Result<(), Fault> {
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

    /// A key without `?` begins at `key`; its scalar stands at `start`.
    #[inline]
    fn implicit_key(&mut self, key: KeyStart, start: usize, len: usize) -> Result<(), Fault> {
        self.roll(key.column, State::MapKey, start, len)?;
        self.begin_key(start)
    }

    /// A key begins: what was awaited before is empty.
    #[inline]
    fn begin_key(&mut self, at: usize) -> Result<(), Fault> {
        loop {
            match self.builder.state() {
                State::MapKey if self.properties.is_none() => {
                    self.builder.set_state(State::MapKeyNode);
                    return Ok(());
                }
                State::MapValue if self.properties.is_none() => {
                    self.builder.set_state(State::MapValueNode);
                }
                State::MapValueNode | State::LeanNode => self.empty()?,
                State::LeanEntry => self.builder.close()?,
                State::FlowMapFirst | State::FlowMapEntry if self.properties.is_none() => {
                    self.builder.set_state(State::FlowMapKeyNode);
                    return Ok(());
                }
                State::FlowSeqFirst | State::FlowSeqItem if self.properties.is_none() => {
                    return self.builder.open(State::PairKeyNode, at, 1, None);
                }
                state => return Err(unexpected(state, at)),
            }
        }
    }

    fn explicit_key(&mut self) -> Result<(), Fault> {
        let at = self.cursor.at;
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(Fault::new(at, "`?` cannot stand here"));
            }
            self.roll(self.cursor.column(), State::MapKey, at, 1)?;
        }
        self.begin_key(at)?;
        self.key_allowed = self.flow == 0;
        self.cursor.at += 1;
        Ok(())
    }

    /// `:` right behind a key without `?`.
    #[inline]
    fn value_indicator(&mut self) -> Result<(), Fault> {
        self.cursor.at += 1;
        self.key_allowed = false;
        self.begin_value()
    }

    #[inline]
    fn begin_value(&mut self) -> Result<(), Fault> {
        let state = match self.builder.state() {
            State::MapValue => State::MapValueNode,
            State::PairValue => State::PairValueNode,
            State::FlowMapValue => State::FlowMapValueNode,
            state => return Err(unexpected(state, self.cursor.at.saturating_sub(1))),
        };
        self.builder.set_state(state);
        if let Some(frame) = self.builder.frames.last_mut() {
            frame.dash = self.cursor.at - 1;
        }
        Ok(())
    }

    /// `:` that follows no key on its line.
    fn explicit_value(&mut self) -> Result<(), Fault> {
        let at = self.cursor.at;
        if self.flow == 0 && (!self.key_allowed || self.indent != signed(self.cursor.column())) {
            return Err(Fault::new(at, "`:` with a value cannot stand here").help(
                "put quotes around a text that holds `: `, or begin a key on a line of its own",
            ));
        }
        self.flush_properties()?;
        loop {
            match self.builder.state() {
                State::LeanNode | State::MapKeyNode => self.empty()?,
                State::LeanEntry => self.builder.close()?,
                _ => break,
            }
        }
        self.key_allowed = self.flow == 0;
        self.cursor.at += 1;
        self.begin_value()
    }

    fn block_entry(&mut self) -> Result<(), Fault> {
        let at = self.cursor.at;
        if self.flow > 0 {
            return Err(Fault::new(at, "a list with `-` cannot stand within brackets"));
        }
        if !self.key_allowed {
            return Err(Fault::new(at, "a list item cannot begin here")
                .help("begin each item on a line of its own"));
        }
        self.roll(self.cursor.column(), State::SeqEntry, at, 1)?;
        loop {
            match self.builder.state() {
                State::SeqEntry if self.properties.is_none() => {
                    self.builder.set_state(State::SeqNode);
                }
                State::LeanEntry if self.properties.is_none() => {
                    self.builder.set_state(State::LeanNode);
                }
                State::SeqNode | State::LeanNode => {
                    self.empty()?;
                    continue;
                }
                State::MapValueNode | State::MapKeyNode => {
                    self.open(State::LeanEntry, at, 1)?;
                    continue;
                }
                state => return Err(unexpected(state, at)),
            }
            break;
        }
        if let Some(frame) = self.builder.frames.last_mut() {
            frame.dash = at;
        }
        self.key_allowed = true;
        self.cursor.at += 1;
        Ok(())
    }

    fn flow_start(&mut self, byte: u8) -> Result<(), Fault> {
        let at = self.cursor.at;
        if byte == b'{' && self.cursor.next() == b'{' {
            self.template = true;
        }
        if let Some(key) = self.key_start()
            && key.required
        {
            return Err(self.no_colon(key));
        }
        let state = if byte == b'[' { State::FlowSeqFirst } else { State::FlowMapFirst };
        self.open(state, at, 1)?;
        self.flow += 1;
        self.key_allowed = true;
        self.cursor.at += 1;
        Ok(())
    }

    fn flow_end(&mut self, byte: u8) -> Result<(), Fault> {
        let at = self.cursor.at;
        self.flush_properties()?;
        self.finish_pair()?;
        let state = self.builder.state();
        match (byte, state) {
            (b']', State::FlowSeqFirst | State::FlowSeqItem | State::FlowSeqNext)
            | (b'}', State::FlowMapFirst | State::FlowMapEntry | State::FlowMapNext) => {}
            _ => return Err(unexpected(state, at)),
        }
        self.builder.close()?;
        self.flow = self.flow.saturating_sub(1);
        self.key_allowed = false;
        self.cursor.at += 1;
        Ok(())
    }

    fn flow_entry(&mut self) -> Result<(), Fault> {
        let at = self.cursor.at;
        self.flush_properties()?;
        self.finish_pair()?;
        let next = match self.builder.state() {
            State::FlowSeqNext => State::FlowSeqItem,
            State::FlowMapNext => State::FlowMapEntry,
            state => return Err(unexpected(state, at)),
        };
        self.builder.set_state(next);
        self.key_allowed = true;
        self.cursor.at += 1;
        Ok(())
    }

    /// Within brackets and braces: an awaited value is empty.
    fn finish_pair(&mut self) -> Result<(), Fault> {
        match self.builder.state() {
            State::PairValue => self.builder.set_state(State::PairValueNode),
            State::FlowMapValue => self.builder.set_state(State::FlowMapValueNode),
            State::PairValueNode
            | State::FlowMapValueNode
            | State::PairKeyNode
            | State::FlowMapKeyNode => {}
            _ => return Ok(()),
        }
        self.empty()
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

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn signed(column: usize) -> isize {
    isize::try_from(column).unwrap_or(isize::MAX)
}

/// What stands at `at` is not what may come next.
#[cold]
pub(super) fn unexpected(state: State, at: usize) -> Fault {
    let (message, help) = match state {
        State::Done => (
            "text stands behind the end of the document",
            "kubectl does not read it: indent it, or begin another document with `---`",
        ),
        State::SeqEntry | State::LeanEntry => {
            ("expected another list item", "begin it with `- `, in line with the items before")
        }
        State::SeqNode | State::LeanNode => {
            ("expected a list item", "indent what belongs to the item deeper than its `-`")
        }
        State::MapKey | State::MapKeyNode | State::MapValue => {
            ("expected a key", "a key ends with `:` and a blank, in line with the keys before")
        }
        State::FlowSeqFirst | State::FlowSeqItem => {
            ("expected an item or `]`", "put quotes around a text that holds `,`, `:` or brackets")
        }
        State::FlowSeqNext | State::PairEnd => {
            ("expected `,` or `]`", "put quotes around a text that holds `,`, `:` or brackets")
        }
        State::FlowMapFirst | State::FlowMapEntry | State::FlowMapKeyNode => {
            ("expected a key or `}`", "put quotes around a text that holds `,`, `:` or braces")
        }
        State::FlowMapNext | State::FlowMapBare | State::FlowMapValue => {
            ("expected `,` or `}`", "put quotes around a text that holds `,`, `:` or braces")
        }
        State::Document
        | State::MapValueNode
        | State::PairKeyNode
        | State::PairValue
        | State::PairValueNode
        | State::FlowMapValueNode => {
            ("expected a value", "put quotes around a text that begins with a special character")
        }
    };
    Fault::new(at, message).help(help)
}
