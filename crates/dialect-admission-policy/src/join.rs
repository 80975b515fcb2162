//! Policies of one sort and the bindings that put them in force.

use crate::rbac;
use crate::read::{Binding, Definition, Reader};
use sekisho_cel::EnvironmentError;
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
    ) -> Vec<Advice> {
        let _ = (document, object, context);
        Vec::new()
    }

    fn asks_authorizer(&self) -> bool;
}

/// A policy by its name.
enum Entry<P> {
    Compiled(Arc<P>),
    Failed { digest: Digest, reason: String },
}

impl<P: Policy> Entry<P> {
    fn digest(&self) -> Digest {
        match self {
            Self::Compiled(policy) => policy.definition().digest,
            Self::Failed { digest, .. } => *digest,
        }
    }
}

/// Policies of one sort, while they are joined with their bindings.
pub(crate) struct Join<'c, P> {
    pub(crate) compiled: &'c mut Compiled,
    policies: BTreeMap<String, Entry<P>>,
    bound: BTreeSet<PolicyId>,
}

impl<'c, P: Policy> Join<'c, P> {
    /// The pairs among documents: each policy with each of its bindings, in the order of their
    /// names. `beside` reads what a binding has that others do not.
    pub(crate) fn pairs<B>(
        compiled: &'c mut Compiled,
        documents: &[PolicyDocument<'_>],
        context: &CompileContext<'_>,
        beside: impl Fn(&mut Reader<'_>, &Value) -> B,
    ) -> Vec<(Arc<P>, Binding, B)> {
        let mut join = Self { compiled, policies: BTreeMap::new(), bound: BTreeSet::new() };
        let of_kind = |kind| documents.iter().filter(move |policy| policy.document.kind() == kind);
        for policy in of_kind(P::KIND) {
            join.policy(*policy, context);
        }
        let mut pairs = Vec::new();
        for binding in of_kind(P::BINDING) {
            pairs.extend(join.binding(*binding, context, &beside));
        }
        pairs.sort_by_key(|(policy, binding, _)| {
            (policy.definition().id.clone(), binding.id.clone())
        });
        for (policy, binding, _) in &pairs {
            join.bound.insert(policy.definition().id.clone());
            join.needs(policy, binding);
        }
        join.unbound();
        pairs
    }

    fn fail(&mut self, reader: Reader<'_>) {
        let (id, digest, reason) = (reader.id(), reader.document.digest, reader.told.reason());
        self.compiled.failed.push((id, digest, reason));
        self.compiled.diagnostics.extend(reader.told.diagnostics);
    }

    fn state(&mut self, id: &PolicyId, digest: Digest, status: PolicyStatus, reason: &str) {
        self.compiled.states.push(PolicyState {
            id: id.as_str().to_owned(),
            digest: digest.to_string(),
            status,
            reason: Some(reason.to_owned()),
        });
    }

    fn policy(&mut self, document: PolicyDocument<'_>, context: &CompileContext<'_>) {
        let (mut reader, object) = Reader::open(document, context.strict);
        let name = document.document.name().unwrap_or_default();
        match self.policies.get(name) {
            Some(before) if before.digest() == document.digest => return,
            Some(_) => {
                let at = Pointer::root().keys(&["metadata", "name"]);
                let message = "another policy of the same name says something else";
                reader.fault(&at, message, "give them different names, or take one away");
            }
            None => {}
        }
        let read =
            object.as_ref().map(|of| P::read(&mut reader, of, context.target.kubernetes_version));
        let entry = match read {
            Some(Ok(policy)) if reader.told.is_empty() => {
                let object = object.unwrap_or_default();
                self.compiled.advice.extend(policy.advice(&document, &object, context));
                Entry::Compiled(Arc::new(policy))
            }
            Some(Err(error)) => {
                let message = format!("the libraries of CEL are broken: {error}");
                reader.fault(&Pointer::root(), message, "report this");
                Entry::Failed { digest: document.digest, reason: reader.told.reason() }
            }
            _ => Entry::Failed { digest: document.digest, reason: reader.told.reason() },
        };
        if let Entry::Failed { .. } = entry {
            self.fail(reader);
        }
        self.policies.entry(name.to_owned()).or_insert(entry);
    }

    fn binding<B>(
        &mut self,
        document: PolicyDocument<'_>,
        context: &CompileContext<'_>,
        beside: impl Fn(&mut Reader<'_>, &Value) -> B,
    ) -> Option<(Arc<P>, Binding, B)> {
        let (mut reader, object) = Reader::open(document, context.strict);
        let read = object.map(|object| (reader.binding(&object), beside(&mut reader, &object)));
        let Some((binding, beside)) = read.filter(|_| reader.told.is_empty()) else {
            self.fail(reader);
            return None;
        };
        match self.policies.get(&binding.policy_name) {
            None => {
                let reason = format!("there is no policy `{}`", binding.policy_name);
                self.state(&binding.id, binding.digest, PolicyStatus::Off, &reason);
                let at = Pointer::root().keys(&["spec", "policyName"]);
                let help = format!(
                    "give the {} with the policies: without it the binding does nothing",
                    P::KIND
                );
                reader.fault(&at, reason, &help);
                self.compiled.diagnostics.extend(reader.told.diagnostics);
                None
            }
            // What is wrong with the policy is told once.
            Some(Entry::Failed { reason, .. }) => {
                let reason = format!("its policy does not compile: {reason}");
                self.compiled.failed.push((binding.id, binding.digest, reason));
                None
            }
            Some(Entry::Compiled(policy)) => Some((Arc::clone(policy), binding, beside)),
        }
    }

    /// What a policy looks up.
    fn needs(&mut self, policy: &P, binding: &Binding) {
        if let (Some(kind), Some(_)) = (&policy.definition().param_kind, &binding.param_ref) {
            let (group, version, kind) =
                (kind.group.clone(), kind.version.clone(), kind.kind.clone());
            self.compiled.needs.push(KindNeeded { group, version, kind });
        }
        if policy.asks_authorizer() {
            let (group, version) = (Str::new(rbac::GROUP), Str::default());
            self.compiled.needs.extend(rbac::KINDS.map(|kind| KindNeeded {
                group: group.clone(),
                version: version.clone(),
                kind: kind.into(),
            }));
        }
    }

    /// A policy that no binding names does nothing.
    fn unbound(&mut self) {
        let unbound: Vec<(PolicyId, Digest)> = self
            .policies
            .values()
            .filter_map(|entry| match entry {
                Entry::Compiled(policy) => {
                    let definition = policy.definition();
                    let bound = self.bound.contains(&definition.id);
                    (!bound).then(|| (definition.id.clone(), definition.digest))
                }
                Entry::Failed { .. } => None,
            })
            .collect();
        for (id, digest) in unbound {
            self.state(&id, digest, PolicyStatus::Off, "no binding names it");
        }
    }
}
