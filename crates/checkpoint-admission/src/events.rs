//! Denials as Events in the cluster, for those who cannot read the log: beside the requests they
//! are about, few enough for an API server, and none of what an Event's own denial would bring.

use crate::review::Answer;
use jiff::Timestamp;
use sekisho_cluster::{Client, Error};
use sekisho_policy::Request;
use sekisho_value::{Map, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many Events wait to be created; more are left out, and counted.
const WAITING: usize = 256;
/// How long one takes its turn at least.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the same denial is not told again, and how many are remembered.
const AGAIN: (Duration, usize) = (Duration::from_secs(600), 4_096);
/// How many bytes a note may have, less what a cut takes.
///
/// Source: `noteLengthLimit` of k8s.io/kubernetes/pkg/apis/core/validation/events.go.
const NOTE: usize = 1_000;
/// Who reports.
const CONTROLLER: &str = "sekisho.dev/admission";

/// Where denials are told as Events.
pub struct Events {
    queue: Sender<Event>,
    instance: String,
    told: Mutex<HashMap<[String; 4], Instant>>,
    left_out: AtomicU64,
}

/// What is to be created, and in which collection.
struct Event {
    path: String,
    object: Value,
}

/// Creates what is told.
pub struct EventWriter {
    queue: Receiver<Event>,
}

impl Events {
    /// Events that `instance` reports, and what creates them.
    #[must_use]
    pub fn new(instance: &str) -> (Self, EventWriter) {
        let (queue, waiting) = channel(WAITING);
        let instance = if instance.is_empty() { "sekisho" } else { instance };
        let instance = instance.chars().take(128).collect();
        let events =
            Self { queue, instance, told: Mutex::default(), left_out: AtomicU64::default() };
        (events, EventWriter { queue: waiting })
    }

    /// Tells of a request that is refused. Nobody waits for it.
    pub fn tell(&self, request: &Request, answer: &Answer, now: Timestamp) {
        let Some(object) = event(request, answer, &self.instance, now) else { return };
        let text = |path: &[&str]| object.path_str(path).unwrap_or_default().to_owned();
        let same = [
            text(&["regarding", "kind"]),
            text(&["regarding", "namespace"]),
            text(&["regarding", "name"]),
            text(&["note"]),
        ];
        let namespace = text(&["metadata", "namespace"]);
        let path = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events");
        let send = || self.queue.try_send(Event { path, object }).is_ok();
        if !self.once(same, Instant::now(), send) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many there was no room for since this was asked last.
    pub fn left_out(&self) -> u64 {
        self.left_out.swap(0, Ordering::Relaxed)
    }

    /// Sends what was not sent of late; false where it should be sent, and is not.
    fn once(&self, same: [String; 4], now: Instant, send: impl FnOnce() -> bool) -> bool {
        let (again, most) = AGAIN;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= most {
            told.retain(|_, at| now.duration_since(*at) < again);
            if told.len() >= most {
                told.clear();
            }
        }
        if told.get(&same).is_some_and(|before| now.duration_since(*before) < again) {
            return true;
        }
        let sent = send();
        if sent {
            told.insert(same, now);
        }
        sent
    }
}

impl EventWriter {
    /// Creates Events one by one, until the future is dropped; `failed` is told of the first of
    /// those that fail in a row.
    pub async fn keep(mut self, client: &Client, failed: impl Fn(&Error)) {
        let mut fails = false;
        while let Some(Event { path, object }) = self.queue.recv().await {
            match client.create(&path, &object).await {
                Ok(_) => fails = false,
                Err(error) => {
                    if !fails {
                        failed(&error);
                    }
                    fails = true;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The Event that tells of a refusal; none where nothing is refused, nothing would have been
/// stored, or an Event is.
///
/// Source of the rules: `ValidateEventCreate` of k8s.io/kubernetes/pkg/apis/core/validation.
fn event(request: &Request, answer: &Answer, instance: &str, now: Timestamp) -> Option<Value> {
    let refusal = answer.refusal.as_ref()?;
    if request.dry_run || request.gvk.kind == "Event" {
        return None;
    }
    let object = |entries: Vec<(&'static str, Value)>| Value::Object(Map::from_iter(entries));
    let text = |text: &str| Value::from(text);
    let of_object = |key| request.object.path_str(&["metadata", key]).unwrap_or_default();
    let names = [request.name.as_str(), of_object("name"), of_object("generateName")];
    let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or("unknown");
    let own = request.namespace.as_deref().filter(|namespace| !namespace.is_empty());
    // What is in no namespace is told in this one.
    let namespace = own.unwrap_or("default");
    let mut regarding = vec![
        ("apiVersion", text(&request.gvk.api_version())),
        ("kind", text(&request.gvk.kind)),
        ("name", text(name)),
    ];
    regarding.extend(own.map(|namespace| ("namespace", text(namespace))));
    // What policies say of a Secret may hold what is in it.
    let note = match request.gvk.is("", "Secret") {
        true => "a policy refuses it".to_owned(),
        false => cut(&refusal.message),
    };
    let note = format!("{} by {}: {note}", request.operation.as_str(), user(request));
    let micros = now.as_microsecond().rem_euclid(1_000_000);
    let seconds = now.strftime("%Y-%m-%dT%H:%M:%S");
    Some(object(vec![
        ("apiVersion", text("events.k8s.io/v1")),
        ("kind", text("Event")),
        (
            "metadata",
            object(vec![("generateName", text("sekisho-denied-")), ("namespace", text(namespace))]),
        ),
        ("eventTime", Value::from(format!("{seconds}.{micros:06}Z"))),
        ("type", text("Warning")),
        ("reason", text(if refusal.code == 403 { "Denied" } else { refusal.reason })),
        ("action", text("Admission")),
        ("note", Value::from(cut(&note))),
        ("regarding", object(regarding)),
        ("reportingController", text(CONTROLLER)),
        ("reportingInstance", text(instance)),
    ]))
}

fn user(request: &Request) -> &str {
    let name = request.user.username.as_str();
    if name.is_empty() { "nobody" } else { name }
}

/// The beginning of a text, with a mark where there is more.
fn cut(text: &str) -> String {
    if text.len() <= NOTE {
        return text.to_owned();
    }
    let end = (0..=NOTE).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{AGAIN, Events, NOTE, WAITING, event};
    use crate::review::{Answer, Refusal};
    use jiff::Timestamp;
    use sekisho_kube_model::Gvk;
    use sekisho_policy::Request;
    use sekisho_value::from_json;
    use std::time::{Duration, Instant};

    fn request(kind: &str, name: &str, namespace: Option<&str>) -> Request {
        let mut request = Request {
            gvk: Gvk::new("", "v1", kind),
            name: name.into(),
            namespace: namespace.map(Into::into),
            object: from_json(r#"{"metadata":{"generateName":"g-"}}"#).unwrap(),
            ..Request::default()
        };
        request.user.username = "ann".to_owned();
        request
    }

    fn refused(message: &str) -> Answer {
        let message = message.to_owned();
        Answer::refused(Refusal { code: 403, reason: "Forbidden", message, ..Refusal::default() })
    }

    #[test]
    fn a_denial_is_an_event_beside_its_object() {
        let told =
            event(&request("Pod", "p", Some("n")), &refused("no"), "i", Timestamp::UNIX_EPOCH);
        let wanted = r#"{"action":"Admission","apiVersion":"events.k8s.io/v1","eventTime":"1970-01-01T00:00:00.000000Z","kind":"Event","metadata":{"generateName":"sekisho-denied-","namespace":"n"},"note":"CREATE by ann: no","reason":"Denied","regarding":{"apiVersion":"v1","kind":"Pod","name":"p","namespace":"n"},"reportingController":"sekisho.dev/admission","reportingInstance":"i","type":"Warning"}"#;
        assert_eq!(told.unwrap().to_json(), wanted);
        let of_cluster = event(&request("Node", "", None), &refused("no"), "i", Timestamp::now());
        let of_cluster = of_cluster.unwrap();
        assert_eq!(of_cluster.path_str(&["metadata", "namespace"]), Some("default"));
        assert_eq!(of_cluster.path_str(&["regarding", "name"]), Some("g-"));
        assert_eq!(of_cluster.path_str(&["regarding", "namespace"]), None);
    }

    #[test]
    fn nothing_else_is_told() {
        let now = Timestamp::UNIX_EPOCH;
        let pod = request("Pod", "p", Some("n"));
        assert_eq!(event(&pod, &Answer::default(), "i", now), None);
        assert_eq!(event(&Request { dry_run: true, ..pod }, &refused("no"), "i", now), None);
        assert_eq!(event(&request("Event", "e", Some("n")), &refused("no"), "i", now), None);
        let secret = event(&request("Secret", "s", Some("n")), &refused("hunter2"), "i", now);
        assert!(!secret.unwrap().to_json().contains("hunter2"));
        let long = event(&request("Pod", "p", Some("n")), &refused(&"é".repeat(4_000)), "i", now);
        assert!(long.unwrap().path_str(&["note"]).unwrap().len() <= NOTE + 3);
    }

    #[test]
    fn they_are_few_and_bounded() {
        let (events, _writer) = Events::new("");
        let tell = |name: &str| {
            events.tell(&request("Pod", name, Some("n")), &refused("no"), Timestamp::UNIX_EPOCH);
        };
        (0..10).for_each(|_| tell("same"));
        assert_eq!(events.left_out(), 0, "the same is told once");
        (0..WAITING + 9).for_each(|n| tell(&n.to_string()));
        assert_eq!((events.left_out(), events.left_out()), (10, 0));

        let (now, same) = (Instant::now(), || std::array::from_fn(|_| "x".to_owned()));
        let once = |at: Instant, room: bool| {
            let mut asked = false;
            let fine = events.once(same(), at, || {
                asked = true;
                room
            });
            (asked, fine)
        };
        assert_eq!(once(now, false), (true, false), "what finds no room is told later");
        assert_eq!(once(now, true), (true, true));
        // Who is refused all the time is told of it now and then.
        assert_eq!(once(now + AGAIN.0 / 2, true), (false, true));
        assert_eq!(once(now + AGAIN.0, true), (true, true));
        for n in 0..3 * AGAIN.1 {
            let other = std::array::from_fn(|_| n.to_string());
            events.once(other, now + Duration::from_millis(1), || true);
        }
        assert!(events.told.lock().unwrap().len() <= AGAIN.1);
    }
}
