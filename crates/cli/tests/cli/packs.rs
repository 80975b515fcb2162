//! `--pack`: the policies that come with Sekisho; and advice on a user's own.

use crate::scene::{Scene, workspace};

fn example(path: &str) -> String {
    workspace().join("examples").join(path).display().to_string()
}

#[test]
fn unknown_packs_are_refused_with_the_known_ones() {
    let run = Scene::new().run(&["check", "--pack", "recommend"]).code(2);
    assert!(run.err.contains("the packs are recommended, restricted, reliability"), "{run:?}");
}

#[test]
fn packs_judge_the_examples() {
    let examples = example("");
    let run = |packs: &[&str]| {
        let mut args = vec!["check", "-o", "json", "--fail-on", "never", &examples];
        packs.iter().for_each(|pack| args.extend(["--pack", pack]));
        Scene::new().run(&args).code(0)
    };
    let recommended = run(&["recommended"]);
    let findings = recommended.findings();
    assert!(!findings.iter().any(|finding| finding.ends_with("/web")), "{findings:?}");
    let json = recommended.json();
    assert_eq!(json["summary"]["errors"], 0, "{json:#}");
    let of = |rule: &str| {
        let all = json["findings"].as_array().unwrap();
        all.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("{rule}"))
    };
    let privileged = of("SekishoPrivileged");
    assert_eq!(privileged["policyId"], "sekisho/gatekeeper/SekishoPrivileged/privileged");
    assert_eq!(privileged["binding"], "privileged");
    assert_eq!(
        (&privileged["action"], &privileged["severity"]),
        (&"deny".into(), &"critical".into())
    );
    assert_eq!(privileged["location"]["pointer"], "/spec/containers/0/securityContext/privileged");
    let line = privileged["location"]["line"].as_u64().unwrap();
    let text = std::fs::read_to_string(example("breakout.yaml")).unwrap();
    assert_eq!(
        text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap().trim(),
        "privileged: true"
    );
    assert_eq!(of("SekishoSeccomp")["action"], "warn");

    let restricted = run(&["reliability", "restricted"]).json();
    let of = |action: &str| restricted["summary"][action].as_u64().unwrap();
    assert!(of("deny") > json["summary"]["deny"].as_u64().unwrap(), "{restricted:#}");
    let warned = |finding: &&serde_json::Value| finding["action"] == "warn";
    for finding in restricted["findings"].as_array().unwrap().iter().filter(warned) {
        // What both packs have is denied.
        assert_ne!(finding["rule"], "SekishoResources", "{finding:#}");
    }
}

#[test]
fn constraints_of_ones_own_use_the_templates_of_a_pack() {
    let (policies, apps) = (example("policies"), example("apps"));
    let args = ["check", "--pack", "recommended", "-p", &policies, &apps, "-o", "json"];
    let run = Scene::new().run(&args).code(1);
    let json = run.json();
    let own: Vec<_> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "SekishoAllowedRegistries")
        .collect();
    assert_eq!(own.len(), 1, "{own:#?}");
    let id = "local/gatekeeper/SekishoAllowedRegistries/allowed-registries";
    assert_eq!(own[0]["policyId"], id);
    assert_eq!(own[0]["resource"]["name"], "toolbox");
    assert_eq!(own[0]["location"]["pointer"], "/spec/containers/0/image");
}

#[test]
fn settings_may_name_a_pack() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true, containers: \
               [{name: a, image: a:1}]}\n";
    let scene = Scene::new().file("a.yaml", pod).file(".sekisho.yaml", "pack: recommended\n");
    let run = scene.run(&["check", "a.yaml"]).code(1);
    assert!(run.out.contains("SekishoHostNamespaces/host-namespaces"), "{run:?}");
    let scene = Scene::new().file("a.yaml", pod).file(".sekisho.yaml", "pack: [nope]\n");
    let run = scene.run(&["check", "a.yaml"]).code(2);
    assert!(run.err.contains(".sekisho.yaml:1:8: wrong value of `pack`: `nope`"), "{run:?}");
}

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: KIND_NAME}
spec:
  crd:
    spec:
      names: {kind: KIND}
      validation:
        openAPIV3Schema:
          type: object
          properties:
            repos: {type: array, items: {type: string}}
            exemptImages: {type: array, items: {type: string}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package x
        violation[{"msg": "no"}] {
          image := input.review.object.spec.containers[_].image
          not admitted(image)
        }
        admitted(image) { startswith(image, input.parameters.repos[_]) }
"#;

#[test]
fn open_prefixes_of_ones_own_are_told() {
    let template =
        |kind: &str| TEMPLATE.replace("KIND_NAME", &kind.to_lowercase()).replace("KIND", kind);
    let constraint = |kind: &str| {
        format!(
            "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: {kind}\nmetadata: {{name: \
             {name}}}\nspec:\n  parameters:\n    repos:\n      - ubuntu\n      - \
             registry.example.com/\n      - registry.example.com\n    exemptImages: [\"a.example*\", \
             \"a.example/*\", b]\n",
            name = kind.to_lowercase()
        )
    };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \
               \"ubuntu:1\"}]}\n";
    let mut scene = Scene::new().file("a.yaml", pod);
    for kind in ["K8sAllowedRepos", "TeamRepos", "K8sDisallowedRepos"] {
        scene = scene
            .file(&format!("policies/{kind}-template.yaml"), template(kind))
            .file(&format!("policies/{kind}.yaml"), constraint(kind));
    }
    let args = ["check", "-p", "policies", "a.yaml", "-o", "json"];
    let json = scene.run(&args).code(0).json();
    let mut told: Vec<(String, u64, String)> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "gatekeeper/open-prefix")
        .map(|finding| {
            assert_eq!(
                (&finding["action"], &finding["severity"]),
                (&"warn".into(), &"high".into())
            );
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let location = &finding["location"];
            (
                text(&finding["resource"]["kind"]),
                location["line"].as_u64().unwrap(),
                text(&finding["message"]),
            )
        })
        .collect();
    let mut expected = [
        ("K8sAllowedRepos", 7, "`ubuntu` lets `ubuntu-evil/x` in as well"),
        (
            "K8sAllowedRepos",
            9,
            "`registry.example.com` lets `registry.example.com.evil.org/x` in as well",
        ),
        ("K8sAllowedRepos", 10, "`a.example*` lets `a.example.evil.org/x` in as well"),
        // What is forbidden by a prefix lets nothing in; what is exempt from it does.
        ("K8sDisallowedRepos", 10, "`a.example*` lets `a.example.evil.org/x` in as well"),
        ("TeamRepos", 7, "`ubuntu` lets `ubuntu-evil/x` in as well"),
        (
            "TeamRepos",
            9,
            "`registry.example.com` lets `registry.example.com.evil.org/x` in as well",
        ),
        ("TeamRepos", 10, "`a.example*` lets `a.example.evil.org/x` in as well"),
    ]
    .map(|(kind, line, text)| (kind.to_owned(), line, text.to_owned()));
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}
