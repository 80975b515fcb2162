//! What may come next, and what is said of anything else.

use crate::fault::Fault;

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
    pub(super) fn wants_key(self) -> bool {
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
