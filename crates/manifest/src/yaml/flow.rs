//! Lists and objects within brackets and braces.

use super::parse::Parser;
use super::state::{State, unexpected};
use crate::fault::Fault;

impl Parser<'_> {
    pub(super) fn flow_start(&mut self, byte: u8) -> Result<(), Fault> {
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

    pub(super) fn flow_end(&mut self, byte: u8) -> Result<(), Fault> {
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

    pub(super) fn flow_entry(&mut self) -> Result<(), Fault> {
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
    pub(super) fn finish_pair(&mut self) -> Result<(), Fault> {
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
