//! The built-in functions.
//!
//! A group of functions is a file with a `FUNCTIONS` list; what each takes and gives stands in
//! `declarations.txt`.

mod aggregates;
mod arithmetic;
mod arrays;
mod aws;
mod bytes;
mod casts;
mod encoding;
mod glob;
mod hash;
mod json;
mod jwt;
mod net;
mod notation;
mod numbers;
mod objects;
mod opa;
mod operands;
mod patterns;
#[cfg(feature = "public-key")]
mod public_key;
mod random;
mod regex;
mod schema;
mod semver;
mod sets;
mod sprintf;
mod strings;
mod template;
mod time;
mod units;
mod walk;
mod yaml;

pub use patterns::Patterns;

use crate::term::{Arena, Term};
use crate::types::{FunctionType, Type};
use sekisho_budget::BudgetExceeded;
use sekisho_go_net::UrlError;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// What the groups of functions define; one line for each.
const GROUPS: &[&[(&str, Function)]] = &[
    aggregates::FUNCTIONS,
    arithmetic::FUNCTIONS,
    aws::FUNCTIONS,
    arrays::FUNCTIONS,
    casts::FUNCTIONS,
    numbers::FUNCTIONS,
    objects::FUNCTIONS,
    glob::FUNCTIONS,
    regex::FUNCTIONS,
    sets::FUNCTIONS,
    sprintf::FUNCTIONS,
    strings::SEARCH,
    strings::PARTS,
    strings::AFFIXES,
    strings::CASE,
    strings::REPLACE,
    units::FUNCTIONS,
    walk::FUNCTIONS,
    encoding::FUNCTIONS,
    hash::FUNCTIONS,
    json::FUNCTIONS,
    jwt::FUNCTIONS,
    net::FUNCTIONS,
    opa::FUNCTIONS,
    #[cfg(feature = "public-key")]
    public_key::TOKENS,
    #[cfg(feature = "public-key")]
    public_key::X509,
    random::FUNCTIONS,
    schema::FUNCTIONS,
    semver::FUNCTIONS,
    template::FUNCTIONS,
    time::FUNCTIONS,
    yaml::FUNCTIONS,
];

/// What is another function in the release before.
const BEFORE: &[&[(&str, Function)]] = &[sprintf::BEFORE, yaml::BEFORE];

/// What the release before does not have.
const SINCE: &[&str] = &["strings.split_n"];

/// A release of OPA: what built-ins give is told as it tells it, where that has changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Release {
    /// that of Gatekeeper v3.23
    V1_17,
    /// the one that is the measure of all else
    #[default]
    V1_22,
}

/// A built-in function: what OPA declares of it, and its code.
#[derive(Clone)]
pub struct Builtin {
    /// its name, dots included
    pub name: &'static str,
    /// what it does; none for functions that are refused at compile time: those that ask the network
    /// (`http.send`, `net.lookup_ip_addr`), `graphql.*` (a language of its own, left out), and those
    /// of public keys where the feature `public-key` is off
    pub function: Option<Function>,
    /// what it takes and gives
    pub signature: FunctionType,
    /// the names of its parameters; empty where one has none
    pub param_names: Vec<&'static str>,
    /// the name of its result; empty where it has none
    pub result_name: &'static str,
    /// the operator that calls it
    pub infix: Option<&'static str>,
    /// it gives a list of values that hold in turn, instead of one value
    pub relation: bool,
    /// strict compilation refuses it
    pub deprecated: bool,
    /// its value may differ between evaluations
    pub nondeterministic: bool,
    /// it asks the network
    pub network: bool,
    /// its value depends on the time of the evaluation
    pub timed: bool,
}

impl Builtin {
    /// Why it has no code here, where that is for the way this was built.
    #[must_use]
    pub fn left_out(&self) -> Option<&'static str> {
        let signed = self.name.starts_with("crypto.") || self.name.starts_with("io.jwt.");
        let without = self.function.is_none() && signed;
        without.then_some("this was built without the feature `public-key`")
    }

    /// The same of a release; none where that does not have it.
    #[must_use]
    pub fn of(&'static self, release: Release) -> Option<&'static Self> {
        match release {
            Release::V1_17 if SINCE.contains(&self.name) => None,
            Release::V1_17 => Some(BUILTINS_BEFORE.get(self.name).unwrap_or(self)),
            Release::V1_22 => Some(self),
        }
    }

    /// The types of its parameters.
    #[must_use]
    pub fn params(&self) -> &[Type] {
        &self.signature.params
    }

    /// The type of its value; `print` has none.
    #[must_use]
    pub fn result(&self) -> Option<&Type> {
        self.signature.result.as_ref()
    }
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

static BUILTINS: LazyLock<BTreeMap<&'static str, Builtin>> = LazyLock::new(|| {
    let functions: BTreeMap<_, _> = GROUPS.iter().copied().flatten().copied().collect();
    let declarations = notation::read(include_str!("declarations.txt")).unwrap_or_default();
    declarations
        .into_iter()
        .map(|declared| {
            let has = |flag| declared.flags.contains(&flag);
            let builtin = Builtin {
                name: declared.name,
                function: functions.get(declared.name).copied(),
                infix: declared.flags.iter().find_map(|flag| flag.strip_prefix("infix ")),
                relation: has("relation"),
                deprecated: has("deprecated"),
                nondeterministic: has("nondeterministic"),
                network: has("network"),
                timed: has("timed"),
                signature: declared.signature,
                param_names: declared.param_names,
                result_name: declared.result_name,
            };
            (declared.name, builtin)
        })
        .collect()
});

static BUILTINS_BEFORE: LazyLock<BTreeMap<&'static str, Builtin>> = LazyLock::new(|| {
    let of = |(name, function): &(&str, Function)| {
        find(name).map(|now| (now.name, Builtin { function: Some(*function), ..now.clone() }))
    };
    BEFORE.iter().copied().flatten().filter_map(of).collect()
});

/// The built-in of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.get(name)
}

/// Every built-in that OPA declares, by name.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    BUILTINS.values()
}

/// The code of a built-in. It is given as many arguments as it declares.
pub type Function = for<'a> fn(&mut Context<'a>, &[Term<'a>]) -> Result<Term<'a>, Failure>;

/// Makes the patterns of a call, which are kept, and searches nothing.
///
/// # Errors
/// Where they are none.
pub(crate) fn prepare_patterns<'a>(
    builtin: &Builtin,
    context: &mut Context<'a>,
    operands: &[Term<'a>],
) -> Result<(), Failure> {
    match (builtin.name, builtin.function) {
        ("glob.match", _) => glob::prepare(context, operands),
        ("regex.replace", _) => regex::prepare(context, operands::operand(operands, 2)),
        ("regex.template_match", Some(function)) => function(context, operands).map(drop),
        _ => regex::prepare(context, operands::operand(operands, 1)),
    }
}

/// What a built-in may use beside its arguments.
pub struct Context<'a> {
    /// where its result stands; every byte is taken from the budget
    pub arena: Arena<'a>,
    /// what the caller of the evaluation says of the world
    pub facts: &'a Facts,
    /// patterns that were compiled with the program
    pub made: &'a Patterns,
    /// compiled patterns, kept between calls and evaluations
    pub patterns: &'a Patterns,
}

/// What the caller of an evaluation says of the world; the engine asks nobody else.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// nanoseconds since 1970 (UTC), constant during an evaluation
    pub now: i64,
    /// where `rand.intn` and `uuid.rfc4122` start
    pub seed: u64,
    /// what `opa.runtime` gives
    pub runtime: sekisho_value::Value,
}

/// Why a built-in gives no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// it has no value for these arguments
    Undefined,
    /// it failed: undefined, or with strict errors an error of the evaluation
    Error {
        /// `eval_type_error` rather than `eval_builtin_error`
        wrong_type: bool,
        /// in OPA's words, without the function's name before it
        message: String,
    },
    /// the budget is used up: always an error of the evaluation
    Budget(BudgetExceeded),
}

impl From<UrlError> for Failure {
    fn from(error: UrlError) -> Self {
        Self::error(error.to_string())
    }
}

impl From<BudgetExceeded> for Failure {
    fn from(exceeded: BudgetExceeded) -> Self {
        Self::Budget(exceeded)
    }
}

impl Failure {
    /// The operand at a position (from 1) is of no type that the function takes.
    #[must_use]
    pub fn operand_type(position: usize, got: Term<'_>, expected: &[&str]) -> Self {
        let got = got.kind().name();
        match expected {
            [one] => Self::operand(position, format!("must be {one} but got {got}")),
            many => {
                let many = many.join(", ");
                Self::operand(position, format!("must be one of {{{many}}} but got {got}"))
            }
        }
    }

    /// A member of the operand at a position (from 1) is of no type that the function takes.
    #[must_use]
    pub fn operand_element(
        position: usize,
        collection: Term<'_>,
        got: Term<'_>,
        expected: &[&str],
    ) -> Self {
        let (whole, got) = (collection.kind().name(), got.kind().name());
        let expected = match expected {
            [one] => format!("{one}s"),
            many => format!("(any of) {{{}}}", many.join(", ")),
        };
        let message = format!("must be {whole} of {expected} but got {whole} containing {got}");
        Self::operand(position, message)
    }

    /// The operand at a position (from 1) is not what it must be.
    #[must_use]
    pub fn operand(position: usize, message: impl fmt::Display) -> Self {
        Self::Error { wrong_type: true, message: format!("operand {position} {message}") }
    }

    /// The function failed, in OPA's words.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self::Error { wrong_type: false, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, all, find, notation};

    #[test]
    fn declarations_are_those_of_the_file() {
        let text = include_str!("declarations.txt");
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(all().count(), lines.len());
        assert_eq!(lines.len(), 206);
        assert!(notation::read(text).is_some());
        for line in lines {
            let name = line.split('(').next().unwrap();
            let builtin = find(name).unwrap();
            let with_name = |name: &str, of: String| match name {
                "" => of,
                name => format!("{name}: {of}"),
            };
            let mut params: Vec<String> = builtin
                .param_names
                .iter()
                .zip(builtin.params())
                .map(|(name, of)| with_name(name, of.to_string()))
                .collect();
            params.extend(builtin.signature.variadic.iter().map(|of| format!("{of}...")));
            let mut written = format!("{name}({})", params.join(", "));
            if let Some(result) = builtin.result() {
                written += &format!(" -> {}", with_name(builtin.result_name, result.to_string()));
            }
            assert_eq!(line.split(" | ").next(), Some(written.as_str()));
        }
    }

    #[test]
    fn every_function_is_declared() {
        for (name, _) in GROUPS.iter().copied().flatten() {
            assert!(find(name).is_some_and(|b| b.function.is_some()), "{name}");
        }
    }

    #[test]
    fn flags() {
        let walk = find("walk").unwrap();
        assert!(walk.relation && !walk.network);
        assert_eq!(find("plus").unwrap().infix, Some("+"));
        assert!(find("http.send").unwrap().network);
        assert!(find("re_match").unwrap().deprecated);
        assert!(find("time.now_ns").unwrap().nondeterministic);
        assert!(find("crypto.x509.parse_and_verify_certificates").unwrap().timed);
        assert!(find("nosuch").is_none());
    }
}
