//! IP addresses as Go's `net/netip` reads them, with its messages.

use crate::quoted;
use core::net::{Ipv4Addr, Ipv6Addr};

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// big-endian; of an IPv4 address the last 32 bits, below `::ffff:0:0`
    pub bits: u128,
    is_v4: bool,
    has_zone: bool,
}

/// The bits before an IPv4 address.
pub const MAPPED: u128 = 0xffff << 32;

impl Address {
    /// Written with points alone, not `::ffff:1.2.3.4`.
    #[must_use]
    pub fn is_v4(self) -> bool {
        self.is_v4
    }

    /// Whether it names a zone: `fe80::1%eth0`.
    #[must_use]
    pub fn has_zone(self) -> bool {
        self.has_zone
    }

    /// Reads an address.
    ///
    /// # Errors
    /// Where it is none, in Go's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let name = || quoted(text);
        let bad = |message: &str| format!("ParseAddr({}): {message}", name());
        match text.bytes().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
            Some(b'.') => {
                let bits = parse_v4(text, text)?;
                Ok(Self { bits: MAPPED | u128::from(bits), is_v4: true, has_zone: false })
            }
            Some(b':') => parse_v6(text),
            Some(_) => Err(bad("missing IPv6 address")),
            None => Err(bad("unable to parse IP")),
        }
    }

    /// Reads an address without a zone.
    #[must_use]
    pub fn parse_plain(text: &str) -> Option<Self> {
        Self::parse(text).ok().filter(|address| !address.has_zone)
    }
}

/// Where an address of these bits is printed as IPv4: it is, or is mapped to, one.
#[must_use]
pub fn is_mapped(bits: u128) -> bool {
    bits >> 32 == MAPPED >> 32
}

/// As Go's `net.IP` prints it.
#[must_use]
pub fn print(bits: u128) -> String {
    if is_mapped(bits) {
        Ipv4Addr::from_bits(u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(0)).to_string()
    } else {
        let segments = Ipv6Addr::from_bits(bits).segments();
        let shown = Ipv6Addr::from_bits(bits).to_string();
        // Rust shows the last 32 bits of `::1.2.3.4` with points; Go does not.
        if shown.contains('.') {
            let [.., high, low] = segments;
            return format!("::{high:x}:{low:x}");
        }
        shown
    }
}

fn parse_v4(whole: &str, text: &str) -> Result<u32, String> {
    let bad = |message: &str| format!("ParseAddr({}): {message}", quoted(whole));
    let at = |message: &str, index: usize| {
        let rest =
            quoted(&String::from_utf8_lossy(text.as_bytes().get(index..).unwrap_or_default()));
        format!("{} (at {rest})", bad(message))
    };
    let bytes = text.as_bytes();
    let (mut bits, mut value, mut digits, mut fields) = (0_u32, 0_u32, 0, 0);
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(bad("IPv4 field has octet with leading zero"));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(bad("IPv4 field has value >255"));
                }
            }
            b'.' => {
                let before = index.checked_sub(1).and_then(|before| bytes.get(before));
                if index == 0 || index == bytes.len() - 1 || before == Some(&b'.') {
                    return Err(at("IPv4 field must have at least one digit", index));
                }
                if fields == 3 {
                    return Err(bad("IPv4 address too long"));
                }
                bits = bits << 8 | value;
                fields += 1;
                (value, digits) = (0, 0);
            }
            _ => return Err(at("unexpected character", index)),
        }
    }
    if fields < 3 {
        return Err(bad("IPv4 address too short"));
    }
    Ok(bits << 8 | value)
}

fn parse_v6(whole: &str) -> Result<Address, String> {
    let bad = |message: &str| format!("ParseAddr({}): {message}", quoted(whole));
    let at = |message: &str, rest: &str| format!("{} (at {})", bad(message), quoted(rest));
    let (mut rest, zone) = match whole.split_once('%') {
        Some((_, "")) => return Err(bad("zone must be a non-empty string")),
        Some((address, _)) => (address, true),
        None => (whole, false),
    };
    let mut groups: Vec<u16> = Vec::with_capacity(8);
    let mut ellipsis = None;
    if let Some(after) = rest.strip_prefix("::") {
        ellipsis = Some(0);
        rest = after;
    }
    while groups.len() < 8 && !(rest.is_empty() && ellipsis == Some(0) && groups.is_empty()) {
        let end = rest.bytes().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(rest.len());
        if end > 4 {
            return Err(at("each group must have 4 or less digits", rest));
        }
        if end == 0 {
            let message = "each colon-separated field must have at least one digit";
            return Err(at(message, rest));
        }
        let (digits, after) = rest.split_at(end);
        if after.starts_with('.') {
            if ellipsis.is_none() && groups.len() != 6 {
                let message =
                    "embedded IPv4 address must replace the final 2 fields of the address";
                return Err(at(message, rest));
            }
            if groups.len() > 6 {
                let message =
                    "too many hex fields to fit an embedded IPv4 at the end of the address";
                return Err(at(message, rest));
            }
            let bits = parse_v4(whole, rest)?;
            groups.push(u16::try_from(bits >> 16).unwrap_or(0));
            groups.push(u16::try_from(bits & 0xffff).unwrap_or(0));
            rest = "";
            break;
        }
        groups.push(u16::from_str_radix(digits, 16).unwrap_or(0));
        rest = after;
        if rest.is_empty() {
            break;
        }
        let Some(next) = rest.strip_prefix(':') else {
            return Err(at("unexpected character, want colon", rest));
        };
        if next.is_empty() {
            return Err(at("colon must be followed by more characters", rest));
        }
        rest = next;
        if let Some(next) = rest.strip_prefix(':') {
            if ellipsis.is_some() {
                return Err(at("multiple :: in address", rest));
            }
            ellipsis = Some(groups.len());
            rest = next;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return Err(at("trailing garbage after address", rest));
    }
    match ellipsis {
        None if groups.len() < 8 => return Err(bad("address string too short")),
        Some(_) if groups.len() == 8 => {
            return Err(bad("the :: must expand to at least one field of zeros"));
        }
        Some(index) => {
            let missing = 8 - groups.len();
            groups.splice(index..index, std::iter::repeat_n(0, missing));
        }
        None => {}
    }
    let bits = groups.iter().fold(0, |bits, group| bits << 16 | u128::from(*group));
    Ok(Address { bits, is_v4: false, has_zone: zone })
}
