//! Public keys (RFC 5280, 4.1.2.7), and how they verify.

use super::super::Failure;
use super::curve::{Curve, Point};
use super::der::{BitString, Oid, Reader, positive, small_integer, tag, without_zeros};
use super::hash::Hash;
use super::rsa::{self, Salt};
use ed25519_dalek::Verifier;
use sekisho_budget::{Budget, BudgetExceeded};

pub(super) const RSA: Oid<'static> = Oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
pub(super) const DSA: Oid<'static> = Oid(b"\x2a\x86\x48\xce\x38\x04\x01");
pub(super) const EC: Oid<'static> = Oid(b"\x2a\x86\x48\xce\x3d\x02\x01");
pub(super) const X25519: Oid<'static> = Oid(b"\x2b\x65\x6e");
pub(super) const ED25519: Oid<'static> = Oid(b"\x2b\x65\x70");

const CURVES: [(Oid<'static>, Curve); 4] = [
    (Oid(b"\x2b\x81\x04\x00\x21"), Curve::P224),
    (Oid(b"\x2a\x86\x48\xce\x3d\x03\x01\x07"), Curve::P256),
    (Oid(b"\x2b\x81\x04\x00\x22"), Curve::P384),
    (Oid(b"\x2b\x81\x04\x00\x23"), Curve::P521),
];

/// Steps of one operation on curve 25519.
pub(super) const STEPS_25519: u64 = 15_000;

/// The curve of this name.
pub(super) fn curve(name: Oid<'_>) -> Option<Curve> {
    CURVES.iter().find(|(oid, _)| *oid == name).map(|(_, curve)| *curve)
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    Rsa(rsa::PublicKey),
    Ec(Point),
    Ed25519([u8; 32]),
    X25519([u8; 32]),
    /// `p`, `q`, `g` and `y`; it verifies nothing
    Dsa([Vec<u8>; 4]),
}

/// An algorithm and its parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Algorithm<'d> {
    pub(super) oid: Oid<'d>,
    /// the whole element; empty where there is none
    pub(super) parameters: &'d [u8],
}

impl<'d> Algorithm<'d> {
    /// Of the content of a sequence.
    pub(super) fn read(mut der: Reader<'d>) -> Result<Self, Failure> {
        let oid = der.oid().ok_or_else(|| Failure::error("x509: malformed OID"))?;
        if der.is_empty() {
            return Ok(Self { oid, parameters: &[] });
        }
        let parameters = der.element().ok_or_else(|| Failure::error("x509: malformed parameters"));
        Ok(Self { oid, parameters: parameters?.whole })
    }
}

/// A public key as certificates and `PUBLIC KEY` blocks have it; none of an algorithm without a
/// number in Go, which a certificate may have.
pub(super) fn read_public(
    algorithm: Algorithm<'_>,
    bits: BitString<'_>,
    budget: &Budget<'_>,
) -> Result<PublicKey, Failure> {
    let bad = |why: &str| Failure::error(format!("x509: {why}"));
    let bytes = bits.right_aligned();
    let parameters = algorithm.parameters;
    match algorithm.oid {
        RSA => {
            if parameters != b"\x05\x00" {
                return Err(bad("RSA key missing NULL parameters"));
            }
            let key = Reader::new(&bytes).sequence();
            let mut key = key.ok_or_else(|| bad("invalid RSA public key"))?;
            let modulus = key.integer().ok_or_else(|| bad("invalid RSA modulus"))?;
            let exponent = key.int().ok_or_else(|| bad("invalid RSA public exponent"))?;
            let modulus = positive(modulus);
            let modulus = modulus.ok_or_else(|| bad("RSA modulus is not a positive number"))?;
            if exponent <= 0 {
                return Err(bad("RSA public exponent is not a positive number"));
            }
            Ok(PublicKey::Rsa(rsa::PublicKey { modulus: modulus.to_vec(), exponent }))
        }
        EC => {
            let name = Reader::new(parameters).oid();
            let name = name.ok_or_else(|| bad("invalid ECDSA parameters"))?;
            let curve = curve(name).ok_or_else(|| bad("unsupported elliptic curve"))?;
            budget.step(curve.steps() / 100)?;
            let point = Point::read(curve, &bytes);
            let point =
                point.ok_or_else(|| Failure::error("ecdsa: invalid uncompressed public key"));
            Ok(PublicKey::Ec(point?))
        }
        ED25519 if !parameters.is_empty() => {
            Err(bad("Ed25519 key encoded with illegal parameters"))
        }
        ED25519 => {
            let key = bytes.try_into().map_err(|_| bad("wrong Ed25519 public key size"))?;
            Ok(PublicKey::Ed25519(key))
        }
        X25519 if !parameters.is_empty() => Err(bad("X25519 key encoded with illegal parameters")),
        X25519 => {
            let key =
                bytes.try_into().map_err(|_| Failure::error("crypto/ecdh: invalid public key"))?;
            Ok(PublicKey::X25519(key))
        }
        DSA => {
            let value = Reader::new(&bytes).integer();
            let value = value.ok_or_else(|| bad("invalid DSA public key"))?;
            let domain = || {
                let mut domain = Reader::new(parameters).sequence()?;
                Some([domain.integer()?, domain.integer()?, domain.integer()?])
            };
            let [p, q, g] = domain().ok_or_else(|| bad("invalid DSA parameters"))?;
            let number = |bytes| match positive(bytes) {
                Some(bytes) => Ok(without_zeros(bytes).to_vec()),
                None => Err(bad("zero or negative DSA parameter")),
            };
            Ok(PublicKey::Dsa([number(p)?, number(q)?, number(g)?, number(value)?]))
        }
        _ => Err(bad("unknown public key algorithm")),
    }
}

/// The key of a `PUBLIC KEY` block.
pub(super) fn read_spki(der: &[u8], budget: &Budget<'_>) -> Result<PublicKey, Failure> {
    let broken = || Failure::error("asn1: structure error: tags don't match");
    let mut whole = Reader::new(der);
    let mut info = whole.sequence().ok_or_else(broken)?;
    let Some(algorithm) = info.sequence() else {
        let rsa = Reader::new(der).sequence();
        let rsa = rsa.and_then(|mut key| key.integer().and(key.int()));
        let why = "x509: failed to parse public key (use ParsePKCS1PublicKey instead for this key \
                   format)";
        return Err(rsa.map_or_else(broken, |_| Failure::error(why)));
    };
    let algorithm = Algorithm::read(algorithm)?;
    let bits = info.bit_string().ok_or_else(broken)?;
    if !whole.is_empty() {
        return Err(Failure::error("x509: trailing data after ASN.1 of public-key"));
    }
    read_public(algorithm, bits, budget)
}

impl PublicKey {
    /// Whether this is a signature of a message by RSA, padded as PKCS #1 v1.5 has it.
    pub(super) fn verifies_rsa(
        &self,
        hash: Hash,
        message: &[u8],
        signature: &[u8],
        budget: &Budget<'_>,
    ) -> Result<bool, BudgetExceeded> {
        budget.step(message.len() as u64 / 8)?;
        match self {
            Self::Rsa(key) => key.verifies(hash, &hash.digest(&[message]), signature, budget),
            _ => Ok(false),
        }
    }

    /// Whether this is a signature of a message by RSA, padded as PSS has it.
    pub(super) fn verifies_pss(
        &self,
        hash: Hash,
        message: &[u8],
        signature: &[u8],
        salt: Salt,
        budget: &Budget<'_>,
    ) -> Result<bool, BudgetExceeded> {
        budget.step(message.len() as u64 / 8)?;
        match self {
            Self::Rsa(key) => {
                key.verifies_pss(hash, &hash.digest(&[message]), signature, salt, budget)
            }
            _ => Ok(false),
        }
    }

    /// Whether these two numbers are a signature of a message on a NIST curve.
    pub(super) fn verifies_ecdsa(
        &self,
        hash: Hash,
        message: &[u8],
        (r, s): (&[u8], &[u8]),
        budget: &Budget<'_>,
    ) -> Result<bool, BudgetExceeded> {
        let Self::Ec(point) = self else { return Ok(false) };
        budget.step(point.curve.steps() + message.len() as u64 / 8)?;
        Ok(point.verifies(&hash.digest(&[message]), r, s))
    }

    /// Whether this is a signature of a message by Ed25519.
    pub(super) fn verifies_ed25519(
        &self,
        message: &[u8],
        signature: &[u8],
        budget: &Budget<'_>,
    ) -> Result<bool, BudgetExceeded> {
        let Self::Ed25519(key) = self else { return Ok(false) };
        budget.step(STEPS_25519 + message.len() as u64 / 8)?;
        let verified = || {
            let key = ed25519_dalek::VerifyingKey::from_bytes(key).ok()?;
            let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
            key.verify(message, &signature).ok()
        };
        Ok(verified().is_some())
    }
}

/// Both numbers of an ECDSA signature as certificates have it.
pub(super) fn signature_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut whole = Reader::new(der);
    let mut pair = whole.sequence()?;
    let numbers = (positive(pair.integer()?)?, positive(pair.integer()?)?);
    (whole.is_empty() && pair.is_empty()).then_some(numbers)
}

/// How a certificate is signed: Go's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureAlgorithm {
    Unknown = 0,
    Md5Rsa = 2,
    Sha1Rsa = 3,
    Sha256Rsa = 4,
    Sha384Rsa = 5,
    Sha512Rsa = 6,
    DsaSha1 = 7,
    DsaSha256 = 8,
    EcdsaSha1 = 9,
    EcdsaSha256 = 10,
    EcdsaSha384 = 11,
    EcdsaSha512 = 12,
    Sha256Pss = 13,
    Sha384Pss = 14,
    Sha512Pss = 15,
    Ed25519 = 16,
}

impl SignatureAlgorithm {
    pub(super) fn of(algorithm: Algorithm<'_>) -> Self {
        match algorithm.oid.0 {
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04" => Self::Md5Rsa,
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05" | b"\x2b\x0e\x03\x02\x1d" => Self::Sha1Rsa,
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a" => {
                Self::of_pss(algorithm.parameters).unwrap_or(Self::Unknown)
            }
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b" => Self::Sha256Rsa,
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c" => Self::Sha384Rsa,
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d" => Self::Sha512Rsa,
            b"\x2a\x86\x48\xce\x38\x04\x03" => Self::DsaSha1,
            b"\x60\x86\x48\x01\x65\x03\x04\x03\x02" => Self::DsaSha256,
            b"\x2a\x86\x48\xce\x3d\x04\x01" => Self::EcdsaSha1,
            b"\x2a\x86\x48\xce\x3d\x04\x03\x02" => Self::EcdsaSha256,
            b"\x2a\x86\x48\xce\x3d\x04\x03\x03" => Self::EcdsaSha384,
            b"\x2a\x86\x48\xce\x3d\x04\x03\x04" => Self::EcdsaSha512,
            b"\x2b\x65\x70" if algorithm.parameters.is_empty() => Self::Ed25519,
            _ => Self::Unknown,
        }
    }

    /// The algorithm of the parameters of PSS (RFC 4055, 3.1) where they are such as Go takes:
    /// one hash for all, and a salt as long as its digest.
    fn of_pss(parameters: &[u8]) -> Option<Self> {
        let explicit = |der: &mut Reader<'_>, number| {
            let content = der.read(tag::explicit(number))?;
            Some(Reader::new(content).element()?.content.to_vec())
        };
        let mut der = Reader::new(parameters).sequence()?;
        let hash = explicit(&mut der, 0)?;
        let mask = explicit(&mut der, 1)?;
        let salt = small_integer(&explicit(&mut der, 2)?)?;
        let trailer = match der.is_empty() {
            true => 1,
            false => small_integer(&explicit(&mut der, 3)?)?,
        };
        let hash = Algorithm::read(Reader::new(&hash)).ok()?;
        let mask = Algorithm::read(Reader::new(&mask)).ok()?;
        let mask_hash = Algorithm::read(Reader::new(mask.parameters).sequence()?).ok()?;
        let plain = |algorithm: Algorithm<'_>| matches!(algorithm.parameters, b"" | b"\x05\x00");
        let sound = mask.oid.0 == b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
            && hash.oid == mask_hash.oid
            && plain(hash)
            && plain(mask_hash)
            && trailer == 1;
        match (hash.oid.0, salt) {
            _ if !sound => None,
            (b"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 32) => Some(Self::Sha256Pss),
            (b"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 48) => Some(Self::Sha384Pss),
            (b"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 64) => Some(Self::Sha512Pss),
            _ => None,
        }
    }

    /// Whether a signature of a certificate is by this key. Those of MD5, SHA-1 and DSA are by
    /// none.
    pub(super) fn verifies(
        self,
        key: &PublicKey,
        signed: &[u8],
        signature: &[u8],
        budget: &Budget<'_>,
    ) -> Result<bool, BudgetExceeded> {
        let pss = |hash| key.verifies_pss(hash, signed, signature, Salt::Digest, budget);
        let rsa = |hash| key.verifies_rsa(hash, signed, signature, budget);
        let ecdsa = |hash| match signature_numbers(signature) {
            Some(numbers) => key.verifies_ecdsa(hash, signed, numbers, budget),
            None => Ok(false),
        };
        match self {
            Self::Sha256Rsa => rsa(Hash::Sha256),
            Self::Sha384Rsa => rsa(Hash::Sha384),
            Self::Sha512Rsa => rsa(Hash::Sha512),
            Self::Sha256Pss => pss(Hash::Sha256),
            Self::Sha384Pss => pss(Hash::Sha384),
            Self::Sha512Pss => pss(Hash::Sha512),
            Self::EcdsaSha256 => ecdsa(Hash::Sha256),
            Self::EcdsaSha384 => ecdsa(Hash::Sha384),
            Self::EcdsaSha512 => ecdsa(Hash::Sha512),
            Self::Ed25519 => key.verifies_ed25519(signed, signature, budget),
            _ => Ok(false),
        }
    }
}
