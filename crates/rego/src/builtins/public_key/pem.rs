//! Blocks of text around base64, as Go's `encoding/pem` finds them (RFC 7468, and RFC 1421's
//! headers).

use super::super::bytes::{Alphabet, from_base64};
use sekisho_budget::{Budget, BudgetExceeded};

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

/// A block, and what comes after it.
type Found<'t> = (Block, &'t [u8]);

/// The first block, and what comes after it. Takes steps for lines that may be looked at again.
pub(super) fn decode<'t>(
    text: &'t [u8],
    budget: &Budget<'_>,
) -> Result<Option<Found<'t>>, BudgetExceeded> {
    let mut rest = text;
    loop {
        // The first line that ends a block, and the last before it that begins one.
        let Some(end) = find(rest, END) else { return Ok(None) };
        let (before, after_end) = rest.split_at_checked(end).unwrap_or_default();
        let after_end = after_end.get(END.len()..).unwrap_or_default();
        let begin = find_last(before, BEGIN)
            .filter(|begin| *begin == 0 || before.get(begin - 1) == Some(&b'\n'));
        if let Some(begin) = begin {
            let body = rest.get(begin + BEGIN.len()..).unwrap_or_default();
            // Where no label ends its line, the end may come before what follows the label.
            let end = (end - begin).saturating_sub(BEGIN.len());
            match block(body, end, after_end, budget)? {
                Search::Found(found) => return Ok(Some(found)),
                Search::Over => return Ok(None),
                Search::On => {}
            }
        }
        rest = after_end;
    }
}

/// What became of one place that a block may be at.
enum Search<'t> {
    Found(Found<'t>),
    /// it is none; there may be more
    On,
    /// it is none, and so is all that follows
    Over,
}

/// A block of the text after `-----BEGIN `; the line of its end begins at `end` with a line end.
fn block<'t>(
    text: &[u8],
    end: usize,
    after_end: &'t [u8],
    budget: &Budget<'_>,
) -> Result<Search<'t>, BudgetExceeded> {
    let (first, mut rest) = line(text);
    let Some(label) = first.strip_suffix(DASHES) else { return Ok(Search::On) };
    let mut headers = false;
    loop {
        if rest.is_empty() {
            return Ok(Search::Over);
        }
        let (header, next) = line(rest);
        budget.step(1 + header.len() as u64 / 16)?;
        if !header.contains(&b':') {
            break;
        }
        headers = true;
        rest = next;
    }
    let consumed = text.len() - rest.len();
    if headers && consumed > end {
        return Ok(Search::On);
    }
    let trailer = after_end.strip_prefix(label).and_then(|rest| rest.strip_prefix(DASHES));
    let Some((_, after)) = trailer.map(line).filter(|(blank, _)| blank.is_empty()) else {
        return Ok(Search::On);
    };
    let base64 = text.get(consumed..end).unwrap_or_default();
    let base64: Vec<u8> =
        base64.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect();
    Ok(match from_base64(&base64, Alphabet::Standard, true) {
        Ok(bytes) => Search::Found((Block { label: label.to_vec(), bytes }, after)),
        Err(_) => Search::On,
    })
}

#[cfg(test)]
mod tests {
    use super::{Block, decode};
    use sekisho_budget::Budget;

    fn first(text: &[u8]) -> Option<(Block, &[u8])> {
        decode(text, &Budget::standard()).unwrap()
    }

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
            let found = first(text.as_bytes()).map(|(block, _)| block.bytes);
            assert_eq!(found, bytes.map(|bytes| bytes.as_bytes().to_vec()), "{text:?}");
        }
        let two =
            b"-----BEGIN A-----\nYQ==\n-----END A-----\n-----BEGIN B-----\nYg==\n-----END B-----";
        let (one, rest) = first(two).unwrap();
        let (second, rest) = first(rest).map(|(block, rest)| (block.bytes, rest)).unwrap();
        assert_eq!((one.label, one.bytes), (b"A".to_vec(), b"a".to_vec()));
        assert_eq!((second, rest), (b"b".to_vec(), &b""[..]));
    }
}
