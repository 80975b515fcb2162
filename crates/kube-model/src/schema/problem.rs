use sekisho_value::Pointer;

/// What the API server, or its client, would hold against an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// what sort of problem it is
    pub kind: ProblemKind,
    /// the offending field; it may be absent from the object
    pub pointer: Pointer,
    /// what is wrong
    pub message: String,
    /// how to mend it
    pub help: Option<String>,
}

/// The sorts of [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// A value is of the wrong type, or of the right one and cannot be read (a quantity, a time,
    /// base64), or `apiVersion` or `kind` is missing: the API server refuses to decode the
    /// object, whatever its client asks for.
    WrongType,
    /// A field that the schema does not have; the API server drops it or refuses the object, as
    /// the client asks it to.
    UnknownField,
    /// A required field is absent.
    RequiredField,
    /// A kind that a built-in group has in no version, and that is another's but for its spelling
    /// or its group: the API server refuses the object.
    UnknownKind,
    /// A version that the API server serves no longer, or never did; or a kind of a built-in group
    /// that is like none that is known.
    UnservedVersion,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, pointer: Pointer, message: impl Into<String>) -> Self {
        Self { kind, pointer, message: message.into(), help: None }
    }
}
