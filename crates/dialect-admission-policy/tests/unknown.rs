//! What is not known here, and would be in a cluster, is an error where the verdict hangs on it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_dialect_admission_policy::AdmissionPolicy;
use sekisho_engine::{BuildOptions, Judge, MemoryInventory, PolicySet, Verdict, evaluate};
use sekisho_kube_model::Schemas;
use sekisho_policy::{Bundle, BundleFile, Request, Target, UserInfo};
use sekisho_value::from_json;

/// A policy: what follows `spec` of the policy and of its binding.
fn set(policy: &str, binding: &str) -> PolicySet {
    let yaml = format!(
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
    );
    let file = BundleFile { path: "p.yaml".into(), bytes: yaml.as_bytes().into() };
    let options = BuildOptions {
        dialects: &[&AdmissionPolicy],
        unsupported: |_, _| None,
        target: &Target::default(),
        strict: true,
    };
    let (set, diagnostics) = PolicySet::build(&Bundle::anonymous(vec![file]), &options);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    set
}

fn judge(set: &PolicySet, object: &str, known: &[&str], user: &str) -> Verdict {
    let schemas = Schemas::builtin();
    let created = schemas.create(&from_json(object).unwrap(), "default");
    let mut inventory = MemoryInventory::new();
    for object in known {
        inventory.insert(from_json(object).unwrap());
    }
    let judge = Judge {
        inventory: &inventory,
        schemas: &schemas,
        now: jiff::Timestamp::UNIX_EPOCH,
        implied: false,
        record: false,
        cancelled: None,
    };
    let request = Request {
        gvk: created.decoded.gvk.clone(),
        resource: created.decoded.resource.clone(),
        namespace: created.namespace.clone(),
        name: created.decoded.object.path_str(&["metadata", "name"]).unwrap().into(),
        object: created.decoded.object,
        user: UserInfo { username: user.to_owned(), ..UserInfo::default() },
        ..Request::default()
    };
    evaluate(set, &request, &judge)
}

const RULES: &str = "resourceRules: [{apiGroups: ['', example.com], apiVersions: ['*'], \
                     operations: ['*'], resources: [configmaps, gadgets]}]";
const MAP: &str =
    r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"shop"}}"#;
const LIMITS: &str =
    r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"l","namespace":"other"}}"#;
const SHOP: &str =
    r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"a":"b"}}}"#;
const ROLES: &str = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
    "metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"cluster-admin"},
    "subjects":[{"kind":"User","name":"ann"}]}"#;

/// A role that is not given is one that may allow it.
const UNKNOWN_ROLE: &str = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
    "metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"other"},
    "subjects":[{"kind":"User","name":"ann"}]}"#;

#[test]
fn what_is_not_known_is_an_error_where_it_counts() {
    let selected = |labels: &str| {
        format!(
            "matchConstraints: {{{RULES}, namespaceSelector: {{matchLabels: {{{labels}}}}}}}, \
             validations: [{{expression: 'false', message: refused}}]"
        )
    };
    let says = |expression: &str| {
        format!(
            "matchConstraints: {{{RULES}}}, validations: [{{expression: \"{expression}\", message: \
             refused}}]"
        )
    };
    let with_params = |expression: &str| {
        format!("paramKind: {{apiVersion: v1, kind: ConfigMap}}, {}", says(expression))
    };
    let by_name = "kubernetes.io/metadata.name: ";
    let of_params =
        |action: &str| format!("paramRef: {{name: l, parameterNotFoundAction: {action}}}");
    let kind = |kind: &str| MAP.replace("v1", "example.com/v1").replace("ConfigMap", kind);
    // the policy, the binding, the object, what is known, who asks: denied, or the error
    for (policy, binding, object, known, user, wanted) in [
        // Of a namespace that is not known, the label of its name is.
        (selected("a: b"), String::new(), MAP.to_owned(), &[][..], "", "`shop` is not known"),
        (selected("a: b"), String::new(), MAP.to_owned(), &[SHOP][..], "", "no"),
        (selected("a: c"), String::new(), MAP.to_owned(), &[SHOP][..], "", ""),
        (selected(&format!("{by_name}shop")), String::new(), MAP.to_owned(), &[][..], "", "no"),
        (selected(&format!("{by_name}x, a: b")), String::new(), MAP.to_owned(), &[][..], "", ""),
        // An expression that reads it has no value.
        (
            says("namespaceObject.metadata.name == 'x'"),
            String::new(),
            MAP.to_owned(),
            &[][..],
            "",
            "reads namespace `shop`, which is not known",
        ),
        // A kind that is not known may go by a plural that does not look like it.
        (says("false"), String::new(), kind("Gadget"), &[][..], "", "no"),
        (says("false"), String::new(), kind("Gizmo"), &[][..], "", "plural of"),
        (
            says("false"),
            String::new(),
            kind("Gizmo").replace("example.com", "x.io"),
            &[][..],
            "",
            "",
        ),
        // Where no parameter of the kind is given at all, there may be one.
        (
            with_params("false"),
            of_params("Allow"),
            MAP.to_owned(),
            &[][..],
            "",
            "`shop/l` is not known",
        ),
        (with_params("false"), of_params("Allow"), MAP.to_owned(), &[LIMITS][..], "", ""),
        (with_params("false"), of_params("Deny"), MAP.to_owned(), &[][..], "", "no params found"),
        // Who may do what.
        (
            says("authorizer.path('/x').check('get').allowed()"),
            String::new(),
            MAP.to_owned(),
            &[][..],
            "ann",
            "it is not known who may do what",
        ),
        (
            says("authorizer.path('/x').check('get').allowed()"),
            String::new(),
            MAP.to_owned(),
            &[ROLES][..],
            "ann",
            "",
        ),
        (
            says("authorizer.path('/x').check('get').allowed()"),
            String::new(),
            MAP.to_owned(),
            &[ROLES][..],
            "bob",
            "no",
        ),
        // Whatever the failure policy lets through.
        (
            format!(
                "failurePolicy: Ignore, {}",
                says("authorizer.path('/x').check('get').allowed()")
            ),
            String::new(),
            MAP.to_owned(),
            &[UNKNOWN_ROLE][..],
            "ann",
            "\"other\" not found",
        ),
        // What does not hang on it is what it is.
        (
            says("authorizer.path('/x').check('get').allowed() || true"),
            String::new(),
            MAP.to_owned(),
            &[UNKNOWN_ROLE][..],
            "ann",
            "",
        ),
        // Who asks.
        (
            says("request.userInfo.username == 'ann'"),
            String::new(),
            MAP.to_owned(),
            &[][..],
            "ann",
            "",
        ),
        (
            says("request.userInfo.username == 'ann'"),
            String::new(),
            MAP.to_owned(),
            &[][..],
            "",
            "reads who sends the request",
        ),
    ] {
        let verdict = judge(&set(&policy, &binding), &object, known, user);
        let at = format!("{policy}\n{binding}\n{object}\n{known:?} {user}\n{verdict:#?}");
        match wanted {
            "" => assert!(verdict.allowed() && verdict.judgements.is_empty(), "{at}"),
            "no" => assert!(!verdict.denials.is_empty() && verdict.errors.is_empty(), "{at}"),
            error => {
                let told = verdict.errors.iter().map(|error| error.message.as_str());
                assert!(told.into_iter().any(|message| message.contains(error)), "{error}: {at}");
                assert!(verdict.denials.is_empty(), "{at}");
            }
        }
    }
}
