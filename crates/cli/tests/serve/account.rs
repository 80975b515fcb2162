//! What the account of an installation may do: all that a replica does, and nothing else.

use crate::serving::{Serving, wait};
use crate::wire::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::{Body, Request, TestEnv};
use sekisho_value::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const ACCOUNT: &str = "system:serviceaccount:sekisho-system:sekisho";
const SECRET: &str = "/api/v1/namespaces/sekisho-system/secrets/sekisho-tls";
const WEBHOOK: &str =
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sekisho";

/// Everything that asks for a right.
const VALUES: [&str; 5] = [
    "policies.cluster=true",
    "policies.configMap=pod-security",
    "policies.admissionPolicies=true",
    "server.events=true",
    "webhooks.mutating.enabled=true",
];

/// Kinds that policies come in, by group, version, kind and resource.
const KINDS: [[&str; 4]; 9] = [
    ["templates.gatekeeper.sh", "v1", "ConstraintTemplate", "constrainttemplates"],
    ["constraints.gatekeeper.sh", "v1beta1", "Any", "any"],
    ["mutations.gatekeeper.sh", "v1", "Assign", "assign"],
    ["mutations.gatekeeper.sh", "v1", "AssignImage", "assignimage"],
    ["mutations.gatekeeper.sh", "v1", "AssignMetadata", "assignmetadata"],
    ["mutations.gatekeeper.sh", "v1", "ModifySet", "modifyset"],
    ["expansion.gatekeeper.sh", "v1beta1", "ExpansionTemplate", "expansiontemplate"],
    ["config.gatekeeper.sh", "v1alpha1", "Config", "configs"],
    ["syncset.gatekeeper.sh", "v1alpha1", "SyncSet", "syncsets"],
];

/// The defaults of Pod Security, and a policy that asks who may do what.
const POLICIES: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: pod-security, namespace: sekisho-system}
data:
  configuration: |
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: may}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  validations:
  - {expression: "authorizer.group('').resource('pods').check('create').allowed() || true"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: may}
spec: {policyName: may, validationActions: [Deny]}
"#;

fn definition([group, version, kind, plural]: [&str; 4]) -> String {
    format!(
        "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: \
         {plural}.{group}}}\nspec:\n  group: {group}\n  scope: Cluster\n  names: {{kind: {kind}, \
         plural: {plural}}}\n  versions:\n  - {{name: {version}, served: true, storage: true, \
         schema: {{openAPIV3Schema: {{type: object}}}}}}\n"
    )
}

fn create(env: &TestEnv, yaml: &str) {
    for document in read("test", yaml.as_bytes(), &ReadOptions::default()).documents {
        let answer = env.admin().create(&document.value).unwrap();
        assert!(answer.is_success(), "{}", answer.message());
    }
}

fn patch(env: &TestEnv, path: &str, merge: &str) {
    let body =
        Body::Bytes { content_type: "application/merge-patch+json", bytes: merge.as_bytes() };
    let answer = env.admin().ask(&Request { method: "PATCH", path, body }).unwrap();
    assert!(answer.is_success(), "{}", answer.message());
}

/// The kubeconfig of the account, in a folder.
fn kubeconfig(env: &TestEnv, dir: &Path) -> String {
    let path = "/api/v1/namespaces/sekisho-system/serviceaccounts/sekisho/token";
    let body = Body::Bytes { content_type: "application/json", bytes: b"{}" };
    let answer = env.admin().ask(&Request { method: "POST", path, body }).unwrap();
    let token = answer.body.path_str(&["status", "token"]).unwrap();
    let text = std::fs::read_to_string(env.kubeconfig()).unwrap();
    let (before, rest) = text.split_once("- name: admin\n  user:\n    token: ").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    let file = dir.join("kubeconfig");
    std::fs::write(&file, format!("{before}- name: admin\n  user:\n    token: {token}\n{after}"))
        .unwrap();
    file.to_str().unwrap().to_owned()
}

fn review(kind: &str, resource: &str, operation: &str, object: &str, old: &str) -> Vec<u8> {
    format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u",
        "kind":{{"group":"","version":"v1","kind":"{kind}"}},
        "resource":{{"group":"","version":"v1","resource":"{resource}"}},"name":"default",
        "namespace":"default","operation":"{operation}","userInfo":{{"username":"ann"}},
        "object":{object},"oldObject":{old}}}}}"#
    )
    .into_bytes()
}

/// Rights as `VERB RESOURCE.GROUP`.
type Rights = BTreeSet<String>;

/// What its roles grant.
fn granted(env: &TestEnv) -> Rights {
    let role = "/apis/rbac.authorization.k8s.io/v1/namespaces/sekisho-system/roles/sekisho";
    let mut rights = Rights::new();
    for path in ["/apis/rbac.authorization.k8s.io/v1/clusterroles/sekisho", role] {
        let rules = env.admin().get(path).unwrap().body.get("rules").unwrap().clone();
        for rule in rules.as_array().unwrap() {
            let texts = |field: &str| -> Vec<String> {
                let list = rule.get(field).and_then(Value::as_array).unwrap_or_default();
                list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
            };
            for (group, resource) in texts("apiGroups")
                .iter()
                .flat_map(|group| texts("resources").into_iter().map(move |one| (group, one)))
            {
                for verb in texts("verbs") {
                    rights.insert(format!("{verb} {resource}.{group}"));
                }
            }
        }
    }
    rights
}

/// What it did, discovery and questions about itself apart, and what it was refused.
fn done(env: &TestEnv) -> (Rights, Rights) {
    let (mut done, mut refused) = (Rights::new(), Rights::new());
    for event in env.audit_log().unwrap() {
        let Some(about) = event.get("objectRef") else { continue };
        if event.path_str(&["user", "username"]) != Some(ACCOUNT) {
            continue;
        }
        let text = |field: &str| about.path_str(&[field]).unwrap_or_default();
        let resource = match text("apiGroup") {
            "constraints.gatekeeper.sh" => "*",
            _ => text("resource"),
        };
        let right =
            format!("{} {resource}.{}", event.path_str(&["verb"]).unwrap(), text("apiGroup"));
        let code = event.path(&["responseStatus", "code"]).and_then(Value::as_i64);
        if code == Some(403) {
            refused.insert(right.clone());
        }
        if !resource.starts_with("selfsubject") {
            done.insert(right);
        }
    }
    (done, refused)
}

#[test]
fn its_account_may_do_what_it_does_and_nothing_else() {
    let test = "its_account_may_do_what_it_does_and_nothing_else";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    create(&env, &KINDS.map(definition).concat());
    let mut arguments = vec!["install", "--apply", "--wait", "0"];
    VALUES.iter().for_each(|value| arguments.extend(["--set", value]));
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(&arguments)
        .args(["--kubeconfig", env.kubeconfig().to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    create(&env, POLICIES);

    let dir = tempfile::tempdir().unwrap();
    let replica =
        Serving::deployed(&env, dir.path(), &["--kubeconfig", &kubeconfig(&env, dir.path())]);
    replica.hear("policies are in force");
    let trusts = |line: &&String| line.contains("trusts the certificate");
    wait("both configurations trust it", || {
        (replica.log.lock().unwrap().iter().filter(trusts).count() >= 2).then_some(())
    });
    let webhook = env.admin().get(WEBHOOK).unwrap().body;
    let webhook = &webhook.get("webhooks").and_then(Value::as_array).unwrap()[0];
    let authority = STANDARD.decode(webhook.path_str(&["clientConfig", "caBundle"]).unwrap());
    let authority = String::from_utf8(authority.unwrap()).unwrap();
    let client = Client::new(replica.port, "sekisho.sekisho-system.svc", &authority);
    let ask = |review: Vec<u8>| {
        client.post("/validate?timeout=10s", "content-type: application/json\r\n", &review).1
    };
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"default"},
        "spec":{"hostPID":true,"containers":[{"name":"c","image":"i:1"}]}}"#;
    let refused = ask(review("Pod", "pods", "CREATE", pod, "null"));
    assert!(refused.contains("violates PodSecurity"), "{refused}");
    let namespace = |labels: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"default",
            "labels":{{{labels}}}}}}}"#
        )
    };
    let tightened = namespace(r#""pod-security.kubernetes.io/enforce":"restricted""#);
    ask(review("Namespace", "namespaces", "UPDATE", &tightened, &namespace("")));
    patch(&env, SECRET, r#"{"metadata":{"annotations":{"sekisho.dev/renew":"now"}}}"#);

    let granted = granted(&env);
    // It looks after its certificate every few seconds.
    let started = Instant::now();
    let (done, refused) = loop {
        let (done, refused) = done(&env);
        let unused: Vec<&String> = granted.difference(&done).collect();
        if unused.is_empty() {
            break (done, refused);
        }
        assert!(started.elapsed() < Duration::from_secs(120), "it never needs {unused:?}");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(granted.contains("list pods.") && granted.len() > 30, "{granted:?}");
    assert_eq!(refused, Rights::new(), "it was refused");
    assert_eq!(done, granted, "and what it did was granted");
}
