//! The grammar: one token after the other.
//!
//! Open lists and objects are a stack of frames, each with the state that says what may come
//! next; indentation is a second stack. Whether a scalar is a key is known by looking for `:` on
//! its line, right when it is read, so that nothing waits in a queue.

use super::build::Builder;
use super::chars::is_blank;
use super::cursor::Cursor;
use super::node::Properties;
use super::resolve::{Reading, Scheme};
use super::state::State;
use crate::count::Count;
use crate::fault::Fault;
use crate::spans::{Node, Spans};
use sekisho_value::Value;

/// The value of a document and where its parts stand.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    pub(crate) node: Node,
    pub(crate) spans: Spans,
}

/// Reads the document that begins at `start` and ends where `text` ends; `None` where there is
/// nothing but comments.
pub(crate) fn parse(
    text: &str,
    start: usize,
    reading: Reading,
    count: &mut Count,
) -> Result<Option<Parsed>, Fault> {
    parse_in(true, text, start, reading, count)
}

/// As [`parse`], with or without what reads the usual lines at once: it comes to the same.
pub(super) fn parse_in(
    usual_lines: bool,
    text: &str,
    start: usize,
    reading: Reading,
    count: &mut Count,
) -> Result<Option<Parsed>, Fault> {
    let mut parser = Parser {
        cursor: Cursor::new(text, start),
        builder: Builder::new(start, *count, reading.last_key_wins),
        buffer: String::new(),
        indent: -1,
        indents: Vec::new(),
        flow: 0,
        key_allowed: true,
        properties: None,
        template: false,
        scheme: reading.scheme,
        usual_lines,
    };
    let read = parser.document();
    *count = parser.builder.count;
    match read {
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

pub(super) struct Parser<'t> {
    pub(super) cursor: Cursor<'t>,
    pub(super) builder: Builder<'t>,
    /// The text of a scalar that does not read as it stands.
    pub(super) buffer: String,
    /// The column of the innermost block list or object; -1 for none.
    pub(super) indent: isize,
    pub(super) indents: Vec<isize>,
    /// How many brackets and braces are open.
    pub(super) flow: usize,
    /// Whether a key without `?` may begin here.
    pub(super) key_allowed: bool,
    pub(super) properties: Option<Properties<'t>>,
    /// `{{` was met where a node begins.
    pub(super) template: bool,
    pub(super) scheme: Scheme,
    /// Usual lines are read at once.
    usual_lines: bool,
}

impl Parser<'_> {
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
            if self.usual_lines && self.usual_pair(self.cursor.column())? {
                continue;
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
            self.cursor.eat_spaces();
            while tabs && is_blank(self.cursor.peek()) {
                self.cursor.at += 1;
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
}

pub(super) fn signed(column: usize) -> isize {
    isize::try_from(column).unwrap_or(isize::MAX)
}
