//! The ImagePolicyWebhook admission plugin of an API server, and who answers it.

use crate::serving::{Serving, wait};
use sekisho_testenv::TestEnv;

const POLICIES: &str = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: repos}
spec:
  crd: {spec: {names: {kind: Repos}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package repos
      violation[{"msg": msg}] {
        image := input.review.object.spec.containers[_].image
        not startswith(image, "good/")
        not input.review.object.metadata.annotations["break.image-policy.k8s.io/glass"]
        msg := sprintf("%v is not ours, in %v", [image, input.review.namespace])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Repos
metadata: {name: repos}
"#;

fn image(name: &str, annotations: &str, image: &str) -> sekisho_value::Value {
    let text = format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}","annotations":{annotations}}},
        "spec":{{"containers":[{{"name":"c","image":"{image}"}}]}}}}"#
    );
    sekisho_value::from_json(&text).unwrap()
}

/// A server that answers about images, an API server whose plugin asks it and goes its own way where
/// nobody answers, and their files; none where there can be none.
fn start(test: &str, default_allow: bool) -> Option<(Serving, TestEnv, tempfile::TempDir)> {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let policies = file("policies.yaml", POLICIES);
    let server = Serving::start(&["-p", policies.to_str().unwrap(), "--image-policy", "repos"]);
    let authority = file("ca.crt", &server.authority);
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: sekisho\n  cluster: {{server: \
         'https://127.0.0.1:{}/imagepolicy', certificate-authority: '{}'}}\nusers:\n- {{name: api, \
         user: {{}}}}\ncontexts:\n- name: it\n  context: {{cluster: sekisho, user: \
         api}}\ncurrent-context: it\n",
        server.port,
        authority.display()
    );
    let admission = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: \
         ImagePolicyWebhook\n  configuration:\n    imagePolicy: {{kubeConfigFile: '{}', allowTTL: \
         -1, denyTTL: -1, retryBackoff: 500, defaultAllow: {default_allow}}}\n",
        file("kubeconfig", &kubeconfig).display()
    );
    let builder = TestEnv::builder()
        .no_service_account()
        .no_workload_controllers()
        .enable_admission("ImagePolicyWebhook")
        .admission_config(&file("admission.yaml", &admission));
    TestEnv::start_or_skip(test, &builder).map(|env| (server, env, dir))
}

#[test]
fn an_api_server_asks_about_images() {
    let test = "an_api_server_asks_about_images";
    let Some((mut server, env, _files)) = start(test, false) else { return };

    env.accepts(&image("a", "{}", "good/a:1")).without_warning();
    let refused = env.rejects(&image("b", "{}", "bad/b:1")).with_status(403).answer();
    assert_eq!(
        refused.message(),
        "pods \"b\" is forbidden: image policy webhook backend denied one or more images: [repos] \
         bad/b:1 is not ours, in default"
    );
    let broken = r#"{"break.image-policy.k8s.io/glass":"7","other":"8"}"#;
    env.accepts(&image("c", broken, "bad/b:1"));
    // The debugging container of a pod that is there.
    assert!(env.admin().create(&image("d", "{}", "good/a:1")).unwrap().is_success());

    // Nobody answers: the plugin's own direction.
    server.kill();
    let silent = env.rejects(&image("a", "{}", "good/a:1")).answer();
    assert_ne!(silent.message(), "");
}

#[test]
fn without_an_answer_the_plugin_may_let_images_through() {
    let test = "without_an_answer_the_plugin_may_let_images_through";
    let Some((mut server, env, _files)) = start(test, true) else { return };
    env.rejects(&image("b", "{}", "bad/b:1")).with_message("[repos] bad/b:1 is not ours");
    server.kill();
    wait("it is let through", || {
        let answer = env.admin().create_dry_run(&image("b", "{}", "bad/b:1")).unwrap();
        answer.is_success().then_some(())
    });
}
