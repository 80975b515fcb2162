//! The libraries of templates, compiled once where several templates have the same.

use super::rego::{Code, budget, options, source, source_id};
use super::rewrite::{self, Uses};
use sekisho_policy::{PolicyDocument, Workers};
use sekisho_rego::ast::Version;
use sekisho_rego::{Policies, syntax};
use std::collections::HashMap;

/// Libraries that stand together in more than one template, by their texts.
pub(super) struct Libraries<'v>(HashMap<Texts<'v>, Library>);

/// The texts of libraries, in their order, and what they are written in.
type Texts<'v> = (Version, Vec<&'v str>);

/// Libraries, compiled. They read nothing of the templates that have them.
pub(super) struct Library {
    /// their sources are numbered as among a template's, of which the first is missing
    pub(super) policies: Policies,
    /// what they read
    pub(super) uses: Uses,
}

impl<'v> Libraries<'v> {
    /// Compiles the libraries that several of these templates have. Those that are not in order
    /// are left to the templates, which tell it.
    pub(super) fn of(templates: &[&PolicyDocument<'v>], workers: &dyn Workers) -> Self {
        let mut counts: HashMap<Texts<'v>, usize> = HashMap::new();
        for code in templates.iter().filter_map(|template| super::rego_of(template)) {
            let libraries = code.libraries();
            if !libraries.is_empty() {
                *counts.entry((code.version, libraries)).or_default() += 1;
            }
        }
        counts.retain(|_, count| *count > 1);
        let shared: Vec<Texts<'v>> = counts.into_keys().collect();
        let compiled = workers.each(&shared, Library::compile);
        let compiled = shared.into_iter().zip(compiled);
        Self(compiled.filter_map(|(texts, library)| Some((texts, library?))).collect())
    }

    /// The libraries of a template.
    pub(super) fn of_code(&self, code: &Code<'v>) -> Option<&Library> {
        self.0.get(&(code.version, code.libraries()))
    }
}

impl Library {
    fn compile((version, texts): &Texts<'_>) -> Option<Self> {
        let mut sources = vec![source(0, "")];
        let mut modules = Vec::with_capacity(texts.len());
        for (index, text) in (1..).zip(texts) {
            let source = source(index, text);
            let (module, faults) = syntax::parse(&source, source_id(index), *version);
            modules.push(module.filter(|_| faults.is_empty())?);
            sources.push(source);
        }
        if modules.iter().any(|module| rewrite::library(module).is_some()) {
            return None;
        }
        let (uses, refused) = rewrite::reads(&mut modules);
        let compiled = || Policies::of_modules(modules, sources, &options(), &budget()).ok();
        let policies = refused.is_empty().then(compiled)??;
        Some(Self { policies, uses })
    }
}
