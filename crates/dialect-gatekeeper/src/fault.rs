use sekisho_value::Pointer;

/// What is wrong with a part of a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// the offending field, within the part that was read
    pub pointer: Pointer,
    /// what is wrong
    pub message: String,
    /// how to mend it
    pub help: Option<String>,
}

impl Fault {
    /// A fault of a field.
    pub fn new(pointer: Pointer, message: impl Into<String>) -> Self {
        Self { pointer, message: message.into(), help: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same as told of the document that holds the part at `prefix`.
    #[must_use]
    pub fn below(mut self, prefix: &Pointer) -> Self {
        self.pointer = prefix.join(&self.pointer);
        self
    }
}
