//! Classes of bytes.

const BLANK: u8 = 1;
const BREAK: u8 = 2;
/// May begin NEL (C2 85), LS (E2 80 A8) or PS (E2 80 A9), which YAML 1.1 counts as line breaks.
const WIDE: u8 = 4;
const COLON_HASH: u8 = 8;
/// Ends a plain scalar within brackets.
const FLOW: u8 = 16;
const WORD: u8 = 32;
const END: u8 = 64;
/// Stands in the keys that manifests usually have.
const KEY: u8 = 128;

const fn classify() -> [u8; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let byte = index as u8;
        let class = match byte {
            0 => END,
            b' ' | b'\t' => BLANK,
            b'\n' | b'\r' => BREAK,
            0xc2 | 0xe2 => WIDE,
            b':' | b'#' => COLON_HASH,
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => FLOW,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-' => WORD | KEY,
            b'.' | b'/' => KEY,
            _ => 0,
        };
        #[expect(clippy::indexing_slicing, reason = "evaluated at compile time")]
        {
            table[index] = class;
        }
        index += 1;
    }
    table
}

static CLASS: [u8; 256] = classify();

#[inline]
fn class(byte: u8) -> u8 {
    CLASS.get(usize::from(byte)).copied().unwrap_or(0)
}

/// A space or a tab.
#[inline]
pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// A letter, digit, `_` or `-`: what names anchors.
#[inline]
pub(super) fn is_word(byte: u8) -> bool {
    class(byte) & WORD != 0
}

/// A letter, digit, `_`, `-`, `.` or `/`: what keys are usually made of.
#[inline]
pub(super) fn is_in_usual_key(byte: u8) -> bool {
    class(byte) & KEY != 0
}

/// Whether a plain scalar needs a closer look at this byte.
#[inline]
pub(super) fn stops_plain(byte: u8, flow: bool) -> bool {
    let stops = BLANK | BREAK | WIDE | COLON_HASH | END | if flow { FLOW } else { 0 };
    class(byte) & stops != 0
}

/// Whether a run of text without blanks needs a closer look at this byte.
#[inline]
pub(super) fn stops_line(byte: u8) -> bool {
    class(byte) & (BREAK | WIDE | END) != 0
}
