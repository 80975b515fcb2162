mod versions;

use crate::Decoded;
use crate::schema::{ProblemKind, Schemas};
use sekisho_value::{Value, from_json};

fn decode(json: &str) -> Decoded {
    Schemas::builtin().decode(&from_json(json).unwrap())
}

/// What the API server refuses to decode, as `POINTER: MESSAGE (HELP)`.
fn refusals(decoded: &Decoded) -> Vec<String> {
    let refused = decoded.problems.iter().filter(|p| p.kind == ProblemKind::WrongType);
    refused
        .map(|problem| {
            let help = problem.help.as_ref().map(|help| format!(" ({help})"));
            format!("{}: {}{}", problem.pointer, problem.message, help.unwrap_or_default())
        })
        .collect()
}

/// A pod with something in its metadata, in its container and in its spec.
fn pod(place: &str, fields: &str) -> String {
    let at = |name: &str| if place == name { format!(",{fields}") } else { String::new() };
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p"{}}},"spec":{{"containers":[{{"name":"c"{}}}]{}}}}}"#,
        at("metadata"),
        at("container"),
        at("spec")
    )
}

/// Each was sent to kube-apiserver 1.36, which refuses to decode it.
#[test]
fn wrong_types_are_refused() {
    for (place, fields, want) in [
        (
            "spec",
            r#""hostPID":"true""#,
            "/spec/hostPID: `hostPID` wants a boolean, found the string `\"true\"` (write `true` without quotes)",
        ),
        (
            "spec",
            r#""hostPID":1"#,
            "/spec/hostPID: `hostPID` wants a boolean, found the number `1`",
        ),
        ("spec", r#""hostPID":[]"#, "/spec/hostPID: `hostPID` wants a boolean, found a list"),
        (
            "spec",
            r#""priority":"30""#,
            "/spec/priority: `priority` wants an integer, found the string `\"30\"` (write `30` without quotes)",
        ),
        (
            "spec",
            r#""priority":30.0"#,
            "/spec/priority: `priority` wants an integer, found the number `30.0`",
        ),
        (
            "spec",
            r#""priority":3e1"#,
            "/spec/priority: `priority` wants an integer, found the number `3e1`",
        ),
        (
            "spec",
            r#""priority":2147483648"#,
            "/spec/priority: `priority` wants an integer of 32 bits, found the number `2147483648`",
        ),
        (
            "spec",
            r#""terminationGracePeriodSeconds":9223372036854775808"#,
            "/spec/terminationGracePeriodSeconds: `terminationGracePeriodSeconds` wants an integer of 64 bits, found the number `9223372036854775808`",
        ),
        (
            "spec",
            r#""nodeSelector":{"a":1}"#,
            "/spec/nodeSelector/a: `a` wants a string, found the number `1` (put it in quotes: `\"1\"`)",
        ),
        (
            "spec",
            r#""nodeSelector":[]"#,
            "/spec/nodeSelector: `nodeSelector` wants an object, found a list (write an object: take the `- ` away)",
        ),
        (
            "spec",
            r#""volumes":{}"#,
            "/spec/volumes: `volumes` wants a list, found an object (write a list, each item behind `- `)",
        ),
        (
            "spec",
            r#""volumes":[[]]"#,
            "/spec/volumes/0: `volumes[0]` wants an object, found a list (write an object: take the `- ` away)",
        ),
        (
            "spec",
            r#""overhead":{"cpu":""}"#,
            "/spec/overhead/cpu: `cpu` wants a quantity, found the string `\"\"`: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        (
            "spec",
            r#""overhead":{"cpu":true}"#,
            "/spec/overhead/cpu: `cpu` wants a quantity, found the boolean `true`",
        ),
        (
            "container",
            r#""command":"sh""#,
            "/spec/containers/0/command: `command` wants a list, found the string `\"sh\"` (write a list, each item behind `- `)",
        ),
        (
            "container",
            r#""args":["a",true]"#,
            "/spec/containers/0/args/1: `args[1]` wants a string, found the boolean `true` (put the text in quotes: without them `true`, `yes`, `y` and `on` are booleans in YAML)",
        ),
        (
            "container",
            r#""securityContext":{"privileged":"yes"}"#,
            "/spec/containers/0/securityContext/privileged: `privileged` wants a boolean, found the string `\"yes\"` (write `true` without quotes)",
        ),
        (
            "container",
            r#""livenessProbe":{"httpGet":{"port":80.5}}"#,
            "/spec/containers/0/livenessProbe/httpGet/port: `port` wants an integer, found the number `80.5`",
        ),
        (
            "container",
            r#""livenessProbe":{"httpGet":{"port":true}}"#,
            "/spec/containers/0/livenessProbe/httpGet/port: `port` wants an integer or a string, found the boolean `true`",
        ),
        (
            "metadata",
            r#""labels":{"a":true}"#,
            "/metadata/labels/a: `a` wants a string, found the boolean `true` (put the text in quotes: without them `true`, `yes`, `y` and `on` are booleans in YAML)",
        ),
        (
            "metadata",
            r#""creationTimestamp":"yesterday""#,
            "/metadata/creationTimestamp: `creationTimestamp` wants a time such as `2006-01-02T15:04:05Z`, found the string `\"yesterday\"`: it is no time as of RFC 3339",
        ),
    ] {
        assert_eq!(refusals(&decode(&pod(place, fields))), [want], "{fields}");
    }
    for (json, want) in [
        (
            r#"["a"]"#,
            ": the object wants an object, found a list (write an object: take the `- ` away)",
        ),
        (r#"{"kind":"Pod"}"#, "/apiVersion: `apiVersion` is missing"),
        (r#"{"apiVersion":"v1","kind":5}"#, "/kind: `kind` wants a string"),
        (
            r#"{"apiVersion":"v1","kind":"Pod","metadata":[],"spec":{"containers":[]}}"#,
            "/metadata: `metadata` wants an object, found a list (write an object: take the `- ` away)",
        ),
        (
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":"nginx"}}"#,
            "/spec/containers: `containers` wants a list, found the string `\"nginx\"` (write a list, each item behind `- `)",
        ),
        (
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"a":"plain"}}"#,
            "/data/a: `a` wants text in base64, found a string: its length is not a multiple of four",
        ),
        (
            // No message names what a Secret holds.
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"a":5}}"#,
            "/stringData/a: `a` wants a string, found a number",
        ),
        (
            r#"{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":5}}"#,
            "/metadata/name: `name` wants a string, found the number `5` (put it in quotes: `\"5\"`)",
        ),
    ] {
        let decoded = decode(json);
        assert_eq!(refusals(&decoded), [want], "{json}");
        assert!(!decoded.is_readable());
    }
}

/// Each was sent to kube-apiserver 1.36, which stores it so.
#[test]
fn zero_values_and_nulls_are_dropped_as_when_stored() {
    for (place, fields, want) in [
        ("spec", r#""hostPID":null"#, ""),
        ("spec", r#""hostPID":false"#, ""),
        ("spec", r#""hostUsers":false"#, r#""hostUsers":false"#),
        ("spec", r#""priority":-0"#, r#""priority":0"#),
        ("spec", r#""restartPolicy":"""#, ""),
        ("spec", r#""nodeSelector":{}"#, ""),
        ("spec", r#""nodeSelector":{"a":null}"#, r#""nodeSelector":{"a":""}"#),
        ("spec", r#""imagePullSecrets":[null,{"name":""}]"#, r#""imagePullSecrets":[{},{}]"#),
        ("spec", r#""securityContext":{}"#, r#""securityContext":{}"#),
        ("spec", r#""securityContext":{"sysctls":[]}"#, r#""securityContext":{}"#),
        ("spec", r#""securityContext":null"#, ""),
        ("spec", r#""overhead":{"cpu":null}"#, r#""overhead":{"cpu":"0"}"#),
        ("spec", r#""overhead":{"cpu":1.5}"#, r#""overhead":{"cpu":"1500m"}"#),
        ("spec", r#""overhead":{"cpu":2}"#, r#""overhead":{"cpu":"2"}"#),
        ("spec", r#""volumes":[{"name":"v","emptyDir":null}]"#, r#""volumes":[{"name":"v"}]"#),
        ("container", r#""env":[{"name":"A","value":""}]"#, r#""env":[{"name":"A"}]"#),
        ("container", r#""env":[null]"#, r#""env":[{"name":""}]"#),
        ("container", r#""command":["a",null]"#, r#""command":["a",""]"#),
        (
            "container",
            r#""ports":[{"containerPort":80,"hostPort":0}]"#,
            r#""ports":[{"containerPort":80}]"#,
        ),
        (
            "container",
            r#""securityContext":{"runAsUser":0,"privileged":null,"capabilities":{"add":[]}}"#,
            r#""securityContext":{"runAsUser":0,"capabilities":{}}"#,
        ),
        (
            "container",
            r#""livenessProbe":{"httpGet":{"port":null},"initialDelaySeconds":0}"#,
            r#""livenessProbe":{"httpGet":{"port":0}}"#,
        ),
        ("metadata", r#""labels":{"a":null}"#, r#""labels":{"a":""}"#),
        ("metadata", r#""creationTimestamp":null"#, ""),
        (
            "metadata",
            r#""creationTimestamp":"2024-01-01T00:00:00.5+01:00""#,
            r#""creationTimestamp":"2023-12-31T23:00:00Z""#,
        ),
    ] {
        let decoded = decode(&pod(place, fields));
        assert!(decoded.is_readable(), "{fields}: {:?}", decoded.problems);
        let mut want = match want {
            "" => from_json(&pod("", "")).unwrap(),
            fields => from_json(&pod(place, fields)).unwrap(),
        };
        // Always stored.
        let containers = want.get_mut("spec").unwrap().get_mut("containers").unwrap();
        for container in containers.as_array_mut().unwrap() {
            container.as_object_mut().unwrap().insert("resources", Value::object());
        }
        assert_eq!(decoded.object, want, "{fields}");
    }
}

#[test]
fn what_is_always_stored_is_added() {
    for (given, want) in [
        (
            r#"{"apiVersion":"v1","kind":"Pod"}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{"containers":null}}"#,
        ),
        (
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":null}"#,
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{
                "selector":null,"strategy":{},
                "template":{"metadata":{},"spec":{"containers":null}}}}"#,
        ),
        (
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r"}}"#,
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r"},
                "rules":null}"#,
        ),
        (
            r#"{"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"r"}}"#,
            r#"{"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"r"},
                "data":null,"revision":0}"#,
        ),
        (
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},
                "data":{"a":"Zm9v\nYmFy"},"stringData":{"b":"b"}}"#,
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},
                "data":{"a":"Zm9vYmFy","b":"Yg=="}}"#,
        ),
    ] {
        assert_eq!(decode(given).object, from_json(want).unwrap());
    }
}

#[test]
fn what_is_canonical_is_shared() {
    let given = from_json(
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"b"}}"#,
    )
    .unwrap();
    let decoded = Schemas::builtin().decode(&given);
    assert_eq!(decoded.problems, []);
    let [Value::Object(before), Value::Object(after)] = [given, decoded.object] else { panic!() };
    let at = |map: &sekisho_value::Map| std::ptr::from_ref(map.get("data").unwrap());
    assert_eq!(at(&before), at(&after));
}

fn problems(json: &str) -> Vec<(ProblemKind, String, String, Option<String>)> {
    let decoded = decode(json);
    let problems = decoded.problems.into_iter();
    problems.map(|p| (p.kind, p.pointer.to_string(), p.message, p.help)).collect()
}

#[test]
fn unknown_fields_are_dropped_and_named() {
    for (place, fields, pointer, help) in [
        ("spec", r#""Containers":[]"#, "/spec/Containers", "did you mean `containers`?"),
        ("spec", r#""hostPid":true"#, "/spec/hostPid", "did you mean `hostPID`?"),
        (
            "spec",
            r#""privileged":true"#,
            "/spec/privileged",
            "`privileged` belongs in `spec.containers[].securityContext`",
        ),
        (
            "spec",
            r#""securityContext":{"privileged":true}"#,
            "/spec/securityContext/privileged",
            "`privileged` belongs in `spec.containers[].securityContext`",
        ),
        (
            "container",
            r#""runAsNonRoot":true"#,
            "/spec/containers/0/runAsNonRoot",
            "`runAsNonRoot` belongs in `spec.containers[0].securityContext`",
        ),
        (
            "container",
            r#""hostNetwork":true"#,
            "/spec/containers/0/hostNetwork",
            "`hostNetwork` belongs in `spec`",
        ),
        (
            "container",
            r#""securityContext":{"priviledged":true}"#,
            "/spec/containers/0/securityContext/priviledged",
            "did you mean `privileged`?",
        ),
        ("metadata", r#""lables":{}"#, "/metadata/lables", "did you mean `labels`?"),
        ("spec", r#""zzz":1"#, "/spec/zzz", ""),
        (
            "spec",
            r#""volumes":[{"name":"v","storageos":{"pool":"p"}}]"#,
            "/spec/volumes/0/storageos/pool",
            "",
        ),
    ] {
        let mut found = problems(&pod(place, fields));
        found.retain(|(kind, ..)| *kind == ProblemKind::UnknownField);
        let name = pointer.rsplit('/').next().unwrap();
        let want = (
            ProblemKind::UnknownField,
            pointer.to_owned(),
            format!("unknown field `{name}`"),
            (!help.is_empty()).then(|| help.to_owned()),
        );
        assert_eq!(found, [want]);
        let decoded = decode(&pod(place, fields));
        let parent = pointer.rsplit_once('/').unwrap().0;
        let parent = decoded.object.pointer(&sekisho_value::Pointer::parse(parent).unwrap());
        assert_eq!(parent.unwrap().get(name), None);
    }
}

#[test]
fn required_fields_are_missed() {
    for (json, want) in [
        (
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},
                "spec":{"template":{"spec":{"containers":[{}]}}}}"#,
            &[
                (
                    "/spec/template/spec/containers/0/name",
                    "`spec.template.spec.containers[0].name` is required",
                ),
                (
                    "/spec/template/spec/containers/0/image",
                    "`spec.template.spec.containers[0].image` is required",
                ),
                ("/spec/selector", "`spec.selector` is required"),
            ][..],
        ),
        (
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"d"},"spec":{"containers":null}}"#,
            &[("/spec/containers", "`spec.containers` is required")],
        ),
        (r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"d"}}"#, &[]),
        (
            r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":""}}"#,
            &[("/metadata/name", "`metadata.name` is required")],
        ),
        (
            r#"{"apiVersion":"v1","kind":"ConfigMap"}"#,
            &[("/metadata/name", "`metadata.name` is required")],
        ),
        (
            r#"{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","spec":{}}"#,
            &[],
        ),
    ] {
        let found = problems(json);
        let found: Vec<_> =
            found.iter().map(|(_, at, message, _)| (at.as_str(), message.as_str())).collect();
        assert_eq!(found, want, "{json}");
    }
}

#[test]
fn nesting_is_no_danger() {
    // As deep as a value may be, within a small stack.
    let depth = sekisho_value::MAX_DEPTH / 2 - 10;
    let nested = r#"{"properties":{"a":"#.repeat(depth) + "{}" + &"}}".repeat(depth);
    let json = format!(
        r#"{{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
            "metadata":{{"name":"n"}},
            "spec":{{"group":"example.com","scope":"Cluster","names":{{"kind":"K","plural":"ks"}},
            "versions":[{{"name":"v1","served":true,"storage":true,
            "schema":{{"openAPIV3Schema":{nested}}}}}]}}}}"#
    );
    let definition = from_json(&json).unwrap();
    let small_stack = std::thread::Builder::new().stack_size(2 << 20);
    let thread = small_stack.spawn(move || {
        assert_eq!(Schemas::builtin().decode(&definition).problems, []);
        let (schemas, problems) = Schemas::with_crds([&definition]);
        assert_eq!(problems, []);
        let object = r#"{"a":"#.repeat(depth) + "{}" + &"}".repeat(depth);
        let object = format!(
            r#"{{"apiVersion":"example.com/v1","kind":"K","metadata":{{"name":"n"}},"a":{object}}}"#
        );
        let decoded = schemas.decode(&from_json(&object).unwrap());
        assert!(decoded.problems.iter().all(|p| p.kind == ProblemKind::UnknownField));
    });
    thread.unwrap().join().unwrap();
}

/// Each was sent to kube-apiserver 1.36, which answers `Required value`.
#[test]
fn a_pod_that_is_not_there_lacks_its_containers() {
    let template = r#""selector":{"matchLabels":{"a":"b"}}"#;
    for (kind, rest, want) in [
        ("v1/Pod", "", &["spec.containers"][..]),
        ("v1/Pod", r#","spec":null"#, &["spec.containers"]),
        ("v1/Pod", r#","spec":{}"#, &["spec.containers"]),
        ("v1/Pod", r#","spec":{"containers":[]}"#, &["spec.containers"]),
        ("v1/Pod", r#","spec":{"containers":null}"#, &["spec.containers"]),
        (
            "v1/Pod",
            r#","spec":{"containers":[null]}"#,
            &["spec.containers[0].name", "spec.containers[0].image"],
        ),
        (
            "v1/Pod",
            r#","spec":{"containers":[{"name":"","image":""}]}"#,
            &["spec.containers[0].name", "spec.containers[0].image"],
        ),
        ("v1/Pod", r#","spec":{"containers":[{"name":"a","image":"b"}]}"#, &[]),
        ("apps/v1/Deployment", r#","spec":null"#, &["spec.selector", "spec.template"]),
        (
            "apps/v1/ReplicaSet",
            &format!(r#","spec":{{{template}}}"#),
            &["spec.template.spec.containers"],
        ),
        (
            "apps/v1/ReplicaSet",
            &format!(r#","spec":{{{template},"template":{{"spec":null}}}}"#),
            &["spec.template.spec.containers"],
        ),
        ("v1/ReplicationController", "", &["spec.template"]),
        ("v1/ReplicationController", r#","spec":{"selector":{"a":"b"}}"#, &["spec.template"]),
        ("v1/PodTemplate", "", &["template.spec.containers"]),
        ("batch/v1/Job", r#","spec":{"template":{}}"#, &["spec.template.spec.containers"]),
        (
            "batch/v1/CronJob",
            r#","spec":{"schedule":"* * * * *","jobTemplate":{"spec":{"template":null}}}"#,
            &["spec.jobTemplate.spec.template"],
        ),
    ] {
        let (version, kind) = kind.rsplit_once('/').unwrap();
        let json = format!(
            r#"{{"apiVersion":"{version}","kind":"{kind}","metadata":{{"name":"a"}}{rest}}}"#
        );
        let found: Vec<String> = decode(&json)
            .problems
            .into_iter()
            .map(|problem| {
                assert_eq!(problem.kind, ProblemKind::RequiredField, "{json}: {problem:?}");
                problem.message
            })
            .collect();
        let want: Vec<String> = want.iter().map(|path| format!("`{path}` is required")).collect();
        assert_eq!(found, want, "{json}");
    }
}
