//! `sekisho serve --cluster` and `sekisho audit --cluster` with a real API server; skipped where
//! there can be none.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

#[path = "serve/serving.rs"]
#[expect(dead_code, reason = "the tests of `serve` use the rest of it")]
mod serving;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::{Body, Request, TestEnv};
use sekisho_value::{Value, from_json};
use serving::{Serving, wait};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SEKISHO: &str = env!("CARGO_BIN_EXE_sekisho");

fn webhook(server: &Serving, authority: &str, name: &str, resources: &str) -> String {
    let (bundle, port) = (STANDARD.encode(authority), server.port);
    format!(
        r#"{{"name":"{name}.sekisho.test","sideEffects":"None",
        "admissionReviewVersions":["v1"],"failurePolicy":"Fail","timeoutSeconds":5,
        "clientConfig":{{"url":"https://127.0.0.1:{port}/validate","caBundle":"{bundle}"}},
        "rules":[{{"apiGroups":["*"],"apiVersions":["*"],"operations":["*"],
        "resources":[{resources}]}}]}}"#
    )
}

fn configuration(webhooks: &[String]) -> Value {
    let text = format!(
        r#"{{"apiVersion":"admissionregistration.k8s.io/v1",
        "kind":"ValidatingWebhookConfiguration","metadata":{{"name":"sekisho",
        "labels":{{"sekisho.dev/certificate":"web"}}}},"webhooks":[{}]}}"#,
        webhooks.join(",")
    );
    from_json(&text).unwrap()
}

fn apply(env: &TestEnv, yaml: &str) {
    let read = read("test", yaml.as_bytes(), &ReadOptions::default());
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    for document in read.documents {
        // The kind of a definition is served a moment after it.
        wait("it is created", || {
            let answer = env.admin().create(&document.value);
            match answer {
                Ok(answer) => {
                    let done = answer.is_success() || answer.status == 409;
                    assert!(done || answer.status == 404, "{}", answer.message());
                    done.then_some(())
                }
                Err(_) => None,
            }
        });
    }
}

fn definition(group: &str, version: &str, kind: &str, plural: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
         metadata: {{name: {plural}.{group}}}\nspec:\n  group: {group}\n  scope: Cluster\n  \
         names: {{kind: {kind}, plural: {plural}, singular: {singular}, listKind: {kind}List}}\n  \
         versions:\n  - name: {version}\n    served: true\n    storage: true\n    \
         schema: {{openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}}}\n",
        singular = kind.to_lowercase(),
    )
}

/// The template of a policy that comes with Sekisho, and what defines its kinds.
fn privileged(env: &TestEnv) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/privileged");
    apply(
        env,
        &definition("templates.gatekeeper.sh", "v1", "ConstraintTemplate", "constrainttemplates"),
    );
    apply(env, &std::fs::read_to_string(folder.join("template.yaml")).unwrap());
    apply(
        env,
        &definition(
            "constraints.gatekeeper.sh",
            "v1beta1",
            "SekishoPrivileged",
            "sekishoprivileged",
        ),
    );
    apply(env, &std::fs::read_to_string(folder.join("constraint.yaml")).unwrap());
}

fn pod(name: &str, privileged: bool) -> Value {
    let text = format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}"}},"spec":{{"containers":
        [{{"name":"c","image":"i","securityContext":{{"privileged":{privileged}}}}}]}}}}"#
    );
    from_json(&text).unwrap()
}

fn patch(env: &TestEnv, path: &str, merge: &str, query: &str) -> sekisho_testenv::Answer {
    let body =
        Body::Bytes { content_type: "application/merge-patch+json", bytes: merge.as_bytes() };
    let path = format!("{path}{query}");
    env.admin().ask(&Request { method: "PATCH", path: &path, body }).unwrap()
}

const CONSTRAINT: &str = "/apis/constraints.gatekeeper.sh/v1beta1/sekishoprivileged/privileged";

/// Ends the API server as a crash does, and starts it anew.
fn restart_api_server(env: &TestEnv) {
    let state = std::fs::read_to_string(env.dir().join("state.json")).unwrap();
    let state = from_json(&state).unwrap();
    let processes = state.get("processes").and_then(Value::as_array).unwrap();
    let server = processes.iter().find(|one| one.path_str(&["name"]) == Some("kube-apiserver"));
    let pid = server.and_then(|one| one.get("pid")).and_then(Value::as_i64).unwrap();
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    let arguments: Vec<String> = command
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8(argument.to_vec()).unwrap())
        .collect();
    let (first, rest) = arguments.split_first().unwrap();
    let rest: Vec<&String> = rest.iter().filter(|argument| !argument.is_empty()).collect();
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    wait("it is gone", || env.admin().get("/livez").is_err().then_some(()));
    use std::os::unix::process::CommandExt as _;
    let mut server = Command::new(program)
        .arg0(first)
        .args(rest)
        .current_dir(env.dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It is ended with its environment.
    std::thread::spawn(move || server.wait());
    wait("it is ready", || env.admin().get("/readyz").ok().filter(|a| a.is_success()).map(drop));
}

#[test]
fn verdicts_follow_the_policies_of_the_cluster() {
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let test = "verdicts_follow_the_policies_of_the_cluster";
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    let server = Serving::follow(&env, &[]);
    let webhook = webhook(&server, &server.authority, "pods", r#""pods""#);
    env.admin().create(&configuration(&[webhook])).unwrap();
    wait("the webhook is asked, and lets it through", || {
        env.admin().create_dry_run(&pod("a", true)).ok().filter(|a| a.is_success()).map(drop)
    });

    // One appears.
    privileged(&env);
    let refused = wait("it is refused", || {
        let answer = env.admin().create_dry_run(&pod("a", true)).unwrap();
        (!answer.is_success()).then_some(answer)
    });
    let message = "admission webhook \"pods.sekisho.test\" denied the request: [privileged] \
        container `c` is privileged";
    assert!(refused.message().starts_with(message), "{}", refused.message());
    env.accepts(&pod("a", false)).without_warning();

    // It changes.
    assert!(patch(&env, CONSTRAINT, r#"{"spec":{"enforcementAction":"warn"}}"#, "").is_success());
    let warned = wait("it is let through", || {
        let answer = env.admin().create_dry_run(&pod("a", true)).unwrap();
        answer.is_success().then_some(answer)
    });
    assert!(warned.warnings[0].starts_with("[privileged] container `c`"), "{:?}", warned.warnings);

    // A faulty one beside it takes nothing away.
    let wrong = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: \
        {name: wrong}\nspec: {crd: {spec: {names: {kind: Wrong}}}, targets: [{target: \
        admission.k8s.gatekeeper.sh, rego: 'package x violation'}]}\n";
    apply(&env, wrong);
    server.hear("less those that are faulty");
    assert!(server.said("\"file\":\"cluster:constrainttemplates.templates.gatekeeper.sh/wrong\""));
    env.accepts(&pod("a", true)).with_warning("[privileged]");

    // The API server goes and comes, and changes meanwhile are seen.
    restart_api_server(&env);
    assert!(patch(&env, CONSTRAINT, r#"{"spec":{"enforcementAction":"deny"}}"#, "").is_success());
    wait("it is refused again", || {
        let answer = env.admin().create_dry_run(&pod("a", true)).unwrap();
        (!answer.is_success()).then_some(())
    });

    // What is there already is found by the audit; who may not list it is told so.
    assert!(patch(&env, CONSTRAINT, r#"{"spec":{"enforcementAction":"warn"}}"#, "").is_success());
    wait("it is let through again", || {
        env.admin().create(&pod("a", true)).ok().filter(|answer| answer.is_success()).map(drop)
    });
    let audit = |context: &str, output: &str| {
        let mut command = Command::new(SEKISHO);
        command.args(["audit", "--cluster", "--fail-on", "warn", "--context", context]);
        let done = command.args(["-o", output]).arg("--kubeconfig").arg(env.kubeconfig()).output();
        let done = done.unwrap();
        let told = [done.stdout, done.stderr].concat();
        (done.status.code(), String::from_utf8(told).unwrap())
    };
    let (code, text) = audit("admin", "text");
    assert!(text.contains("warn[SekishoPrivileged/privileged]"), "{text}");
    assert!(
        text.contains("--> default/Pod/a /spec/containers/0/securityContext/privileged"),
        "{text}"
    );
    // The faulty template is an error beside it.
    assert_eq!(code, Some(2), "{text}");
    for format in ["json", "sarif", "junit", "github", "gitlab"] {
        let (_, text) = audit("admin", format);
        assert!(text.contains("default/Pod/a"), "{format}: {text}");
    }
    let (code, text) = audit("outsider", "text");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("cannot list resource"), "{text}");
    audit_asks_providers_from_files(&env);

    // It disappears.
    assert!(env.admin().delete(CONSTRAINT).unwrap().is_success());
    wait("nothing holds any more", || {
        let answer = env.admin().create_dry_run(&pod("b", true)).unwrap();
        (answer.is_success() && answer.warnings.is_empty()).then_some(())
    });
}

/// What no file answers is an error, and no pass.
fn audit_asks_providers_from_files(env: &TestEnv) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    file(
        "policy.yaml",
        "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: \
         known}\nspec:\n  crd: {spec: {names: {kind: Known}}}\n  targets:\n  - target: \
         admission.k8s.gatekeeper.sh\n    rego: |\n      package known\n      violation[{\"msg\": \
         m}] {\n        name := input.review.object.metadata.name\n        r := \
         external_data({\"provider\": \"pods\", \"keys\": [name]})\n        m := r.errors[_][1]\n      \
         }\n---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Known\nmetadata: {name: \
         pods}\nspec: {match: {kinds: [{apiGroups: [''], kinds: [Pod]}]}}\n",
    );
    file("none.yaml", "provider: pods\n");
    file("known.yaml", "provider: pods\nvalues: {a: known}\n");
    file("wrong.yaml", "provider: pods\nerrors: {a: nobody knows it}\n");
    for (answers, code, wanted) in [
        (None, 2, "there is no answer of external data provider `pods`"),
        (Some("none.yaml"), 2, "provider `pods` for `a`"),
        (Some("known.yaml"), 0, ""),
        (Some("wrong.yaml"), 1, "nobody knows it"),
        (Some("absent.yaml"), 2, "absent.yaml"),
    ] {
        let mut command = Command::new(SEKISHO);
        command.current_dir(folder.path()).args(["audit", "--cluster", "--no-cluster-policies"]);
        command.args(["-p", "policy.yaml", "-n", "default", "--kubeconfig"]);
        command.arg(env.kubeconfig());
        if let Some(file) = answers {
            command.args(["--external-data", file]);
        }
        let done = command.output().unwrap();
        let told = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
        assert_eq!(done.status.code(), Some(code), "{answers:?}: {told}");
        assert!(told.contains(wanted), "{answers:?}: {told}");
    }
}

/// What tightening a namespace warns of, and its plugin's own words for it.
#[test]
fn a_namespace_that_is_tightened_warns_of_its_pods() {
    let test = "a_namespace_that_is_tightened_warns_of_its_pods";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let warnings = |env: &TestEnv| {
        let label = |level: &str| {
            let labels = format!(
                r#"{{"metadata":{{"labels":{{"pod-security.kubernetes.io/enforce":"{level}"}}}}}}"#
            );
            let answer = patch(env, "/api/v1/namespaces/default", &labels, "?dryRun=All");
            assert!(answer.is_success(), "{}", answer.message());
            answer.warnings
        };
        ["restricted", "baseline", "privileged"].map(label)
    };
    let fill = |env: &TestEnv| {
        for (name, privileged) in [("b", true), ("a", true), ("c", true), ("plain", false)] {
            assert!(env.admin().create(&pod(name, privileged)).unwrap().is_success());
        }
    };
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    fill(&env);
    // The plugin goes by what it watches, which comes a moment later.
    let wanted = wait("the plugin sees all pods", || {
        let found = warnings(&env);
        (found[0].len() == 3).then_some(found)
    });
    drop(env);

    let Some(env) = TestEnv::start_or_skip(test, &builder.disable_admission("PodSecurity")) else {
        return;
    };
    fill(&env);
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: policies, namespace: default}\n\
        data:\n  a.yaml: |\n    apiVersion: pod-security.admission.config.k8s.io/v1\n    \
        kind: PodSecurityConfiguration\n";
    apply(&env, map);
    let server = Serving::follow(&env, &["--policy-config-map", "default/policies"]);
    let webhook = webhook(&server, &server.authority, "namespaces", r#""namespaces""#);
    env.admin().create(&configuration(&[webhook])).unwrap();
    let found = wait("the webhook is asked", || {
        let found = warnings(&env);
        (found[0] != Vec::<String>::new()).then_some(found)
    });
    assert_eq!(found, wanted);
}

/// Two replicas share an authority; a renewal under load fails no request.
#[test]
fn certificates_are_shared_and_renewed_without_a_failed_request() {
    let test = "certificates_are_shared_and_renewed_without_a_failed_request";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    let arguments = ["--certificate-secret", "default/web", "--pod-security", "baseline"];
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| Serving::follow(&env, &arguments));
        (Serving::follow(&env, &arguments), other.join().unwrap())
    });
    // Nobody gives the configuration an authority but the replicas themselves.
    let webhooks =
        [webhook(&one, "", "one", r#""pods""#), webhook(&other, "", "other", r#""pods""#)];
    assert!(env.admin().create(&configuration(&webhooks)).unwrap().is_success());
    let accepted = || env.admin().create_dry_run(&pod("a", false)).unwrap();
    wait("both are trusted", || accepted().is_success().then_some(()));
    wait("both are asked", || {
        (!env.admin().create_dry_run(&pod("a", true)).unwrap().is_success()).then_some(())
    });

    let secret = "/api/v1/namespaces/default/secrets/web";
    let served = || {
        let secret = env.admin().get(secret).unwrap().body;
        secret.path_str(&["data", "tls.crt"]).unwrap().to_owned()
    };
    let before = served();
    let renew = r#"{"metadata":{"annotations":{"sekisho.dev/renew":"now"}}}"#;
    assert!(patch(&env, secret, renew, "").is_success());
    let renewed = |server: &Serving| server.said("a new certificate is served");
    let (mut asked, mut failed) = (0, Vec::new());
    let started = Instant::now();
    while !(renewed(&one) && renewed(&other)) || served() == before {
        assert!(started.elapsed() < Duration::from_secs(120), "it is not renewed");
        for _ in 0..20 {
            let answer = accepted();
            asked += 1;
            if !answer.is_success() {
                failed.push(answer.message().to_owned());
            }
        }
    }
    // And a moment with the new certificate.
    for _ in 0..200 {
        let answer = accepted();
        asked += 1;
        if !answer.is_success() {
            failed.push(answer.message().to_owned());
        }
    }
    eprintln!("{asked} requests while certificates were renewed, {} failed", failed.len());
    assert!(failed.is_empty(), "{failed:?}");
    assert!(asked > 200);
}
