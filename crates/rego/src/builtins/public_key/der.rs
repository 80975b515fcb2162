//! DER as Go's `cryptobyte` reads it: tags of one byte, lengths definite and as short as may be.

use num_bigint::BigUint;

/// The tags that are read.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 0x01;
    pub(in super::super) const INTEGER: u8 = 0x02;
    pub(in super::super) const BIT_STRING: u8 = 0x03;
    pub(in super::super) const OCTET_STRING: u8 = 0x04;
    pub(in super::super) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(in super::super) const UTF8_STRING: u8 = 0x0c;
    pub(in super::super) const NUMERIC_STRING: u8 = 0x12;
    pub(in super::super) const PRINTABLE_STRING: u8 = 0x13;
    pub(in super::super) const T61_STRING: u8 = 0x14;
    pub(in super::super) const IA5_STRING: u8 = 0x16;
    pub(in super::super) const UTC_TIME: u8 = 0x17;
    pub(in super::super) const GENERALIZED_TIME: u8 = 0x18;
    pub(in super::super) const BMP_STRING: u8 = 0x1e;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;

    /// A primitive element whose tag stands in its context.
    pub(in super::super) const fn context(number: u8) -> u8 {
        0x80 | number
    }

    /// A constructed element whose tag stands in its context.
    pub(in super::super) const fn explicit(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Elements one after another. What cannot be read is none, without a reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'d> {
    rest: &'d [u8],
}

/// An element: its tag, all of its bytes, and those of its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    pub(super) whole: &'d [u8],
    pub(super) content: &'d [u8],
}

impl<'d> Reader<'d> {
    pub(super) fn new(bytes: &'d [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, whatever its tag.
    pub(super) fn element(&mut self) -> Option<Element<'d>> {
        let (tag, first) = (*self.rest.first()?, *self.rest.get(1)?);
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (header, length) = if first & 0x80 == 0 {
            (2, usize::from(first))
        } else {
            let bytes = usize::from(first & 0x7f);
            if !(1..=4).contains(&bytes) {
                return None;
            }
            let written = self.rest.get(2..2 + bytes)?;
            let length = written.iter().fold(0_u32, |length, byte| length << 8 | u32::from(*byte));
            if length < 128 || written.first() == Some(&0) {
                return None;
            }
            (2 + bytes, usize::try_from(length).ok()?)
        };
        let (whole, rest) = self.rest.split_at_checked(header.checked_add(length)?)?;
        self.rest = rest;
        Some(Element { tag, whole, content: whole.get(header..)? })
    }

    /// Whether the next element has this tag.
    pub(super) fn peek(&self, tag: u8) -> bool {
        self.rest.first() == Some(&tag)
    }

    /// The next element, which must have this tag.
    pub(super) fn tagged(&mut self, tag: u8) -> Option<Element<'d>> {
        self.element().filter(|element| element.tag == tag)
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn read(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.tagged(tag).map(|element| element.content)
    }

    /// The content of the next element where it has this tag; the outer none is a fault.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Option<&'d [u8]>> {
        if self.peek(tag) { self.read(tag).map(Some) } else { Some(None) }
    }

    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.read(tag::SEQUENCE).map(Self::new)
    }

    pub(super) fn boolean(&mut self) -> Option<bool> {
        match self.read(tag::BOOLEAN)? {
            [0] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    /// The bytes of an integer of any size, in two's complement.
    pub(super) fn integer(&mut self) -> Option<&'d [u8]> {
        checked_integer(self.read(tag::INTEGER)?)
    }

    /// An integer of 64 bits.
    pub(super) fn int(&mut self) -> Option<i64> {
        small_integer(self.read(tag::INTEGER)?)
    }

    pub(super) fn oid(&mut self) -> Option<Oid<'d>> {
        Oid::read(self.read(tag::OBJECT_IDENTIFIER)?)
    }

    pub(super) fn bit_string(&mut self) -> Option<BitString<'d>> {
        BitString::read(self.read(tag::BIT_STRING)?)
    }
}

fn checked_integer(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [] => None,
        [0x00, next, ..] if next & 0x80 == 0 => None,
        [0xff, next, ..] if next & 0x80 != 0 => None,
        _ => Some(bytes),
    }
}

/// An integer of 64 bits, of its content.
pub(super) fn small_integer(bytes: &[u8]) -> Option<i64> {
    let bytes = checked_integer(bytes)?;
    if bytes.len() > 8 {
        return None;
    }
    let negative = bytes.first()? & 0x80 != 0;
    let start = if negative { -1 } else { 0 };
    Some(bytes.iter().fold(start, |value: i64, byte| value << 8 | i64::from(*byte)))
}

/// The bytes of a positive integer without zeros before them; none where it is zero or negative.
pub(super) fn positive(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.first()? & 0x80 != 0 {
        return None;
    }
    Some(without_zeros(bytes)).filter(|bytes| !bytes.is_empty())
}

/// Bytes without the zeros before them.
pub(super) fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// Bits, from the highest of the first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct BitString<'d> {
    bytes: &'d [u8],
    /// how many bits of the last byte do not count
    unused: u8,
}

impl<'d> BitString<'d> {
    fn read(content: &'d [u8]) -> Option<Self> {
        let (unused, bytes) = content.split_first()?;
        let last = bytes.last().copied();
        let padding = 1_u16.checked_shl(u32::from(*unused))? - 1;
        let sound = *unused <= 7
            && (*unused == 0 || last.is_some())
            && u16::from(last.unwrap_or(0)) & padding == 0;
        sound.then_some(Self { bytes, unused: *unused })
    }

    pub(super) fn bit(&self, index: usize) -> bool {
        let byte = self.bytes.get(index / 8).copied().unwrap_or(0);
        byte >> (7 - index % 8) & 1 == 1
    }

    /// The bits as bytes, the last bit in the lowest place.
    pub(super) fn right_aligned(&self) -> Vec<u8> {
        if self.unused == 0 {
            return self.bytes.to_vec();
        }
        let mut before = 0_u8;
        let shifted = self.bytes.iter().map(|byte| {
            let high = before << (8 - self.unused);
            before = *byte;
            high | byte >> self.unused
        });
        shifted.collect()
    }
}

/// How long an object identifier may be. Nothing of its text may cost much.
const LONGEST_OID: usize = 4096;

/// An object identifier, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Oid<'d>(pub(super) &'d [u8]);

impl<'d> Oid<'d> {
    /// One whose numbers have at most 31 bits.
    fn read(content: &'d [u8]) -> Option<Self> {
        let oid = Self::of_any_size(content)?;
        let groups = content.split_inclusive(|byte| byte & 0x80 == 0);
        let mut sizes = groups.map(|group| (group.len(), group.first().copied().unwrap_or(0)));
        let small = |(length, first): (usize, u8)| length < 5 || length == 5 && first & 0x7f < 8;
        sizes.all(small).then_some(oid)
    }

    /// One whose numbers have any size.
    pub(super) fn of_any_size(content: &'d [u8]) -> Option<Self> {
        if content.is_empty() || content.len() > LONGEST_OID || content.last()? & 0x80 != 0 {
            return None;
        }
        let groups = content.split_inclusive(|byte| byte & 0x80 == 0);
        let minimal = groups.map(|group| group.first()).all(|first| first != Some(&0x80));
        minimal.then_some(Self(content))
    }

    /// Its numbers.
    pub(super) fn numbers(&self) -> Vec<BigUint> {
        let mut numbers = Vec::new();
        for group in self.0.split_inclusive(|byte| byte & 0x80 == 0) {
            let digits: Vec<u8> = group.iter().map(|byte| byte & 0x7f).collect();
            let number = BigUint::from_radix_be(&digits, 128).unwrap_or_default();
            if numbers.is_empty() {
                let first = (number.clone() / 40_u8).min(BigUint::from(2_u8));
                numbers.push(first.clone());
                numbers.push(number - first * 40_u8);
            } else {
                numbers.push(number);
            }
        }
        numbers
    }

    /// Its numbers where each has at most 31 bits.
    pub(super) fn small_numbers(&self) -> Option<Vec<i64>> {
        let small = |number: BigUint| i64::try_from(number).ok().filter(|n| *n <= 0x7fff_ffff);
        self.numbers().into_iter().map(small).collect()
    }

    /// `1.2.840`
    pub(super) fn text(&self) -> String {
        let numbers: Vec<_> = self.numbers().iter().map(ToString::to_string).collect();
        numbers.join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::{BitString, Oid, Reader, small_integer};

    #[test]
    fn elements() {
        let element = |bytes: &[u8]| Reader::new(bytes).element().map(|e| e.content.to_vec());
        let long = [vec![0x04, 0x81, 0x80], vec![7; 128]].concat();
        for (bytes, content) in [
            (&b"\x04\x02ab"[..], Some(b"ab".to_vec())),
            (b"\x04\x03ab", None),
            (b"\x04", None),
            (b"\x1f\x01a", None),
            (b"\x04\x80ab\0\0", None),
            (b"\x04\x81\x02ab", None),
            (b"\x04\x82\x00\x80", None),
            (b"\x04\x85\0\0\0\0\0", None),
            (&long, Some(vec![7; 128])),
            (b"\x04\x84\xff\xff\xff\xff", None),
        ] {
            assert_eq!(element(bytes), content, "{bytes:02x?}");
        }
    }

    #[test]
    fn integers() {
        for (bytes, value) in [
            (&b"\x00"[..], Some(0)),
            (b"\x7f", Some(127)),
            (b"\x00\x80", Some(128)),
            (b"\xff", Some(-1)),
            (b"\x80\x00", Some(-32768)),
            (b"\x00\x7f", None),
            (b"\xff\x80", None),
            (b"", None),
            (b"\x00\x80\0\0\0\0\0\0\0", None),
        ] {
            assert_eq!(small_integer(bytes), value, "{bytes:02x?}");
        }
    }

    #[test]
    fn bit_strings() {
        let aligned = |bytes| BitString::read(bytes).map(|bits| bits.right_aligned());
        assert_eq!(aligned(b"\x00\x12\x34"), Some(vec![0x12, 0x34]));
        assert_eq!(aligned(b"\x04\x12\x30"), Some(vec![0x01, 0x23]));
        assert_eq!(aligned(b"\x00"), Some(vec![]));
        for bad in [&b""[..], b"\x01", b"\x04\x12\x34", b"\x08\x00", b"\x20\x00"] {
            assert_eq!(aligned(bad), None, "{bad:02x?}");
        }
    }

    #[test]
    fn object_identifiers() {
        let text = |bytes| Oid::of_any_size(bytes).map(|oid| oid.text());
        assert_eq!(text(b"\x2a\x86\x48").as_deref(), Some("1.2.840"));
        assert_eq!(text(b"\x88\x37").as_deref(), Some("2.999"));
        assert_eq!(text(b"\x80\x01"), None);
        assert_eq!(text(b"\x2a\x86"), None);
        assert!(Oid::read(b"\x2a\x87\xff\xff\xff\x7f").is_some());
        assert!(Oid::read(b"\x2a\x88\x80\x80\x80\x00").is_none());
    }
}
