//! What changes while requests are answered: none of them may fail by it.

use crate::client::{BAD, GOOD, Running, review};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, StatusCode};
use sekisho_checkpoint_admission::{
    Basis, Certificate, Event, FailureDirection, Issued, Keeper, Limits, Live, Origin, Read,
};
use sekisho_dialect_pod_security::{PodSecurity, level_document};
use sekisho_engine::BuildOptions;
use sekisho_policy::{Bundle, BundleFile, Digest, Target};
use sekisho_report::Diagnostic;
use sekisho_value::from_json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

/// How often things change.
const CHANGES: usize = 100;
/// How many clients ask meanwhile.
const CLIENTS: usize = 4;
/// One change of so many is an edit that cannot be used.
const FAULTY: usize = 10;

/// Policies that a test writes.
#[derive(Default)]
struct Written {
    policies: Mutex<String>,
    /// how often the first ones came into force, how often newer ones, and how often not
    told: Mutex<(usize, usize, usize)>,
}

/// Where the server reads them.
struct Source(Arc<Written>);

impl Origin for Source {
    fn policies(&self, last: Option<Digest>) -> Read {
        let text = self.0.policies.lock().unwrap().clone();
        if text.is_empty() {
            return Read::Faulty(vec![Diagnostic::general("cannot be read")], None);
        }
        let bytes = text.into_bytes().into();
        let bundle = Bundle::anonymous(vec![BundleFile { path: "policies".into(), bytes }]);
        let digest = bundle.digest();
        if last == Some(digest) {
            return Read::Unchanged;
        }
        let options = BuildOptions {
            dialects: &[&PodSecurity],
            unsupported: |_, _| None,
            target: &Target::default(),
            strict: false,
        };
        match Basis::build(&bundle, &options, &[]) {
            Ok(basis) => Read::Changed(Box::new(basis), digest),
            Err(errors) => Read::Faulty(errors, Some(digest)),
        }
    }

    fn certificate(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        None
    }

    fn told(&self, event: Event<'_>) {
        let mut told = self.0.told.lock().unwrap();
        match event {
            Event::InForce { first: true, .. } => told.0 += 1,
            Event::InForce { first: false, .. } => told.1 += 1,
            Event::Refused(_) => told.2 += 1,
            _ => {}
        }
    }
}

/// What is written at a change: one level, the other, or what is none.
fn level(change: usize) -> String {
    let level = if change.is_multiple_of(2) { "baseline" } else { "privileged" };
    // A text of its own each time, so that it is read anew.
    let text = format!("{}# {change}\n", level_document(level, "latest"));
    if change % FAULTY == FAULTY - 1 { text.replace(level, "no-such-level") } else { text }
}

/// Asks about a pod, and gives whether it is let through and which policies said so.
async fn ask(sender: &mut SendRequest<Full<Bytes>>, spec: &str) -> (bool, String) {
    let request = Request::post("/validate?timeout=10s");
    let request = request.header("host", "localhost").header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from(review(spec)))).unwrap();
    sender.ready().await.unwrap();
    let reply = sender.send_request(request).await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    let answer = from_json(std::str::from_utf8(&body).unwrap()).unwrap();
    let allowed = answer.path(&["response", "allowed"]).unwrap().as_bool().unwrap();
    let set = answer.path_str(&["response", "auditAnnotations", "policy-set"]);
    (allowed, set.unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_reloads_fail_no_request() {
    let live = Arc::new(Live::default());
    let written = Arc::new(Written::default());
    *written.policies.lock().unwrap() = level(0);
    let keeper = Keeper::start(Source(Arc::clone(&written)), &live);
    let mut keeper = keeper.map_err(|errors| format!("{errors:?}")).unwrap();
    let server =
        Running::start_with(Arc::clone(&live), Limits::default(), FailureDirection::Fail).await;

    let done = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (mut sender, done) = (server.connect().await, Arc::clone(&done));
        clients.spawn(async move {
            let (mut asked, mut seen) = (0_usize, BTreeSet::new());
            while !done.load(Ordering::SeqCst) {
                let (allowed, _) = ask(&mut sender, GOOD).await;
                assert!(allowed);
                seen.insert(ask(&mut sender, BAD).await);
                asked += 2;
            }
            (asked, seen)
        });
    }
    // Which sets were in force, and what each of them says of what is not good.
    let mut sets = BTreeSet::from([(false, live.basis().unwrap().set.digest().to_owned())]);
    for change in 1..=CHANGES {
        *written.policies.lock().unwrap() = level(change);
        tokio::task::block_in_place(|| keeper.look(&live, &server.certificate));
        if change % FAULTY != FAULTY - 1 {
            sets.insert((!change.is_multiple_of(2), live.basis().unwrap().set.digest().to_owned()));
        }
        let (allowed, set) = ask(&mut server.connect().await, BAD).await;
        assert!(sets.contains(&(allowed, set)), "change {change}");
    }
    done.store(true, Ordering::SeqCst);
    let mut total = 0;
    while let Some(client) = clients.join_next().await {
        let (asked, seen) = client.unwrap();
        total += asked;
        assert!(seen.is_subset(&sets), "each verdict is of one whole set");
    }
    assert!(total >= CHANGES, "{total} requests beside {CHANGES} changes");
    let told = *written.told.lock().unwrap();
    assert_eq!(told, (0, CHANGES - CHANGES / FAULTY, CHANGES / FAULTY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_certificates_fail_no_request() {
    let names = ["localhost".to_owned()];
    let issued: Vec<Issued> = (0..4).map(|_| Issued::new(&names).unwrap()).collect();
    let mut server = Running::start(Limits::default(), FailureDirection::Fail).await;
    for issued in &issued {
        server.authority.push_str(&issued.authority);
    }
    let server = Arc::new(server);
    let done = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (server, done) = (Arc::clone(&server), Arc::clone(&done));
        clients.spawn(async move {
            let mut open = server.connect().await;
            let mut asked = 0_usize;
            while !done.load(Ordering::SeqCst) {
                // One that came before the change, and one that comes now.
                assert!(ask(&mut open, GOOD).await.0);
                assert!(ask(&mut server.connect().await, GOOD).await.0);
                asked += 2;
            }
            asked
        });
    }
    for change in 0..CHANGES {
        let Some(Issued { chain, key, .. }) = issued.get(change % issued.len()) else { return };
        server.certificate.renew(chain.as_bytes(), key.as_bytes()).unwrap();
        assert!(ask(&mut server.connect().await, GOOD).await.0, "change {change}");
    }
    done.store(true, Ordering::SeqCst);
    let total: usize = clients.join_all().await.into_iter().sum();
    assert!(total >= CHANGES, "{total} requests beside {CHANGES} changes");
}

/// Policies that could not be read for a while, and are what they were, are in order again.
#[test]
fn what_can_be_read_again_is_refused_no_more() {
    let written = Arc::new(Written::default());
    let (live, write) =
        (Live::default(), |text: &str| text.clone_into(&mut written.policies.lock().unwrap()));
    write(&level(0));
    let Ok(mut keeper) = Keeper::start(Source(Arc::clone(&written)), &live) else {
        panic!("they are in order")
    };
    let certificate = Certificate::self_signed(&["localhost".to_owned()]).unwrap().certificate;
    for (text, refused) in [("", true), ("", true), (&level(0), false), (&level(0), false)] {
        write(text);
        keeper.look(&live, &certificate);
        assert_eq!(live.refused().is_some(), refused, "{text}");
    }
    assert_eq!(*written.told.lock().unwrap(), (0, 1, 1), "each is told once");
}

/// Policies that were there at once are told as those are that come later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_policies_are_told() {
    let written = Arc::new(Written::default());
    *written.policies.lock().unwrap() = level(0);
    let live = Live::default();
    let keeper = Keeper::start(Source(Arc::clone(&written)), &live);
    let keeper = keeper.map_err(|errors| format!("{errors:?}")).unwrap();
    let certificate = Certificate::self_signed(&["localhost".to_owned()]).unwrap().certificate;
    assert_eq!(*written.told.lock().unwrap(), (0, 0, 0), "not before they are kept");
    let kept = keeper.keep(&live, &certificate, Duration::from_millis(1));
    assert!(tokio::time::timeout(Duration::from_millis(50), kept).await.is_err());
    assert_eq!(*written.told.lock().unwrap(), (1, 0, 0), "once");
}
