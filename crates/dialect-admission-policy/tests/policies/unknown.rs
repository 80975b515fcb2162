//! What is not known here, and would be in a cluster, is an error where the verdict hangs on it.

use crate::scene::{bound, compile_files, creation, in_order};
use sekisho_engine::{MemoryInventory, PolicySet, Verdict, evaluate};
use sekisho_kube_model::Gvr;
use sekisho_policy::{KubernetesVersion, Request};
use sekisho_value::from_json;

fn judge(set: &PolicySet, object: &str, known: &[&str], user: &str) -> Verdict {
    let mut inventory = MemoryInventory::new();
    for object in known {
        inventory.insert(from_json(object).unwrap());
    }
    evaluate(set, &creation(object, user), &crate::scene::judge(&inventory))
}

const RULES: &str = "resourceRules: [{apiGroups: ['', example.com], apiVersions: ['*'], \
                     operations: ['*'], resources: [configmaps, gadgets]}]";
const MAP: &str =
    r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"shop"}}"#;
const LIMITS: &str =
    r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"l","namespace":"other"}}"#;
const SHOP: &str =
    r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"a":"b"}}}"#;
const ROLES: &str = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
    "metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"cluster-admin"},
    "subjects":[{"kind":"User","name":"ann"}]}"#;

/// A role that is not given is one that may allow it.
const UNKNOWN_ROLE: &str = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
    "metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"other"},
    "subjects":[{"kind":"User","name":"ann"}]}"#;

#[test]
fn what_is_not_known_is_an_error_where_it_counts() {
    let selected = |labels: &str| {
        format!(
            "matchConstraints: {{{RULES}, namespaceSelector: {{matchLabels: {{{labels}}}}}}}, \
             validations: [{{expression: 'false', message: refused}}]"
        )
    };
    let says = |expression: &str| {
        format!(
            "matchConstraints: {{{RULES}}}, validations: [{{expression: \"{expression}\", message: \
             refused}}]"
        )
    };
    let with_params = |expression: &str| {
        format!("paramKind: {{apiVersion: v1, kind: ConfigMap}}, {}", says(expression))
    };
    let by_name = "kubernetes.io/metadata.name: ";
    let of_params =
        |action: &str| format!("paramRef: {{name: l, parameterNotFoundAction: {action}}}");
    let kind = |kind: &str| MAP.replace("v1", "example.com/v1").replace("ConfigMap", kind);
    // the policy, the binding, the object, what is known, who asks: denied, or the error
    for (policy, binding, object, known, user, wanted) in [
        // Of a namespace that is not known, the label of its name is.
        (selected("a: b"), String::new(), MAP.to_owned(), &[][..], "", "`shop` is not known"),
        (selected("a: b"), String::new(), MAP.to_owned(), &[SHOP][..], "", "no"),
        (selected("a: c"), String::new(), MAP.to_owned(), &[SHOP][..], "", ""),
        (selected(&format!("{by_name}shop")), String::new(), MAP.to_owned(), &[][..], "", "no"),
        (selected(&format!("{by_name}x, a: b")), String::new(), MAP.to_owned(), &[][..], "", ""),
        // An expression that reads it has no value.
        (
            says("namespaceObject.metadata.name == 'x'"),
            String::new(),
            MAP.to_owned(),
            &[][..],
            "",
            "reads namespace `shop`, which is not known",
        ),
        // A kind that is not known may go by a plural that does not look like it.
        (says("false"), String::new(), kind("Gadget"), &[][..], "", "no"),
        (says("false"), String::new(), kind("Gizmo"), &[][..], "", "plural of"),
        (
            says("false"),
            String::new(),
            kind("Gizmo").replace("example.com", "x.io"),
            &[][..],
            "",
            "",
        ),
        // Where no parameter of the kind is given at all, there may be one.
        (
            with_params("false"),
            of_params("Allow"),
            MAP.to_owned(),
            &[][..],
            "",
            "`shop/l` is not known",
        ),
        (with_params("false"), of_params("Allow"), MAP.to_owned(), &[LIMITS][..], "", ""),
        (with_params("false"), of_params("Deny"), MAP.to_owned(), &[][..], "", "no params found"),
        // Who may do what.
        (
            says("authorizer.path('/x').check('get').allowed()"),
            String::new(),
            MAP.to_owned(),
            &[][..],
            "ann",
            "it is not known who may do what",
        ),
        (
            says("authorizer.path('/x').check('get').allowed()"),
            String::new(),
            MAP.to_owned(),
            &[ROLES][..],
            "ann",
            "",
        ),
        (
            says("authorizer.path('/x').check('get').allowed()"),
            String::new(),
            MAP.to_owned(),
            &[ROLES][..],
            "bob",
            "no",
        ),
        // Whatever the failure policy lets through.
        (
            format!(
                "failurePolicy: Ignore, {}",
                says("authorizer.path('/x').check('get').allowed()")
            ),
            String::new(),
            MAP.to_owned(),
            &[UNKNOWN_ROLE][..],
            "ann",
            "\"other\" not found",
        ),
        // What does not hang on it is what it is.
        (
            says("authorizer.path('/x').check('get').allowed() || true"),
            String::new(),
            MAP.to_owned(),
            &[UNKNOWN_ROLE][..],
            "ann",
            "",
        ),
        // Who asks.
        (
            says("request.userInfo.username == 'ann'"),
            String::new(),
            MAP.to_owned(),
            &[][..],
            "ann",
            "",
        ),
        (
            says("request.userInfo.username == 'ann'"),
            String::new(),
            MAP.to_owned(),
            &[][..],
            "",
            "reads who sends the request",
        ),
    ] {
        let verdict = judge(&in_order(&bound(&policy, &binding)), &object, known, user);
        let at = format!("{policy}\n{binding}\n{object}\n{known:?} {user}\n{verdict:#?}");
        match wanted {
            "" => assert!(verdict.allowed() && verdict.judgements.is_empty(), "{at}"),
            "no" => assert!(!verdict.denials.is_empty() && verdict.errors.is_empty(), "{at}"),
            error => {
                let told = verdict.errors.iter().map(|error| error.message.as_str());
                assert!(told.into_iter().any(|message| message.contains(error)), "{error}: {at}");
                assert!(verdict.denials.is_empty(), "{at}");
            }
        }
    }
}

/// It is told by commands of which some have no `--as`.
#[test]
fn who_asks_is_told_in_every_way_that_there_is() {
    let policy = format!(
        "matchConstraints: {{{RULES}}}, validations: [{{expression: \"request.userInfo.username == \
         'ann'\"}}]"
    );
    let verdict = judge(&in_order(&bound(&policy, "")), MAP, &[], "");
    let help = verdict.errors.first().and_then(|error| error.help.as_deref()).unwrap();
    for way in ["of manifests with `--as`", "in a suite with `user`", "in a review with `userInfo`"]
    {
        assert!(help.contains(way), "{way}: {help}");
    }
}

/// What is wrong with parameters is shown at the object; its help says who asks for them.
#[test]
fn faults_of_parameters_name_their_places() {
    let params = |kind: &str| {
        format!(
            "matchConstraints: {{{RULES}}}, validations: [{{expression: 'false'}}], paramKind: \
             {{apiVersion: v1, kind: {kind}}}"
        )
    };
    let of_params = "paramRef: {name: l, parameterNotFoundAction: ";
    for (kind, action, wanted) in [
        ("ConfigMap", "Deny", "`paramRef` stands at `p.yaml:9:50`"),
        ("ConfigMap", "Allow", "or with `--inventory`; `paramRef` stands at `p.yaml:9:50`"),
        ("Gadget", "Allow", "or with `--inventory`; `paramKind` stands at `p.yaml:4:"),
    ] {
        let set = in_order(&bound(&params(kind), &format!("{of_params}{action}}}")));
        let verdict = judge(&set, MAP, &[], "");
        let help = verdict.errors.first().and_then(|error| error.help.as_deref()).unwrap();
        assert!(help.contains(wanted), "{help}");
    }
}

/// A violation of each parameter is a finding of its own, and one without parameters keeps its key.
#[test]
fn findings_are_told_apart_by_their_parameters() {
    let limit = |name: &str| {
        LIMITS
            .replace("other", "shop")
            .replace(r#""name":"l""#, &format!(r#""name":"{name}","labels":{{"a":"b"}}"#))
    };
    let policy = format!(
        "matchConstraints: {{{RULES}}}, validations: [{{expression: 'false', message: nope}}]"
    );
    let with_params = format!("{policy}, paramKind: {{apiVersion: v1, kind: ConfigMap}}");
    let selected = "paramRef: {selector: {matchLabels: {a: b}}, parameterNotFoundAction: Deny}";
    let found = |policy: &str, binding: &str, known: &[&str]| {
        let verdict = judge(&in_order(&bound(policy, binding)), MAP, known, "");
        assert!(verdict.errors.is_empty(), "{verdict:?}");
        let found = verdict.judgements.into_iter();
        found
            .map(|found| (found.key(), found.help.map(|help| help.to_string())))
            .collect::<Vec<_>>()
    };
    let (one, two) = (limit("one"), limit("two"));
    let both = found(&with_params, selected, &[&two, &one]);
    let helps: Vec<Option<&str>> = both.iter().map(|(_, help)| help.as_deref()).collect();
    assert_eq!(
        helps,
        [
            Some("mend the object, or its parameter, ConfigMap `shop/one`"),
            Some("mend the object, or its parameter, ConfigMap `shop/two`")
        ]
    );
    assert_ne!(both.first().unwrap().0, both.last().unwrap().0);
    // Each keeps its key, whatever stands beside it.
    assert_eq!(found(&with_params, selected, &[&two]), both.get(1..).unwrap());
    let plain = found(&policy, "", &[]);
    let key = "local/admission-policy/ValidatingAdmissionPolicyBinding/b";
    let subject = sekisho_engine::Subject {
        kind: "ConfigMap".to_owned(),
        namespace: "shop".to_owned(),
        name: "c".to_owned(),
        ..Default::default()
    };
    let id = sekisho_policy::PolicyId::new(
        "local",
        "admission-policy",
        "ValidatingAdmissionPolicyBinding",
        "b",
    );
    assert_eq!(id.as_str(), key);
    let wanted = sekisho_engine::finding_key(&id, "validations[0]", &subject, &[], "nope");
    assert_eq!(plain, [(wanted, None)]);
}

/// Objects that policies look up stand once, and what nothing looks up is told.
#[test]
fn what_stands_beside_policies_is_looked_up_and_stands_once() {
    let policies = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods]}]}
  validations: [{expression: 'true'}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p, validationActions: [Deny], paramRef: {name: l, parameterNotFoundAction: Deny}}
";
    let map = |data: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: l}}\ndata: {{a: {data}}}\n"
        )
    };
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: l}\n";
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: l}\n";
    for (beside, errors, skipped) in [
        (map("x"), &[][..], &[][..]),
        (format!("{}{}", map("x"), map("x")), &[], &[]),
        (
            format!("{}{}", map("x"), map("y")),
            &["21 ConfigMap `l` stands twice with different contents, here and in `p.yaml:16`"],
            &[],
        ),
        (
            format!("{}{secret}{namespace}", map("x")),
            &[],
            &[
                "p.yaml:19 no policy, and no policy looks up its kind",
                "empty.yaml:1 it holds no policy",
            ],
        ),
    ] {
        let policies = format!("{policies}{beside}");
        let mut files = vec![("p.yaml", policies.as_str())];
        if skipped.len() > 1 {
            files.push(("empty.yaml", "# later\n"));
        }
        let (set, told) = compile_files(&files, KubernetesVersion::NEWEST, false);
        let told: Vec<String> =
            told.iter().map(|told| format!("{} {}", told.line.unwrap(), told.message)).collect();
        assert_eq!(told, errors);
        let line = |of: &sekisho_report::Skipped| format!("{}:{} {}", of.file, of.line, of.reason);
        let mut found: Vec<String> = set.skipped().iter().map(line).collect();
        found.sort_by(|a, b| b.cmp(a));
        assert_eq!(found, skipped, "{beside}");
    }
}

/// A resource, as the API server says it.
fn of(group: &str, resource: &str) -> Option<Gvr> {
    let (group, resource) = (group.into(), resource.into());
    Some(Gvr { group, version: "v1".into(), resource })
}

#[test]
fn the_plural_of_a_custom_kind_is_what_the_api_server_says() {
    const GIZMO: &str = r#"{"apiVersion":"example.com/v1","kind":"Gizmo","metadata":{"name":"g","namespace":"shop"}}"#;
    // The groups and the plurals of a rule, and the plural: denials and errors.
    for (groups, plurals, said, wanted) in [
        ("example.com", "gadgets", None, (0, 1)),
        ("example.com", "gadgets", Some("gizmos"), (0, 0)),
        ("'*'", "gadgets, pods", Some("gizmos"), (0, 0)),
        ("example.com", "gadgets", Some("gadgets"), (1, 0)),
        ("example.com", "gizmos", Some("gadgets"), (0, 0)),
        // It may be one of a built-in kind.
        ("example.com", "deployments", Some("deployments"), (1, 0)),
        ("apps, example.com", "pods, deployments", Some("deployments"), (1, 0)),
        ("apps", "deployments", Some("deployments"), (0, 0)),
    ] {
        let set = in_order(&bound(
            &format!(
                "matchConstraints: {{resourceRules: [{{apiGroups: [{groups}], apiVersions: ['*'], \
                 operations: ['*'], resources: [{plurals}]}}]}}, validations: [{{expression: \
                 'false'}}]"
            ),
            "",
        ));
        let mut request = creation(GIZMO, "");
        if let Some(plural) = said {
            request =
                Request { resource: plural.into(), gvr: of("example.com", plural), ..request };
        }
        let verdict = evaluate(&set, &request, &crate::scene::judge(&MemoryInventory::new()));
        let found = (verdict.denials.len(), verdict.errors.len());
        assert_eq!(found, wanted, "{groups} {plurals} {said:?} {verdict:?}");
    }
}

#[test]
fn the_resource_of_a_subresource_is_what_the_api_server_says() {
    let set = in_order(&bound(
        "matchConstraints: {resourceRules: [{apiGroups: [example.com], apiVersions: [v1], \
         operations: ['*'], resources: ['*/scale']}]}, validations: [{expression: \
         \"request.resource.group != 'example.com'\", message: refused}]",
        "",
    ));
    // Custom kinds are not known here, and may be called as others are.
    for (gvr, resource, denied) in [
        (of("example.com", "gadgets"), "gadgets", 1),
        (of("example.com", "deployments"), "deployments", 1),
        (of("apps", "deployments"), "deployments", 0),
        (None, "deployments", 0),
    ] {
        let scale = r#"{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"g","namespace":"shop"}}"#;
        let request = Request {
            resource: resource.into(),
            subresource: "scale".into(),
            gvr: gvr.clone(),
            ..creation(scale, "")
        };
        let verdict = evaluate(&set, &request, &crate::scene::judge(&MemoryInventory::new()));
        assert_eq!(verdict.denials.len(), denied, "{gvr:?} {verdict:?}");
    }
}
