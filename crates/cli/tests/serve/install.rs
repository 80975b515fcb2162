//! What `sekisho install` prints: judged by our own packs, and taken by an API server.

use crate::serving::{DEPLOYMENT, Serving};
use crate::wire::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::{Body, Request, TestEnv, helm};
use sekisho_value::Value;
use std::process::Command;

/// As a user would install it: with an image that is pinned.
const PINNED: &str =
    "image.digest=sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Values that each make other objects.
const VALUES: [&[&str]; 6] = [
    &[],
    &["policies.cluster=true", "webhooks.mutating.enabled=true", "metrics.namespaces=[m]"],
    &["policies.cluster=true", "policies.admissionPolicies=true", "server.events=true"],
    &["policies.cluster=true", "policies.configMap=pod-security", "tls.source=certManager"],
    &["tls.source=certManager", "webhooks.deletions=true", "networkPolicy.dnsPorts=[53, 5353]"],
    &["namespace.create=false", "priorityClassName=", "replicas=3"],
];

fn sekisho(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho")).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text + &String::from_utf8(output.stderr).unwrap())
}

fn printed(values: &[&str], more: &[&str]) -> String {
    let mut arguments = vec!["install", "--set", PINNED];
    values.iter().for_each(|value| arguments.extend(["--set", value]));
    arguments.extend(more);
    let (code, text) = sekisho(&arguments);
    assert_eq!(code, Some(0), "{text}");
    text
}

#[test]
fn our_own_packs_find_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for values in VALUES {
        let file = dir.path().join("install.yaml");
        std::fs::write(&file, printed(values, &[])).unwrap();
        let mut arguments = vec!["check", "--no-config", "--strict", file.to_str().unwrap()];
        arguments.extend(["--pack", "recommended", "--pack", "restricted"]);
        arguments.extend(["--pod-security", "restricted"]);
        let (code, said) = sekisho(&arguments);
        // Constraints have a kind for each template, and none of them is known before.
        let kinds = "rbac-wildcards]: `rules[0]` grants `*` in `resources`";
        let findings =
            said.lines().filter(|line| line.starts_with("deny[") || line.contains("warn["));
        let others: Vec<&str> = findings.filter(|line| !line.contains(kinds)).collect();
        assert_eq!(others, Vec::<&str>::new(), "{values:?}: {said}");
        assert_ne!(code, Some(2), "{said}");
    }
}

#[test]
fn a_webhook_is_the_first_to_go() {
    let text = printed(&[], &["--uninstall"]);
    let read = read("uninstall", text.as_bytes(), &ReadOptions::default());
    let kinds: Vec<&str> = read.documents.iter().map(|document| document.kind()).collect();
    let webhooks = kinds.iter().take_while(|kind| kind.ends_with("WebhookConfiguration")).count();
    assert_eq!(webhooks, 2, "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"Namespace"), "{kinds:?}");
    let without = printed(&["namespace.create=false"], &["--uninstall"]);
    assert!(!without.contains("kind: Namespace\n"), "a namespace of others stays");
}

#[test]
fn wrong_values_are_told() {
    for (value, told) in [
        ("replica=3", "there is no value `replica`: did you mean `replicas`?"),
        ("policies.args=x", "`policies.args` is to be a list"),
        ("policies.configMap=A/b", "`policies.configMap` is to be the name of a ConfigMap"),
        ("replicas=0", "`replicas` is to be 1 at least, and is `0`"),
        (
            "webhooks.enforcing.timeoutSeconds=31",
            "timeoutSeconds` is to be 30 at most, and is `31`",
        ),
        ("policies.args=[--pakc=x]", "the server would not start by `policies.args`"),
        ("server.extraArgs=[--admission-policies]", "the server would not start by"),
        ("server.failurePolicies=[nosuch=ignore]", "no policy is called `nosuch`"),
        ("tls.source=secret", "`tls.caBundle` is the way to trust"),
        ("tolerations=[{key: 1}]", "the values make no Deployment sekisho of it: `key` wants a s"),
        ("resources.limits.memory=much", "the values make no Deployment sekisho of it: "),
        (
            "webhooks.advisory.rules=[{resource: [x]}]",
            "`webhooks.advisory.rules[0]` is to have `resources`",
        ),
        (
            "webhooks.mutating.matchConditions=[{name: a, expression: params.x}]",
            "`webhooks.mutating.matchConditions[0].expression` does not compile: 1:1: undeclared",
        ),
    ] {
        let (code, said) = sekisho(&["install", "--set", value]);
        assert_eq!(code, Some(2), "{value}: {said}");
        assert!(said.contains(told) && !said.contains("kind: "), "{value}: {said}");
    }
}

#[test]
fn what_the_server_would_not_have_is_told() {
    let own = "image.repository=registry.example.com/sekisho";
    let in_cluster = "policies.cluster=true";
    let packed = "policies.files.a.yaml=''";
    let in_no = |option: &str| format!("`{option}` is in no volume of the server");
    let rights = |option: &str, value: &str| {
        format!(
            "`{option}` is given to the server, and nothing is granted for it: set `{value}` in its \
             place"
        )
    };
    // the values, the exit code, what is told
    for (values, code, told) in [
        (&["policies.args=[-p, /other]"][..], 2, in_no("--policies=/other")),
        (&["policies.args=[--policies=policies]"], 2, in_no("--policies=policies")),
        (&["policies.args=[-p, /policies]"], 2, in_no("--policies=/policies")),
        (
            &["policies.args=[-p, /policies/b.yaml]", packed],
            2,
            in_no("--policies=/policies/b.yaml"),
        ),
        (&["policies.args=[--pack=recommended, -p, /policies/a.yaml]", packed], 0, String::new()),
        (&["server.extraArgs=[--inventory=/i]"], 2, in_no("--inventory=/i")),
        (&["server.extraArgs=[--pod-security-config=/c]"], 2, in_no("--pod-security-config=/c")),
        (&["server.extraArgs=[--target, /t]"], 2, in_no("--target=/t")),
        (&["server.extraArgs=[--external-data, /e]"], 2, in_no("--external-data=/e")),
        (&["server.extraArgs=[--config=/c]"], 2, in_no("--config=/c")),
        (&["policies.args=[-p, /other]", own], 0, in_no("--policies=/other")),
        (&["server.extraArgs=[--cluster]"], 2, rights("--cluster", "policies.cluster=true")),
        (&["policies.args=[--cluster]"], 2, rights("--cluster", "policies.cluster=true")),
        (&["server.extraArgs=[--events]"], 2, rights("--events", "server.events=true")),
        (&["server.extraArgs=[--events]", own], 2, rights("--events", "server.events=true")),
        (
            &["server.extraArgs=[--admission-policies]", in_cluster],
            2,
            rights("--admission-policies", "policies.admissionPolicies=true"),
        ),
        (
            &["server.extraArgs=[--policy-config-map=a/b]", in_cluster],
            2,
            rights("--policy-config-map", "policies.configMap=NAME"),
        ),
        (&["server.extraArgs=[--cluster, --kubeconfig=/k]", own], 0, in_no("--kubeconfig=/k")),
        (&["server.events=true", in_cluster], 0, String::new()),
    ] {
        let mut arguments = vec!["install", "--set", PINNED];
        values.iter().for_each(|value| arguments.extend(["--set", value]));
        let (found, said) = sekisho(&arguments);
        assert_eq!(found, Some(code), "{values:?}: {said}");
        assert!(said.contains(&told), "{values:?}: {said}");
        assert_eq!(said.contains("kind: Deployment"), code == 0, "{values:?}: {said}");
        assert_eq!(said.contains("note: `"), code == 0 && !told.is_empty(), "{values:?}: {said}");
    }
}

#[test]
fn all_that_the_server_would_not_have_is_told() {
    let own = "image.repository=registry.example.com/sekisho";
    let files = "policies.args=[-p, /one, -p, /two, --config=/c]";
    let rights = "server.extraArgs=[--cluster, --events]";
    let absent = ["--policies=/one", "--policies=/two", "--config=/c"];
    // the values, the exit code, how lines begin, what they are about
    for (values, code, begin, about) in [
        (&[files][..], 2, "error", &absent[..]),
        (&[files, own], 0, "note", &absent),
        (&[files, rights, own], 2, "note", &absent),
        (&[rights], 2, "error", &["--cluster", "--events"]),
        (&[files, rights], 2, "error", &["--cluster", "--events", absent[0], absent[1], absent[2]]),
    ] {
        let mut arguments = vec!["install", "--set", PINNED];
        values.iter().for_each(|value| arguments.extend(["--set", value]));
        let (found, said) = sekisho(&arguments);
        assert_eq!(found, Some(code), "{values:?}: {said}");
        let begin = format!("{begin}: `");
        let lines = said.lines().filter_map(|line| line.strip_prefix(&begin)?.split('`').next());
        assert_eq!(lines.collect::<Vec<_>>(), about, "{values:?}: {said}");
    }
}

#[test]
fn an_image_without_a_digest_is_told_of() {
    let told = "note: the image has no digest: its tag may be moved, and `--pack restricted` refuses \
                it: see `image.digest`";
    for (more, is_told) in [
        (&[][..], true),
        (&["--set", "image.tag=v1"], true),
        (&["--set", PINNED], false),
        (&["--uninstall"], false),
    ] {
        let arguments: Vec<&str> = ["install"].iter().chain(more).copied().collect();
        let (code, said) = sekisho(&arguments);
        assert_eq!((code, said.contains(told)), (Some(0), is_told), "{more:?}: {said}");
    }
}

#[test]
fn faulty_policies_are_not_installed() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let template = |rego: &str| {
        format!(
            "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\n\
             metadata: {{name: t}}\nspec:\n  crd: {{spec: {{names: {{kind: T}}}}}}\n  targets:\n  \
             - target: admission.k8s.gatekeeper.sh\n    rego: |\n      {rego}\n"
        )
    };
    let broken = file("broken.yaml", &template("package t\n      violation[{\"msg\": msg}] {"));
    let (code, said) = sekisho(&["install", "-p", &broken]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("broken.yaml:") && said.contains("nothing is installed"), "{said}");
    assert!(!said.contains("kind: Deployment"), "{said}");

    let sound = "package t\n      violation[{\"msg\": msg}] { msg := \"x\" }";
    let large = format!("{sound}\n      # {}", "x".repeat(300_000));
    let (code, said) = sekisho(&["install", "-p", &file("large.yaml", &template(&large))]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("too large for `kubectl apply`: give it `--server-side`"), "{said}");
    let huge = format!("{sound}\n      # {}", "x".repeat(1 << 20));
    let (code, said) = sekisho(&["install", "-p", &file("huge.yaml", &template(&huge))]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("and a ConfigMap holds 1048576"), "{said}");
    let deletions = format!("{sound}\n      # input.review.operation == \"DELETE\"");
    let (code, said) = sekisho(&["install", "-p", &file("gone.yaml", &template(&deletions))]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("deletions are not asked about"), "{said}");
}

#[test]
fn policies_that_nothing_is_asked_for_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let (label, plain) = (dir.path().join("label.yaml"), dir.path().join("plain.yaml"));
    let text = |name: &str| {
        format!(
            "apiVersion: mutations.gatekeeper.sh/v1\nkind: AssignMetadata\nmetadata: {{name: {name}}}\n\
             spec: {{location: metadata.labels.{name}, parameters: {{assign: {{value: x}}}}}}\n"
        )
    };
    std::fs::write(&label, format!("{}---\n{}", text("one"), text("two"))).unwrap();
    let level = "apiVersion: sekisho.dev/v1alpha1\nkind: PodSecurityLevel\n\
                 metadata: {name: l}\nspec: {level: baseline}\n";
    std::fs::write(&plain, level).unwrap();
    let told = "note: `local/gatekeeper/AssignMetadata/one` and 1 more would mutate objects, and \
                changes are not asked for: see `webhooks.mutating.enabled`";
    for (file, values, is_told) in [
        (&label, &[][..], true),
        (&label, &["policies.cluster=true"], true),
        (&label, &["webhooks.mutating.enabled=true"], false),
        (&plain, &[], false),
    ] {
        let said = printed(values, &["-p", file.to_str().unwrap()]);
        assert_eq!(said.contains(told), is_told, "{values:?}: {said}");
        assert_eq!(said.contains("would mutate"), is_told, "{values:?}: {said}");
    }
    let about = |operation: &str, resource: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
             metadata: {{name: p}}\nspec:\n  validations: [{{expression: 'true'}}]\n  \
             matchConstraints: {{resourceRules: [{{apiGroups: [''], apiVersions: [v1], operations: \
             [{operation}], resources: [pods, {resource}]}}]}}\n"
        )
    };
    let every = "webhooks.advisory.rules=[{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], \
                 resources: ['*/*']}]";
    let constraint = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\n\
                      metadata: {name: t}\nspec:\n  crd: {spec: {names: {kind: T}}}\n  targets:\n  - \
                      target: admission.k8s.gatekeeper.sh\n    rego: |\n      package t\n      \
                      violation[{\"msg\": msg}] { msg := \"x\" }\n---\n\
                      apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: T\nmetadata: {name: c}\n\
                      spec: {match: {kinds: [{apiGroups: [coordination.k8s.io], kinds: [Lease]}]}}\n";
    std::fs::write(&label, constraint).unwrap();
    let said = printed(&[], &["-p", label.to_str().unwrap()]);
    let told = "is about `leases` of `coordination.k8s.io`, which is not asked about";
    assert!(said.contains(told), "{said}");
    for (operation, resource, values, is_told) in [
        ("CREATE", "services", &[][..], false),
        ("UPDATE", "nodes", &[], true),
        ("'*'", "nodes", &[], true),
        ("UPDATE", "nodes", &["webhooks.advisory.matchConditions=[]"], false),
        ("UPDATE", "pods/status", &[], true),
        ("UPDATE", "services/status", &[every], false),
        ("'*'", "secrets, configmaps", &[], false),
    ] {
        std::fs::write(&plain, format!("{}---\n{level}", about(operation, resource))).unwrap();
        let said = printed(values, &["-p", plain.to_str().unwrap()]);
        let told = format!("is about `{resource}`, which is not asked about");
        assert_eq!(said.contains(&told), is_told, "{operation} {resource}: {said}");
        assert_eq!(said.contains("not asked about"), is_told, "{operation} {resource}: {said}");
    }
}

#[test]
fn what_is_printed_is_the_same_each_time() {
    assert_eq!(printed(&[], &[]), printed(&[], &[]), "no certificate is made by chance");
    let (code, said) = sekisho(&["install", "--set", "tls.source=values"]);
    assert!(code == Some(0) && said.contains("caBundle: "), "{said}");
    assert!(said.contains("the certificate is another one at each printing"), "{said}");
}

#[test]
fn an_api_server_takes_it() {
    let test = "an_api_server_takes_it";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    let kubeconfig = env.kubeconfig().to_str().unwrap();
    let apply = ["--apply", "--wait", "0", "--kubeconfig", kubeconfig];
    let plain = ["install", "--set", "policies.cluster=true", "--set", "tls.source=values"];
    let mutating = ["--set", "webhooks.mutating.enabled=true"];
    let install: Vec<&str> = plain.iter().chain(&mutating).chain(&apply).copied().collect();
    let (code, said) = sekisho(&install);
    assert_eq!(code, Some(0), "{said}");
    let applied: Vec<&str> = said.lines().collect();
    assert!(applied.last().unwrap().contains("WebhookConfiguration"), "webhooks are last: {said}");
    let webhook = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sekisho";
    let authority = || {
        let webhook = env.admin().get(webhook).unwrap().body.get("webhooks").unwrap().clone();
        let first = webhook.as_array().unwrap()[0].clone();
        first.path_str(&["clientConfig", "caBundle"]).unwrap().to_owned()
    };
    let before = authority();
    let (code, said) = sekisho(&install);
    assert_eq!(code, Some(0), "again: {said}");
    assert_eq!(authority(), before, "the certificate is kept");
    let deployment = "/apis/apps/v1/namespaces/sekisho-system/deployments/sekisho";
    assert_eq!(env.admin().get(deployment).unwrap().status, 200);

    // What the values no longer make goes.
    let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sekisho";
    assert_eq!(env.admin().get(path).unwrap().status, 200);
    let (code, said) = sekisho(&[plain.as_slice(), &apply].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("deleted MutatingWebhookConfiguration sekisho"), "{said}");
    assert_eq!(env.admin().get(path).unwrap().status, 404);

    // Another one to make the certificate: the Secret is made anew by who it is.
    let replicas = ["install", "--set", "policies.cluster=true"];
    let (code, said) = sekisho(&[replicas.as_slice(), &apply].concat());
    assert_eq!(code, Some(0), "{said}");
    let secret = "/api/v1/namespaces/sekisho-system/secrets/sekisho-tls";
    assert_eq!(env.admin().get(secret).unwrap().status, 404, "the replicas make it");

    // Pods of other namespaces are refused now, since nothing answers; ours are not.
    let mut uninstall = vec!["install", "--uninstall"];
    uninstall.extend(apply.iter().filter(|argument| !["--wait", "0"].contains(argument)));
    let (code, said) = sekisho(&uninstall);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.lines().next().unwrap().contains("WebhookConfiguration"), "{said}");
    assert_eq!(env.admin().get(webhook).unwrap().status, 404);
    assert_eq!(env.admin().get(deployment).unwrap().status, 404);
    let exceptions =
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/exceptions.sekisho.dev";
    assert_eq!(env.admin().get(exceptions).unwrap().status, 200, "exceptions are somebody's");
    assert!(said.contains("exceptions.sekisho.dev stays"), "{said}");
}

fn create(env: &TestEnv, json: &str) {
    let object = sekisho_value::from_json(json).unwrap();
    let answer = env.admin().create(&object).unwrap();
    assert!(answer.is_success(), "{}", answer.message());
}

#[test]
fn what_others_made_is_theirs() {
    let test = "what_others_made_is_theirs";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    let kubeconfig = ["--kubeconfig", env.kubeconfig().to_str().unwrap(), "--apply"];
    let run = |arguments: &[&str]| sekisho(&[&["install"], arguments, &kubeconfig].concat());
    create(&env, r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"theirs"}}"#);
    create(
        &env,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"web","namespace":"theirs"},
        "data":{"tls.crt":"Y2E="}}"#,
    );
    let secret = "/api/v1/namespaces/theirs/secrets/web";

    let (code, said) = run(&["-n", "theirs", "--wait", "0"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("namespace `theirs` is there, and Sekisho did not make it"), "{said}");

    let into = ["-n", "theirs", "--set", "namespace.create=false"];
    for source in ["cluster", "values"] {
        let source = format!("tls.source={source}");
        let more = ["--wait", "0", "--set", "tls.secretName=web", "--set", &source];
        let (code, said) = run(&[into.as_slice(), &more].concat());
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("Secret `web` is there, and Sekisho did not make it"), "{said}");
    }
    let (code, said) = run(&[into.as_slice(), &["--wait", "0"]].concat());
    assert_eq!(code, Some(0), "{said}");

    // As a whole, and with the Secret's name.
    let (code, said) = run(&["-n", "theirs", "--uninstall", "--set", "tls.secretName=web"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Namespace theirs stays: Sekisho did not make it"), "{said}");
    assert!(said.contains("Secret web stays: Sekisho did not make it"), "{said}");
    assert_eq!(env.admin().get("/api/v1/namespaces/theirs").unwrap().status, 200);
    let kept = env.admin().get(secret).unwrap().body;
    assert_eq!(kept.path_str(&["data", "tls.crt"]), Some("Y2E="));
    for system in ["default", "kube-system", "kube-anything"] {
        let (code, said) = run(&["-n", system, "--uninstall"]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("is a namespace of the cluster's own"), "{said}");
    }
}

const WEBHOOK: &str =
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sekisho";

/// What a kubelet and the controllers would say of the replicas.
fn report_replicas(env: &TestEnv) {
    let deployment = env.admin().get(DEPLOYMENT).unwrap().body;
    let generation = deployment.path(&["metadata", "generation"]).and_then(Value::as_i64).unwrap();
    let status = format!(
        r#"{{"status":{{"observedGeneration":{generation},"replicas":2,"updatedReplicas":2,
        "readyReplicas":2,"availableReplicas":2}}}}"#
    );
    let body =
        Body::Bytes { content_type: "application/merge-patch+json", bytes: status.as_bytes() };
    let path = format!("{DEPLOYMENT}/status");
    let answer = env.admin().ask(&Request { method: "PATCH", path: &path, body }).unwrap();
    assert!(answer.is_success(), "{}", answer.message());
}

#[test]
fn webhooks_wait_for_a_replica() {
    let test = "webhooks_wait_for_a_replica";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    let kubeconfig = env.kubeconfig().to_str().unwrap();
    let made = ["install", "--set", PINNED, "--set", "tls.source=values"];
    let install = [made.as_slice(), &["--kubeconfig", kubeconfig, "--apply", "--wait"]].concat();
    let status = |path: &str| env.admin().get(path).unwrap().status;

    // No replica comes: nothing is asked of anybody, and pods can be made.
    let (code, said) = sekisho(&[install.as_slice(), &["2"]].concat());
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("the replicas are not ready after 2 s: the webhooks are not applied"),
        "{said}"
    );
    assert_eq!((status(DEPLOYMENT), status(WEBHOOK)), (200, 404));

    // One comes while it waits.
    std::thread::scope(|scope| {
        let installing = scope.spawn(|| sekisho(&[install.as_slice(), &["60"]].concat()));
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert!(!installing.is_finished(), "it waits");
        assert_eq!(status(WEBHOOK), 404, "no webhook before a replica");
        report_replicas(&env);
        let (code, said) = installing.join().unwrap();
        assert_eq!(code, Some(0), "{said}");
    });
    assert_eq!(status(WEBHOOK), 200);
    a_replica_serves_by_what_was_applied(&env);
}

/// Runs what the Deployment runs, with the Secret it mounts, and meets it as an API server does: by
/// the name of its Service, trusting what the webhook configuration says.
fn a_replica_serves_by_what_was_applied(env: &TestEnv) {
    let secret = env.admin().get("/api/v1/namespaces/sekisho-system/secrets/sekisho-tls").unwrap();
    let decoded = |text: &str| String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    for file in ["tls.crt", "tls.key"] {
        let text = decoded(secret.body.path_str(&["data", file]).unwrap());
        std::fs::write(dir.path().join(file), text).unwrap();
    }
    let webhooks = env.admin().get(WEBHOOK).unwrap().body;
    let webhook = &webhooks.get("webhooks").and_then(Value::as_array).unwrap()[0];
    let authority = decoded(webhook.path_str(&["clientConfig", "caBundle"]).unwrap());
    let service = |key: &str| webhook.path_str(&["clientConfig", "service", key]).unwrap();
    let name = format!("{}.{}.svc", service("name"), service("namespace"));

    let replica = Serving::deployed(env, dir.path(), &[]);
    let client = Client::new(replica.port, &name, &authority);
    let (status, said) = client.post(service("path"), "content-type: application/json\r\n", b"{}");
    assert_eq!(status, 400, "{said}");
    assert!(said.contains("is to be an `AdmissionReview`"), "{said}");
}

/// Helm is the one that others render the chart with.
#[test]
fn helm_renders_the_same() {
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/sekisho");
    let program = match helm() {
        Ok(program) => program,
        Err(why) => {
            println!("helm_renders_the_same: skipped: {why}");
            return;
        }
    };
    let linted = Command::new(&program).args(["lint", "--strict", chart]).output().unwrap();
    let said = String::from_utf8_lossy(&linted.stdout);
    assert!(linted.status.success() && !said.contains("[WARNING]"), "{said}");
    let rendered = |values: &[&str]| {
        let mut helm = Command::new(&program);
        helm.args(["template", "sekisho", chart, "--namespace", "sekisho-system"]);
        // One that is built from its module takes itself for the client of an old cluster.
        helm.args(["--kube-version", "v1.36.0"]);
        values.iter().for_each(|value| {
            helm.args(["--set-json", &json(value)]);
        });
        helm.output()
    };
    for values in VALUES {
        let mut values = values.to_vec();
        values.push("namespace.create=true");
        let output = rendered(&values).unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut arguments = vec!["install"];
        values.iter().for_each(|value| arguments.extend(["--set", value]));
        let (code, ours) = sekisho(&arguments);
        assert_eq!(code, Some(0), "{ours}");
        let (ours, _) = ours.split_once("note: the image has no digest").unwrap();
        assert_eq!(objects(ours), objects(&theirs), "{values:?}");
    }
}

/// A value as Helm takes it.
fn json(value: &str) -> String {
    let (key, text) = value.split_once('=').unwrap();
    let text = sekisho_manifest::read_value(if text.is_empty() { "''" } else { text }).unwrap();
    format!("{key}={}", text.to_json())
}

/// Every object, whatever the order.
fn objects(text: &str) -> Vec<String> {
    let read = read("manifests", text.as_bytes(), &ReadOptions::default());
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    let mut objects: Vec<String> =
        read.documents.iter().map(|document| document.value.to_json()).collect();
    objects.sort();
    objects
}
