//! The formats of texts that OPA's validator knows; any other holds.

use super::{Wrong, is_pattern};
use crate::builtins::Context;
use crate::builtins::time::{RFC3339, parse};
use sekisho_go_net::{self as url, Address};

pub(super) fn is_format(cx: &mut Context<'_>, format: &str, text: &str) -> Result<bool, Wrong> {
    cx.arena.budget().step(1 + text.len() as u64 / 16)?;
    let time = |layouts: &[&str]| layouts.iter().any(|layout| parse(layout, text).is_ok());
    Ok(match format {
        "date" => time(&["2006-01-02"]),
        "time" => time(&["15:04:05Z07:00", "15:04:05"]),
        "date-time" => time(&["15:04:05", "15:04:05Z07:00", "2006-01-02", RFC3339]),
        "hostname" => is_hostname(text),
        "email" | "idn-email" => is_email(text),
        "ipv4" => text.contains('.') && Address::parse_plain(text).is_some(),
        "ipv6" => text.contains(':') && Address::parse_plain(text).is_some(),
        "uri" | "iri" => {
            !text.contains('\\') && url::parse(text).is_ok_and(|url| !url.scheme.is_empty())
        }
        "uri-reference" | "iri-reference" => !text.contains('\\') && url::parse(text).is_ok(),
        "uri-template" => {
            !text.contains('\\') && url::parse(text).is_ok_and(|url| is_balanced(&url.path))
        }
        "uuid" => is_uuid(text),
        "regex" => text.is_empty() || is_pattern(cx, text)?,
        "json-pointer" => is_pointer(text),
        "relative-json-pointer" => {
            let end = text.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, pointer) = text.split_at(end);
            !digits.is_empty()
                && (digits == "0" || !digits.starts_with('0'))
                && (pointer == "#" || is_pointer(pointer))
        }
        _ => true,
    })
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() < 256 && text.split('.').all(label)
}

/// Every brace that opens is closed.
fn is_balanced(path: &[u8]) -> bool {
    let mut open = false;
    for byte in path {
        match byte {
            b'{' => open = true,
            b'}' => open = false,
            _ => {}
        }
    }
    !open
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_pointer(text: &str) -> bool {
    let mut parts = text.split('~');
    let escapes =
        |mut parts: std::str::Split<'_, char>| parts.all(|part| part.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && parts.next().is_some() && escapes(parts)
}

/// An address of RFC 5322 as Go's `net/mail` reads it, without comments: a local part of atoms or
/// in quotes and a domain, alone or in angle brackets behind a name.
fn is_email(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t']);
    let address = match text.strip_suffix('>') {
        Some(rest) => match rest.rsplit_once('<') {
            Some((name, address)) if is_name(name.trim_end()) => address,
            _ => return false,
        },
        None => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let local = match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => !quoted.is_empty() && !quoted.contains('"'),
        None => is_atoms(local),
    };
    local && is_domain(domain)
}

fn is_name(name: &str) -> bool {
    name.is_empty()
        || name.len() > 1 && name.starts_with('"') && name.ends_with('"')
        || name
            .split([' ', '\t'])
            .filter(|word| !word.is_empty())
            .all(|word| word.split('.').all(|part| part.is_empty() || is_atom(part)))
}

fn is_atom(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|char| {
            char.is_ascii_alphanumeric()
                || "!#$%&'*+-/=?^_`{|}~".contains(char)
                || !char.is_ascii() && !char.is_control()
        })
}

fn is_atoms(text: &str) -> bool {
    text.split('.').all(is_atom)
}

fn is_domain(domain: &str) -> bool {
    match domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => {
            let literal = literal.strip_prefix("IPv6:").unwrap_or(literal);
            Address::parse_plain(literal).is_some()
        }
        None => is_atoms(domain),
    }
}
