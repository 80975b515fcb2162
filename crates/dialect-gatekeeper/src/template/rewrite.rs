//! What a template's modules may refer to.
//!
//! Source of the rules: `pkg/regorewriter` of the constraint framework.

use super::external;
use super::references::references;
use sekisho_rego::ast::{Expr, ExprKind, Module};
use sekisho_rego::{Location, Span};
use sekisho_value::Str;

/// The package that the entry has, whatever it is called.
pub(super) const ENTRY: &str = "template";
/// The packages of libraries are below it.
const LIBRARIES: &str = "lib";
/// What policies may read beside their own libraries.
const INVENTORY: &str = "inventory";

/// Something that the modules of a template must not hold.
pub(super) struct Refusal {
    pub(super) location: Location,
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// What modules read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Uses {
    /// `data.inventory`
    pub(crate) inventory: bool,
    /// `input.review.namespaceObject`
    pub(crate) namespace_object: bool,
    /// what providers of external data answer
    pub(crate) external: bool,
}

impl Uses {
    /// What either reads.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            inventory: self.inventory || other.inventory,
            namespace_object: self.namespace_object || other.namespace_object,
            external: self.external || other.external,
        }
    }
}

/// Gives the entry the package that it is called by, and refuses one that gives no violations.
pub(super) fn entry(entry: &mut Module) -> Option<Refusal> {
    entry.package.path = vec![ENTRY.into()];
    let gives = entry.rules.iter().any(|rule| name(&rule.head.reference) == Some("violation"));
    (!gives).then(|| Refusal {
        location: Location { source: entry.source, span: entry.package.span },
        message: "the rule `violation` is missing".to_owned(),
        help: "violations are what a rule `violation[{\"msg\": msg}] { … }` gives",
    })
}

/// Refuses what is no library.
pub(super) fn library(library: &Module) -> Option<Refusal> {
    let path = &library.package.path;
    let is_library = path.len() > 1 && path.first().is_some_and(|first| first == LIBRARIES);
    (!is_library).then(|| {
        let package: Vec<&str> = path.iter().map(Str::as_str).collect();
        Refusal {
            location: Location { source: library.source, span: library.package.span },
            message: format!("`{}` is no package of a library", package.join(".")),
            help: "the packages of libraries begin with `lib.`",
        }
    })
}

/// Defines what Gatekeeper brings, and refuses to read what a template must not.
pub(super) fn reads(modules: &mut [Module]) -> (Uses, Vec<Refusal>) {
    let mut refusals = Vec::new();
    let mut uses = Uses::default();
    for module in modules {
        refusals.extend(refused_imports(module));
        let found = references(module);
        if found.asks_providers {
            uses.external = true;
            external::define(module);
        }
        uses.namespace_object |= found.names_namespace_object;
        for (path, span) in &found.data {
            match path.first() {
                Some(Some(first)) if first == INVENTORY => uses.inventory = true,
                Some(Some(first)) if first == LIBRARIES => {}
                _ => refusals.push(refused_reference(module, path, *span)),
            }
        }
        refusals
            .extend(found.within.iter().filter_map(|(path, span)| overlooked(module, path, *span)));
    }
    (uses, refusals)
}

/// A library by its whole path within another term: Gatekeeper, which calls libraries otherwise,
/// overlooks it there. A function is unknown to it then, and a value undefined in silence.
fn overlooked(module: &Module, path: &[Option<Str>], span: Span) -> Option<Refusal> {
    let is_library = matches!(path.first(), Some(Some(first)) if first == LIBRARIES);
    is_library.then(|| Refusal {
        location: Location { source: module.source, span },
        message: format!("`{}` is undefined within another term", shown(path)),
        help: "import the library, and name it by the last part of its path",
    })
}

fn shown(path: &[Option<Str>]) -> String {
    let keys = path.iter().map(|key| key.as_ref().map_or("[…]", |key| key.as_str()));
    let keys: Vec<&str> = keys.collect();
    format!("data.{}", keys.join(".")).trim_end_matches('.').to_owned()
}

pub(super) fn name(reference: &Expr) -> Option<&str> {
    match &reference.kind {
        ExprKind::Var(name) => Some(name),
        ExprKind::Ref { head, .. } => head.as_var().map(Str::as_str),
        _ => None,
    }
}

/// Libraries may be imported, and keywords.
fn refused_imports(module: &Module) -> impl Iterator<Item = Refusal> {
    module.imports.iter().filter_map(|import| {
        let path: Vec<&str> = import.path.iter().map(Str::as_str).collect();
        match path.as_slice() {
            ["data", "lib", ..] | ["future", ..] => None,
            _ => Some(Refusal {
                location: Location { source: module.source, span: import.span },
                message: format!("`{}` must not be imported", path.join(".")),
                help: "a template may import its libraries, `data.lib.…`, and `future.keywords`",
            }),
        }
    })
}

fn refused_reference(module: &Module, path: &[Option<Str>], span: Span) -> Refusal {
    Refusal {
        location: Location { source: module.source, span },
        message: format!("`{}` must not be read", shown(path)),
        help: "a template may read its libraries, `data.lib.…`, and `data.inventory`",
    }
}
