//! Tokens that are signed here: the same for the same seed, as others give them where the
//! algorithm leaves nothing open, and such that OPA verifies them (`golden/calls/signed.jsonl`).

#![expect(clippy::unwrap_used, reason = "a test may fail, and says why")]

use sekisho_budget::Budget;
use sekisho_rego::Term;
use sekisho_rego::builtins::{Context, Facts, Patterns, find};
use sekisho_rego::term::Arena;
use sekisho_value::{Value, from_json};
use std::path::Path;

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// What a call of texts gives: a text, or `true` or `false`.
fn call(name: &str, args: &[&str], seed: u64) -> Result<String, String> {
    let bump = bumpalo::Bump::new();
    let budget = Budget::standard();
    let (facts, patterns) = (Facts { seed, ..Facts::default() }, Patterns::default());
    let args: Vec<_> = args.iter().map(|arg| Term::String(arg)).collect();
    let arena = Arena::new(&bump, &budget);
    let mut context = Context { arena, facts: &facts, made: &patterns, patterns: &patterns };
    match find(name).unwrap().function.unwrap()(&mut context, &args) {
        Ok(Term::String(text)) => Ok(text.to_owned()),
        Ok(other) => Ok(other.to_string()),
        Err(failure) => Err(format!("{failure:?}")),
    }
}

fn sign(header: &str, payload: &str, key: &str, seed: u64) -> String {
    call("io.jwt.encode_sign_raw", &[header, payload, key], seed).unwrap()
}

const ALGORITHMS: [(&str, &[&str]); 6] = [
    ("PS256", &["RSA"]),
    ("PS384", &["RSA"]),
    ("PS512", &["RSA"]),
    ("ES256", &["P-256", "P-384", "P-521"]),
    ("ES384", &["P-256", "P-384", "P-521"]),
    ("ES512", &["P-256", "P-384", "P-521"]),
];

#[test]
fn opa_verifies_what_is_signed_here() {
    let recorded = golden("calls/signed.jsonl");
    let keys = from_json(&golden("signing_keys.json")).unwrap();
    let mut missing = Vec::new();
    for (algorithm, names) in ALGORITHMS {
        for name in names {
            let key = keys.get(name).unwrap();
            let mut public = key.clone();
            let fields = public.as_object_mut().unwrap();
            for secret in ["d", "p", "q", "dp", "dq", "qi"] {
                fields.remove(secret);
            }
            let (key, public) = (key.to_json(), public.to_json());
            let header = format!("{{\"alg\":\"{algorithm}\"}}");
            let token = sign(&header, "{\"a\":1}", &key, 0);
            let other_seed = sign(&header, "{\"a\":1}", &key, 1);
            assert_eq!(token, sign(&header, "{\"a\":1}", &key, 0), "{algorithm} {name}");
            assert_eq!(token != other_seed, algorithm.starts_with("PS"), "{algorithm} {name}");
            let verify = format!("io.jwt.verify_{}", algorithm.to_lowercase());
            for token in [token, other_seed] {
                assert_eq!(call(&verify, &[&token, &public], 0).as_deref(), Ok("true"));
                let asked = [token.as_str(), &public].map(Value::from).to_vec();
                let line = recorded.lines().find(|line| line.contains(&token));
                match line.map(|line| from_json(line).unwrap()) {
                    Some(line) => assert_eq!(line.get("value"), Some(&Value::Bool(true))),
                    None => missing.push(format!(
                        "{{\"function\":\"{verify}\",\"args\":{}}}",
                        Value::from(asked).to_json()
                    )),
                }
            }
        }
    }
    assert!(missing.is_empty(), "not recorded:\n{}", missing.join("\n"));
}

/// RFC 8037, A.4 and RFC 7515, A.3.
#[test]
fn tokens_of_the_standards() {
    let ed25519 = r#"{"kty":"OKP","crv":"Ed25519",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let p256 = r#"{"kty":"EC","crv":"P-256",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let eddsa = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                 hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_Mu\
                 M0KAg";
    let es256 = "eyJhbGciOiJFUzI1NiJ9.\
                 eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb\
                 290Ijp0cnVlfQ.\
                 DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg\
                 6NU1Q";
    for (name, token, key) in
        [("io.jwt.verify_eddsa", eddsa, ed25519), ("io.jwt.verify_es256", es256, p256)]
    {
        assert_eq!(call(name, &[token, key], 0).as_deref(), Ok("true"), "{name}");
        // Any other bit, and it is no signature of this.
        let last = token.len() - 5;
        let (before, after) = (&token[..last], &token[last + 1..]);
        let changed =
            format!("{before}{}{after}", if token[last..].starts_with('A') { 'B' } else { 'A' });
        assert_eq!(call(name, &[&changed, key], 0).as_deref(), Ok("false"), "{name}");
    }
}
