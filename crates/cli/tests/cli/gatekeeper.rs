//! `check` with Gatekeeper's templates and constraints.

use crate::scene::Scene;

/// A template of Rego, and a constraint of it.
fn policy(rego: &str, spec: &str) -> String {
    let rego: String = rego.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {{name: found}}
spec:
  crd: {{spec: {{names: {{kind: Found}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
{rego}---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Found
metadata: {{name: only}}
spec: {spec}
"
    )
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n";

const SHOP: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n";

#[test]
fn a_violation_names_template_and_constraint() {
    let text = policy("package found\nviolation[{\"msg\": \"no\"}] { true }", "{}");
    let scene = Scene::new().file("p.yaml", text).file("a.yaml", CONFIG_MAP);
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml", "-o", "json"]).code(1);
    let finding = &run.json()["findings"][0];
    assert_eq!(finding["policyId"], "local/gatekeeper/Found/only");
    assert_eq!((&finding["policy"], &finding["binding"]), (&"Found".into(), &"only".into()));
    assert_eq!(finding["location"]["line"], 1);
    assert_eq!(run.json()["policies"][0]["status"], "enforced");
}

#[test]
fn what_a_cluster_holds_is_given_as_inventory() {
    let selector = policy(
        "package found\nviolation[{\"msg\": \"no\"}] { true }",
        "{match: {kinds: [{kinds: [ConfigMap]}], namespaceSelector: {matchLabels: {team: a}}}}",
    );
    let scene = Scene::new()
        .file("selector.yaml", selector)
        .file(
            "lookup.yaml",
            policy(
                "package found\nviolation[{\"msg\": m}] { m := data.inventory.cluster.v1.Node[_].metadata.name }",
                "{match: {kinds: [{kinds: [ConfigMap]}]}}",
            ),
        )
        .file("a.yaml", CONFIG_MAP)
        .file("cluster/shop.yaml", SHOP)
        .file("cluster/nodes.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n");
    let unknown = scene.run(&["check", "-p", "selector.yaml", "a.yaml"]).code(2);
    assert!(unknown.out.contains("the labels of namespace `shop` are not known"), "{unknown:?}");
    assert!(unknown.out.contains("--inventory"), "{unknown:?}");
    scene.run(&["check", "-p", "selector.yaml", "a.yaml", "--inventory", "cluster"]).code(1);
    scene.run(&["check", "-p", "lookup.yaml", "a.yaml"]).code(0);
    let args = ["check", "-p", "lookup.yaml", "a.yaml", "--inventory", "cluster", "-o", "json"];
    let known = scene.run(&args).code(1);
    assert_eq!(known.json()["findings"][0]["message"], "node-1");
    assert_eq!(known.json()["summary"]["objects"], 1);
    assert_eq!(known.json()["basis"]["inventory"]["complete"], false);
    scene.run(&["check", "-p", "lookup.yaml", "a.yaml", "--inventory", "absent"]).code(2);
}

/// `scope: Cluster` does not match what is in no namespace, operations do not count, namespaces are
/// not shown, and what cannot be matched is a violation.
#[test]
fn gator_compat_judges_as_gators_test_does() {
    let cluster =
        policy("package found\nviolation[{\"msg\": \"no\"}] { true }", "{match: {scope: Cluster}}");
    let shown = policy(
        "package found\nviolation[{\"msg\": m}] { m := sprintf(\"%v\", [input.review.namespaceObject]) }",
        "{}",
    );
    let selector = policy(
        "package found\nviolation[{\"msg\": \"no\"}] { true }",
        "{match: {namespaceSelector: {matchLabels: {team: a}}}}",
    );
    let scene = Scene::new()
        .file("cluster.yaml", cluster)
        .file("shown.yaml", shown)
        .file("selector.yaml", selector)
        .file("ns.yaml", SHOP)
        .file("role.yaml", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: []\n")
        .file("a.yaml", CONFIG_MAP);
    let messages = |policy: &str, object: &[&str], compat: bool| {
        let mut args = vec!["check", "-o", "json", "-p", policy];
        args.extend(object);
        args.extend(compat.then_some("--gator-compat"));
        let report = scene.run(&args).json();
        let told = |list: &str| -> Vec<String> {
            let list = report[list].as_array().unwrap().iter();
            list.map(|one| one["message"].as_str().unwrap().to_owned()).collect()
        };
        (told("findings"), told("errors").len())
    };
    assert_eq!(messages("cluster.yaml", &["role.yaml"], false), (vec!["no".to_owned()], 0));
    assert_eq!(messages("cluster.yaml", &["role.yaml"], true), (vec![], 0));
    let (seen, _) = messages("shown.yaml", &["a.yaml", "ns.yaml"], false);
    assert!(seen[0].contains("\"team\": \"a\""), "{seen:?}");
    let (seen, _) = messages("shown.yaml", &["a.yaml", "ns.yaml"], true);
    assert_eq!(seen[0], "{}");
    assert_eq!(messages("selector.yaml", &["a.yaml"], false), (vec![], 1));
    let (seen, errors) = messages("selector.yaml", &["a.yaml"], true);
    assert_eq!((seen.len(), errors), (1, 0), "{seen:?}");
    assert!(seen[0].starts_with("unable to match constraints"), "{seen:?}");
}

/// What cannot be evaluated is a violation, too, with the action at gator's point.
#[test]
fn gator_compat_takes_the_actions_at_gators_point() {
    let scoped = "{enforcementAction: scoped, scopedEnforcementActions: [\
                  {action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}, \
                  {action: dryrun, enforcementPoints: [{name: gator.gatekeeper.sh}]}]}";
    let broken = "package found\nf(x) = 1 { true }\nf(x) = 2 { true }\n\
                  violation[{\"msg\": \"no\"}] { f(1) == 1 }";
    let scene = Scene::new()
        .file("broken.yaml", policy(broken, scoped))
        .file("only.yaml", policy(broken, &scoped.replace("validation.", "audit.")))
        .file("a.yaml", CONFIG_MAP);
    for policy in ["broken.yaml", "only.yaml"] {
        let args = ["check", "-o", "json", "-p", policy, "a.yaml", "--gator-compat"];
        let report = scene.run(&args).code(0).json();
        assert_eq!(report["findings"][0]["action"], "audit", "{report}");
        assert_eq!(report["errors"].as_array().unwrap().len(), 0, "{report}");
    }
}

/// A pod that an ExpansionTemplate makes of its controller is the pod that the controller creates:
/// what is said of both is told once. What the template makes less of, and what holds for one of
/// them alone, is told of each.
#[test]
fn a_pod_that_is_expanded_is_told_once() {
    let rego = "package found\nviolation[{\"msg\": m}] { m := input.review.object.metadata.name }";
    let number = "package found\nviolation[{\"msg\": 1}] { true }";
    let expansion = |action: &str| {
        format!(
            "apiVersion: expansion.gatekeeper.sh/v1beta1\nkind: ExpansionTemplate\n\
             metadata: {{name: pods}}\nspec:\n  \
             applyTo: [{{groups: [apps], versions: [v1], kinds: [Deployment]}}]\n  \
             templateSource: spec.template\n  {action}\n  \
             generatedGVK: {{group: \"\", version: v1, kind: Pod}}\n"
        )
    };
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n\
                      spec:\n  selector: {matchLabels: {a: b}}\n  template:\n    \
                      metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: x}]}\n";
    let (expanded, implied) = (("deny", "[Implied by pods] web-pod"), ("deny", "web-xxxxx"));
    let pods = |source: &str| format!("{{match: {{{source}kinds: [{{kinds: [Pod]}}]}}}}");
    for (rego, spec, action, wanted, errors) in [
        (rego, pods(""), "", vec![expanded], 0),
        (rego, pods(""), "enforcementAction: warn", vec![implied, ("warn", expanded.1)], 0),
        (rego, pods("source: Original, "), "", vec![implied], 0),
        (rego, pods("source: Generated, "), "", vec![expanded], 0),
        (number, pods(""), "", vec![], 1),
    ] {
        let scene = Scene::new()
            .file("p/policy.yaml", policy(rego, &spec))
            .file("p/expansion.yaml", expansion(action))
            .file("d.yaml", deployment);
        let report = scene.run(&["check", "-o", "json", "-p", "p", "d.yaml"]).json();
        let found = report["findings"].as_array().unwrap().iter();
        let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap().to_owned();
        let mut found: Vec<(String, String)> =
            found.map(|one| (text(one, "action"), text(one, "message"))).collect();
        found.sort();
        let wanted: Vec<(String, String)> =
            wanted.iter().map(|(action, said)| ((*action).into(), (*said).into())).collect();
        assert_eq!(found, wanted, "{spec} {action}: {report}");
        assert_eq!(report["errors"].as_array().unwrap().len(), errors, "{spec}: {report}");
    }
}

/// What gator stops at is no violation to `--gator-compat`: a `msg` that is no text, and what nobody
/// answers. Where a `msg` comes from is told.
#[test]
fn what_gator_stops_at_is_an_error() {
    let asked = "violation[{\"msg\": \"no\"}] {\n  external_data({\"provider\": \"p\", \"keys\": [\"k\"]})\n}";
    let template = "template `found` has its";
    for (rules, message, help) in [
        (
            "violation[{\"msg\": 1}] { true }",
            "the `msg` of a violation is a number",
            format!("{template} rule `violation` at `p.yaml:10`"),
        ),
        (
            "\nviolation[{\"msg\": m}] { m := [] }\nviolation[{\"msg\": \"no\"}] { true }",
            "the `msg` of a violation is a list",
            format!("{template} rules `violation` from `p.yaml:11` on"),
        ),
        (asked, "there is no answer of external data provider `p`", String::new()),
    ] {
        let scene = Scene::new()
            .file("p.yaml", policy(&format!("package found\n{rules}"), "{}"))
            .file("a.yaml", CONFIG_MAP);
        for compat in [None, Some("--gator-compat")] {
            let mut args = vec!["check", "-o", "json", "-p", "p.yaml", "a.yaml"];
            args.extend(compat);
            let report = scene.run(&args).code(2).json();
            assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{rules}: {report}");
            let error = &report["errors"][0];
            assert!(error["message"].as_str().unwrap().ends_with(message), "{report}");
            assert!(error["help"].as_str().unwrap().ends_with(&help), "{report}");
        }
    }
}

/// Gator tells of violations of an action that there is not, and the webhook refuses the constraint.
#[test]
fn unknown_actions_are_taken_as_gator_takes_them() {
    let rego = "package found\nviolation[{\"msg\": \"no\"}] { true }";
    let scoped = |action: &str, point: &str| {
        format!(
            "{{enforcementAction: scoped, scopedEnforcementActions: [{{action: {action}, \
             enforcementPoints: [{{name: {point}}}]}}]}}"
        )
    };
    for (spec, count) in [
        ("{enforcementAction: banana}".to_owned(), 1),
        ("{enforcementAction: Deny}".to_owned(), 1),
        (scoped("banana", "'*'"), 1),
        (scoped("deny", "banana"), 0),
    ] {
        let scene = Scene::new().file("a.yaml", CONFIG_MAP).file("p.yaml", policy(rego, &spec));
        let args = ["check", "-o", "json", "-p", "p.yaml", "a.yaml"];
        let report = scene.run(&args).code(2).json();
        let error = report["errors"][0]["message"].as_str().unwrap();
        assert!(error.contains("unknown enforcement"), "{spec}: {error}");
        let report = scene.run(&[&args[..], &["--gator-compat"]].concat()).code(0).json();
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(findings.len(), count, "{spec}: {report}");
        assert!(findings.iter().all(|one| one["action"] == "audit"), "{spec}: {report}");
        let gator = scene.run(&["gator", "test", "-f", "p.yaml", "-f", "a.yaml", "-o", "json"]);
        let told = gator
            .code(0)
            .json()
            .as_array()
            .unwrap_or(&Vec::new())
            .iter()
            .filter(|one| one["violatingObject"]["kind"] == "ConfigMap")
            .count();
        assert_eq!(told, count, "{spec}");
    }
}

#[test]
fn a_policy_without_an_end_ends() {
    let text = policy(
        "package found\nviolation[{\"msg\": \"no\"}] { count({x | x := numbers.range(1, 4000)[_] * numbers.range(1, 4000)[_]}) == 0 }",
        "{match: {name: c}}",
    );
    let scene = Scene::new()
        .file("p.yaml", text)
        .file("a.yaml", format!("{CONFIG_MAP}---\n{}", CONFIG_MAP.replace("name: c", "name: d")));
    let began = std::time::Instant::now();
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml", "-o", "json"]).code(2);
    assert!(began.elapsed() < std::time::Duration::from_secs(60));
    assert!(run.errors().contains("than it may"), "{run:?}");
    assert_eq!(run.json()["errors"].as_array().unwrap().len(), 1);
}

#[test]
fn a_pod_that_a_controller_would_create_is_judged() {
    let text = policy(
        "package found\nviolation[{\"msg\": m}] { m := input.review.object.spec.containers[_].image }",
        "{match: {kinds: [{apiGroups: [\"\"], kinds: [Pod]}]}}",
    );
    let deployment = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: a, image: 'a:1'}]}
";
    let scene = Scene::new().file("p.yaml", text).file("a.yaml", deployment);
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml", "-o", "json"]).code(1);
    let finding = &run.json()["findings"][0];
    assert_eq!((&finding["implied"], &finding["message"]), (&true.into(), &"a:1".into()));
}

#[test]
fn a_folder_of_policies_may_hold_what_is_none() {
    let text = policy("package found\nviolation[{\"msg\": \"no\"}] { true }", "{match: {name: c}}");
    let scene = Scene::new()
        .file("p/policy.yaml", text)
        .file("p/kustomization.yaml", "resources:\n- policy.yaml\n")
        .file("p/values.yaml", "image: a\n")
        .file("q/odd.yaml", "spec: {crd: {}}\n")
        .file("a.yaml", CONFIG_MAP);
    let run = scene.run(&["check", "-p", "p", "a.yaml", "-o", "json"]).code(1);
    let reasons: Vec<String> = run.json()["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!("{}: {}", one["file"].as_str().unwrap(), one["reason"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        reasons,
        [
            "p/kustomization.yaml: kustomization: only kustomize reads it",
            "p/values.yaml: Helm values file"
        ]
    );
    // What may be a policy that lacks something is never passed over.
    let run = scene.run(&["check", "-p", "q", "a.yaml"]).code(2);
    assert!(run.out.contains("it has neither `apiVersion` nor `kind`"), "{run:?}");
    assert!(run.out.contains("or keep it elsewhere"), "{run:?}");
}

#[test]
fn what_stands_twice_is_told_with_both_places() {
    let no = policy("package found\nviolation[{\"msg\": \"no\"}] { true }", "{}");
    let other =
        policy("package found\nviolation[{\"msg\": \"other\"}] { true }", "{match: {name: c}}");
    let scene = Scene::new().file("p.yaml", no).file("q.yaml", other).file("a.yaml", CONFIG_MAP);
    let run = scene.run(&["check", "-p", "p.yaml", "-p", "q.yaml", "a.yaml"]).code(2);
    assert!(run.out.contains("another template of the same name, in `p.yaml:1`"), "{run:?}");
    assert!(run.out.contains(" --> q.yaml:3:"), "{run:?}");
    let one = "package found\nviolation[{\"msg\": \"no\"}] { true }";
    let twice = policy(one, "{}");
    let (_, constraint) = twice.split_once("---\n").unwrap();
    let constraint = constraint.replace("spec: {}", "spec: {match: {name: d}}");
    let scene = scene.file("p.yaml", twice).file("q.yaml", constraint);
    let run = scene.run(&["check", "-p", "p.yaml", "-p", "q.yaml", "a.yaml"]).code(2);
    assert!(run.out.contains("different contents, here and in `p.yaml:"), "{run:?}");
    assert!(run.out.contains(" --> q.yaml:2:"), "{run:?}");
}

#[test]
fn a_template_alone_does_nothing_and_is_told_so() {
    let text = policy("package found\nviolation[{\"msg\": \"no\"}] { true }", "{}");
    let (template, _) = text.split_once("---\n").unwrap();
    let scene = Scene::new().file("p.yaml", template).file("a.yaml", CONFIG_MAP);
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml"]).code(2);
    let wanted = "no policy is in force: ConstraintTemplate `found` does nothing: no constraint is of its kind";
    assert!(run.out.contains(wanted), "{run:?}");
}

#[test]
fn a_policy_of_deletions_is_off_where_none_are_judged() {
    let text = policy("package found\nviolation[{\"msg\": \"no\"}] { true }", "{}");
    let text = text.replace("    rego: |", "    operations: [DELETE]\n    rego: |");
    let scene = Scene::new().file("p.yaml", text).file("a.yaml", CONFIG_MAP);
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml", "-o", "json"]).code(0);
    let state = &run.json()["policies"][0];
    assert_eq!(state["status"], "off");
    assert_eq!(state["reason"], "it is not about CREATE, and nothing else is judged here");
}

#[test]
fn nulls_are_taken_out_as_an_api_server_does() {
    let rego = "package found\nviolation[{\"msg\": \"no\"}] { true }";
    for spec in [
        "{}",
        "null",
        "{match: null, parameters: null, enforcementAction: null}",
        "{match: {kinds: null, namespaces: null, excludedNamespaces: null, name: null}}",
        "{match: {scope: null, source: null, labelSelector: null, namespaceSelector: null}}",
    ] {
        let scene = Scene::new().file("a.yaml", CONFIG_MAP).file("p.yaml", policy(rego, spec));
        scene.run(&["check", "-p", "p.yaml", "a.yaml"]).code(1);
        let gator = scene.run(&["gator", "test", "-f", "p.yaml", "-f", "a.yaml"]).code(1);
        assert_eq!(gator.err.contains("found `null`"), spec != "{}", "{spec}: {gator:?}");
    }
    let text = policy(rego, "{match: {kinds: [null]}}");
    let scene = Scene::new().file("a.yaml", CONFIG_MAP).file("p.yaml", text);
    let run = scene.run(&["check", "-p", "p.yaml", "a.yaml"]).code(2);
    assert!(run.out.contains("`kinds[0]` wants an object, found `null`"), "{run:?}");
}

#[test]
fn external_data_is_answered_from_files() {
    let rego = "package found
violation[{\"msg\": m}] {
  r := external_data({\"provider\": \"images\", \"keys\": [input.review.object.metadata.name]})
  m := r.responses[_][1]
}
violation[{\"msg\": m}] {
  r := external_data({\"provider\": \"images\", \"keys\": [input.review.object.metadata.name]})
  m := r.errors[_][1]
}";
    let scene = Scene::new()
        .file("p.yaml", policy(rego, "{}"))
        .file("a.yaml", CONFIG_MAP)
        .file("answers.yaml", "provider: images\nvalues: {c: known}\n")
        .file("others.yaml", "provider: images\nvalues: {d: known}\n")
        .file("errors.yaml", "provider: images\nerrors: {c: gone}\n")
        .file("wrong.yaml", "provider: images\nvalue: {c: x}\n");
    let run = |answers: &[&str]| {
        let mut args = vec!["check", "-p", "p.yaml", "a.yaml"];
        answers.iter().for_each(|file| args.extend(["--external-data", *file]));
        scene.run(&args)
    };
    let unanswered = run(&[]).code(2);
    assert!(unanswered.out.contains("there is no answer of external data"), "{unanswered:?}");
    assert!(run(&["answers.yaml"]).code(1).out.contains("known"));
    assert!(run(&["errors.yaml"]).code(1).out.contains("gone"));
    let other = run(&["others.yaml"]).code(2);
    assert!(other.out.contains("provider `images` for `c`"), "{other:?}");
    assert!(run(&["wrong.yaml"]).code(2).out.contains("wrong.yaml:2:1"));
    assert!(run(&["answers.yaml", "others.yaml"]).code(2).out.contains("stand twice"));
}

#[test]
fn mutators_ask_providers_from_files() {
    let assign = "apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\nmetadata: {name: tag}\nspec:\n  \
                  applyTo: [{groups: [\"\"], versions: [v1], kinds: [Pod]}]\n  location: \
                  \"spec.containers[name: *].image\"\n  parameters: {assign: {externalData: \
                  {provider: images, dataSource: ValueAtLocation, failurePolicy: Ignore}}}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \
               b:1}]}\n";
    let scene = Scene::new()
        .file("p/assign.yaml", assign)
        .file("pod.yaml", pod)
        .file("answers.yaml", "provider: images\nvalues: {\"b:1\": b@sha256:0123}\n");
    let args = ["mutate", "-p", "p", "pod.yaml"];
    let unanswered = scene.run(&args).code(2);
    assert!(unanswered.err.contains("there is no answer of external data"), "{unanswered:?}");
    let run = scene.run(&[&args[..], &["--external-data", "answers.yaml"]].concat()).code(0);
    assert!(run.out.contains("b@sha256:0123"), "{run:?}");
    // A provider that was not asked has not failed.
    let scene = scene.file("none.yaml", "provider: images\n");
    let unanswered = scene.run(&[&args[..], &["--external-data", "none.yaml"]].concat()).code(2);
    assert!(unanswered.err.contains("provider `images` for `b:1`"), "{unanswered:?}");
}
