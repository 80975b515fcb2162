//! Keys: where one may begin, whether a scalar is one, and the `:` behind it.

use super::parse::{Parser, signed};
use super::state::{State, unexpected};
use crate::fault::{Fault, clip};

/// A place at which a key without `?` may begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyStart {
    pub(super) at: usize,
    pub(super) line: u32,
    pub(super) column: usize,
    /// Only a key may stand there.
    pub(super) required: bool,
}

/// How many characters a key without `?` may have (YAML 1.1, section 9.1.1, and libyaml).
pub(super) const MAX_KEY: usize = 1024;

impl Parser<'_> {
    /// Where a key may begin: here, or at the properties before.
    #[inline]
    pub(super) fn key_start(&mut self) -> Option<KeyStart> {
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
    pub(super) fn is_key(&mut self, key: Option<KeyStart>) -> Result<Option<KeyStart>, Fault> {
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
    pub(super) fn no_colon(&self, key: KeyStart) -> Fault {
        let line = self.cursor.slice(key.at, self.cursor.text.len()).lines().next();
        let line = line.unwrap_or_default().trim_end();
        let fault = Fault::new(key.at, format!("expected a key, found `{}`", clip(line)));
        match self.builder.state() {
            State::MapValueNode => fault.help("indent a value deeper than its key"),
            _ => fault.help("a key ends with `:` and a blank; indent a text that goes on"),
        }
    }

    /// A key without `?` begins at `key`; its scalar stands at `start`.
    #[inline]
    pub(super) fn implicit_key(
        &mut self,
        key: KeyStart,
        start: usize,
        len: usize,
    ) -> Result<(), Fault> {
        self.roll(key.column, State::MapKey, start, len)?;
        self.begin_key(start)
    }

    /// A key begins: what was awaited before is empty.
    #[inline]
    pub(super) fn begin_key(&mut self, at: usize) -> Result<(), Fault> {
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

    pub(super) fn explicit_key(&mut self) -> Result<(), Fault> {
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
    pub(super) fn value_indicator(&mut self) -> Result<(), Fault> {
        self.cursor.at += 1;
        self.key_allowed = false;
        self.begin_value()
    }

    #[inline]
    pub(super) fn begin_value(&mut self) -> Result<(), Fault> {
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
    pub(super) fn explicit_value(&mut self) -> Result<(), Fault> {
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
}
