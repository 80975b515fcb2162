//! Which names an authority may sign (RFC 5280, 4.2.1.10), and how Go holds names against that.

use super::super::Failure;
use super::super::operands::quoted;
use super::alternative_names::ascii;
use super::certificate::Certificate;
use super::der::{Reader, tag};
use super::extensions::{ALTERNATIVE_NAMES, NAME_CONSTRAINTS};
use super::mailbox::Mailbox;
use sekisho_budget::{Budget, BudgetExceeded};
use sekisho_go_net::{Address, Url};

/// An address, and the bits of it that count; both of 4 bytes or of 16.
pub(super) type Range<'d> = (&'d [u8], &'d [u8]);

/// Names that are permitted, or excluded.
#[derive(Debug, Default)]
pub(super) struct Subtrees<'d> {
    pub(super) domains: Vec<&'d str>,
    pub(super) ranges: Vec<Range<'d>>,
    pub(super) mailboxes: Vec<&'d str>,
    pub(super) url_domains: Vec<&'d str>,
}

/// Whether a text may stand for a domain; where it is a constraint it may begin with a point.
pub(super) fn is_domain(text: &str, constraint: bool) -> bool {
    if text.is_empty() {
        return true;
    }
    if text.ends_with('.') {
        return false;
    }
    let labels = if constraint { text.strip_prefix('.').unwrap_or(text) } else { text };
    let sound = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_graphic());
    labels.split('.').all(sound)
}

/// The permitted names, the excluded ones, and whether all of them were understood.
pub(super) fn read(der: &[u8]) -> Result<(Subtrees<'_>, Subtrees<'_>, bool), Failure> {
    let invalid = || Failure::error("x509: invalid NameConstraints extension");
    let mut outer = Reader::new(der);
    let parts = || {
        let mut parts = outer.sequence()?;
        let lists = (parts.optional(tag::explicit(0))?, parts.optional(tag::explicit(1))?);
        (parts.is_empty() && outer.is_empty()).then_some(lists)
    };
    let mut parts = parts;
    let (permitted, excluded) = parts().ok_or_else(invalid)?;
    let (permitted, excluded) = (permitted.unwrap_or_default(), excluded.unwrap_or_default());
    if permitted.is_empty() && excluded.is_empty() {
        return Err(Failure::error("x509: empty name constraints extension"));
    }
    let mut handled = true;
    let permitted = Subtrees::read(permitted, &mut handled)?;
    let excluded = Subtrees::read(excluded, &mut handled)?;
    Ok((permitted, excluded, handled))
}

impl<'d> Subtrees<'d> {
    fn read(der: &'d [u8], handled: &mut bool) -> Result<Self, Failure> {
        let bad = |why: String| Failure::error(format!("x509: {why}"));
        let mut read = Self::default();
        let mut list = Reader::new(der);
        while !list.is_empty() {
            let base = list.sequence().and_then(|mut subtree| subtree.element());
            let base = base.ok_or_else(|| bad("invalid NameConstraints extension".to_owned()))?;
            let text = || {
                ascii(base.content).ok_or_else(|| {
                    let text = quoted(&String::from_utf8_lossy(base.content));
                    bad(format!(
                        "invalid constraint value: x509: {text} cannot be encoded as an IA5String"
                    ))
                })
            };
            let unparsed = |what: &str, text: &str| {
                Err(bad(format!("failed to parse {what} constraint {}", quoted(text))))
            };
            match base.tag {
                0x81 => {
                    let mailbox = text()?;
                    let sound = if mailbox.contains('@') {
                        Mailbox::read(mailbox).is_some()
                    } else {
                        is_domain(mailbox, true)
                    };
                    if !sound {
                        return unparsed("rfc822Name", mailbox);
                    }
                    read.mailboxes.push(mailbox);
                }
                0x82 => {
                    let domain = text()?;
                    if !is_domain(domain, true) {
                        return unparsed("dnsName", domain);
                    }
                    read.domains.push(domain);
                }
                0x86 => {
                    let domain = text()?;
                    if Address::parse_plain(domain).is_some() {
                        return unparsed("URI", domain).map_err(|failure| match failure {
                            Failure::Error { message, .. } => {
                                Failure::error(format!("{message}: cannot be IP address"))
                            }
                            other => other,
                        });
                    }
                    if !is_domain(domain, true) {
                        return unparsed("URI", domain);
                    }
                    read.url_domains.push(domain);
                }
                0x87 => {
                    let length = base.content.len();
                    if !matches!(length, 8 | 32) {
                        return Err(bad(format!(
                            "IP constraint contained value of length {length}"
                        )));
                    }
                    let (address, mask) = base.content.split_at(length / 2);
                    if !is_mask(mask) {
                        let mask = super::super::bytes::to_hex(mask);
                        return Err(bad(format!("IP constraint contained invalid mask {mask}")));
                    }
                    read.ranges.push((address, mask));
                }
                _ => *handled = false,
            }
        }
        Ok(read)
    }

    fn len(&self) -> usize {
        self.domains.len() + self.ranges.len() + self.mailboxes.len() + self.url_domains.len()
    }
}

/// Ones, then zeros.
fn is_mask(mask: &[u8]) -> bool {
    let bits = || mask.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    bits().skip_while(|bit| *bit == 1).all(|bit| bit == 0)
}

/// Whether a domain is another, or below it; one with a point before it has only what is below.
fn is_below(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.as_bytes(), domain.as_bytes());
    let Some((before, end)) =
        name.len().checked_sub(domain.len()).and_then(|at| name.split_at_checked(at))
    else {
        return false;
    };
    let whole = before.is_empty() || before.ends_with(b".") || domain.first() == Some(&b'.');
    end.eq_ignore_ascii_case(domain) && whole
}

/// Whether a list of domains has this one; of those that are excluded, what stands for any name
/// one label longer is a part where one such is.
fn has_domain(domains: &[&str], name: &str, excluded: bool) -> bool {
    let parent = |domain: &str| {
        let after = domain.find('.').and_then(|point| domain.get(point..));
        let ours = name.find('.').and_then(|point| name.get(point..));
        match (after, ours) {
            (Some(after), Some(ours)) => after.eq_ignore_ascii_case(ours),
            _ => false,
        }
    };
    domains.iter().any(|domain| {
        domain.is_empty()
            || is_below(name, domain)
            || excluded && name.starts_with('*') && parent(domain)
    })
}

fn has_address(ranges: &[Range<'_>], address: &[u8]) -> bool {
    ranges.iter().any(|(range, mask)| {
        let bits = range.iter().zip(*mask).zip(address);
        range.len() == address.len() && bits.map(|((a, mask), b)| (a ^ b) & mask).all(|d| d == 0)
    })
}

fn has_mailbox(mailboxes: &[&str], mailbox: &Mailbox, excluded: bool) -> bool {
    mailboxes.iter().any(|constraint| match constraint.contains('@') {
        true => Mailbox::read(constraint).is_some_and(|exact| exact == *mailbox),
        false => has_domain(&[constraint], &mailbox.domain, excluded),
    })
}

/// The host of a URL where it can be held against domains.
fn url_domain(url: &Url) -> Option<String> {
    let host = url.host.to_ascii_lowercase();
    let domain = match host.rsplit_once(':') {
        Some((domain, _)) if !host.ends_with(']') => domain.to_owned(),
        _ => host,
    };
    let bracketed = domain.starts_with('[') || domain.contains(':');
    let usable = !domain.is_empty() && !bracketed && Address::parse(&domain).is_err();
    usable.then_some(domain)
}

/// Whether the authorities of a chain, which begins with the certificate that is verified, may
/// sign the names below them.
pub(super) fn hold(
    chain: &[&Certificate<'_>],
    budget: &Budget<'_>,
) -> Result<bool, BudgetExceeded> {
    let constrained =
        |certificate: &&&Certificate<'_>| certificate.extension(NAME_CONSTRAINTS).is_some();
    for (index, certificate) in chain.iter().enumerate() {
        let above = chain.get(index + 1..).unwrap_or_default();
        let authorities: Vec<_> = above.iter().filter(constrained).collect();
        if certificate.extension(ALTERNATIVE_NAMES).is_none() || authorities.is_empty() {
            continue;
        }
        let names = &certificate.said.names;
        let urls: Option<Vec<String>> = names.urls.iter().map(url_domain).collect();
        let mailboxes: Option<Vec<Mailbox>> =
            names.mailboxes.iter().map(|mailbox| Mailbox::read(mailbox)).collect();
        let (Some(urls), Some(mailboxes)) = (urls, mailboxes) else { return Ok(false) };
        let count = names.domains.len() + names.addresses.len() + urls.len() + mailboxes.len();
        for authority in authorities {
            let (permitted, excluded) = (&authority.said.permitted, &authority.said.excluded);
            let against = permitted.len() + excluded.len();
            budget.step(8 * (count as u64 + 1) * (against as u64 + 1))?;
            let domain = |name: &&str| {
                is_domain(name, false)
                    && (permitted.domains.is_empty() || has_domain(&permitted.domains, name, false))
                    && !has_domain(&excluded.domains, name, true)
            };
            let url = |name: &String| {
                let (permitted, excluded) = (&permitted.url_domains, &excluded.url_domains);
                is_domain(name, false)
                    && (permitted.is_empty() || has_domain(permitted, name, false))
                    && !has_domain(excluded, name, true)
            };
            let address = |address: &&[u8]| {
                (permitted.ranges.is_empty() || has_address(&permitted.ranges, address))
                    && !has_address(&excluded.ranges, address)
            };
            let mailbox = |mailbox: &Mailbox| {
                let (permitted, excluded) = (&permitted.mailboxes, &excluded.mailboxes);
                is_domain(&mailbox.domain, false)
                    && (permitted.is_empty() || has_mailbox(permitted, mailbox, false))
                    && !has_mailbox(excluded, mailbox, true)
            };
            let held = names.domains.iter().all(domain)
                && urls.iter().all(url)
                && names.addresses.iter().all(address)
                && mailboxes.iter().all(mailbox);
            if !held {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{has_domain, is_domain, is_mask};

    #[test]
    fn domains() {
        for (text, name, constraint) in [
            ("", true, true),
            ("a.example", true, true),
            (".example", false, true),
            ("a..example", false, false),
            ("example.", false, false),
            ("a b", false, false),
            (".", false, false),
        ] {
            assert_eq!(is_domain(text, false), name, "{text}");
            assert_eq!(is_domain(text, true), constraint, "{text}");
        }
    }

    #[test]
    fn domains_below_others() {
        for (domain, name, below, excluded) in [
            ("example.com", "example.com", true, true),
            ("example.com", "A.Example.COM", true, true),
            ("example.com", "badexample.com", false, false),
            (".example.com", "example.com", false, false),
            (".example.com", "a.example.com", true, true),
            ("", "anything", true, true),
            ("example.com", "", false, false),
            ("a.example.com", "*.example.com", false, true),
            ("a.example.com", "*.a.example.com", true, true),
            ("a.example.com", "example.com", false, false),
        ] {
            assert_eq!(has_domain(&[domain], name, false), below, "{domain} {name}");
            assert_eq!(has_domain(&[domain], name, true), excluded, "{domain} {name}");
        }
    }

    #[test]
    fn masks() {
        assert!(is_mask(&[255, 255, 0, 0]) && is_mask(&[0; 4]) && is_mask(&[255; 16]));
        assert!(!is_mask(&[255, 0, 255, 0]) && !is_mask(&[0xa0, 0, 0, 0]));
    }
}
