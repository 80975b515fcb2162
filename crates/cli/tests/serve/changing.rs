//! An installation that meets what is in the cluster already.

use crate::serving::wait;
use sekisho_manifest::{ReadOptions, read};
use sekisho_testenv::TestEnv;
use std::path::Path;
use std::process::Command;

fn sekisho(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho")).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text + &String::from_utf8(output.stderr).unwrap())
}

fn create(env: &TestEnv, yaml: &str) {
    for document in read("test", yaml.as_bytes(), &ReadOptions::default()).documents {
        // A kind is served a moment after its definition.
        wait("it is created", || {
            env.admin().create(&document.value).ok().filter(|a| a.is_success()).map(drop)
        });
    }
}

fn builder() -> sekisho_testenv::Builder {
    TestEnv::builder().no_service_account().no_workload_controllers()
}

/// Refuses what another certificate would be installed by.
const REFUSING: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: kept}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [UPDATE], resources: [deployments]}
  validations: [{expression: "false", message: deployments are kept}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: kept}
spec: {policyName: kept, validationActions: [Deny]}
"#;

#[test]
fn a_certificate_goes_when_another_comes() {
    let test = "a_certificate_goes_when_another_comes";
    let Some(env) = TestEnv::start_or_skip(test, &builder()) else { return };
    let apply = ["--apply", "--wait", "0", "--kubeconfig", env.kubeconfig().to_str().unwrap()];
    let install = |source: &str| {
        let source = format!("tls.source={source}");
        sekisho(&[["install", "--set", &source].as_slice(), &apply].concat())
    };
    let secret = "/api/v1/namespaces/sekisho-system/secrets/sekisho-tls";
    let is_there = || env.admin().get(secret).unwrap().status == 200;
    let (code, said) = install("values");
    assert!(code == Some(0) && is_there(), "{said}");

    create(&env, REFUSING);
    let refused = wait("deployments are kept", || {
        let (code, said) = install("cluster");
        assert!(
            is_there() || code == Some(0),
            "it is taken from replicas that serve by it: {said}"
        );
        match code {
            Some(0) => {
                let (code, said) = install("values");
                assert!(code == Some(2) || is_there(), "{said}");
                None
            }
            _ => Some(said),
        }
    });
    assert!(refused.contains("deployments are kept") && !refused.contains("deleted"), "{refused}");

    let group = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/kept";
    assert!(env.admin().delete(group).unwrap().is_success());
    let said = wait("deployments may be changed", || {
        let (code, said) = install("cluster");
        (code == Some(0)).then_some(said)
    });
    let (changed, deleted) = (said.find("applied Deployment"), said.find("deleted Secret"));
    assert!(changed.is_some() && changed < deleted && !is_there(), "{said}");
}

const DEFINITION: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: constrainttemplates.templates.gatekeeper.sh}
spec:
  group: templates.gatekeeper.sh
  scope: Cluster
  names: {kind: ConstraintTemplate, plural: constrainttemplates}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"#;

#[test]
fn templates_may_be_in_the_cluster() {
    let dir = tempfile::tempdir().unwrap();
    let constraint = |kind: &str, spec: &str| {
        let path = dir.path().join(format!("{kind}.yaml"));
        let text = format!(
            "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: {kind}\n\
             metadata: {{name: one}}\nspec: {spec}\n"
        );
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let known = constraint("SekishoPrivileged", "{}");
    let unknown = constraint("Unknown", "{}");
    let no_template = "there is no template for constraints of kind";
    let install = |policy: &str, more: &[&str]| {
        let arguments = ["install", "-p", policy, "--set", "policies.args=[]"];
        sekisho(&[arguments.as_slice(), more].concat())
    };
    let (code, said) = install(&known, &[]);
    assert!(code == Some(2) && said.contains(no_template), "no cluster is followed: {said}");
    let follows = ["--set", "policies.cluster=true"];
    let (code, said) = install(&known, &follows);
    assert!(code == Some(0) && said.contains("which `--apply` looks up"), "{said}");

    let test = "templates_may_be_in_the_cluster";
    let Some(env) = TestEnv::start_or_skip(test, &builder()) else { return };
    create(&env, DEFINITION);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/privileged");
    create(&env, &std::fs::read_to_string(folder.join("template.yaml")).unwrap());
    let kubeconfig = env.kubeconfig().to_str().unwrap();
    let apply = [&follows[..], &["--apply", "--wait", "0", "--kubeconfig", kubeconfig]].concat();
    let (code, said) = install(&unknown, &apply);
    assert!(code == Some(2) && said.contains(no_template), "{said}");
    let faulty = constraint("SekishoPrivileged", "{enforcementAction: [x]}");
    let (code, said) = install(&faulty, &apply);
    assert!(code == Some(2) && said.contains("nothing is installed"), "{said}");
    let (code, said) = install(&constraint("SekishoPrivileged", "{}"), &apply);
    assert!(code == Some(0) && said.contains("applied ConfigMap"), "{said}");
}
