//! Who may do what, asked of an API server: one in a few lines answers by a script.
#![expect(clippy::unwrap_used, reason = "a test")]

use sekisho_cluster::{Client, Config, LiveInventory};
use sekisho_policy::Inventory as _;
use sekisho_value::{Value, from_json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

/// Asks one question of a server that gives this answer, after a while; what came of it, and what
/// the server was asked.
fn ask(answer: &'static str, after: Duration, within: Duration) -> (Result<Value, String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let mut asked = String::new();
        while !asked.ends_with("\r\n\r\n") {
            stream.read_line(&mut asked).unwrap();
        }
        let length = asked.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).unwrap();
        std::thread::sleep(after);
        // Nobody may wait for it any more.
        let _ = stream.get_mut().write_all(answer.as_bytes());
        format!("{} {}", asked.lines().next().unwrap(), String::from_utf8(body).unwrap())
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let config = format!(
        "current-context: a\ncontexts: [{{name: a, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}]\n\
         users: [{{name: u, user: {{}}}}]\n"
    );
    std::fs::write(&file, config).unwrap();
    let client = Client::new(&Config::load(Some(&file), None).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let inventory = runtime.block_on(async { LiveInventory::new(client) });
    let spec = from_json(r#"{"user":"ann"}"#).unwrap();
    let told = inventory.access().unwrap().review(&spec, within);
    (told, served.join().unwrap())
}

macro_rules! answer {
    ($status:literal, $body:literal) => {
        concat!("HTTP/1.1 ", $status, "\r\nconnection: close\r\n\r\n", $body)
    };
}

#[test]
fn a_question_is_a_subject_access_review() {
    let second = Duration::from_secs(1);
    let allowed = answer!("201 Created", r#"{"status":{"allowed":true,"reason":"RBAC: x"}}"#);
    let forbidden = answer!("403 Forbidden", r#"{"kind":"Status","message":"you may not ask"}"#);
    let created = Ok(r#"{"allowed":true,"reason":"RBAC: x"}"#);
    for (answer, after, wanted) in [
        (allowed, Duration::ZERO, created),
        (forbidden, Duration::ZERO, Err("the API server answers 403 to POST ")),
        (answer!("201 Created", "{}"), Duration::ZERO, Err("its answer has no status")),
        ("", Duration::ZERO, Err("the connection broke off")),
        (allowed, second * 2, Err("nothing came within 1000 ms")),
    ] {
        let (told, asked) = ask(answer, after, second);
        let (request, body) = asked.split_once(" {").unwrap();
        assert_eq!(request, "POST /apis/authorization.k8s.io/v1/subjectaccessreviews HTTP/1.1");
        let review = r#"{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{"user":"ann"}}"#;
        assert_eq!(from_json(&format!("{{{body}")).unwrap(), from_json(review).unwrap());
        match (told, wanted) {
            (Ok(status), Ok(wanted)) => assert_eq!(status, from_json(wanted).unwrap()),
            (told, wanted) => {
                let (told, wanted) = (told.unwrap_err(), wanted.unwrap_err());
                assert!(told.contains(wanted), "{told}");
            }
        }
    }
}
