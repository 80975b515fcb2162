//! Private keys: PKCS #1 (RFC 8017), PKCS #8 (RFC 5208) and SEC 1 (RFC 5915).

use super::super::Failure;
use super::curve::{Curve, Scalar};
use super::der::{Oid, Reader, positive, tag};
use super::key::{Algorithm, EC, ED25519, PublicKey, RSA, STEPS_25519, X25519, curve};
use super::rsa;
use num_bigint::BigUint;
use sekisho_budget::Budget;

/// A private key.
#[derive(Clone)]
pub(super) enum PrivateKey {
    Rsa(Box<rsa::PrivateKey>),
    Ec(Scalar),
    /// its seed
    Ed25519([u8; 32]),
    X25519([u8; 32]),
}

impl PrivateKey {
    /// Its public key.
    pub(super) fn public(&self, budget: &Budget<'_>) -> Result<PublicKey, Failure> {
        Ok(match self {
            Self::Rsa(key) => PublicKey::Rsa(key.public.clone()),
            Self::Ec(scalar) => {
                budget.step(scalar.curve().steps())?;
                let point = scalar.point();
                PublicKey::Ec(point.ok_or_else(|| Failure::error("ecdsa: invalid private key"))?)
            }
            Self::Ed25519(seed) => {
                budget.step(STEPS_25519)?;
                PublicKey::Ed25519(
                    ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes(),
                )
            }
            Self::X25519(secret) => {
                budget.step(STEPS_25519)?;
                let point = curve25519_dalek::MontgomeryPoint::mul_base_clamped(*secret);
                PublicKey::X25519(point.to_bytes())
            }
        })
    }
}

const NOT_MATCHING: &str = "asn1: structure error: tags don't match";

fn structure() -> Failure {
    Failure::error(NOT_MATCHING)
}

fn number(der: &mut Reader<'_>) -> Option<Option<BigUint>> {
    der.integer().map(|bytes| positive(bytes).map(BigUint::from_bytes_be))
}

/// `RSA PRIVATE KEY`
pub(super) fn read_pkcs1(der: &[u8], budget: &Budget<'_>) -> Result<PrivateKey, Failure> {
    let hint = |form: &str| {
        Failure::error(format!(
            "x509: failed to parse private key (use {form} instead for this key format)"
        ))
    };
    let mut whole = Reader::new(der);
    let parts = || {
        let mut key = whole.sequence()?;
        let version = key.int()?;
        let modulus = key.integer()?;
        let exponent = key.int()?;
        let numbers = [number(&mut key)?, number(&mut key)?, number(&mut key)?];
        let mut optional =
            || if key.peek(tag::INTEGER) { number(&mut key).map(Some) } else { Some(None) };
        let precomputed = [optional()?, optional()?, optional()?];
        let more = key.peek(tag::SEQUENCE) && !Reader::new(key.read(tag::SEQUENCE)?).is_empty();
        Some((version, modulus, exponent, numbers, precomputed, more))
    };
    let mut parts = parts;
    let Some((version, modulus, exponent, [d, p, q], precomputed, more)) = parts() else {
        return Err(if read_ec_parts(der).is_some() {
            hint("ParseECPrivateKey")
        } else if read_pkcs8_parts(der).is_some() {
            hint("ParsePKCS8PrivateKey")
        } else {
            structure()
        });
    };
    if !whole.is_empty() {
        return Err(Failure::error("asn1: syntax error: trailing data"));
    }
    if version > 1 {
        return Err(Failure::error("x509: unsupported private key version"));
    }
    let zero = || Failure::error("x509: private key contains zero or negative value");
    let modulus = positive(modulus).ok_or_else(zero)?.to_vec();
    let primes = vec![p.ok_or_else(zero)?, q.ok_or_else(zero)?];
    let mut given: rsa::Precomputed = [None, None, None];
    for (given, read) in given.iter_mut().zip(precomputed) {
        *given = read.map(|number| number.ok_or_else(zero)).transpose()?;
    }
    if more {
        let why = "crypto/rsa: keys of other than two primes are not supported";
        return Err(Failure::error(why));
    }
    let public = rsa::PublicKey { modulus, exponent };
    let key = rsa::PrivateKey::new(public, d.ok_or_else(zero)?, primes, given, budget)?;
    Ok(PrivateKey::Rsa(Box::new(key)))
}

fn read_pkcs8_parts(der: &[u8]) -> Option<(Algorithm<'_>, &[u8])> {
    let mut key = Reader::new(der).sequence()?;
    key.int()?;
    let algorithm = Algorithm::read(key.sequence()?).ok()?;
    Some((algorithm, key.read(tag::OCTET_STRING)?))
}

/// `PRIVATE KEY`
pub(super) fn read_pkcs8(der: &[u8], budget: &Budget<'_>) -> Result<PrivateKey, Failure> {
    let Some((algorithm, key)) = read_pkcs8_parts(der) else {
        let form = if read_ec_parts(der).is_some() {
            "ParseECPrivateKey"
        } else if read_pkcs1(der, budget).is_ok() {
            "ParsePKCS1PrivateKey"
        } else {
            return Err(structure());
        };
        return Err(Failure::error(format!(
            "x509: failed to parse private key (use {form} instead for this key format)"
        )));
    };
    let inner = |words: &str, failure: Failure| match failure {
        Failure::Error { message, .. } => Failure::error(format!("{words}: {message}")),
        other => other,
    };
    let seed = |name: &str| {
        let bad = |why: &str| Failure::error(format!("x509: invalid {name} private key{why}"));
        if !algorithm.parameters.is_empty() {
            return Err(bad(" parameters"));
        }
        let seed = Reader::new(key).read(tag::OCTET_STRING);
        let seed = seed.ok_or_else(|| bad(&format!(": {NOT_MATCHING}")))?;
        seed.try_into().map_err(|_| bad(&format!(" length: {}", seed.len())))
    };
    match algorithm.oid {
        RSA => read_pkcs1(key, budget).map_err(|failure| {
            inner("x509: failed to parse RSA private key embedded in PKCS#8", failure)
        }),
        EC => {
            let name = Reader::new(algorithm.parameters).oid();
            read_ec_named(name, key, budget).map_err(|failure| {
                inner("x509: failed to parse EC private key embedded in PKCS#8", failure)
            })
        }
        ED25519 => seed("Ed25519").map(PrivateKey::Ed25519),
        X25519 => seed("X25519").map(PrivateKey::X25519),
        other => Err(Failure::error(format!(
            "x509: PKCS#8 wrapping contained private key with unknown algorithm: {}",
            other.text()
        ))),
    }
}

/// Its version, its number, and the curve that it names.
fn read_ec_parts(der: &[u8]) -> Option<(i64, &[u8], Option<Oid<'_>>)> {
    let mut key = Reader::new(der).sequence()?;
    let (version, number) = (key.int()?, key.read(tag::OCTET_STRING)?);
    let name = match key.optional(tag::explicit(0))? {
        Some(name) => Some(Reader::new(name).oid()?),
        None => None,
    };
    if let Some(public) = key.optional(tag::explicit(1))? {
        Reader::new(public).bit_string()?;
    }
    Some((version, number, name))
}

/// `EC PRIVATE KEY`
pub(super) fn read_ec(der: &[u8], budget: &Budget<'_>) -> Result<PrivateKey, Failure> {
    read_ec_named(None, der, budget)
}

fn read_ec_named(
    named: Option<Oid<'_>>,
    der: &[u8],
    budget: &Budget<'_>,
) -> Result<PrivateKey, Failure> {
    let Some((version, number, name)) = read_ec_parts(der) else {
        let form = if read_pkcs8_parts(der).is_some() {
            "ParsePKCS8PrivateKey"
        } else if read_pkcs1(der, budget).is_ok() {
            "ParsePKCS1PrivateKey"
        } else {
            let why = format!("x509: failed to parse EC private key: {NOT_MATCHING}");
            return Err(Failure::error(why));
        };
        return Err(Failure::error(format!(
            "x509: failed to parse private key (use {form} instead for this key format)"
        )));
    };
    if version != 1 {
        return Err(Failure::error(format!("x509: unknown EC private key version {version}")));
    }
    let curve: Option<Curve> = named.or(name).and_then(curve);
    let curve = curve.ok_or_else(|| Failure::error("x509: unknown elliptic curve"))?;
    budget.step(curve.steps())?;
    let scalar = Scalar::read(curve, number);
    let scalar = scalar.ok_or_else(|| Failure::error("ecdsa: invalid private key"))?;
    Ok(PrivateKey::Ec(scalar))
}
