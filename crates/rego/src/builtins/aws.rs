//! `providers.aws.sign_req`: a request signed by AWS Signature Version 4
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>).

use super::bytes::to_hex;
use super::hash::mac;
use super::json::to_text;
use super::operands::{object, operand, shown};
use super::time::{Civil, format_utc};
use super::{Context, Failure, Function};
use crate::term::{Term, TermKind};
use hmac::Hmac;
use sekisho_go_net as url;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[("providers.aws.sign_req", sign_request)];

const REQUIRED: [&str; 4] =
    ["aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"];

/// What a request of `http.send` may say.
const REQUEST_KEYS: [&str; 28] = [
    "method",
    "url",
    "body",
    "enable_redirect",
    "force_json_decode",
    "force_yaml_decode",
    "headers",
    "raw_body",
    "tls_use_system_certs",
    "tls_ca_cert",
    "tls_ca_cert_file",
    "tls_ca_cert_env_variable",
    "tls_client_cert",
    "tls_client_cert_file",
    "tls_client_cert_env_variable",
    "tls_client_key",
    "tls_client_key_file",
    "tls_client_key_env_variable",
    "tls_insecure_skip_verify",
    "tls_server_name",
    "timeout",
    "cache",
    "force_cache",
    "force_cache_duration_seconds",
    "raise_error",
    "caching_mode",
    "max_retry_attempts",
    "cache_ignored_headers",
];

/// Headers that a proxy may change: they are not signed.
const UNSIGNED: [&str; 3] = ["authorization", "user-agent", "x-amzn-trace-id"];

fn text<'a>(object: Term<'a>, key: &str) -> &'a str {
    object.field(key).and_then(Term::as_str).unwrap_or_default()
}

fn names<'a>(cx: &Context<'a>, names: Vec<Term<'a>>) -> Result<String, Failure> {
    Ok(shown(cx.arena.set(names)?))
}

fn check_config<'a>(cx: &Context<'a>, config: Term<'a>) -> Result<(), Failure> {
    let required = || REQUIRED.into_iter().map(Term::String);
    let missing: Vec<_> = required().filter(|key| config.get(*key).is_none()).collect();
    if !missing.is_empty() {
        let missing = names(cx, missing)?;
        return Err(Failure::operand(
            2,
            format!("missing required AWS config parameters(s): {missing}"),
        ));
    }
    let wrong: Vec<_> = required()
        .filter(|key| config.get(*key).is_some_and(|value| value.as_str().is_none()))
        .collect();
    if !wrong.is_empty() {
        let wrong = names(cx, wrong)?;
        return Err(Failure::operand(
            2,
            format!("invalid values for required AWS config parameters(s): {wrong}"),
        ));
    }
    Ok(())
}

fn check_request<'a>(cx: &Context<'a>, request: Term<'a>) -> Result<(), Failure> {
    let known = |key: Term<'_>| key.as_str().is_some_and(|key| REQUEST_KEYS.contains(&key));
    let unknown: Vec<_> =
        request.entries().map(|(key, _)| key).filter(|key| !known(*key)).collect();
    if !unknown.is_empty() {
        let unknown = names(cx, unknown)?;
        return Err(Failure::operand(1, format!("invalid request parameters(s): {unknown}")));
    }
    let required = ["method", "url"].map(Term::String);
    let missing: Vec<_> = required.into_iter().filter(|key| request.get(*key).is_none()).collect();
    if !missing.is_empty() {
        let missing = names(cx, missing)?;
        return Err(Failure::operand(
            1,
            format!("missing required request parameters(s): {missing}"),
        ));
    }
    Ok(())
}

fn check_values<'a>(cx: &Context<'a>, request: Term<'a>) -> Result<(), Failure> {
    let required = ["method", "url"].map(Term::String);
    let is_text = |key: &Term<'a>| request.get(*key).is_some_and(|value| value.as_str().is_some());
    let wrong: Vec<_> = required.into_iter().filter(|key| !is_text(key)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let wrong = names(cx, wrong)?;
    Err(Failure::operand(1, format!("invalid values for required request parameters(s): {wrong}")))
}

fn sign_request<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let request = object(operands, 1)?;
    let config = operand(operands, 2);
    if config.kind() != TermKind::Object {
        return Err(Failure::operand_type(1, config, &["object"]));
    }
    check_config(cx, config)?;
    let time = operand(operands, 3);
    if time.kind() != TermKind::Number {
        return Err(Failure::operand_type(1, time, &["number"]));
    }
    let time = time.as_int().ok_or_else(|| {
        Failure::operand(3, "could not convert time_ns value into a unix timestamp")
    })?;
    check_request(cx, request)?;
    let no_headers = cx.arena.object(Vec::new())?;
    let headers = request.field("headers").unwrap_or(no_headers);
    if headers.kind() != TermKind::Object {
        return Err(Failure::operand_type(0, headers, &["object"]));
    }
    check_values(cx, request)?;
    let target = url::parse(text(request, "url"))?;
    let body = match (request.field("raw_body"), request.field("body")) {
        (Some(raw), _) => raw.as_str().unwrap_or_default().to_owned(),
        (None, Some(body)) => to_text(body, None, cx.arena.budget())?,
        (None, None) => String::new(),
    };
    let body_unsigned = match config.field("disable_payload_signing") {
        None => false,
        Some(Term::Bool(disabled)) => disabled,
        Some(_) => {
            let said = "invalid value for 'disable_payload_signing' in AWS config";
            return Err(Failure::operand(2, said));
        }
    };
    cx.arena.budget().step(64 + body.len() as u64 / 8)?;
    let body_digest = if body_unsigned {
        "UNSIGNED-PAYLOAD".to_owned()
    } else {
        to_hex(&Sha256::digest(body.as_bytes()))
    };
    let mut own = BTreeMap::new();
    for (key, value) in headers.entries() {
        own.insert(
            key.as_str().unwrap_or_default().to_owned(),
            value.as_str().unwrap_or_default().to_owned(),
        );
    }
    let (authorization, added) = signature(&Signing {
        config,
        method: text(request, "method"),
        url: &target,
        headers: &own,
        body_digest: &body_digest,
        time: &Civil::of(time.into()),
    })?;
    let mut all = own;
    all.insert("Authorization".to_owned(), authorization);
    all.extend(added);
    let mut signed = Vec::new();
    for (key, value) in all {
        signed.push((cx.arena.string(&key)?, cx.arena.string(&value)?));
    }
    let signed = cx.arena.object(signed)?;
    let mut entries: Vec<_> = request.entries().collect();
    entries.push((Term::String("headers"), signed));
    Ok(cx.arena.object(entries)?)
}

struct Signing<'s, 'a> {
    config: Term<'a>,
    method: &'s str,
    url: &'s url::Url,
    headers: &'s BTreeMap<String, String>,
    body_digest: &'s str,
    time: &'s Civil,
}

type Headers = BTreeMap<String, String>;

/// The value of the header `Authorization`, and the other headers that are added.
fn signature(of: &Signing<'_, '_>) -> Result<(String, Headers), Failure> {
    let (service, region) = (text(of.config, "aws_service"), text(of.config, "aws_region"));
    let date = format_utc(of.time, "20060102");
    let now = format_utc(of.time, "20060102T150405Z");
    let mut added = Headers::new();
    added.insert("host".to_owned(), of.url.host.clone());
    added.insert("x-amz-date".to_owned(), now.clone());
    if matches!(service, "s3" | "glacier") {
        added.insert("x-amz-content-sha256".to_owned(), of.body_digest.to_owned());
    }
    let token = text(of.config, "aws_session_token");
    if !token.is_empty() {
        added.insert("x-amz-security-token".to_owned(), token.to_owned());
    }
    let mut to_sign = added.clone();
    for (key, value) in of.headers {
        let key = key.to_lowercase();
        if !UNSIGNED.contains(&key.as_str()) {
            to_sign.insert(key, value.clone());
        }
    }
    let mut canonical = format!("{}\n{}\n{}\n", of.method, of.url.escaped_path(), of.url.raw_query);
    for (key, value) in &to_sign {
        canonical.push_str(&format!("{key}:{value}\n"));
    }
    let signed: Vec<_> = to_sign.keys().map(String::as_str).collect();
    let signed = signed.join(";");
    canonical.push_str(&format!("\n{signed}\n{}", of.body_digest));
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let digest = to_hex(&Sha256::digest(canonical.as_bytes()));
    let said = format!("AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}");
    let mut key = format!("AWS4{}", text(of.config, "aws_secret_access_key")).into_bytes();
    for part in [&date, region, service, "aws4_request", &said] {
        key = mac::<Hmac<Sha256>>(part.as_bytes(), &key)?;
    }
    let access = text(of.config, "aws_access_key");
    let signature = to_hex(&key);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={access}/{scope},SignedHeaders={signed},Signature={signature}"
    );
    Ok((authorization, added))
}
