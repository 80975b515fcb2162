//! The formats of strings that the API server checks; others are taken for comments. It checks
//! `isbn` and `creditcard`, too.
//!
//! Source of the rules: `pkg/validation/strfmt` of `k8s.io/kube-openapi`.

use sekisho_go_regex::Pattern;

/// Formats that a regular expression tells: the name, what a text is to be, and its pattern.
const PATTERNS: &[(&str, &str, &str)] = &[
    ("bsonobjectid", "24 hexadecimal digits", "^[0-9a-fA-F]{24}$"),
    ("duration", "a duration, as `1h30m`", DURATION),
    ("email", "an email address", r"^([^<>@\s]+@[^<>@\s]+|[^<>@]*<[^<>@\s]+@[^<>@\s]+>)$"),
    ("hexcolor", "a colour, as `#ff8000`", "^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"),
    ("hostname", "a host name", HOSTNAME),
    ("k8s-long-name", "a name of lower case letters, digits, `-` and `.`", LONG_NAME),
    ("k8s-short-name", "a name of lower case letters, digits and `-`", SHORT_NAME),
    ("mac", "a MAC address", MAC),
    ("rgbcolor", "a colour, as `rgb(255,128,0)`", RGB),
    ("ssn", "a social security number", r"^\d{3}[- ]?\d{2}[- ]?\d{4}$"),
    ("uri", "a URI", r"^(/|[a-zA-Z][a-zA-Z0-9+.-]*:)[^\x00-\x20\x7f]*$"),
    ("uuid", "a UUID", UUID),
    ("uuid3", "a UUID of version 3", UUID3),
    ("uuid4", "a UUID of version 4", UUID4),
    ("uuid5", "a UUID of version 5", UUID5),
];

/// Go's, and Scala's of whole numbers and words.
const DURATION: &str = r"^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$|\d\s*(?i:ns|nano|us|µs|micro|ms|milli|s\b|sec|m\b|min|h\b|hr\b|hour|d\b|day|w\b|wk\b|week)";
const HOSTNAME: &str = r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$";
const LONG_NAME: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const SHORT_NAME: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
const MAC: &str = "^([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){7}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){19}|[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4}){2}|[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4}){3}|[0-9a-fA-F]{4}(\\.[0-9a-fA-F]{4}){9})$";
const RGB: &str = r"^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$";
const UUID: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$";
const UUID3: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$";
const UUID4: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$";
const UUID5: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$";

/// Whether a text is of a format.
type Holds = fn(&str) -> bool;

/// Formats that code tells.
const CODED: &[(&str, &str, Holds)] = &[
    ("byte", "base64", is_base64),
    ("cidr", "a CIDR", is_cidr),
    ("date", "a date, as `2026-01-31`", is_date),
    ("date-time", "a time, as `2026-01-31T12:00:00Z`", is_time),
    ("datetime", "a time, as `2026-01-31T12:00:00Z`", is_time),
    ("ipv4", "an IPv4 address", |text| text.parse::<core::net::Ipv4Addr>().is_ok()),
    ("ipv6", "an IPv6 address", |text| text.parse::<core::net::Ipv6Addr>().is_ok()),
];

/// A format of strings that is checked.
#[derive(Clone, Debug)]
pub(super) struct Format {
    /// what a text is to be
    pub(super) wanted: &'static str,
    by: By,
}

#[derive(Clone, Debug)]
enum By {
    Pattern(Pattern),
    Code(Holds),
}

impl Format {
    /// The format of a name; `None` where it is not checked.
    pub(super) fn named(name: &str) -> Option<Self> {
        if let Some((_, wanted, holds)) = CODED.iter().find(|(known, ..)| *known == name) {
            return Some(Self { wanted, by: By::Code(*holds) });
        }
        let (_, wanted, pattern) = PATTERNS.iter().find(|(known, ..)| *known == name)?;
        Some(Self { wanted, by: By::Pattern(Pattern::new(pattern).ok()?) })
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        match &self.by {
            By::Pattern(pattern) => pattern.is_match(text).unwrap_or(false),
            By::Code(holds) => holds(text),
        }
    }
}

fn is_cidr(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, bits)| {
        let most = match address.parse() {
            Ok(core::net::IpAddr::V4(_)) => 32,
            Ok(core::net::IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    })
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |len: usize, from: u16, to: u16| {
        parts.next().is_some_and(|part| {
            part.len() == len && part.parse::<u16>().is_ok_and(|n| (from..=to).contains(&n))
        })
    };
    text.len() == 10 && number(4, 0, 9999) && number(2, 1, 12) && number(2, 1, 31)
}

fn is_time(text: &str) -> bool {
    let time = text.get(10..11).is_some_and(|sign| matches!(sign, "T" | "t" | " "));
    text.get(..10).is_some_and(is_date) && time
}

fn is_base64(text: &str) -> bool {
    let stem = text.trim_end_matches('=');
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && text.len() - stem.len() <= 2 && stem.bytes().all(sign)
}

#[cfg(test)]
mod tests {
    use super::{CODED, Format, PATTERNS};

    /// A name, a text that holds and one that does not, as gator v3.23 has them.
    #[test]
    fn formats_are_told() {
        let cases = [
            ("bsonobjectid", "507f1f77bcf86cd799439011", "x"),
            ("byte", "YWJj", "!!"),
            ("cidr", "10.0.0.0/8", "10.0.0.0"),
            ("date", "2024-01-31", "2024-13-01"),
            ("date-time", "2024-01-31T12:00:00Z", "x"),
            ("datetime", "2024-01-31T12:00:00Z", "x"),
            ("duration", "1h", "x"),
            ("duration", "1.5h30m", "3 fortnights"),
            ("duration", "22 sec", "h"),
            ("email", "a@b.c", "a"),
            ("hexcolor", "#fff", "x"),
            ("hostname", "a.example", "a.b"),
            ("ipv4", "1.2.3.4", "1.2.3"),
            ("ipv6", "::1", "1"),
            ("k8s-long-name", "a.b", "A_"),
            ("k8s-short-name", "abc", "A_"),
            ("mac", "aa:bb:cc:dd:ee:ff", "x"),
            ("rgbcolor", "rgb(1,2,3)", "x"),
            ("ssn", "111-11-1111", "x"),
            ("uri", "http://x", "::"),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", "x"),
            ("uuid3", "a3bb189e-8bf9-3888-9912-ace4e6543002", "x"),
            ("uuid4", "a3bb189e-8bf9-4888-9912-ace4e6543002", "x"),
            ("uuid5", "a3bb189e-8bf9-5888-9912-ace4e6543002", "x"),
        ];
        for (name, holds, fails) in cases {
            let format = Format::named(name).unwrap();
            assert!(format.holds(holds) && !format.holds(fails), "{name}");
        }
        let names = PATTERNS.iter().map(|(name, ..)| *name).chain(CODED.iter().map(|(n, ..)| *n));
        for name in names {
            assert!(cases.iter().any(|(tested, ..)| *tested == name), "{name}");
        }
        assert!(Format::named("password").is_none());
    }
}
