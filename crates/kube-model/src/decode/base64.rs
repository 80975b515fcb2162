//! Base64 (RFC 4648, section 4) as Go's `encoding/base64.StdEncoding` reads and writes it.

use sekisho_value::{Map, Value};
use std::borrow::Cow;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text as it is stored: without line breaks, which Go passes over, and with the bits behind
/// the last byte zero.
pub(super) fn canonical(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let text = match text.contains(['\r', '\n']) {
        true => Cow::Owned(text.replace(['\r', '\n'], "")),
        false => Cow::Borrowed(text),
    };
    let bytes = text.as_bytes();
    if bytes.len() % 4 != 0 {
        return Err("its length is not a multiple of four");
    }
    let digits = bytes.strip_suffix(b"==").or(bytes.strip_suffix(b"=")).unwrap_or(bytes);
    if !digits.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')) {
        return Err("it has a character that is not in the alphabet of base64");
    }
    let spare = match digits.len() % 4 {
        2 => 0b1111,
        3 => 0b11,
        _ => 0,
    };
    let last = digits.last().and_then(|last| ALPHABET.iter().position(|digit| digit == last));
    match last.filter(|last| last & spare != 0) {
        None => Ok(text),
        Some(last) => {
            let digit = ALPHABET.get(last & !spare).copied().unwrap_or(b'A');
            let kept = digits.split_last().map_or(digits, |(_, kept)| kept);
            let padding = bytes.get(digits.len()..).unwrap_or_default();
            let text: String =
                kept.iter().chain([&digit]).chain(padding).map(|b| *b as char).collect();
            Ok(Cow::Owned(text))
        }
    }
}

/// The bytes of a text in base64.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len().div_ceil(3) * 4);
    for chunk in text.as_bytes().chunks(3) {
        let mut bits = 0;
        for at in 0..3 {
            bits = bits << 8 | usize::from(chunk.get(at).copied().unwrap_or_default());
        }
        for at in 0..4 {
            let digit = ALPHABET.get(bits >> (18 - 6 * at) & 63).copied().unwrap_or(b'A');
            encoded.push(if at <= chunk.len() { digit as char } else { '=' });
        }
    }
    encoded
}

/// Moves a Secret's `stringData`, which is never stored, to its `data`, as the API server does
/// (`Convert_v1_Secret_To_core_Secret` in `pkg/apis/core/v1/conversion.go` of Kubernetes).
pub(super) fn fold_string_data(secret: &mut Value) {
    let Some(map) = secret.as_object_mut() else { return };
    let Some(Value::Object(texts)) = map.get("stringData") else { return };
    let texts = texts.clone();
    map.remove("stringData");
    let data = map.get_or_insert_with("data", || Map::new().into());
    let Some(data) = data.as_object_mut() else { return };
    for (key, text) in texts.iter() {
        data.insert(key.clone(), encode(text.as_str().unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use super::{canonical, encode, fold_string_data};
    use sekisho_value::from_json;

    #[test]
    fn texts_are_encoded() {
        // RFC 4648, section 10
        for (text, want) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("\u{ff}", "w78="),
        ] {
            assert_eq!(encode(text), want);
            assert_eq!(canonical(want).unwrap(), want);
        }
    }

    #[test]
    fn line_breaks_and_spare_bits_are_dropped() {
        for (given, want) in [("Zm9v\nYmFy\r\n", "Zm9vYmFy"), ("Zh==", "Zg=="), ("Zm9=", "Zm8=")] {
            assert_eq!(canonical(given).unwrap(), want);
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v Zg", "Zm-v", "a=bc", "ä"]
        {
            assert!(canonical(text).is_err(), "{text}");
        }
    }

    #[test]
    fn string_data_goes_to_data_and_wins() {
        let mut secret =
            from_json(r#"{"data":{"a":"Zg==","b":"Zg=="},"stringData":{"b":"foo","c":""}}"#)
                .unwrap();
        fold_string_data(&mut secret);
        let want = from_json(r#"{"data":{"a":"Zg==","b":"Zm9v","c":""}}"#).unwrap();
        assert_eq!(secret, want);
    }
}
