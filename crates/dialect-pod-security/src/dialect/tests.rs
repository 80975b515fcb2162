mod arbitrary_objects;
mod conformance;
mod recorded;

use super::{PodSecurity, default_configuration, level_document};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_manifest::{ReadOptions, read};
use sekisho_policy::{
    Action, Budget, CompileContext, Compiled, CompiledPolicy, Dialect, Digest, EvalContext, InTurn,
    Inventory, KubernetesVersion, Operation, Outcome, PolicyDocument, Reads, Request, Shared,
    Target, UserInfo,
};
use sekisho_value::{Value, from_json};

struct Nothing;

impl Inventory for Nothing {
    fn is_complete(&self) -> bool {
        true
    }
}

fn compile(text: &str) -> Compiled {
    let options = ReadOptions { client_kinds: true, ..ReadOptions::default() };
    let read = read("policy.yaml", text.as_bytes(), &options);
    assert!(read.errors.is_empty() && read.skipped.is_empty(), "{text}");
    let documents: Vec<PolicyDocument<'_>> = read
        .documents
        .iter()
        .map(|document| {
            let (group, _) = document.api_version().split_once('/').unwrap();
            assert!(PodSecurity.reads(group, document.kind()), "{text}");
            let digest = Digest::of([text.as_bytes()]);
            PolicyDocument { document, digest, origin: "local" }
        })
        .collect();
    let schemas = Schemas::builtin();
    let (target, workers) = (&Target::default(), &InTurn);
    let context = CompileContext { target, schemas: &schemas, strict: false, workers };
    PodSecurity.compile(&documents, &context)
}

fn policy(text: &str) -> CompiledPolicy {
    let mut compiled = compile(text);
    assert!(compiled.diagnostics.is_empty(), "{text}: {:?}", compiled.diagnostics);
    assert!(compiled.failed.is_empty() && compiled.policies.len() == 1);
    compiled.policies.remove(0)
}

fn creation(group: &str, kind: &str, object: Value) -> Request {
    Request {
        gvk: Gvk::new(group, "v1", kind),
        resource: "".into(),
        subresource: "".into(),
        name: "".into(),
        namespace: (kind != "Namespace").then(|| "default".into()),
        operation: Operation::Create,
        user: UserInfo::default(),
        object,
        old_object: Value::Null,
        dry_run: false,
        ..Request::default()
    }
}

fn evaluate(policy: &CompiledPolicy, request: &Request, target: &Target) -> Outcome {
    let (inventory, budget) = (Reads::new(&Nothing), Budget::standard());
    let context = EvalContext {
        request,
        inventory: &inventory,
        target,
        schemas: &Schemas::builtin(),
        budget: &budget,
        now: jiff::Timestamp::UNIX_EPOCH,
        shared: &Shared::default(),
    };
    policy.evaluate.evaluate(&context).unwrap()
}

fn actions(policy: &CompiledPolicy, spec: &str, target: &Target) -> Vec<(Action, String)> {
    let object = from_json(&format!(r#"{{"spec":{spec}}}"#)).unwrap();
    let outcome = evaluate(policy, &creation("", "Pod", object), target);
    let action = |action: Option<Action>| action.unwrap_or(policy.action);
    outcome.violations.iter().map(|v| (action(v.action), v.rule.to_string())).collect()
}

#[test]
fn the_default_denies_baseline_and_warns_of_restricted() {
    let policy = policy(default_configuration());
    assert_eq!(policy.id.as_str(), "local/pod-security/PodSecurityConfiguration/default");
    let target = Target::default();
    let denied = [(Action::Deny, "hostNamespaces".to_owned())];
    assert_eq!(actions(&policy, r#"{"hostPID":true}"#, &target), denied);
    let warned = [(Action::Warn, "runAsUser".to_owned())];
    let root = r#"{"securityContext":{"runAsUser":0}}"#;
    assert_eq!(actions(&policy, root, &target), warned);
}

#[test]
fn a_level_document_is_that_level() {
    for (level, version, spec, violated) in [
        ("privileged", "latest", r#"{"hostPID":true}"#, false),
        ("baseline", "v1.20", r#"{"hostPID":true}"#, true),
        ("baseline", "latest", r#"{"securityContext":{"runAsUser":0}}"#, false),
        ("restricted", "latest", r#"{"securityContext":{"runAsUser":0}}"#, true),
        ("restricted", "v1.22", r#"{"securityContext":{"runAsUser":0}}"#, false),
        ("restricted", "v1.99", r#"{"securityContext":{"runAsUser":0}}"#, true),
    ] {
        let policy = policy(&level_document(level, version));
        let name = format!("{level}:{version}");
        assert_eq!(policy.id.as_str(), format!("local/pod-security/PodSecurityLevel/{name}"));
        assert_eq!((&*policy.name, policy.action), (name.as_str(), Action::Deny));
        assert_eq!(actions(&policy, spec, &Target::default()).len(), usize::from(violated));
        assert!(!policy.matcher.matches(&creation("", "Namespace", Value::object())));
    }
}

#[test]
fn the_target_says_what_latest_is() {
    let sysctl = r#"{"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_rmem"}]}}"#;
    for (version, minor, violated) in [
        ("latest", 37, false),
        ("latest", 31, true),
        ("v1.36", 31, true),
        ("v1.31", 37, true),
        ("v1.36", 99, false),
    ] {
        let policy = policy(&level_document("baseline", version));
        let target =
            Target { kubernetes_version: KubernetesVersion { minor }, ..Target::default() };
        let found = actions(&policy, sysctl, &target).len();
        assert_eq!(found, usize::from(violated), "{version} on v1.{minor}");
    }
}

#[test]
fn controllers_are_warned_of_where_pods_are_refused() {
    for (action, of_controllers) in [("deny", Some(Action::Warn)), ("warn", None), ("audit", None)]
    {
        let text = format!(
            "apiVersion: sekisho.dev/v1alpha1\nkind: PodSecurityLevel\nmetadata: {{name: x}}\n\
             spec: {{level: baseline, action: {action}}}\n"
        );
        let policy = policy(&text);
        assert_eq!(policy.id.as_str(), "local/pod-security/PodSecurityLevel/x");
        assert_eq!(policy.action.as_str(), action);
        let object = r#"{"spec":{"template":{"spec":{"hostPID":true}}}}"#;
        let request = creation("apps", "Deployment", from_json(object).unwrap());
        assert!(policy.matcher.matches(&request));
        let outcome = evaluate(&policy, &request, &Target::default());
        assert_eq!(outcome.violations[0].action, of_controllers);
        let pointers: Vec<String> =
            outcome.violations[0].pointers.iter().map(ToString::to_string).collect();
        assert_eq!(pointers, ["/spec/template/spec/hostPID"]);
        assert_eq!(outcome.annotations.len(), usize::from(action == "audit"));
    }
}

#[test]
fn configurations_are_read_as_the_api_server_reads_them() {
    let inner = "apiVersion: pod-security.admission.config.k8s.io/VERSION
kind: PodSecurityConfiguration
defaults:
  enforce: baseline
  enforce-version: v1.30
  audit: ''
  warn: null
exemptions:
  usernames: ['system:admin']
  namespaces: [kube-system, default]
  runtimeClasses: [kata.containers]
";
    let wrapped = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n\
         - name: EventRateLimit\n  path: rates.yaml\n- name: PodSecurity\n  configuration:\n    {}\n",
        inner.replace('\n', "\n    ")
    );
    for version in ["v1", "v1beta1", "v1alpha1"] {
        for text in [inner, &wrapped] {
            let policy = policy(&text.replace("VERSION", version));
            assert_eq!(policy.id.as_str(), "local/pod-security/PodSecurityConfiguration/default");
            assert_eq!(actions(&policy, r#"{"hostPID":true}"#, &Target::default()), []);
            for (group, kind, matches) in [
                ("", "Pod", true),
                ("", "Namespace", true),
                ("", "PodTemplate", true),
                ("", "ReplicationController", true),
                ("apps", "Deployment", true),
                ("apps", "ReplicaSet", true),
                ("apps", "StatefulSet", true),
                ("apps", "DaemonSet", true),
                ("batch", "Job", true),
                ("batch", "CronJob", true),
                ("argoproj.io", "Rollout", false),
                ("", "Service", false),
            ] {
                let request = creation(group, kind, Value::object());
                assert_eq!(policy.matcher.matches(&request), matches, "{kind}");
            }
        }
    }
    let named =
        inner.replace("VERSION", "v1").replace("defaults:", "metadata: {name: x}\ndefaults:");
    assert_eq!(policy(&named).id.as_str(), "local/pod-security/PodSecurityConfiguration/x");
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    let configuration = |body: &str| {
        format!(
            "apiVersion: pod-security.admission.config.k8s.io/v1\n\
             kind: PodSecurityConfiguration\n{body}"
        )
    };
    let level = |spec: &str| {
        format!(
            "apiVersion: sekisho.dev/v1alpha1\nkind: PodSecurityLevel\nmetadata: {{name: x}}\n{spec}"
        )
    };
    let wrapped = |plugins: &str| {
        format!("apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n{plugins}")
    };
    let label = "a".repeat(64);
    for (text, places) in [
        (
            configuration("defaults: {enforce: strict}"),
            vec!["3:12 `strict` is no level of the Pod Security Standards"],
        ),
        (
            configuration("defaults:\n  warn-version: v1.030\n  audit: Baseline\n"),
            vec![
                "5:3 `Baseline` is no level of the Pod Security Standards",
                "4:3 `v1.030` is no version of the Pod Security Standards",
            ],
        ),
        (configuration("defaults:\n  enforced: baseline\n"), vec!["4:3 unknown field `enforced`"]),
        (configuration("default:\n  enforce: baseline\n"), vec!["3:1 unknown field `default`"]),
        (configuration("defaults: [baseline]\n"), vec!["3:1 `defaults` is a list, not an object"]),
        (
            configuration("defaults: {enforce: 1}\n"),
            vec!["3:12 `enforce` is a number, not a string"],
        ),
        (
            configuration("exemptions:\n  usernames: [a, b, a]\n  namespaces: [x, X, x]\n"),
            vec![
                "4:21 `a` stands twice in `usernames`",
                "5:19 `X` cannot be exempt: no such name exists",
                "5:22 `x` stands twice in `namespaces`",
            ],
        ),
        (
            configuration(
                "exemptions: {usernames: [''], namespaces: kube-system, runtimeClasses: [1, a..b]}",
            ),
            vec![
                "3:26 `` cannot be exempt: no such name exists",
                "3:31 `namespaces` is a string, not a list",
                "3:73 an item of `runtimeClasses` is a number, not a string",
                "3:76 `a..b` cannot be exempt: no such name exists",
            ],
        ),
        (
            configuration(&format!("exemptions:\n  namespaces: [{label}, 'kube-*']\n")),
            vec![
                "4:16 `LABEL` cannot be exempt: no such name exists",
                "4:82 `kube-*` cannot be exempt: no such name exists",
            ],
        ),
        (
            "apiVersion: pod-security.admission.config.k8s.io/v2\nkind: PodSecurityConfiguration\n"
                .to_owned(),
            vec!["1:1 unknown version `pod-security.admission.config.k8s.io/v2`"],
        ),
        (wrapped("plugins: []\n"), vec!["3:1 there is no plugin `PodSecurity`"]),
        (
            wrapped("plugins:\n- name: PodSecurity\n  path: podsecurity.yaml\n"),
            vec!["5:3 the configuration is in another file"],
        ),
        (
            wrapped("plugins:\n- name: PodSecurity\n"),
            vec!["4:3 plugin `PodSecurity` has no configuration"],
        ),
        (
            wrapped(
                "plugins:\n- name: PodSecurity\n  configuration:\n    apiVersion: \
                 pod-security.admission.config.k8s.io/v1\n    kind: PodSecurity\n    defaults:\n      \
                 warn: x\n- name: PodSecurity\n",
            ),
            vec![
                "10:3 plugin `PodSecurity` stands twice",
                "7:5 unknown kind `PodSecurity`",
                "9:7 `x` is no level of the Pod Security Standards",
            ],
        ),
        (level("spec: {}\n"), vec!["4:1 `spec.level` is missing"]),
        (level(""), vec!["1:1 `spec.level` is missing"]),
        (
            level("spec:\n  level: x\n  version: '1.30'\n  action: 'off'\n  kind: y\n"),
            vec![
                "8:3 unknown field `kind`",
                "5:3 `x` is no level of the Pod Security Standards",
                "6:3 `1.30` is no version of the Pod Security Standards",
                "7:3 unknown action `off`",
            ],
        ),
    ] {
        let compiled = compile(&text);
        let found: Vec<String> = compiled
            .diagnostics
            .iter()
            .map(|d| {
                assert_eq!(d.file.as_deref(), Some("policy.yaml"));
                assert!(d.help.is_some());
                format!("{}:{} {}", d.line.unwrap(), d.column.unwrap(), d.message)
            })
            .map(|line| line.replace(&label, "LABEL"))
            .collect();
        assert_eq!(found, places, "{text}");
        assert!(compiled.policies.is_empty(), "{text}");
        assert_eq!(compiled.failed.len(), 1, "{text}");
    }
}

#[test]
fn one_bad_policy_does_not_hide_the_others() {
    let text = format!(
        "{}---\n{}",
        level_document("strict", "latest"),
        level_document("baseline", "latest")
    );
    let compiled = compile(&text);
    assert_eq!((compiled.policies.len(), compiled.failed.len()), (1, 1));
}

/// The documentation is true: each example violates its rule, and the mended one does not.
#[test]
fn examples_do_what_they_say() {
    let schemas = Schemas::builtin();
    let restricted = policy(&level_document("restricted", "latest"));
    let baseline = policy(&level_document("baseline", "latest"));
    let old = policy(&level_document("restricted", "v1.18"));
    let default = policy(default_configuration());
    let mut seen = std::collections::BTreeSet::new();
    for rule in PodSecurity.rules() {
        assert!(seen.insert(rule.id) && !rule.references.is_empty(), "{}", rule.id);
        let violated = |text: &str| {
            let read = read("example.yaml", text.as_bytes(), &ReadOptions::default());
            assert_eq!((read.documents.len(), read.errors.len()), (1, 0), "{}", rule.id);
            let decoded = schemas.store(&read.documents[0].value);
            assert!(decoded.problems.is_empty(), "{}: {:?}", rule.id, decoded.problems);
            let request = creation("", read.documents[0].kind(), decoded.object);
            [&restricted, &baseline, &old, &default]
                .iter()
                .filter(|policy| policy.matcher.matches(&request))
                .flat_map(|policy| evaluate(policy, &request, &Target::default()).violations)
                .any(|violation| violation.rule == rule.id)
        };
        assert!(violated(rule.example), "{}", rule.id);
        assert!(!violated(rule.fix), "{}", rule.id);
    }
    assert_eq!(seen.len(), 20);
}
