//! The documentation of what this checkpoint itself reports.

use sekisho_policy::{Reference, Rule, Severity};

/// The rules of schemas, of what is known beside an object, and of exceptions.
pub static RULES: &[&Rule] = &[
    &UNKNOWN_FIELD,
    &REQUIRED_FIELD,
    &UNSERVED_VERSION,
    &ASSUMED_SCOPE,
    &NAMESPACE,
    &EXPIRED_EXCEPTION,
    &UNUSED_EXCEPTION,
];

const FIELD_VALIDATION: Reference = Reference {
    title: "Kubernetes API concepts: field validation",
    url: "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation",
};

static UNKNOWN_FIELD: Rule = Rule {
    id: "schema/unknown-field",
    title: "a field that the kind does not have",
    severity: Severity::Medium,
    what: "Looks for fields that the schema of the object's kind does not have. For built-in kinds \
           that is the schema of kube-apiserver 1.36, for others the CustomResourceDefinition where \
           it is among the inputs or policies.",
    why: "kubectl refuses such an object. A GitOps controller, or any other client without strict \
          field validation, sends it, and the API server drops the field without a word: a misspelt \
          hardening field protects nothing. Policies see the object without the field.",
    example: "spec:\n  containers:\n    - name: web\n      image: web:1\n      securityContext:\n        \
              runAsNonroot: true",
    fix: "spec:\n  containers:\n    - name: web\n      image: web:1\n      securityContext:\n        \
          runAsNonRoot: true",
    references: &[FIELD_VALIDATION],
};

static REQUIRED_FIELD: Rule = Rule {
    id: "schema/required-field",
    title: "a required field is missing",
    severity: Severity::Medium,
    what: "Looks for fields that the kind requires and the object does not have.",
    why: "The API server refuses the object when it comes.",
    example: "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    \
              metadata:\n      labels: {app: web}",
    fix: "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    \
          matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}",
    references: &[FIELD_VALIDATION],
};

static UNSERVED_VERSION: Rule = Rule {
    id: "schema/unserved-version",
    title: "an API version that is no longer served",
    severity: Severity::Medium,
    what: "Looks for versions of built-in kinds that the Kubernetes judged for (kube-apiserver 1.36 \
           without `--kubernetes-version`) does not serve any more, or does not serve yet. A pod \
           template in such an object is judged all the same.",
    why: "The API server does not know the kind in that version and refuses the object.",
    example: "apiVersion: extensions/v1beta1\nkind: Deployment",
    fix: "apiVersion: apps/v1\nkind: Deployment",
    references: &[Reference {
        title: "Kubernetes: deprecated API migration guide",
        url: "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
    }],
};

static ASSUMED_SCOPE: Rule = Rule {
    id: "schema/assumed-scope",
    title: "an object of an unknown kind is taken to be in no namespace",
    severity: Severity::Low,
    what: "Looks for objects of kinds that are neither built in nor defined by a \
           CustomResourceDefinition among the inputs or policies, that name no namespace, and that \
           are judged by a policy to which the namespace matters.",
    why: "Whether such an object is created in the namespace of who applies it, or in none, its \
          definition alone says. It is judged as if it were in none: a policy that leaves namespaces \
          out, or asks for some, may say something else in a cluster.",
    example: "apiVersion: example.com/v1\nkind: Setting\nmetadata:\n  name: a",
    fix: "apiVersion: example.com/v1\nkind: Setting\nmetadata:\n  name: a\n  namespace: shop",
    references: &[FIELD_VALIDATION],
};

static NAMESPACE: Rule = Rule {
    id: "inventory/namespace",
    title: "a Namespace whose labels do not count",
    severity: Severity::Medium,
    what: "Looks for Namespaces that are given more than once, with different labels. A Namespace \
           that is given with the policies counts before one among the manifests; among these, the \
           last one counts.",
    why: "The labels of a namespace decide by what its objects are judged. In a cluster there is \
          one such namespace, and whichever of the manifests came last.",
    example: "kind: Namespace\nmetadata:\n  name: shop\n  labels: \
              {pod-security.kubernetes.io/enforce: restricted}\n---\nkind: Namespace\nmetadata:\n  \
              name: shop\n  labels: {pod-security.kubernetes.io/enforce: privileged}",
    fix: "kind: Namespace\nmetadata:\n  name: shop\n  labels: \
          {pod-security.kubernetes.io/enforce: restricted}",
    references: &[Reference {
        title: "Kubernetes: Pod Security admission labels for namespaces",
        url: "https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces",
    }],
};

static EXPIRED_EXCEPTION: Rule = Rule {
    id: "exception/expired",
    title: "an exception whose time is over",
    severity: Severity::Low,
    what: "Looks for exceptions whose `notAfter` has passed.",
    why: "An expired exception never applies: what it covered counts again. It stays in the policy \
          files as if it did something.",
    example: "spec:\n  notAfter: 2020-01-01T00:00:00Z",
    fix: "spec:\n  notAfter: 2030-01-01T00:00:00Z",
    references: &[],
};

static UNUSED_EXCEPTION: Rule = Rule {
    id: "exception/unused",
    title: "an exception that covers nothing",
    severity: Severity::Low,
    what: "Looks for exceptions that apply now and covered none of the findings of this run.",
    why: "It may name an object or rule that is not there any more, or one that is misspelt. Where \
          only a part of the manifests is judged, it may be in order.",
    example: "spec:\n  rules: [hostNamespace]",
    fix: "spec:\n  rules: [hostNamespaces]",
    references: &[],
};
