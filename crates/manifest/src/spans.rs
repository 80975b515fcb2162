//! Where the parts of a value stand in the text.

use sekisho_value::{Notes, Pointer, Span, Value};

/// Where one node stands: 12 bytes, made while reading.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Node {
    /// The byte offset of the node's key, or of the node itself where it has none.
    pub(crate) start: u32,
    /// How many bytes the key or scalar takes.
    pub(crate) len: u32,
    /// Where the children stand in [`Spans`].
    pub(crate) first: u32,
}

/// The nodes of one document: those of one list or object stand together, in the order of the
/// list or of the object's sorted entries. What an alias repeats is shared.
pub(crate) type Spans = Vec<Node>;

/// An offset in 32 bits: no text is longer (`text::MAX_LEN`).
#[inline]
pub(crate) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Goes down `value` and its nodes as far as `pointer` leads; `true` where it led to its end.
pub(crate) fn walk(value: &Value, root: Node, spans: &[Node], pointer: &Pointer) -> (Node, bool) {
    let (mut value, mut node) = (value, root);
    for token in pointer.tokens() {
        let index = match value {
            Value::Object(map) => map.position(token.as_str()).ok(),
            Value::Array(_) => token.as_index(),
            _ => None,
        };
        let (Some(index), Some(below)) = (index, value.step(&token)) else {
            return (node, false);
        };
        let Some(child) = spans.get(node.first as usize + index) else {
            return (node, false);
        };
        (value, node) = (below, *child);
    }
    (node, true)
}

/// The first key of an object in the order of the text; the node itself for all else.
pub(crate) fn first_key(value: &Value, node: Node, spans: &[Node]) -> Node {
    let len = value.as_object().map_or(0, sekisho_value::Map::len);
    let first = node.first as usize;
    let children = spans.get(first..first + len).unwrap_or_default();
    // What a merge brought from an earlier place is none of the object's own keys.
    let own = children.iter().filter(|child| child.start >= node.start);
    own.min_by_key(|child| child.start).copied().unwrap_or(node)
}

/// Notes down the spans of a JSON text while it is read.
#[derive(Debug)]
pub(crate) struct JsonSpans {
    /// Where the JSON text begins.
    base: usize,
    pub(crate) nodes: Spans,
    /// How many values were read, and how many may be.
    pub(crate) values: u64,
    room: u64,
    last_key_wins: bool,
}

impl JsonSpans {
    pub(crate) fn new(base: usize, room: u64, last_key_wins: bool) -> Self {
        Self { base, nodes: Spans::new(), values: 0, room, last_key_wins }
    }

    fn node(&mut self, span: Span, first: u32) -> Node {
        self.values += 1;
        Node { start: narrow(self.base + span.start), len: narrow(span.len()), first }
    }
}

impl Notes for JsonSpans {
    type Note = Node;

    fn is_full(&self) -> bool {
        self.values >= self.room
    }

    fn last_key_wins(&self) -> bool {
        self.last_key_wins
    }

    fn scalar(&mut self, key: Option<Span>, value: Span) -> Node {
        self.node(key.unwrap_or(value), 0)
    }

    fn container(
        &mut self,
        key: Option<Span>,
        value: Span,
        children: impl Iterator<Item = Node>,
    ) -> Node {
        let first = narrow(self.nodes.len());
        self.nodes.extend(children);
        self.node(key.unwrap_or(value.start..value.start + 1), first)
    }
}
