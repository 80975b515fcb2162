//! `base64.encode` and `base64.decode`.

use super::{Library, Overload};
use crate::term::Term;
use crate::{EvalError, Evaluation};

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// cel-go's library of encoders.
#[must_use]
pub fn encoders() -> Library {
    Library::new("encoders", 0).with(&[
        Overload::new("base64_decode_string", "base64.decode(string) -> bytes", decode_text),
        Overload::new("base64_encode_bytes", "base64.encode(bytes) -> string", encode_bytes),
    ])
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as base64 (RFC 4648), padded.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
        let word = word << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let six = (word >> (18 - 6 * index)) & 63;
            let char = ALPHABET.get(six as usize).filter(|_| index <= chunk.len());
            text.push(char.map_or('=', |byte| char::from(*byte)));
        }
    }
    text
}

/// Base64 as bytes, with padding or without; what is none gives nothing.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    // Go's decoder passes over line ends.
    let text: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let digits = match text.as_slice() {
        [digits @ .., b'=', b'='] if text.len().is_multiple_of(4) => digits,
        [digits @ .., b'='] if text.len().is_multiple_of(4) => digits,
        digits => digits,
    };
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for chunk in digits.chunks(4) {
        let mut word = 0_u32;
        for byte in chunk {
            let six = ALPHABET.iter().position(|digit| digit == byte)?;
            word = (word << 6) | u32::try_from(six).ok()?;
        }
        word <<= 6 * (4 - chunk.len());
        let [_, decoded @ ..] = word.to_be_bytes();
        bytes.extend_from_slice(decoded.get(..chunk.len() - 1)?);
    }
    Some(bytes)
}

fn encode_bytes<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::Bytes(bytes)] => {
            evaluation.reserve(bytes.len() / 3 * 4)?;
            evaluation.string(&encode(bytes))
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

fn decode_text<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    match args {
        [Term::String(text)] => {
            evaluation.reserve(text.len())?;
            let bytes = decode(text)
                .ok_or_else(|| EvalError::new("illegal base64 data at input byte 0"))?;
            evaluation.bytes(&bytes)
        }
        _ => Err(EvalError::no_such_overload()),
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn base64() {
        for (bytes, text) in
            [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("abcd", "YWJjZA==")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
            assert_eq!(decode(text.trim_end_matches('=')).unwrap(), bytes.as_bytes());
        }
        for text in ["a", "a===", "!!!!", "YQ=", "Y=Q="] {
            assert!(decode(text).is_none(), "{text}");
        }
    }
}
