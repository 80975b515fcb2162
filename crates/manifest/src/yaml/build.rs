//! Values out of what the parser meets.

use super::anchor::Anchors;
use super::state::{State, unexpected};
use crate::count::{Count, Size};
use crate::fault::Fault;
use crate::spans::{Node, Spans, narrow};
use sekisho_value::{Key, MAX_DEPTH, Map, Value};

/// A list or object that is still open, or the document itself.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) state: State,
    /// Where its entries begin in [`Builder::entries`].
    pub(super) base: usize,
    /// Where it stands.
    pub(super) start: usize,
    len: usize,
    /// The key whose value is awaited, and where that stands.
    key: Key,
    key_start: u32,
    key_len: u32,
    /// The key is `<<`.
    merge: bool,
    /// The last `-`.
    pub(super) dash: usize,
    anchor: Option<usize>,
    /// How many levels are below.
    pub(super) height: usize,
    /// How much there was when it was opened.
    opened: Size,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) value: Value,
    pub(super) node: Node,
    /// It came by `<<`.
    pub(super) merged: bool,
}

/// A finished node.
#[derive(Clone, Debug)]
pub(super) struct Built {
    pub(super) value: Value,
    pub(super) node: Node,
    /// How many levels it has: 0 for a scalar.
    pub(super) height: usize,
}

/// Builds one document.
#[derive(Debug)]
pub(super) struct Builder<'t> {
    pub(super) frames: Vec<Frame>,
    pub(super) entries: Vec<Entry>,
    pub(super) nodes: Spans,
    pub(super) root: Option<(Value, Node)>,
    anchors: Anchors<'t>,
    pub(super) count: Count,
    /// Of a key that stands twice the last value is taken.
    pub(super) last_key_wins: bool,
}

impl<'t> Builder<'t> {
    pub(super) fn new(start: usize, count: Count, last_key_wins: bool) -> Self {
        let mut builder = Self {
            frames: Vec::with_capacity(16),
            entries: Vec::with_capacity(64),
            nodes: Vec::new(),
            root: None,
            anchors: Anchors::default(),
            count,
            last_key_wins,
        };
        builder.push_frame(State::Document, start, 0, None);
        builder
    }

    #[inline]
    pub(super) fn state(&self) -> State {
        self.frames.last().map_or(State::Done, |frame| frame.state)
    }

    #[inline]
    pub(super) fn set_state(&mut self, state: State) {
        if let Some(frame) = self.frames.last_mut() {
            frame.state = state;
        }
    }

    fn push_frame(&mut self, state: State, start: usize, len: usize, anchor: Option<usize>) {
        self.frames.push(Frame {
            state,
            base: self.entries.len(),
            start,
            len,
            key: Key::default(),
            key_start: 0,
            key_len: 0,
            merge: false,
            dash: start,
            anchor,
            height: 0,
            opened: self.count.size(),
        });
    }

    /// Opens a list or object.
    pub(super) fn open(
        &mut self,
        state: State,
        start: usize,
        len: usize,
        anchor: Option<&'t str>,
    ) -> Result<(), Fault> {
        if self.frames.len() > MAX_DEPTH {
            return Err(too_deep(start));
        }
        let anchor = anchor.map(|name| self.anchors.begin(name));
        self.push_frame(state, start, len, anchor);
        Ok(())
    }

    /// Takes a key; its value comes next.
    #[inline]
    pub(super) fn set_key(&mut self, key: Key, start: usize, len: usize, merge: bool) {
        self.count.add_key();
        if let Some(frame) = self.frames.last_mut() {
            frame.key = key;
            frame.key_start = narrow(start);
            frame.key_len = narrow(len);
            frame.merge = merge;
            frame.state = match frame.state {
                State::MapKeyNode => State::MapValue,
                State::PairKeyNode => State::PairValue,
                // A key without `:` within braces has no value.
                State::FlowMapFirst | State::FlowMapEntry => State::FlowMapBare,
                _ => State::FlowMapValue,
            };
        }
    }

    /// Puts a finished node where it belongs. `aliased`: it came by an alias.
    #[inline]
    pub(super) fn complete(&mut self, built: Built, aliased: bool) -> Result<(), Fault> {
        self.count.add_value(built.node.start as usize)?;
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        frame.height = frame.height.max(built.height + 1);
        let Built { value, mut node, .. } = built;
        let state = match frame.state {
            State::Document => {
                self.root = Some((value, node));
                frame.state = State::Done;
                return Ok(());
            }
            State::SeqNode => State::SeqEntry,
            State::LeanNode => State::LeanEntry,
            State::FlowSeqFirst | State::FlowSeqItem => State::FlowSeqNext,
            State::MapValueNode => State::MapKey,
            State::FlowMapValueNode | State::FlowMapBare => State::FlowMapNext,
            State::PairValueNode => State::PairEnd,
            state => return Err(unexpected(state, node.start as usize)),
        };
        frame.state = state;
        let mut key = Key::default();
        if matches!(state, State::MapKey | State::FlowMapNext | State::PairEnd) {
            if frame.merge {
                let at = frame.key_start as usize;
                self.merge(&value, node, aliased, at)?;
                return self.close_pair();
            }
            node.start = frame.key_start;
            node.len = frame.key_len;
            key = std::mem::take(&mut frame.key);
        }
        self.entries.push(Entry { key, value, node, merged: false });
        if state == State::PairEnd { self.close() } else { Ok(()) }
    }

    fn close_pair(&mut self) -> Result<(), Fault> {
        if self.state() == State::PairEnd { self.close() } else { Ok(()) }
    }

    /// Closes the innermost list or object.
    pub(super) fn close(&mut self) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let is_map =
            matches!(frame.state, State::MapKey | State::PairEnd) || frame.state.is_flow_map();
        if is_map {
            self.sort(&frame)?;
        }
        let first = narrow(self.nodes.len());
        let done = self.entries.get(frame.base..).unwrap_or_default();
        self.nodes.extend(done.iter().map(|entry| entry.node));
        let drained = self.entries.drain(frame.base..);
        let value = if is_map {
            match Map::from_entries(drained.map(|entry| (entry.key, entry.value))) {
                Ok(map) => Value::Object(map),
                Err(key) => return Err(Fault::duplicate(&key, frame.start, frame.start)),
            }
        } else {
            Value::Array(drained.map(|entry| entry.value).collect())
        };
        let node = Node { start: narrow(frame.start), len: narrow(frame.len), first };
        let built = Built { value, node, height: frame.height };
        if let Some(index) = frame.anchor {
            self.anchors.finish(index, &built, self.count.since(frame.opened));
        }
        self.complete(built, false)
    }

    /// Keeps a scalar that an anchor names.
    pub(super) fn keep_anchor(&mut self, name: &'t str, built: &Built) {
        let index = self.anchors.begin(name);
        let len = built.value.as_str().map_or(0, str::len);
        self.anchors.finish(index, built, Size::of_scalar(len));
    }

    /// What an alias repeats.
    pub(super) fn alias(&mut self, name: &str, at: usize) -> Result<Built, Fault> {
        let (built, size) = self.anchors.find(name, at)?;
        let built = built.clone();
        if self.frames.len() + built.height > MAX_DEPTH + 1 {
            return Err(too_deep(at));
        }
        self.count.repeat(size, at)?;
        Ok(built)
    }
}

#[cold]
fn too_deep(at: usize) -> Fault {
    Fault::new(at, format!("nested deeper than {MAX_DEPTH} levels"))
}
