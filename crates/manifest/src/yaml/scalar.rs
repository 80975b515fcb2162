//! Plain and block scalars.

use super::chars::{is_blank, stops_plain};
use super::cursor::Cursor;
use crate::fault::Fault;

/// The text of a scalar: a part of the source where it stands there as it reads, else the buffer
/// that was given to the scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Source { from: usize, to: usize },
    Buffer,
}

/// Joins two lines of a plain or quoted scalar: one break reads as a space, more as one fewer.
pub(super) fn fold(out: &mut String, breaks: &str) {
    let Some(rest) = breaks.strip_prefix('\n') else {
        out.push_str(breaks);
        return;
    };
    out.push_str(if rest.is_empty() { " " } else { rest });
}

/// A plain scalar, and where its text ends. The cursor comes to stand behind the blanks that
/// follow; where these hold a line break, the last field is `true`.
pub(super) fn plain(
    cursor: &mut Cursor<'_>,
    buffer: &mut String,
    indent: usize,
    flow: bool,
) -> Result<(Piece, usize, bool), Fault> {
    let start = cursor.at;
    let mut piece = Piece::Source { from: start, to: start };
    let mut end = start;
    let mut broken = false;
    loop {
        if (cursor.is_document_indicator() && cursor.at > start) || cursor.peek() == b'#' {
            break;
        }
        let from = cursor.at;
        let to = plain_line(cursor, flow);
        if to > from {
            if from == start {
                piece = Piece::Source { from, to };
            } else {
                if piece != Piece::Buffer {
                    buffer.clear();
                    buffer.push_str(cursor.slice(start, end));
                    piece = Piece::Buffer;
                }
                fold(buffer, &breaks(*cursor, end, from));
                buffer.push_str(cursor.slice(from, to));
            }
            end = to;
            broken = false;
        }
        cursor.eat_blanks();
        if cursor.break_at(cursor.at) == 0 {
            break;
        }
        loop {
            cursor.eat_spaces();
            if cursor.eat_break() {
                broken = true;
                continue;
            }
            match cursor.peek() {
                b'\t' if cursor.column() < indent => {
                    return Err(Fault::new(cursor.at, "a tab stands where a line is indented")
                        .help("YAML allows only spaces there"));
                }
                b'\t' => cursor.at += 1,
                _ => break,
            }
        }
        if !flow && cursor.column() < indent {
            break;
        }
    }
    Ok((piece, end, broken))
}

/// What the line breaks among the blanks between two places read as.
#[cold]
fn breaks(mut cursor: Cursor<'_>, from: usize, to: usize) -> String {
    cursor.at = from;
    let mut breaks = String::new();
    while cursor.at < to {
        if !cursor.read_break(&mut breaks) {
            cursor.at += 1;
        }
    }
    breaks
}

/// Passes what belongs to a plain scalar on this line; gives the end of it without blanks.
#[inline]
fn plain_line(cursor: &mut Cursor<'_>, flow: bool) -> usize {
    let mut at = cursor.at;
    let mut end = at;
    loop {
        let stop = cursor.find(at, |byte| stops_plain(byte, flow));
        if stop > at {
            (at, end) = (stop, stop);
        }
        match cursor.byte(at) {
            b' ' | b'\t' => {
                at += 1;
                // A comment begins behind a blank.
                if cursor.byte(at) == b'#' {
                    break;
                }
                continue;
            }
            b':' if cursor.is_blank_or_end(at + 1) => break,
            b':' | b'#' => {}
            0xc2 | 0xe2 if cursor.break_at(at) == 0 => {}
            _ => break,
        }
        at += 1;
        end = at;
    }
    cursor.at = end;
    end
}

/// A `|` or `>` scalar; the text is in `buffer`. `parent` is the indentation of the collection
/// that it stands in, -1 for none.
pub(super) fn block(
    cursor: &mut Cursor<'_>,
    buffer: &mut String,
    parent: isize,
) -> Result<(), Fault> {
    let start = cursor.at;
    let literal = cursor.peek() == b'|';
    cursor.at += 1;
    let mut chomp = 0_i8;
    let mut increment = 0_usize;
    for _ in 0..2 {
        match cursor.peek() {
            b'+' if chomp == 0 => chomp = 1,
            b'-' if chomp == 0 => chomp = -1,
            b'0' if increment == 0 => {
                return Err(Fault::new(start, "the indentation of a block scalar cannot be 0"));
            }
            digit @ b'1'..=b'9' if increment == 0 => increment = usize::from(digit - b'0'),
            _ => break,
        }
        cursor.at += 1;
    }
    cursor.eat_blanks();
    if cursor.peek() == b'#' {
        cursor.eat_line();
    }
    if cursor.peek() != 0 && !cursor.eat_break() {
        return Err(Fault::new(start, "text stands behind the head of a block scalar")
            .help("begin the text of the scalar on the next line"));
    }
    let parent = usize::try_from(parent + 1).unwrap_or(0);
    let mut indent = if increment > 0 { parent.saturating_sub(1) + increment } else { 0 };
    buffer.clear();
    let mut breaks = String::new();
    block_breaks(cursor, &mut indent, parent, &mut breaks)?;
    // The break that ended the last line, and whether that line began with a blank.
    let mut last_break = String::new();
    let mut last_blank = false;
    while cursor.column() == indent && cursor.peek() != 0 {
        let blank = is_blank(cursor.peek());
        if !literal && !last_blank && !blank && last_break.starts_with('\n') {
            if breaks.is_empty() {
                buffer.push(' ');
            }
        } else {
            buffer.push_str(&last_break);
        }
        last_break.clear();
        buffer.push_str(&breaks);
        breaks.clear();
        last_blank = blank;
        let from = cursor.at;
        cursor.eat_line();
        buffer.push_str(cursor.slice(from, cursor.at));
        cursor.read_break(&mut last_break);
        block_breaks(cursor, &mut indent, parent, &mut breaks)?;
    }
    if chomp >= 0 {
        buffer.push_str(&last_break);
    }
    if chomp > 0 {
        buffer.push_str(&breaks);
    }
    Ok(())
}

/// Passes empty lines and the indentation of the next; finds out the indentation where it is 0.
fn block_breaks(
    cursor: &mut Cursor<'_>,
    indent: &mut usize,
    parent: usize,
    breaks: &mut String,
) -> Result<(), Fault> {
    let mut widest = 0;
    loop {
        while (*indent == 0 || cursor.column() < *indent) && cursor.peek() == b' ' {
            cursor.at += 1;
        }
        widest = widest.max(cursor.column());
        if (*indent == 0 || cursor.column() < *indent) && cursor.peek() == b'\t' {
            return Err(Fault::new(cursor.at, "a tab stands where a line is indented")
                .help("YAML allows only spaces there"));
        }
        if !cursor.read_break(breaks) {
            break;
        }
    }
    if *indent == 0 {
        *indent = widest.max(parent).max(1);
    }
    Ok(())
}
