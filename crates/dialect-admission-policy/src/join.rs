//! Policies of one sort and the bindings that put them in force.

use crate::advice::{NO_EFFECT, NOT_IN_FORCE};
use crate::rbac;
use crate::read::{Binding, Definition, Reader};
use sekisho_cel::EnvironmentError;
use sekisho_cel::kubernetes::KindTypes;
use sekisho_policy::{
    Advice, CompileContext, Compiled, Digest, KindNeeded, KubernetesVersion, PolicyDocument,
    PolicyId, PolicyState, PolicyStatus,
};
use sekisho_value::{Pointer, Str, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A policy of one sort.
pub(crate) trait Policy: Sized {
    /// Of its documents.
    const KIND: &'static str;
    /// Of those of its bindings.
    const BINDING: &'static str;

    /// Reads one.
    ///
    /// # Errors
    /// Never, but that CEL's libraries are broken.
    fn read(
        reader: &mut Reader<'_>,
        object: &Value,
        version: KubernetesVersion,
    ) -> Result<Self, EnvironmentError>;

    fn definition(&self) -> &Definition;

    /// What is unwise about it.
    fn advice(
        &self,
        document: &PolicyDocument<'_>,
        object: &Value,
        context: &CompileContext<'_>,
        types: &KindTypes<'_>,
    ) -> Vec<Advice> {
        let _ = (document, object, context, types);
        Vec::new()
    }

    fn asks_authorizer(&self) -> bool;
}

/// A policy by its name.
struct Entry<'d, P> {
    document: PolicyDocument<'d>,
    /// or why it does not compile
    policy: Result<Arc<P>, String>,
}

/// Policies of one sort, while they are joined with their bindings.
pub(crate) struct Join<'c, 'd, P> {
    pub(crate) compiled: &'c mut Compiled,
    context: &'c CompileContext<'d>,
    types: &'c KindTypes<'d>,
    policies: BTreeMap<&'d str, Entry<'d, P>>,
    bindings: BTreeMap<&'d str, PolicyDocument<'d>>,
    /// the names of policies that a binding names, be it in order or not
    named: BTreeSet<String>,
}

impl<'c, 'd, P: Policy> Join<'c, 'd, P> {
    /// The pairs among documents: each policy with each of its bindings, in the order of their
    /// names. `beside` reads what a binding has that others do not.
    pub(crate) fn pairs<B>(
        compiled: &'c mut Compiled,
        documents: &[PolicyDocument<'d>],
        context: &'c CompileContext<'d>,
        types: &'c KindTypes<'d>,
        beside: impl Fn(&mut Reader<'_>, &Value) -> B,
    ) -> Vec<(Arc<P>, Binding, B)> {
        let mut join = Self {
            compiled,
            context,
            types,
            policies: BTreeMap::new(),
            bindings: BTreeMap::new(),
            named: BTreeSet::new(),
        };
        let of_kind = |kind| documents.iter().filter(move |policy| policy.document.kind() == kind);
        for policy in of_kind(P::KIND) {
            join.policy(*policy);
        }
        let mut pairs = Vec::new();
        for binding in of_kind(P::BINDING) {
            pairs.extend(join.binding(*binding, &beside));
        }
        pairs.sort_by_key(|(policy, binding, _)| {
            (policy.definition().id.clone(), binding.id.clone())
        });
        for (policy, binding, _) in &pairs {
            join.needs(policy, binding);
        }
        join.unbound();
        pairs
    }

    fn fail(&mut self, reader: Reader<'_>) {
        let (id, digest, reason) = (reader.id(), reader.document.digest, reader.told.reason());
        self.compiled.failed.push((id, digest, reason));
        self.compiled.diagnostics.extend(reader.told.in_order());
        self.compiled.advice.extend(reader.advice);
    }

    fn state(&mut self, id: &PolicyId, digest: Digest, status: PolicyStatus, reason: &str) {
        self.compiled.states.push(PolicyState {
            id: id.as_str().to_owned(),
            digest: digest.to_string(),
            status,
            reason: Some(reason.to_owned()),
        });
    }

    fn policy(&mut self, document: PolicyDocument<'d>) {
        let name = document.document.name().unwrap_or_default();
        let before = self.policies.get(name).map(|entry| entry.document);
        if before.is_some_and(|before| before.digest == document.digest) {
            return;
        }
        let (mut reader, object) = Reader::open(document, self.context);
        if let Some(before) = before {
            stands_twice(&mut reader, "policy", before);
        }
        let release = self.context.target.kubernetes_version;
        let read = object.as_ref().map(|of| P::read(&mut reader, of, release));
        let policy = match read {
            Some(Ok(policy)) if reader.told.is_empty() => {
                let object = object.unwrap_or_default();
                let advice = policy.advice(&document, &object, self.context, self.types);
                self.compiled.advice.extend(std::mem::take(&mut reader.advice));
                self.compiled.advice.extend(advice);
                Ok(Arc::new(policy))
            }
            Some(Err(error)) => {
                let message = format!("the libraries of CEL are broken: {error}");
                reader.fault(&Pointer::root(), message, "report this");
                Err(reader.told.reason())
            }
            _ => Err(reader.told.reason()),
        };
        if policy.is_err() {
            self.fail(reader);
        }
        self.policies.entry(name).or_insert(Entry { document, policy });
    }

    fn binding<B>(
        &mut self,
        document: PolicyDocument<'d>,
        beside: impl Fn(&mut Reader<'_>, &Value) -> B,
    ) -> Option<(Arc<P>, Binding, B)> {
        let name = document.document.name().unwrap_or_default();
        let before = self.bindings.get(name).copied();
        if before.is_some_and(|before| before.digest == document.digest) {
            return None;
        }
        self.bindings.entry(name).or_insert(document);
        let (mut reader, object) = Reader::open(document, self.context);
        if let Some(before) = before {
            stands_twice(&mut reader, "binding", before);
        }
        if let Some(named) = document.document.value.path_str(&["spec", "policyName"]) {
            self.named.insert(named.to_owned());
        }
        let read = object.map(|object| (reader.binding(&object), beside(&mut reader, &object)));
        let Some((binding, beside)) = read.filter(|_| reader.told.is_empty()) else {
            self.fail(reader);
            return None;
        };
        self.compiled.advice.extend(std::mem::take(&mut reader.advice));
        match self.policies.get(binding.policy_name.as_str()).map(|entry| &entry.policy) {
            None => {
                let reason = format!("there is no policy `{}`", binding.policy_name);
                self.state(&binding.id, binding.digest, PolicyStatus::Off, &reason);
                let at = Pointer::root().keys(&["spec", "policyName"]);
                let help = format!(
                    "give the {} with the policies: without it the binding does nothing",
                    P::KIND
                );
                reader.fault(&at, reason, &help);
                self.compiled.diagnostics.extend(reader.told.in_order());
                None
            }
            // What is wrong with the policy is told once.
            Some(Err(reason)) => {
                let reason = format!("its policy does not compile: {reason}");
                self.compiled.failed.push((binding.id, binding.digest, reason));
                None
            }
            Some(Ok(policy)) => {
                let policy = Arc::clone(policy);
                if policy.definition().param_kind.is_none() && binding.param_ref.is_some() {
                    let at = Pointer::root().keys(&["spec", "paramRef"]);
                    let message = format!(
                        "policy `{}` has no `paramKind`: no parameter is read",
                        binding.policy_name
                    );
                    let help = "give the policy a `paramKind`, or take `paramRef` away".to_owned();
                    reader.advise(&NO_EFFECT, &at, message, help);
                    self.compiled.advice.append(&mut reader.advice);
                }
                Some((policy, binding, beside))
            }
        }
    }

    /// What a policy looks up.
    fn needs(&mut self, policy: &P, binding: &Binding) {
        if let (Some(kind), Some(_)) = (&policy.definition().param_kind, &binding.param_ref) {
            let (group, version, kind) =
                (kind.group.clone(), kind.version.clone(), kind.kind.clone());
            self.compiled.needs.push(KindNeeded { group, version, kind, offline: false });
        }
        if policy.asks_authorizer() {
            let (group, version) = (Str::new(rbac::GROUP), Str::default());
            self.compiled.needs.extend(rbac::KINDS.map(|kind| KindNeeded {
                group: group.clone(),
                version: version.clone(),
                kind: kind.into(),
                offline: true,
            }));
        }
    }

    /// A policy that no binding names does nothing.
    fn unbound(&mut self) {
        for (name, entry) in &self.policies {
            let Ok(policy) = &entry.policy else { continue };
            if self.named.contains(*name) {
                continue;
            }
            let definition = policy.definition();
            self.compiled.states.push(PolicyState {
                id: definition.id.as_str().to_owned(),
                digest: definition.digest.to_string(),
                status: PolicyStatus::Off,
                reason: Some("no binding names it".to_owned()),
            });
            self.compiled.advice.push(Advice {
                policy: definition.id.clone(),
                rule: &NOT_IN_FORCE,
                document: entry.document.document.clone(),
                pointer: Pointer::root().keys(&["metadata", "name"]),
                place: None,
                message: format!("no binding names `{name}`: it does nothing"),
                help: format!("give a {} of it with the policies", P::BINDING),
            });
        }
    }
}

/// Tells that what is read goes by the name of something else.
fn stands_twice(reader: &mut Reader<'_>, what: &str, before: PolicyDocument<'_>) {
    let at = Pointer::root().keys(&["metadata", "name"]);
    let line = before.document.locate(&at).line;
    let place = format!("{}:{line}", before.document.source().name);
    let message = format!("another {what} of the same name says something else, in `{place}`");
    reader.fault(&at, message, "give them different names, or take one away");
}
