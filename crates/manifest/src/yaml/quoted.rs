//! Scalars between quotes.

use super::chars::{is_blank, stops_line};
use super::cursor::Cursor;
use super::scalar::{Piece, fold};
use crate::fault::Fault;

/// A scalar between `'` or `"`; the cursor stands at the first quote and comes to stand behind
/// the last.
pub(super) fn quoted(cursor: &mut Cursor<'_>, buffer: &mut String) -> Result<Piece, Fault> {
    let start = cursor.at;
    let quote = cursor.peek();
    cursor.at += 1;
    // Nearly every quoted scalar stands on one line and reads as it stands.
    let escapes = quote == b'"';
    let stops = |byte| byte == quote || (byte == b'\\' && escapes) || stops_line(byte);
    let at = cursor.find(cursor.at, stops);
    if cursor.byte(at) == quote && (escapes || cursor.byte(at + 1) != quote) {
        let piece = Piece::Source { from: cursor.at, to: at };
        cursor.at = at + 1;
        return Ok(piece);
    }
    buffer.clear();
    if quote == b'"' {
        double(cursor, buffer, start)?;
    } else {
        single(cursor, buffer, start)?;
    }
    Ok(Piece::Buffer)
}

fn single(cursor: &mut Cursor<'_>, out: &mut String, start: usize) -> Result<(), Fault> {
    loop {
        check(cursor, start)?;
        let mut from = cursor.at;
        while !cursor.is_blank_or_end(cursor.at) {
            if cursor.peek() == b'\'' {
                out.push_str(cursor.slice(from, cursor.at));
                cursor.at += 1;
                if cursor.peek() != b'\'' {
                    return Ok(());
                }
                from = cursor.at;
            }
            cursor.at += 1;
        }
        out.push_str(cursor.slice(from, cursor.at));
        blanks(cursor, out, false);
    }
}

fn double(cursor: &mut Cursor<'_>, out: &mut String, start: usize) -> Result<(), Fault> {
    loop {
        check(cursor, start)?;
        let mut from = cursor.at;
        let mut escaped_break = false;
        while !cursor.is_blank_or_end(cursor.at) {
            match cursor.peek() {
                b'"' => {
                    out.push_str(cursor.slice(from, cursor.at));
                    cursor.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    out.push_str(cursor.slice(from, cursor.at));
                    cursor.at += 1;
                    escaped_break = cursor.eat_break();
                    if !escaped_break {
                        out.push(escape(cursor)?);
                    }
                    from = cursor.at;
                    if escaped_break {
                        break;
                    }
                }
                _ => cursor.at += 1,
            }
        }
        out.push_str(cursor.slice(from, cursor.at));
        blanks(cursor, out, escaped_break);
    }
}

/// What cannot stand within quotes.
fn check(cursor: &Cursor<'_>, start: usize) -> Result<(), Fault> {
    if cursor.peek() == 0 || cursor.is_document_indicator() {
        return Err(Fault::new(start, "text between quotes has no end").help(
            "add the missing quote; a line that begins with `---` ends the document even there",
        ));
    }
    Ok(())
}

/// Passes blanks and line breaks; joins what is before and behind them.
fn blanks(cursor: &mut Cursor<'_>, out: &mut String, escaped_break: bool) {
    let from = cursor.at;
    cursor.eat_blanks();
    if !escaped_break && cursor.break_at(cursor.at) == 0 {
        out.push_str(cursor.slice(from, cursor.at));
        return;
    }
    let mut breaks = String::new();
    loop {
        if cursor.read_break(&mut breaks) {
            continue;
        }
        if !is_blank(cursor.peek()) {
            break;
        }
        cursor.at += 1;
    }
    if escaped_break {
        out.push_str(&breaks);
    } else {
        fold(out, &breaks);
    }
}

/// Reads what follows a backslash.
fn escape(cursor: &mut Cursor<'_>) -> Result<char, Fault> {
    let at = cursor.at - 1;
    let letter = cursor.peek();
    cursor.at += 1;
    let digits = match letter {
        b'0' => return Ok('\0'),
        b'a' => return Ok('\x07'),
        b'b' => return Ok('\x08'),
        b't' | b'\t' => return Ok('\t'),
        b'n' => return Ok('\n'),
        b'v' => return Ok('\x0b'),
        b'f' => return Ok('\x0c'),
        b'r' => return Ok('\r'),
        b'e' => return Ok('\x1b'),
        b' ' | b'"' | b'\'' | b'\\' => return Ok(char::from(letter)),
        b'N' => return Ok('\u{85}'),
        b'_' => return Ok('\u{a0}'),
        b'L' => return Ok('\u{2028}'),
        b'P' => return Ok('\u{2029}'),
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        b'/' => {
            return Err(Fault::new(at, "unknown escape `\\/` between double quotes")
                .help("kubectl's reader does not know it; write `/`"));
        }
        _ => {
            return Err(Fault::new(at, "unknown escape between double quotes")
                .help("write `\\\\` for a backslash, or use single quotes"));
        }
    };
    let hex = cursor.slice(cursor.at, cursor.at + digits);
    let code = if hex.len() == digits && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u32::from_str_radix(hex, 16).ok()
    } else {
        None
    };
    let Some(code) = code else {
        return Err(Fault::new(
            at,
            format!("`\\{}` wants {digits} hexadecimal digits", { char::from(letter) }),
        ));
    };
    cursor.at += digits;
    char::from_u32(code).ok_or_else(|| {
        Fault::new(at, format!("`\\{}{hex}` is no Unicode character", char::from(letter)))
            .help("write the character itself, or `\\U` with eight hexadecimal digits")
    })
}
