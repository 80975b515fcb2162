use crate::{Action, Severity};
use crate::{
    CompiledExpansion, CompiledMutators, Digest, Evaluate, KindNeeded, Matcher, PolicyId, Rule,
    Target, Workers,
};
use sekisho_kube_model::Schemas;
use sekisho_manifest::Document;
use sekisho_report::{Diagnostic, PolicyState};
use sekisho_value::Pointer;
use std::sync::Arc;

/// One foreign policy format.
pub trait Dialect: Send + Sync {
    /// The name in output and options: `pod-security`.
    fn name(&self) -> &'static str;

    /// One line about it, for help and documentation.
    fn about(&self) -> &'static str;

    /// Whether a kind is one of its policy documents.
    fn reads(&self, group: &str, kind: &str) -> bool;

    /// Whether [`Compiled::needs`] names all that its policies look up.
    fn names_needs(&self) -> bool {
        false
    }

    /// Compiles all its documents at once. One bad policy never hides the others.
    fn compile(&self, documents: &[PolicyDocument<'_>], context: &CompileContext<'_>) -> Compiled;

    /// The documentation of its built-in rules; empty for dialects whose rules users write.
    fn rules(&self) -> &'static [&'static Rule] {
        &[]
    }
}

/// A document of a bundle, to be compiled.
#[derive(Clone, Copy, Debug)]
pub struct PolicyDocument<'a> {
    /// the document with its source
    pub document: &'a Document,
    /// the digest of its content
    pub digest: Digest,
    /// the first part of its policies' ids
    pub origin: &'a str,
}

/// What compilation may look at.
#[derive(Debug)]
pub struct CompileContext<'a> {
    /// what is judged for
    pub target: &'a Target,
    /// the kinds that are known: the built-in ones, and those that the bundle defines
    pub schemas: &'a Schemas,
    /// unknown fields of policies are errors
    pub strict: bool,
    /// who compiles what does not depend on each other
    pub workers: &'a dyn Workers,
}

/// What compilation gives.
#[derive(Default)]
pub struct Compiled {
    /// the policies that compiled
    pub policies: Vec<CompiledPolicy>,
    /// the mutating policies that compiled
    pub mutators: Option<CompiledMutators>,
    /// what tells which objects would come of others
    pub expansion: Option<CompiledExpansion>,
    /// what is wrong with the others
    pub diagnostics: Vec<Diagnostic>,
    /// policies that did not compile: id, digest and why
    pub failed: Vec<(PolicyId, Digest, String)>,
    /// documents that are no policy of their own, and what becomes of them
    pub states: Vec<PolicyState>,
    /// what is unwise about policies that compiled
    pub advice: Vec<Advice>,
    /// the kinds whose objects they look up, namespaces apart
    pub needs: Vec<KindNeeded>,
}

/// What is unwise about a policy that is in order: a finding at its place among the policies.
#[derive(Clone, Debug)]
pub struct Advice {
    /// the policy
    pub policy: PolicyId,
    /// the rule, one of the dialect's [`Dialect::rules`]
    pub rule: &'static Rule,
    /// where it stands
    pub document: Document,
    /// the unwise field within the document
    pub pointer: Pointer,
    /// line and column of what is unwise within the field's text, where that is known
    pub place: Option<(u32, u32)>,
    /// what is unwise
    pub message: String,
    /// how to mend it
    pub help: String,
}

/// A policy, ready to be evaluated.
pub struct CompiledPolicy {
    /// what it is
    pub id: PolicyId,
    /// of its content
    pub digest: Digest,
    /// the name people know
    pub name: Arc<str>,
    /// the dialect's name
    pub dialect: &'static str,
    /// the constraint or binding
    pub binding: Option<Arc<str>>,
    /// which requests it is about
    pub matcher: Matcher,
    /// what it asks for where a violation does not say
    pub action: Action,
    /// how bad a violation is where it does not say
    pub severity: Severity,
    /// the judgement
    pub evaluate: Arc<dyn Evaluate>,
}

impl std::fmt::Debug for CompiledPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledPolicy")
            .field("id", &self.id)
            .field("matcher", &self.matcher)
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}
