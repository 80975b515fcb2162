//! `io.jwt.*` of signed tokens.

use super::super::bytes::{Alphabet, to_base64, to_text};
use super::super::encoding::from_base64url;
use super::super::json::{self, Reader};
use super::super::jwt::{Token, header, json_object, within};
use super::super::operands::{object, operand, string, string_term};
use super::super::{Context, Failure, Function};
use super::hash::Hash;
use super::jwk::{self, Key, SetKey};
use super::jws::{self, Algorithm};
use super::key::read_spki;
use super::rsa::Salt;
use super::{certificate, pem};
use crate::term::{Arena, Term, TermKind, compare};
use sekisho_budget::Budget;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("io.jwt.decode_verify", decode_verify),
    ("io.jwt.encode_sign", encode_sign),
    ("io.jwt.encode_sign_raw", encode_sign_raw),
    ("io.jwt.verify_eddsa", |cx, operands| verify(cx, operands, Algorithm::EdDsa)),
    ("io.jwt.verify_es256", |cx, operands| verify(cx, operands, Algorithm::Ecdsa(Hash::Sha256))),
    ("io.jwt.verify_es384", |cx, operands| verify(cx, operands, Algorithm::Ecdsa(Hash::Sha384))),
    ("io.jwt.verify_es512", |cx, operands| verify(cx, operands, Algorithm::Ecdsa(Hash::Sha512))),
    ("io.jwt.verify_ps256", |cx, operands| verify(cx, operands, Algorithm::Pss(Hash::Sha256))),
    ("io.jwt.verify_ps384", |cx, operands| verify(cx, operands, Algorithm::Pss(Hash::Sha384))),
    ("io.jwt.verify_ps512", |cx, operands| verify(cx, operands, Algorithm::Pss(Hash::Sha512))),
    ("io.jwt.verify_rs256", |cx, operands| verify(cx, operands, Algorithm::Rsa(Hash::Sha256))),
    ("io.jwt.verify_rs384", |cx, operands| verify(cx, operands, Algorithm::Rsa(Hash::Sha384))),
    ("io.jwt.verify_rs512", |cx, operands| verify(cx, operands, Algorithm::Rsa(Hash::Sha512))),
];

/// The keys of a certificate, a public key, or a set.
fn read_keys<'a>(text: &str, arena: Arena<'a>) -> Result<Vec<SetKey<'a>>, Failure> {
    let budget = arena.budget();
    budget.step(16 + text.len() as u64 / 4)?;
    budget.allocate(2 * text.len() as u64)?;
    let Some((block, rest)) = pem::decode(text.as_bytes(), budget)? else {
        return jwk::read(text, arena).map_err(|failure| {
            let words = "failed to parse a JWK key (set): jwk.ParseString: failed to parse string";
            within(words, failure)
        });
    };
    if !rest.is_empty() {
        return Err(Failure::error("extra data after a PEM certificate block"));
    }
    let key = match block.label.as_slice() {
        b"CERTIFICATE" => {
            let certificate = certificate::read_one(&block.bytes, budget);
            let words = "failed to parse a PEM certificate";
            certificate.map_err(|failure| within(words, failure))?.key
        }
        b"PUBLIC KEY" => {
            let words = "failed to parse a PEM public key";
            Some(read_spki(&block.bytes, budget).map_err(|failure| within(words, failure))?)
        }
        _ => {
            return Err(Failure::error("failed to extract a Key from the PEM certificate"));
        }
    };
    // A certificate without a key that is known verifies nothing.
    let key = key.map_or(Key::Secret(Vec::new()), Key::Public);
    Ok(vec![SetKey { key, algorithm: "", id: "" }])
}

/// The keys that may have signed a token: the one of its id where there is one, else those that
/// are for its algorithm, or for any.
fn candidates<'k, 'a>(keys: &'k [SetKey<'a>], header: &Header<'_>) -> Vec<&'k SetKey<'a>> {
    let by_id = keys.iter().find(|key| !header.id.is_empty() && key.id == header.id);
    if let Some(key) = by_id {
        return vec![key];
    }
    let fits = |key: &&SetKey<'_>| key.algorithm.is_empty() || key.algorithm == header.algorithm;
    keys.iter().filter(fits).collect()
}

/// Keys for what is no algorithm of tokens are passed over.
fn usable(keys: Vec<SetKey<'_>>) -> Vec<SetKey<'_>> {
    let known =
        |key: &SetKey<'_>| key.algorithm.is_empty() || Algorithm::of(key.algorithm).is_some();
    keys.into_iter().filter(known).collect()
}

/// What a token says of itself.
struct Header<'a> {
    algorithm: &'a str,
    id: &'a str,
    content: &'a str,
    /// it has all that it must, and asks for nothing that is not known
    valid: bool,
}

impl<'a> Header<'a> {
    fn read(header: Term<'a>) -> Result<Self, Failure> {
        let mut read = Self { algorithm: "", id: "", content: "", valid: true };
        let (mut unknown, mut critical) = (Vec::new(), None);
        for (name, value) in header.entries() {
            let name = name.as_str().unwrap_or_default();
            let text = || {
                let text = value.as_str();
                text.ok_or_else(|| Failure::error(format!("{name}: must be a string")))
            };
            match name {
                "alg" => read.algorithm = text()?,
                "kid" => read.id = text()?,
                "cty" => read.content = text()?,
                "typ" => _ = text()?,
                "crit" => {
                    if value.kind() != TermKind::Array {
                        return Err(Failure::error("crit: must be a list"));
                    }
                    // What comes after an item that is no text is not looked at.
                    let names: Vec<_> = value.items().map_while(Term::as_str).collect();
                    if names.is_empty() {
                        return Err(Failure::error("crit: must be a nonempty list"));
                    }
                    critical = Some(names);
                }
                _ => unknown.push(name),
            }
        }
        let critical = critical.unwrap_or_default();
        read.valid = !read.algorithm.is_empty() && !unknown.iter().any(|n| critical.contains(n));
        Ok(read)
    }
}

fn charge(budget: &Budget<'_>, text: &str) -> Result<(), Failure> {
    budget.step(16 + text.len() as u64 / 8)?;
    Ok(budget.allocate(4 * text.len() as u64)?)
}

fn verify<'a>(
    cx: &mut Context<'a>,
    operands: &[Term<'a>],
    algorithm: Algorithm,
) -> Result<Term<'a>, Failure> {
    let budget = cx.arena.budget();
    let text = string(operands, 1)?;
    charge(budget, text)?;
    let token = Token::read(text)?;
    let keys = usable(read_keys(string(operands, 2)?, cx.arena)?);
    let signature = from_base64url(token.signature)?;
    let header = Header::read(header(cx, &token)?)?;
    let signed = token.signed();
    let message = signed.as_bytes();
    for key in candidates(&keys, &header) {
        let Key::Public(key) = &key.key else { continue };
        let verified = match algorithm {
            Algorithm::Rsa(hash) => key.verifies_rsa(hash, message, &signature, budget)?,
            Algorithm::Pss(hash) => {
                key.verifies_pss(hash, message, &signature, Salt::Any, budget)?
            }
            // The halves are the numbers, however long they are.
            Algorithm::Ecdsa(hash) => {
                let numbers = signature.split_at(signature.len() / 2);
                key.verifies_ecdsa(hash, message, numbers, budget)?
            }
            Algorithm::EdDsa => key.verifies_ed25519(message, &signature, budget)?,
            Algorithm::Hmac(_) => false,
        };
        if verified {
            return Ok(Term::Bool(true));
        }
    }
    Ok(Term::Bool(false))
}

/// What a token must meet.
struct Constraints<'a> {
    keys: Option<Vec<SetKey<'a>>>,
    secret: &'a str,
    algorithm: &'a str,
    issuer: &'a str,
    audience: &'a str,
    /// nanoseconds since 1970
    time: f64,
}

impl<'a> Constraints<'a> {
    fn read(given: Term<'a>, cx: &Context<'a>) -> Result<Self, Failure> {
        let mut read = Self {
            keys: None,
            secret: "",
            algorithm: "",
            issuer: "",
            audience: "",
            time: approximate(Term::Int(cx.facts.now)).unwrap_or(0.0),
        };
        for (name, value) in given.entries() {
            let name = name.as_str().unwrap_or_default();
            let text = || {
                let text = value.as_str();
                text.ok_or_else(|| Failure::error(format!("{name} constraint: must be a string")))
            };
            match name {
                "cert" => read.keys = Some(usable(read_keys(text()?, cx.arena)?)),
                "secret" => read.secret = text()?,
                "alg" => read.algorithm = text()?,
                "iss" => read.issuer = text()?,
                "aud" => read.audience = text()?,
                "time" => {
                    let bad = |why: &str| Failure::error(format!("token time constraint: {why}"));
                    if value.kind() != TermKind::Number {
                        return Err(bad("must be a number"));
                    }
                    let time = approximate(value).ok_or_else(|| bad("unvalid float64"))?;
                    if time < 0.0 {
                        return Err(bad("must not be negative"));
                    }
                    read.time = time;
                }
                other => {
                    let why = format!("unknown token validation constraint: {other}");
                    return Err(Failure::error(why));
                }
            }
        }
        match (&read.keys, read.secret) {
            (Some(_), secret) if !secret.is_empty() => {
                Err(Failure::error("duplicate key constraints"))
            }
            (None, "") => Err(Failure::error("no key constraint")),
            _ => Ok(read),
        }
    }

    fn verifies(
        &self,
        header: &Header<'_>,
        message: &[u8],
        signature: &[u8],
        budget: &Budget<'_>,
    ) -> Result<bool, Failure> {
        let Some(keys) = &self.keys else {
            let secret = Key::Secret(self.secret.as_bytes().to_vec());
            return jws::verifies(&secret, header.algorithm, message, signature, budget);
        };
        for key in candidates(keys, header) {
            if jws::verifies(&key.key, header.algorithm, message, signature, budget)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the claims of a token meet the constraints.
    fn allow(&self, payload: Term<'a>, arena: Arena<'a>) -> Result<bool, Failure> {
        let issuer = payload.field("iss").and_then(Term::as_str);
        if !self.issuer.is_empty() && issuer != Some(self.issuer) {
            return Ok(false);
        }
        let is_audience = |term: Term<'_>| term.as_str() == Some(self.audience);
        let meant = match payload.field("aud") {
            Some(audience) if audience.kind() == TermKind::Array => {
                audience.items().any(is_audience)
            }
            Some(audience) => is_audience(audience),
            None => self.audience.is_empty(),
        };
        if !meant {
            return Ok(false);
        }
        // In seconds, as the claims are; written out, so that it is compared by its value.
        let now = format!("{}", self.time / 1e9);
        let now = match now.parse() {
            Ok(int) => Term::Int(int),
            Err(_) => Term::Number(arena.text(&now)?),
        };
        let claim = |name: &str| match payload.field(name) {
            Some(claim) if claim.kind() != TermKind::Number => {
                Err(Failure::error(format!("{name} value must be a number")))
            }
            claim => Ok(claim),
        };
        if claim("exp")?.is_some_and(|expiry| compare(now, expiry).is_ge()) {
            return Ok(false);
        }
        Ok(!claim("nbf")?.is_some_and(|start| compare(now, start).is_lt()))
    }
}

/// A number as a double; none where it is too large for one.
fn approximate(number: Term<'_>) -> Option<f64> {
    let double: f64 = match number {
        Term::Int(int) => int.to_string().parse().ok()?,
        Term::Number(literal) => literal.parse().ok()?,
        _ => return None,
    };
    double.is_finite().then_some(double)
}

fn decode_verify<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let budget = cx.arena.budget();
    let nothing = cx.arena.object(Vec::new())?;
    let unverified = cx.arena.array(&[Term::Bool(false), nothing, nothing])?;
    let constraints = Constraints::read(object(operands, 2)?, cx)?;
    let mut text = string_term(operand(operands, 1), 1)?.to_owned();
    loop {
        charge(budget, &text)?;
        let token = Token::read(&text)?;
        let decoded = header(cx, &token)?;
        let header = Header::read(decoded)?;
        let asked = constraints.algorithm;
        if !header.valid || !asked.is_empty() && asked != header.algorithm {
            return Ok(unverified);
        }
        let signature = from_base64url(token.signature)?;
        if !constraints.verifies(&header, token.signed().as_bytes(), &signature, budget)? {
            return Ok(unverified);
        }
        let payload = from_base64url(token.payload)
            .map_err(|failure| within("JWT payload had invalid encoding", failure))?;
        let payload = to_text(payload);
        // A token within the token.
        if header.content.eq_ignore_ascii_case("JWT") {
            text = payload;
            continue;
        }
        let payload = json_object(cx, &payload)?;
        if !constraints.allow(payload, cx.arena)? {
            return Ok(unverified);
        }
        return Ok(cx.arena.array(&[Term::Bool(true), decoded, payload])?);
    }
}

fn encode_sign<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let text = |position| json::to_text(operand(operands, position), None, cx.arena.budget());
    let (headers, payload, key) = (text(1)?, text(2)?, text(3)?);
    sign(cx, &headers, &payload, &key)
}

fn encode_sign_raw<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let key = string(operands, 3)?;
    let (headers, payload) = (string(operands, 1)?, string(operands, 2)?);
    sign(cx, headers, payload, key)
}

fn is_json(text: &str, arena: Arena<'_>) -> Result<bool, Failure> {
    let mut reader = Reader::new(text, arena);
    match reader.value() {
        Ok(_) => Ok(reader.at_end()),
        Err(Failure::Budget(exceeded)) => Err(exceeded.into()),
        Err(_) => Ok(false),
    }
}

fn sign<'a>(
    cx: &Context<'a>,
    headers: &str,
    payload: &str,
    key: &str,
) -> Result<Term<'a>, Failure> {
    let budget = cx.arena.budget();
    for text in [headers, payload, key] {
        charge(budget, text)?;
    }
    let keys = jwk::read(key, cx.arena)?;
    let key = keys.first().ok_or_else(|| Failure::error("no keys found in JWK set"))?;
    let bad = |why: &str| Failure::error(format!("missing or invalid 'alg' header: {why}"));
    let mut reader = Reader::new(headers, cx.arena);
    let header = match reader.value().and_then(|value| reader.end().map(|()| value)) {
        Ok(header) => header,
        Err(Failure::Budget(exceeded)) => return Err(exceeded.into()),
        Err(_) if headers.trim().is_empty() => {
            return Err(bad("cannot parse JSON: cannot parse empty string; unparsed tail: \"\""));
        }
        // What OPA's library takes for a number is no object, and no fault.
        Err(_) if headers.trim().bytes().all(|byte| b"0123456789+-.eE".contains(&byte)) => {
            Term::Null
        }
        Err(_) => return Err(bad("cannot parse JSON")),
    };
    let algorithm = match header.field("alg") {
        Some(Term::String(name)) => name,
        Some(other) => {
            let kind = other.kind().name();
            return Err(bad(&format!("value doesn't contain string; it contains {kind}")));
        }
        None => return Err(bad("jwsbb: header \"alg\" not found")),
    };
    let Some(algorithm) = Algorithm::of(algorithm) else {
        return Err(Failure::error(format!("unknown JWS algorithm: {algorithm}")));
    };
    let kind = header.field("typ").and_then(Term::as_str);
    if kind.is_none_or(|kind| kind == "JWT") && !is_json(payload, cx.arena)? {
        return Err(Failure::error("type is JWT but payload is not JSON"));
    }
    let encoded = |bytes: &[u8]| to_base64(bytes, Alphabet::Url, false);
    let signed = format!("{}.{}", encoded(headers.as_bytes()), encoded(payload.as_bytes()));
    let signature = jws::sign(&key.key, algorithm, signed.as_bytes(), cx.facts.seed, budget)?;
    Ok(cx.arena.string(&format!("{signed}.{}", encoded(&signature)))?)
}
