//! Bytes to text: what is no UTF-8 text is named for what it is.

use crate::fault::Fault;
use std::borrow::Cow;

/// The text of some bytes.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// Where invalid UTF-8 was replaced by U+FFFD: byte offsets into `text`, ascending.
    pub(crate) replaced: Vec<usize>,
}

/// How far a NUL byte tells a binary file from a text with a stray NUL.
const BINARY_PREFIX: usize = 8000;

/// The longest text: offsets are held in 32 bits.
const MAX_LEN: usize = u32::MAX as usize - 8;

pub(crate) fn decode(bytes: Cow<'_, [u8]>) -> Result<Decoded, Fault> {
    if bytes.len() > MAX_LEN {
        return Err(Fault::new(0, "the file is larger than 4 GiB"));
    }
    let start = bytes.get(..4).unwrap_or(&bytes);
    if start.starts_with(&[0xff, 0xfe])
        || start.starts_with(&[0xfe, 0xff])
        || matches!(start, [0, high, 0, low] | [high, 0, low, 0] if *high != 0 && *low != 0)
    {
        return Err(Fault::new(0, "the file is UTF-16 text")
            .help("kubectl reads UTF-8 only: convert it, for example with `iconv -t UTF-8`"));
    }
    if memchr::memchr(0, bytes.get(..BINARY_PREFIX).unwrap_or(&bytes)).is_some() {
        return Err(Fault::new(0, "binary file, not a manifest"));
    }
    let mut replaced = Vec::new();
    let mut text = match String::from_utf8(bytes.into_owned()) {
        Ok(text) => text,
        Err(error) => {
            let mut text = String::new();
            for chunk in error.as_bytes().utf8_chunks() {
                text.push_str(chunk.valid());
                if !chunk.invalid().is_empty() {
                    replaced.push(text.len());
                    text.push(char::REPLACEMENT_CHARACTER);
                }
            }
            text
        }
    };
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

/// The first character that YAML does not allow in a text, in comments neither (YAML 1.1, section
/// 5.1, as kubectl's reader applies it).
pub(crate) fn first_forbidden(text: &str) -> Option<usize> {
    // The whole is looked over without branches first; nearly every text ends here.
    let mut suspect = false;
    for byte in text.as_bytes() {
        let control = *byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r');
        suspect |= control | (*byte == 0x7f) | (*byte == 0xc2) | (*byte == 0xef);
    }
    if !suspect {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_allowed(*c)).map(|(offset, _)| offset)
}

fn is_allowed(c: char) -> bool {
    matches!(c,
        '\t' | '\n' | '\r' | ' '..='\x7e' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
