//! A text to tokens.

use super::Broken;
use super::source::{Mark, Source};
use std::collections::VecDeque;

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Kind {
    StreamEnd,
    Version(u8, u8),
    TagDirective {
        handle: String,
        prefix: String,
    },
    DocumentStart,
    DocumentEnd,
    BlockSequence,
    BlockMapping,
    BlockEnd,
    FlowSequence,
    FlowSequenceEnd,
    FlowMapping,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    /// An empty handle has the whole tag behind it.
    Tag {
        handle: String,
        suffix: String,
    },
    Scalar {
        text: String,
        plain: bool,
    },
}

pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: Mark,
}

/// A place at which a key without `?` may have begun.
#[derive(Clone, Copy)]
struct KeyStart {
    mark: Mark,
    /// Only a key may stand there.
    required: bool,
    /// The number of its token.
    token: usize,
}

/// How many characters a key without `?` may have (YAML 1.1, section 9.1.1).
const LONGEST_KEY: usize = 1024;
/// How many tokens goyaml looks ahead. It shows in which of two errors is told.
const AHEAD: usize = 2;

pub(super) struct Scanner<'t> {
    pub(super) source: Source<'t>,
    tokens: VecDeque<Token>,
    /// How many tokens were taken.
    taken: usize,
    /// The column of the innermost block collection; -1 for none.
    pub(super) indent: isize,
    indents: Vec<isize>,
    /// Whether a key without `?` may begin here.
    pub(super) key_allowed: bool,
    /// Where a key may have begun, outside of brackets and within each pair of them.
    keys: Vec<Option<KeyStart>>,
    /// The numbers of the tokens that were taken for starts of keys, and their levels.
    starts: VecDeque<(usize, usize)>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            source: Source::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            keys: vec![None],
            starts: VecDeque::new(),
        }
    }

    /// The next token and where it stands; the scanner stays before it.
    pub(super) fn peek(&mut self) -> Result<(&Kind, Mark), Broken> {
        while self.tokens.len() <= AHEAD || self.may_head_be_key()? {
            self.fetch()?;
        }
        let mark = self.source.mark;
        Ok(self.tokens.front().map_or((&Kind::StreamEnd, mark), |token| (&token.kind, token.start)))
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Result<Token, Broken> {
        let (_, start) = self.peek()?;
        self.taken += 1;
        Ok(self.tokens.pop_front().unwrap_or(Token { kind: Kind::StreamEnd, start }))
    }

    /// What is wrong here with something that began at `context`.
    pub(super) fn broken(&self, context: Mark, problem: &'static str) -> Broken {
        Broken { problem, context, place: self.source.mark, scanning: true }
    }

    pub(super) fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    /// Whether what stands before the next token can still turn out as the start of a key.
    fn may_head_be_key(&mut self) -> Result<bool, Broken> {
        while self.starts.front().is_some_and(|(token, _)| *token < self.taken) {
            self.starts.pop_front();
        }
        let Some((token, level)) = self.starts.front().copied() else {
            return Ok(false);
        };
        let key = self.keys.get(level).copied().flatten();
        Ok(token == self.taken
            && key.is_some_and(|key| key.token == token)
            && self.possible(level)?.is_some())
    }

    /// The key that may have begun on a level, if it is not too late for it.
    fn possible(&mut self, level: usize) -> Result<Option<KeyStart>, Broken> {
        let Some(key) = self.keys.get(level).copied().flatten() else {
            return Ok(None);
        };
        let now = self.source.mark;
        if key.mark.line >= now.line && key.mark.index + LONGEST_KEY >= now.index {
            return Ok(Some(key));
        }
        if key.required {
            return Err(self.broken(key.mark, "could not find expected ':'"));
        }
        if let Some(key) = self.keys.get_mut(level) {
            *key = None;
        }
        Ok(None)
    }

    /// A key may begin here.
    fn save_key(&mut self) -> Result<(), Broken> {
        if !self.key_allowed {
            return Ok(());
        }
        let mark = self.source.mark;
        let required = !self.in_flow() && self.indent == signed(mark.column);
        self.remove_key()?;
        let token = self.taken + self.tokens.len();
        self.starts.push_back((token, self.keys.len().saturating_sub(1)));
        if let Some(key) = self.keys.last_mut() {
            *key = Some(KeyStart { mark, required, token });
        }
        Ok(())
    }

    /// What may have begun as a key is none.
    fn remove_key(&mut self) -> Result<(), Broken> {
        match self.keys.last_mut().and_then(Option::take) {
            Some(key) if key.required => Err(self.broken(key.mark, "could not find expected ':'")),
            _ => Ok(()),
        }
    }

    fn push(&mut self, kind: Kind, start: Mark) {
        self.tokens.push_back(Token { kind, start });
    }

    /// Puts a token before the one of that number.
    fn insert(&mut self, number: usize, kind: Kind, start: Mark) {
        let at = number.saturating_sub(self.taken).min(self.tokens.len());
        self.tokens.insert(at, Token { kind, start });
    }

    /// Opens a block collection, if none is open at the column.
    fn roll(&mut self, number: usize, kind: Kind, start: Mark) {
        let column = signed(start.column);
        if !self.in_flow() && self.indent < column {
            self.indents.push(self.indent);
            self.indent = column;
            self.insert(number, kind, start);
        }
    }

    /// Closes the block collections that stand deeper than `column`.
    fn unroll(&mut self, column: isize, mark: Mark) {
        while !self.in_flow() && self.indent > column {
            self.push(Kind::BlockEnd, mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Reads another token.
    fn fetch(&mut self) -> Result<(), Broken> {
        let before = self.source.mark;
        self.pass_gaps();
        let start = self.source.mark;
        self.unroll(signed(start.column), before);
        let byte = self.source.peek();
        let in_flow = self.in_flow();
        if byte == 0 {
            return self.stream_end();
        }
        if start.column == 0 && byte == b'%' {
            self.unroll(-1, start);
            self.remove_key()?;
            self.key_allowed = false;
            let kind = self.directive()?;
            self.push(kind, start);
            return Ok(());
        }
        if self.source.is_document_indicator() {
            self.unroll(-1, start);
            self.remove_key()?;
            self.key_allowed = false;
            for _ in 0..3 {
                self.source.skip();
            }
            self.push(if byte == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd }, start);
            return Ok(());
        }
        match byte {
            b'[' => self.flow_start(Kind::FlowSequence),
            b'{' => self.flow_start(Kind::FlowMapping),
            b']' => self.flow_end(Kind::FlowSequenceEnd),
            b'}' => self.flow_end(Kind::FlowMappingEnd),
            b',' => self.indicator(Kind::FlowEntry, true),
            b'-' if self.source.is_gap(1) => {
                let problem = "block sequence entries are not allowed in this context";
                self.block_indicator(Kind::BlockSequence, problem)?;
                self.indicator(Kind::BlockEntry, true)
            }
            b'?' if in_flow || self.source.is_gap(1) => {
                let problem = "mapping keys are not allowed in this context";
                self.block_indicator(Kind::BlockMapping, problem)?;
                self.indicator(Kind::Key, !in_flow)
            }
            b':' if in_flow || self.source.is_gap(1) => self.value(),
            b'|' | b'>' if !in_flow => {
                self.remove_key()?;
                self.key_allowed = true;
                let text = self.block_scalar()?;
                self.push(Kind::Scalar { text, plain: false }, start);
                Ok(())
            }
            b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => {
                Err(self.broken(start, "found character that cannot start any token"))
            }
            _ => self.node(byte, start),
        }
    }

    /// What a key may begin with.
    fn node(&mut self, byte: u8, start: Mark) -> Result<(), Broken> {
        self.save_key()?;
        self.key_allowed = false;
        let kind = match byte {
            b'*' => Kind::Alias(self.name()?),
            b'&' => Kind::Anchor(self.name()?),
            b'!' => self.tag()?,
            b'\'' | b'"' => Kind::Scalar { text: self.quoted()?, plain: false },
            _ => Kind::Scalar { text: self.plain()?, plain: true },
        };
        self.push(kind, start);
        Ok(())
    }

    /// Passes blanks, comments and line breaks.
    fn pass_gaps(&mut self) {
        loop {
            let tabs = self.in_flow() || !self.key_allowed;
            while self.source.peek() == b' ' || tabs && self.source.peek() == b'\t' {
                self.source.skip();
            }
            if self.source.peek() == b'#' {
                self.source.skip_line();
            }
            if !self.source.take_break(&mut String::new()) {
                return;
            }
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    fn stream_end(&mut self) -> Result<(), Broken> {
        let mark = &mut self.source.mark;
        if mark.column != 0 {
            // as if a line break stood there
            mark.column = 0;
            mark.line += 1;
        }
        let mark = *mark;
        self.unroll(-1, mark);
        self.remove_key()?;
        self.key_allowed = false;
        self.push(Kind::StreamEnd, mark);
        Ok(())
    }

    fn flow_start(&mut self, kind: Kind) -> Result<(), Broken> {
        self.save_key()?;
        self.keys.push(None);
        self.key_allowed = true;
        let start = self.source.mark;
        self.source.skip();
        self.push(kind, start);
        Ok(())
    }

    fn flow_end(&mut self, kind: Kind) -> Result<(), Broken> {
        self.remove_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.key_allowed = false;
        let start = self.source.mark;
        self.source.skip();
        self.push(kind, start);
        Ok(())
    }

    /// Before `-` or `?` outside of brackets.
    fn block_indicator(&mut self, opens: Kind, problem: &'static str) -> Result<(), Broken> {
        let start = self.source.mark;
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(self.broken(start, problem));
            }
            self.roll(usize::MAX, opens, start);
        }
        Ok(())
    }

    fn indicator(&mut self, kind: Kind, key_allowed: bool) -> Result<(), Broken> {
        self.remove_key()?;
        self.key_allowed = key_allowed;
        let start = self.source.mark;
        self.source.skip();
        self.push(kind, start);
        Ok(())
    }

    /// `:`
    fn value(&mut self) -> Result<(), Broken> {
        let level = self.keys.len().saturating_sub(1);
        if let Some(key) = self.possible(level)? {
            self.insert(key.token, Kind::Key, key.mark);
            self.roll(key.token, Kind::BlockMapping, key.mark);
            if let Some(key) = self.keys.last_mut() {
                *key = None;
            }
            self.key_allowed = false;
        } else {
            let problem = "mapping values are not allowed in this context";
            self.block_indicator(Kind::BlockMapping, problem)?;
            self.key_allowed = !self.in_flow();
        }
        let start = self.source.mark;
        self.source.skip();
        self.push(Kind::Value, start);
        Ok(())
    }
}

fn signed(column: usize) -> isize {
    isize::try_from(column).unwrap_or(isize::MAX)
}
