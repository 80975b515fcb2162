//! Which release of Kubernetes has what.
//!
//! Source of the rules: `pkg/cel/environment/base.go` of each release of `k8s.io/apiserver`, and
//! the release of cel-go that it is built with.

use super::format::Words;
use super::{authorizer, costs, durations, format, lists, quantity, regex, semver, url};
use crate::Diagnostic;
use crate::environment::{Environment, EnvironmentBuilder, Options};
use crate::library::{
    self, Library, MappedAddresses, network, optionals, sets, strings, two_variable_comprehensions,
    wrappers,
};
use std::fmt;
use std::sync::Arc;

/// A minor release of Kubernetes: 1.36.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// of major 1
    pub minor: u32,
}

/// For whom an environment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expressions {
    /// expressions that a server of this release has stored already, whoever wrote them: all that
    /// the release can do
    Stored,
    /// expressions that are written to a server of this release: what the release before can do
    /// as well, so that it may be gone back to
    New,
}

impl Release {
    /// The first with policies in CEL.
    pub const OLDEST: Self = Self { minor: 26 };
    /// The newest that is known.
    pub const NEWEST: Self = Self { minor: 37 };

    /// The release of a minor version, or the nearest that is known.
    #[must_use]
    pub fn new(minor: u32) -> Self {
        Self { minor: minor.clamp(Self::OLDEST.minor, Self::NEWEST.minor) }
    }

    /// The release whose options expressions may use.
    fn of(self, expressions: Expressions) -> Self {
        match expressions {
            Expressions::Stored => self,
            // Before 1.28 nothing was held back.
            Expressions::New if self.minor < 28 => self,
            Expressions::New => Self { minor: self.minor - 1 },
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

/// What came with a release, and where it has gone again.
struct Entry {
    /// since which minor version
    since: u32,
    /// up to which, it excluded
    until: u32,
    brings: Brings,
}

enum Brings {
    Library(fn() -> Library),
    /// numbers of different types may be compared
    CrossTypeComparison,
    /// optional values, in the version of the server's cel-go
    Optionals,
    /// formats of texts, which tell what is wrong in the server's words
    Formats,
}

const fn since(since: u32, library: fn() -> Library) -> Entry {
    Entry { since, until: u32::MAX, brings: Brings::Library(library) }
}

/// The options of the base environment, in the order of `baseOpts`.
///
/// The validators of constant times, durations and regular expressions that came with 1.29 have no
/// line: before that release the same expressions were refused when they were compiled further.
const TABLE: &[Entry] = &[
    since(0, url::url),
    since(0, durations::durations),
    since(0, regex::regex),
    Entry { since: 0, until: 37, brings: Brings::Library(|| lists::lists(0)) },
    since(27, authorizer::authorizer),
    Entry { since: 28, until: u32::MAX, brings: Brings::CrossTypeComparison },
    Entry { since: 28, until: u32::MAX, brings: Brings::Optionals },
    since(28, quantity::quantity),
    Entry { since: 0, until: 29, brings: Brings::Library(|| strings(0)) },
    since(29, || strings(2)),
    since(29, sets),
    since(30, || network(MappedAddresses::Refused)),
    Entry { since: 31, until: u32::MAX, brings: Brings::Formats },
    since(31, authorizer::selectors),
    since(32, two_variable_comprehensions),
    since(33, semver::semver),
    since(34, || library::lists(3)),
    since(37, || lists::lists(1)),
];

/// The release that a function of this name came with, where one did.
#[must_use]
pub fn came_with(function: &str) -> Option<Release> {
    let call = format!("{function}(");
    let method = format!("::{call}");
    let is_called = |signature: &str| signature.starts_with(&call) || signature.contains(&method);
    let has = |library: &Library| {
        library.overloads.iter().any(|overload| is_called(overload.signature))
            || library.macros.iter().any(|of| of.name == function)
    };
    let brings = |entry: &&Entry| match &entry.brings {
        Brings::Library(library) => has(&library()),
        Brings::Formats => has(&format::format(Words::Now)),
        Brings::Optionals | Brings::CrossTypeComparison => false,
    };
    let entry = TABLE.iter().find(brings).filter(|entry| entry.since > Release::OLDEST.minor)?;
    Some(Release { minor: entry.since })
}

/// Since when new policies may use the function that an expression for a release calls, and that
/// is not declared there; `None` where it is another fault, or no release has it.
#[must_use]
pub fn usable_from(fault: &Diagnostic, release: Release) -> Option<String> {
    let named = fault.message.strip_prefix("undeclared reference to '")?;
    let (function, _) = named.split_once('\'')?;
    let came = came_with(function).filter(|came| *came >= release)?;
    let from = Release { minor: (came.minor + 1).max(28) };
    Some(format!(
        "`{function}` came with Kubernetes {came}: new policies may use it from {from} on"
    ))
}

/// `optFlatMap` came with cel-go 0.17, in 1.29; `first` and `last` with 0.23, in 1.33. Nobody asked
/// for a version, so that they came to what was written at once.
fn optionals_version(server: Release) -> u32 {
    match server.minor {
        ..=28 => 0,
        29..=32 => 1,
        _ => 2,
    }
}

/// A builder of the environment that all expressions of a release have, without variables.
#[must_use]
pub fn base(release: Release, expressions: Expressions) -> EnvironmentBuilder {
    let minor = release.of(expressions).minor;
    let mut options = Options {
        // Whatever is asked for, as of the server's own code: cel-go 0.20 brought the latter.
        homogeneous_literals: release.minor >= 29,
        checked_formats: release.minor >= 31,
        cross_type_comparison: false,
        presence_tests_cost: false,
        lenient_constant_maps: true,
        ..Options::default()
    };
    let mut builder = Environment::standard()
        .call_costs(Arc::new(costs::Costs {
            newer: release.minor >= 37,
            own_equality: release.minor >= 32,
        }))
        .library(wrappers());
    for entry in TABLE.iter().filter(|entry| (entry.since..entry.until).contains(&minor)) {
        match entry.brings {
            Brings::Library(library) => builder = builder.library(library()),
            Brings::Optionals => {
                builder = builder.library(optionals(optionals_version(release)));
            }
            Brings::Formats => {
                let words = if release.minor >= 35 { Words::Now } else { Words::Before };
                builder = builder.library(format::format(words));
            }
            Brings::CrossTypeComparison => options.cross_type_comparison = true,
        }
    }
    builder.options(options)
}
