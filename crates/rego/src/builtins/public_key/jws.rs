//! Signatures of JSON Web Algorithms (RFC 7518, section 3, and RFC 8037).

use super::super::Failure;
use super::super::hash::mac;
use super::super::random::Generator;
use super::hash::Hash;
use super::jwk::Key;
use super::key::PublicKey;
use super::private_key::PrivateKey;
use super::rsa::Salt;
use ed25519_dalek::Signer;
use hmac::Hmac;
use sekisho_budget::Budget;
use sha2::{Sha256, Sha384, Sha512};

/// How a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hmac(Hash),
    Rsa(Hash),
    Pss(Hash),
    Ecdsa(Hash),
    EdDsa,
}

impl Algorithm {
    /// One that tokens may be signed with, by its name.
    pub(super) fn of(name: &str) -> Option<Self> {
        let hash = match name.get(2..) {
            Some("256") => Hash::Sha256,
            Some("384") => Hash::Sha384,
            Some("512") => Hash::Sha512,
            _ => return (name == "EdDSA").then_some(Self::EdDsa),
        };
        match name.get(..2) {
            Some("HS") => Some(Self::Hmac(hash)),
            Some("RS") => Some(Self::Rsa(hash)),
            Some("PS") => Some(Self::Pss(hash)),
            Some("ES") => Some(Self::Ecdsa(hash)),
            _ => None,
        }
    }
}

fn keyed(hash: Hash, message: &[u8], secret: &[u8]) -> Result<Vec<u8>, Failure> {
    match hash {
        Hash::Sha384 => mac::<Hmac<Sha384>>(message, secret),
        Hash::Sha512 => mac::<Hmac<Sha512>>(message, secret),
        _ => mac::<Hmac<Sha256>>(message, secret),
    }
}

/// Whether this is the signature that the algorithm of this name gives; of a private key the
/// public one counts.
pub(super) fn verifies(
    key: &Key,
    algorithm: &str,
    message: &[u8],
    signature: &[u8],
    budget: &Budget<'_>,
) -> Result<bool, Failure> {
    let algorithm = match algorithm {
        // Its name where it must be on this curve (RFC 9864).
        "Ed25519" => Some(Algorithm::EdDsa),
        other => Algorithm::of(other),
    };
    let derived;
    let public = match key {
        Key::Public(public) => public,
        Key::Private(private) => {
            derived = private.public(budget)?;
            &derived
        }
        Key::Secret(secret) => {
            let Some(Algorithm::Hmac(hash)) = algorithm else { return Ok(false) };
            budget.step(8 + (message.len() + secret.len()) as u64 / 8)?;
            return Ok(!secret.is_empty() && keyed(hash, message, secret)? == signature);
        }
    };
    Ok(match algorithm {
        Some(Algorithm::Rsa(hash)) => public.verifies_rsa(hash, message, signature, budget)?,
        Some(Algorithm::Pss(hash)) => {
            public.verifies_pss(hash, message, signature, Salt::Digest, budget)?
        }
        Some(Algorithm::Ecdsa(hash)) => match public {
            PublicKey::Ec(point) if signature.len() == 2 * point.curve.size() => {
                let numbers = signature.split_at(point.curve.size());
                public.verifies_ecdsa(hash, message, numbers, budget)?
            }
            _ => false,
        },
        Some(Algorithm::EdDsa) => public.verifies_ed25519(message, signature, budget)?,
        Some(Algorithm::Hmac(_)) | None => false,
    })
}

/// The salt of a PSS signature: other for another message, the same for one seed.
fn salt(seed: u64, digest: &[u8], size: usize) -> Vec<u8> {
    let key = super::super::bytes::to_hex(digest);
    let mut generator = Generator::new(seed, &key);
    let words = std::iter::repeat_with(|| generator.next().to_be_bytes());
    words.take(size.div_ceil(8)).flatten().take(size).collect()
}

/// The signature that an algorithm gives.
pub(super) fn sign(
    key: &Key,
    algorithm: Algorithm,
    message: &[u8],
    seed: u64,
    budget: &Budget<'_>,
) -> Result<Vec<u8>, Failure> {
    budget.step(8 + message.len() as u64 / 8)?;
    match (algorithm, key) {
        (Algorithm::Hmac(hash), Key::Secret(secret)) => keyed(hash, message, secret),
        (Algorithm::Rsa(hash), Key::Private(PrivateKey::Rsa(key))) => {
            key.sign(hash, &hash.digest(&[message]), budget)
        }
        (Algorithm::Pss(hash), Key::Private(PrivateKey::Rsa(key))) => {
            let digest = hash.digest(&[message]);
            key.sign_pss(hash, &digest, &salt(seed, &digest, hash.size()), budget)
        }
        (Algorithm::Ecdsa(hash), Key::Private(PrivateKey::Ec(scalar))) => {
            budget.step(scalar.curve().steps())?;
            let signature = scalar.sign(&hash.digest(&[message]), hash);
            signature.ok_or_else(|| Failure::error("jwsbb.Sign: invalid ECDSA private key"))
        }
        (Algorithm::EdDsa, Key::Private(PrivateKey::Ed25519(seed))) => {
            budget.step(super::key::STEPS_25519)?;
            let key = ed25519_dalek::SigningKey::from_bytes(seed);
            Ok(key.sign(message).to_bytes().to_vec())
        }
        (algorithm, _) => {
            let wanted = match algorithm {
                Algorithm::Hmac(_) => "[]byte",
                Algorithm::Rsa(_) | Algorithm::Pss(_) => "*rsa.PrivateKey",
                Algorithm::Ecdsa(_) => "*ecdsa.PrivateKey",
                Algorithm::EdDsa => "ed25519.PrivateKey",
            };
            Err(Failure::error(format!("jwsbb.Sign: invalid key type. {wanted} is required")))
        }
    }
}
