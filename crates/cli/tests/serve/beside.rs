//! What a server does in a cluster beside answering: Events, and policies of the API server's own.

use crate::serving::{Serving, about, register, wait};
use sekisho_testenv::TestEnv;
use sekisho_value::{Value, from_json};

fn pod(name: &str) -> Value {
    let text = format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}","namespace":"default"}},
        "spec":{{"hostPID":true,"containers":[{{"name":"c","image":"i"}}]}}}}"#
    );
    from_json(&text).unwrap()
}

#[test]
fn denials_are_events() {
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip("denials_are_events", &builder) else { return };
    let kubeconfig = env.kubeconfig().to_str().unwrap();
    let arguments = ["--pod-security", "baseline", "--events", "--kubeconfig", kubeconfig];
    let server = Serving::start(&arguments);
    // Events are asked about, too, and are none that would bring others.
    let all = about(&server.configuration(), r#"["pods","events"]"#);
    register(&env, &all, &pod("first"));
    env.admin().create(&pod("second")).unwrap();
    let events = || {
        let path = "/apis/events.k8s.io/v1/namespaces/default/events";
        let list = env.admin().get(path).unwrap().body;
        list.get("items").and_then(Value::as_array).unwrap_or_default().to_vec()
    };
    let of = |name: &str| {
        let regarding = ["regarding", "name"];
        events().into_iter().find(|event| event.path_str(&regarding) == Some(name))
    };
    let event = wait("it is told", || of("second"));
    assert_eq!(event.path_str(&["type"]), Some("Warning"));
    assert_eq!(event.path_str(&["reason"]), Some("Denied"));
    let note = event.path_str(&["note"]).unwrap();
    assert!(note.contains("pods \"second\" is forbidden: violates PodSecurity"), "{note}");
    assert_eq!(events().iter().filter(|e| e.path_str(&["note"]) == Some(note)).count(), 1);
    assert!(!server.said("an Event was not created"));
}

const ADMISSION_POLICY: [&str; 2] = [
    r#"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy",
    "metadata":{"name":"theirs"},"spec":{"matchConstraints":{"resourceRules":[{"apiGroups":[""],
    "apiVersions":["v1"],"operations":["CREATE"],"resources":["configmaps"]}]},
    "validations":[{"expression":"false","message":"it says no"}]}}"#,
    r#"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicyBinding",
    "metadata":{"name":"theirs"},"spec":{"policyName":"theirs","validationActions":["Warn"]}}"#,
];

/// An API server enforces its admission policies itself: what they say is said once.
#[test]
fn admission_policies_are_the_api_servers_own() {
    let test = "admission_policies_are_the_api_servers_own";
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let Some(env) = TestEnv::start_or_skip(test, &builder) else { return };
    for text in ADMISSION_POLICY {
        let answer = env.admin().create(&from_json(text).unwrap()).unwrap();
        assert!(answer.is_success(), "{}", answer.message());
    }
    for (switch, follows) in [(None, false), (Some("--admission-policies"), true)] {
        let mut arguments = vec!["--pod-security", "baseline"];
        arguments.extend(switch);
        let direction = ["--failure-policy", "theirs=ignore"];
        // A name that is not there is told, once the policies came.
        let named = Serving::follow(&env, &[arguments.as_slice(), &direction].concat());
        assert_eq!(named.said("no policy is called `theirs`"), !follows, "{switch:?}");
    }
    let audit = std::process::Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["audit", "--cluster", "--no-progress", "--output", "json", "--kubeconfig"])
        .arg(env.kubeconfig())
        .output()
        .unwrap();
    let report = String::from_utf8(audit.stdout).unwrap();
    assert!(report.contains("theirs"), "audit judges by them: {report}");
}
