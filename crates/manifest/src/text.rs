//! Bytes to text: what is no UTF-8 text is named for what it is.

use crate::fault::Fault;
use crate::spans::narrow;
use crate::split::Part;
use std::borrow::Cow;

/// The text of some bytes.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// Where invalid UTF-8 was replaced by U+FFFD: byte offsets into `text`, ascending, the first
    /// of each line. No document begins within a line but behind a JSON object, and an object
    /// that holds invalid UTF-8 is the last that is read.
    replaced: Vec<u32>,
}

/// A text from its start to where a reader stops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent<'d> {
    pub(crate) text: &'d str,
    replaced: &'d [u32],
}

impl Decoded {
    /// The text up to an offset.
    pub(crate) fn until(&self, end: usize) -> Extent<'_> {
        Extent { text: self.text.get(..end).unwrap_or(&self.text), replaced: &self.replaced }
    }
}

impl Extent<'_> {
    /// Sees that a part holds no invalid UTF-8.
    pub(crate) fn check(self, part: Part) -> Result<(), Fault> {
        let first = self.replaced.partition_point(|offset| (*offset as usize) < part.start);
        match self.replaced.get(first) {
            Some(offset) if (*offset as usize) < part.end => {
                Err(Fault::new(*offset as usize, "invalid UTF-8")
                    .help("save the file as UTF-8; kubectl refuses it, or garbles the text"))
            }
            _ => Ok(()),
        }
    }
}

/// How far a NUL byte tells a binary file from a text with a stray NUL.
const BINARY_PREFIX: usize = 8000;

/// The longest text: offsets are held in 32 bits.
const MAX_LEN: usize = u32::MAX as usize - 8;

pub(crate) fn decode(bytes: Cow<'_, [u8]>) -> Result<Decoded, Fault> {
    if bytes.len() > MAX_LEN {
        return Err(Fault::new(0, "the file is larger than 4 GiB"));
    }
    let (mut text, mut replaced) = match &*bytes {
        [0xff, 0xfe, rest @ ..] => from_utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => from_utf16(rest, u16::from_be_bytes)?,
        [0, high, 0, low, ..] | [high, 0, low, 0, ..] if *high != 0 && *low != 0 => {
            return Err(Fault::new(0, "the file is UTF-16 text without a byte order mark")
                .help("kubectl refuses it: convert it, for example with `iconv -t UTF-8`"));
        }
        all if memchr::memchr(0, all.get(..BINARY_PREFIX).unwrap_or(all)).is_some() => {
            return Err(Fault::new(0, "binary file, not a manifest"));
        }
        _ => match String::from_utf8(bytes.into_owned()) {
            Ok(text) => (text, Vec::new()),
            Err(error) => replace_invalid(error.as_bytes()),
        },
    };
    if text.len() > MAX_LEN {
        return Err(Fault::new(0, "the file is larger than 4 GiB"));
    }
    if text.starts_with('\u{feff}') {
        text.drain(..3);
        for offset in &mut replaced {
            *offset -= 3;
        }
    }
    // kubectl reads line by line and gives each its end back.
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(Decoded { text, replaced })
}

/// UTF-16 behind a byte order mark, which kubectl turns into UTF-8 before it reads a file
/// (`FileVisitor` of `k8s.io/cli-runtime/pkg/resource`).
#[cold]
fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(String, Vec<u32>), Fault> {
    let fault = |line: usize| {
        Fault::new(0, format!("line {line} holds invalid UTF-16")).help(
            "save the file as UTF-8, for example with `iconv -t UTF-8`; kubectl garbles the text",
        )
    };
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    for read in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match read {
            Ok(read) => text.push(read),
            Err(_) => return Err(fault(text.matches('\n').count() + 1)),
        }
    }
    if odd.is_empty() { Ok((text, Vec::new())) } else { Err(fault(text.matches('\n').count() + 1)) }
}

/// The text with U+FFFD for what is no UTF-8, and where that stands, once for each line.
fn replace_invalid(bytes: &[u8]) -> (String, Vec<u32>) {
    let mut text = String::with_capacity(bytes.len());
    let mut replaced = Vec::new();
    let mut told = false;
    for chunk in bytes.utf8_chunks() {
        told &= !chunk.valid().contains('\n');
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            if !told {
                replaced.push(narrow(text.len()));
                told = true;
            }
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    (text, replaced)
}

/// The first character that YAML does not allow in a text, in comments neither (YAML 1.1, section
/// 5.1, as kubectl's reader applies it).
pub(crate) fn first_forbidden(text: &str) -> Option<usize> {
    // Nearly every text is looked over eight bytes at once, and ends here.
    let (words, rest) = text.as_bytes().as_chunks();
    let is_suspect = |bytes: &[u8]| bytes.iter().any(|byte| is_suspect(*byte));
    let suspect = words.iter().any(|word| !is_plain(*word) && is_suspect(word)) || is_suspect(rest);
    if !suspect {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_allowed(*c)).map(|(offset, _)| offset)
}

/// Whether a byte is, or begins, what may be forbidden.
fn is_suspect(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || matches!(byte, 0x7f | 0xc2 | 0xef)
}

/// Whether eight bytes are printable ASCII and line ends, all of them. No byte carries into the
/// next but behind one for which it does not hold.
fn is_plain(bytes: [u8; 8]) -> bool {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let word = u64::from_ne_bytes(bytes);
    let others = word ^ each(b'\n');
    // The high bit of each byte that is a line end: no other byte stays without it.
    let line_ends = !(((others & each(0x7f)) + each(0x7f)) | others | each(0x7f));
    let printable = word | (line_ends >> 2);
    let below_blank = printable.wrapping_sub(each(b' ')) & !printable;
    let deletes = word ^ each(0x7f);
    let is_delete = deletes.wrapping_sub(each(1)) & !deletes;
    (word | below_blank | is_delete) & each(0x80) == 0
}

fn is_allowed(c: char) -> bool {
    matches!(c,
        '\t' | '\n' | '\r' | ' '..='\x7e' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::{is_plain, is_suspect};

    #[test]
    fn bytes_looked_at_together_are_those_looked_at_one_by_one() {
        for (place, byte) in (0..8).flat_map(|place| (0..=255).map(move |byte| (place, byte))) {
            for other in [b'a', b'\n', b' ', b'~', 0] {
                let mut bytes = [other; 8];
                bytes[place] = byte;
                let plain = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~');
                assert_eq!(is_plain(bytes), bytes.iter().all(plain), "{bytes:?}");
                assert!(!is_suspect(byte) || !plain(&byte), "{byte}");
            }
        }
    }
}
