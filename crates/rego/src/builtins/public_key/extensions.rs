//! What the extensions of a certificate say (RFC 5280, 4.2).

use super::super::Failure;
use super::alternative_names::AlternativeNames;
use super::certificate::Said;
use super::der::{Oid, Reader, small_integer, tag};
use super::name_constraints;
use sekisho_budget::Budget;
use std::collections::BTreeSet;

pub(super) const ALTERNATIVE_NAMES: Oid<'static> = Oid(b"\x55\x1d\x11");
pub(super) const NAME_CONSTRAINTS: Oid<'static> = Oid(b"\x55\x1d\x1e");

/// An extension.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extension<'d> {
    pub(super) kind: Oid<'d>,
    pub(super) critical: bool,
    pub(super) value: &'d [u8],
}

fn bad(why: &str) -> Failure {
    Failure::error(format!("x509: {why}"))
}

impl<'d> Extension<'d> {
    /// Of the content of its sequence.
    pub(super) fn read(mut der: Reader<'d>) -> Result<Self, Failure> {
        let malformed = |what: &str| bad(&format!("malformed extension {what} field"));
        let kind = der.oid().ok_or_else(|| malformed("OID"))?;
        let critical = der.peek(tag::BOOLEAN);
        let critical = critical.then(|| der.boolean().ok_or_else(|| malformed("critical")));
        let critical = critical.transpose()?.unwrap_or(false);
        let value = der.read(tag::OCTET_STRING).ok_or_else(|| malformed("value"))?;
        Ok(Self { kind, critical, value })
    }
}

/// The extended usages that have a number, by it: `1.3.6.1.5.5.7.3.1` and the like.
const EXTENDED_USAGES: [&[u8]; 14] = [
    b"\x55\x1d\x25\x00",
    b"\x2b\x06\x01\x05\x05\x07\x03\x01",
    b"\x2b\x06\x01\x05\x05\x07\x03\x02",
    b"\x2b\x06\x01\x05\x05\x07\x03\x03",
    b"\x2b\x06\x01\x05\x05\x07\x03\x04",
    b"\x2b\x06\x01\x05\x05\x07\x03\x05",
    b"\x2b\x06\x01\x05\x05\x07\x03\x06",
    b"\x2b\x06\x01\x05\x05\x07\x03\x07",
    b"\x2b\x06\x01\x05\x05\x07\x03\x08",
    b"\x2b\x06\x01\x05\x05\x07\x03\x09",
    b"\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x03",
    b"\x60\x86\x48\x01\x86\xf8\x42\x04\x01",
    b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x16",
    b"\x2b\x06\x01\x04\x01\x82\x37\x3d\x01\x01",
];

/// All that these extensions say.
pub(super) fn process<'d>(
    extensions: &[Extension<'d>],
    budget: &Budget<'_>,
) -> Result<Said<'d>, Failure> {
    let mut said = Said::default();
    for extension in extensions {
        budget.step(8)?;
        let handled = process_one(*extension, &mut said, budget)?;
        if extension.critical && !handled {
            said.unhandled.push(extension.kind);
        }
    }
    Ok(said)
}

/// Whether all that it says was read.
fn process_one<'d>(
    extension: Extension<'d>,
    said: &mut Said<'d>,
    budget: &Budget<'_>,
) -> Result<bool, Failure> {
    let Extension { kind, critical, value } = extension;
    let mut der = Reader::new(value);
    let never_critical = |what: &str| {
        let why = format!("{what} incorrectly marked critical");
        if critical { Err(bad(&why)) } else { Ok(()) }
    };
    match kind.0 {
        b"\x55\x1d\x0e" => {
            never_critical("subject key identifier")?;
            let id = der.read(tag::OCTET_STRING);
            said.subject_key_id = Some(id.ok_or_else(|| bad("invalid subject key identifier"))?);
        }
        b"\x55\x1d\x0f" => {
            let bits = der.bit_string().ok_or_else(|| bad("invalid key usage"))?;
            let used = (0..9).filter(|index| bits.bit(*index));
            said.key_usage = used.map(|index| 1 << index).sum();
        }
        b"\x55\x1d\x11" => {
            said.names = AlternativeNames::read(value, budget)?;
            return Ok(!said.names.is_empty());
        }
        b"\x55\x1d\x13" => {
            let read = basic_constraints(der);
            let (is_authority, longest) = read.ok_or_else(|| bad("invalid basic constraints"))?;
            said.has_basic_constraints = true;
            said.is_authority = is_authority;
            said.longest_path = longest;
        }
        b"\x55\x1d\x1e" => {
            said.constraints_critical = critical;
            let (permitted, excluded, handled) = name_constraints::read(value)?;
            (said.permitted, said.excluded) = (permitted, excluded);
            return Ok(handled);
        }
        b"\x55\x1d\x1f" => revocation_lists(der, said)?,
        b"\x55\x1d\x20" => {
            said.has_policies = true;
            said.policies = policies(der).ok_or_else(|| bad("invalid certificate policies"))?;
        }
        b"\x55\x1d\x21" => {
            let mappings = policy_mappings(der);
            said.policy_mappings =
                mappings.ok_or_else(|| bad("invalid policy mappings extension"))?;
        }
        b"\x55\x1d\x23" => {
            never_critical("authority key identifier")?;
            let id = || der.sequence()?.optional(tag::context(0));
            let mut id = id;
            said.authority_key_id = id().ok_or_else(|| bad("invalid authority key identifier"))?;
        }
        b"\x55\x1d\x24" => {
            let invalid = || bad("invalid policy constraints extension");
            let mut list = der.sequence().ok_or_else(invalid)?;
            let mut number = |at| match list.optional(tag::context(at)) {
                None => Err(invalid()),
                Some(None) => Ok(None),
                Some(Some(content)) => small_integer(content).map(Some).ok_or_else(invalid),
            };
            said.require_explicit_policy = number(0)?;
            said.inhibit_policy_mapping = number(1)?;
        }
        b"\x55\x1d\x25" => extended_usages(der, said)?,
        b"\x55\x1d\x36" => {
            let skipped = der.int();
            said.inhibit_any_policy =
                Some(skipped.ok_or_else(|| bad("invalid inhibit any policy extension"))?);
        }
        b"\x2b\x06\x01\x05\x05\x07\x01\x01" => {
            never_critical("authority info access")?;
            let read = authority_access(der, said);
            read.ok_or_else(|| bad("invalid authority info access"))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn basic_constraints(mut der: Reader<'_>) -> Option<(bool, i64)> {
    let mut constraints = der.sequence()?;
    let is_authority = if constraints.peek(tag::BOOLEAN) { constraints.boolean()? } else { false };
    if !constraints.peek(tag::INTEGER) {
        return Some((is_authority, -1));
    }
    constraints.int().filter(|longest| *longest >= 0).map(|longest| (is_authority, longest))
}

fn revocation_lists<'d>(mut der: Reader<'d>, said: &mut Said<'d>) -> Result<(), Failure> {
    let point = || bad("invalid CRL distribution point");
    let mut points = der.sequence().ok_or_else(|| bad("invalid CRL distribution points"))?;
    while !points.is_empty() {
        let mut entry = points.sequence().ok_or_else(point)?;
        let Some(name) = entry.optional(tag::explicit(0)).ok_or_else(point)? else { continue };
        let full = Reader::new(name).read(tag::explicit(0)).ok_or_else(point)?;
        let mut names = Reader::new(full);
        while names.peek(tag::context(6)) {
            said.revocation_lists.push(names.read(tag::context(6)).ok_or_else(point)?);
        }
    }
    Ok(())
}

fn policies(mut der: Reader<'_>) -> Option<Vec<Oid<'_>>> {
    let mut list = der.sequence()?;
    let (mut policies, mut seen) = (Vec::new(), BTreeSet::new());
    while !list.is_empty() {
        let policy = Oid::of_any_size(list.sequence()?.read(tag::OBJECT_IDENTIFIER)?)?;
        if !seen.insert(policy) {
            return None;
        }
        policies.push(policy);
    }
    Some(policies)
}

fn policy_mappings(mut der: Reader<'_>) -> Option<Vec<(Oid<'_>, Oid<'_>)>> {
    let mut list = der.sequence()?;
    let mut mappings = Vec::new();
    while !list.is_empty() {
        let mut pair = list.sequence()?;
        let mut policy = || Oid::of_any_size(pair.read(tag::OBJECT_IDENTIFIER)?);
        mappings.push((policy()?, policy()?));
    }
    Some(mappings)
}

fn extended_usages<'d>(mut der: Reader<'d>, said: &mut Said<'d>) -> Result<(), Failure> {
    let invalid = || bad("invalid extended key usages");
    let mut list = der.sequence().ok_or_else(invalid)?;
    while !list.is_empty() {
        let usage = list.oid().ok_or_else(invalid)?;
        match (0..).zip(EXTENDED_USAGES).find(|(_, known)| *known == usage.0) {
            Some((number, _)) => said.extended_usages.push(number),
            None => said.other_usages.push(usage),
        }
    }
    Ok(())
}

fn authority_access<'d>(mut der: Reader<'d>, said: &mut Said<'d>) -> Option<()> {
    let mut list = der.sequence()?;
    while !list.is_empty() {
        let mut entry = list.sequence()?;
        let method = entry.oid()?;
        if !entry.peek(tag::context(6)) {
            continue;
        }
        let url = entry.read(tag::context(6))?;
        match method.0 {
            b"\x2b\x06\x01\x05\x05\x07\x30\x01" => said.ocsp_servers.push(url),
            b"\x2b\x06\x01\x05\x05\x07\x30\x02" => said.issuer_urls.push(url),
            _ => {}
        }
    }
    Some(())
}
