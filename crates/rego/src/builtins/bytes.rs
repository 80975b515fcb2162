//! Bytes as text: base64 and hex, as Go's `encoding/base64` and `encoding/hex` read them.

use super::Failure;

/// Bytes as a string. OPA's strings hold any bytes; ours are text, so that each byte that is no
/// part of a character becomes `U+FFFD`, which is how OPA prints it.
pub(super) fn to_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut out = String::new();
        for chunk in error.as_bytes().utf8_chunks() {
            out.push_str(chunk.valid());
            out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        out
    })
}

/// Which characters stand for 62 and 63.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// `+` and `/`
    Standard,
    /// `-` and `_`
    Url,
}

impl Alphabet {
    fn symbols(self) -> &'static [u8; 64] {
        match self {
            Self::Standard => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            Self::Url => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        }
    }

    fn digit(self, byte: u8) -> Option<u8> {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'/' if self == Self::Standard => 62 + u8::from(byte == b'/'),
            b'-' | b'_' if self == Self::Url => 62 + u8::from(byte == b'_'),
            _ => return None,
        })
    }
}

pub(super) fn to_base64(bytes: &[u8], alphabet: Alphabet, padded: bool) -> String {
    let symbols = alphabet.symbols();
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            if position <= chunk.len() {
                let digit = (group >> (18 - 6 * position)) & 63;
                out.push(char::from(symbols.get(digit as usize).copied().unwrap_or(b'A')));
            } else if padded {
                out.push('=');
            }
        }
    }
    out
}

/// The bytes that base64 stands for; line ends are passed over, wherever they stand.
pub(super) fn from_base64(
    text: &[u8],
    alphabet: Alphabet,
    padded: bool,
) -> Result<Vec<u8>, Failure> {
    let corrupt = |at: usize| Failure::error(format!("illegal base64 data at input byte {at}"));
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut at = 0;
    let next = |at: &mut usize| {
        while matches!(text.get(*at), Some(b'\r' | b'\n')) {
            *at += 1;
        }
        text.get(*at).copied()
    };
    loop {
        let mut group = 0_u32;
        let mut count = 0;
        while count < 4 {
            let Some(byte) = next(&mut at) else {
                if count == 0 {
                    return Ok(out);
                }
                if count == 1 || padded {
                    return Err(corrupt(at - count));
                }
                push(&mut out, group, count);
                return Ok(out);
            };
            at += 1;
            if let Some(digit) = alphabet.digit(byte) {
                group |= u32::from(digit) << (18 - 6 * count);
                count += 1;
                continue;
            }
            if byte != b'=' || !padded || count < 2 {
                return Err(corrupt(at - 1));
            }
            if count == 2 {
                match next(&mut at) {
                    None => return Err(corrupt(text.len())),
                    Some(b'=') => at += 1,
                    Some(_) => return Err(corrupt(at - 1)),
                }
            }
            if next(&mut at).is_some() {
                return Err(corrupt(at));
            }
            push(&mut out, group, count);
            return Ok(out);
        }
        push(&mut out, group, 4);
    }
}

fn push(out: &mut Vec<u8>, group: u32, digits: usize) {
    out.extend(group.to_be_bytes().into_iter().skip(1).take(digits.saturating_sub(1)));
}

pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn from_hex(text: &[u8]) -> Result<Vec<u8>, Failure> {
    let digit = |byte: u8| {
        char::from(byte).to_digit(16).ok_or_else(|| {
            let char = char::from(byte);
            let code = u32::from(byte);
            let shown = if char.is_control() || matches!(byte, 0xa0 | 0xad) {
                String::new()
            } else {
                format!(" '{char}'")
            };
            Failure::error(format!("encoding/hex: invalid byte: U+{code:04X}{shown}"))
        })
    };
    let mut out = Vec::with_capacity(text.len() / 2);
    for pair in text.chunks(2) {
        match *pair {
            [high, low] => {
                let byte = digit(high)? << 4 | digit(low)?;
                out.push(u8::try_from(byte).unwrap_or(0));
            }
            [odd] => {
                digit(odd)?;
                return Err(Failure::error("encoding/hex: odd length hex string"));
            }
            _ => {}
        }
    }
    Ok(out)
}
