//! What is unwise about documents that are in order: the documentation of what is told.

use crate::typing;
use sekisho_policy::{Reference, Rule, Severity};

/// The documentation of what is told.
pub(crate) static RULES: &[&Rule] = &[
    &typing::RULE,
    &UNKNOWN_FIELD,
    &NOT_IN_FORCE,
    &UNSERVED_VERSION,
    &UNKNOWN_RESOURCE,
    &NO_EFFECT,
];

const REFERENCE: Reference = Reference {
    title: "Validating Admission Policy",
    url: "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
};

pub(crate) static UNKNOWN_FIELD: Rule = Rule {
    id: "admission-policy/unknown-field",
    title: "a field that admission policies and bindings do not have",
    severity: Severity::Medium,
    what: "Tells fields of admission policies and their bindings that the API server does not \
           know. It drops them, and `kubectl` warns.",
    why: "A misspelt field does nothing: the policy has fewer conditions, or a binding is about \
          more than it seems to be. With `--strict` it is an error.",
    example: "kind: ValidatingAdmissionPolicyBinding\nspec:\n  policyName: replicas\n  matchResource:\n    \
              namespaceSelector: {matchLabels: {team: a}}",
    fix: "kind: ValidatingAdmissionPolicyBinding\nspec:\n  policyName: replicas\n  matchResources:\n    \
          namespaceSelector: {matchLabels: {team: a}}",
    references: &[REFERENCE],
};

pub(crate) static NOT_IN_FORCE: Rule = Rule {
    id: "admission-policy/not-in-force",
    title: "an admission policy that no binding names",
    severity: Severity::Medium,
    what: "Tells admission policies that no binding among the policies names.",
    why: "A policy judges and changes nothing until a binding puts it in force.",
    example: "kind: ValidatingAdmissionPolicy\nmetadata: {name: replicas}",
    fix: "kind: ValidatingAdmissionPolicyBinding\nmetadata: {name: replicas-everywhere}\nspec: \
          {policyName: replicas, validationActions: [Deny]}",
    references: &[REFERENCE],
};

pub(crate) static UNSERVED_VERSION: Rule = Rule {
    id: "admission-policy/unserved-version",
    title: "an admission policy in a version that the cluster does not serve",
    severity: Severity::Medium,
    what: "Tells admission policies and bindings whose `apiVersion` is not served by the version \
           of Kubernetes that is judged for.",
    why: "The API server does not take them: what they guard here is not guarded in the cluster.",
    example: "# --kubernetes-version v1.29\napiVersion: admissionregistration.k8s.io/v1\nkind: \
              ValidatingAdmissionPolicy",
    fix: "# --kubernetes-version v1.29\napiVersion: admissionregistration.k8s.io/v1beta1\nkind: \
          ValidatingAdmissionPolicy",
    references: &[Reference {
        title: "Deprecated API Migration Guide",
        url: "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
    }],
};

pub(crate) static UNKNOWN_RESOURCE: Rule = Rule {
    id: "admission-policy/unknown-resource",
    title: "a rule about a resource that does not exist",
    severity: Severity::Medium,
    what: "Tells `apiGroups`, `apiVersions`, `resources` and `scope` of rules that are none of the \
           built-in ones, and none of those that CustomResourceDefinitions among the policies \
           define: `apps/v2`, or deployments of the cluster's scope. A group that may well be of a CustomResourceDefinition that is not given is not told of.",
    why: "The rule is about nothing, so that the policy lets through what it was to judge.",
    example: "matchConstraints:\n  resourceRules:\n  - {apiGroups: [apps], apiVersions: [v1], \
              operations: [CREATE], resources: [deploymets]}",
    fix: "matchConstraints:\n  resourceRules:\n  - {apiGroups: [apps], apiVersions: [v1], \
          operations: [CREATE], resources: [deployments]}",
    references: &[REFERENCE],
};

pub(crate) static NO_EFFECT: Rule = Rule {
    id: "admission-policy/no-effect",
    title: "a part of a policy or binding that does nothing",
    severity: Severity::Medium,
    what: "Tells a `paramRef` of a binding whose policy has no `paramKind`, and match conditions \
           that read `namespaceObject`, which is null there.",
    why: "The API server takes both: it judges without parameters, and such a condition is an \
          error in every request, or never what it seems to be.",
    example: "kind: ValidatingAdmissionPolicy\nspec:\n  matchConditions:\n  - {name: a, expression: \
              namespaceObject.metadata.name == 'a'}",
    fix: "kind: ValidatingAdmissionPolicy\nspec:\n  matchConditions:\n  - {name: a, expression: \
          request.namespace == 'a'}",
    references: &[REFERENCE],
};
