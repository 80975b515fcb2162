//! Anchors, aliases and tags: what stands before a node.

use super::chars::is_word;
use super::cursor::Cursor;
use crate::fault::{Fault, clip};

/// What a tag asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Str,
    Int,
    Float,
    Bool,
    Null,
    Binary,
    Timestamp,
    Merge,
    /// `!` alone: a string.
    Bang,
    /// Any other tag: a scalar under it is a string.
    Other,
}

/// The name behind `&` or `*`; the cursor stands at the sign.
pub(super) fn name<'t>(cursor: &mut Cursor<'t>) -> Result<&'t str, Fault> {
    let start = cursor.at;
    cursor.at += 1;
    while is_word(cursor.peek()) {
        cursor.at += 1;
    }
    let name = cursor.slice(start + 1, cursor.at);
    let ends = cursor.is_blank_or_end(cursor.at)
        || matches!(cursor.peek(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
    if name.is_empty() || !ends {
        let sign = cursor.slice(start, start + 1);
        return Err(Fault::new(start, format!("`{sign}` is not followed by a name"))
            .help("a name holds letters, digits, `-` and `_`; put quotes around other text"));
    }
    Ok(name)
}

/// A tag; the cursor stands at `!`.
pub(super) fn tag(cursor: &mut Cursor<'_>) -> Result<Tag, Fault> {
    let start = cursor.at;
    cursor.at += 1;
    let verbatim = cursor.peek() == b'<';
    cursor.at += usize::from(verbatim);
    let from = cursor.at;
    while is_word(cursor.peek()) || b";/?:@&=+$,.!~*'()[]".contains(&cursor.peek()) {
        cursor.at += 1;
    }
    let text = cursor.slice(from, cursor.at);
    if cursor.peek() == b'%' {
        return Err(Fault::new(start, "a tag with escaped characters is not supported"));
    }
    if verbatim {
        if text.is_empty() || cursor.peek() != b'>' {
            return Err(Fault::new(start, "a tag that begins with `!<` ends with `>`"));
        }
        cursor.at += 1;
    }
    if !cursor.is_blank_or_end(cursor.at) {
        return Err(Fault::new(start, "a tag is not followed by a blank")
            .help("put quotes around text that begins with `!`"));
    }
    let long = if verbatim {
        text.strip_prefix("tag:yaml.org,2002:")
    } else if let Some(short) = text.strip_prefix('!') {
        if short.is_empty() {
            return Err(Fault::new(start, "the tag `!!` has no name"));
        }
        Some(short)
    } else if let Some((handle, _)) = text.split_once('!')
        && handle.bytes().all(is_word)
    {
        return Err(Fault::new(start, format!("unknown tag handle `!{}!`", clip(handle))));
    } else {
        None
    };
    Ok(match long {
        Some("str") => Tag::Str,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("bool") => Tag::Bool,
        Some("null") => Tag::Null,
        Some("binary") => Tag::Binary,
        Some("timestamp") => Tag::Timestamp,
        Some("merge") => Tag::Merge,
        None if text.is_empty() => Tag::Bang,
        _ => Tag::Other,
    })
}
