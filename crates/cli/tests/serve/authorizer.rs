//! `authorizer` in policies: the webhook is told by the API server what the API server's own plugin
//! is told within it.

use crate::serving::{LEAD_IN, Serving, wait};
use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::TestEnv;
use sekisho_value::{Value, from_json};

/// Who may do what: all testers may create pods, and one of them more.
const ROLES: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: tester}
rules:
- {apiGroups: [""], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: testers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: tester}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: testers}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deleter, namespace: default}
rules:
- {apiGroups: [""], resources: [pods], verbs: [delete]}
- {apiGroups: [""], resources: [pods], verbs: [get], resourceNames: [named]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deleters, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deleter}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: ann}
- {kind: ServiceAccount, name: deployer, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: prober}
rules:
- {nonResourceURLs: [/metrics], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: probers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: prober}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: bob}]
"#;

/// What is asked about a pod of each name, and who of the two is let through.
const QUESTIONS: [(&str, &str, [bool; 2]); 12] = [
    (
        "group",
        "authorizer.group('').resource('pods').namespace('default').check('delete').allowed()",
        [true, false],
    ),
    (
        "elsewhere",
        "authorizer.group('').resource('pods').namespace('other').check('delete').allowed()",
        [false, false],
    ),
    (
        "account",
        "authorizer.serviceAccount('default', 'deployer').group('').resource('pods')\
         .namespace('default').check('delete').allowed()",
        [true, true],
    ),
    (
        "nobody",
        "authorizer.serviceAccount('default', 'nobody').group('').resource('pods')\
         .namespace('default').check('delete').allowed()",
        [false, false],
    ),
    ("own", "authorizer.requestResource.check('create').allowed()", [true, true]),
    ("own-deleted", "authorizer.requestResource.check('delete').allowed()", [true, false]),
    ("named", "authorizer.requestResource.check('get').allowed()", [true, false]),
    ("renamed", "authorizer.requestResource.name('x').check('get').allowed()", [false, false]),
    ("log", "authorizer.requestResource.subresource('log').check('get').allowed()", [false, false]),
    ("path", "authorizer.path('/metrics').check('get').allowed()", [false, true]),
    (
        "reason",
        "authorizer.requestResource.check('delete').reason() == 'RBAC: allowed by RoleBinding \
         \"deleters/default\" of Role \"deleter\" to User \"ann\"'",
        [true, false],
    ),
    (
        "selectors",
        "!authorizer.requestResource.fieldSelector('spec.nodeName=a').labelSelector('!!')\
         .check('delete').errored() && authorizer.requestResource.labelSelector('a=b')\
         .check('delete').error() == ''",
        [true, true],
    ),
];

/// A policy that asks each about the pod of its name, and the binding that has it.
fn policy() -> [Value; 2] {
    let validations: Vec<String> = QUESTIONS
        .iter()
        .map(|(name, expression, _)| {
            let expression = format!("object.metadata.name != '{name}' || {expression}");
            let expression = Value::from(expression.as_str()).to_json();
            format!(r#"{{"expression":{expression},"message":"{name} is not allowed"}}"#)
        })
        .collect();
    [
        format!(
            r#"{{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy",
            "metadata":{{"name":"asks"}},"spec":{{"matchConstraints":{{"resourceRules":[{{
            "apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"]}}]}},
            "validations":[{}]}}}}"#,
            validations.join(",")
        ),
        r#"{"apiVersion":"admissionregistration.k8s.io/v1",
        "kind":"ValidatingAdmissionPolicyBinding","metadata":{"name":"asks"},
        "spec":{"policyName":"asks","validationActions":["Deny"]}}"#
            .to_owned(),
    ]
    .map(|text| from_json(&text).unwrap())
}

fn pod(name: &str) -> Value {
    crate::serving::pod(name, r#"{"containers":[{"name":"c","image":"i"}]}"#)
}

/// What each user is told of each pod, in the API server's words; nothing where it is taken.
fn told(env: &TestEnv) -> Vec<[Option<String>; 2]> {
    let of = |user: &str, name: &str| {
        let user = env.as_user(user).in_group("testers");
        let answer = user.create_dry_run(&pod(name)).unwrap();
        (!answer.is_success()).then(|| format!("{} {}", answer.status, answer.message()))
    };
    QUESTIONS.iter().map(|(name, ..)| ["ann", "bob"].map(|user| of(user, name))).collect()
}

fn create(env: &TestEnv, object: &Value) {
    let answer = env.admin().create(object).unwrap();
    assert!(answer.is_success(), "{}", answer.message());
}

#[test]
fn authorizer_says_what_it_says_within_the_api_server() {
    let test = "authorizer_says_what_it_says_within_the_api_server";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    let roles = read("roles", ROLES.as_bytes(), &ReadOptions::default());
    roles.documents.iter().for_each(|role| create(&env, &role.value));
    let policy = policy();
    policy.iter().for_each(|object| create(&env, object));
    let refused =
        || (!env.admin().create_dry_run(&pod("nobody")).unwrap().is_success()).then_some(());
    wait("the API server asks the policy", refused);
    let by_plugin = told(&env);
    for ((name, _, allowed), told) in QUESTIONS.iter().zip(&by_plugin) {
        let taken = [told[0].is_none(), told[1].is_none()];
        assert_eq!(taken, *allowed, "{name}: {told:?}");
    }

    // The same policy, this time behind the webhook.
    let group = "/apis/admissionregistration.k8s.io/v1";
    for kind in ["validatingadmissionpolicybindings", "validatingadmissionpolicies"] {
        assert!(env.admin().delete(&format!("{group}/{kind}/asks")).unwrap().is_success());
    }
    wait("the API server forgets the policy", || refused().is_none().then_some(()));
    let folder = tempfile::tempdir().unwrap();
    let files = ["policy.json", "binding.json"].map(|name| folder.path().join(name));
    for (file, object) in files.iter().zip(&policy) {
        std::fs::write(file, object.to_json()).unwrap();
    }
    let server = Serving::follow(&env, &["-p", folder.path().to_str().unwrap()]);
    create(&env, &server.configuration());
    wait("the webhook is asked", refused);
    let by_webhook: Vec<[Option<String>; 2]> = told(&env)
        .into_iter()
        .map(|told| told.map(|told| told.map(|text| text.replacen(LEAD_IN, "", 1))))
        .collect();
    let plugin = by_plugin.iter().flatten().flatten().count();
    assert_eq!(by_webhook, by_plugin, "{plugin} refusals");

    // Nobody asks for what is there already.
    create(&env, &pod("group"));
    let audit = std::process::Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["audit", "--cluster", "--no-progress", "-p"])
        .arg(folder.path())
        .arg("--kubeconfig")
        .arg(env.kubeconfig())
        .output()
        .unwrap();
    let said = String::from_utf8(audit.stdout).unwrap() + &String::from_utf8_lossy(&audit.stderr);
    assert_eq!(audit.status.code(), Some(2), "{said}");
    assert!(said.contains("reads who sends the request, which is not known"), "{said}");
}
