//! A policy set, and requests to it.

use sekisho_dialect_gatekeeper::Gatekeeper;
use sekisho_engine::{BuildOptions, Judge, MemoryInventory, PolicySet, Verdict, evaluate};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_policy::{Bundle, BundleFile, Form, Point, Request, Target};
use sekisho_report::Diagnostic;
use sekisho_value::{Value, from_json};

/// A policy set of these texts; nothing may be wrong with them.
pub(crate) fn set(policies: &str) -> PolicySet {
    let (set, diagnostics) = build(policies);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    set
}

pub(crate) fn build(policies: &str) -> (PolicySet, Vec<Diagnostic>) {
    build_as(policies, false)
}

/// The same, with `--strict` or without.
pub(crate) fn build_as(policies: &str, strict: bool) -> (PolicySet, Vec<Diagnostic>) {
    let bytes = policies.as_bytes().into();
    let bundle = Bundle::anonymous(vec![BundleFile { path: "policies.yaml".into(), bytes }]);
    let options = BuildOptions {
        dialects: &[&Gatekeeper],
        unsupported: |_, _| None,
        target: &Target::default(),
        strict,
    };
    PolicySet::build(&bundle, &options)
}

/// A template of Rego, and a constraint of it that is called `only`.
pub(crate) fn policy(rego: &str, spec: &str) -> String {
    let indented: Vec<String> = rego.lines().map(|line| format!("      {line}")).collect();
    format!(
        "apiVersion: templates.gatekeeper.sh/v1beta1
kind: ConstraintTemplate
metadata: {{name: found}}
spec:
  crd: {{spec: {{names: {{kind: Found}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
{}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Found
metadata: {{name: only}}
spec: {spec}
",
        indented.join("\n")
    )
}

pub(crate) fn json(text: &str) -> Value {
    from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The creation of an object.
pub(crate) fn create(object: &Value) -> Request {
    let text = |path: &[&str]| object.path_str(path).unwrap_or_default();
    Request {
        gvk: Gvk::of(object).unwrap(),
        name: text(&["metadata", "name"]).into(),
        namespace: Some(text(&["metadata", "namespace"]).into())
            .filter(|name: &sekisho_value::Str| !name.is_empty()),
        object: object.clone(),
        ..Request::default()
    }
}

/// The same as Gatekeeper's CLI has it.
pub(crate) fn bare(object: &Value) -> Request {
    Request { point: Point::Gator, form: Form::Bare, ..create(object) }
}

/// What a set says of a request.
pub(crate) fn judge(set: &PolicySet, request: &Request, inventory: &[Value]) -> Verdict {
    let mut known = MemoryInventory::new();
    for object in inventory {
        known.insert(object.clone());
    }
    judge_in(set, request, &known)
}

/// What a set says of a request, with all that is known beside it.
pub(crate) fn judge_in(set: &PolicySet, request: &Request, known: &MemoryInventory) -> Verdict {
    let schemas = Schemas::builtin();
    let judge = Judge {
        inventory: known,
        schemas: &schemas,
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        implied: false,
        record: true,
        cancelled: None,
    };
    evaluate(set, request, &judge)
}

/// The messages of a verdict, in their order.
pub(crate) fn messages(verdict: &Verdict) -> Vec<&str> {
    verdict.judgements.iter().map(|judgement| judgement.message.as_str()).collect()
}

/// The errors of a verdict.
pub(crate) fn errors(verdict: &Verdict) -> Vec<&str> {
    verdict.errors.iter().map(|error| error.message.as_str()).collect()
}
