//! Requests as no API server sends them, byte by byte: each has a clear answer.

use crate::serving::Serving;
use crate::wire::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_value::{Value, from_json};

/// A healthy review, which is refused.
const REVIEW: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"name":"p","namespace":"default","operation":"CREATE","userInfo":{"username":"ann"},"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default"},"spec":{"hostPID":true,"containers":[{"name":"c","image":"i"}]}}}}"#;

const JSON: &str = "content-type: application/json\r\n";
const REFUSED: &str = "violates PodSecurity";

fn review(client: &Client, body: &[u8]) -> (u16, String) {
    client.post("/validate?timeout=10s", JSON, body)
}

fn with(of: &str, by: &str) -> Vec<u8> {
    assert!(REVIEW.contains(of), "{of}");
    REVIEW.replacen(of, by, 1).into_bytes()
}

/// The review with an operation, an object and an old object.
fn operation(operation: &str, object: bool, old: bool) -> Vec<u8> {
    let mut review = from_json(REVIEW).unwrap();
    let request = review.get_mut("request").and_then(Value::as_object_mut).unwrap();
    let pod = request.get("object").unwrap().clone();
    request.insert("operation", operation);
    request.insert("object", if object { pod.clone() } else { Value::Null });
    request.insert("oldObject", if old { pod } else { Value::Null });
    review.to_json().into_bytes()
}

#[test]
fn every_odd_review_is_answered() {
    let server = Serving::start(&["--pod-security", "baseline"]);
    let client = Client::of(&server);
    let deep = |depth: usize| with("\"i\"", &format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
    let mut broken = REVIEW.as_bytes().to_vec();
    let at = REVIEW.find("\"i\"").unwrap() + 1;
    broken[at] = 0xff;
    for (name, body, status, said) in [
        ("as it should be", REVIEW.into(), 200, REFUSED),
        ("no uid", with("\"uid\":\"u\",", ""), 400, "`request.uid` is empty"),
        (
            "no request",
            br#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#.into(),
            400,
            "`request` is missing",
        ),
        (
            "v2",
            with("admission.k8s.io/v1", "admission.k8s.io/v2"),
            400,
            "is to be an `AdmissionReview`",
        ),
        (
            "v1beta1",
            with("admission.k8s.io/v1", "admission.k8s.io/v1beta1"),
            200,
            "\"apiVersion\":\"admission.k8s.io/v1beta1\"",
        ),
        (
            "another kind",
            with("AdmissionReview", "TokenReview"),
            400,
            "is to be an `AdmissionReview`",
        ),
        (
            "CREATE of nothing",
            operation("CREATE", false, false),
            400,
            "`request.object` is missing",
        ),
        (
            "UPDATE of nothing known",
            operation("UPDATE", true, false),
            400,
            "`request.oldObject` is missing",
        ),
        ("UPDATE to nothing", operation("UPDATE", false, true), 400, "`request.object` is missing"),
        (
            "DELETE without an old object",
            operation("DELETE", false, false),
            200,
            "\"allowed\":true",
        ),
        ("CONNECT without options", operation("CONNECT", false, false), 200, "\"allowed\":true"),
        (
            "a kind that nobody knows",
            with("\"kind\":\"Pod\"},", "\"kind\":\"Odd\"},"),
            200,
            "\"allowed\":",
        ),
        (
            "an object that is text",
            with("\"object\":{", "\"object\":\"text\",\"other\":{"),
            400,
            "`request.object` is a string",
        ),
        (
            "a key twice",
            with("\"hostPID\":true", "\"hostPID\":true,\"hostPID\":false"),
            400,
            "stands twice",
        ),
        (
            "the operation twice",
            with("\"operation\":\"CREATE\"", "\"operation\":\"CREATE\",\"operation\":\"DELETE\""),
            400,
            "stands twice",
        ),
        ("deep", deep(5_000), 400, "the body cannot be read as JSON"),
        ("very deep", deep(500_000), 400, "the body cannot be read as JSON"),
        ("no UTF-8", broken, 400, "the body is not UTF-8"),
        ("cut off", REVIEW.as_bytes()[..200].into(), 400, "the body cannot be read as JSON"),
        (
            "more behind it",
            [REVIEW.as_bytes(), b"{}"].concat(),
            400,
            "the body cannot be read as JSON",
        ),
        (
            "a byte order mark",
            ["\u{feff}".as_bytes(), REVIEW.as_bytes()].concat(),
            400,
            "the body cannot be read as JSON",
        ),
        (
            "YAML",
            b"apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\n".into(),
            400,
            "the body cannot be read as JSON",
        ),
    ] {
        let body: Vec<u8> = body;
        let (found, text) = review(&client, &body);
        assert_eq!(found, status, "{name}: {text}");
        assert!(text.contains(said), "{name}: {text}");
    }
}

#[test]
fn every_odd_request_is_answered() {
    let server = Serving::start(&["--pod-security", "baseline"]);
    let client = Client::of(&server);
    let body = REVIEW.as_bytes();
    let gzip = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    let identity = "content-type: application/json\r\ncontent-encoding: identity\r\n";
    for (name, target, headers, status, said) in [
        ("no time", "/validate", JSON, 200, REFUSED),
        ("a time", "/validate?timeout=10s", JSON, 200, REFUSED),
        ("a time among others", "/validate?a=b&timeout=1m30s&c", JSON, 200, REFUSED),
        ("no time at all", "/validate?timeout=nonsense", JSON, 200, REFUSED),
        ("an absolute target", "https://h/validate", JSON, 200, REFUSED),
        (
            "a charset",
            "/validate",
            "content-type: application/json; charset=utf-8\r\n",
            200,
            REFUSED,
        ),
        ("not encoded", "/validate", identity, 200, REFUSED),
        ("compressed", "/validate", gzip, 415, "Content-Encoding"),
        ("no content type", "/validate", "", 415, "application/json"),
        ("YAML", "/validate", "content-type: application/yaml\r\n", 415, "application/json"),
        (
            "a form",
            "/validate",
            "content-type: application/x-www-form-urlencoded\r\n",
            415,
            "application/json",
        ),
        (
            "protobuf",
            "/validate",
            "content-type: application/vnd.kubernetes.protobuf\r\n",
            415,
            "application/json",
        ),
        ("another path", "/validate/x", JSON, 404, "nothing here"),
        ("a path with dots", "/x/../validate", JSON, 404, "nothing here"),
        ("images, of which nothing is known", "/imagepolicy", JSON, 404, "nothing here"),
    ] {
        let (found, text) = client.post(target, headers, body);
        assert_eq!(found, status, "{name}: {text}");
        assert!(text.contains(said), "{name}: {text}");
    }
    let length = body.len();
    let chunks: String = REVIEW
        .as_bytes()
        .chunks(100)
        .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
        .collect();
    let head = "host: h\r\nconnection: close\r\ncontent-type: application/json\r\n";
    for (name, request, status, said) in [
        (
            "chunks",
            format!(
                "POST /validate HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
            ),
            200,
            REFUSED,
        ),
        (
            "a chunk that is none",
            format!("POST /validate HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\nzz\r\n"),
            400,
            "broke off",
        ),
        (
            "HTTP/1.0",
            format!("POST /validate HTTP/1.0\r\n{head}content-length: {length}\r\n\r\n{REVIEW}"),
            200,
            REFUSED,
        ),
        ("HTTP/0.9", "GET /validate\r\n".to_owned(), 400, ""),
        (
            "two lengths",
            format!(
                "POST /validate HTTP/1.1\r\n{head}content-length: {length}\r\ncontent-length: 1\r\n\r\n{REVIEW}"
            ),
            400,
            "",
        ),
        (
            "a length below none",
            format!("POST /validate HTTP/1.1\r\n{head}content-length: -1\r\n\r\n{REVIEW}"),
            400,
            "",
        ),
        (
            "large",
            format!("POST /validate HTTP/1.1\r\n{head}content-length: 9000000\r\n\r\n"),
            413,
            "a review has at most 8388608 bytes",
        ),
        ("a read", format!("GET /validate HTTP/1.1\r\n{head}\r\n"), 405, "not with this method"),
        (
            "another method",
            format!("BREW /validate HTTP/1.1\r\n{head}\r\n"),
            405,
            "not with this method",
        ),
        (
            "many headers",
            format!("POST /validate HTTP/1.1\r\n{head}{}\r\n", "x: y\r\n".repeat(1_000)),
            431,
            "",
        ),
    ] {
        let (found, text) = client.send(request.as_bytes());
        assert_eq!(found, status, "{name}: {text}");
        assert!(text.contains(said), "{name}: {text}");
    }
    let (status, text) = review(&client, body);
    assert!(status == 200 && text.contains(REFUSED), "and it goes on: {text}");
}

/// A mutation on an update, and what it leaves alone: all that the API server wrote.
#[test]
fn a_mutation_changes_no_more_than_its_policy_does() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("label.yaml");
    let object = |kind: &str, fields: &str, of: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"{kind}","metadata":{{"name":"n","namespace":"n","uid":"u",
            "resourceVersion":"5","creationTimestamp":"2026-01-01T00:00:00Z","labels":{{"a":"b"}},
            "managedFields":[{{"manager":"k","operation":"Update"}}]{fields}}}{of}}}"#
        )
    };
    let claim = object(
        "PersistentVolumeClaim",
        r#","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":0"#,
        r#","spec":{"resources":{"requests":{"storage":"1024Mi"}}},"status":{"phase":"Bound"}"#,
    );
    let pod = object(
        "Pod",
        "",
        r#","spec":{"brandNew":{"x":1},"containers":[{"name":"c","image":"i","resources":
        {"limits":{"cpu":"0.5"}}}]},"status":{"phase":"Running"}"#,
    );
    let label = |value: &str| {
        format!(
            r#"{{patchType: ApplyConfiguration, applyConfiguration: {{expression: 'Object{{metadata:
            Object.metadata{{labels: {{"a": "{value}"}}}}}}'}}}}"#
        )
    };
    let json = |value: &str| {
        format!(
            r#"{{patchType: JSONPatch, jsonPatch: {{expression: '[JSONPatch{{op: "replace", path:
            "/metadata/labels/a", value: "{value}"}}]'}}}}"#
        )
    };
    for (mutation, changes) in
        [(label("b"), false), (label("c"), true), (json("b"), false), (json("c"), true)]
    {
        let policy = format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicy\nmetadata: \
             {{name: l}}\nspec:\n  failurePolicy: Fail\n  reinvocationPolicy: Never\n  \
             matchConstraints: {{resourceRules: [{{apiGroups: ['*'], apiVersions: ['*'], resources: \
             ['*/*'], operations: [CREATE, UPDATE]}}]}}\n  mutations:\n  - {mutation}\n---\n\
             apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicyBinding\n\
             metadata: {{name: l}}\nspec: {{policyName: l}}\n"
        );
        std::fs::write(&file, policy).unwrap();
        let server = Serving::start(&["-p", file.to_str().unwrap()]);
        let client = Client::of(&server);
        for (resource, object) in [("persistentvolumeclaims", &claim), ("pods", &pod)] {
            let kind = if resource == "pods" { "Pod" } else { "PersistentVolumeClaim" };
            // A configuration is applied to what its schema knows.
            let object = match mutation.contains("JSONPatch") {
                true => object.clone(),
                false => object.replace(r#""brandNew":{"x":1},"#, ""),
            };
            let review = format!(
                r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u",
                "kind":{{"group":"","version":"v1","kind":"{kind}"}},"resource":{{"group":"",
                "version":"v1","resource":"{resource}"}},"name":"n","namespace":"n",
                "operation":"UPDATE","userInfo":{{"username":"ann"}},"object":{object},
                "oldObject":{object}}}}}"#
            );
            let (_, answer) = client.post("/mutate?timeout=10s", JSON, review.as_bytes());
            let answer = from_json(&answer).unwrap_or_else(|_| panic!("{answer}"));
            let response = answer.get("response").unwrap();
            assert_eq!(response.get("allowed"), Some(&Value::Bool(true)), "{}", response.to_json());
            let patch = response.path_str(&["patch"]).map(|text| STANDARD.decode(text).unwrap());
            let patch = patch.map(|bytes| String::from_utf8(bytes).unwrap());
            let wanted = r#"[{"op":"replace","path":"/metadata/labels/a","value":"c"}]"#;
            assert_eq!(patch.as_deref(), changes.then_some(wanted), "{mutation} {resource}");
        }
    }
}
