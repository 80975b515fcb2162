//! Semantic versions.
//!
//! Source of the rules: `pkg/cel/library/semverlib.go` of `k8s.io/apiserver`, and
//! <https://semver.org>.

use crate::EvalError;
use crate::library::{Library, Overload};
use crate::term::{Opaque, Term};
use sekisho_go_net::quoted;
use sekisho_value::Value;
use std::any::Any;
use std::cmp::Ordering;

type Outcome<'a> = Result<Term<'a>, EvalError>;

const NAME: &str = "kubernetes.Semver";

/// A version: `1.2.3-alpha.1+build`.
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    core: [u64; 3],
    pre_release: Vec<Part>,
}

/// A part of what comes before a release: numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    /// Where it is none, in the words of the API server.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Version string empty".to_owned());
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err("No Major.Minor.Patch elements found".to_owned());
        };
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (rest, None),
        };
        let (patch, pre_release) = match rest.split_once('-') {
            Some((patch, pre_release)) => (patch, Some(pre_release)),
            None => (rest, None),
        };
        let core = [number(major, "major")?, number(minor, "minor")?, number(patch, "patch")?];
        let parts = pre_release.into_iter().flat_map(|parts| parts.split('.'));
        let pre_release = parts.map(part).collect::<Result<Vec<Part>, String>>()?;
        for part in build.into_iter().flat_map(|parts| parts.split('.')) {
            if part.is_empty() {
                return Err("Build meta data is empty".to_owned());
            }
            if !is_word(part) {
                let part = quoted(part);
                return Err(format!("Invalid character(s) found in build meta data {part}"));
            }
        }
        Ok(Self { text: text.to_owned(), core, pre_release })
    }

    /// Reads a version that may begin with `v`, have zeros before its numbers, and lack the last
    /// of them.
    ///
    /// # Errors
    /// Where it is none, in the words of the API server.
    pub fn parse_normalized(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
        if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return Err("short version cannot contain PreRelease/Build meta data".to_owned());
        }
        parts.resize(3, "0".to_owned());
        Self::parse(&parts.join("."))
    }
}

/// A number without the zeros before it, and whatever comes after it.
fn without_zeros(part: &str) -> String {
    if part.len() <= 1 {
        return part.to_owned();
    }
    let rest = part.trim_start_matches('0');
    if rest.starts_with(|char: char| char.is_ascii_digit()) {
        rest.to_owned()
    } else {
        format!("0{rest}")
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_leading_zeros(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0')
}

fn number(text: &str, which: &str) -> Result<u64, String> {
    if !is_number(text) {
        return Err(format!("Invalid character(s) found in {which} number {}", quoted(text)));
    }
    if has_leading_zeros(text) {
        let first = which.get(..1).unwrap_or_default().to_ascii_uppercase();
        let which = format!("{first}{}", which.get(1..).unwrap_or_default());
        return Err(format!("{which} number must not contain leading zeroes {}", quoted(text)));
    }
    to_integer(text)
}

/// As Go's `strconv.ParseUint` reads digits, and refuses them.
fn to_integer(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        let why = if text.is_empty() { "invalid syntax" } else { "value out of range" };
        format!("strconv.ParseUint: parsing {}: {why}", quoted(text))
    })
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn part(text: &str) -> Result<Part, String> {
    if text.is_empty() {
        return Err("Prerelease is empty".to_owned());
    }
    if !is_number(text) {
        let invalid = || format!("Invalid character(s) found in prerelease {}", quoted(text));
        return is_word(text).then(|| Part::Word(text.to_owned())).ok_or_else(invalid);
    }
    if has_leading_zeros(text) {
        let text = quoted(text);
        return Err(format!("Numeric PreRelease version must not contain leading zeroes {text}"));
    }
    to_integer(text).map(Part::Number)
}

/// By precedence: what stands after `+` does not count, and what comes before a release is less.
impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.core.cmp(&other.core).then_with(|| {
            match (self.pre_release.is_empty(), other.pre_release.is_empty()) {
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                _ => self.pre_release.cmp(&other.pre_release),
            }
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl Opaque for Version {
    fn type_name(&self) -> &str {
        NAME
    }

    fn equals(&self, other: &dyn Opaque) -> Option<bool> {
        Some((other as &dyn Any).downcast_ref::<Self>()? == self)
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::from(self.text.as_str()))
    }
}

macro_rules! number_of {
    ($id:literal, $signature:literal, $position:literal) => {
        Overload::new($id, $signature, |_, args| {
            let [version] = args else { return no_overload() };
            let number = of(*version)?.core.get($position).copied().unwrap_or_default();
            Ok(Term::Int(number.cast_signed()))
        })
    };
}

macro_rules! comparing {
    ($id:literal, $signature:literal, $made:expr) => {
        Overload::new($id, $signature, |_, args| {
            let [one, other] = args else { return no_overload() };
            let made: fn(Ordering) -> Term<'static> = $made;
            Ok(made(of(*one)?.cmp(of(*other)?)))
        })
    };
}

/// `semver`, `isSemver` and their methods
pub(super) fn semver() -> Library {
    Library::new("kubernetes.Semver", 1).with(&[
        Overload::new("string_to_semver", "semver(string) -> kubernetes.Semver", |e, args| {
            e.opaque(read(args)?.map_err(EvalError::new)?)
        })
        .constant(),
        Overload::new(
            "string_bool_to_semver",
            "semver(string, bool) -> kubernetes.Semver",
            |e, args| e.opaque(read(args)?.map_err(EvalError::new)?),
        )
        .constant(),
        Overload::new("is_semver_string", "isSemver(string) -> bool", |_, args| is(args)),
        Overload::new("is_semver_string_bool", "isSemver(string, bool) -> bool", |_, args| {
            is(args)
        }),
        comparing!(
            "semver_is_greater_than",
            "kubernetes.Semver::isGreaterThan(kubernetes.Semver) -> bool",
            |order| Term::Bool(order.is_gt())
        ),
        comparing!(
            "semver_is_less_than",
            "kubernetes.Semver::isLessThan(kubernetes.Semver) -> bool",
            |order| Term::Bool(order.is_lt())
        ),
        comparing!(
            "semver_compare_to",
            "kubernetes.Semver::compareTo(kubernetes.Semver) -> int",
            |order| Term::Int(order as i64)
        ),
        number_of!("semver_major", "kubernetes.Semver::major() -> int", 0),
        number_of!("semver_minor", "kubernetes.Semver::minor() -> int", 1),
        number_of!("semver_patch", "kubernetes.Semver::patch() -> int", 2),
    ])
}

fn no_overload<T>() -> Result<T, EvalError> {
    Err(EvalError::no_such_overload())
}

fn of<'a>(term: Term<'a>) -> Result<&'a Version, EvalError> {
    term.downcast::<Version>().ok_or_else(EvalError::no_such_overload)
}

fn read(args: &[Term<'_>]) -> Result<Result<Version, String>, EvalError> {
    match args {
        [Term::String(text)] | [Term::String(text), Term::Bool(false)] => Ok(Version::parse(text)),
        [Term::String(text), Term::Bool(true)] => Ok(Version::parse_normalized(text)),
        _ => no_overload(),
    }
}

fn is<'a>(args: &[Term<'a>]) -> Outcome<'a> {
    Ok(Term::Bool(read(args)?.is_ok()))
}
