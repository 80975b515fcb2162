//! `crypto.x509.*` and `crypto.parse_private_keys`.

use super::super::bytes::{Alphabet, from_base64};
use super::super::operands::{object, operand, string, string_term};
use super::super::{Context, Failure, Function};
use super::certificate::{Certificate, read_all, read_one};
use super::chain::{self, Options};
use super::key::PublicKey;
use super::private_key::{PrivateKey, read_ec, read_pkcs1, read_pkcs8};
use super::request::Request;
use super::shape::Shape;
use super::{jwk, pem};
use crate::term::{Term, TermKind};
use sekisho_budget::Budget;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("crypto.parse_private_keys", parse_private_keys),
    ("crypto.x509.parse_and_verify_certificates", parse_and_verify),
    ("crypto.x509.parse_and_verify_certificates_with_options", parse_and_verify_with_options),
    ("crypto.x509.parse_certificate_request", parse_request),
    ("crypto.x509.parse_certificates", parse_certificates),
    ("crypto.x509.parse_keypair", parse_key_pair),
    ("crypto.x509.parse_rsa_private_key", parse_rsa_private_key),
];

fn base64(text: &[u8]) -> Result<Vec<u8>, Failure> {
    from_base64(text, Alphabet::Standard, true)
}

/// Takes what reading a text costs, and what is made of it.
fn charge(budget: &Budget<'_>, text: &str) -> Result<(), Failure> {
    budget.step(16 + text.len() as u64 / 4)?;
    Ok(budget.allocate(3 * text.len() as u64)?)
}

/// The bytes of certificates, of PEM, of base64 of PEM, or of base64 of themselves.
fn certificate_bytes(text: &str, budget: &Budget<'_>) -> Result<Vec<u8>, Failure> {
    charge(budget, text)?;
    if text.starts_with("-----BEGIN") {
        return certificate_blocks(text.as_bytes(), budget);
    }
    let decoded = base64(text.as_bytes())?;
    if decoded.starts_with(b"-----BEGIN") {
        certificate_blocks(&decoded, budget)
    } else {
        Ok(decoded)
    }
}

fn certificate_blocks(text: &[u8], budget: &Budget<'_>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((block, after)) = pem::decode(rest, budget)? {
        if block.label != b"CERTIFICATE" {
            let label = String::from_utf8_lossy(&block.label).into_owned();
            return Err(Failure::error(format!(
                "PEM block type is '{label}', expected CERTIFICATE"
            )));
        }
        bytes.extend(block.bytes);
        rest = after;
    }
    Ok(bytes)
}

fn parse_certificates<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let budget = cx.arena.budget();
    let bytes = certificate_bytes(string(operands, 1)?, budget)?;
    let certificates = read_all(&bytes, budget)?;
    certificate_list(cx, &certificates.iter().collect::<Vec<_>>(), true)
}

fn certificate_list<'a>(
    cx: &Context<'a>,
    certificates: &[&Certificate<'_>],
    extended: bool,
) -> Result<Term<'a>, Failure> {
    let shape = Shape(cx.arena);
    let shaped: Result<Vec<_>, _> =
        certificates.iter().map(|certificate| shape.certificate(certificate, extended)).collect();
    Ok(cx.arena.array(&shaped?)?)
}

/// `[false, []]`, unless what is used up is the budget.
fn not_verified<'a>(cx: &Context<'a>, failure: Failure) -> Result<Term<'a>, Failure> {
    match failure {
        Failure::Budget(exceeded) => Err(exceeded.into()),
        _ => Ok(cx.arena.array(&[Term::Bool(false), cx.arena.array(&[])?])?),
    }
}

fn parse_and_verify<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = string(operands, 1)?;
    let options = Options { host: "", now: cx.facts.now.into(), usages: Vec::new() };
    verify(cx, text, true, |_| Ok(options))
}

fn parse_and_verify_with_options<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let text = string(operands, 1)?;
    let options = object(operands, 2)?;
    verify(cx, text, false, |now| read_options(options, now))
}

fn verify<'a, 'o>(
    cx: &Context<'a>,
    text: &str,
    extended: bool,
    options: impl FnOnce(i128) -> Result<Options<'o>, Failure>,
) -> Result<Term<'a>, Failure> {
    let budget = cx.arena.budget();
    let bytes = match certificate_bytes(text, budget) {
        Ok(bytes) => bytes,
        Err(failure) => return not_verified(cx, failure),
    };
    let certificates = match read_all(&bytes, budget) {
        Ok(certificates) => certificates,
        Err(failure) => return not_verified(cx, failure),
    };
    let options = options(cx.facts.now.into())?;
    match chain::verify(&certificates, &options, budget)? {
        Some(chain) => {
            let chain = certificate_list(cx, &chain, extended)?;
            Ok(cx.arena.array(&[Term::Bool(true), chain])?)
        }
        None => not_verified(cx, Failure::Undefined),
    }
}

/// The extended usages, by Go's number.
const USAGES: [&str; 14] = [
    "KeyUsageAny",
    "KeyUsageServerAuth",
    "KeyUsageClientAuth",
    "KeyUsageCodeSigning",
    "KeyUsageEmailProtection",
    "KeyUsageIPSECEndSystem",
    "KeyUsageIPSECTunnel",
    "KeyUsageIPSECUser",
    "KeyUsageTimeStamping",
    "KeyUsageOCSPSigning",
    "KeyUsageMicrosoftServerGatedCrypto",
    "KeyUsageNetscapeServerGatedCrypto",
    "KeyUsageMicrosoftCommercialCodeSigning",
    "KeyUsageMicrosoftKernelCodeSigning",
];

fn read_options<'a>(given: Term<'a>, now: i128) -> Result<Options<'a>, Failure> {
    let mut options = Options { host: "", now, usages: Vec::new() };
    let number = |value: Term<'a>, what: &str, kind: &str| match value.kind() {
        TermKind::Number => value
            .as_int()
            .ok_or_else(|| Failure::error(format!("'{what}' should be a valid {kind}"))),
        _ => Err(Failure::error(format!("'{what}' should be a number"))),
    };
    for (key, value) in given.entries() {
        let Some(key) = key.as_str() else { continue };
        match key {
            "DNSName" => {
                let host = value.as_str();
                let host = host.ok_or_else(|| Failure::error("'DNSName' should be a string"))?;
                options.host = host.trim_matches('"');
            }
            "CurrentTime" => options.now = number(value, key, "int64 number")?.into(),
            // What a certificate may cost is a matter of the budget.
            "MaxConstraintComparisons" => _ = number(value, key, "number")?,
            "KeyUsages" => options.usages = read_usages(value)?,
            _ => return Err(Failure::error("invalid key option")),
        }
    }
    Ok(options)
}

fn read_usages(value: Term<'_>) -> Result<Vec<i64>, Failure> {
    if !matches!(value.kind(), TermKind::Array | TermKind::Set) {
        return Err(Failure::error("'KeyUsages' should be an Array or Set"));
    }
    let (mut usages, mut unknown) = (Vec::new(), Vec::new());
    for name in value.items().filter_map(Term::as_str) {
        let name = name.trim_matches('"');
        match (0..).zip(USAGES).find(|(_, usage)| *usage == name) {
            Some((number, _)) => usages.push(number),
            None => unknown.push(name),
        }
    }
    if unknown.is_empty() {
        return Ok(usages);
    }
    let unknown = unknown.join(" ");
    Err(Failure::error(format!("invalid entries for 'KeyUsages' found: [{unknown}]")))
}

fn parse_request<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let (text, budget) = (string(operands, 1)?, cx.arena.budget());
    charge(budget, text)?;
    let decoded = match text.starts_with("-----BEGIN CERTIFICATE REQUEST-----") {
        true => text.as_bytes().to_vec(),
        false => base64(text.as_bytes())?,
    };
    let der = match pem::decode(&decoded, budget)? {
        Some((block, _)) if block.label == b"CERTIFICATE REQUEST" => block.bytes,
        Some(_) => {
            return Err(Failure::error("invalid PEM-encoded certificate signing request"));
        }
        None => decoded,
    };
    Shape(cx.arena).request(&Request::read(&der, budget)?)
}

/// The private keys among the blocks of PEM, or of base64 of PEM.
fn private_keys(text: &[u8], budget: &Budget<'_>) -> Result<Vec<PrivateKey>, Failure> {
    let decoded = base64(text);
    let mut rest = decoded.as_deref().unwrap_or(text);
    let mut keys = Vec::new();
    while let Some((block, after)) = pem::decode(rest, budget)? {
        match block.label.as_slice() {
            b"RSA PRIVATE KEY" => keys.push(read_pkcs1(&block.bytes, budget)?),
            b"PRIVATE KEY" => keys.push(read_pkcs8(&block.bytes, budget)?),
            b"EC PRIVATE KEY" => keys.push(read_ec(&block.bytes, budget)?),
            _ => {}
        }
        rest = after;
    }
    Ok(keys)
}

fn parse_private_keys<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let (text, budget) = (string(operands, 1)?, cx.arena.budget());
    if text.is_empty() {
        return Ok(Term::Null);
    }
    charge(budget, text)?;
    let keys = private_keys(text.as_bytes(), budget)?;
    let shape = Shape(cx.arena);
    let shaped: Result<Vec<_>, _> = keys.iter().map(|key| shape.private_key(key)).collect();
    Ok(cx.arena.array(&shaped?)?)
}

fn parse_rsa_private_key<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<Term<'a>, Failure> {
    let (text, budget) = (string(operands, 1)?, cx.arena.budget());
    if text.is_empty() {
        return Err(Failure::error("input PEM data was empty"));
    }
    charge(budget, text)?;
    let decoded = match text.starts_with("-----BEGIN") {
        true => text.as_bytes().to_vec(),
        false => base64(text.as_bytes())?,
    };
    match private_keys(&decoded, budget)?.first() {
        Some(key) => jwk::write(key, cx.arena),
        None => Ok(Term::Null),
    }
}

/// PEM, of PEM, of base64 of PEM, or of base64 of what stands in a block.
fn as_blocks(text: &str, label: &str, budget: &Budget<'_>) -> Result<Vec<u8>, Failure> {
    const BEGIN: &str = "-----BEGIN ";
    charge(budget, text)?;
    if text.starts_with(BEGIN) {
        return Ok(text.as_bytes().to_vec());
    }
    let decoded = base64(text.as_bytes())?;
    if decoded.starts_with(BEGIN.as_bytes()) {
        return Ok(decoded);
    }
    let encoded = super::super::bytes::to_base64(&decoded, Alphabet::Standard, true);
    Ok(format!("{BEGIN}{label}-----\n{encoded}\n-----END {label}-----\n").into_bytes())
}

fn parse_key_pair<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let budget = cx.arena.budget();
    let certificates = string(operands, 1)?;
    // Both are the first operand in OPA's words.
    let key = string_term(operand(operands, 2), 1)?;
    let certificates = as_blocks(certificates, "CERTIFICATE", budget)?;
    let key = as_blocks(key, "PRIVATE KEY", budget)?;
    let chain = chain_blocks(&certificates, budget)?;
    let key = key_block(&key, budget)?;
    let Some(first) = chain.first() else { return Err(Failure::Undefined) };
    let leaf = read_one(first, budget)?;
    let key = any_private_key(&key, budget)?;
    check_pair(leaf.key.as_ref(), &key.public(budget)?)?;
    Shape(cx.arena).key_pair(&chain, &leaf, &key)
}

fn labels(skipped: &[Vec<u8>]) -> String {
    let labels: Vec<_> = skipped.iter().map(|label| String::from_utf8_lossy(label)).collect();
    labels.join(" ")
}

fn chain_blocks(text: &[u8], budget: &Budget<'_>) -> Result<Vec<Vec<u8>>, Failure> {
    let (mut chain, mut skipped, mut rest) = (Vec::new(), Vec::new(), text);
    while let Some((block, after)) = pem::decode(rest, budget)? {
        match block.label.as_slice() {
            b"CERTIFICATE" => chain.push(block.bytes),
            _ => skipped.push(block.label),
        }
        rest = after;
    }
    if !chain.is_empty() {
        return Ok(chain);
    }
    Err(Failure::error(match skipped.as_slice() {
        [] => "tls: failed to find any PEM data in certificate input".to_owned(),
        [one] if one.ends_with(b"PRIVATE KEY") => {
            "tls: failed to find certificate PEM data in certificate input, but did find a private \
             key; PEM inputs may have been switched"
                .to_owned()
        }
        _ => format!(
            "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM \
             blocks of the following types: [{}]",
            labels(&skipped)
        ),
    }))
}

fn key_block(text: &[u8], budget: &Budget<'_>) -> Result<Vec<u8>, Failure> {
    let (mut skipped, mut rest) = (Vec::new(), text);
    while let Some((block, after)) = pem::decode(rest, budget)? {
        if block.label == b"PRIVATE KEY" || block.label.ends_with(b" PRIVATE KEY") {
            return Ok(block.bytes);
        }
        skipped.push(block.label);
        rest = after;
    }
    Err(Failure::error(match skipped.as_slice() {
        [] => "tls: failed to find any PEM data in key input".to_owned(),
        [one] if one == b"CERTIFICATE" => {
            "tls: found a certificate rather than a key in the PEM for the private key".to_owned()
        }
        _ => format!(
            "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after \
             skipping PEM blocks of the following types: [{}]",
            labels(&skipped)
        ),
    }))
}

fn any_private_key(der: &[u8], budget: &Budget<'_>) -> Result<PrivateKey, Failure> {
    for read in [read_pkcs1, read_pkcs8, read_ec] {
        match read(der, budget) {
            Ok(PrivateKey::X25519(_)) => {
                let why = "tls: found unknown private key type in PKCS#8 wrapping";
                return Err(Failure::error(why));
            }
            Ok(key) => return Ok(key),
            Err(Failure::Budget(exceeded)) => return Err(exceeded.into()),
            Err(_) => {}
        }
    }
    Err(Failure::error("tls: failed to parse private key"))
}

fn check_pair(certified: Option<&PublicKey>, own: &PublicKey) -> Result<(), Failure> {
    let why = match (certified, own) {
        (Some(PublicKey::Rsa(_)), PublicKey::Rsa(_))
        | (Some(PublicKey::Ec(_)), PublicKey::Ec(_))
        | (Some(PublicKey::Ed25519(_)), PublicKey::Ed25519(_)) => {
            if certified == Some(own) {
                return Ok(());
            }
            "tls: private key does not match public key"
        }
        (Some(PublicKey::Rsa(_) | PublicKey::Ec(_) | PublicKey::Ed25519(_)), _) => {
            "tls: private key type does not match public key type"
        }
        _ => "tls: unknown public key algorithm",
    };
    Err(Failure::error(why))
}
