//! What stands between the quotes of strings and bytes.

use std::borrow::Cow;

/// The text of a string literal.
pub(super) fn unescape_text(body: &str, raw: bool) -> Result<String, String> {
    let body = newlines(body);
    if raw || !body.contains('\\') {
        return Ok(body.into_owned());
    }
    let mut text = String::with_capacity(body.len());
    unescape(&body, |part| match part {
        Part::Char(char) => {
            text.push(char);
            Ok(())
        }
        Part::Code(code) => match char::from_u32(code) {
            Some(char) => {
                text.push(char);
                Ok(())
            }
            None => Err("invalid unicode code point".to_owned()),
        },
    })?;
    Ok(text)
}

/// The bytes of a bytes literal: `\x` and octal escapes are bytes, not code points.
pub(super) fn unescape_bytes(body: &str, raw: bool) -> Result<Vec<u8>, String> {
    let body = newlines(body);
    if raw {
        return Ok(body.into_owned().into_bytes());
    }
    let mut bytes = Vec::with_capacity(body.len());
    unescape(&body, |part| match part {
        Part::Char(char) => {
            bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            Ok(())
        }
        Part::Code(code) => match u8::try_from(code) {
            Ok(byte) => {
                bytes.push(byte);
                Ok(())
            }
            Err(_) => Err("unable to unescape string".to_owned()),
        },
    })?;
    Ok(bytes)
}

enum Part {
    /// a character that stands for itself, or a simple escape
    Char(char),
    /// a numeric escape
    Code(u32),
}

/// Line ends are line feeds, however the text was written.
fn newlines(body: &str) -> Cow<'_, str> {
    if body.contains('\r') {
        Cow::Owned(body.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(body)
    }
}

fn unescape(body: &str, mut emit: impl FnMut(Part) -> Result<(), String>) -> Result<(), String> {
    let mut chars = body.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            emit(Part::Char(char))?;
            continue;
        }
        let escaped =
            chars.next().ok_or("unable to unescape string, found '\\' as last character")?;
        let part = match escaped {
            'a' => Part::Char('\u{7}'),
            'b' => Part::Char('\u{8}'),
            'f' => Part::Char('\u{c}'),
            'n' => Part::Char('\n'),
            'r' => Part::Char('\r'),
            't' => Part::Char('\t'),
            'v' => Part::Char('\u{b}'),
            '\\' | '\'' | '"' | '`' | '?' => Part::Char(escaped),
            'x' | 'X' => Part::Code(digits(&mut chars, 2, 16, 0)?),
            'u' => Part::Code(digits(&mut chars, 4, 16, 0)?),
            'U' => Part::Code(digits(&mut chars, 8, 16, 0)?),
            '0'..='3' => Part::Code(digits(&mut chars, 2, 8, escaped.to_digit(8).unwrap_or(0))?),
            _ => return Err("unable to unescape string".to_owned()),
        };
        // `\u` is a code point, in bytes too; `\x` and octal ones are bytes there.
        match (escaped, part) {
            ('u' | 'U', Part::Code(code)) => match char::from_u32(code) {
                Some(char) => emit(Part::Char(char))?,
                None => return Err("invalid unicode code point".to_owned()),
            },
            (_, part) => emit(part)?,
        }
    }
    Ok(())
}

fn digits(
    chars: &mut std::str::Chars<'_>,
    count: usize,
    radix: u32,
    first: u32,
) -> Result<u32, String> {
    (0..count).try_fold(first, |code, _| {
        let digit = chars.next().and_then(|char| char.to_digit(radix));
        let code = digit.and_then(|digit| code.checked_mul(radix)?.checked_add(digit));
        code.ok_or_else(|| "unable to unescape string".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::{unescape_bytes, unescape_text};

    #[test]
    fn escapes() {
        for (body, text) in [
            ("a", Ok("a")),
            (r"\a\b\f\n\r\t\v", Ok("\u{7}\u{8}\u{c}\n\r\t\u{b}")),
            (r#"\\\'\"\`\?"#, Ok("\\'\"`?")),
            (r"\x41\101\u00e9\U0001F431", Ok("AA\u{e9}\u{1F431}")),
            (r"\ud800", Err(())),
            (r"\q", Err(())),
            (r"\400", Err(())),
            ("a\r\nb\rc", Ok("a\nb\nc")),
        ] {
            let expected = text.map(str::to_owned);
            assert_eq!(unescape_text(body, false).map_err(|_| ()), expected, "{body}");
        }
        assert_eq!(unescape_text(r"\n", true).unwrap(), r"\n");
        assert_eq!(unescape_bytes(r"\xff\377é", false).unwrap(), [0xff, 0xff, 0xc3, 0xa9]);
    }
}
