//! URLs as Go's `net/url` reads and writes them.

use crate::{Address, quoted};
use std::collections::BTreeMap;

/// A query of more parameters has none.
const MOST_PARAMETERS: usize = 10_000;

/// A text is no URL: why, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UrlError(String);

impl UrlError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    fn of(self, text: &str) -> Self {
        Self(format!("parse {}: {}", quoted(text), self.0))
    }
}

/// The part of a URL that a text stands in: each has characters of its own that need no escape.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    UserPassword,
    Host,
    Zone,
    Query,
    Fragment,
}

fn needs_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        return false;
    }
    if matches!(part, Part::Host | Part::Zone)
        && matches!(
            byte,
            b'!' | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'['
                | b']'
                | b'<'
                | b'>'
                | b'"'
        )
    {
        return false;
    }
    if matches!(byte, b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@') {
        return match part {
            Part::Path => byte == b'?',
            Part::UserPassword => matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Query | Part::Host | Part::Zone => true,
            Part::Fragment => false,
        };
    }
    part != Part::Fragment || !matches!(byte, b'!' | b'(' | b')' | b'*')
}

fn escape(text: &[u8], part: Part) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text {
        if !needs_escape(*byte, part) {
            out.push(char::from(*byte));
        } else if *byte == b' ' && part == Part::Query {
            out.push('+');
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A text as it stands in a query.
#[must_use]
pub fn query_escape(text: &str) -> String {
    escape(text.as_bytes(), Part::Query)
}

/// What a text of a query stands for.
///
/// # Errors
/// Where an escape is malformed.
pub fn query_unescape(text: &str) -> Result<Vec<u8>, UrlError> {
    unescape(text, Part::Query)
}

fn unescape(text: &str, part: Part) -> Result<Vec<u8>, UrlError> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        at += 1;
        match byte {
            b'%' => {
                let digit =
                    |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
                let escape = bytes.get(at - 1..(at + 2).min(bytes.len())).unwrap_or_default();
                let bad = || {
                    let escape = quoted(&String::from_utf8_lossy(escape));
                    UrlError::new(format!("invalid URL escape {escape}"))
                };
                let (Some(high), Some(low)) = (digit(at), digit(at + 1)) else {
                    return Err(bad());
                };
                let byte = u8::try_from(high << 4 | low).unwrap_or(0);
                let percent = escape == b"%25";
                let refused = match part {
                    Part::Host => high < 8 && !percent,
                    Part::Zone => !percent && byte != b' ' && needs_escape(byte, Part::Host),
                    _ => false,
                };
                if refused {
                    return Err(bad());
                }
                out.push(byte);
                at += 2;
            }
            b'+' if part == Part::Query => out.push(b' '),
            _ => {
                if matches!(part, Part::Host | Part::Zone)
                    && byte < 0x80
                    && needs_escape(byte, part)
                {
                    let char = quoted(&char::from(byte).to_string());
                    return Err(UrlError::new(format!("invalid character {char} in host name")));
                }
                out.push(byte);
            }
        }
    }
    Ok(out)
}

/// A URL, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// in lower case; empty where there is none
    pub scheme: String,
    /// all that comes after the scheme, where no slash does
    pub opaque: String,
    /// name and password, without escapes
    pub user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    /// name and port
    pub host: String,
    /// without port and brackets
    pub hostname: Vec<u8>,
    /// digits; empty where there is none
    pub port: String,
    /// without escapes
    pub path: Vec<u8>,
    /// as written, where it is not how the path would be escaped
    pub raw_path: String,
    /// the query as written
    pub raw_query: String,
    /// it has a `?` that nothing follows
    pub force_query: bool,
    /// it has a scheme and a path, and no authority, not even an empty one
    pub omit_host: bool,
    /// without escapes
    pub fragment: Vec<u8>,
    /// as written, where it is not how the fragment would be escaped
    pub raw_fragment: String,
}

impl Url {
    /// The path with its escapes: as it was written, where that is well-formed.
    #[must_use]
    pub fn escaped_path(&self) -> String {
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@/[]%".contains(&byte);
        if !self.raw_path.is_empty() && self.raw_path.bytes().all(plain) {
            return self.raw_path.clone();
        }
        if self.path == b"*" {
            return "*".to_owned();
        }
        escape(&self.path, Part::Path)
    }

    /// The values of a query, by key in the order of keys; what is malformed is passed over
    /// (`url.Values`).
    #[must_use]
    pub fn query(&self) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
        let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let pairs = self.raw_query.split('&');
        if pairs.clone().count() > MOST_PARAMETERS {
            return values;
        }
        for pair in pairs.filter(|pair| !pair.is_empty() && !pair.contains(';')) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let (Ok(key), Ok(value)) = (query_unescape(key), query_unescape(value)) {
                values.entry(key).or_default().push(value);
            }
        }
        values
    }

    /// The whole, written anew.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out = format!("{}:", self.scheme);
        }
        if !self.opaque.is_empty() {
            out.push_str(&self.opaque);
        } else {
            let authority = !self.host.is_empty() || self.user.is_some();
            let empty = !self.scheme.is_empty() && !self.omit_host && !self.path.is_empty();
            if authority || empty {
                out.push_str("//");
            }
            if let Some((name, password)) = &self.user {
                out.push_str(&escape(name, Part::UserPassword));
                if let Some(password) = password {
                    out.push(':');
                    out.push_str(&escape(password, Part::UserPassword));
                }
                out.push('@');
            }
            out.push_str(&escape(self.host.as_bytes(), Part::Host));
            let path = self.escaped_path();
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.push('/');
            }
            // Else its first part would be read as the scheme.
            if out.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
                out.push_str("./");
            }
            out.push_str(&path);
        }
        if self.force_query || !self.raw_query.is_empty() {
            out.push('?');
            out.push_str(&self.raw_query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            out.push_str(&self.escaped_fragment());
        }
        out
    }

    /// The fragment with its escapes: as it was written, where that is well-formed.
    fn escaped_fragment(&self) -> String {
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@/?[]%".contains(&byte);
        if !self.raw_fragment.is_empty() && self.raw_fragment.bytes().all(plain) {
            return self.raw_fragment.clone();
        }
        escape(&self.fragment, Part::Fragment)
    }
}

/// Takes a URL apart (`url.Parse`).
///
/// # Errors
/// Where it is none, in Go's words.
pub fn parse(text: &str) -> Result<Url, UrlError> {
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut url = without_fragment(before, false).map_err(|error| error.of(before))?;
    url.fragment = unescape(fragment, Part::Fragment).map_err(|error| error.of(text))?;
    if escape(&url.fragment, Part::Fragment) != fragment {
        fragment.clone_into(&mut url.raw_fragment);
    }
    Ok(url)
}

/// Takes a URL of a request apart, which is absolute, or an absolute path, and whose fragment is no
/// part of its own (`url.ParseRequestURI`).
///
/// # Errors
/// Where it is none, in Go's words.
pub fn parse_request(text: &str) -> Result<Url, UrlError> {
    without_fragment(text, true).map_err(|error| error.of(text))
}

fn without_fragment(text: &str, request: bool) -> Result<Url, UrlError> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err(UrlError::new("net/url: invalid control character in URL"));
    }
    if text.is_empty() && request {
        return Err(UrlError::new("empty url"));
    }
    let mut url = Url::default();
    if text == "*" {
        url.path = b"*".to_vec();
        return Ok(url);
    }
    let (scheme, mut rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    match rest.split_once('?') {
        Some((before, "")) => {
            rest = before;
            url.force_query = true;
        }
        Some((before, query)) => {
            rest = before;
            query.clone_into(&mut url.raw_query);
        }
        None => {}
    }
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            rest.clone_into(&mut url.opaque);
            return Ok(url);
        }
        if request {
            return Err(UrlError::new("invalid URI for request"));
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err(UrlError::new("first path segment in URL cannot contain colon"));
        }
    }
    let has_authority = !url.scheme.is_empty() || !request && !rest.starts_with("///");
    if rest.starts_with("//") && has_authority {
        let after = rest.get(2..).unwrap_or_default();
        let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let host = parse_host(&url.scheme, host)?;
        url.user = user.map(parse_user).transpose()?;
        url.host = String::from_utf8_lossy(&host).into_owned();
        (url.hostname, url.port) = split_port(host);
        rest = path;
    } else {
        url.omit_host = !url.scheme.is_empty() && rest.starts_with('/');
    }
    url.path = unescape(rest, Part::Path)?;
    if escape(&url.path, Part::Path) != rest {
        rest.clone_into(&mut url.raw_path);
    }
    Ok(url)
}

fn scheme(text: &str) -> Result<(&str, &str), UrlError> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err(UrlError::new("missing protocol scheme")),
            b':' => return Ok(text.split_once(':').unwrap_or(("", text))),
            _ => break,
        }
    }
    Ok(("", text))
}

fn parse_user(user: &str) -> Result<(Vec<u8>, Option<Vec<u8>>), UrlError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(allowed) {
        return Err(UrlError::new("net/url: invalid userinfo"));
    }
    let (name, password) = match user.split_once(':') {
        Some((name, password)) => (name, Some(password)),
        None => (user, None),
    };
    let password = password.map(|password| unescape(password, Part::UserPassword)).transpose()?;
    Ok((unescape(name, Part::UserPassword)?, password))
}

fn parse_host(scheme: &str, host: &str) -> Result<Vec<u8>, UrlError> {
    match host.rfind('[') {
        Some(0) => return literal_host(host),
        Some(_) => return Err(UrlError::new("invalid IP-literal")),
        None => {}
    }
    if let Some(first) = host.find(':') {
        let strict = matches!(scheme, "http" | "https");
        let at = if strict { first } else { host.rfind(':').unwrap_or(first) };
        check_port(host.get(at..).unwrap_or_default())?;
    }
    unescape(host, Part::Host)
}

fn check_port(port: &str) -> Result<(), UrlError> {
    if is_optional_port(port.as_bytes()) {
        Ok(())
    } else {
        Err(UrlError::new(format!("invalid port {} after host", quoted(port))))
    }
}

fn is_optional_port(port: &[u8]) -> bool {
    match port.split_first() {
        None => true,
        Some((first, digits)) => *first == b':' && digits.iter().all(u8::is_ascii_digit),
    }
}

/// A host in brackets: an IPv6 address, with a zone or without.
fn literal_host(host: &str) -> Result<Vec<u8>, UrlError> {
    let Some((literal, port)) = host.rsplit_once(']') else {
        return Err(UrlError::new("missing ']' in host"));
    };
    check_port(port)?;
    let name = literal.get(1..).unwrap_or_default();
    let unescaped = match name.find("%25") {
        Some(zone) => {
            let (host, zone) = name.split_at(zone);
            let mut out = unescape(host, Part::Host)?;
            out.extend(unescape(zone, Part::Zone)?);
            out
        }
        None => unescape(name, Part::Host)?,
    };
    let text = String::from_utf8_lossy(&unescaped).into_owned();
    match Address::parse(&text) {
        Ok(address) if address.is_v4() => return Err(UrlError::new("invalid IP-literal")),
        Ok(_) => {}
        Err(message) => return Err(UrlError::new(format!("invalid host: {message}"))),
    }
    let mut out = vec![b'['];
    out.extend(unescaped);
    out.push(b']');
    out.extend(port.bytes());
    Ok(out)
}

fn split_port(host: Vec<u8>) -> (Vec<u8>, String) {
    let colon = host.iter().rposition(|byte| *byte == b':');
    let (mut name, port) = match colon.and_then(|colon| host.split_at_checked(colon)) {
        Some((name, port)) if is_optional_port(port) => {
            (name, String::from_utf8_lossy(port.get(1..).unwrap_or_default()).into_owned())
        }
        _ => (host.as_slice(), String::new()),
    };
    if let [b'[', inner @ .., b']'] = name {
        name = inner;
    }
    (name.to_vec(), port)
}
