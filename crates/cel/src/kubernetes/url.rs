//! Kubernetes' URLs.
//!
//! Source of the rules: `pkg/cel/library/urls.go` of `k8s.io/apiserver`.

use crate::library::{Library, Overload};
use crate::term::{Opaque, Term};
use crate::{EvalError, Evaluation};
use sekisho_go_net::{Url, UrlError, parse, parse_request};
use sekisho_value::Value;
use std::any::Any;

type Outcome<'a> = Result<Term<'a>, EvalError>;

const NAME: &str = "kubernetes.URL";

/// A URL, taken apart.
#[derive(Debug)]
struct Location(Url);

impl Opaque for Location {
    fn type_name(&self) -> &str {
        NAME
    }

    fn equals(&self, other: &dyn Opaque) -> Option<bool> {
        let other = (other as &dyn Any).downcast_ref::<Self>()?;
        Some(self.0.text() == other.0.text())
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::from(self.0.text()))
    }
}

/// `url`, `isURL` and their methods
pub(super) fn url() -> Library {
    Library::new("kubernetes.urls", 0).with(FUNCTIONS)
}

const FUNCTIONS: &[Overload] = &[
    Overload::new("string_to_url", "url(string) -> kubernetes.URL", |evaluation, args| {
        let text = text(evaluation, args)?;
        // What a request may name: absolute, whatever its fragment.
        let url =
            parse_request(text).and_then(|_| parse(text)).map_err(|error| malformed(&error))?;
        evaluation.opaque(Location(url))
    })
    .constant(),
    Overload::new("is_url_string", "isURL(string) -> bool", |evaluation, args| {
        Ok(Term::Bool(parse_request(text(evaluation, args)?).is_ok()))
    }),
    Overload::new("url_get_scheme", "kubernetes.URL::getScheme() -> string", |_, args| {
        Ok(Term::String(&of(args)?.scheme))
    }),
    Overload::new("url_get_host", "kubernetes.URL::getHost() -> string", |_, args| {
        Ok(Term::String(&of(args)?.host))
    }),
    Overload::new("url_get_hostname", "kubernetes.URL::getHostname() -> string", |e, args| {
        e.string(&String::from_utf8_lossy(&of(args)?.hostname))
    }),
    Overload::new("url_get_port", "kubernetes.URL::getPort() -> string", |_, args| {
        Ok(Term::String(&of(args)?.port))
    }),
    Overload::new(
        "url_get_escaped_path",
        "kubernetes.URL::getEscapedPath() -> string",
        |evaluation, args| {
            let url = of(args)?;
            evaluation.step(1 + url.path.len())?;
            evaluation.string(&url.escaped_path())
        },
    ),
    Overload::new(
        "url_get_query",
        "kubernetes.URL::getQuery() -> map(string, list(string))",
        query,
    ),
];

fn text<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Result<&'a str, EvalError> {
    let [Term::String(text)] = args else { return Err(EvalError::no_such_overload()) };
    evaluation.step(1 + text.len())?;
    evaluation.reserve(2 * text.len())?;
    Ok(text)
}

fn malformed(error: &UrlError) -> EvalError {
    EvalError::new(format!("URL parse error during conversion from string: {error}"))
}

fn of<'a>(args: &[Term<'a>]) -> Result<&'a Url, EvalError> {
    match args {
        [url] => url.downcast::<Location>().map(|location| &location.0),
        _ => None,
    }
    .ok_or_else(EvalError::no_such_overload)
}

fn query<'a>(evaluation: Evaluation<'a>, args: &[Term<'a>]) -> Outcome<'a> {
    let url = of(args)?;
    evaluation.step(1 + url.raw_query.len())?;
    evaluation.reserve(8 * url.raw_query.len())?;
    let mut entries = Vec::new();
    for (key, values) in url.query() {
        let mut all = Vec::with_capacity(values.len());
        for value in values {
            all.push(evaluation.string(&String::from_utf8_lossy(&value))?);
        }
        let key = evaluation.string(&String::from_utf8_lossy(&key))?;
        entries.push((key, evaluation.list(&all)?));
    }
    evaluation.map(entries)
}
