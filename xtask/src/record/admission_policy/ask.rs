//! Brings the scenarios to a server: what was there before, the policies, the requests.

use super::answer::{refusal, typed};
use super::scenario::{Asked, Scenario, named, text};
use super::{answer, value};
use anyhow::{Context as _, bail};
use sekisho_testenv::{Answer, Body, Error, Request, TestEnv, User};
use sekisho_value::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A CustomResourceDefinition is served, a policy is seen, and its types are checked within this.
const PATIENCE: Duration = Duration::from_secs(60);
/// Schemas of custom resources are read every five seconds by who mutates, parameters sooner.
const SETTLE: Duration = Duration::from_secs(7);
/// Whoever is impersonated may do everything by this group.
const GROUP: &str = "recorders";

/// The server that is asked.
#[derive(Debug)]
pub(super) struct Server<'a> {
    env: &'a TestEnv,
    /// requests that were refused by something other than a policy
    elsewhere: Vec<String>,
    /// policies that were refused and should not, or the other way round
    unexpected: Vec<String>,
}

impl<'a> Server<'a> {
    pub(super) fn new(env: &'a TestEnv) -> Self {
        Self { env, elsewhere: Vec::new(), unexpected: Vec::new() }
    }

    /// Creates everything, asks everything, and writes the answers into the scenarios.
    pub(super) fn ask(&mut self, scenarios: &mut [&mut Scenario]) -> anyhow::Result<()> {
        self.create(&recorders(), "default")?;
        for scenario in scenarios.iter() {
            for object in scenario.manifests.iter().filter(|object| !is_policy(object)) {
                self.create(object, &scenario.name)?;
            }
        }
        for scenario in scenarios.iter() {
            for old in scenario.cases.iter().filter_map(|case| case.old.as_ref()) {
                self.create_old(old).with_context(|| scenario.name.clone())?;
            }
        }
        for scenario in scenarios.iter_mut() {
            self.create_policies(scenario)?;
        }
        for probe in probes() {
            self.create(&probe, "default")?;
        }
        self.wait_until_seen()?;
        for scenario in scenarios.iter_mut() {
            self.read_types(scenario)?;
        }
        sleep(SETTLE);
        let mut answers = Vec::new();
        for scenario in scenarios.iter_mut() {
            let mut answered = Vec::new();
            for case in std::mem::take(&mut scenario.cases) {
                // A handler that panics closes the connection.
                match self.request(&case) {
                    Ok(answer) => {
                        answers.push(answer);
                        answered.push(case);
                    }
                    Err(error) => {
                        self.env.admin().get("/readyz")?;
                        let (scenario, case) = (&scenario.name, &case.name);
                        self.elsewhere.push(format!("{scenario}: {case}: {error:#}"));
                    }
                }
            }
            scenario.cases = answered;
        }
        let events = self.events(answers.last())?;
        let mut answers = answers.into_iter();
        for scenario in scenarios.iter_mut() {
            let (mutates, unordered) = (scenario.mutates, scenario.unordered);
            let mut settled = Vec::new();
            for mut case in std::mem::take(&mut scenario.cases) {
                let answer = answers.next().context("fewer answers than cases")?;
                let event = events.get(&answer.audit_id).with_context(|| {
                    format!("{}: {}: no audit event: {answer:?}", scenario.name, case.name)
                })?;
                let kept = answer::Kept { mutates, unordered };
                match answer::settle(&mut case, &answer, event, &kept)? {
                    None => settled.push(case),
                    Some(by) => {
                        self.elsewhere.push(format!("{}: {}: {by}", scenario.name, case.name));
                    }
                }
            }
            scenario.cases = settled;
        }
        Ok(())
    }

    /// What is worth knowing beside the answers.
    pub(super) fn report(&self, refused: bool) -> Vec<String> {
        let mut lines: Vec<String> =
            self.unexpected.iter().map(|policy| format!("unexpected: {policy}")).collect();
        lines.push(format!("{} refusals by something else, left out", self.elsewhere.len()));
        if refused {
            lines.extend(self.elsewhere.iter().cloned());
        }
        lines
    }

    fn admin(&self, namespace: &str) -> User<'a> {
        self.env.admin().in_namespace(namespace)
    }

    /// Creates an object, its kind being served yet or soon.
    fn create(&self, object: &Json, namespace: &str) -> anyhow::Result<()> {
        let object = value(object)?;
        let start = Instant::now();
        loop {
            match self.admin(namespace).create(&object) {
                Ok(answer) if answer.is_success() || answer.reason() == "AlreadyExists" => {
                    return Ok(());
                }
                Ok(answer) if start.elapsed() > PATIENCE || answer.status != 404 => {
                    bail!("{}: {}", object.to_json(), answer.message())
                }
                Err(error)
                    if start.elapsed() > PATIENCE || !matches!(error, Error::NoResource(_)) =>
                {
                    return Err(error.into());
                }
                Ok(_) | Err(_) => sleep(Duration::from_millis(200)),
            }
        }
    }

    fn create_old(&self, old: &Json) -> anyhow::Result<()> {
        if text(old, "kind") == "Scale" {
            return Ok(());
        }
        self.create(old, "default")
    }

    fn create_policies(&mut self, scenario: &mut Scenario) -> anyhow::Result<()> {
        let manifests: Vec<Json> =
            scenario.manifests.iter().filter(|object| is_policy(object)).cloned().collect();
        for manifest in manifests {
            let answer =
                self.admin("default").create(&value(&manifest)?).with_context(|| key(&manifest))?;
            let mut said = if answer.is_success() { json!({}) } else { refusal(&answer) };
            let either = scenario.refused && text(&manifest, "kind").ends_with("Binding");
            if answer.is_success() == scenario.refused && !either {
                self.unexpected.push(format!("{}: {}", key(&manifest), answer.message()));
            }
            if let (Some(fields), false) = (said.as_object_mut(), answer.warnings.is_empty()) {
                fields.insert("warnings".into(), json!(answer.warnings));
            }
            if said.as_object().is_some_and(|said| !said.is_empty()) {
                scenario.said.insert(key(&manifest), said);
            }
        }
        Ok(())
    }

    /// Asks for objects that both probes know until they do.
    fn wait_until_seen(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        let object = value(&json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "probe", "labels": {"probe": "yes"}}}))?;
        while start.elapsed() < PATIENCE {
            let answer = self.admin("default").create_dry_run(&object)?;
            if answer.message().contains("'probe'") && answer.message().contains("seen") {
                return Ok(());
            }
            sleep(Duration::from_millis(200));
        }
        bail!("the policies are not seen within a minute")
    }

    /// What the controller that checks types wrote into the status of each policy.
    fn read_types(&self, scenario: &mut Scenario) -> anyhow::Result<()> {
        let validating: Vec<Json> = scenario
            .policies()
            .filter(|policy| text(policy, "kind") == "ValidatingAdmissionPolicy")
            .filter(|policy| {
                scenario.said.get(&key(policy)).is_none_or(|said| said.get("code").is_none())
            })
            .cloned()
            .collect();
        let start = Instant::now();
        for policy in validating {
            let path =
                format!("{}/{}", self.env.admin().collection(&value(&policy)?)?, named(&policy));
            let status = loop {
                let answer = self.env.admin().get(&path)?;
                if let Some(status) = answer
                    .body
                    .path(&["status", "observedGeneration"])
                    .and(answer.body.get("status"))
                {
                    break status.clone();
                }
                if start.elapsed() > PATIENCE {
                    bail!("{path}: types are not checked within a minute");
                }
                sleep(Duration::from_millis(100));
            };
            if let Some(warnings) = typed(&status)? {
                let said = scenario.said.entry(key(&policy)).or_insert_with(|| json!({}));
                if let Some(fields) = said.as_object_mut() {
                    fields.insert("typeChecking".into(), warnings);
                }
            }
        }
        Ok(())
    }

    fn request(&self, case: &Asked) -> anyhow::Result<Answer> {
        let user = match &case.user {
            None => self.admin("default"),
            Some(user) => {
                let groups = user.get("groups").and_then(Json::as_array);
                let groups = groups.into_iter().flatten().filter_map(Json::as_str);
                let start = self.env.as_user(text(user, "name"));
                let user = groups.fold(start, User::in_group);
                if user_has_own_rights(case) { user } else { user.in_group(GROUP) }
            }
        };
        let shape = case.object.as_ref().or(case.old.as_ref()).context("neither object nor old")?;
        let dry = if case.dry_run { "dryRun=All" } else { "" };
        let path = match &case.path {
            Some(path) => {
                let base = match path.strip_prefix('/') {
                    Some(_) => path.clone(),
                    None => {
                        let namespace = shape.pointer("/metadata/namespace").and_then(Json::as_str);
                        format!("/api/v1/namespaces/{}/{path}", namespace.unwrap_or("default"))
                    }
                };
                if case.operation == "CONNECT" {
                    base
                } else {
                    format!("{base}{}{dry}", if base.contains('?') { "&" } else { "?" })
                }
            }
            None => {
                let collection = user.collection(&value(shape)?)?;
                match case.operation.as_str() {
                    "CREATE" => format!("{collection}?{dry}"),
                    _ => format!("{collection}/{}?{dry}", named(shape)),
                }
            }
        };
        let method = match case.operation.as_str() {
            "CREATE" | "CONNECT" => "POST",
            "UPDATE" => "PUT",
            "DELETE" => "DELETE",
            other => bail!("unknown operation `{other}`"),
        };
        let mut object = case.object.as_ref().map(value).transpose()?;
        if let (Some(object), "UPDATE", None) = (&mut object, &*case.operation, &case.path) {
            self.send_version(object, path.split('?').next().unwrap_or_default())?;
        }
        let body = match &object {
            Some(object) if method != "DELETE" && case.operation != "CONNECT" => Body::Json(object),
            _ => Body::None,
        };
        let answer = user.ask(&Request { method, path: &path, body })?;
        if !case.dry_run && answer.is_success() && method == "POST" {
            let path = format!("{}/{}", user.collection(&value(shape)?)?, named(shape));
            self.env.admin().delete(&path)?;
        }
        Ok(answer)
    }

    /// A custom resource is changed by who knows its version alone.
    fn send_version(&self, object: &mut Value, path: &str) -> anyhow::Result<()> {
        if object.path_str(&["apiVersion"]).is_some_and(|version| version.contains(".example.com/"))
        {
            let there = self.env.admin().get(path)?;
            let version = there.body.path(&["metadata", "resourceVersion"]).cloned();
            let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
            if let (Some(version), Some(metadata)) = (version, metadata) {
                metadata.insert("resourceVersion", version);
            }
        }
        Ok(())
    }

    /// The audit events by their ids; when the last answer's is there, all are.
    fn events(&self, last: Option<&Answer>) -> anyhow::Result<BTreeMap<String, Value>> {
        if let Some(last) = last {
            self.env.audit_event(last)?;
        }
        let mut events = BTreeMap::new();
        for event in self.env.audit_log()? {
            if let Some(id) = event.path_str(&["auditID"]) {
                events.insert(id.to_owned(), event.clone());
            }
        }
        Ok(events)
    }
}

/// `own: true` of a user: the roles of the scenario alone say what it may do.
fn user_has_own_rights(case: &Asked) -> bool {
    case.user.as_ref().and_then(|user| user.get("own")).is_some()
}

fn is_policy(object: &Json) -> bool {
    text(object, "apiVersion").starts_with("admissionregistration.k8s.io/")
}

/// `Kind/name`.
fn key(object: &Json) -> String {
    format!("{}/{}", text(object, "kind"), named(object))
}

fn recorders() -> Json {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": GROUP},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": GROUP}]})
}

/// A mutating policy that writes a label, and a validating one that refuses what has it: they
/// tell when both plugins have seen all that came before.
fn probes() -> [Json; 4] {
    let rules = json!({"objectSelector": {"matchLabels": {"probe": "yes"}}, "resourceRules": [{
        "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]});
    let expression = "Object{metadata: Object.metadata{labels: {'mutated': 'seen'}}}";
    let of = |kind: &str, spec: Json| {
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
            "metadata": {"name": "probe"}, "spec": spec})
    };
    [
        of(
            "MutatingAdmissionPolicy",
            json!({"matchConstraints": rules, "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}]}),
        ),
        of("MutatingAdmissionPolicyBinding", json!({"policyName": "probe"})),
        of(
            "ValidatingAdmissionPolicy",
            json!({"matchConstraints": rules, "validations": [{
            "expression": "false", "messageExpression": "object.metadata.labels[?'mutated'].orValue('not yet')"}]}),
        ),
        of(
            "ValidatingAdmissionPolicyBinding",
            json!({"policyName": "probe", "validationActions": ["Deny"]}),
        ),
    ]
}
