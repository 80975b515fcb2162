//! From Go's regular expressions to those of the `regex` crate.
//!
//! Both know the same engine (leftmost first, linear), and differ in what they let in and in the
//! meaning of some classes. Each atom is written on its own, with the flags that hold for it, so
//! that nothing but a repetition follows it. See <https://pkg.go.dev/regexp/syntax>.

use super::class::{self, Class};
use crate::PatternError;
use std::fmt::{self, Write};

/// A pattern of Go that is well formed, written for the `regex` crate.
#[derive(Debug)]
pub struct Translated {
    /// the pattern as the `regex` crate takes it
    pub pattern: String,
    /// the names of the groups, from the first; empty where one has none
    pub names: Vec<String>,
    /// about how many states it compiles to
    pub size: u64,
}

/// What Go says of a pattern that is not well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub(crate) what: &'static str,
    pub(crate) place: String,
}

impl Malformed {
    pub(crate) fn new(what: &'static str, place: String) -> Self {
        Self { what, place }
    }

    /// Whether its groups nest deeper than is let in here, though Go may still take them.
    #[must_use]
    pub fn is_too_deep(&self) -> bool {
        self.what == TOO_DEEP
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`", self.what, self.place)
    }
}

impl From<Malformed> for PatternError {
    fn from(malformed: Malformed) -> Self {
        if malformed.is_too_deep() {
            Self::TooLarge
        } else {
            Self::Malformed(malformed.to_string())
        }
    }
}

const TOO_DEEP: &str = "expression nests too deeply";

/// Groups nested deeper are refused; Go goes to 1,000.
const MAX_NESTING: usize = 200;
/// The greatest count of a repetition, and the greatest product of nested ones.
const MAX_REPEAT: u64 = 1000;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) fold: bool,
    multi_line: bool,
    dot_all: bool,
    ungreedy: bool,
}

/// What is known of an atom, or of all of a group so far.
#[derive(Clone, Copy, Debug, Default)]
struct Measure {
    size: u64,
    /// the greatest product of the counts of nested repetitions
    repeats: u64,
}

struct Group {
    /// those that held before it
    flags: Flags,
    /// where it starts in the output
    start: usize,
    total: Measure,
}

/// What a repetition would apply to.
#[derive(Clone, Copy)]
struct Atom {
    start: usize,
    measure: Measure,
    /// it ends with a repetition already
    repeated: bool,
}

pub(super) struct Translator<'p> {
    pub(super) whole: &'p str,
    pub(super) rest: &'p str,
    flags: Flags,
    out: String,
    names: Vec<String>,
    groups: Vec<Group>,
    total: Measure,
    last: Option<Atom>,
    /// the text from the repetition that was read last, where nothing follows it
    last_repeat: Option<&'p str>,
}

/// Writes a pattern of Go anew for the `regex` crate.
///
/// # Errors
/// Where Go refuses it, or its groups nest too deeply.
pub fn translate(pattern: &str) -> Result<Translated, Malformed> {
    let mut translator = Translator {
        whole: pattern,
        rest: pattern,
        flags: Flags::default(),
        out: String::with_capacity(pattern.len() + 16),
        names: Vec::new(),
        groups: Vec::new(),
        total: Measure::default(),
        last: None,
        last_repeat: None,
    };
    while !translator.rest.is_empty() {
        translator.step()?;
    }
    if !translator.groups.is_empty() {
        return Err(Malformed::new("missing closing )", pattern.to_owned()));
    }
    let Translator { out, names, total, .. } = translator;
    Ok(Translated { pattern: out, names, size: total.size })
}

impl<'p> Translator<'p> {
    fn step(&mut self) -> Result<(), Malformed> {
        let start = self.rest;
        let mut repeat = None;
        match self.rest.chars().next() {
            Some('(') if self.rest.starts_with("(?") => self.flags_or_group()?,
            Some('(') => {
                self.skip(1);
                self.open(Some(String::new()))?;
            }
            Some('|') => {
                self.skip(1);
                self.out.push('|');
                self.last = None;
            }
            Some(')') => self.close()?,
            Some('^') => self.simple(1, if self.flags.multi_line { "(?m:^)" } else { "^" }),
            Some('$') => self.simple(1, if self.flags.multi_line { "(?m:$)" } else { "$" }),
            Some('.') => self.simple(1, if self.flags.dot_all { "(?s:.)" } else { "." }),
            Some('[') => {
                let class = class::bracketed(self)?;
                self.class(&class);
            }
            Some(op @ ('*' | '+' | '?')) => {
                self.skip(1);
                let count = if op == '+' { 1 } else { 0 };
                self.repetition(start, &op.to_string(), count.max(1), false)?;
                repeat = Some(start);
            }
            Some('{') => match self.counts()? {
                Some((text, copies, many)) => {
                    self.repetition(start, &text, copies, many)?;
                    repeat = Some(start);
                }
                None => {
                    self.skip(1);
                    self.literal(Some('{'));
                }
            },
            Some('\\') => self.escape()?,
            Some(c) => {
                self.skip(c.len_utf8());
                self.literal(Some(c));
            }
            None => {}
        }
        self.last_repeat = repeat;
        Ok(())
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    pub(super) fn fold(&self) -> bool {
        self.flags.fold
    }

    fn atom(&mut self, start: usize, measure: Measure) {
        // what stood last now belongs to all that stands before
        self.total.size = self.total.size.saturating_add(measure.size);
        self.total.repeats = self.total.repeats.max(measure.repeats);
        self.last = Some(Atom { start, measure, repeated: false });
    }

    fn simple(&mut self, bytes: usize, text: &str) {
        self.skip(bytes);
        let start = self.out.len();
        self.out.push_str(text);
        self.atom(start, Measure { size: 4, repeats: 0 });
    }

    /// A character; none where it is a surrogate, which no text holds.
    fn literal(&mut self, c: Option<char>) {
        let start = self.out.len();
        match c {
            Some(c) => {
                self.out.push_str(if self.flags.fold { "(?i:" } else { "" });
                if c.is_ascii_alphanumeric() || !c.is_ascii() {
                    self.out.push(c);
                } else {
                    // writing into a text does not fail
                    let _ = write!(self.out, "\\x{:02x}", u32::from(c));
                }
                self.out.push_str(if self.flags.fold { ")" } else { "" });
            }
            None => self.out.push_str(class::NOTHING),
        }
        self.atom(start, Measure { size: 2, repeats: 0 });
    }

    fn class(&mut self, class: &Class) {
        let start = self.out.len();
        if self.flags.fold {
            let _ = write!(self.out, "(?i:{})", class.text);
        } else {
            self.out.push_str(&class.text);
        }
        self.atom(start, Measure { size: class.size, repeats: 0 });
    }

    fn open(&mut self, name: Option<String>) -> Result<(), Malformed> {
        if self.groups.len() >= MAX_NESTING {
            return Err(Malformed::new(TOO_DEEP, self.whole.to_owned()));
        }
        let total = std::mem::take(&mut self.total);
        self.groups.push(Group { flags: self.flags, start: self.out.len(), total });
        self.out.push_str(if name.is_some() { "(" } else { "(?:" });
        self.names.extend(name);
        self.last = None;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Malformed> {
        let Some(group) = self.groups.pop() else {
            return Err(Malformed::new("unexpected )", self.whole.to_owned()));
        };
        self.skip(1);
        self.out.push(')');
        self.flags = group.flags;
        let inner = std::mem::replace(&mut self.total, group.total);
        self.atom(group.start, Measure { size: inner.size.saturating_add(2), ..inner });
        Ok(())
    }

    /// `(?P<name>`, `(?<name>`, `(?flags)`, `(?flags:`.
    fn flags_or_group(&mut self) -> Result<(), Malformed> {
        let start = self.rest;
        for opening in ["(?P<", "(?<"] {
            if start.len() > opening.len() && start.starts_with(opening) {
                let invalid = |text: &str| Malformed::new("invalid named capture", text.to_owned());
                let end = start.find('>').ok_or_else(|| invalid(start))?;
                let name = start.get(opening.len()..end).unwrap_or("");
                let good = |c: char| c == '_' || c.is_ascii_alphanumeric();
                if name.is_empty() || !name.chars().all(good) {
                    return Err(invalid(start.get(..=end).unwrap_or(start)));
                }
                self.skip(end + 1);
                return self.open(Some(name.to_owned()));
            }
        }
        self.skip(2);
        let mut flags = self.flags;
        let (mut on, mut seen) = (true, false);
        while let Some(c) = self.rest.chars().next() {
            self.skip(c.len_utf8());
            match c {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_all = on,
                'U' => flags.ungreedy = on,
                '-' if on => {
                    on = false;
                    seen = false;
                    continue;
                }
                ':' | ')' if on || seen => {
                    if c == ':' {
                        self.open(None)?;
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            seen = true;
        }
        let read = start.len() - self.rest.len();
        let text = start.get(..read).unwrap_or(start);
        Err(Malformed::new("invalid or unsupported Perl syntax", text.to_owned()))
    }

    /// `{n}`, `{n,}`, `{n,m}`: as text, how many copies it makes, and whether it makes two or
    /// more; none where the brace is a literal.
    fn counts(&mut self) -> Result<Option<(String, u64, bool)>, Malformed> {
        let Some(end) = self.rest.find('}') else { return Ok(None) };
        let (Some(text), Some(inner)) = (self.rest.get(..=end), self.rest.get(1..end)) else {
            return Ok(None);
        };
        let (least, most) = inner.split_once(',').map_or((inner, None), |(l, m)| (l, Some(m)));
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let plain = text == "0" || !text.starts_with('0');
            (digits && plain).then(|| text.parse().unwrap_or(u64::MAX))
        };
        let Some(least) = number(least) else { return Ok(None) };
        let most = match most {
            None => Some(least),
            Some("") => None,
            Some(most) => match number(most) {
                Some(most) => Some(most),
                None => return Ok(None),
            },
        };
        let wrong =
            least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || least > most);
        if wrong {
            return Err(Malformed::new("invalid repeat count", text.to_owned()));
        }
        self.skip(end + 1);
        let copies = most.unwrap_or(least);
        Ok(Some((text.to_owned(), copies, least >= 2 || copies >= 2)))
    }

    fn repetition(
        &mut self,
        start: &'p str,
        operator: &str,
        copies: u64,
        counted: bool,
    ) -> Result<(), Malformed> {
        let lazy = self.rest.starts_with('?');
        self.skip(usize::from(lazy));
        let read = |from: &str| from.get(..from.len() - self.rest.len()).unwrap_or(from).to_owned();
        if let Some(before) = self.last_repeat {
            return Err(Malformed::new("invalid nested repetition operator", read(before)));
        }
        let Some(atom) = self.last else {
            return Err(Malformed::new("missing argument to repetition operator", read(start)));
        };
        let repeats = if operator.starts_with('{') {
            copies.saturating_mul(atom.measure.repeats.max(1))
        } else {
            atom.measure.repeats
        };
        if counted && repeats > MAX_REPEAT {
            return Err(Malformed::new("invalid repeat count", read(start)));
        }
        if atom.repeated {
            self.out.insert_str(atom.start, "(?:");
            self.out.push(')');
        }
        self.out.push_str(operator);
        self.out.push_str(if lazy != self.flags.ungreedy { "?" } else { "" });
        let more = atom.measure.size.saturating_mul(copies.saturating_sub(1));
        self.total.size = self.total.size.saturating_add(more);
        self.total.repeats = self.total.repeats.max(repeats);
        let measure = Measure { size: atom.measure.size.saturating_add(more), repeats };
        self.last = Some(Atom { measure, repeated: true, ..atom });
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        match self.rest.as_bytes().get(1) {
            Some(b'A') => self.simple(2, r"\A"),
            Some(b'z') => self.simple(2, r"\z"),
            Some(b'b') => self.simple(2, r"(?-u:\b)"),
            Some(b'B') => self.simple(2, r"(?-u:\B)"),
            Some(b'Q') => {
                self.skip(2);
                let (text, behind) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
                for c in text.chars() {
                    self.literal(Some(c));
                }
                self.rest = behind;
            }
            _ => match class::escaped(self)? {
                Some(class) => self.class(&class),
                None => {
                    let code = class::escaped_char(self)?;
                    self.literal(char::from_u32(code));
                }
            },
        }
        Ok(())
    }
}
