//! YAML as gator writes it: what stands plain, what is quoted, how numbers and long texts look.
//!
//! Source of the rules: the encoder and the emitter of go-yaml v2.4 (`encode.go`, `emitterc.go`,
//! `resolve.go`, `sorter.go`), which read YAML 1.1.

use sekisho_value::{Map, Number, Value};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// A space behind this column is where a text goes on in the next line.
const WIDTH: usize = 80;

/// A key of more bytes stands behind `?`.
const MAX_SIMPLE_KEY: usize = 128;

/// An object, its keys in the order of numbers within them.
pub(crate) fn to_yaml(object: &Value) -> String {
    let mut writer = Writer::default();
    match object {
        Value::Object(map) if !map.is_empty() => writer.map(map, 0),
        other => {
            writer.scalar(other, 0);
            writer.put("\n");
        }
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    column: usize,
}

/// How a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column = match text.rfind('\n') {
            Some(end) => text.get(end + 1..).unwrap_or_default().chars().count(),
            None => self.column + text.chars().count(),
        };
    }

    fn line(&mut self, indent: usize) {
        self.put("\n");
        self.indent(indent);
    }

    fn indent(&mut self, indent: usize) {
        self.put(&" ".repeat(indent));
    }

    /// The entries of a map, each on lines of its own; the first stands where the writer is. The
    /// depth of values is bounded ([`sekisho_value::MAX_DEPTH`]), and so is the recursion.
    fn map(&mut self, map: &Map, indent: usize) {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_by(|(a, _), (b, _)| natural(a, b));
        for (index, (key, value)) in entries.into_iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            let simple = key.len() <= MAX_SIMPLE_KEY;
            if !simple {
                self.put("? ");
            }
            self.text(key, indent, true);
            if !simple {
                self.line(indent);
            }
            self.put(":");
            match value {
                Value::Object(map) if !map.is_empty() => {
                    self.line(indent + 2);
                    self.map(map, indent + 2);
                }
                Value::Array(items) if !items.is_empty() => {
                    self.line(indent);
                    self.list(items, indent);
                }
                scalar => {
                    self.put(" ");
                    self.scalar(scalar, indent + 2);
                    self.put("\n");
                }
            }
        }
    }

    fn list(&mut self, items: &[Value], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.put("- ");
            match item {
                Value::Object(map) if !map.is_empty() => self.map(map, indent + 2),
                Value::Array(items) if !items.is_empty() => self.list(items, indent + 2),
                scalar => {
                    self.scalar(scalar, indent + 2);
                    self.put("\n");
                }
            }
        }
    }

    fn scalar(&mut self, scalar: &Value, indent: usize) {
        match scalar {
            Value::Null => self.put("null"),
            Value::Bool(bool) => self.put(if *bool { "true" } else { "false" }),
            Value::Number(number) => self.put(&go_number(number)),
            Value::Array(_) => self.put("[]"),
            Value::Object(_) => self.put("{}"),
            Value::String(text) => self.text(text, indent, false),
        }
    }

    fn text(&mut self, text: &str, indent: usize, key: bool) {
        match style(text, key) {
            Style::Plain => self.folded(text, indent, Style::Plain, key),
            Style::Literal => self.literal(text, indent),
            quoted => {
                let quote = if quoted == Style::Single { "'" } else { "\"" };
                self.put(quote);
                self.folded(text, indent, quoted, key);
                self.put(quote);
            }
        }
    }

    /// A text on one line, or on several where it is long.
    fn folded(&mut self, text: &str, indent: usize, style: Style, key: bool) {
        let mut behind_space = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            if c == ' ' {
                let within = at > 0 && next.is_some() || style == Style::Plain;
                let folds = !key && !behind_space && self.column > WIDTH && within;
                match (folds, next == Some(' ')) {
                    (true, false) => self.line(indent),
                    (true, true) if style == Style::Double => {
                        self.line(indent);
                        self.put("\\");
                    }
                    _ => self.put(" "),
                }
                behind_space = true;
                continue;
            }
            behind_space = false;
            match style {
                Style::Single if c == '\'' => self.put("''"),
                Style::Double => self.escaped(c),
                _ => self.put(c.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn escaped(&mut self, c: char) {
        let short = match c {
            '\0' => "0",
            '\u{7}' => "a",
            '\u{8}' => "b",
            '\t' => "t",
            '\n' => "n",
            '\u{b}' => "v",
            '\u{c}' => "f",
            '\r' => "r",
            '\u{1b}' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            c if is_printable(c) => return self.put(c.encode_utf8(&mut [0; 4])),
            c => {
                let code = u32::from(c);
                return self.put(&match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                });
            }
        };
        self.put("\\");
        self.put(short);
    }

    /// A text of several lines.
    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.put("2");
        }
        let mut ends = text.chars().rev().map(is_break);
        match (ends.next(), ends.next()) {
            (Some(false) | None, _) => self.put("-"),
            (Some(true), None | Some(true)) => self.put("+"),
            (Some(true), Some(false)) => {}
        }
        let body = text.strip_suffix('\n').unwrap_or(text);
        for line in body.split('\n') {
            self.put("\n");
            if !line.is_empty() {
                self.indent(indent);
                self.put(line);
            }
        }
    }
}

fn style(text: &str, key: bool) -> Style {
    let Allowed { plain, single, block } = allowed(text);
    let wished = match () {
        () if text.contains('\n') => Style::Literal,
        () if is_text(text) => Style::Plain,
        () => Style::Double,
    };
    match wished {
        Style::Literal if block && !key => Style::Literal,
        Style::Plain if plain => Style::Plain,
        Style::Plain if single => Style::Single,
        _ => Style::Double,
    }
}

/// The ways in which a text may be written.
struct Allowed {
    plain: bool,
    single: bool,
    block: bool,
}

/// What the characters of a text allow (`yaml_emitter_analyze_scalar`).
fn allowed(text: &str) -> Allowed {
    let (mut indicators, mut special) = (false, false);
    let (mut space_break, mut break_space) = (false, false);
    let mut before = None;
    let mut chars = text.chars().peekable();
    indicators |= text.starts_with("---") || text.starts_with("...");
    while let Some(c) = chars.next() {
        let ends = chars.peek().is_none_or(|c| *c == ' ' || *c == '\t');
        let breaks = chars.peek().is_some_and(|c| is_break(*c));
        indicators |= match (before, c) {
            (
                None,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`',
            ) => true,
            (None, '?' | '-') | (_, ':') => ends,
            (Some(before), '#') => before == ' ' || before == '\t' || is_break(before),
            _ => false,
        };
        special |= c != '\n' && !is_printable(c);
        space_break |= c == ' ' && breaks;
        break_space |= c == ' ' && before.is_some_and(is_break);
        before = Some(c);
    }
    let at_an_end = |of: fn(char) -> bool| text.starts_with(of) || text.ends_with(of);
    let lines = text.contains(is_break);
    let worst = space_break || special;
    Allowed {
        plain: !(indicators || lines || worst || break_space || at_an_end(|c| c == ' ')),
        single: !(worst || break_space),
        block: !worst && !text.ends_with(' '),
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// Whether what stands plain is read as a text.
fn is_text(text: &str) -> bool {
    const WORDS: [&str; 10] = ["y", "yes", "true", "on", "n", "no", "false", "off", "null", "~"];
    let like = |word: &str| {
        let mut capital = word.to_owned();
        if let Some(first) = capital.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        text == word || text == capital || text == word.to_ascii_uppercase()
    };
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let infinite = [".inf", ".Inf", ".INF"].contains(&unsigned);
    let is_word = text.is_empty() || WORDS.into_iter().any(like) || infinite;
    !(is_word || [".nan", ".NaN", ".NAN"].contains(&text) || is_number(text))
}

/// Numbers, times and numbers to the base of 60.
fn is_number(text: &str) -> bool {
    let all = |text: &str, of: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|b| of(&b));
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if text.starts_with('.') {
        return is_decimal(text);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')) {
        return false;
    }
    let plain = unsigned.replace('_', "");
    let of_base = |prefixes: [&str; 2], radix| {
        let digits = prefixes.into_iter().find_map(|prefix| plain.strip_prefix(prefix));
        digits.is_some_and(|digits| {
            !digits.starts_with('+') && u64::from_str_radix(digits, radix).is_ok()
        })
    };
    let sexagesimal = || {
        let mut parts = unsigned.split(':');
        let first =
            parts.next().is_some_and(|first| all(first, |b| b.is_ascii_digit() || *b == b'_'));
        let mut rest = parts.peekable();
        first && rest.peek().is_some() && {
            rest.all(|part| {
                let whole = part.split_once('.').map_or(part, |(whole, _)| whole);
                all(whole, u8::is_ascii_digit) && whole.parse::<u8>().is_ok_and(|part| part < 60)
            })
        }
    };
    is_decimal(&plain)
        || of_base(["0x", "0X"], 16)
        || of_base(["0o", "0O"], 8)
        || of_base(["0b", "0B"], 2)
        || sexagesimal()
        || is_time(text)
}

fn is_decimal(text: &str) -> bool {
    let number =
        text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    number && text.parse::<f64>().is_ok()
}

/// Times begin with a date.
fn is_time(text: &str) -> bool {
    let date = text.split_once(['T', 't', ' ']).map_or(text, |(date, _)| date);
    let parts: Vec<&str> = date.split('-').collect();
    let digits = |part: &str, most| part.bytes().all(|b| b.is_ascii_digit()) && part.len() <= most;
    match parts.as_slice() {
        [year, month, day] => {
            let within = |part: &str, most: u8| {
                digits(part, 2) && part.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n))
            };
            year.len() == 4 && digits(year, 4) && within(month, 12) && within(day, 31)
        }
        _ => false,
    }
}

/// A number as gator prints it, which reads each as a float: `1000000` is `1e+06`. One that no
/// float holds keeps its digits.
fn go_number(number: &Number) -> String {
    let literal = number.literal();
    let float = number.as_f64();
    if number.is_integer_literal() && format!("{float:.0}") != literal {
        return literal.into_owned();
    }
    let text = format!("{float:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..21).contains(&exponent) || exponent >= 6 => {
            let sign = if exponent < 0 { '-' } else { '+' };
            let mut out = String::new();
            // Writing to a `String` cannot fail.
            let _ = write!(out, "{digits}e{sign}{:02}", exponent.abs());
            out
        }
        _ => format!("{float}"),
    }
}

/// The order of keys: letters behind all else, and numbers within by what they count.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let (Some((before, a)), Some((_, b))) = (a.split_at_checked(at), b.split_at_checked(at)) else {
        return Ordering::Equal;
    };
    let (Some(first), Some(other)) = (a.first(), b.first()) else { return a.len().cmp(&b.len()) };
    match (first.is_alphabetic(), other.is_alphabetic()) {
        (true, true) => return first.cmp(other),
        (false, false) => {}
        (is_letter, _) => return if is_letter { Ordering::Greater } else { Ordering::Less },
    }
    let digits = |of: &[char]| of.iter().take_while(|c| c.is_ascii_digit()).count();
    // A nought within a number is a digit of it.
    let mut ahead = before.iter().rev().take_while(|c| c.is_ascii_digit());
    let within = (*first == '0' || *other == '0') && ahead.any(|c| *c != '0');
    let count = |of: &[char]| {
        let of = of.iter().take(digits(of)).filter_map(|c| c.to_digit(10));
        of.fold(u64::from(within), |all, digit| all.wrapping_mul(10).wrapping_add(u64::from(digit)))
    };
    count(a).cmp(&count(b)).then(digits(a).cmp(&digits(b))).then(first.cmp(other))
}
