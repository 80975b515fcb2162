//! Requests for certificates (RFC 2986), read as Go's `crypto/x509` reads them. Their signature is
//! not verified, as in Go.

use super::super::Failure;
use super::alternative_names::AlternativeNames;
use super::certificate::read_key;
use super::der::{Oid, Reader, tag};
use super::extensions::{ALTERNATIVE_NAMES, Extension};
use super::key::{Algorithm, PublicKey, SignatureAlgorithm};
use super::name::{Attribute, Name};
use sekisho_budget::Budget;

/// `1.2.840.113549.1.9.14`: the extensions that the certificate shall have.
const EXTENSION_REQUEST: Oid<'static> = Oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e");

/// A request.
pub(super) struct Request<'d> {
    pub(super) raw: &'d [u8],
    pub(super) raw_signed: &'d [u8],
    pub(super) raw_key: &'d [u8],
    pub(super) raw_subject: &'d [u8],
    pub(super) version: i64,
    pub(super) signature: Vec<u8>,
    pub(super) signature_algorithm: SignatureAlgorithm,
    /// Go's number
    pub(super) key_algorithm: i64,
    pub(super) key: Option<PublicKey>,
    pub(super) subject: Name<'d>,
    /// those that hold lists of further attributes
    pub(super) attributes: Vec<(Oid<'d>, Vec<Vec<Attribute<'d>>>)>,
    pub(super) extensions: Vec<Extension<'d>>,
    pub(super) names: AlternativeNames<'d>,
}

fn structure() -> Failure {
    Failure::error("asn1: structure error: tags don't match")
}

impl<'d> Request<'d> {
    pub(super) fn read(der: &'d [u8], budget: &Budget<'_>) -> Result<Self, Failure> {
        budget.step(64 + der.len() as u64 / 4)?;
        budget.allocate(16 * der.len() as u64)?;
        let mut reader = Reader::new(der);
        // Of what is no sequence nothing more is read.
        if !reader.peek(tag::SEQUENCE) && !reader.is_empty() {
            return Err(structure());
        }
        let Some(whole) = reader.element() else {
            return Err(Failure::error("asn1: syntax error: data truncated"));
        };
        let mut outer = Reader::new(whole.content);
        let signed = outer.tagged(tag::SEQUENCE).ok_or_else(structure)?;
        let mut inner = Reader::new(signed.content);
        let version = inner.int().ok_or_else(structure)?;
        let subject = inner.element().ok_or_else(structure)?;
        let raw_key = inner.tagged(tag::SEQUENCE).ok_or_else(structure)?;
        let attributes = inner.read(tag::explicit(0)).ok_or_else(structure)?;
        let algorithm = Algorithm::read(outer.sequence().ok_or_else(structure)?)?;
        let signature = outer.bit_string().ok_or_else(structure)?;
        if !reader.is_empty() {
            return Err(Failure::error("asn1: syntax error: trailing data"));
        }
        let (key_algorithm, key) = read_key(raw_key, budget)?;
        let name = Name::read_lenient(subject.whole)?;
        let mut elements = Vec::new();
        let mut list = Reader::new(attributes);
        while !list.is_empty() {
            elements.push(list.element().ok_or_else(structure)?.whole);
        }
        let extensions = requested_extensions(&elements)?;
        let mut names = AlternativeNames::default();
        for extension in &extensions {
            if extension.kind == ALTERNATIVE_NAMES {
                names = AlternativeNames::read(extension.value, budget)?;
            }
        }
        Ok(Self {
            raw: whole.whole,
            raw_signed: signed.whole,
            raw_key: raw_key.whole,
            raw_subject: subject.whole,
            version,
            signature: signature.right_aligned(),
            signature_algorithm: SignatureAlgorithm::of(algorithm),
            key_algorithm,
            key,
            subject: name,
            attributes: elements.iter().filter_map(|element| attribute(element)).collect(),
            extensions,
            names,
        })
    }
}

/// An attribute whose values are lists of attributes.
fn attribute(der: &[u8]) -> Option<(Oid<'_>, Vec<Vec<Attribute<'_>>>)> {
    let mut parts = Reader::new(der).sequence()?;
    let kind = parts.oid()?;
    let mut set = Reader::new(parts.read(tag::SET)?);
    let mut values = Vec::new();
    while !set.is_empty() {
        let mut list = set.sequence()?;
        let mut pairs = Vec::new();
        while !list.is_empty() {
            pairs.push(Attribute::read(list.sequence()?)?);
        }
        values.push(pairs);
    }
    Some((kind, values))
}

fn requested_extensions<'d>(attributes: &[&'d [u8]]) -> Result<Vec<Extension<'d>>, Failure> {
    let mut requested: Vec<Extension<'d>> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for attribute in attributes {
        let parts = || {
            let mut parts = Reader::new(attribute).sequence()?;
            let kind = parts.oid()?;
            let value = Reader::new(parts.read(tag::SET)?).element()?;
            Some((kind, value.whole))
        };
        let Some((EXTENSION_REQUEST, value)) = parts() else { continue };
        let mut list = Reader::new(value).sequence().ok_or_else(structure)?;
        while !list.is_empty() {
            let extension = Extension::read(list.sequence().ok_or_else(structure)?)?;
            if !seen.insert(extension.kind) {
                let why = "x509: certificate request contains duplicate requested extensions";
                return Err(Failure::error(why));
            }
            requested.push(extension);
        }
    }
    Ok(requested)
}
