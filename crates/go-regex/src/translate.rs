//! From Go's regular expressions to those of the `regex` crate.
//!
//! Both know the same engine (leftmost first, linear), and differ in what they let in and in the
//! meaning of some classes. Each atom is written on its own, with the flags that hold for it, so
//! that nothing but a repetition follows it. See <https://pkg.go.dev/regexp/syntax>.

use super::class::{self, Class};
use crate::program::{Builder, Look};
use crate::{MAX_NESTING, PatternError};
use std::fmt;

/// A pattern of Go that is well formed, written for the `regex` crate.
#[derive(Debug)]
pub(crate) struct Translated {
    /// the pattern as the `regex` crate takes it
    pub(crate) pattern: String,
    /// the names of the groups, from the first; empty where one has none
    pub(crate) names: Vec<String>,
    pub(crate) size: Measure,
    /// an automaton finds matches within characters
    pub(crate) in_characters: bool,
}

/// How large a pattern, or a part of it, is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measure {
    /// about how many states an automaton over bytes has
    pub(crate) states: u64,
    /// about how many instructions it has in Go: see `calcSize` of `regexp/syntax`
    pub(crate) instructions: u64,
    /// the greatest product of the counts of nested repetitions
    repeats: u64,
    /// how high its tree is in Go: see `calcHeight`
    pub(crate) height: u32,
    /// how deep its groups nest
    pub(crate) nesting: u32,
}

impl Measure {
    /// One instruction of so many states.
    fn single(states: u64) -> Self {
        Self { states, instructions: 1, height: 1, ..Self::default() }
    }
}

/// What Go says of a pattern that is not well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) what: &'static str,
    pub(crate) place: String,
}

impl Malformed {
    pub(crate) fn new(what: &'static str, place: String) -> Self {
        Self { what, place }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`", self.what, self.place)
    }
}

impl From<Malformed> for PatternError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.to_string())
    }
}

/// The greatest count of a repetition, and the greatest product of nested ones.
const MAX_REPEAT: u32 = 1000;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) fold: bool,
    multi_line: bool,
    dot_all: bool,
    ungreedy: bool,
}

/// What is read of a group, or of the whole.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    /// of all atoms; the height is that of the highest in the present alternative
    atoms: Measure,
    /// in the present alternative
    count: u32,
    /// how high the alternatives before it are, and whether there are any
    before: Option<u32>,
}

impl Total {
    fn add(&mut self, atom: Measure) {
        let atoms = &mut self.atoms;
        atoms.states = atoms.states.saturating_add(atom.states);
        atoms.instructions = atoms.instructions.saturating_add(atom.instructions);
        atoms.repeats = atoms.repeats.max(atom.repeats);
        atoms.height = atoms.height.max(atom.height);
        atoms.nesting = atoms.nesting.max(atom.nesting);
        self.count = self.count.saturating_add(1);
    }

    /// How high the present alternative is.
    fn height(&self) -> u32 {
        match self.count {
            0 | 1 => self.atoms.height.max(1),
            _ => self.atoms.height.saturating_add(1),
        }
    }

    fn alternate(&mut self) {
        self.before = Some(self.before.map_or(self.height(), |before| before.max(self.height())));
        self.atoms.height = 0;
        self.atoms.instructions = self.atoms.instructions.saturating_add(1);
        self.count = 0;
    }

    fn measure(&self) -> Measure {
        let height = match self.before {
            Some(before) => before.max(self.height()).saturating_add(1),
            None => self.height(),
        };
        Measure { height, instructions: self.atoms.instructions.max(1), ..self.atoms }
    }
}

struct Group {
    /// those that held before it
    flags: Flags,
    /// where it starts in the output
    start: usize,
    /// whether what it matches is kept
    keeps: bool,
    /// what was read before it
    total: Total,
}

/// What a repetition would apply to.
#[derive(Clone, Copy)]
struct Atom {
    start: usize,
    measure: Measure,
    /// it ends with a repetition already
    repeated: bool,
}

/// How often something comes.
#[derive(Clone, Copy)]
struct Repetition<'p> {
    /// as it is written
    text: &'p str,
    least: u32,
    most: Option<u32>,
    counted: bool,
}

pub(super) struct Translator<'p> {
    pub(super) whole: &'p str,
    pub(super) rest: &'p str,
    flags: Flags,
    out: String,
    names: Vec<String>,
    groups: Vec<Group>,
    total: Total,
    last: Option<Atom>,
    /// the text from the repetition that was read last, where nothing follows it
    last_repeat: Option<&'p str>,
    in_characters: bool,
    /// what makes a program of it, where that is asked for
    builder: Option<&'p mut Builder>,
}

/// Writes a pattern of Go anew for the `regex` crate, and makes a program of it.
///
/// # Errors
/// Where Go refuses it.
pub(crate) fn translate<'p>(
    pattern: &'p str,
    builder: Option<&'p mut Builder>,
) -> Result<Translated, Malformed> {
    let mut translator = Translator {
        whole: pattern,
        rest: pattern,
        flags: Flags::default(),
        out: String::with_capacity(pattern.len() + 16),
        names: Vec::new(),
        groups: Vec::new(),
        total: Total::default(),
        last: None,
        last_repeat: None,
        in_characters: false,
        builder,
    };
    while !translator.rest.is_empty() {
        translator.step()?;
    }
    if !translator.groups.is_empty() {
        return Err(Malformed::new("missing closing )", pattern.to_owned()));
    }
    let Translator { out, names, total, in_characters, .. } = translator;
    Ok(Translated { pattern: out, names, size: total.measure(), in_characters })
}

impl<'p> Translator<'p> {
    fn step(&mut self) -> Result<(), Malformed> {
        let start = self.rest;
        let mut repeat = None;
        match self.rest.chars().next() {
            Some('(') if self.rest.starts_with("(?") => self.flags_or_group()?,
            Some('(') => {
                self.skip(1);
                self.open(Some(String::new()));
            }
            Some('|') => {
                self.skip(1);
                self.out.push('|');
                self.total.alternate();
                self.last = None;
                self.build(Builder::alternate);
            }
            Some(')') => self.close()?,
            Some('^') if self.flags.multi_line => self.look(1, "(?m:^)", Look::LineStart),
            Some('^') => self.look(1, "^", Look::TextStart),
            Some('$') if self.flags.multi_line => self.look(1, "(?m:$)", Look::LineEnd),
            Some('$') => self.look(1, "$", Look::TextEnd),
            Some('.') => {
                self.skip(1);
                self.char(if self.flags.dot_all { "(?s:.)" } else { "." }, 4);
            }
            Some('[') => {
                let class = class::bracketed(self)?;
                self.class(&class);
            }
            Some('*') => {
                self.repetition(Repetition { text: "*", least: 0, most: None, counted: false })?;
                repeat = Some(start);
            }
            Some('+') => {
                self.repetition(Repetition { text: "+", least: 1, most: None, counted: false })?;
                repeat = Some(start);
            }
            Some('?') => {
                self.repetition(Repetition { text: "?", least: 0, most: Some(1), counted: false })?;
                repeat = Some(start);
            }
            Some('{') => match self.counts()? {
                Some(counted) => {
                    self.repetition(counted)?;
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

    fn build(&mut self, part: impl FnOnce(&mut Builder)) {
        if let Some(builder) = &mut self.builder {
            part(builder);
        }
    }

    fn atom(&mut self, start: usize, measure: Measure) {
        // what stood last now belongs to all that stands before
        self.total.add(measure);
        self.last = Some(Atom { start, measure, repeated: false });
    }

    fn look(&mut self, bytes: usize, text: &str, look: Look) {
        self.skip(bytes);
        let start = self.out.len();
        self.out.push_str(text);
        self.atom(start, Measure::single(4));
        self.build(|builder| builder.look(look));
    }

    /// What takes one character.
    fn char(&mut self, text: &str, states: u64) {
        let start = self.out.len();
        self.out.push_str(text);
        self.atom(start, Measure::single(states));
        self.build(|builder| builder.char(text));
    }

    /// A character; none where it is a surrogate, which no text holds.
    fn literal(&mut self, c: Option<char>) {
        let text = match c {
            None => class::NOTHING.to_owned(),
            Some(c) => {
                let c = match c.is_ascii_alphanumeric() || !c.is_ascii() {
                    true => c.to_string(),
                    false => format!("\\x{:02x}", u32::from(c)),
                };
                if self.flags.fold { format!("(?i:{c})") } else { c }
            }
        };
        self.char(&text, 2);
    }

    fn class(&mut self, class: &Class) {
        if self.flags.fold {
            self.char(&format!("(?i:{})", class.text), class.size);
        } else {
            self.char(&class.text, class.size);
        }
    }

    fn open(&mut self, name: Option<String>) {
        let total = std::mem::take(&mut self.total);
        let (flags, start, keeps) = (self.flags, self.out.len(), name.is_some());
        self.groups.push(Group { flags, start, keeps, total });
        self.out.push_str(if keeps { "(" } else { "(?:" });
        self.names.extend(name);
        self.last = None;
        self.build(|builder| builder.open(keeps));
    }

    fn close(&mut self) -> Result<(), Malformed> {
        let Some(group) = self.groups.pop() else {
            return Err(Malformed::new("unexpected )", self.whole.to_owned()));
        };
        self.skip(1);
        self.out.push(')');
        self.flags = group.flags;
        let mut inner = std::mem::replace(&mut self.total, group.total).measure();
        inner.states = inner.states.saturating_add(2);
        inner.nesting = inner.nesting.saturating_add(1);
        if group.keeps {
            inner.instructions = inner.instructions.saturating_add(2);
            inner.height = inner.height.saturating_add(1);
        }
        self.atom(group.start, inner);
        self.build(Builder::close);
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
                self.open(Some(name.to_owned()));
                return Ok(());
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
                        self.open(None);
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

    /// `{n}`, `{n,}`, `{n,m}`; none where the brace is a literal.
    fn counts(&mut self) -> Result<Option<Repetition<'p>>, Malformed> {
        let Some(end) = self.rest.find('}') else { return Ok(None) };
        let (Some(text), Some(inner)) = (self.rest.get(..=end), self.rest.get(1..end)) else {
            return Ok(None);
        };
        let (least, most) = inner.split_once(',').map_or((inner, None), |(l, m)| (l, Some(m)));
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let plain = text == "0" || !text.starts_with('0');
            (digits && plain).then(|| text.parse().unwrap_or(u32::MAX))
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
        Ok(Some(Repetition { text, least, most, counted: true }))
    }

    fn repetition(&mut self, repetition: Repetition<'p>) -> Result<(), Malformed> {
        let Repetition { text, least, most, counted } = repetition;
        let start = self.rest;
        self.skip(text.len());
        let lazy = self.rest.starts_with('?');
        self.skip(usize::from(lazy));
        let read = |from: &str| from.get(..from.len() - self.rest.len()).unwrap_or(from).to_owned();
        if let Some(before) = self.last_repeat {
            return Err(Malformed::new("invalid nested repetition operator", read(before)));
        }
        let Some(atom) = self.last else {
            return Err(Malformed::new("missing argument to repetition operator", read(start)));
        };
        let copies = u64::from(most.unwrap_or(least));
        let mut measure = atom.measure;
        if counted {
            measure.repeats = copies.saturating_mul(measure.repeats.max(1));
            if copies.max(u64::from(least)) >= 2 && measure.repeats > u64::from(MAX_REPEAT) {
                return Err(Malformed::new("invalid repeat count", read(start)));
            }
        }
        if atom.repeated {
            measure.nesting = measure.nesting.saturating_add(1);
            // what nests deeper is for no automaton
            if measure.nesting <= MAX_NESTING {
                self.out.insert_str(atom.start, "(?:");
                self.out.push(')');
            }
        }
        self.out.push_str(text);
        let greedy = lazy == self.flags.ungreedy;
        self.out.push_str(if greedy { "" } else { "?" });
        let more = measure.states.saturating_mul(copies.saturating_sub(1));
        measure.states = measure.states.saturating_add(more);
        measure.instructions = match most {
            None => measure.instructions.saturating_mul(copies.max(1)).saturating_add(2),
            Some(_) => {
                let choices = copies - u64::from(least);
                measure.instructions.saturating_mul(copies).saturating_add(choices).max(1)
            }
        };
        measure.height = measure.height.saturating_add(1);
        let total = &mut self.total.atoms;
        total.states = total.states.saturating_add(more);
        let more = measure.instructions.saturating_sub(atom.measure.instructions);
        total.instructions = total.instructions.saturating_add(more);
        total.repeats = total.repeats.max(measure.repeats);
        total.height = total.height.max(measure.height);
        total.nesting = total.nesting.max(measure.nesting);
        self.last = Some(Atom { measure, repeated: true, ..atom });
        self.build(|builder| builder.repeat(least, most, greedy));
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        match self.rest.as_bytes().get(1) {
            Some(b'A') => self.look(2, r"\A", Look::TextStart),
            Some(b'z') => self.look(2, r"\z", Look::TextEnd),
            Some(b'b') => self.look(2, r"(?-u:\b)", Look::Boundary),
            Some(b'B') => {
                self.look(2, r"(?-u:\B)", Look::NoBoundary);
                self.in_characters = true;
            }
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
