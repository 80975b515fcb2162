//! What the API server refuses is refused here, each thing at its place, all at once.

use crate::scene::compile_files;
use sekisho_engine::PolicySet;
use sekisho_policy::KubernetesVersion;
use sekisho_report::PolicyStatus;

fn build(yaml: &str, strict: bool) -> (PolicySet, Vec<String>) {
    build_for(yaml, strict, KubernetesVersion::NEWEST)
}

fn build_for(yaml: &str, strict: bool, release: KubernetesVersion) -> (PolicySet, Vec<String>) {
    let (set, diagnostics) = compile_files(&[("p.yaml", yaml)], release, strict);
    let line = |told: &sekisho_report::Diagnostic| {
        let (line, column) = (told.line.unwrap_or(0), told.column.unwrap_or(0));
        assert!(told.help.is_some(), "no help: {}", told.message);
        let (_, message) = told.message.split_once(": ").unwrap();
        format!("{line}:{column} {message}")
    };
    (set, diagnostics.iter().map(line).collect())
}

/// A policy with `spec` for its spec.
fn policy(spec: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: \
         {{name: p}}\nspec:\n{spec}"
    )
}

fn binding(spec: &str) -> String {
    format!(
        "{}---\napiVersion: admissionregistration.k8s.io/v1\nkind: \
         ValidatingAdmissionPolicyBinding\nmetadata: {{name: b}}\nspec:\n{spec}",
        policy(GOOD)
    )
}

const GOOD: &str = "  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations: [{expression: 'true'}]
";

#[test]
fn faults_of_policies_are_told_at_their_places() {
    let rules = "  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
";
    let of_rules = |rules: &str| {
        format!("  validations: [{{expression: 'true'}}]\n  matchConstraints:\n{rules}")
    };
    let with = |rest: &str| format!("{rules}{rest}");
    for (spec, wanted) in [
        (GOOD.to_owned(), &[][..]),
        (
            "  failurePolicy: Fial\n".to_owned(),
            &[
                "4:1 `matchConstraints` is missing",
                "4:1 neither `validations` nor `auditAnnotations` hold anything",
                "5:3 `Fial` is not supported",
            ][..],
        ),
        (
            of_rules(
                "    matchPolicy: Fuzzy
    namespaceSelector: {matchLabels: {a b: c}}
    resourceRules:
    - {apiGroups: ['', '*'], apiVersions: [''], operations: [GET, '*'], resources: ['*', pods],
       scope: Galaxy, resourceNames: [a, a, ..]}
    excludeResourceRules:
    - {operations: [CREATE], apiGroups: ['*'], apiVersions: ['*'], resources: [pods/*, pods/exec]}
",
            ),
            &[
                "7:5 `Fuzzy` is not supported",
                "8:39 `a b` is no label key",
                "10:8 `apiGroups` names others beside `*`",
                "10:44 an empty text in `apiVersions`",
                "10:49 `operations` names others beside `*`",
                "10:62 `GET` is not supported",
                "10:73 `*` stands beside other resources without subresources",
                "11:8 `Galaxy` is not supported",
                "11:42 `a` stands twice",
                "11:45 `..` cannot be the name of an object",
                "13:88 `pods/exec` stands beside `pods/*`",
            ],
        ),
        (
            with(
                "  paramKind: {apiVersion: a/b/c, kind: 1a}\n  validations: [{expression: 'true'}]\n",
            ),
            &["7:15 `a/b/c` is no API version", "7:34 `1a` is no kind"],
        ),
        (
            with(
                "  matchConditions:
  - {name: a, expression: 'variables.a'}
  - {name: a, expression: 'true'}
  - {name: '-', expression: ''}
  variables:
  - {name: in, expression: '1'}
  - {name: x, expression: 'variables.y'}
  validations:
  - expression: variables.x == params.z
    messageExpression: '1'
    reason: Because
  - {expression: '1', message: ' ', messageExpression: authorizer.path('/').check('get').reason()}
",
            ),
            &[
                "8:28 undeclared reference to 'variables' (in container '')",
                "9:6 `a` stands twice",
                "10:6 `-` is no qualified name",
                "10:17 `expression` is missing",
                "12:6 `in` is no name of a variable",
                "13:37 undefined field 'y'",
                "15:32 undeclared reference to 'params' (in container '')",
                "16:5 must evaluate to `string`, found `int`",
                "17:5 `Because` is not supported",
                "18:6 must evaluate to `bool`, found `int`",
                "18:23 `message` is blank",
                "18:56 undeclared reference to 'authorizer' (in container '')",
            ],
        ),
        (
            with(
                "  auditAnnotations:
  - {key: a, valueExpression: '1'}
  - {key: a, valueExpression: \"'x'\"}
  - {key: a/b, valueExpression: \"'x'\"}
",
            ),
            &[
                "8:14 must evaluate to `string` or `null`, found `int`",
                "9:6 `a` stands twice",
                "10:6 `p/a/b` is no qualified name",
            ],
        ),
    ] {
        let (set, told) = build(&policy(&spec), false);
        assert_eq!(told, wanted, "{spec}");
        let status = set.states().first().map(|state| state.status);
        let expected =
            if wanted.is_empty() { PolicyStatus::Off } else { PolicyStatus::NotCompiled };
        assert_eq!(status, Some(expected), "{spec}");
    }
}

#[test]
fn faults_of_bindings_are_told_at_their_places() {
    for (spec, wanted) in [
        ("  policyName: p\n  validationActions: [Deny]\n", &[][..]),
        ("  policyName: q\n  validationActions: [Deny]\n", &["13:3 there is no policy `q`"]),
        (
            "  policyName: P\n  validationActions: [Deny, Warn, Warn, Tell]\n",
            &[
                "13:3 `P` is no name of a policy",
                "14:3 `Deny` and `Warn` must not stand together",
                "14:35 `Warn` stands twice",
                "14:41 `Tell` is not supported",
            ],
        ),
        (
            "  paramRef: {name: a, selector: {}, parameterNotFoundAction: Shrug}\n",
            &[
                "12:1 `policyName` is missing",
                "12:1 `validationActions` must hold at least one",
                "13:14 `name` and `selector` exclude each other",
                "13:23 `name` and `selector` exclude each other",
                "13:37 `Shrug` is not supported",
            ],
        ),
        (
            "  policyName: p\n  validationActions: [Audit]\n  paramRef: {}\n",
            &[
                "15:3 neither `name` nor `selector` is given",
                "15:3 `parameterNotFoundAction` is missing",
            ],
        ),
    ] {
        let (_, told) = build(&binding(spec), false);
        assert_eq!(told, wanted, "{spec}");
    }
}

/// What is advised: `RULE LINE:COLUMN MESSAGE (HELP)`.
fn advised(set: &PolicySet) -> Vec<String> {
    let line = |advice: &sekisho_policy::Advice| {
        let at = advice.document.locate(&advice.pointer);
        let (_, rule) = advice.rule.id.split_once('/').unwrap();
        format!("{rule} {}:{} {} ({})", at.line, at.column, advice.message, advice.help)
    };
    set.advice().iter().map(line).collect()
}

/// What is advised of a policy that a binding names.
fn advised_of(spec: &str) -> Vec<String> {
    let binding = binding("  policyName: p\n  validationActions: [Deny]\n");
    let (set, told) = build(&binding.replace(GOOD, spec), false);
    assert_eq!(told, Vec::<String>::new());
    advised(&set)
}

#[test]
fn unknown_fields_are_told_and_errors_where_that_is_asked() {
    let spec = format!("{GOOD}  variabels: []\n");
    let wanted = "unknown field `variabels`";
    let told = advised_of(&spec);
    assert_eq!(told, [format!("unknown-field 8:3 {wanted} (did you mean `variables`?)")]);
    assert_eq!(build(&policy(&spec), true).1, [format!("8:3 {wanted}")]);
    let text = binding("  policyName: p\n  validationActions: [Deny]\n  matchResource: {}\n");
    let (set, told) = build(&text, false);
    assert_eq!(told, Vec::<String>::new());
    let wanted = "unknown field `matchResource` (did you mean `matchResources`?)";
    assert_eq!(advised(&set), [format!("unknown-field 15:3 {wanted}")]);
}

#[test]
fn policies_that_nothing_binds_are_told() {
    let (set, _) = build(&policy(GOOD), false);
    let wanted = "not-in-force 3:12 no binding names `p`: it does nothing (give a \
                  ValidatingAdmissionPolicyBinding of it with the policies)";
    assert_eq!(advised(&set), [wanted]);
    // That a binding of it is wrong is told already.
    let (set, told) = build(&binding("  policyName: p\n"), false);
    assert_eq!(told.len(), 1);
    assert_eq!(advised(&set), Vec::<String>::new());
}

#[test]
fn versions_are_those_that_are_served() {
    let good = binding("  policyName: p\n  validationActions: [Deny]\n");
    for (version, minor, wanted) in [
        ("v1", 30, None),
        (
            "v1",
            29,
            Some(
                "v1.30 is the first that does (it is served in `admissionregistration.k8s.io/v1beta1`, `admissionregistration.k8s.io/v1alpha1`)",
            ),
        ),
        ("v1beta1", 33, None),
        (
            "v1beta1",
            34,
            Some("v1.33 was the last that did (it is served in `admissionregistration.k8s.io/v1`)"),
        ),
        (
            "v1alpha1",
            25,
            Some(
                "v1.26 is the first that does (`--kubernetes-version` is the version of your clusters)",
            ),
        ),
        ("v1alpha1", 26, None),
    ] {
        let text = good.replace("k8s.io/v1", &format!("k8s.io/{version}"));
        let (set, told) = build_for(&text, false, KubernetesVersion { minor });
        assert_eq!(told, Vec::<String>::new(), "{version}");
        let kinds = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
        let lines = [1, 9];
        let wanted: Vec<String> = wanted.map_or_else(Vec::new, |rest| {
            let line = |(kind, line)| {
                format!(
                    "unserved-version {line}:1 Kubernetes v1.{minor} does not serve {kind} in \
                     `{version}`: {rest}"
                )
            };
            kinds.into_iter().zip(lines).map(line).collect()
        });
        assert_eq!(advised(&set), wanted, "{version} {minor}");
    }
    for (version, kind) in
        [("v2", "ValidatingAdmissionPolicy"), ("v1beta2", "MutatingAdmissionPolicy")]
    {
        let text = format!(
            "apiVersion: admissionregistration.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: p}}\n"
        );
        let (_, told) = build(&text, false);
        let wanted = format!("1:1 there is no {kind} in `admissionregistration.k8s.io/{version}`");
        assert_eq!(told.first(), Some(&wanted));
    }
    let (_, told) =
        build(&good.replace("AdmissionPolicyBinding", "AdmissionPolicyBindings"), false);
    assert_eq!(told, ["10:1 `admissionregistration.k8s.io` has no such kind"]);
}

#[test]
fn rules_about_nothing_are_told() {
    let rule = |groups: &str, versions: &str, resources: &str| {
        advised_of(&format!(
            "  matchConstraints:\n    resourceRules:\n    - apiGroups: [{groups}]\n      \
             apiVersions: [{versions}]\n      operations: ['*']\n      resources: [{resources}]\n  \
             validations: [{{expression: 'true'}}]\n"
        ))
    };
    let told = |line: &str| vec![format!("unknown-resource {line}")];
    for (groups, versions, resources, wanted) in [
        ("apps", "v1", "deployments", vec![]),
        ("'*'", "'*'", "'*/*'", vec![]),
        ("'', apps", "v1", "pods, deployments/scale, pods/exec, pods/*", vec![]),
        // What a definition that is not given may define.
        ("example.com", "v1", "things, deploymets", vec![]),
        ("'*'", "'*'", "things", vec![]),
        (
            "apps",
            "v1",
            "deploymets",
            told("10:19 no resource of `apps` is called `deploymets` (did you mean `deployments`?)"),
        ),
        (
            "'*'",
            "'*'",
            "Deployment",
            told("10:19 no resource is called `Deployment` (did you mean `deployments`?)"),
        ),
        (
            "''",
            "v1",
            "deployments",
            told("10:19 no resource of the core group (`\"\"`) is called `deployments` (`deployments` are in `apps`)"),
        ),
        (
            "app",
            "v1",
            "deployments",
            told("7:19 no kind is in the API group `app` (did you mean `apps`?)"),
        ),
        (
            "core",
            "v1",
            "pods",
            told("7:19 no kind is in the API group `core` (the core group is `\"\"`)"),
        ),
        (
            "networking.k8s.oi",
            "v1",
            "ingresses",
            told("7:19 no kind is in the API group `networking.k8s.oi` (did you mean `networking.k8s.io`?)"),
        ),
        (
            "''",
            "V1, apps/v1",
            "pods",
            vec![
                "unknown-resource 8:21 no kind is in the version `V1` (versions are `v1`, `v2beta1` and the like)".to_owned(),
                "unknown-resource 8:25 no kind is in the version `apps/v1` (versions are `v1`, `v2beta1` and the like)".to_owned(),
            ],
        ),
        (
            "''",
            "v1",
            "pods/exce, configmaps/status",
            vec![
                "unknown-resource 10:19 `pods` has no subresource `exce` (did you mean `exec`?)".to_owned(),
                "unknown-resource 10:30 `configmaps` has no subresource `status` (it has none)".to_owned(),
            ],
        ),
    ] {
        assert_eq!(rule(groups, versions, resources), wanted, "{groups} {versions} {resources}");
    }
}

#[test]
fn rules_that_never_match_are_told() {
    for (rule, wanted) in [
        (
            "apps|v2|deployments|*",
            Some(
                "apiVersions/0 none of these resources is served in the version `v2` (they are in `v1`)",
            ),
        ),
        (
            "apps|v1, v1beta9|'*'|*",
            Some(
                "apiVersions/1 none of these resources is served in the version `v1beta9` (they are in `v1`)",
            ),
        ),
        // Once it was served, and beside what is, it does no harm.
        (
            "batch|v1beta1|cronjobs|*",
            Some(
                "apiVersions/0 none of these resources is served in the version `v1beta1` (they are in `v1`)",
            ),
        ),
        ("batch|v1beta1, v1|cronjobs|*", None),
        (
            "apps|v1|deployments/scale|Cluster",
            Some(
                "scope none of these resources is of the scope `Cluster` (they are `Namespaced`: say so, or take `scope` away)",
            ),
        ),
        (
            "''|v1|nodes, namespaces|Namespaced",
            Some(
                "scope none of these resources is of the scope `Namespaced` (they are `Cluster`: say so, or take `scope` away)",
            ),
        ),
        ("''|v1|pods, nodes|Cluster", None),
        ("example.com|v9|things|Cluster", None),
        ("'*'|'*'|'*/*'|Cluster", None),
    ] {
        let parts: Vec<&str> = rule.split('|').collect();
        let [groups, versions, resources, scope] = parts.as_slice() else { panic!("{rule}") };
        let text = policy(&format!(
            "  matchConstraints:\n    resourceRules:\n    - {{apiGroups: [{groups}], apiVersions: \
             [{versions}], operations: ['*'], resources: [{resources}], scope: '{scope}'}}\n  \
             validations: [{{expression: 'true'}}]\n"
        ));
        let (set, told) = build(&text, false);
        assert_eq!(told, Vec::<String>::new(), "{rule}");
        let of_rules = set.advice().iter().filter(|a| a.rule.id.ends_with("unknown-resource"));
        let found: Vec<String> = of_rules
            .map(|advice| {
                let at = advice.pointer.as_str();
                let field = at.strip_prefix("/spec/matchConstraints/resourceRules/0/").unwrap();
                format!("{field} {} ({})", advice.message, advice.help)
            })
            .collect();
        assert_eq!(found, wanted.into_iter().collect::<Vec<_>>(), "{rule}");
    }
    // What the release that is judged for still serves.
    let old = policy(GOOD).replace("['']", "[batch]").replace("[v1]", "[v1beta1]");
    let old = old.replace("[pods]", "[cronjobs]");
    let served = |minor| {
        let (set, _) = build_for(&old, false, KubernetesVersion { minor });
        !advised(&set).iter().any(|told| told.contains("none of these"))
    };
    assert_eq!([24, 25].map(served), [true, false]);
}

#[test]
fn what_has_no_effect_is_told() {
    let params = "  policyName: p\n  validationActions: [Deny]\n  paramRef: {name: a, \
                  parameterNotFoundAction: Deny}\n";
    let (set, told) = build(&binding(params), false);
    assert_eq!(told, Vec::<String>::new());
    let wanted = "no-effect 15:3 policy `p` has no `paramKind`: no parameter is read (give the \
                  policy a `paramKind`, or take `paramRef` away)";
    assert_eq!(advised(&set), [wanted]);
    let condition = "  matchConditions: [{name: a, expression: 'namespaceObject == null'}]\n";
    let wanted = "no-effect 8:31 `namespaceObject` is null in match conditions (use \
                  `namespaceSelector`, or read it in a validation)";
    assert_eq!(advised_of(&format!("{GOOD}{condition}")), [wanted]);
}

#[test]
fn functions_are_told_with_the_release_that_has_them() {
    for (minor, expression, wanted) in [
        (
            37,
            "[1].includes(1)",
            Some("`includes` came with Kubernetes 1.37: new policies may use it from 1.38 on"),
        ),
        (
            30,
            "ip(\"1.1.1.1\").isLoopback()",
            Some("`ip` came with Kubernetes 1.30: new policies may use it from 1.31 on"),
        ),
        (31, "ip(\"1.1.1.1\").isLoopback()", None),
        (
            26,
            "authorizer.path(\"/a\").check(\"get\").allowed()",
            Some("the variables are `object`, `oldObject`, `request`"),
        ),
        // Of 1.27, whatever it can do may be used at once.
        (27, "authorizer.path(\"/a\").check(\"get\").allowed()", None),
    ] {
        let text = policy(&GOOD.replace("'true'", &format!("'{expression}'")));
        let release = KubernetesVersion { minor };
        let (_, told) = compile_files(&[("p.yaml", &text)], release, false);
        let help = told.first().and_then(|told| told.help.as_deref());
        assert_eq!(help, wanted, "1.{minor}: {expression}: {told:?}");
    }
}

#[test]
fn what_stands_twice_is_told_with_both_places() {
    let good = binding("  policyName: p\n  validationActions: [Deny]\n");
    assert_eq!(build(&format!("{good}---\n{good}"), false).1, Vec::<String>::new());
    let other = good.replace("'true'", "'false'").replace("[Deny]", "[Warn]");
    assert_eq!(
        build(&format!("{good}---\n{other}"), false).1,
        [
            "18:12 another policy of the same name says something else, in `p.yaml:3`",
            "26:12 another binding of the same name says something else, in `p.yaml:11`",
        ]
    );
}

#[test]
fn policies_that_do_nothing_are_seen_doing_nothing() {
    let (set, _) = build(&binding("  policyName: p\n  validationActions: [Warn]\n"), false);
    let states: Vec<_> = set.states().iter().map(|of| (of.id.as_str(), of.status)).collect();
    let id = "local/admission-policy/ValidatingAdmissionPolicyBinding/b";
    assert_eq!(states, [(id, PolicyStatus::Audited)]);
    let (set, _) = build(&policy(GOOD), false);
    let state = set.states().first().unwrap();
    assert_eq!(state.status, PolicyStatus::Off);
    assert_eq!(state.reason.as_deref(), Some("no binding names it"));
}

#[test]
fn older_versions_are_read() {
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let text = binding("  policyName: p\n  validationActions: [Deny]\n")
            .replace("k8s.io/v1", &format!("k8s.io/{version}"));
        let (set, told) = build(&text, false);
        assert_eq!(told, Vec::<String>::new(), "{version}");
        assert!(!set.is_empty(), "{version}");
    }
}
