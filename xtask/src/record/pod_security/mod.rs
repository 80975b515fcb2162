//! The suite *pod-security*: what the admission plugin PodSecurity says.
//!
//! `levels`: pods around every check, at both levels and at every version that the server knows.
//! `channels`: what is warned of and recorded, of pods and of all controllers. `namespaces`:
//! labels, right and wrong, when a namespace is made and when they are changed. `exemptions`:
//! users, namespaces and runtime classes of an `AdmissionConfiguration`.

mod channels;
mod exemptions;
mod levels;
mod namespaces;
mod pods;

use super::golden::{Case, File, strings};
use super::{Recording, header};
use anyhow::bail;
use sekisho_testenv::{Answer, Body, Builder, Request, TestEnv, User};
use sekisho_value::{Map, Value, from_json};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What was asked, for the headers.
const HOW: &str = "POST …?dryRun=All as admin";

/// The prefix of its labels and audit annotations.
const PREFIX: &str = "pod-security.kubernetes.io/";

/// Records the suite.
pub(super) fn record() -> anyhow::Result<Recording> {
    let mut report = Vec::new();
    let builder = TestEnv::builder().no_service_account().no_workload_controllers();
    let env = builder.start()?;
    let mut files = vec![levels::record(&env, &builder, &mut report)?];
    files.push(channels::record(&env, &builder, &mut report)?);
    files.push(namespaces::record(&env, &builder)?);
    drop(env);
    files.push(exemptions::record(&mut report)?);
    Ok(Recording { suite: "pod-security", files, report, summary: None })
}

/// A file without cases.
fn file(name: &str, env: &TestEnv, builder: &Builder, how: &str) -> anyhow::Result<File> {
    let header = header("pod-security", &env.version()?, builder.args(), how);
    Ok(File { name: name.to_owned(), header, cases: Vec::new() })
}

/// Makes a namespace with these of the labels.
fn namespace(env: &TestEnv, name: &str, labels: &Json) -> anyhow::Result<()> {
    let object = value(&labelled(name, labels))?;
    let answer = env.admin().create(&object)?;
    if !answer.is_success() && answer.reason() != "AlreadyExists" {
        bail!("namespace {name}: {}", answer.message());
    }
    Ok(())
}

/// A Namespace with labels of Pod Security, given without their prefix.
fn labelled(name: &str, labels: &Json) -> Json {
    let labels = labels.as_object().into_iter().flatten();
    let labels: serde_json::Map<String, Json> =
        labels.map(|(key, value)| (format!("{PREFIX}{key}"), value.clone())).collect();
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// Would this be created?
fn dry_run(user: &User<'_>, object: &Value) -> anyhow::Result<Answer> {
    Ok(user.create_dry_run(object)?)
}

/// Would this replace the object of its name?
fn dry_replace(env: &TestEnv, object: &Value) -> anyhow::Result<Answer> {
    let admin = env.admin();
    let name = object.path_str(&["metadata", "name"]).unwrap_or_default();
    let path = format!("{}/{name}?dryRun=All", admin.collection(object)?);
    Ok(admin.ask(&Request { method: "PUT", path: &path, body: Body::Json(object) })?)
}

fn value(object: &Json) -> anyhow::Result<Value> {
    Ok(from_json(&object.to_string())?)
}

/// Answers whose audit events are yet to be read, all at once.
#[derive(Default)]
struct Pending(Vec<(Case, Answer)>);

impl Pending {
    fn add<const N: usize>(&mut self, name: &str, fields: [(&str, Value); N], answer: Answer) {
        self.0.push((Case::new(name.to_owned(), fields), answer));
    }

    /// The cases with what was answered, and what the audit log says of it.
    fn settle(self, env: &TestEnv) -> anyhow::Result<Vec<Case>> {
        if let Some((_, last)) = self.0.last() {
            // Events are written in turn: when the last is there, all are.
            env.audit_event(last)?;
        }
        let mut annotations = BTreeMap::new();
        for event in env.audit_log()? {
            let found = event.path(&["annotations"]).and_then(Value::as_object);
            let own = found.into_iter().flat_map(Map::iter).filter_map(|(key, value)| {
                Some((key.strip_prefix(PREFIX)?.to_owned(), value.clone()))
            });
            let id = event.path_str(&["auditID"]).unwrap_or_default().to_owned();
            annotations.entry(id).or_insert_with(Map::new);
            let own: Vec<_> = own.collect();
            if let Some(map) = event.path_str(&["auditID"]).and_then(|id| annotations.get_mut(id)) {
                for (key, value) in own {
                    map.insert(key, value);
                }
            }
        }
        let settled = self.0.into_iter().map(|(mut case, answer)| {
            let mut reply = Map::from_iter([("status", Value::from(i64::from(answer.status)))]);
            if !answer.is_success() {
                reply.insert("message", answer.message());
            }
            if !answer.warnings.is_empty() {
                reply.insert("warnings", strings(&answer.warnings));
            }
            match annotations.get(&answer.audit_id) {
                Some(own) if !own.is_empty() => {
                    reply.insert("audit", own.clone());
                }
                Some(_) => {}
                None => bail!("{}: no audit event", case.name),
            }
            case.fields.insert("answer", reply);
            Ok(case)
        });
        settled.collect()
    }
}
