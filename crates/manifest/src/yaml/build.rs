//! Values out of what the parser meets.

use super::parse::State;
use crate::fault::Fault;
use crate::spans::{Node, Spans};
use sekisho_value::{Key, MAX_DEPTH, Map, Value};
use std::collections::HashMap;

/// A list or object that is still open, or the document itself.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) state: State,
    /// Where its entries begin in [`Builder::entries`].
    base: usize,
    /// Where it stands.
    pub(super) start: usize,
    len: usize,
    /// The key whose value is awaited, and where that stands.
    key: Key,
    key_start: u32,
    key_len: u32,
    /// The key is `<<`.
    merge: bool,
    /// An entry came by `<<`.
    merged: bool,
    /// The last `-`.
    pub(super) dash: usize,
    anchor: Option<usize>,
    /// How many levels are below.
    height: usize,
    /// How many nodes there were when it was opened.
    opened: u64,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    value: Value,
    node: Node,
    merged: bool,
}

/// A finished node.
#[derive(Clone, Debug)]
pub(super) struct Built {
    pub(super) value: Value,
    pub(super) node: Node,
    /// How many levels it has: 0 for a scalar.
    pub(super) height: usize,
}

#[derive(Debug)]
enum Anchor {
    /// The node is not finished: an alias within it would contain itself.
    Open,
    Done {
        built: Built,
        size: u64,
    },
}

/// How many nodes aliases may add, beside ten for each node of the text.
const ALIAS_FREE: u64 = 100_000;
/// How many nodes aliases may add at all.
const ALIAS_MOST: u64 = 4_000_000;

/// How many nodes a document may have: text of two bytes a node would else take fifty times its
/// size. A manifest of 100 MB has half as many.
const MAX_NODES: u64 = 8_000_000;

/// Builds one document.
#[derive(Debug)]
pub(super) struct Builder<'t> {
    pub(super) frames: Vec<Frame>,
    entries: Vec<Entry>,
    pub(super) nodes: Spans,
    pub(super) root: Option<(Value, Node)>,
    names: HashMap<&'t str, usize>,
    anchors: Vec<Anchor>,
    /// Nodes so far, those that aliases repeat included.
    count: u64,
    /// Nodes that aliases repeat.
    repeated: u64,
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl<'t> Builder<'t> {
    pub(super) fn new(start: usize) -> Self {
        let mut builder = Self {
            frames: Vec::with_capacity(16),
            entries: Vec::with_capacity(64),
            nodes: Vec::new(),
            root: None,
            names: HashMap::new(),
            anchors: Vec::new(),
            count: 0,
            repeated: 0,
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
            merged: false,
            dash: start,
            anchor,
            height: 0,
            opened: self.count,
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
        let anchor = anchor.map(|name| self.name_anchor(name));
        self.push_frame(state, start, len, anchor);
        Ok(())
    }

    fn name_anchor(&mut self, name: &'t str) -> usize {
        self.anchors.push(Anchor::Open);
        self.names.insert(name, self.anchors.len() - 1);
        self.anchors.len() - 1
    }

    /// Keeps what an anchor names.
    pub(super) fn keep_anchor(&mut self, name: &'t str, built: &Built) {
        let index = self.name_anchor(name);
        self.finish_anchor(index, built, 1);
    }

    fn finish_anchor(&mut self, index: usize, built: &Built, size: u64) {
        if let Some(anchor) = self.anchors.get_mut(index) {
            *anchor = Anchor::Done { built: built.clone(), size };
        }
    }

    /// What an alias repeats.
    pub(super) fn alias(&mut self, name: &'t str, at: usize) -> Result<Built, Fault> {
        let found = self.names.get(name).and_then(|index| self.anchors.get(*index));
        let (built, size) = match found {
            Some(Anchor::Done { built, size }) => (built.clone(), *size),
            Some(Anchor::Open) => {
                return Err(Fault::new(at, format!("the anchor `{name}` contains itself")));
            }
            None => {
                return Err(Fault::new(at, format!("unknown anchor `{name}`")).help(
                    "an alias repeats an anchor (`&name`) of the same document, before it; \
                     put quotes around a text that begins with `*`",
                ));
            }
        };
        if self.frames.len() + built.height > MAX_DEPTH + 1 {
            return Err(too_deep(at));
        }
        let own = self.count - self.repeated;
        self.repeat(size);
        if self.repeated > (own.saturating_mul(10) + ALIAS_FREE).min(ALIAS_MOST) {
            return Err(Fault::new(at, "aliases repeat too much")
                .help("write the repeated part out, or split the document"));
        }
        Ok(built)
    }

    fn repeat(&mut self, size: u64) {
        self.repeated = self.repeated.saturating_add(size);
        self.count = self.count.saturating_add(size);
    }

    /// Takes a key; its value comes next.
    #[inline]
    pub(super) fn set_key(&mut self, key: Key, start: usize, len: usize, merge: bool) {
        self.count += 1;
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
        self.count += 1;
        if self.count > MAX_NODES {
            return Err(too_many(built.node.start as usize));
        }
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
            state => return Err(super::parse::unexpected(state, node.start as usize)),
        };
        frame.state = state;
        let mut key = Key::default();
        if matches!(state, State::MapKey | State::FlowMapNext | State::PairEnd) {
            if frame.merge {
                frame.merged = true;
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

    /// Adds the entries of what stands under `<<`.
    fn merge(&mut self, value: &Value, node: Node, aliased: bool, at: usize) -> Result<(), Fault> {
        let wrong = || {
            Fault::new(at, "`<<` takes an object, or a list of objects")
                .help("name an anchor of an object, as in `<<: *defaults`")
        };
        match value {
            Value::Object(map) => self.merge_map(map, node, at),
            Value::Array(items) if !aliased => {
                // The first of them wins, and the last entry of a key is the one that counts.
                for (index, item) in items.iter().enumerate().rev() {
                    let Value::Object(map) = item else {
                        return Err(wrong());
                    };
                    let child = self.nodes.get(node.first as usize + index).copied();
                    self.merge_map(map, child.unwrap_or(node), at)?;
                }
                Ok(())
            }
            _ => Err(wrong()),
        }
    }

    fn merge_map(&mut self, map: &Map, node: Node, at: usize) -> Result<(), Fault> {
        let own = self.count - self.repeated;
        self.repeat(u64::try_from(map.len()).unwrap_or(u64::MAX));
        if self.repeated > (own.saturating_mul(10) + ALIAS_FREE).min(ALIAS_MOST) {
            return Err(Fault::new(at, "aliases repeat too much"));
        }
        for (index, (key, value)) in map.iter().enumerate() {
            let child = self.nodes.get(node.first as usize + index).copied().unwrap_or(node);
            let (key, value) = (key.clone(), value.clone());
            self.entries.push(Entry { key, value, node: child, merged: true });
        }
        Ok(())
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
            let pairs = drained.map(|entry| (entry.key, entry.value)).collect();
            match Map::from_entries(pairs) {
                Ok(map) => Value::Object(map),
                Err(key) => return Err(Fault::duplicate(&key, frame.start, frame.start)),
            }
        } else {
            let items: Vec<Value> = drained.map(|entry| entry.value).collect();
            items.into()
        };
        let node = Node { start: narrow(frame.start), len: narrow(frame.len), first };
        let built = Built { value, node, height: frame.height };
        if let Some(index) = frame.anchor {
            self.finish_anchor(index, &built, self.count - frame.opened + 1);
        }
        self.complete(built, false)
    }

    /// Sorts the entries of a finished object, and sees that no key stands twice.
    fn sort(&mut self, frame: &Frame) -> Result<(), Fault> {
        let entries = self.entries.get_mut(frame.base..).unwrap_or_default();
        if entries.is_sorted_by(|a, b| a.key < b.key) {
            return Ok(());
        }
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        let mut twice = None;
        for pair in entries.windows(2) {
            if let [a, b] = pair
                && a.key == b.key
            {
                if !a.merged && !b.merged {
                    let places = (a.node.start as usize, b.node.start as usize);
                    return Err(Fault::duplicate(&a.key, places.0, places.1));
                }
                twice = Some(());
            }
        }
        if twice.is_none() {
            return Ok(());
        }
        self.override_merged(frame.base)
    }

    /// Of the entries of one key keeps the last, as goyaml v2 does: a key written before `<<`
    /// loses to it, one written behind it wins.
    fn override_merged(&mut self, base: usize) -> Result<(), Fault> {
        let mut own: Option<(Key, u32)> = None;
        let mut kept: Vec<Entry> = Vec::new();
        for entry in self.entries.drain(base..) {
            if !entry.merged {
                if let Some((key, first)) = &own
                    && *key == entry.key
                {
                    return Err(Fault::duplicate(key, *first as usize, entry.node.start as usize));
                }
                own = Some((entry.key.clone(), entry.node.start));
            }
            match kept.last_mut() {
                Some(last) if last.key == entry.key => *last = entry,
                _ => kept.push(entry),
            }
        }
        self.entries.extend(kept);
        Ok(())
    }
}

#[cold]
fn too_deep(at: usize) -> Fault {
    Fault::new(at, format!("nested deeper than {MAX_DEPTH} levels"))
}

#[cold]
fn too_many(at: usize) -> Fault {
    Fault::new(at, format!("the document holds more than {MAX_NODES} values"))
}
