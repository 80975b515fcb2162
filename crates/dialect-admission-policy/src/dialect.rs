use crate::rbac;
use crate::read::Reader;
use crate::validation::{Judgement, ValidatingPolicy};
use sekisho_kube_model::Schemas;
use sekisho_policy::{
    Action, CompileContext, Compiled, CompiledPolicy, Dialect, Digest, KindNeeded, Matcher,
    OperationSet, PolicyDocument, PolicyId, PolicyState, PolicyStatus, ResourceRule, Severity,
};
use sekisho_value::{Pointer, Str};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The dialect's name.
pub const NAME: &str = "admission-policy";

/// The API group of the documents.
pub(crate) const GROUP: &str = "admissionregistration.k8s.io";
const POLICY: &str = "ValidatingAdmissionPolicy";
const BINDING: &str = "ValidatingAdmissionPolicyBinding";

/// ValidatingAdmissionPolicy, MutatingAdmissionPolicy and their bindings.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdmissionPolicy;

impl Dialect for AdmissionPolicy {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "ValidatingAdmissionPolicy and MutatingAdmissionPolicy, as the API server applies them"
    }

    fn reads(&self, group: &str, kind: &str) -> bool {
        group == GROUP && (kind == POLICY || kind == BINDING)
    }

    fn compile(&self, documents: &[PolicyDocument<'_>], context: &CompileContext<'_>) -> Compiled {
        let mut run = Run { compiled: Compiled::default(), policies: BTreeMap::new() };
        let of_kind = |kind| documents.iter().filter(move |policy| policy.document.kind() == kind);
        for policy in of_kind(POLICY) {
            run.policy(*policy, context);
        }
        let mut judgements = Vec::new();
        for binding in of_kind(BINDING) {
            judgements.extend(run.binding(*binding, context));
        }
        run.enforce(judgements);
        run.unbound();
        run.compiled
    }
}

/// A policy by its name.
enum Entry {
    Compiled(Arc<ValidatingPolicy>),
    Failed { digest: Digest, reason: String },
}

impl Entry {
    fn digest(&self) -> Digest {
        match self {
            Self::Compiled(policy) => policy.definition.digest,
            Self::Failed { digest, .. } => *digest,
        }
    }
}

struct Run {
    compiled: Compiled,
    policies: BTreeMap<String, Entry>,
}

impl Run {
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
        let read = object
            .map(|object| reader.validating_policy(&object, context.target.kubernetes_version));
        let entry = match read {
            Some(Ok(policy)) if reader.told.is_empty() => Entry::Compiled(Arc::new(policy)),
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

    fn binding(
        &mut self,
        document: PolicyDocument<'_>,
        context: &CompileContext<'_>,
    ) -> Option<Judgement> {
        let (mut reader, object) = Reader::open(document, context.strict);
        let read =
            object.map(|object| (reader.binding(&object), reader.validation_actions(&object)));
        let Some((binding, actions)) = read.filter(|_| reader.told.is_empty()) else {
            self.fail(reader);
            return None;
        };
        match self.policies.get(&binding.policy_name) {
            None => {
                let reason = format!("there is no policy `{}`", binding.policy_name);
                self.state(&binding.id, binding.digest, PolicyStatus::Off, &reason);
                let at = Pointer::root().keys(&["spec", "policyName"]);
                let help = "give the ValidatingAdmissionPolicy with the policies: without it the \
                            binding does nothing";
                reader.fault(&at, reason, help);
                self.compiled.diagnostics.extend(reader.told.diagnostics);
                None
            }
            // What is wrong with the policy is told once.
            Some(Entry::Failed { reason, .. }) => {
                let reason = format!("its policy does not compile: {reason}");
                self.compiled.failed.push((binding.id, binding.digest, reason));
                None
            }
            Some(Entry::Compiled(policy)) => {
                let policy = Arc::clone(policy);
                Some(Judgement { policy, binding, actions, is_last: false })
            }
        }
    }

    /// Policies with their bindings, policy by policy.
    fn enforce(&mut self, mut judgements: Vec<Judgement>) {
        let key = |of: &Judgement| (of.policy.definition.id.clone(), of.binding.id.clone());
        judgements.sort_by_key(key);
        let policies: Vec<PolicyId> =
            judgements.iter().map(|of| of.policy.definition.id.clone()).collect();
        for (index, mut judgement) in judgements.into_iter().enumerate() {
            judgement.is_last = policies.get(index) != policies.get(index + 1);
            self.needs(&judgement);
            self.compiled.policies.push(compiled(judgement));
        }
    }

    /// What a policy looks up.
    fn needs(&mut self, judgement: &Judgement) {
        let ValidatingPolicy { definition, asks_authorizer, .. } = &*judgement.policy;
        if let (Some(kind), Some(_)) = (&definition.param_kind, &judgement.binding.param_ref) {
            let (group, version, kind) =
                (kind.group.clone(), kind.version.clone(), kind.kind.clone());
            self.compiled.needs.push(KindNeeded { group, version, kind });
        }
        if *asks_authorizer {
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
        let bound: BTreeSet<PolicyId> = self
            .compiled
            .policies
            .iter()
            .map(|policy| policy.name.to_string())
            .filter_map(|name| match self.policies.get(&name) {
                Some(Entry::Compiled(policy)) => Some(policy.definition.id.clone()),
                _ => None,
            })
            .collect();
        let unbound: Vec<(PolicyId, Digest)> = self
            .policies
            .values()
            .filter_map(|entry| match entry {
                Entry::Compiled(policy) if !bound.contains(&policy.definition.id) => {
                    Some((policy.definition.id.clone(), policy.definition.digest))
                }
                _ => None,
            })
            .collect();
        for (id, digest) in unbound {
            self.state(&id, digest, PolicyStatus::Off, "no binding names it");
        }
    }
}

fn compiled(judgement: Judgement) -> CompiledPolicy {
    let Judgement { policy, binding, actions, .. } = &judgement;
    let definition = &policy.definition;
    let digest = Digest::of([&definition.digest.as_bytes()[..], &binding.digest.as_bytes()[..]]);
    CompiledPolicy {
        id: binding.id.clone(),
        digest,
        name: Arc::clone(&definition.name),
        dialect: NAME,
        binding: Some(Arc::clone(&binding.name)),
        matcher: matcher(policy),
        action: actions.iter().copied().max().unwrap_or(Action::Off),
        severity: Severity::Medium,
        evaluate: Arc::new(judgement),
    }
}

/// What is certainly no request for a policy is not handed to it: the kinds of plurals that are
/// built in are known, whatever their version and, as some are in two, their group.
fn matcher(policy: &ValidatingPolicy) -> Matcher {
    let rules = &policy.definition.constraints.rules;
    let any = || {
        rules.iter().map(|rule| ResourceRule {
            group: None,
            kind: None,
            operations: rule.operations,
        })
    };
    let named = policy.definition.constraints.plurals().and_then(|plurals| {
        let kinds = plurals.into_iter().map(|(rule, plural)| kinds(plural, rule.operations));
        kinds.collect::<Option<Vec<_>>>()
    });
    let rules = match named {
        Some(named) => named.into_iter().flatten().collect(),
        None => any().collect(),
    };
    Matcher { rules, ..Matcher::default() }
}

/// The built-in kinds of a plural; `None` where there are none.
fn kinds(plural: &str, operations: OperationSet) -> Option<Vec<ResourceRule>> {
    let schemas = Schemas::builtin();
    let kinds: BTreeSet<Str> = schemas
        .kinds()
        .filter(|kind| kind.plural() == plural)
        .map(|kind| Str::new(kind.kind()))
        .collect();
    let rule = |kind: Str| ResourceRule { group: None, kind: Some(kind), operations };
    (!kinds.is_empty()).then(|| kinds.into_iter().map(rule).collect())
}
