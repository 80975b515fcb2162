//! What is an object, what is skipped and why, and what is an error.

use sekisho_manifest::{Read, ReadOptions, read, read_document_as, read_value};
use sekisho_value::Pointer;

fn read_as(name: &str, text: &str) -> Read {
    read(name, text.as_bytes(), &ReadOptions::default())
}

/// What became of a text: `kind` of each object, `line: reason` of each skipped document,
/// `line:column message` of each error.
fn outcome(name: &str, text: &str) -> Vec<String> {
    let read = read_as(name, text);
    let objects = read.documents.iter().map(|document| document.kind().to_owned());
    let skipped = read.skipped.iter().map(|skip| format!("skip {}: {}", skip.line, skip.reason));
    let errors = read.errors.iter().map(|e| format!("error {}:{} {}", e.line, e.column, e.message));
    objects.chain(skipped).chain(errors).collect()
}

#[test]
fn kinds_of_documents() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("a.yaml", "apiVersion: v1\nkind: Pod\n", &["Pod"]),
        ("a.yaml", "apiVersion: example.org/v1\nkind: Unknown\n", &["Unknown"]),
        ("a.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n", &["Workflow"]),
        ("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: []\n", &["Pod"]),
        (
            "a.yaml",
            "apiVersion: v1\nkind: ConfigMap\n---\n---\n# x\n---\nkind: Pod\napiVersion: v1\n",
            &["ConfigMap", "Pod"],
        ),
        ("a.yaml", "# nothing\n", &[]),
        ("a.yaml", "", &[]),
        (
            "kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
            &[
                "skip 1: kustomize.config.k8s.io/v1beta1 Kustomization: only kustomize reads it, no API server does",
            ],
        ),
        (
            "a.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n",
            &[
                "skip 1: kustomize.config.k8s.io/v1alpha1 Component: only kustomize reads it, no API server does",
            ],
        ),
        (
            "config",
            "\napiVersion: v1\nkind: Config\nclusters: []\n",
            &[
                "skip 2: v1 Config: only kubectl and other clients (a kubeconfig) reads it, no API server does",
            ],
        ),
        (
            "a.yaml",
            "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n",
            &["skip 1: kind.x-k8s.io/v1alpha4 Cluster: only kind reads it, no API server does"],
        ),
        ("a.yaml", "apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\n", &["Cluster"]),
        ("a.yaml", "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\n", &["Config"]),
        ("values.yaml", "image:\n  tag: x\n", &["skip 1: Helm values file"]),
        ("c/values-prod.yaml", "# x\n\nimage: y\n", &["skip 3: Helm values file"]),
        (
            "c/Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 1.0.0\n",
            &["skip 1: Helm chart metadata"],
        ),
        ("docker-compose.yml", "services:\n  web:\n    image: x\n", &["skip 1: compose file"]),
        ("x.yml", "version: '3'\nservices:\n  web:\n    build: .\n", &["skip 1: compose file"]),
        (
            ".github/workflows/ci.yml",
            "on: push\njobs:\n  a:\n    steps: []\n",
            &["skip 1: GitHub workflow file"],
        ),
        (".gitlab-ci.yml", "build:\n  script: [make]\n", &["skip 1: GitLab CI file"]),
        ("ci.yml", "stages: [a]\nbuild:\n  script: [make]\n", &["skip 1: GitLab CI file"]),
        (
            "p.yml",
            "- hosts: all\n  tasks: []\n",
            &["skip 1: no Kubernetes object: an Ansible playbook"],
        ),
        (
            "a.yaml",
            "a: b\n",
            &["skip 1: no Kubernetes object: it has neither `apiVersion` nor `kind`"],
        ),
        ("a.yaml", "apiVersion: v1\na: b\n", &["skip 1: no Kubernetes object: it has no `kind`"]),
        ("a.yaml", "text\n", &["skip 1: no Kubernetes object: a string"]),
        ("a.yaml", "- 1\n", &["skip 1: no Kubernetes object: a list"]),
        (
            "a.json",
            "{\"name\": \"x\", \"version\": \"1\"}",
            &["skip 1: no Kubernetes object: it has neither `apiVersion` nor `kind`"],
        ),
        ("a.yaml", "apiVersion: v1\nmetadata: {}\n", &["error 1:1 the object has no `kind`"]),
        ("a.yaml", "kind: Pod\nmetadata: {}\n", &["error 1:1 the object has no `apiVersion`"]),
        (
            "a.yaml",
            "apiVersion: 1\nkind: Pod\nmetadata: {}\n",
            &["error 1:1 the object's `apiVersion` is no text"],
        ),
        (
            "a.yaml",
            "apiVersion: v1\nkind: [Pod]\nmetadata: {}\n",
            &["error 1:1 the object's `kind` is no text"],
        ),
        (
            "a.yaml",
            "- apiVersion: v1\n  kind: Pod\n",
            &["error 1:1 a list of objects is no manifest"],
        ),
    ];
    for (name, text, want) in cases {
        assert_eq!(outcome(name, text), *want, "{name}: {text:?}");
    }
}

#[test]
fn lists_are_unrolled() {
    let cases: &[(&str, &[&str])] = &[
        ("apiVersion: v1\nkind: List\nitems: []\n", &["skip 1: List without items"]),
        ("apiVersion: v1\nkind: List\nitems:\n", &["skip 1: List without items"]),
        (
            "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n",
            &["Pod", "Pod"],
        ),
        (
            "apiVersion: v1\nkind: PodList\nitems:\n- {kind: X}\n",
            &["error 4:3 item 0 of PodList is no object: it has no `apiVersion`"],
        ),
        (
            "apiVersion: v1\nkind: List\nitems:\n- {a: b}\n- 1\n- {apiVersion: v1, kind: Pod}\n",
            &[
                "Pod",
                "error 4:3 item 0 of List is no object: it has neither `apiVersion` nor `kind`",
                "error 5:3 item 1 of List is no object: a number",
            ],
        ),
        (
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - {apiVersion: v1, kind: Pod}\n- {apiVersion: v1, kind: Config}\n",
            &[
                "Pod",
                "skip 8: v1 Config: only kubectl and other clients (a kubeconfig) reads it, no API server does",
            ],
        ),
        ("apiVersion: example.org/v1\nkind: AllowList\nspec: {}\n", &["AllowList"]),
        // What has `items` is a list to kubectl, whatever it calls itself.
        (
            "apiVersion: v1\nkind: ConfigMap\nitems:\n- {apiVersion: v1, kind: Pod}\n- {x: 1}\n",
            &["Pod", "ConfigMap"],
        ),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nitems: [{apiVersion: v1, kind: Pod}]\n",
            &["Pod"],
        ),
        (
            "apiVersion: v1\nkind: List\nmetadata: {name: \"{{x}}\"}\nitems: [{apiVersion: v1, kind: Pod}]\n",
            &["Pod"],
        ),
        ("apiVersion: v1\nkind: Secret\nitems:\n", &["skip 1: Secret without items"]),
        ("apiVersion: v1\nkind: List\nitems: {a: b}\n", &["error 1:1 `items` is no list"]),
        ("apiVersion: v1\nkind: List\nitems: x\n", &["error 1:1 `items` is no list"]),
        ("apiVersion: v1\nkind: Pod\nitems: {}\n", &["error 1:1 `items` is no list"]),
        ("apiVersion: v1\nkind: List\n", &["error 1:1 a list without `items`"]),
        ("apiVersion: apps/v1\nkind: DeploymentList\n", &["error 1:1 a list without `items`"]),
    ];
    for (text, want) in cases {
        assert_eq!(outcome("a.yaml", text), *want, "{text:?}");
    }
    let read =
        read_as("a.yaml", "apiVersion: apps/v1\nkind: DeploymentList\nitems: [{metadata: {}}]\n");
    let document = read.documents.first().unwrap();
    assert_eq!((document.api_version(), document.kind()), ("apps/v1", "Deployment"));
}

#[test]
fn templates_are_told_from_objects() {
    let template = &["skip 1: unrendered Helm template"][..];
    let cases: &[(&str, &[&str])] = &[
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n", template),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ include \"x\" . }}-y\n", template),
        ("{{- if .Values.on }}\napiVersion: v1\nkind: Pod\n{{- end }}\n", template),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  {{- with .Values.labels }}\n  labels:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\n",
            template,
        ),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-{{ .Release.Name }}\n", template),
        ("apiVersion: v1\nkind: \"{{ .kind }}\"\n", template),
        ("kind: Pod\nmetadata:\n  name: \"{{ include \"x\" . }}-y\"\n", template),
        (
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  x: |\n    a\n{{ .Files.Get \"x\" }}\n",
            template,
        ),
        ("apiVersion: v1\nkind: ConfigMap\ndata: {{ toYaml .Values.data }}\n", template),
        (
            "a: b\n---{{ if x }}\nc: d\n",
            &[
                "skip 1: no Kubernetes object: it has neither `apiVersion` nor `kind`",
                "skip 2: unrendered Helm template",
            ],
        ),
        // Objects in which a controller replaces `{{ }}` later.
        (
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r}\nspec:\n  summary: \"{{ $labels.pod }} is down\"\n  text: Instance {{ $labels.instance }} down\n  block: |\n    {{ define \"x\" }}\n",
            &["PrometheusRule"],
        ),
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: w-}\nspec:\n  args:\n  - '{{inputs.parameters.x}}'\n  - a-{{x}}\n",
            &["Workflow"],
        ),
        // A fault elsewhere in such an object is a fault.
        (
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: \"{{ x }}\"\n  a: 1\n",
            &["error 5:3 key `a` is already set on line 4"],
        ),
    ];
    for (text, want) in cases {
        assert_eq!(outcome("templates/x.yaml", text), *want, "{text:?}");
    }
}

#[test]
fn client_kinds_are_read_when_asked_for() {
    let options = ReadOptions { client_kinds: true, ..ReadOptions::default() };
    let text = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests: [{name: yes}]\n";
    let suite = read("suite.yaml", text.as_bytes(), &options);
    assert_eq!(suite.documents.len(), 1);
    assert_eq!(suite.documents[0].value.path(&["tests"]).unwrap().to_json(), r#"[{"name":true}]"#);
    let options = ReadOptions { gator: true, ..options };
    let suite = read("suite.yaml", text.as_bytes(), &options);
    assert_eq!(suite.documents[0].value.path(&["tests"]).unwrap().to_json(), r#"[{"name":"yes"}]"#);
}

#[test]
fn of_a_key_that_stands_twice_the_last_value_counts_when_asked_for() {
    let cases = [
        ("a: 1\nb: 2\na: 3\n", r#"{"a":3,"b":2}"#, "/a 3:1"),
        ("b: {x: 1, x: {z: 1, z: 2}}\n", r#"{"b":{"x":{"z":2}}}"#, "/b/x/z 1:21"),
        ("a: {c: 1}\na: {d: 1}\na: [1, 2]\n", r#"{"a":[1,2]}"#, "/a/1 3:8"),
        ("d: &d {a: 1}\ne:\n  a: 2\n  a: 3\n  <<: *d\n", r#"{"d":{"a":1},"e":{"a":1}}"#, ""),
        ("d: &d {a: 1}\ne:\n  <<: *d\n  a: 2\n  a: 3\n", r#"{"d":{"a":1},"e":{"a":3}}"#, ""),
        (
            "{\"b\": 1,\n\"a\": 1,\n\"b\": {\"c\": 1, \"c\": 2}}",
            r#"{"a":1,"b":{"c":2}}"#,
            "/b/c 3:15",
        ),
        ("[{\"a\": 1, \"a\": 2, \"a\": 3}]", r#"[{"a":3}]"#, "/0/a 1:19"),
    ];
    let options = ReadOptions { last_key_wins: true, ..ReadOptions::default() };
    for (text, wanted, place) in cases {
        let document = read_document_as("a.yaml", text.as_bytes(), &options).unwrap();
        assert_eq!(document.value.to_json(), wanted, "{text}");
        if let Some((pointer, place)) = place.split_once(' ') {
            let at = document.locate_exact(&Pointer::parse(pointer).unwrap()).unwrap();
            assert_eq!(format!("{}:{}", at.line, at.column), place, "{text}");
        }
        let error = read_document_as("a.yaml", text.as_bytes(), &ReadOptions::default());
        let message = error.unwrap_err().message;
        let says = ["already set", "stands twice"].iter().any(|part| message.contains(part));
        assert!(says, "{text}: {message}");
    }
}

#[test]
fn one_bad_document_does_not_hide_the_others() {
    let good = "apiVersion: v1\nkind: Pod\n";
    let text =
        format!("{good}---\na: [\n---\n{good}--- x\n{good}---\n{good}---\na: \u{1}\n---\n{good}");
    let read = read_as("a.yaml", &text);
    assert_eq!(read.documents.len(), 4);
    let lines: Vec<_> = read.errors.iter().map(|error| (error.line, error.column)).collect();
    assert_eq!(lines, [(4, 4), (8, 1), (15, 4)]);

    let mut bytes = text.into_bytes();
    bytes.extend(b"---\na: \xff\n---\napiVersion: v1\nkind: Pod\nx: \xc3\x28\n---\napiVersion: v1\nkind: Pod\n");
    let read = sekisho_manifest::read("a.yaml", bytes, &ReadOptions::default());
    assert_eq!(read.documents.len(), 5);
    let last: Vec<_> =
        read.errors.iter().skip(3).map(|e| (e.line, e.column, &*e.message)).collect();
    assert_eq!(last, [(20, 4, "invalid UTF-8"), (24, 4, "invalid UTF-8")]);
}

#[test]
fn configurations_are_one_document() {
    assert_eq!(read_value("# c\n---\na: [1, yes]\n").unwrap().to_json(), r#"{"a":[1,true]}"#);
    assert_eq!(read_value("{\"a\": 1.50}").unwrap().to_json(), r#"{"a":1.50}"#);
    for (text, line, part) in [
        ("", 1, "found none"),
        ("# only\n", 1, "found none"),
        ("a: 1\n---\nb: 2\n", 3, "found several"),
        ("a: 1\na: 2\n", 2, "already set on line 1"),
        ("a: {{ x }}\n", 1, "cannot be a key"),
    ] {
        let error = read_value(text).unwrap_err();
        assert_eq!(error.line, line, "{text:?}: {error}");
        assert!(error.message.contains(part), "{text:?}: {error}");
    }
}

#[test]
fn numbers_are_those_that_kubectl_sends() {
    for (literal, want) in [
        ("8", "8"),
        ("8.0", "8"),
        ("8e1", "80"),
        ("0.1E+1", "1"),
        ("1e18", "1000000000000000000"),
        ("1e21", "1e+21"),
        ("1.50", "1.5"),
        ("-0", "0"),
        ("-0.0", "-0"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854776000"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
    ] {
        for text in [
            format!(r#"{{"apiVersion":"v1","kind":"X","a":[{{"b":{literal}}}]}}"#),
            format!(
                r#"{{"apiVersion":"v1","kind":"List","items":[{{"apiVersion":"v1","kind":"X","a":[{{"b":{literal}}}]}}]}}"#
            ),
        ] {
            let read = read_as("a.json", &text);
            let [document] = read.documents.as_slice() else { panic!("{:?}", read.errors) };
            assert_eq!(document.value.get("a").unwrap().to_json(), format!("[{{\"b\":{want}}}]"));
        }
    }
}
