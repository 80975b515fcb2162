//! The formats of strings that the API server checks; others are taken for comments.

/// What a text is to be, where it is not of a format.
pub(super) fn violated(format: &str, text: &str) -> Option<&'static str> {
    let (holds, wanted) = match format {
        "ipv4" => (text.parse::<core::net::Ipv4Addr>().is_ok(), "an IPv4 address"),
        "ipv6" => (text.parse::<core::net::Ipv6Addr>().is_ok(), "an IPv6 address"),
        "cidr" => (is_cidr(text), "a CIDR"),
        "uuid" => (is_uuid(text), "a UUID"),
        "date" => (text.len() == 10 && is_date(text), "a date, as `2026-01-31`"),
        "date-time" | "datetime" => {
            let time = text.get(10..11).is_some_and(|sign| matches!(sign, "T" | "t" | " "));
            (text.get(..10).is_some_and(is_date) && time, "a time, as `2026-01-31T12:00:00Z`")
        }
        "byte" => (is_base64(text), "base64"),
        _ => return None,
    };
    (!holds).then_some(wanted)
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

fn is_uuid(text: &str) -> bool {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |len: usize, from: u16, to: u16| {
        parts.next().is_some_and(|part| {
            part.len() == len && part.parse::<u16>().is_ok_and(|n| (from..=to).contains(&n))
        })
    };
    number(4, 0, 9999) && number(2, 1, 12) && number(2, 1, 31)
}

fn is_base64(text: &str) -> bool {
    let stem = text.trim_end_matches('=');
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && text.len() - stem.len() <= 2 && stem.bytes().all(sign)
}
