//! The names of a subject beside its distinguished one (RFC 5280, 4.2.1.6).

use super::super::Failure;
use super::super::operands::quoted;
use super::der::Reader;
use super::name_constraints::is_domain;
use sekisho_budget::Budget;
use sekisho_go_net::{Url, parse};

/// The names of the kinds that are read.
#[derive(Debug, Default)]
pub(super) struct AlternativeNames<'d> {
    pub(super) domains: Vec<&'d str>,
    pub(super) mailboxes: Vec<&'d str>,
    /// each of 4 bytes or 16
    pub(super) addresses: Vec<&'d [u8]>,
    pub(super) urls: Vec<Url>,
}

/// ASCII text.
pub(super) fn ascii(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii())
}

impl<'d> AlternativeNames<'d> {
    pub(super) fn read(der: &'d [u8], budget: &Budget<'_>) -> Result<Self, Failure> {
        let bad = |why: String| Failure::error(format!("x509: {why}"));
        let malformed = |what| bad(format!("SAN {what} is malformed"));
        let mut names = Self::default();
        let list = Reader::new(der).sequence();
        let mut list = list.ok_or_else(|| bad("invalid subject alternative names".to_owned()))?;
        while !list.is_empty() {
            let name = list.element();
            let name = name.ok_or_else(|| bad("invalid subject alternative name".to_owned()))?;
            let text = ascii(name.content);
            match name.tag ^ 0x80 {
                1 => names.mailboxes.push(text.ok_or_else(|| malformed("rfc822Name"))?),
                2 => names.domains.push(text.ok_or_else(|| malformed("dNSName"))?),
                6 => {
                    let text = text.ok_or_else(|| malformed("uniformResourceIdentifier"))?;
                    let url = parse(text).map_err(|error| {
                        bad(format!("cannot parse URI {}: {error}", quoted(text)))
                    })?;
                    if !url.host.is_empty() && !is_domain(&url.host, false) {
                        let text = quoted(text);
                        return Err(bad(format!("cannot parse URI {text}: invalid domain")));
                    }
                    // What it says may be nothing, what it takes is not.
                    budget.allocate(size_of::<Url>() as u64)?;
                    names.urls.push(url);
                }
                7 if matches!(name.content.len(), 4 | 16) => names.addresses.push(name.content),
                7 => {
                    let length = name.content.len();
                    return Err(bad(format!("cannot parse IP address of length {length}")));
                }
                _ => {}
            }
        }
        Ok(names)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.domains.is_empty()
            && self.mailboxes.is_empty()
            && self.addresses.is_empty()
            && self.urls.is_empty()
    }
}
