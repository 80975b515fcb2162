//! Blocks of text around base64, as Go's `encoding/pem` finds them (RFC 7468, and RFC 1421's
//! headers).

use super::super::bytes::{Alphabet, from_base64};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// A block.
pub(super) struct Block {
    /// `CERTIFICATE`
    pub(super) label: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

/// A line without the blanks at its end, and what comes after it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => (text.get(..end), text.get(end + 1..)),
        None => (Some(text), None),
    };
    let line = line.unwrap_or_default();
    let line = if rest.is_some() { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
    let blanks = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (line.get(..line.len() - blanks).unwrap_or_default(), rest.unwrap_or_default())
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn find_last(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).rposition(|window| window == part)
}

/// The first block, and what comes after it.
pub(super) fn decode(text: &[u8]) -> Option<(Block, &[u8])> {
    let mut rest = text;
    loop {
        // The first line that ends a block, and the last before it that begins one.
        let end = find(rest, END)?;
        let (before, after_end) = (rest.get(..end)?, rest.get(end + END.len()..)?);
        let begin = find_last(before, BEGIN)
            .filter(|begin| *begin == 0 || before.get(begin - 1) == Some(&b'\n'));
        let Some(begin) = begin else {
            rest = after_end;
            continue;
        };
        // With the line end before the last line, which ends an empty block's first line, too.
        let body = rest.get(begin + BEGIN.len()..)?;
        match block(body, end - begin - BEGIN.len(), after_end)? {
            Some(found) => return Some(found),
            None => rest = after_end,
        }
    }
}

/// A block of the text after `-----BEGIN `; the line of its end begins at `end` with a line end.
/// The outer none is the end of the search.
fn block<'t>(text: &'t [u8], end: usize, after_end: &'t [u8]) -> Option<Option<(Block, &'t [u8])>> {
    let (first, mut rest) = line(text);
    let Some(label) = first.strip_suffix(DASHES) else { return Some(None) };
    let mut headers = false;
    loop {
        if rest.is_empty() {
            return None;
        }
        let (header, next) = line(rest);
        if !header.contains(&b':') {
            break;
        }
        headers = true;
        rest = next;
    }
    let consumed = text.len() - rest.len();
    if headers && consumed > end {
        return Some(None);
    }
    let Some(trailer) = after_end.strip_prefix(label).and_then(|rest| rest.strip_prefix(DASHES))
    else {
        return Some(None);
    };
    let (blank, after) = line(trailer);
    if !blank.is_empty() {
        return Some(None);
    }
    let base64 = text.get(consumed..end).unwrap_or_default();
    let base64: Vec<u8> =
        base64.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect();
    match from_base64(&base64, Alphabet::Standard, true) {
        Ok(bytes) => Some(Some((Block { label: label.to_vec(), bytes }, after))),
        Err(_) => Some(None),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn blocks() {
        for (text, bytes) in [
            ("-----BEGIN A-----\nYWI=\n-----END A-----\n", Some("ab")),
            ("-----BEGIN A-----\r\nYW\r\nI=\r\n-----END A-----", Some("ab")),
            ("words\n-----BEGIN A-----\nX: y\n\nYWI=\n-----END A-----  \nmore", Some("ab")),
            ("-----BEGIN A-----\n-----END A-----\n", Some("")),
            ("-----BEGIN A-----\n-----BEGIN A-----\nYWI=\n-----END A-----\n", Some("ab")),
            ("-----BEGIN A-----\nYWI=\n-----END B-----\n", None),
            ("-----BEGIN A-----\nYWI\n-----END A-----\n", None),
            ("-----BEGIN A----\nYWI=\n-----END A-----\n", None),
            ("x-----BEGIN A-----\nYWI=\n-----END A-----\n", None),
            ("-----BEGIN A-----\nYWI=\n-----END A-----x\n", None),
            ("-----BEGIN A-----", None),
            ("", None),
        ] {
            let found = decode(text.as_bytes()).map(|(block, _)| block.bytes);
            assert_eq!(found, bytes.map(|bytes| bytes.as_bytes().to_vec()), "{text:?}");
        }
        let two =
            b"-----BEGIN A-----\nYQ==\n-----END A-----\n-----BEGIN B-----\nYg==\n-----END B-----";
        let (first, rest) = decode(two).unwrap();
        let (second, rest) = decode(rest).map(|(block, rest)| (block.bytes, rest)).unwrap();
        assert_eq!((first.label, first.bytes), (b"A".to_vec(), b"a".to_vec()));
        assert_eq!((second, rest), (b"b".to_vec(), &b""[..]));
    }
}
