use sekisho_value::Str;

/// A name with `*` at its ends, as in `kube-*`, `*-system` and `*system*`; a `*` elsewhere is a
/// character like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Exact(Str),
    Prefix(Str),
    Suffix(Str),
    Part(Str),
}

impl Glob {
    /// Any text is a glob.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let (behind, before) = (text.strip_prefix('*'), text.strip_suffix('*'));
        Self(match (behind, before) {
            // `*` alone is a part of nothing left to find.
            (Some(behind), Some(_)) => Kind::Part(behind.strip_suffix('*').unwrap_or("").into()),
            (Some(suffix), None) => Kind::Suffix(suffix.into()),
            (None, Some(prefix)) => Kind::Prefix(prefix.into()),
            (None, None) => Kind::Exact(text.into()),
        })
    }

    /// Whether a name matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Exact(text) => text == name,
            Kind::Prefix(text) => name.starts_with(text.as_str()),
            Kind::Suffix(text) => name.ends_with(text.as_str()),
            Kind::Part(text) => name.contains(text.as_str()),
        }
    }

    /// Whether every name that is made of a `generateName` matches.
    #[must_use]
    pub fn matches_generate_name(&self, generate_name: &str) -> bool {
        match &self.0 {
            Kind::Exact(_) | Kind::Suffix(_) => false,
            Kind::Prefix(_) | Kind::Part(_) => self.matches(generate_name),
        }
    }

    /// Whether a text may stand where Gatekeeper's schema wants a glob:
    /// `^\*?[-:a-z0-9]*\*?$`.
    #[must_use]
    pub fn is_valid(text: &str) -> bool {
        let middle = text.strip_prefix('*').unwrap_or(text);
        let middle = middle.strip_suffix('*').unwrap_or(middle);
        let plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b':');
        middle.bytes().all(plain)
    }
}
