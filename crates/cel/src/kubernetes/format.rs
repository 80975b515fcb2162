//! Kubernetes' named formats of texts.
//!
//! Source of the rules: `pkg/cel/library/format.go` of `k8s.io/apiserver`, `pkg/api/validation` of
//! `k8s.io/apimachinery`, and `pkg/validation/strfmt` of `k8s.io/kube-openapi`.

use crate::library::{Function, Library, Overload};
use crate::term::{Opaque, Term};
use crate::{EvalError, Evaluation};
use sekisho_go_net::parse_request;
use std::any::Any;

type Outcome<'a> = Result<Term<'a>, EvalError>;

/// The name of the type of a format.
pub(super) const NAME: &str = "kubernetes.NamedFormat";

/// What is wrong with a text.
type Validate = fn(&str) -> Vec<String>;

/// A format of texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    name: &'static str,
    validate: Validate,
    /// how long the regular expression that it amounts to is, for the purpose of cost
    pub(super) pattern_size: u64,
}

impl Opaque for Format {
    fn type_name(&self) -> &str {
        NAME
    }

    fn equals(&self, other: &dyn Opaque) -> Option<bool> {
        Some((other as &dyn Any).downcast_ref::<Self>()?.name == self.name)
    }
}

macro_rules! formats {
    ($($name:literal => ($validate:expr, $pattern_size:literal)),* $(,)?) => {
        const FORMATS: &[Format] = &[$(
            Format { name: $name, validate: $validate, pattern_size: $pattern_size },
        )*];

        /// `format.NAME()` of each.
        const CONSTANTS: &[Overload] = &[$(
            Overload::new(
                concat!("format.", $name),
                concat!("format.", $name, "() -> kubernetes.NamedFormat"),
                |evaluation, _| named(evaluation, $name),
            ),
        )*];
    };
}

formats! {
    "dns1123Label" => (label, 30),
    "dns1123Subdomain" => (subdomain, 60),
    "dns1035Label" => (old_label, 30),
    "qualifiedName" => (|text| qualified_name(text, "a valid label key", "bytes"), 60),
    "dns1123LabelPrefix" => (|text| label(&unfinished(text)), 30),
    "dns1123SubdomainPrefix" => (|text| subdomain(&unfinished(text)), 60),
    "dns1035LabelPrefix" => (|text| old_label(&unfinished(text)), 30),
    "labelValue" => (|text| label_value(text, "bytes"), 40),
    "uri" => (|text| parse_request(text).err().map(|error| error.to_string()).into_iter().collect(), 1103),
    "uuid" => (|text| unless(is_uuid(text), "does not match the UUID format"), 70),
    "byte" => (|text| unless(is_base64(text), "invalid base64"), 84),
    "date" => (|text| unless(is_date(text), "invalid date"), 71),
    "datetime" => (|text| unless(is_date_time(text), "invalid datetime"), 71),
}

/// In whose words a text is told to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// those of servers since 1.35
    Now,
    /// those of servers up to 1.34
    Before,
}

/// The formats that had other words before 1.35.
const REWORDED: [(&str, Validate); 2] = [
    ("qualifiedName", |text| qualified_name(text, "a qualified name", "characters")),
    ("labelValue", |text| label_value(text, "characters")),
];

/// `format.named`, the formats, `validate`
pub(super) fn format(words: Words) -> Library {
    let validate: Function = match words {
        Words::Now => |evaluation, args| validate(evaluation, args, &[]),
        Words::Before => |evaluation, args| validate(evaluation, args, &REWORDED),
    };
    Library::new("kubernetes.format", 0).with(CONSTANTS).with(&[
        Overload::new(
            "format-named",
            "format.named(string) -> optional(kubernetes.NamedFormat)",
            |evaluation, args| {
                let [Term::String(name)] = args else {
                    return Err(EvalError::no_such_overload());
                };
                if !FORMATS.iter().any(|format| format.name == *name) {
                    return Ok(Term::Optional(None));
                }
                let format = named(evaluation, name)?;
                evaluation.optional(format)
            },
        ),
        Overload::new(
            "format-validate",
            "kubernetes.NamedFormat::validate(string) -> optional(list(string))",
            validate,
        ),
    ])
}

fn named<'a>(evaluation: Evaluation<'a>, name: &str) -> Outcome<'a> {
    let format = FORMATS.iter().find(|format| format.name == name);
    evaluation.opaque(*format.ok_or_else(EvalError::no_such_overload)?)
}

fn validate<'a>(
    evaluation: Evaluation<'a>,
    args: &[Term<'a>],
    reworded: &[(&str, Validate)],
) -> Outcome<'a> {
    let [format, Term::String(text)] = args else { return Err(EvalError::no_such_overload()) };
    let format = format.downcast::<Format>().ok_or_else(EvalError::no_such_overload)?;
    evaluation.step(1 + text.len())?;
    evaluation.reserve(text.len())?;
    let reworded = reworded.iter().find(|(name, _)| *name == format.name);
    let validate = reworded.map_or(format.validate, |(_, validate)| *validate);
    let wrong = validate(text);
    if wrong.is_empty() {
        return Ok(Term::Optional(None));
    }
    let mut told = Vec::with_capacity(wrong.len());
    for message in wrong {
        told.push(evaluation.string(&message)?);
    }
    let told = evaluation.list(&told)?;
    evaluation.optional(told)
}

fn unless(holds: bool, message: &str) -> Vec<String> {
    if holds { Vec::new() } else { vec![message.to_owned()] }
}

/// A name to which more will be added, as it may end: Kubernetes puts `a` for its last two
/// characters where it ends in `-`.
fn unfinished(text: &str) -> String {
    match text.as_bytes() {
        [kept @ .., _, b'-'] => format!("{}a", String::from_utf8_lossy(kept)),
        _ => text.to_owned(),
    }
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// Names count their bytes as characters, labels as bytes.
fn too_long(text: &str, most: usize, unit: &str) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} {unit}"))
}

/// A rule that does not hold, examples of what it means, and the expression of it.
fn unmet(rule: &str, examples: &[&str], pattern: &str) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}'")).collect();
    let examples = examples.join(",  or ");
    format!("{rule} (e.g. {examples}, regex used for validation is '{pattern}')")
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// First and last of `edge`, all of `inner`; not empty.
fn is_made_of(text: &str, edge: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [] => false,
        bytes @ [first, .., last] => {
            edge(*first) && edge(*last) && bytes.iter().all(|byte| inner(*byte))
        }
        [only] => edge(*only),
    }
}

fn is_label(text: &str) -> bool {
    is_made_of(text, is_lower, |byte| is_lower(byte) || byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// A label of RFC 1123.
pub(super) fn label(text: &str) -> Vec<String> {
    let rule = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \
                '-', and must start and end with an alphanumeric character";
    let wrong = match (is_label(text), is_subdomain(text)) {
        (true, _) => None,
        (false, true) => Some("must not contain dots".to_owned()),
        (false, false) => Some(unmet(rule, &["my-name", "123-abc"], LABEL)),
    };
    too_long(text, 63, "characters").into_iter().chain(wrong).collect()
}

/// A subdomain of RFC 1123.
pub(super) fn subdomain(text: &str) -> Vec<String> {
    let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
                characters, '-' or '.', and must start and end with an alphanumeric character";
    let wrong = (!is_subdomain(text))
        .then(|| unmet(rule, &["example.com"], &format!("{LABEL}(\\.{LABEL})*")));
    too_long(text, 253, "characters").into_iter().chain(wrong).collect()
}

fn old_label(text: &str) -> Vec<String> {
    let rule = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start \
                with an alphabetic character, and end with an alphanumeric character";
    let holds = is_label(text) && text.starts_with(|char: char| char.is_ascii_lowercase());
    let wrong =
        (!holds).then(|| unmet(rule, &["my-name", "abc-123"], "[a-z]([-a-z0-9]*[a-z0-9])?"));
    too_long(text, 63, "characters").into_iter().chain(wrong).collect()
}

fn is_key(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    is_made_of(text, |byte| byte.is_ascii_alphanumeric(), inner)
}

/// A name of labels and annotations: what it is called, and what its length is counted in.
fn qualified_name(text: &str, called: &str, unit: &str) -> Vec<String> {
    let rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                with an alphanumeric character";
    let unmet = || unmet(rule, &["MyName", "my.name", "123-abc"], KEY);
    let mut parts = text.splitn(3, '/');
    let (name, prefix) = match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
        (name, None, _) => (name, None),
        (prefix, Some(name), None) => (name, Some(prefix)),
        _ => {
            return vec![format!(
                "{called} {} with an optional DNS subdomain prefix and '/' (e.g. \
                 'example.com/MyName')",
                unmet()
            )];
        }
    };
    let mut wrong = match prefix {
        None => Vec::new(),
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => {
            subdomain(prefix).iter().map(|message| format!("prefix part {message}")).collect()
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    }
    wrong.extend(too_long(name, 63, unit).map(|message| format!("name part {message}")));
    if !is_key(name) {
        wrong.push(format!("name part {}", unmet()));
    }
    wrong
}

fn label_value(text: &str, unit: &str) -> Vec<String> {
    let rule = "a valid label must be an empty string or consist of alphanumeric characters, '-', \
                '_' or '.', and must start and end with an alphanumeric character";
    let wrong = (!text.is_empty() && !is_key(text))
        .then(|| unmet(rule, &["MyValue", "my_value", "12345"], &format!("({KEY})?")));
    too_long(text, 63, unit).into_iter().chain(wrong).collect()
}

/// Hyphens may be left out, each by itself.
fn is_uuid(text: &str) -> bool {
    let mut rest = text.as_bytes();
    for (index, count) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if let [b'-', after @ ..] = rest
            && index > 0
        {
            rest = after;
        }
        match rest.split_at_checked(count) {
            Some((digits, after)) if digits.iter().all(u8::is_ascii_hexdigit) => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.strip_suffix(b"==").or_else(|| bytes.strip_suffix(b"=")).unwrap_or(bytes);
    !bytes.is_empty()
        && bytes.len().is_multiple_of(4)
        && digits.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

fn is_date(text: &str) -> bool {
    let digits = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let shape = text.len() == 10
        && (0..10).all(|at| match at {
            4 | 7 => text.as_bytes().get(at) == Some(&b'-'),
            at => digits(at),
        });
    // Go knows a year 0; so does the calendar.
    shape && text.parse::<jiff::civil::Date>().is_ok()
}

/// As kube-openapi has it: seconds up to 59, and any character before their fraction.
fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    is_date(date) && is_time(time)
}

fn is_time(text: &str) -> bool {
    let two = |at: usize, most: u8| {
        let digits = text.as_bytes().get(at..at + 2).unwrap_or_default();
        match digits {
            [tens, ones] if tens.is_ascii_digit() && ones.is_ascii_digit() => {
                (tens - b'0') * 10 + (ones - b'0') <= most
            }
            _ => false,
        }
    };
    let colon = |at: usize| text.as_bytes().get(at) == Some(&b':');
    if !(two(0, 23) && colon(2) && two(3, 59) && colon(5) && two(6, 59)) {
        return false;
    }
    let rest = text.get(8..).unwrap_or_default();
    is_zone(rest) || {
        let mut chars = rest.chars();
        let separator = chars.next();
        let after = chars.as_str();
        let zone = after.trim_start_matches(|char: char| char.is_ascii_digit());
        separator.is_some_and(|char| char != '\n') && zone.len() < after.len() && is_zone(zone)
    }
}

fn is_zone(text: &str) -> bool {
    match text.as_bytes() {
        b"z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}
