//! Distinguished names (RFC 5280, 4.1.2.4).

use super::super::Failure;
use super::der::{Element, Oid, Reader, small_integer, tag};
use super::moment::Moment;

/// One part of a name.
#[derive(Debug)]
pub(super) struct Attribute<'d> {
    pub(super) kind: Oid<'d>,
    pub(super) value: Value<'d>,
}

/// What a part of a name says, or an attribute.
#[derive(Debug)]
pub(super) enum Value<'d> {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Bytes(&'d [u8]),
    Oid(Oid<'d>),
    Moment(Moment),
    /// of a type that is not read
    Unknown,
}

impl<'d> Attribute<'d> {
    /// A kind, and a value of any type; what comes after it is passed over.
    pub(super) fn read(mut pair: Reader<'d>) -> Option<Self> {
        let kind = pair.oid()?;
        Some(Self { kind, value: Value::read(pair.element()?).ok()? })
    }
}

impl<'d> Value<'d> {
    /// A value of any type.
    fn read(element: Element<'d>) -> Result<Self, String> {
        let mut whole = Reader::new(element.whole);
        let value = match element.tag {
            tag::BOOLEAN => whole.boolean().map(Self::Boolean),
            tag::INTEGER => small_integer(element.content).map(Self::Integer),
            tag::OCTET_STRING => Some(Self::Bytes(element.content)),
            tag::OBJECT_IDENTIFIER => whole.oid().map(Self::Oid),
            tag::UTC_TIME | tag::GENERALIZED_TIME => {
                Moment::read(&mut whole).ok().map(Self::Moment)
            }
            tag::UTF8_STRING
            | tag::NUMERIC_STRING
            | tag::PRINTABLE_STRING
            | tag::T61_STRING
            | tag::IA5_STRING
            | tag::BMP_STRING => return text(element).map(Self::Text),
            _ => Some(Self::Unknown),
        };
        value.ok_or_else(|| "malformed value".to_owned())
    }
}

/// The parts of a name, in their order.
#[derive(Debug, Default)]
pub(super) struct Name<'d> {
    pub(super) attributes: Vec<Attribute<'d>>,
}

impl<'d> Name<'d> {
    /// The name of a certificate, where each part is text.
    pub(super) fn read(der: &[u8]) -> Result<Name<'_>, Failure> {
        Name::read_with(der, |element| text(element).map(Value::Text))
    }

    /// The name of a request, where a part may be of any type.
    pub(super) fn read_lenient(der: &[u8]) -> Result<Name<'_>, Failure> {
        Name::read_with(der, Value::read)
    }

    fn read_with(
        der: &'d [u8],
        value: impl Fn(Element<'d>) -> Result<Value<'d>, String>,
    ) -> Result<Self, Failure> {
        let bad = |of: &str| Failure::error(format!("x509: invalid RDNSequence{of}"));
        let mut attributes = Vec::new();
        let mut sets = Reader::new(der).sequence().ok_or_else(|| bad(""))?;
        while !sets.is_empty() {
            let mut set = sets.read(tag::SET).map(Reader::new).ok_or_else(|| bad(""))?;
            while !set.is_empty() {
                let mut pair = set.sequence().ok_or_else(|| bad(": invalid attribute"))?;
                let kind = pair.oid().ok_or_else(|| bad(": invalid attribute type"))?;
                let given = pair.element().ok_or_else(|| bad(": invalid attribute value"))?;
                let value = value(given)
                    .map_err(|why| bad(&format!(": invalid attribute value: {why}")))?;
                attributes.push(Attribute { kind, value });
            }
        }
        Ok(Self { attributes })
    }

    /// The texts of the parts of one kind, `2.5.4.` and a number.
    pub(super) fn texts(&self, number: u8) -> Vec<&str> {
        let parts = self.attributes.iter();
        let parts = parts.filter(|attribute| attribute.kind.0 == [0x55, 4, number]);
        parts
            .filter_map(|attribute| match &attribute.value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// The text of a string of any of the types that names have.
fn text(element: Element<'_>) -> Result<String, String> {
    let bytes = element.content;
    let ascii = |allowed: fn(u8) -> bool, why: &str| {
        let sound = bytes.iter().all(|byte| allowed(*byte));
        let text = || bytes.iter().copied().map(char::from).collect();
        if sound { Ok(text()) } else { Err(String::from(why)) }
    };
    match element.tag {
        // Read as Latin-1, as all the world does.
        tag::T61_STRING => Ok(bytes.iter().copied().map(char::from).collect()),
        tag::PRINTABLE_STRING => ascii(is_printable, "invalid PrintableString"),
        tag::NUMERIC_STRING => {
            ascii(|byte| byte.is_ascii_digit() || byte == b' ', "invalid NumericString")
        }
        tag::IA5_STRING => ascii(|byte| byte.is_ascii(), "invalid IA5String"),
        tag::UTF8_STRING => {
            let text = std::str::from_utf8(bytes).map_err(|_| "invalid UTF-8 string".to_owned())?;
            Ok(text.to_owned())
        }
        tag::BMP_STRING => bmp_text(bytes).ok_or_else(|| "invalid BMPString".to_owned()),
        tag => Err(format!("unsupported string type: {tag}")),
    }
}

fn bmp_text(bytes: &[u8]) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let pairs = pairs.strip_suffix(&[[0, 0]]).unwrap_or(pairs);
    let char = |pair: &[u8; 2]| {
        let code = u32::from(u16::from_be_bytes(*pair));
        let refused = matches!(code, 0xfdd0..=0xfdef | 0xfffe | 0xffff);
        char::from_u32(code).filter(|_| !refused)
    };
    pairs.iter().map(char).collect()
}

/// `PrintableString`, and `*` and `&`, which certificates have in it.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()*+,-./:=?&".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{Element, text};

    #[test]
    fn texts() {
        for (tag, content, want) in [
            (0x13, &b"a b*"[..], Ok("a b*")),
            (0x13, b"a@b", Err("invalid PrintableString")),
            (0x14, b"\xe9", Ok("é")),
            (0x16, b"a@b", Ok("a@b")),
            (0x16, b"\xe9", Err("invalid IA5String")),
            (0x12, b"1 2", Ok("1 2")),
            (0x12, b"1a", Err("invalid NumericString")),
            (0x0c, "é".as_bytes(), Ok("é")),
            (0x0c, b"\xe9", Err("invalid UTF-8 string")),
            (0x1e, b"\0a\x20\xac\0\0", Ok("a€")),
            (0x1e, b"\xd8\0", Err("invalid BMPString")),
            (0x1e, b"\xff\xfe", Err("invalid BMPString")),
            (0x1e, b"a", Err("invalid BMPString")),
            (0x04, b"a", Err("unsupported string type: 4")),
        ] {
            let read = text(Element { tag, whole: content, content });
            assert_eq!(read.as_deref().map_err(String::as_str), want, "{tag} {content:02x?}");
        }
    }
}
