//! Copies of a cluster's objects, kept through everything that a server may do: an API server in
//! a few lines answers by a script.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use sekisho_cluster::{CacheLimits, Caches, Client, Config, Wanted};
use sekisho_value::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a script does next, in the middle of an answer or not.
#[derive(Clone, Debug)]
enum Step {
    /// sends a whole answer that is no stream
    Answer(u16, String),
    /// begins a stream
    Stream,
    /// sends a part of a stream
    Part(String),
    Wait(u64),
    /// ends the stream as it should end
    End,
    /// closes the connection
    Cut,
    /// keeps the connection open and says nothing more
    Hang,
}

/// The scripts of the requests to come, in their order, and the requests that came.
#[derive(Default)]
struct Script {
    steps: Mutex<VecDeque<Vec<Step>>>,
    asked: Mutex<Vec<String>>,
}

async fn serve(stream: TcpStream, script: Arc<Script>) {
    let mut stream = stream;
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                return;
            }
            head.extend_from_slice(&byte);
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let of_discovery = match path.as_str() {
            "/api" => Some(r#"{"versions":["v1"]}"#),
            "/apis" => Some(r#"{"groups":[]}"#),
            "/api/v1" => Some(
                r#"{"resources":[{"name":"namespaces","kind":"Namespace","namespaced":false,"verbs":["list","watch"]}]}"#,
            ),
            _ => None,
        };
        let steps = match of_discovery {
            Some(answer) => vec![Step::Answer(200, answer.to_owned())],
            None => {
                script.asked.lock().unwrap().push(path);
                let next = script.steps.lock().unwrap().pop_front();
                next.unwrap_or_else(|| vec![Step::Stream, Step::Hang])
            }
        };
        for step in steps {
            let bytes = match step {
                Step::Answer(code, body) => {
                    format!("HTTP/1.1 {code} x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                }
                Step::Stream => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
                Step::Part(text) => format!("{:x}\r\n{text}\r\n", text.len()),
                Step::End => "0\r\n\r\n".to_owned(),
                Step::Wait(milliseconds) => {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                    continue;
                }
                Step::Cut => return,
                Step::Hang => std::future::pending().await,
            };
            if stream.write_all(bytes.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

fn object(name: &str, version: u32) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","resourceVersion":"{version}","managedFields":[]}}}}"#
    )
}

fn list(names: &[&str], version: u32, next: &str) -> Vec<Step> {
    let items: Vec<String> = names.iter().map(|name| object(name, version)).collect();
    vec![Step::Answer(
        200,
        format!(
            r#"{{"metadata":{{"resourceVersion":"{version}","continue":"{next}"}},"items":[{}]}}"#,
            items.join(",")
        ),
    )]
}

fn event(sort: &str, name: &str, version: u32) -> String {
    format!("{{\"type\":\"{sort}\",\"object\":{}}}\n", object(name, version))
}

fn too_old() -> String {
    r#"{"kind":"Status","code":410,"reason":"Expired","message":"too old"}"#.to_owned()
}

/// Runs a script until the copy holds what is wanted; gives what was asked meanwhile.
async fn run(
    steps: Vec<Vec<Step>>,
    limits: CacheLimits,
    until: impl Fn(&Caches) -> bool,
) -> (Arc<Caches>, Vec<String>) {
    let script = Arc::new(Script::default());
    *script.steps.lock().unwrap() = steps.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let scripted = Arc::clone(&script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&scripted)));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    std::fs::write(
        &file,
        format!(
            "current-context: a\ncontexts: [{{name: a, context: {{cluster: c, user: u}}}}]\n\
             clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\n\
             users: [{{name: u, user: {{}}}}]\n"
        ),
    )
    .unwrap();
    let config = Config::load(Some(&file), None).unwrap();
    let client = Client::new(&config).unwrap();
    let wanted = Wanted { is_policy: Box::new(|_, _| false), config_map: None };
    let caches = Arc::new(Caches::new(client, limits, wanted));
    let kept = Arc::clone(&caches);
    tokio::spawn(async move { kept.keep().await });
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !until(&caches) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    if waited.await.is_err() {
        let (names, faults) = (names(&caches), caches.faults());
        panic!("{names:?} {faults:?}: {:?}", script.asked.lock().unwrap());
    }
    let asked = script.asked.lock().unwrap().clone();
    (caches, asked)
}

fn names(caches: &Caches) -> Vec<String> {
    let name = |object: Value| object.path_str(&["metadata", "name"]).unwrap().to_owned();
    caches.inventory().into_iter().map(name).collect()
}

/// What was asked, without what is by chance.
fn shortened(asked: &[String]) -> Vec<String> {
    let path = |path: &String| {
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let kept = query.split('&').filter(|pair| {
            !pair.starts_with("timeoutSeconds") && !pair.starts_with("allowWatchBookmarks")
        });
        kept.collect::<Vec<_>>().join("&")
    };
    asked.iter().map(path).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_then_a_watch_that_goes_on_where_it_broke_off() {
    let steps = vec![
        list(&["a", "b"], 5, "t/1"),
        list(&["c"], 5, ""),
        // A connection that is lost in the middle of a line, after a bookmark.
        vec![
            Step::Stream,
            Step::Part(event("DELETED", "a", 6)),
            Step::Part(event("BOOKMARK", "", 9)),
            Step::Part(event("ADDED", "d", 10)[..20].to_owned()),
            Step::Cut,
        ],
        // A slow stream: a line in two parts.
        vec![
            Step::Stream,
            Step::Part(event("ADDED", "d", 10)[..30].to_owned()),
            Step::Wait(50),
            Step::Part(event("ADDED", "d", 10)[30..].to_owned()),
            Step::Wait(50),
            Step::Hang,
        ],
    ];
    let (caches, asked) =
        run(steps, CacheLimits::default(), |caches| names(caches) == ["b", "c", "d"]).await;
    assert_eq!(
        shortened(&asked),
        [
            "limit=500",
            "limit=500&continue=t%2F1",
            "watch=1&resourceVersion=5",
            "watch=1&resourceVersion=9"
        ]
    );
    assert!(caches.is_synced() && caches.faults().is_empty(), "{:?}", caches.faults());
    assert!(caches.age().unwrap() < Duration::from_secs(5));
    let kept = caches.inventory();
    assert_eq!(kept[0].path_str(&["kind"]), Some("Namespace"));
    assert!(kept[0].path(&["metadata", "managedFields"]).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_is_listed_anew() {
    let error = format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", too_old());
    let steps = vec![
        list(&["a"], 5, ""),
        vec![Step::Stream, Step::Part(error), Step::End],
        list(&["b"], 20, ""),
        // Refused at once, as some servers do.
        vec![Step::Answer(410, too_old())],
        list(&["b", "x"], 30, "t"),
        vec![Step::Answer(410, too_old())],
        list(&["c"], 40, ""),
    ];
    let (_, asked) = run(steps, CacheLimits::default(), |caches| names(caches) == ["c"]).await;
    let wanted = [
        "limit=500",
        "watch=1&resourceVersion=5",
        "limit=500",
        "watch=1&resourceVersion=20",
        "limit=500",
        "limit=500&continue=t",
        "",
    ];
    assert_eq!(shortened(&asked)[..7], wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_seen_and_pass() {
    let steps = vec![
        vec![Step::Answer(500, r#"{"message":"no etcd"}"#.to_owned())],
        vec![Step::Answer(200, "<html>".to_owned())],
        vec![Step::Cut],
    ];
    let hidden = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&hidden);
    let until = move |caches: &Caches| {
        let faults = caches.faults();
        let mut seen = seen.lock().unwrap();
        if seen.last() != faults.first() {
            seen.extend(faults.first().cloned());
        }
        assert!(!caches.is_synced(), "nothing came yet");
        seen.len() == 3
    };
    run(steps, CacheLimits::default(), until).await;
    let seen = hidden.lock().unwrap();
    for (told, part) in seen.iter().zip(["no etcd", "cannot be read", "broke off"]) {
        assert!(
            told.starts_with("`namespaces` cannot be watched: ") && told.contains(part),
            "{told}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_told_and_what_fits_stays() {
    let steps = vec![
        list(&["a", "b"], 5, ""),
        vec![
            Step::Stream,
            Step::Part(event("ADDED", "c", 6)),
            Step::Part(event("ADDED", "d", 7)),
            Step::Hang,
        ],
        list(&["a", "b", "c", "d"], 8, ""),
    ];
    let limits = CacheLimits { objects: 3, ..CacheLimits::default() };
    let (caches, _) = run(steps, limits, |caches| !caches.faults().is_empty()).await;
    assert_eq!(names(&caches), ["a", "b", "c"]);
    assert_eq!(
        caches.faults(),
        [
            "`namespaces` cannot be watched: `namespaces` do not fit: at most 3 objects and 512 MiB of the cluster are kept"
        ]
    );
}
