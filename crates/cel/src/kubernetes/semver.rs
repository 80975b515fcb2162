//! Semantic versions.
//!
//! Source of the rules: `pkg/cel/library/semverlib.go` of `k8s.io/apiserver`, and
//! <https://semver.org>.

use crate::EvalError;
use crate::library::{Library, Overload};
use crate::term::{Opaque, Term};
use crate::types::Type;
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
    /// Reads a version; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, build) = match text.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (text, None),
        };
        if build.is_some_and(|build| !build.split('.').all(is_word)) {
            return None;
        }
        let (core, pre_release) = match rest.split_once('-') {
            Some((core, pre_release)) => (core, Some(pre_release)),
            None => (rest, None),
        };
        let mut numbers = core.split('.');
        let core = [number(numbers.next()?)?, number(numbers.next()?)?, number(numbers.next()?)?];
        if numbers.next().is_some() {
            return None;
        }
        let parts = pre_release.into_iter().flat_map(|parts| parts.split('.'));
        let pre_release = parts.map(part).collect::<Option<Vec<Part>>>()?;
        Some(Self { text: text.to_owned(), core, pre_release })
    }

    /// Reads a version that may begin with `v`, have zeros before its numbers, and lack the last
    /// of them.
    #[must_use]
    pub fn parse_normalized(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
        if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return None;
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

fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| canonical && digits)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn part(text: &str) -> Option<Part> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(text).map(Part::Number);
    }
    is_word(text).then(|| Part::Word(text.to_owned()))
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
    Library::new("kubernetes.Semver", 1).with_type(NAME, Type::opaque(NAME, Vec::new())).with(&[
        Overload::new("string_to_semver", "semver(string) -> kubernetes.Semver", |e, args| {
            e.opaque(read(args)?.ok_or_else(malformed)?)
        })
        .constant(),
        Overload::new(
            "string_bool_to_semver",
            "semver(string, bool) -> kubernetes.Semver",
            |e, args| e.opaque(read(args)?.ok_or_else(malformed)?),
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

fn malformed() -> EvalError {
    EvalError::new("no semantic version: it is of the form `1.2.3`")
}

fn of<'a>(term: Term<'a>) -> Result<&'a Version, EvalError> {
    term.downcast::<Version>().ok_or_else(EvalError::no_such_overload)
}

fn read(args: &[Term<'_>]) -> Result<Option<Version>, EvalError> {
    match args {
        [Term::String(text)] | [Term::String(text), Term::Bool(false)] => Ok(Version::parse(text)),
        [Term::String(text), Term::Bool(true)] => Ok(Version::parse_normalized(text)),
        _ => no_overload(),
    }
}

fn is<'a>(args: &[Term<'a>]) -> Outcome<'a> {
    Ok(Term::Bool(read(args)?.is_some()))
}
