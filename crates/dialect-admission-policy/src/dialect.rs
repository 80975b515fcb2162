use crate::advice;
use crate::join::Join;
use crate::matching;
use crate::mutation::{Bound, MutatingPolicy, Mutators};
use crate::read::Reader;
use crate::validation::{Judgement, ValidatingPolicy};
use sekisho_cel::kubernetes::KindTypes;
use sekisho_kube_model::Schemas;
use sekisho_policy::{
    Action, CompileContext, Compiled, CompiledMutators, CompiledPolicy, Dialect, Digest, Matcher,
    PolicyDocument, PolicyId, ResourceRule, Rule, Severity, Told,
};
use sekisho_value::{Pointer, Str, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The dialect's name.
pub const NAME: &str = "admission-policy";

/// The API group of the documents.
pub(crate) const GROUP: &str = "admissionregistration.k8s.io";
/// The kinds of the documents.
const KINDS: [&str; 4] = [
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
];

/// The kinds of the group that are none of ours.
const OTHERS: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

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
        // A misspelt kind of the group is a policy that nobody would miss.
        group == GROUP && !OTHERS.contains(&kind)
    }

    fn names_needs(&self) -> bool {
        true
    }

    fn rules(&self) -> &'static [&'static Rule] {
        advice::RULES
    }

    fn compile(&self, documents: &[PolicyDocument<'_>], context: &CompileContext<'_>) -> Compiled {
        let mut compiled = Compiled::default();
        unknown_kinds(&mut compiled, documents);
        let types = KindTypes::new(context.schemas);
        validating(&mut compiled, documents, context, &types);
        mutating(&mut compiled, documents, context, &types);
        compiled
    }
}

fn unknown_kinds(compiled: &mut Compiled, documents: &[PolicyDocument<'_>]) {
    for policy in documents.iter().filter(|policy| !KINDS.contains(&policy.document.kind())) {
        let mut told = Told::of(policy.document);
        let message = format!("`{GROUP}` has no such kind");
        let help = format!("the policies and bindings of the group are {}", KINDS.join(", "));
        told.fault(Pointer::root().key("kind"), message, &help);
        compiled.diagnostics.extend(told.in_order());
    }
}

/// Policies that judge.
fn validating(
    compiled: &mut Compiled,
    documents: &[PolicyDocument<'_>],
    context: &CompileContext<'_>,
    types: &KindTypes<'_>,
) {
    let actions = |reader: &mut Reader<'_>, binding: &Value| reader.validation_actions(binding);
    let pairs = Join::<ValidatingPolicy>::pairs(compiled, documents, context, types, actions);
    let policies: Vec<PolicyId> =
        pairs.iter().map(|(policy, ..)| policy.definition.id.clone()).collect();
    for (index, (policy, binding, actions)) in pairs.into_iter().enumerate() {
        let is_last = policies.get(index) != policies.get(index + 1);
        compiled.policies.push(judged(Judgement { policy, binding, actions, is_last }));
    }
}

/// Policies that change objects.
fn mutating(
    compiled: &mut Compiled,
    documents: &[PolicyDocument<'_>],
    context: &CompileContext<'_>,
    types: &KindTypes<'_>,
) {
    let pairs = Join::<MutatingPolicy>::pairs(compiled, documents, context, types, |_, _| ());
    if pairs.is_empty() {
        return;
    }
    let of_both = |bound: &Bound| {
        let (policy, binding) = (&bound.policy.definition, &bound.binding);
        (binding.id.clone(), both(policy.digest, binding.digest))
    };
    let bound: Vec<Bound> =
        pairs.into_iter().map(|(policy, binding, ())| Bound { policy, binding }).collect();
    compiled.mutators = Some(CompiledMutators {
        dialect: NAME,
        policies: bound.iter().map(of_both).collect(),
        mutate: Arc::new(Mutators { bound }),
    });
}

fn both(policy: Digest, binding: Digest) -> Digest {
    Digest::of([&policy.as_bytes()[..], &binding.as_bytes()[..]])
}

fn judged(judgement: Judgement) -> CompiledPolicy {
    let Judgement { policy, binding, actions, .. } = &judgement;
    let definition = &policy.definition;
    let digest = both(definition.digest, binding.digest);
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
    let constraints = &policy.definition.constraints;
    let any = |rule: &matching::ResourceRule| of_kind(rule, None, None);
    let rules = match constraints.plurals() {
        Some(plurals) => {
            plurals.into_iter().flat_map(|(rule, plural)| kinds(rule, plural)).collect()
        }
        None => constraints.rules.iter().map(any).collect(),
    };
    Matcher { rules, ..Matcher::default() }
}

/// The built-in kinds of a plural, and all of groups that a rule names and that are not built in: the
/// plural may be one of theirs. Any kind where the plural is not built in.
fn kinds(rule: &matching::ResourceRule, plural: &str) -> Vec<ResourceRule> {
    let schemas = Schemas::builtin();
    let of_plural = schemas.kinds().filter(|kind| kind.plural() == plural);
    let kinds: BTreeSet<Str> = of_plural.map(|kind| Str::new(kind.kind())).collect();
    if kinds.is_empty() {
        return vec![of_kind(rule, None, None)];
    }
    let is_custom =
        |group: &&Str| *group != "*" && schemas.kinds().all(|kind| *group != kind.group());
    let groups = rule.groups.iter().filter(is_custom);
    let groups = groups.map(|group| of_kind(rule, Some(group.clone()), None));
    groups.chain(kinds.into_iter().map(|kind| of_kind(rule, None, Some(kind)))).collect()
}

fn of_kind(rule: &matching::ResourceRule, group: Option<Str>, kind: Option<Str>) -> ResourceRule {
    ResourceRule { group, kind, operations: rule.operations }
}
