//! Certificates, requests and keys as values: each field that Go's types have, as Go's
//! `encoding/json` writes it.

use super::super::Failure;
use super::super::bytes::{Alphabet, to_base64, to_text};
use super::certificate::Certificate;
use super::der::Oid;
use super::extensions::Extension;
use super::key::PublicKey;
use super::name::{Attribute, Name, Value};
use super::name_constraints::Range;
use super::private_key::PrivateKey;
use super::request::Request;
use crate::term::{Arena, Term};
use num_bigint::BigUint;
use sekisho_go_net::{self as go_net, Url};

type Shaped<'a> = Result<Term<'a>, Failure>;

/// How many bits a number may have that is printed in decimal.
const WIDEST: u64 = 16_384;

/// Values in an arena.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a>(pub(super) Arena<'a>);

impl<'a> Shape<'a> {
    fn object(self, fields: Vec<(&'static str, Term<'a>)>) -> Shaped<'a> {
        let fields = fields.into_iter().map(|(name, value)| (Term::String(name), value));
        Ok(self.0.object(fields.collect())?)
    }

    /// A list; `null` where it is empty, as a list that Go never made.
    fn list<T>(self, items: &[T], shape: impl Fn(&T) -> Shaped<'a>) -> Shaped<'a> {
        if items.is_empty() { Ok(Term::Null) } else { self.full_list(items, shape) }
    }

    fn full_list<T>(self, items: &[T], shape: impl Fn(&T) -> Shaped<'a>) -> Shaped<'a> {
        self.0.budget().step(items.len() as u64)?;
        let items: Result<Vec<_>, _> = items.iter().map(shape).collect();
        Ok(self.0.array(&items?)?)
    }

    fn text(self, text: &str) -> Shaped<'a> {
        Ok(self.0.string(text)?)
    }

    fn texts<T: AsRef<str>>(self, texts: &[T]) -> Shaped<'a> {
        self.list(texts, |text| self.text(text.as_ref()))
    }

    /// Bytes that Go takes for text.
    fn byte_texts(self, texts: &[&[u8]]) -> Shaped<'a> {
        self.list(texts, |text| self.text(&to_text(text.to_vec())))
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> Shaped<'a> {
        self.0.budget().step(bytes.len() as u64 / 8)?;
        self.text(&to_base64(bytes, Alphabet::Standard, true))
    }

    fn optional_bytes(self, bytes: Option<&[u8]>) -> Shaped<'a> {
        bytes.map_or(Ok(Term::Null), |bytes| self.bytes(bytes))
    }

    fn number(self, number: &BigUint) -> Shaped<'a> {
        if let Ok(int) = i64::try_from(number) {
            return Ok(Term::Int(int));
        }
        let bits = number.bits();
        if bits > WIDEST {
            return Err(Failure::error(format!(
                "a number of {bits} bits is larger than is supported"
            )));
        }
        self.0.budget().step(bits * bits / 2048)?;
        Ok(Term::Number(self.0.text(&number.to_string())?))
    }

    fn number_of(self, bytes: &[u8]) -> Shaped<'a> {
        // Before any work on it.
        if bytes.len() as u64 * 8 > WIDEST + 64 {
            let bits = bytes.len() * 8;
            return Err(Failure::error(format!(
                "a number of {bits} bits is larger than is supported"
            )));
        }
        self.number(&BigUint::from_bytes_be(bytes))
    }

    fn oid(self, oid: &Oid<'_>) -> Shaped<'a> {
        let numbers = oid.small_numbers().unwrap_or_default();
        let numbers: Vec<_> = numbers.into_iter().map(Term::Int).collect();
        Ok(self.0.array(&numbers)?)
    }

    fn oid_text(self, oid: &Oid<'_>) -> Shaped<'a> {
        self.0.budget().step(1 + oid.0.len() as u64)?;
        self.text(&oid.text())
    }

    fn extension(self, extension: &Extension<'_>) -> Shaped<'a> {
        self.object(vec![
            ("Id", self.oid(&extension.kind)?),
            ("Critical", Term::Bool(extension.critical)),
            ("Value", self.bytes(extension.value)?),
        ])
    }

    fn attribute(self, attribute: &Attribute<'_>) -> Shaped<'a> {
        let value = match &attribute.value {
            Value::Text(text) => self.text(text)?,
            Value::Integer(integer) => Term::Int(*integer),
            Value::Boolean(boolean) => Term::Bool(*boolean),
            Value::Bytes(bytes) => self.bytes(bytes)?,
            Value::Oid(oid) => self.oid(oid)?,
            Value::Moment(moment) => self.text(&moment.text())?,
            Value::Unknown => Term::Null,
        };
        self.object(vec![("Type", self.oid(&attribute.kind)?), ("Value", value)])
    }

    fn name(self, name: &Name<'_>) -> Shaped<'a> {
        let texts = |number| self.texts(&name.texts(number));
        let last = |number| self.text(name.texts(number).last().copied().unwrap_or_default());
        self.object(vec![
            ("Country", texts(6)?),
            ("Organization", texts(10)?),
            ("OrganizationalUnit", texts(11)?),
            ("Locality", texts(7)?),
            ("Province", texts(8)?),
            ("StreetAddress", texts(9)?),
            ("PostalCode", texts(17)?),
            ("SerialNumber", last(5)?),
            ("CommonName", last(3)?),
            ("Names", self.list(&name.attributes, |attribute| self.attribute(attribute))?),
            ("ExtraNames", Term::Null),
        ])
    }

    fn address(self, bytes: &[u8]) -> Shaped<'a> {
        let bits = bytes.iter().fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
        let bits = if bytes.len() == 4 { go_net::MAPPED | bits } else { bits };
        self.text(&go_net::print(bits))
    }

    fn range(self, (address, mask): &Range<'_>) -> Shaped<'a> {
        self.object(vec![("IP", self.address(address)?), ("Mask", self.bytes(mask)?)])
    }

    fn url(self, url: &Url) -> Shaped<'a> {
        let bytes = |bytes: &[u8]| self.text(&to_text(bytes.to_vec()));
        let user = match &url.user {
            Some(_) => self.object(Vec::new())?,
            None => Term::Null,
        };
        self.object(vec![
            ("Scheme", self.text(&url.scheme)?),
            ("Opaque", self.text(&url.opaque)?),
            ("User", user),
            ("Host", self.text(&url.host)?),
            ("Path", bytes(&url.path)?),
            ("Fragment", bytes(&url.fragment)?),
            ("RawQuery", self.text(&url.raw_query)?),
            ("RawPath", self.text(&url.raw_path)?),
            ("RawFragment", self.text(&url.raw_fragment)?),
            ("ForceQuery", Term::Bool(url.force_query)),
            ("OmitHost", Term::Bool(url.omit_host)),
        ])
    }

    fn public_key_fields(self, key: &PublicKey) -> Result<Vec<(&'static str, Term<'a>)>, Failure> {
        Ok(match key {
            PublicKey::Rsa(key) => {
                vec![("N", self.number_of(&key.modulus)?), ("E", Term::Int(key.exponent))]
            }
            PublicKey::Ec(point) => {
                let (x, y) = point.coordinates();
                let curve = self.object(Vec::new())?;
                vec![("Curve", curve), ("X", self.number_of(x)?), ("Y", self.number_of(y)?)]
            }
            PublicKey::Dsa([p, q, g, y]) => vec![
                ("P", self.number_of(p)?),
                ("Q", self.number_of(q)?),
                ("G", self.number_of(g)?),
                ("Y", self.number_of(y)?),
            ],
            PublicKey::Ed25519(_) | PublicKey::X25519(_) => Vec::new(),
        })
    }

    fn public_key(self, key: Option<&PublicKey>) -> Shaped<'a> {
        match key {
            None => Ok(Term::Null),
            Some(PublicKey::Ed25519(key)) => self.bytes(key),
            Some(key) => self.object(self.public_key_fields(key)?),
        }
    }

    pub(super) fn private_key(self, key: &PrivateKey) -> Shaped<'a> {
        let public = key.public(self.0.budget())?;
        let mut fields = self.public_key_fields(&public)?;
        match key {
            PrivateKey::Rsa(key) => {
                let [dp, dq, inverse] = &key.precomputed;
                let precomputed = self.object(vec![
                    ("Dp", self.number(dp)?),
                    ("Dq", self.number(dq)?),
                    ("Qinv", self.number(inverse)?),
                    ("CRTValues", self.0.array(&[])?),
                ])?;
                let primes = self.full_list(&key.primes, |prime| self.number(prime))?;
                fields.push(("D", self.number(&key.exponent)?));
                fields.push(("Primes", primes));
                fields.push(("Precomputed", precomputed));
            }
            PrivateKey::Ec(scalar) => fields.push(("D", self.number_of(scalar.bytes())?)),
            PrivateKey::Ed25519(seed) => {
                let public = match &public {
                    PublicKey::Ed25519(public) => public.as_slice(),
                    _ => &[],
                };
                return self.bytes(&[seed, public].concat());
            }
            PrivateKey::X25519(_) => {}
        }
        self.object(fields)
    }

    /// A certificate; extended, with the texts of its URLs beside their parts.
    pub(super) fn certificate(self, certificate: &Certificate<'_>, extended: bool) -> Shaped<'a> {
        let said = &certificate.said;
        let names = &said.names;
        let moment = |moment: super::moment::Moment| self.text(&moment.text());
        let oids = |oids: &[Oid<'_>]| self.list(oids, |oid| self.oid(oid));
        let extensions =
            self.list(&certificate.extensions, |extension| self.extension(extension))?;
        let usages = self.list(&said.extended_usages, |usage| Ok(Term::Int(*usage)))?;
        let identifiers: Vec<Oid<'_>> = said.policies.clone();
        let identifiers: Vec<_> =
            identifiers.into_iter().filter(|oid| oid.small_numbers().is_some()).collect();
        let identifiers = match said.has_policies {
            true => self.full_list(&identifiers, |oid| self.oid(oid))?,
            false => Term::Null,
        };
        let mappings = self.list(&said.policy_mappings, |(issuer, subject)| {
            self.object(vec![
                ("IssuerDomainPolicy", self.oid_text(issuer)?),
                ("SubjectDomainPolicy", self.oid_text(subject)?),
            ])
        })?;
        let ranges = |ranges: &[Range<'_>]| self.list(ranges, |range| self.range(range));
        let int = |value: Option<i64>| Term::Int(value.unwrap_or(0));
        let zero = |value: Option<i64>| Term::Bool(value == Some(0));
        let mut fields = vec![
            ("Raw", self.bytes(certificate.raw)?),
            ("RawTBSCertificate", self.bytes(certificate.raw_signed)?),
            ("RawSubjectPublicKeyInfo", self.bytes(certificate.raw_key)?),
            ("RawSubject", self.bytes(certificate.raw_subject)?),
            ("RawIssuer", self.bytes(certificate.raw_issuer)?),
            ("Signature", self.bytes(&certificate.signature)?),
            ("SignatureAlgorithm", Term::Int(certificate.signature_algorithm as i64)),
            ("PublicKeyAlgorithm", Term::Int(certificate.key_algorithm)),
            ("PublicKey", self.public_key(certificate.key.as_ref())?),
            ("Version", Term::Int(certificate.version)),
            ("SerialNumber", self.number(&certificate.serial)?),
            ("Issuer", self.name(&certificate.issuer)?),
            ("Subject", self.name(&certificate.subject)?),
            ("NotBefore", moment(certificate.not_before)?),
            ("NotAfter", moment(certificate.not_after)?),
            ("KeyUsage", Term::Int(said.key_usage)),
            ("Extensions", extensions),
            ("ExtraExtensions", Term::Null),
            ("UnhandledCriticalExtensions", oids(&said.unhandled)?),
            ("ExtKeyUsage", usages),
            ("UnknownExtKeyUsage", oids(&said.other_usages)?),
            ("BasicConstraintsValid", Term::Bool(said.has_basic_constraints)),
            ("IsCA", Term::Bool(said.is_authority)),
            ("MaxPathLen", Term::Int(said.longest_path)),
            ("MaxPathLenZero", Term::Bool(said.has_basic_constraints && said.longest_path == 0)),
            ("SubjectKeyId", self.optional_bytes(said.subject_key_id)?),
            ("AuthorityKeyId", self.optional_bytes(said.authority_key_id)?),
            ("OCSPServer", self.byte_texts(&said.ocsp_servers)?),
            ("IssuingCertificateURL", self.byte_texts(&said.issuer_urls)?),
            ("DNSNames", self.texts(&names.domains)?),
            ("EmailAddresses", self.texts(&names.mailboxes)?),
            ("IPAddresses", self.list(&names.addresses, |address| self.address(address))?),
            ("URIs", self.list(&names.urls, |url| self.url(url))?),
            ("PermittedDNSDomainsCritical", Term::Bool(said.constraints_critical)),
            ("PermittedDNSDomains", self.texts(&said.permitted.domains)?),
            ("ExcludedDNSDomains", self.texts(&said.excluded.domains)?),
            ("PermittedIPRanges", ranges(&said.permitted.ranges)?),
            ("ExcludedIPRanges", ranges(&said.excluded.ranges)?),
            ("PermittedEmailAddresses", self.texts(&said.permitted.mailboxes)?),
            ("ExcludedEmailAddresses", self.texts(&said.excluded.mailboxes)?),
            ("PermittedURIDomains", self.texts(&said.permitted.url_domains)?),
            ("ExcludedURIDomains", self.texts(&said.excluded.url_domains)?),
            ("CRLDistributionPoints", self.byte_texts(&said.revocation_lists)?),
            ("PolicyIdentifiers", identifiers),
            ("Policies", self.list(&said.policies, |oid| self.oid_text(oid))?),
            ("InhibitAnyPolicy", int(said.inhibit_any_policy)),
            ("InhibitAnyPolicyZero", zero(said.inhibit_any_policy)),
            ("InhibitPolicyMapping", int(said.inhibit_policy_mapping)),
            ("InhibitPolicyMappingZero", zero(said.inhibit_policy_mapping)),
            ("RequireExplicitPolicy", int(said.require_explicit_policy)),
            ("RequireExplicitPolicyZero", zero(said.require_explicit_policy)),
            ("PolicyMappings", mappings),
        ];
        if extended {
            fields.push(("URIStrings", self.list(&names.urls, |url| self.text(&url.text()))?));
        }
        self.object(fields)
    }

    pub(super) fn request(self, request: &Request<'_>) -> Shaped<'a> {
        let names = &request.names;
        let attributes = self.list(&request.attributes, |(kind, lists)| {
            let lists = self.full_list(lists, |list| {
                self.full_list(list, |attribute| self.attribute(attribute))
            })?;
            self.object(vec![("Type", self.oid(kind)?), ("Value", lists)])
        })?;
        let extensions = self.list(&request.extensions, |extension| self.extension(extension))?;
        self.object(vec![
            ("Raw", self.bytes(request.raw)?),
            ("RawTBSCertificateRequest", self.bytes(request.raw_signed)?),
            ("RawSubjectPublicKeyInfo", self.bytes(request.raw_key)?),
            ("RawSubject", self.bytes(request.raw_subject)?),
            ("Version", Term::Int(request.version)),
            ("Signature", self.bytes(&request.signature)?),
            ("SignatureAlgorithm", Term::Int(request.signature_algorithm as i64)),
            ("PublicKeyAlgorithm", Term::Int(request.key_algorithm)),
            ("PublicKey", self.public_key(request.key.as_ref())?),
            ("Subject", self.name(&request.subject)?),
            ("Attributes", attributes),
            ("Extensions", extensions),
            ("ExtraExtensions", Term::Null),
            ("DNSNames", self.texts(&names.domains)?),
            ("EmailAddresses", self.texts(&names.mailboxes)?),
            ("IPAddresses", self.list(&names.addresses, |address| self.address(address))?),
            ("URIs", self.list(&names.urls, |url| self.url(url))?),
        ])
    }

    /// A certificate with its chain and private key, as `crypto/tls` has it.
    pub(super) fn key_pair(
        self,
        chain: &[Vec<u8>],
        leaf: &Certificate<'_>,
        key: &PrivateKey,
    ) -> Shaped<'a> {
        self.object(vec![
            ("Certificate", self.full_list(chain, |der| self.bytes(der))?),
            ("PrivateKey", self.private_key(key)?),
            ("SupportedSignatureAlgorithms", Term::Null),
            ("OCSPStaple", Term::Null),
            ("SignedCertificateTimestamps", Term::Null),
            ("Leaf", self.certificate(leaf, false)?),
        ])
    }
}
