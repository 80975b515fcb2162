//! Certificates (RFC 5280), read as Go's `crypto/x509` reads them, with its messages.

use super::super::Failure;
use super::alternative_names::AlternativeNames;
use super::der::{Element, Oid, Reader, positive, tag};
use super::extensions::{self, Extension};
use super::key::{self, Algorithm, PublicKey, SignatureAlgorithm, read_public};
use super::moment::Moment;
use super::name::Name;
use super::name_constraints::Subtrees;
use num_bigint::BigUint;
use sekisho_budget::Budget;

/// A certificate. What it has not is empty, or what Go has then.
#[derive(Debug)]
pub(super) struct Certificate<'d> {
    pub(super) raw: &'d [u8],
    pub(super) raw_signed: &'d [u8],
    pub(super) raw_key: &'d [u8],
    pub(super) raw_subject: &'d [u8],
    pub(super) raw_issuer: &'d [u8],
    pub(super) signature: Vec<u8>,
    pub(super) signature_algorithm: SignatureAlgorithm,
    /// Go's number
    pub(super) key_algorithm: i64,
    pub(super) key: Option<PublicKey>,
    pub(super) version: i64,
    pub(super) serial: BigUint,
    pub(super) issuer: Name<'d>,
    pub(super) subject: Name<'d>,
    pub(super) not_before: Moment,
    pub(super) not_after: Moment,
    pub(super) extensions: Vec<Extension<'d>>,
    pub(super) said: Said<'d>,
}

/// What the extensions say.
#[derive(Debug, Default)]
pub(super) struct Said<'d> {
    pub(super) key_usage: i64,
    /// critical, and not understood
    pub(super) unhandled: Vec<Oid<'d>>,
    /// Go's numbers
    pub(super) extended_usages: Vec<i64>,
    pub(super) other_usages: Vec<Oid<'d>>,
    pub(super) has_basic_constraints: bool,
    pub(super) is_authority: bool,
    /// -1 where basic constraints have none
    pub(super) longest_path: i64,
    pub(super) subject_key_id: Option<&'d [u8]>,
    pub(super) authority_key_id: Option<&'d [u8]>,
    pub(super) ocsp_servers: Vec<&'d [u8]>,
    pub(super) issuer_urls: Vec<&'d [u8]>,
    pub(super) names: AlternativeNames<'d>,
    pub(super) constraints_critical: bool,
    pub(super) permitted: Subtrees<'d>,
    pub(super) excluded: Subtrees<'d>,
    pub(super) revocation_lists: Vec<&'d [u8]>,
    pub(super) has_policies: bool,
    pub(super) policies: Vec<Oid<'d>>,
    /// each an issuer's policy, and the subject's
    pub(super) policy_mappings: Vec<(Oid<'d>, Oid<'d>)>,
    pub(super) inhibit_any_policy: Option<i64>,
    pub(super) inhibit_policy_mapping: Option<i64>,
    pub(super) require_explicit_policy: Option<i64>,
}

/// How long a serial number may be. It is printed in decimal.
const LONGEST_SERIAL: usize = 2_048;

/// How many certificates one call reads.
const MOST: usize = 10_000;

fn bad(why: &str) -> Failure {
    Failure::error(format!("x509: {why}"))
}

/// The certificates that stand one after another.
pub(super) fn read_all<'d>(
    der: &'d [u8],
    budget: &Budget<'_>,
) -> Result<Vec<Certificate<'d>>, Failure> {
    let mut certificates = Vec::new();
    let mut reader = Reader::new(der);
    while !reader.is_empty() {
        if certificates.len() == MOST {
            return Err(bad(&format!("more than {MOST} certificates")));
        }
        certificates.push(Certificate::read(&mut reader, budget)?);
    }
    Ok(certificates)
}

/// The one certificate.
pub(super) fn read_one<'d>(der: &'d [u8], budget: &Budget<'_>) -> Result<Certificate<'d>, Failure> {
    let mut reader = Reader::new(der);
    let certificate = Certificate::read(&mut reader, budget)?;
    if reader.is_empty() { Ok(certificate) } else { Err(bad("trailing data")) }
}

impl<'d> Certificate<'d> {
    fn read(reader: &mut Reader<'d>, budget: &Budget<'_>) -> Result<Self, Failure> {
        let malformed = |what: &'static str| move || bad(&format!("malformed {what}"));
        let whole = reader.tagged(tag::SEQUENCE).ok_or_else(malformed("certificate"))?;
        budget.step(64 + whole.whole.len() as u64 / 4)?;
        budget.allocate(size_of::<Self>() as u64 + 16 * whole.whole.len() as u64)?;
        let mut outer = Reader::new(whole.content);
        let signed = outer.tagged(tag::SEQUENCE).ok_or_else(malformed("tbs certificate"))?;
        let mut inner = Reader::new(signed.content);
        let version = read_version(&mut inner)?;
        let serial = inner.integer().ok_or_else(malformed("serial number"))?;
        if serial.first().is_some_and(|byte| byte & 0x80 != 0) {
            return Err(bad("negative serial number"));
        }
        if serial.len() > LONGEST_SERIAL {
            return Err(bad("serial number too long"));
        }
        let algorithm = inner.read(tag::SEQUENCE);
        let algorithm = algorithm.ok_or_else(malformed("signature algorithm identifier"))?;
        let outer_algorithm = outer.read(tag::SEQUENCE);
        if outer_algorithm.ok_or_else(malformed("algorithm identifier"))? != algorithm {
            return Err(bad("inner and outer signature algorithm identifiers don't match"));
        }
        let algorithm = Algorithm::read(Reader::new(algorithm))?;
        let issuer = inner.tagged(tag::SEQUENCE).ok_or_else(malformed("issuer"))?;
        let issuer_name = Name::read(issuer.whole)?;
        let mut validity = inner.sequence().ok_or_else(malformed("validity"))?;
        let not_before = Moment::read(&mut validity)?;
        let not_after = Moment::read(&mut validity)?;
        let subject = inner.tagged(tag::SEQUENCE).ok_or_else(malformed("issuer"))?;
        let subject_name = Name::read(subject.whole)?;
        let raw_key = inner.tagged(tag::SEQUENCE).ok_or_else(malformed("spki"))?;
        let (key_algorithm, key) = read_key(raw_key, budget)?;
        let extensions = read_extensions(&mut inner, version)?;
        let said = extensions::process(&extensions, budget)?;
        let signature = outer.bit_string().ok_or_else(malformed("signature"))?;
        Ok(Self {
            raw: whole.whole,
            raw_signed: signed.whole,
            raw_key: raw_key.whole,
            raw_subject: subject.whole,
            raw_issuer: issuer.whole,
            signature: signature.right_aligned(),
            signature_algorithm: SignatureAlgorithm::of(algorithm),
            key_algorithm,
            key,
            version,
            serial: BigUint::from_bytes_be(positive(serial).unwrap_or_default()),
            issuer: issuer_name,
            subject: subject_name,
            not_before,
            not_after,
            extensions,
            said,
        })
    }

    /// The content of the extension of this kind.
    pub(super) fn extension(&self, kind: Oid<'_>) -> Option<&'d [u8]> {
        self.extensions.iter().find(|extension| extension.kind == kind).map(|found| found.value)
    }
}

/// Counted from 1, as it is named; written from 0.
fn read_version(der: &mut Reader<'_>) -> Result<i64, Failure> {
    let version = match der.optional(tag::explicit(0)) {
        None => None,
        Some(None) => Some(0),
        Some(Some(content)) => {
            let mut inner = Reader::new(content);
            inner.int().filter(|_| inner.is_empty())
        }
    };
    match version {
        None | Some(..0) => Err(bad("malformed version")),
        Some(3..) => Err(bad("invalid version")),
        Some(version) => Ok(version + 1),
    }
}

/// Go's number of an algorithm of keys.
pub(super) fn key_algorithm_number(algorithm: Oid<'_>) -> i64 {
    match algorithm {
        key::RSA => 1,
        key::DSA => 2,
        key::EC => 3,
        key::ED25519 => 4,
        _ => 0,
    }
}

/// Go's number of the algorithm, and the key where it has one.
pub(super) fn read_key(
    spki: Element<'_>,
    budget: &Budget<'_>,
) -> Result<(i64, Option<PublicKey>), Failure> {
    let mut spki = Reader::new(spki.content);
    let algorithm = spki.sequence();
    let algorithm = algorithm.ok_or_else(|| bad("malformed public key algorithm identifier"))?;
    let algorithm = Algorithm::read(algorithm)?;
    let bits = spki.bit_string().ok_or_else(|| bad("malformed subjectPublicKey"))?;
    match key_algorithm_number(algorithm.oid) {
        0 => Ok((0, None)),
        number => Ok((number, Some(read_public(algorithm, bits, budget)?))),
    }
}

fn read_extensions<'d>(der: &mut Reader<'d>, version: i64) -> Result<Vec<Extension<'d>>, Failure> {
    let malformed = || bad("malformed extensions");
    if version < 2 {
        return Ok(Vec::new());
    }
    der.optional(tag::context(1)).ok_or_else(|| bad("malformed issuerUniqueID"))?;
    der.optional(tag::context(2)).ok_or_else(|| bad("malformed subjectUniqueID"))?;
    if version < 3 {
        return Ok(Vec::new());
    }
    let Some(content) = der.optional(tag::explicit(3)).ok_or_else(malformed)? else {
        return Ok(Vec::new());
    };
    let mut list = Reader::new(content).sequence().ok_or_else(malformed)?;
    let mut read: Vec<Extension<'d>> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    while !list.is_empty() {
        let extension = list.sequence().ok_or_else(|| bad("malformed extension"))?;
        let extension = Extension::read(extension)?;
        if !seen.insert(extension.kind) {
            let kind = extension.kind.text();
            return Err(bad(&format!(
                "certificate contains duplicate extension with OID \"{kind}\""
            )));
        }
        read.push(extension);
    }
    Ok(read)
}
