//! Lists and objects by indentation.

use super::parse::{Parser, signed};
use super::state::{State, unexpected};
use crate::fault::Fault;

impl Parser<'_> {
    /// Opens a block list or object at `column`, if one is not open there.
    pub(super) fn roll(
        &mut self,
        column: usize,
        state: State,
        start: usize,
        len: usize,
    ) -> Result<(), Fault> {
        let column = signed(column);
        if self.flow > 0 || self.indent >= column {
            return Ok(());
        }
        self.open(state, start, len)?;
        self.indents.push(self.indent);
        self.indent = column;
        Ok(())
    }

    /// Closes the block lists and objects that stand deeper than `column`.
    pub(super) fn unroll(&mut self, column: isize) -> Result<(), Fault> {
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

    pub(super) fn block_entry(&mut self) -> Result<(), Fault> {
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
}
