//! Policies of a test, compiled, and requests that are judged by them.

use sekisho_dialect_admission_policy::AdmissionPolicy;
use sekisho_engine::{BuildOptions, Judge, PolicySet};
use sekisho_kube_model::Schemas;
use sekisho_policy::{Bundle, BundleFile, Inventory, KubernetesVersion, Request, Target, UserInfo};
use sekisho_report::Diagnostic;
use sekisho_value::from_json;
use std::sync::LazyLock;

/// A ValidatingAdmissionPolicy `p` and its binding `b`: what stands in the `spec` of each.
pub(crate) fn bound(policy: &str, binding: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: p}}
spec: {{{policy}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: b}}
spec: {{policyName: p, validationActions: [Deny], {binding}}}
"
    )
}

/// What a file, `p.yaml`, compiles to.
pub(crate) fn compile(yaml: &str) -> (PolicySet, Vec<Diagnostic>) {
    compile_files(&[("p.yaml", yaml)], KubernetesVersion::NEWEST, false)
}

/// What files compile to.
pub(crate) fn compile_files(
    files: &[(&str, &str)],
    kubernetes_version: KubernetesVersion,
    strict: bool,
) -> (PolicySet, Vec<Diagnostic>) {
    let file = |(path, yaml): &(&str, &str)| BundleFile {
        path: (*path).into(),
        bytes: yaml.as_bytes().into(),
    };
    let options = BuildOptions {
        dialects: &[&AdmissionPolicy],
        unsupported: |_, _| None,
        target: &Target { kubernetes_version, ..Target::default() },
        strict,
    };
    PolicySet::build(&Bundle::anonymous(files.iter().map(file).collect()), &options)
}

/// What a file with which nothing is wrong compiles to.
pub(crate) fn in_order(yaml: &str) -> PolicySet {
    let (set, told) = compile_files(&[("p.yaml", yaml)], KubernetesVersion::NEWEST, true);
    assert!(told.is_empty(), "{told:?}");
    set
}

/// The request of a user to create an object.
pub(crate) fn creation(object: &str, user: &str) -> Request {
    let created = Schemas::builtin().create(&from_json(object).unwrap(), "default");
    let decoded = created.decoded;
    Request {
        gvk: decoded.gvk,
        resource: decoded.resource,
        namespace: created.namespace,
        name: decoded.object.path_str(&["metadata", "name"]).unwrap().into(),
        object: decoded.object,
        user: UserInfo { username: user.to_owned(), ..UserInfo::default() },
        ..Request::default()
    }
}

/// Judges by what is known, and by nothing that changes from one run to the next.
pub(crate) fn judge(inventory: &dyn Inventory) -> Judge<'_> {
    static SCHEMAS: LazyLock<Schemas> = LazyLock::new(Schemas::builtin);
    Judge {
        inventory,
        schemas: &SCHEMAS,
        now: jiff::Timestamp::UNIX_EPOCH,
        implied: false,
        record: false,
        cancelled: None,
    }
}
