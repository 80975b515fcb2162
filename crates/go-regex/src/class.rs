//! Character classes and escapes.

use super::names::class_name;
use super::translate::{Malformed, Translator};
use std::fmt::Write;

/// A class that no character is in.
pub(super) const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";
const ANYTHING: &str = r"[\x{0}-\x{10FFFF}]";

/// A class as the `regex` crate writes it, complete with its brackets.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) text: String,
    /// about how many states it compiles to
    pub(super) size: u64,
}

/// States of a class of Unicode.
const UNICODE: u64 = 400;

/// `\d`, `\pL`, `\P{Greek}`; none where the escape is a character.
pub(super) fn escaped(reader: &mut Translator<'_>) -> Result<Option<Class>, Malformed> {
    if let Some(class) = unicode(reader)? {
        return Ok(Some(class));
    }
    let text = match reader.rest.as_bytes() {
        [b'\\', b'd', ..] => "[0-9]",
        [b'\\', b'D', ..] => "[^0-9]",
        [b'\\', b's', ..] => r"[\t\n\f\r ]",
        [b'\\', b'S', ..] => r"[^\t\n\f\r ]",
        [b'\\', b'w', ..] => "[0-9A-Za-z_]",
        [b'\\', b'W', ..] => "[^0-9A-Za-z_]",
        _ => return Ok(None),
    };
    reader.skip(2);
    Ok(Some(Class { text: text.to_owned(), size: 12 }))
}

fn unicode(reader: &mut Translator<'_>) -> Result<Option<Class>, Malformed> {
    let start = reader.rest;
    let negated = match start.as_bytes() {
        [b'\\', b'p', ..] => false,
        [b'\\', b'P', ..] => true,
        _ => return Ok(None),
    };
    let invalid = |text: &str| Malformed::new("invalid character class range", text.to_owned());
    let (name, len) = match start.get(2..).and_then(|rest| rest.chars().next()) {
        None => (None, 2),
        Some('{') => {
            let end = start.find('}').ok_or_else(|| invalid(start))?;
            (start.get(3..end), end + 1)
        }
        Some(c) => (start.get(2..2 + c.len_utf8()), 2 + c.len_utf8()),
    };
    let name = name.unwrap_or("");
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => (!negated, name),
        None => (negated, name),
    };
    let known = class_name(name).ok_or_else(|| invalid(start.get(..len).unwrap_or(start)))?;
    reader.skip(len);
    let text = match (known, negated) {
        // surrogates: no text holds one
        ("Cs", false) => NOTHING.to_owned(),
        ("Cs", true) => ANYTHING.to_owned(),
        (name, false) => format!(r"[\p{{{name}}}]"),
        (name, true) => format!(r"[^\p{{{name}}}]"),
    };
    Ok(Some(Class { text, size: UNICODE }))
}

/// `[…]`
pub(super) fn bracketed(reader: &mut Translator<'_>) -> Result<Class, Malformed> {
    let whole = reader.rest;
    reader.skip(1);
    let negated = reader.rest.starts_with('^');
    reader.skip(usize::from(negated));
    let mut items = String::new();
    let mut size = 4;
    let mut first = true;
    while first || !reader.rest.starts_with(']') {
        first = false;
        if let Some(class) = posix(reader)? {
            items.push_str(class);
            size += 4;
        } else if let Some(class) = escaped(reader)? {
            items.push_str(&class.text);
            size += class.size;
        } else {
            let (low, high) = range(reader, whole)?;
            size += 4;
            // surrogates are left out
            let low = if (0xd800..0xe000).contains(&low) { 0xe000 } else { low };
            let high = if (0xd800..0xe000).contains(&high) { 0xd7ff } else { high };
            if low <= high {
                // writing into a text does not fail
                let _ = write!(items, r"\x{{{low:x}}}-\x{{{high:x}}}");
            }
        }
    }
    reader.skip(1);
    let text = match (items.is_empty(), negated) {
        (true, false) => NOTHING.to_owned(),
        (true, true) => ANYTHING.to_owned(),
        (false, false) => format!("[{items}]"),
        (false, true) => format!("[^{items}]"),
    };
    // what reaches beyond ASCII takes more states
    let size = if negated || !items.is_ascii() || reader.fold() { size + 16 } else { size };
    Ok(Class { text, size })
}

/// `[:alpha:]`, within brackets.
fn posix(reader: &mut Translator<'_>) -> Result<Option<&'static str>, Malformed> {
    let start = reader.rest;
    let Some(end) = start.strip_prefix("[:").and_then(|rest| rest.find(":]")) else {
        return Ok(None);
    };
    let text = start.get(..end + 4).unwrap_or(start);
    let class = match text {
        "[:alnum:]" => "[0-9A-Za-z]",
        "[:^alnum:]" => "[^0-9A-Za-z]",
        "[:alpha:]" => "[A-Za-z]",
        "[:^alpha:]" => "[^A-Za-z]",
        "[:ascii:]" => r"[\x00-\x7F]",
        "[:^ascii:]" => r"[^\x00-\x7F]",
        "[:blank:]" => r"[\t ]",
        "[:^blank:]" => r"[^\t ]",
        "[:cntrl:]" => r"[\x00-\x1F\x7F]",
        "[:^cntrl:]" => r"[^\x00-\x1F\x7F]",
        "[:digit:]" => "[0-9]",
        "[:^digit:]" => "[^0-9]",
        "[:graph:]" => "[!-~]",
        "[:^graph:]" => "[^!-~]",
        "[:lower:]" => "[a-z]",
        "[:^lower:]" => "[^a-z]",
        "[:print:]" => "[ -~]",
        "[:^print:]" => "[^ -~]",
        "[:punct:]" => r"[!-/:-@\[-`\{-~]",
        "[:^punct:]" => r"[^!-/:-@\[-`\{-~]",
        "[:space:]" => r"[\t-\r ]",
        "[:^space:]" => r"[^\t-\r ]",
        "[:upper:]" => "[A-Z]",
        "[:^upper:]" => "[^A-Z]",
        "[:word:]" => "[0-9A-Za-z_]",
        "[:^word:]" => "[^0-9A-Za-z_]",
        "[:xdigit:]" => "[0-9A-Fa-f]",
        "[:^xdigit:]" => "[^0-9A-Fa-f]",
        _ => return Err(Malformed::new("invalid character class range", text.to_owned())),
    };
    reader.skip(text.len());
    Ok(Some(class))
}

/// `a`, `a-z`, `\x00-\n`
fn range(reader: &mut Translator<'_>, whole: &str) -> Result<(u32, u32), Malformed> {
    let start = reader.rest;
    let low = class_char(reader, whole)?;
    let to = reader.rest.len() >= 2 && reader.rest.starts_with('-');
    if !to || reader.rest.starts_with("-]") {
        return Ok((low, low));
    }
    reader.skip(1);
    let high = class_char(reader, whole)?;
    if high < low {
        let text = start.get(..start.len() - reader.rest.len()).unwrap_or(start);
        return Err(Malformed::new("invalid character class range", text.to_owned()));
    }
    Ok((low, high))
}

fn class_char(reader: &mut Translator<'_>, whole: &str) -> Result<u32, Malformed> {
    match reader.rest.chars().next() {
        None => Err(Malformed::new("missing closing ]", whole.to_owned())),
        Some('\\') => escaped_char(reader),
        Some(c) => {
            reader.skip(c.len_utf8());
            Ok(u32::from(c))
        }
    }
}

/// `\n`, `\.`, `\x41`, `\x{1F600}`, `\101`
pub(super) fn escaped_char(reader: &mut Translator<'_>) -> Result<u32, Malformed> {
    let start = reader.rest;
    reader.skip(1);
    let Some(c) = reader.rest.chars().next() else {
        let message = "trailing backslash at end of expression";
        return Err(Malformed::new(message, String::new()));
    };
    reader.skip(c.len_utf8());
    let octal = |text: &str| text.starts_with(|c: char| c.is_digit(8));
    let code = match c {
        '1'..='7' if !octal(reader.rest) => None,
        '0'..='7' => {
            let mut code = u32::from(c) - u32::from('0');
            for _ in 0..2 {
                let Some(digit) = reader.rest.chars().next().and_then(|c| c.to_digit(8)) else {
                    break;
                };
                reader.skip(1);
                code = code * 8 + digit;
            }
            Some(code)
        }
        'x' => hexadecimal(reader),
        'a' => Some(7),
        'f' => Some(12),
        'n' => Some(10),
        'r' => Some(13),
        't' => Some(9),
        'v' => Some(11),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
        _ => None,
    };
    code.ok_or_else(|| {
        let text = start.get(..start.len() - reader.rest.len()).unwrap_or(start);
        Malformed::new("invalid escape sequence", text.to_owned())
    })
}

fn hexadecimal(reader: &mut Translator<'_>) -> Option<u32> {
    let next = |reader: &mut Translator<'_>| {
        let c = reader.rest.chars().next()?;
        reader.skip(c.len_utf8());
        Some(c)
    };
    let first = next(reader)?;
    if first != '{' {
        // both are read before either is looked at
        let second = next(reader);
        return Some(first.to_digit(16)? * 16 + second?.to_digit(16)?);
    }
    let mut code = None;
    loop {
        match next(reader)? {
            '}' => return code,
            c => {
                let next = code.unwrap_or(0) * 16 + c.to_digit(16)?;
                code = Some(next).filter(|code| *code <= 0x10_ffff);
                code?;
            }
        }
    }
}
