//! `sekisho gator bench`, `sekisho gator sync test`, and gator's exit codes.

use crate::scene::Scene;

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: wantsowner
  annotations:
    metadata.gatekeeper.sh/requires-sync-data: |
      "[[{"groups": ["", "apps"], "versions": ["v1"], "kinds": ["Team"]}], [{"groups": [""], "versions": ["v1"], "kinds": ["Namespace"]}]]"
spec:
  crd: {spec: {names: {kind: WantsOwner}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package wantsowner

      violation[{"msg": "no owner"}] { not input.review.object.metadata.labels.owner }
"#;
const CONSTRAINT: &str = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: WantsOwner\n\
                          metadata: {name: owner}\n";
const PODS: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n---\napiVersion: v1\nkind: \
                    Pod\nmetadata: {name: owned, labels: {owner: me}}\n";

fn scene() -> Scene {
    Scene::new()
        .file("in/template.yaml", TEMPLATE)
        .file("in/constraint.yaml", CONSTRAINT)
        .file("in/pods.yaml", PODS)
}

#[test]
fn bench_measures_prints_saves_and_compares() {
    let scene = scene();
    let bench = ["gator", "bench", "-f", "in", "-e", "rego", "-n", "20", "--warmup", "1"];
    let with = |more: &[&str]| scene.run(&[&bench, more].concat());
    let table = with(&["-c", "2"]).code(0);
    for part in [
        "=== Benchmark Results: REGO Engine ===\n\nConfiguration:\n  Templates:      1\n",
        "  Objects:        2\n  Iterations:     20\n  Concurrency:    2\n  Total Reviews:  40\n\n",
        "    └─ Template Compilation:  ",
        "\nLatency (per review):\n  Min:   ",
        "\nResults:\n  Violations Found:  20\n",
    ] {
        assert!(table.out.contains(part), "no `{part}` in {}", table.out);
    }
    assert!(table.err.starts_with("Warning: 20 iterations may not provide"), "{}", table.err);
    let figures = with(&["-o", "json", "--save", "before.json"]).code(0);
    assert_eq!(figures.json()[0]["violationCount"], 20);
    assert_eq!(figures.json()[0]["totalReviews"], 40);
    assert!(figures.json()[0]["latencies"]["mean"].as_str().unwrap().ends_with('s'));
    let saved: serde_json::Value = serde_json::from_str(&scene.read("before.json")).unwrap();
    assert!(saved[0]["latencies"]["mean"].as_u64().unwrap() > 0);
    let yaml = with(&["-o", "yaml", "--save", "before.yaml"]).code(0);
    assert!(yaml.out.starts_with("- engine: rego\n  templateCount: 1\n"), "{}", yaml.out);
    for before in ["before.json", "before.yaml"] {
        let compared = with(&["--compare", before, "--threshold", "1e9"]).code(0);
        let wanted = "=== Baseline Comparison: REGO Engine ===\n\nMetric        Baseline";
        assert!(compared.out.contains(wanted), "{}", compared.out);
    }
    // Reviews of an hour less than nothing.
    let fast = scene.read("before.json").replace("\"mean\": ", "\"mean\": 1, \"was\": ");
    let scene = scene.file("fast.json", fast);
    let slower = scene.run(&[&bench[..], &["--compare", "fast.json"]].concat()).code(1);
    assert!(slower.out.contains("✗ REGRESSION"), "{}", slower.out);
    let all = scene.run(&["gator", "bench", "-f", "in", "-e", "all", "-n", "5", "--warmup", "0"]);
    let wanted = "Warning: Engine skipped - cel: no templates compatible with cel engine (all 1 \
                  templates skipped)\n";
    assert!(all.code(0).err.contains(wanted));
}

#[test]
fn bench_refuses_as_gator() {
    let cases: [(&[&str], &str); 9] = [
        (&[], "at least one --filename or --image must be specified"),
        (&["-f", "in", "-n", "0"], "iterations must be positive"),
        (&["-f", "in", "--warmup", "-1"], "warmup must be non-negative"),
        (&["-f", "in", "-c", "0"], "concurrency must be at least 1"),
        (&["-f", "in", "--threshold", "-1"], "threshold must be non-negative"),
        (&["-f", "in", "-e", "x"], "invalid engine: invalid engine \"x\" (valid: rego, cel, all)"),
        (&["-f", "in", "--compare", "no.json"], "baseline file does not exist: no.json"),
        (&["-f", "in/pods.yaml"], "benchmark failed: no ConstraintTemplates found in input"),
        (&["-f", "in"], "benchmark failed: benchmarking cel: no templates compatible with cel"),
    ];
    let scene = scene();
    for (args, said) in cases {
        let run = scene.run(&[&["gator", "bench"], args].concat()).code(1);
        assert!(run.err.contains(said), "{args:?}: {}", run.err);
    }
}

#[test]
fn what_is_not_synced_is_told() {
    let sync = "apiVersion: syncset.gatekeeper.sh/v1alpha1\nkind: SyncSet\nmetadata: {name: all}\n\
                spec:\n  gvks:\n  - {group: apps, version: v1, kind: Team}\n";
    let known = |kinds: &str| {
        format!(
            "apiVersion: gvkmanifest.gatekeeper.sh/v1alpha1\nkind: GVKManifest\nmetadata: {{name: \
             known}}\nspec: {{groups: {{apps: {{v1: [{kinds}]}}, \"\": {{v1: [Namespace]}}}}}}\n"
        )
    };
    let config = "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\nmetadata: {name: \
                  config}\nspec: {sync: {syncOnly: [{group: \"\", version: v1, kind: Namespace}]}}\n";
    let scene = scene()
        .file("sync.yaml", sync)
        .file("known.yaml", known("Team"))
        .file("unknown.yaml", known("Other"))
        .file("config.yaml", config);
    let test = |more: &[&str]| {
        let files = more.iter().flat_map(|file| match file.ends_with(".yaml") {
            true => vec!["-n", *file],
            false => vec![*file],
        });
        let args = ["gator", "sync", "test", "-n", "in/template.yaml"].into_iter().chain(files);
        scene.run(&args.collect::<Vec<_>>())
    };
    let team = "- /v1:Team OR apps/v1:Team\n";
    let namespace = "- /v1:Namespace\n";
    let met = "the following requirements were not met: \nwantsowner:\n";
    test(&["sync.yaml", "config.yaml", "known.yaml"]).code(0);
    test(&["sync.yaml", "config.yaml", "-f"]).code(0);
    for (args, lacking) in [
        (vec!["sync.yaml", "known.yaml"], vec![namespace]),
        (vec!["config.yaml", "known.yaml"], vec![team]),
        (vec!["sync.yaml", "config.yaml", "unknown.yaml"], vec![team]),
        (vec!["known.yaml"], vec![team, namespace]),
    ] {
        let run = test(&args).code(1);
        assert_eq!(run.err, format!("{met}{}\n", lacking.concat()), "{args:?}");
    }
    for (args, said) in [
        (vec!["sync.yaml"], "checking: no GVK manifest found"),
        (vec!["known.yaml", "unknown.yaml"], "multiple GVK manifests found"),
    ] {
        let run = test(&args).code(1);
        assert!(run.err.contains(said), "{args:?}: {}", run.err);
    }
    let run = scene.run(&["gator", "sync", "test", "-n", "in/pods.yaml", "-f"]).code(0);
    let skipped = "skipping unstructured \"web\" because it is not a syncset, config, gvk manifest, \
                   or template\n";
    assert!(run.out.starts_with(skipped), "{}", run.out);
}

#[test]
fn what_rules_print_is_shown_behind_the_results() {
    let prints = TEMPLATE
        .replace(
            "violation[",
            "noted { print(\"asked of\", input.review.name) }\n\n      violation[",
        )
        .replace("{ not input", "{ noted; not input");
    let of_pods = "spec: {match: {kinds: [{apiGroups: [\"\"], kinds: [Pod]}]}}\n";
    let scene = scene()
        .file("in/template.yaml", prints)
        .file("in/constraint.yaml", format!("{CONSTRAINT}{of_pods}"));
    let result = "v1/Pod web: [\"owner\"] Message: \"no owner\"\n";
    let run = scene.run(&["gator", "test", "-f", "in", "-v"]).code(1);
    assert_eq!(run.out, format!("{result}\nasked of web\nasked of owned\n\n"), "{}", run.err);
    let run = scene.run(&["gator", "test", "-f", "in"]).code(1);
    assert_eq!(run.out, result);
}

/// Flags that pipelines give gator.
#[test]
fn flags_are_taken_as_gator_takes_them() {
    let scene = scene();
    let version = "gator version v3.23, as sekisho ";
    for args in [&["gator", "version"][..], &["gator", "-v"], &["gator", "--version"]] {
        let run = scene.run(args).code(0);
        assert!(run.out.contains("v3.23, as sekisho "), "{args:?}: {}", run.out);
        assert!(args[1] != "version" || run.out.starts_with(version), "{}", run.out);
    }
    let lines = scene.run(&["gator", "test", "-f", "in"]).code(1).out;
    assert!(lines.contains("v1/Pod web: [\"owner\"] Message: \"no owner\"\n"), "{lines}");
    for (more, says) in [
        (&["--deny-only=false", "-tv", "--stats=true"][..], "--trace is not built in"),
        (&["-o", "xml"], "there is no output format `xml`"),
        (&["-o", "default"], ""),
        (&["--trace=F", "--verbose=0", "--enable-k8s-native-validation=true"], ""),
    ] {
        let run = scene.run(&[&["gator", "test", "-f", "in"], more].concat()).code(1);
        assert_eq!(run.out, lines, "{more:?}");
        assert!(run.err.contains(says) && run.err.is_empty() == says.is_empty(), "{}", run.err);
    }
    for (args, says) in [
        (&["gator", "test", "-f", "in", "--stats", "-o", "json"][..], "--stats is not built in"),
        (&["gator", "test", "-f", "in", "--deny-only=maybe"], "write `true` or `false`"),
        (
            &["gator", "verify", "x", "--default-k8s-native-validation-failure-policy=fail"],
            "Error: invalid default K8sNativeValidation failure policy: invalid failure \
             policy: unrecognized failure policy: fail",
        ),
        (&["gator", "policy", "install", "x", "--bundle", "y"], "`policy` is not built in"),
        (&["gator", "test", "-f", "in", "-i", "ghcr.io/x/y"], "pull it with another tool"),
    ] {
        let run = scene.run(args).code(1);
        assert!(run.err.contains(says) && run.out.is_empty(), "{args:?}: {}", run.err);
    }
}

/// Under gator's name arguments that are none end as gator ends.
#[test]
fn arguments_that_are_none() {
    let scene = scene();
    for (args, code) in [
        (vec!["gator", "test", "--bogus"], 1),
        (vec!["gator", "bench", "--iterations", "many"], 1),
        (vec!["gator", "nothing"], 1),
        (vec!["gator", "sync"], 0),
        (vec!["gator"], 0),
        (vec!["gator", "test", "--help"], 0),
        (vec!["test", "--bogus"], 2),
        (vec!["nothing"], 2),
    ] {
        scene.run(&args).code(code);
    }
}
