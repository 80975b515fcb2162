//! Keys, certificates and tokens that are made to cost much end soon: as an error, as what does
//! not verify, or as an error of the budget.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail, and says why")]

use sekisho_budget::Budget;
use sekisho_rego::Term;
use sekisho_rego::builtins::{Context, Facts, Failure, Patterns, find};
use sekisho_rego::term::Arena;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);

/// How a call of texts ends, with a budget of the default size.
fn call(name: &str, args: &[&str]) -> Result<String, Failure> {
    let bump = bumpalo::Bump::new();
    let budget = Budget::standard();
    let (facts, patterns) = (Facts::default(), Patterns::default());
    let args: Vec<_> = args.iter().map(|arg| Term::String(arg)).collect();
    let arena = Arena::new(&bump, &budget);
    let mut context = Context { arena, facts: &facts, made: &patterns, patterns: &patterns };
    let start = Instant::now();
    let given = find(name).unwrap().function.unwrap()(&mut context, &args);
    assert!(start.elapsed() < SOON, "{name}: {:?}", start.elapsed());
    assert!(bump.allocated_bytes() < 200 << 20, "{name}");
    given.map(|term| term.to_string())
}

fn is_budget(given: &Result<String, Failure>) -> bool {
    matches!(given, Err(Failure::Budget(_)))
}

fn says(given: &Result<String, Failure>, words: &str) -> bool {
    matches!(given, Err(Failure::Error { message, .. }) if message.contains(words))
}

fn base64(bytes: &[u8]) -> String {
    let symbols: Vec<char> =
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let symbol = symbols[(group >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= chunk.len() { symbol } else { '=' });
        }
    }
    out
}

/// As tokens and keys have it.
fn base64url(bytes: &[u8]) -> String {
    base64(bytes).replace('+', "-").replace('/', "_").replace('=', "")
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..128 => out.push(u8::try_from(length).unwrap()),
        _ => {
            let bytes = u32::try_from(length).unwrap().to_be_bytes();
            let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(bytes.len()).unwrap());
            out.extend(bytes);
        }
    }
    out.extend(content);
    out
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";

/// The key of so many bytes.
fn rsa_key(bytes: usize) -> Vec<u8> {
    let key = sequence(&[&der(2, &[&[0], vec![0xff; bytes].as_slice()].concat()), b"\x02\x01\x03"]);
    sequence(&[&der(0x30, RSA), &der(3, &[&[0], key.as_slice()].concat())])
}

/// A certificate of a number, a subject (which is its issuer) and a key, with extensions.
fn certificate(serial: &[u8], name: &[u8], key: &[u8], extensions: &[u8]) -> Vec<u8> {
    let instant = b"\x17\x0d200203040506Z";
    let signed = sequence(&[
        b"\xa0\x03\x02\x01\x02",
        &der(2, serial),
        ED25519,
        name,
        &der(0x30, &[&instant[..], b"\x18\x0f21200203040506Z"].concat()),
        name,
        key,
        &der(0xa3, extensions),
    ]);
    sequence(&[&signed, ED25519, &der(3, &[0; 65])])
}

fn ed25519_key() -> Vec<u8> {
    sequence(&[ED25519, &der(3, &[0; 33])])
}

#[test]
fn keys_without_measure() {
    let modulus = base64url(&vec![0xff; 1 << 17]);
    let token = format!("{}.e30.{modulus}", base64url(br#"{"alg":"RS256"}"#));
    let key = format!(r#"{{"kty":"RSA","e":"AQAB","n":"{modulus}"}}"#);
    let block = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64(&rsa_key(1 << 17))
    );
    for name in ["io.jwt.verify_rs256", "io.jwt.verify_ps512"] {
        for key in [&key, &block] {
            assert_eq!(call(name, &[&token, key]).as_deref(), Ok("false"), "{name}");
        }
    }
    let private = format!(
        r#"{{"kty":"RSA","e":"AQAB","n":"{modulus}","d":"{modulus}","p":"{modulus}","q":"{modulus}"}}"#
    );
    let given = call("io.jwt.encode_sign_raw", &[r#"{"alg":"RS256"}"#, "{}", &private]);
    assert!(says(&given, "larger than is supported"), "{given:?}");
    let number = der(2, &[&[0], vec![0xff; 1 << 17].as_slice()].concat());
    let one = der(2, &[1]);
    let pkcs1 = sequence(&[
        &der(2, &[0]),
        &number,
        &der(2, &[3]),
        &number,
        &number,
        &one,
        &one,
        &one,
        &one,
    ]);
    let block = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
        base64(&pkcs1)
    );
    let given = call("crypto.parse_private_keys", &[&block]);
    assert!(says(&given, "larger than is supported"), "{given:?}");
}

#[test]
fn certificates_without_measure() {
    const PARSE: &str = "crypto.x509.parse_certificates";
    const VERIFY: &str = "crypto.x509.parse_and_verify_certificates";
    let name = der(0x30, &[]);
    let none = sequence(&[]);
    let plain = certificate(&[1], &name, &ed25519_key(), &none);
    assert!(call(PARSE, &[&base64(&plain)]).unwrap().contains("\"SerialNumber\": 1"));

    let given = call(PARSE, &[&base64(&certificate(&[1], &name, &rsa_key(1 << 17), &none))]);
    assert!(says(&given, "larger than is supported"), "{given:?}");
    let given =
        call(PARSE, &[&base64(&certificate(&vec![1; 1 << 17], &name, &ed25519_key(), &none))]);
    assert!(says(&given, "serial number too long"), "{given:?}");

    let many = base64(&plain.repeat(100_000));
    let (parsed, verified) = (call(PARSE, &[&many]), call(VERIFY, &[&many]));
    assert!(is_budget(&parsed) || says(&parsed, "more than"), "{parsed:?}");
    assert!(is_budget(&verified) || verified.as_deref() == Ok("[false, []]"), "{verified:?}");

    // All are issued by each other, and none is signed.
    let authority = |serial: u32| {
        let basic = b"\x30\x0f\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff";
        certificate(
            &[&[1], &serial.to_be_bytes()[..]].concat(),
            &name,
            &ed25519_key(),
            &der(0x30, basic),
        )
    };
    let bundle: Vec<u8> = (0..2_000).flat_map(authority).collect();
    assert_eq!(call(VERIFY, &[&base64(&bundle)]).as_deref(), Ok("[false, []]"));

    // Many names, each twice, as parts of a subject and as alternative names.
    let part = der(0x31, &sequence(&[b"\x06\x03\x55\x04\x0a", &der(0x0c, b"x")]));
    let long = der(0x30, &part.repeat(100_000));
    let names = der(0x30, &der(0x82, b"a.example").repeat(100_000));
    let names = sequence(&[&sequence(&[b"\x06\x03\x55\x1d\x11", &der(4, &names)])]);
    let given = call(PARSE, &[&base64(&certificate(&[1], &long, &ed25519_key(), &names))]);
    assert!(is_budget(&given), "{given:?}");
    let urls = der(0x30, &der(0x86, b"").repeat(1_000_000));
    let urls = sequence(&[&sequence(&[b"\x06\x03\x55\x1d\x11", &der(4, &urls)])]);
    let given = call(PARSE, &[&base64(&certificate(&[1], &name, &ed25519_key(), &urls))]);
    assert!(is_budget(&given), "{given:?}");
    let oid = der(6, &[&[0x2a], vec![0xff; 1 << 16].as_slice(), &[1]].concat());
    let policy = sequence(&[&sequence(&[
        b"\x06\x03\x55\x1d\x20",
        &der(4, &sequence(&[&sequence(&[&oid])])),
    ])]);
    let given = call(PARSE, &[&base64(&certificate(&[1], &name, &ed25519_key(), &policy))]);
    assert!(says(&given, "invalid certificate policies"), "{given:?}");
}

#[test]
fn blocks_without_end() {
    for text in [
        "-----BEGIN A-----\n".repeat(200_000),
        "\n-----END A-----".repeat(200_000),
        "-----BEGIN A-----\n-----END B-----\n".repeat(100_000),
        "-----BEGIN A-----\na:\n-----END B-----\n".repeat(100_000),
        "-----BEGIN :-----\n-----END :\n".repeat(100_000),
        "-----BEGIN :-----\na: b\n-----END :-----\n".repeat(100_000),
    ] {
        for name in ["crypto.x509.parse_certificates", "crypto.parse_private_keys"] {
            let given = call(name, &[&format!("-----BEGIN\n{text}")]);
            assert!(is_budget(&given) || given.as_deref() == Ok("[]"), "{given:?}");
        }
    }
}

#[test]
fn sets_of_keys_without_end() {
    let ours = r#"{"kty":"EC","crv":"P-256",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let set = |count: usize| format!(r#"{{"keys":[{}]}}"#, vec![ours; count].join(","));
    let token = format!("{}.e30.{}", base64url(br#"{"alg":"ES256"}"#), base64url(&[1; 64]));
    let verify = |count| call("io.jwt.verify_es256", &[&token, &set(count)]);
    assert_eq!(verify(3).as_deref(), Ok("false"));
    assert!(is_budget(&verify(1_000)), "{:?}", verify(1_000));
    assert!(says(&verify(1_001), "too many keys"), "{:?}", verify(1_001));
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let symbols: Vec<char> =
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let digits = text.chars().filter(|char| !matches!(char, '\n' | '='));
    let digits: Option<Vec<u32>> = digits
        .map(|char| symbols.iter().position(|symbol| *symbol == char))
        .map(|digit| u32::try_from(digit?).ok())
        .collect();
    let digits = digits?;
    let bytes = digits.chunks(4).flat_map(|chunk| {
        let digit = |at: usize| chunk.get(at).copied().unwrap_or(0);
        let group = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
        group.to_be_bytes()[1..chunk.len()].to_vec()
    });
    Some(bytes.collect())
}

/// Numbers that follow from the one before: Knuth's, of MMIX.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap()
}

/// A few bytes are changed, moved, left out or repeated.
fn mutated(bytes: &[u8], state: &mut u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=next(state) % 3 {
        if bytes.is_empty() {
            break;
        }
        let at = next(state) % bytes.len();
        match next(state) % 5 {
            0 => bytes[at] ^= 1 << (next(state) % 8),
            1 => bytes[at] = u8::try_from(next(state) % 256).unwrap(),
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, bytes[at]),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

#[test]
fn what_is_broken_is_refused() {
    const BLOCK: (&str, &str) = ("-----BEGIN ", "-----END ");
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/calls/keys.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut state, mut calls) = (1, 0);
    for line in text.lines() {
        let case = sekisho_value::from_json(line).unwrap();
        let name = case.get("function").and_then(sekisho_value::Value::as_str).unwrap();
        let parses =
            name.starts_with("crypto.") && !name.contains("verify") && case.get("value").is_some();
        let first = case.get("args").and_then(|args| args.at(0)?.as_str());
        let Some(given) = first.filter(|_| parses) else { continue };
        let (label, body) =
            match given.strip_prefix(BLOCK.0).and_then(|rest| rest.split_once("-----\n")) {
                Some((label, rest)) => (Some(label), rest.split(BLOCK.1).next().unwrap()),
                None => (None, given),
            };
        let Some(bytes) = from_base64(body) else { continue };
        for _ in 0..10 {
            let changed = base64(&mutated(&bytes, &mut state));
            let changed = match label {
                Some(label) => {
                    format!("{}{label}-----\n{changed}\n{}{label}-----\n", BLOCK.0, BLOCK.1)
                }
                None => changed,
            };
            // However it ends, it ends.
            let given = call(name, &[&changed, &changed]);
            assert!(!is_budget(&given), "{name}: {changed}");
            calls += 1;
        }
    }
    assert!(calls > 2_000, "{calls}");
}
