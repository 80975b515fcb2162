//! cel-go's library of strings, versions 0 to 4.

use super::{Library, Overload, format};
use crate::term::Term;
use crate::{EvalError, Evaluation};

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// cel-go's library of strings as of a version: `format` and `strings.quote` came with 1, `reverse`
/// with 3. Version 5 is that of cel-spec: looking for a part from behind the end of a text is an
/// error there.
#[must_use]
pub fn strings(version: u32) -> Library {
    let format: &[Overload] = if version >= 4 {
        &[Overload::new("string_format", FORMAT, format::format)]
    } else {
        &[Overload::new("string_format", FORMAT, format::format_before_4)]
    };
    let search = if version >= 5 { SEARCH } else { SEARCH_BEFORE_5 };
    Library::new("strings", version)
        .with(FUNCTIONS)
        .with(search)
        .since(1, format)
        .since(1, &[Overload::new("strings_quote", "strings.quote(string) -> string", quote)])
        .since(3, &[Overload::new("string_reverse", "string::reverse() -> string", reverse)])
}

const FORMAT: &str = "string::format(list(dyn)) -> string";

const FUNCTIONS: &[Overload] = &[
    Overload::new("string_char_at_int", "string::charAt(int) -> string", char_at),
    Overload::new("string_lower_ascii", "string::lowerAscii() -> string", lower),
    Overload::new("string_upper_ascii", "string::upperAscii() -> string", upper),
    Overload::new("string_trim", "string::trim() -> string", trim),
    Overload::new(
        "string_replace_string_string",
        "string::replace(string, string) -> string",
        replace,
    ),
    Overload::new(
        "string_replace_string_string_int",
        "string::replace(string, string, int) -> string",
        replace,
    ),
    Overload::new("string_split_string", "string::split(string) -> list(string)", split),
    Overload::new("string_split_string_int", "string::split(string, int) -> list(string)", split),
    Overload::new("string_substring_int", "string::substring(int) -> string", substring),
    Overload::new("string_substring_int_int", "string::substring(int, int) -> string", substring),
    Overload::new("list_join", "list(string)::join() -> string", join),
    Overload::new("list_join_string", "list(string)::join(string) -> string", join),
];

macro_rules! search {
    ($first:ident, $last:ident) => {
        &[
            Overload::new("string_index_of_string", "string::indexOf(string) -> int", $first),
            Overload::new(
                "string_index_of_string_int",
                "string::indexOf(string, int) -> int",
                $first,
            ),
            Overload::new(
                "string_last_index_of_string",
                "string::lastIndexOf(string) -> int",
                $last,
            ),
            Overload::new(
                "string_last_index_of_string_int",
                "string::lastIndexOf(string, int) -> int",
                $last,
            ),
        ]
    };
}

const SEARCH_BEFORE_5: &[Overload] = search!(index_of, last_index_of);
const SEARCH: &[Overload] = search!(index_of_within, last_index_of_within);

fn no_overload<T>() -> Result<T, EvalError> {
    Err(EvalError::no_such_overload())
}

fn out_of_range<T>(index: i64) -> Result<T, EvalError> {
    Err(EvalError::new(format!("index out of range: {index}")))
}

/// The byte at which a scalar begins; the length for the one behind the last.
fn byte_of(text: &str, scalar: i64) -> Option<usize> {
    let scalar = usize::try_from(scalar).ok()?;
    if text.is_ascii() {
        return (scalar <= text.len()).then_some(scalar);
    }
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(scalar)
}

fn scalar_of(text: &str, byte: usize) -> i64 {
    let before = text.get(..byte).unwrap_or(text);
    i64::try_from(crate::term::scalars(before)).unwrap_or(i64::MAX)
}

fn char_at<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [Term::String(text), Term::Int(index)] = args else { return no_overload() };
    evaluation.step(text.len() / 64)?;
    let Some(at) = byte_of(text, *index) else { return out_of_range(*index) };
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.chars().next().map_or(0, char::len_utf8);
    Ok(Term::String(rest.get(..end).unwrap_or_default()))
}

fn index_of<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, part, offset) = match args {
        [Term::String(text), Term::String(part)] => (text, part, 0),
        [Term::String(text), Term::String(part), Term::Int(offset)] => (text, part, *offset),
        _ => return no_overload(),
    };
    evaluation.step(text.len() / 32)?;
    if part.is_empty() {
        return Ok(Term::Int(offset));
    }
    if offset < 0 {
        return out_of_range(offset);
    }
    let found = byte_of(text, offset)
        .and_then(|from| Some(from + text.get(from..)?.find(part)?))
        .map_or(-1, |at| scalar_of(text, at));
    Ok(Term::Int(found))
}

fn last_index_of<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, part, offset) = match args {
        [Term::String(text), Term::String(part)] => (*text, *part, None),
        [Term::String(text), Term::String(part), Term::Int(offset)] => {
            (*text, *part, Some(*offset))
        }
        _ => return no_overload(),
    };
    evaluation.step(text.len() / 32)?;
    let length = scalar_of(text, text.len());
    if part.is_empty() {
        return Ok(Term::Int(offset.unwrap_or(length)));
    }
    let end = match offset {
        Some(offset) if offset < 0 => return out_of_range(offset),
        Some(offset) if offset >= length => return Ok(Term::Int(-1)),
        // The part may begin at the offset at the latest.
        Some(offset) => {
            byte_of(text, offset.saturating_add(scalar_of(part, part.len()))).unwrap_or(text.len())
        }
        None => text.len(),
    };
    let found = text.get(..end).and_then(|text| text.rfind(part));
    Ok(Term::Int(found.map_or(-1, |at| scalar_of(text, at))))
}

/// The offset of a search, where it is not behind the end of the text.
fn within(args: &[Term<'_>]) -> Result<(), EvalError> {
    match args {
        [Term::String(text), _, Term::Int(offset)] if byte_of(text, *offset).is_none() => {
            out_of_range(*offset)
        }
        _ => Ok(()),
    }
}

fn index_of_within<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    within(args)?;
    index_of(evaluation, args)
}

fn last_index_of_within<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    within(args)?;
    last_index_of(evaluation, args)
}

fn lower<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::String(text)] => {
            evaluation.reserve(text.len())?;
            evaluation.string(&text.to_ascii_lowercase())
        }
        _ => no_overload(),
    }
}

fn upper<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::String(text)] => {
            evaluation.reserve(text.len())?;
            evaluation.string(&text.to_ascii_uppercase())
        }
        _ => no_overload(),
    }
}

fn trim<'a>(_: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::String(text)] => Ok(Term::String(text.trim())),
        _ => no_overload(),
    }
}

fn replace<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, old, new, count) = match args {
        [Term::String(text), Term::String(old), Term::String(new)] => (text, old, new, -1),
        [Term::String(text), Term::String(old), Term::String(new), Term::Int(count)] => {
            (text, old, new, *count)
        }
        _ => return no_overload(),
    };
    evaluation.step(text.len() / 32)?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let found = if old.is_empty() {
        usize::try_from(scalar_of(text, text.len())).unwrap_or(0) + 1
    } else {
        text.matches(old).take(count).count()
    };
    evaluation.reserve(text.len() + found.min(count).saturating_mul(new.len()))?;
    evaluation.string(&text.replacen(old, new, count))
}

fn split<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, separator, count) = match args {
        [Term::String(text), Term::String(separator)] => (*text, *separator, -1),
        [Term::String(text), Term::String(separator), Term::Int(count)] => {
            (*text, *separator, *count)
        }
        _ => return no_overload(),
    };
    evaluation.step(text.len() / 8)?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let parts: Vec<Term<'a>> = if count == 0 {
        Vec::new()
    } else if separator.is_empty() {
        scalars_of(text, count).map(Term::String).collect()
    } else {
        text.splitn(count, separator).map(Term::String).collect()
    };
    evaluation.list(&parts)
}

/// The scalars of a text, all that are left over as the last of so many parts.
fn scalars_of(text: &str, count: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut left = count;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        left -= 1;
        let end = if left == 0 { rest.len() } else { first.len_utf8() };
        let (part, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(part)
    })
}

fn substring<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (text, start, end) = match args {
        [Term::String(text), Term::Int(start)] => (text, *start, None),
        [Term::String(text), Term::Int(start), Term::Int(end)] => (text, *start, Some(*end)),
        _ => return no_overload(),
    };
    evaluation.step(text.len() / 64)?;
    if let Some(end) = end.filter(|end| start > *end) {
        return Err(EvalError::new(format!("invalid substring range. start: {start}, end: {end}")));
    }
    let Some(from) = byte_of(text, start) else { return out_of_range(start) };
    let to = match end {
        None => text.len(),
        Some(end) => match byte_of(text, end) {
            Some(to) => to,
            None => return out_of_range(end),
        },
    };
    Ok(Term::String(text.get(from..to).unwrap_or_default()))
}

fn join<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let (list, separator) = match args {
        [list] => (*list, ""),
        [list, Term::String(separator)] => (*list, *separator),
        _ => return no_overload(),
    };
    evaluation.step(list.len().unwrap_or(0))?;
    let mut parts = Vec::with_capacity(list.len().unwrap_or(0));
    let mut length = 0_usize;
    for item in list.items() {
        let Term::String(text) = item else {
            return Err(EvalError::new(format!("join: invalid input: {item}")));
        };
        length += text.len() + separator.len();
        parts.push(text);
    }
    evaluation.reserve(length)?;
    evaluation.string(&parts.join(separator))
}

fn reverse<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::String(text)] => {
            evaluation.reserve(text.len())?;
            evaluation.string(&text.chars().rev().collect::<String>())
        }
        _ => no_overload(),
    }
}

fn quote<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let [Term::String(text)] = args else { return no_overload() };
    evaluation.reserve(text.len() + 2)?;
    evaluation.string(&quoted(text))
}

/// A text in quotes, with what has a short escape escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
