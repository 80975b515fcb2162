//! JSON Web Keys (RFC 7517, 7518 section 6, 8037), read as OPA's library reads them.

use super::super::Failure;
use super::super::bytes::{Alphabet, from_base64, to_base64};
use super::super::json::Reader;
use super::curve::{Curve, Point, Scalar};
use super::der::without_zeros;
use super::key::{PublicKey, STEPS_25519};
use super::private_key::PrivateKey;
use super::rsa;
use crate::term::{Arena, Term, TermKind};
use num_bigint::BigUint;
use sekisho_budget::Budget;

/// How many keys a set may have.
const MOST: usize = 1_000;

/// A key of any kind.
pub(super) enum Key {
    Public(PublicKey),
    Private(PrivateKey),
    Secret(Vec<u8>),
}

/// A key, with what its set says of it.
pub(super) struct SetKey<'a> {
    pub(super) key: Key,
    /// empty where it has none
    pub(super) algorithm: &'a str,
    /// empty where it has none
    pub(super) id: &'a str,
}

/// The algorithms that a key may be for; of any other it is no key.
const ALGORITHMS: [&str; 43] = [
    "none",
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES256K",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
    "Ed448",
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA-OAEP-384",
    "RSA-OAEP-512",
    "A128KW",
    "A192KW",
    "A256KW",
    "dir",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "A128GCMKW",
    "A192GCMKW",
    "A256GCMKW",
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
    "A128CBC-HS256",
    "A192CBC-HS384",
    "A256CBC-HS512",
    "A128GCM",
    "A192GCM",
    "A256GCM",
    "HPKE-0",
];

fn bad(why: impl Into<String>) -> Failure {
    Failure::error(format!("jwk.Parse: {}", why.into()))
}

/// The keys of a set, or the one key.
pub(super) fn read<'a>(text: &str, arena: Arena<'a>) -> Result<Vec<SetKey<'a>>, Failure> {
    let mut reader = Reader::new(text, arena);
    let value = reader.value().and_then(|value| reader.end().map(|()| value));
    let value = value.map_err(|failure| match failure {
        Failure::Error { message, .. } => bad(format!("failed to parse sole key: {message}")),
        other => other,
    })?;
    let budget = arena.budget();
    match value.field("keys") {
        Some(keys) if keys.kind() == TermKind::Array => {
            if keys.len().unwrap_or(0) > MOST {
                return Err(bad(format!("too many keys in \"keys\" array: max {MOST}")));
            }
            let keys = keys.items().enumerate().map(|(index, key)| {
                read_key(key, budget).map_err(|failure| match failure {
                    Failure::Error { message, .. } => {
                        let why = format!("failed to decode key #{index} in \"keys\": {message}");
                        bad(format!("failed to unmarshal JWK set: {why}"))
                    }
                    other => other,
                })
            });
            keys.collect()
        }
        Some(_) => Err(bad("failed to unmarshal JWK set: failed to decode \"keys\"")),
        None => {
            let key = read_key(value, budget).map_err(|failure| match failure {
                // Of the key itself, once it is read.
                Failure::Error { message, .. } if !message.starts_with("crypto/") => {
                    bad(format!("failed to parse sole key: {message}"))
                }
                other => other,
            });
            Ok(vec![key?])
        }
    }
}

/// What an object says under a name: nothing, or a text.
fn text<'a>(key: Term<'a>, name: &str) -> Result<Option<&'a str>, Failure> {
    match key.field(name) {
        None => Ok(None),
        Some(Term::String(text)) => Ok(Some(text)),
        Some(_) => Err(Failure::error(format!("failed to decode value for key {name}"))),
    }
}

/// The bytes that an object has under a name, in base64 of any form.
fn bytes(key: Term<'_>, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    let Some(text) = text(key, name)? else { return Ok(None) };
    let standard = text.contains(['+', '/']);
    let alphabet = if standard { Alphabet::Standard } else { Alphabet::Url };
    let bytes = from_base64(text.as_bytes(), alphabet, text.ends_with('='));
    let bytes = bytes.map_err(|_| {
        Failure::error(format!("failed to decode value for key {name}: failed to decode source"))
    });
    bytes.map(Some)
}

/// The bytes that an object must have under a name.
fn required(key: Term<'_>, name: &str) -> Result<Vec<u8>, Failure> {
    let bytes = bytes(key, name)?.filter(|bytes| !bytes.is_empty());
    bytes.ok_or_else(|| Failure::error(format!("required field {name} is missing")))
}

fn read_key<'a>(key: Term<'a>, budget: &Budget<'_>) -> Result<SetKey<'a>, Failure> {
    if key.kind() != TermKind::Object {
        return Err(Failure::error("probe: failed to unmarshal data"));
    }
    let algorithm = text(key, "alg")?.unwrap_or_default();
    if !algorithm.is_empty() && !ALGORITHMS.contains(&algorithm) {
        return Err(Failure::error("failed to decode value for key alg"));
    }
    let id = text(key, "kid")?.unwrap_or_default();
    let private = key.field("d").is_some();
    let kind = text(key, "kty")?.unwrap_or_default();
    let read = match (kind, private) {
        ("RSA", false) => Key::Public(PublicKey::Rsa(read_rsa(key)?)),
        ("RSA", true) => Key::Private(read_rsa_private(key, budget)?),
        ("EC", _) => read_ec(key, private, budget)?,
        ("OKP", _) => read_okp(key, private, budget)?,
        ("oct", _) => Key::Secret(required(key, "k")?),
        (other, _) => {
            return Err(Failure::error(format!("invalid key type from JSON ({other})")));
        }
    };
    Ok(SetKey { key: read, algorithm, id })
}

fn read_rsa(key: Term<'_>) -> Result<rsa::PublicKey, Failure> {
    let (modulus, exponent) = (required(key, "n")?, required(key, "e")?);
    let modulus = without_zeros(&modulus).to_vec();
    if modulus.is_empty() {
        return Err(Failure::error("missing \"n\" value"));
    }
    let exponent = without_zeros(&exponent);
    if exponent.last().is_none_or(|byte| byte & 1 == 0) {
        return Err(Failure::error("invalid rsa public exponent: must be a positive odd integer"));
    }
    let exponent = i64::try_from(BigUint::from_bytes_be(exponent));
    let exponent =
        exponent.map_err(|_| Failure::error("rsa public exponent too large for this platform"))?;
    Ok(rsa::PublicKey { modulus, exponent })
}

fn read_rsa_private(key: Term<'_>, budget: &Budget<'_>) -> Result<PrivateKey, Failure> {
    let public = read_rsa(key)?;
    let number = |name| required(key, name).map(|bytes| BigUint::from_bytes_be(&bytes));
    let optional = |name| -> Result<Option<BigUint>, Failure> {
        Ok(bytes(key, name)?.map(|bytes| BigUint::from_bytes_be(&bytes)))
    };
    let exponent = number("d")?;
    let primes = vec![number("p")?, number("q")?];
    let given: rsa::Precomputed = [optional("dp")?, optional("dq")?, optional("qi")?];
    let key = rsa::PrivateKey::new(public, exponent, primes, given, budget)?;
    Ok(PrivateKey::Rsa(Box::new(key)))
}

fn read_ec(key: Term<'_>, private: bool, budget: &Budget<'_>) -> Result<Key, Failure> {
    let curve = match text(key, "crv")?.unwrap_or_default() {
        "P-256" => Curve::P256,
        "P-384" => Curve::P384,
        "P-521" => Curve::P521,
        other => return Err(Failure::error(format!("invalid curve algorithm \"{other}\""))),
    };
    let coordinate = |name| {
        let bytes = required(key, name)?;
        if bytes.len() == curve.size() {
            return Ok(bytes);
        }
        let length = bytes.len();
        Err(Failure::error(format!("invalid \"{name}\" length ({length}) for curve")))
    };
    budget.step(curve.steps() / 100)?;
    let point = Point::of(curve, &coordinate("x")?, &coordinate("y")?);
    let point = point.ok_or_else(|| Failure::error("invalid ECDSA public key"))?;
    if !private {
        return Ok(Key::Public(PublicKey::Ec(point)));
    }
    budget.step(curve.steps())?;
    let scalar = Scalar::read(curve, &coordinate("d")?);
    let scalar = scalar.ok_or_else(|| Failure::error("invalid ECDSA private key"))?;
    Ok(Key::Private(PrivateKey::Ec(scalar)))
}

fn read_okp(key: Term<'_>, private: bool, budget: &Budget<'_>) -> Result<Key, Failure> {
    let name = text(key, "crv")?.unwrap_or_default();
    let bytes = |field, of| -> Result<[u8; 32], Failure> {
        let bytes = required(key, field)?;
        bytes.try_into().map_err(|_| {
            let name = name.to_ascii_lowercase();
            Failure::error(format!("{name}: wrong {of} key size"))
        })
    };
    let public = bytes("x", "public")?;
    let secret = if private { Some(bytes("d", "private")?) } else { None };
    Ok(match (name, secret) {
        ("Ed25519", None) => Key::Public(PublicKey::Ed25519(public)),
        ("Ed25519", Some(seed)) => {
            budget.step(STEPS_25519)?;
            let key = PrivateKey::Ed25519(seed);
            if key.public(budget)? != PublicKey::Ed25519(public) {
                return Err(Failure::error("ed25519: invalid x value given d value"));
            }
            Key::Private(key)
        }
        ("X25519", None) => Key::Public(PublicKey::X25519(public)),
        ("X25519", Some(secret)) => Key::Private(PrivateKey::X25519(secret)),
        (other, _) => return Err(Failure::error(format!("invalid curve algorithm {other}"))),
    })
}

/// A private key as an object.
pub(super) fn write<'a>(key: &PrivateKey, arena: Arena<'a>) -> Result<Term<'a>, Failure> {
    let text = |bytes: &[u8]| arena.string(&to_base64(bytes, Alphabet::Url, false));
    let number = |number: &BigUint| text(&number.to_bytes_be());
    let public = key.public(arena.budget())?;
    let mut fields: Vec<(&'static str, Term<'a>)> = Vec::new();
    match (key, &public) {
        (PrivateKey::Rsa(key), _) => {
            let [dp, dq, inverse] = &key.precomputed;
            let exponent = key.public.exponent.to_be_bytes();
            fields.push(("kty", Term::String("RSA")));
            fields.push(("n", text(&key.public.modulus)?));
            fields.push(("e", text(without_zeros(&exponent))?));
            fields.push(("d", number(&key.exponent)?));
            for (name, prime) in ["p", "q"].into_iter().zip(&key.primes) {
                fields.push((name, number(prime)?));
            }
            fields.push(("dp", number(dp)?));
            fields.push(("dq", number(dq)?));
            fields.push(("qi", number(inverse)?));
        }
        (PrivateKey::Ec(scalar), PublicKey::Ec(point)) => {
            let curve = match scalar.curve() {
                Curve::P224 => {
                    return Err(Failure::error(
                        "failed to initialize *jwk.ecdsaPrivateKey from *ecdsa.PrivateKey: jwk: \
                         failed to get algorithm for converting ECDSA private key to JWK: unknown \
                         elliptic curve",
                    ));
                }
                Curve::P256 => "P-256",
                Curve::P384 => "P-384",
                Curve::P521 => "P-521",
            };
            let (x, y) = point.coordinates();
            fields.push(("kty", Term::String("EC")));
            fields.push(("crv", Term::String(curve)));
            fields.extend([("x", text(x)?), ("y", text(y)?), ("d", text(scalar.bytes())?)]);
        }
        (PrivateKey::Ed25519(secret), PublicKey::Ed25519(public))
        | (PrivateKey::X25519(secret), PublicKey::X25519(public)) => {
            let ed25519 = matches!(key, PrivateKey::Ed25519(_));
            fields.push(("kty", Term::String("OKP")));
            fields.push(("crv", Term::String(if ed25519 { "Ed25519" } else { "X25519" })));
            fields.extend([("x", text(public)?), ("d", text(secret)?)]);
        }
        _ => return Err(Failure::Undefined),
    }
    let fields = fields.into_iter().map(|(name, value)| (Term::String(name), value));
    Ok(arena.object(fields.collect())?)
}
