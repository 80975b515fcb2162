//! Where the parts of a value stand in the text.

use sekisho_value::{Annotation, Pointer, Span, Value};

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

/// The spans of a JSON text, as the JSON reader builds them.
#[derive(Debug)]
pub(crate) struct JsonSpans {
    start: u32,
    len: u32,
    children: Vec<JsonSpans>,
}

impl JsonSpans {
    fn new(key: Option<Span>, value: Span, scalar: bool, children: Vec<Self>) -> Self {
        let value = if scalar { value } else { value.start..value.start + 1 };
        let span = key.unwrap_or(value);
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: narrow(span.start), len: narrow(span.len()), children }
    }

    /// Lays the tree out flat; `base` is where the JSON text begins.
    pub(crate) fn flatten(&self, base: u32, out: &mut Spans) -> Node {
        let children: Vec<Node> =
            self.children.iter().map(|child| child.flatten(base, out)).collect();
        let first = u32::try_from(out.len()).unwrap_or(u32::MAX);
        out.extend(children);
        Node { start: self.start.saturating_add(base), len: self.len, first }
    }
}

impl Annotation for JsonSpans {
    fn scalar(key: Option<Span>, value: Span) -> Self {
        Self::new(key, value, true, Vec::new())
    }

    fn container(key: Option<Span>, value: Span, children: Vec<Self>) -> Self {
        Self::new(key, value, false, children)
    }
}
