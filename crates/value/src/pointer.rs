use std::borrow::Cow;
use std::fmt;

/// A JSON pointer (RFC 6901): `""` is the whole, `/spec/containers/0` a part.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

/// A text that is no JSON pointer: it is not empty and does not begin with `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a JSON pointer is empty or begins with `/`")]
pub struct ParsePointerError;

impl Pointer {
    /// The pointer to the whole value.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads the text of a pointer.
    ///
    /// # Errors
    /// Where the text is neither empty nor begins with `/`.
    pub fn parse(text: &str) -> Result<Self, ParsePointerError> {
        if text.is_empty() || text.starts_with('/') {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParsePointerError)
        }
    }

    /// Whether this points at the whole value.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes down to an object's key.
    pub fn push_key(&mut self, key: &str) {
        self.0.push('/');
        for part in key.split_inclusive(['~', '/']) {
            if let Some(head) = part.strip_suffix('~') {
                self.0.push_str(head);
                self.0.push_str("~0");
            } else if let Some(head) = part.strip_suffix('/') {
                self.0.push_str(head);
                self.0.push_str("~1");
            } else {
                self.0.push_str(part);
            }
        }
    }

    /// Goes down to a list's item.
    pub fn push_index(&mut self, index: usize) {
        use fmt::Write as _;
        // Writing to a `String` cannot fail.
        let _ = write!(self.0, "/{index}");
    }

    /// Goes up one step; `false` where this was the whole.
    pub fn pop(&mut self) -> bool {
        match self.0.rfind('/') {
            Some(end) => {
                self.0.truncate(end);
                true
            }
            None => false,
        }
    }

    /// This pointer with a key added.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut pointer = self.clone();
        pointer.push_key(key);
        pointer
    }

    /// This pointer with a path of keys added.
    #[must_use]
    pub fn keys(&self, keys: &[&str]) -> Self {
        let mut pointer = self.clone();
        for key in keys {
            pointer.push_key(key);
        }
        pointer
    }

    /// This pointer with an index added.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut pointer = self.clone();
        pointer.push_index(index);
        pointer
    }

    /// This pointer with all of `below` added.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        Self(format!("{}{}", self.0, below.0))
    }

    /// What stands below `prefix`, where this begins with it.
    #[must_use]
    pub fn strip_prefix(&self, prefix: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(prefix.0.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| Self(rest.to_owned()))
    }

    /// The steps, unescaped.
    pub fn tokens(&self) -> impl Iterator<Item = Token<'_>> {
        self.0.split('/').skip(1).map(|token| {
            Token(if token.contains('~') {
                Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
            } else {
                Cow::Borrowed(token)
            })
        })
    }

    /// The text of the pointer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// One step of a [`Pointer`]: an object's key or a list's index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a>(Cow<'a, str>);

impl Token<'_> {
    /// The step as an object's key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The step as a list's index: digits without a leading zero.
    #[must_use]
    pub fn as_index(&self) -> Option<usize> {
        let digits = self.0.as_bytes();
        let leading_zero = digits.len() > 1 && digits.first() == Some(&b'0');
        (!leading_zero && digits.iter().all(u8::is_ascii_digit)).then(|| self.0.parse().ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    #[test]
    fn keys_are_escaped_and_read_back() {
        let mut pointer = Pointer::root();
        pointer.push_key("a/b~c");
        pointer.push_index(3);
        assert_eq!(pointer.as_str(), "/a~1b~0c/3");
        let tokens: Vec<_> = pointer.tokens().map(|token| token.as_str().to_owned()).collect();
        assert_eq!(tokens, ["a/b~c", "3"]);
        assert!(pointer.pop() && pointer.pop() && !pointer.pop());
    }

    #[test]
    fn prefixes_end_at_steps() {
        let pointer = Pointer::parse("/spec/template/x").unwrap();
        let strip = |prefix: &str| pointer.strip_prefix(&Pointer::parse(prefix).unwrap());
        assert_eq!(strip("/spec").unwrap().as_str(), "/template/x");
        assert!(strip("/sp").is_none());
        assert!(Pointer::parse("spec").is_err());
    }
}
