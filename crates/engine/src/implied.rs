use crate::evaluate::GENERATED;
use crate::verdict::{ErrorKind, ExpandedPod, Judgement, Verdict, VerdictError};
use sekisho_kube_model::{Gvk, Problem, ProblemKind, Schemas, pod_template, pod_template_pointer};
use sekisho_policy::{Action, Operation, PolicyId, Request, UserInfo};
use sekisho_report::Status;
use sekisho_value::{Pointer, Str, Value};
use std::collections::BTreeMap;

/// The controllers that create pods, and the ServiceAccount each does it as. `PodTemplate` is not
/// among them: nothing creates a pod from one.
const CONTROLLERS: &[(&str, &str, &str)] = &[
    ("", "ReplicationController", "replication-controller"),
    ("apps", "Deployment", "replicaset-controller"),
    ("apps", "ReplicaSet", "replicaset-controller"),
    ("apps", "StatefulSet", "statefulset-controller"),
    ("apps", "DaemonSet", "daemon-set-controller"),
    ("batch", "Job", "job-controller"),
    ("batch", "CronJob", "job-controller"),
];

/// Whether pods would come of a request's object, as far as its kind says.
#[must_use]
pub fn implies_pods(request: &Request) -> bool {
    let writes = matches!(request.operation, Operation::Create | Operation::Update);
    writes
        && request.subresource.is_empty()
        && !request.gvk.is("", "PodTemplate")
        && pod_template_pointer(&request.gvk).is_some()
}

/// The request that would come once the object is stored: the creation of its pod by its
/// controller; or why the API server would not read that pod, which a schema of the controller
/// would have told where there is one.
///
/// `None` where no pod would come of the object.
pub(crate) fn pod_request(
    request: &Request,
    schemas: &Schemas,
) -> Option<Result<Request, Vec<VerdictError>>> {
    if !implies_pods(request) {
        return None;
    }
    let template = pod_template(&request.gvk, &request.object)?;
    let pod = schemas.store(&template.pod);
    if !pod.is_readable() {
        let wrong = pod.problems.into_iter().filter(|p| p.kind == ProblemKind::WrongType);
        let error = |problem: Problem| VerdictError {
            kind: ErrorKind::Failed,
            policy: None,
            pointer: template.pointer.join(&problem.pointer),
            message: format!("the pod that it would create: {}", problem.message),
            help: problem.help,
        };
        return Some(Err(wrong.map(error).collect()));
    }
    Some(Ok(Request {
        gvk: Gvk::new("", "v1", "Pod"),
        resource: Str::new_static("pods"),
        namespace: request.namespace.clone(),
        operation: Operation::Create,
        user: controller_user(&request.gvk),
        object: named(pod.object, request),
        dry_run: request.dry_run,
        point: request.point,
        ..Request::default()
    }))
}

/// Errors of an implied pod, at their places in its controller.
pub(crate) fn below(controller: &Request, errors: Vec<VerdictError>) -> Vec<VerdictError> {
    let template = pod_template_pointer(&controller.gvk).unwrap_or_default();
    let error = |error: VerdictError| VerdictError {
        pointer: template.join(&error.pointer),
        message: format!("the pod that it would create: {}", error.message),
        ..error
    };
    errors.into_iter().map(error).collect()
}

/// A pod with the metadata that its controller gives it: whatever name a template has does not
/// count.
fn named(mut pod: Value, controller: &Request) -> Value {
    let text = |key: &str| controller.object.path_str(&["metadata", key]).unwrap_or_default();
    let of_controller = match (text("name"), text("generateName")) {
        ("", "") => "pod".to_owned(),
        ("", prefix) => format!("{prefix}{GENERATED}"),
        (name, _) => name.to_owned(),
    };
    let Some(pod_fields) = pod.as_object_mut() else { return pod };
    let metadata = pod_fields.get_or_insert_with("metadata", Value::object);
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.remove("name");
        match controller.gvk.kind.as_str() {
            "StatefulSet" => metadata.insert("name", format!("{of_controller}-0")),
            _ => metadata.insert("generateName", format!("{of_controller}-")),
        };
        if let Some(namespace) = &controller.namespace {
            metadata.insert("namespace", Value::String(namespace.clone()));
        }
    }
    pod
}

/// The user that the controller of a kind creates pods as; nobody for kinds that are not built in.
fn controller_user(gvk: &Gvk) -> UserInfo {
    let group = if gvk.group == "extensions" { "apps" } else { gvk.group.as_str() };
    let account = CONTROLLERS.iter().find(|(g, kind, _)| *g == group && *kind == gvk.kind);
    match account {
        Some((_, _, account)) => UserInfo {
            username: format!("system:serviceaccount:kube-system:{account}"),
            groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system"]
                .into_iter()
                .chain(["system:authenticated"])
                .map(str::to_owned)
                .collect(),
            ..UserInfo::default()
        },
        None => UserInfo::default(),
    }
}

/// Takes out what was told of the same pod where a dialect says that it would come of its
/// controller, unless a stronger action makes more of it. The dialect gives the pod a name of its
/// own.
pub(crate) fn take_told(
    of_pod: &mut Verdict,
    pod: &Request,
    told: &Verdict,
    expanded: &[ExpandedPod],
) {
    let text = |key: &str| pod.object.path_str(&["metadata", key]).unwrap_or_default();
    let name = match text("name") {
        "" => format!("{}{GENERATED}", text("generateName")),
        name => name.to_owned(),
    };
    for expanded in expanded {
        let as_told = |message: &str| {
            format!("{}{}", expanded.prefix, message.replace(&name, &expanded.name))
        };
        let judgements = told.judgements.get(expanded.judgements.clone()).unwrap_or_default();
        let counts = |judgement: &Judgement| judgement.status == Status::Active;
        let judgements = strongest(
            judgements.iter().map(|j| ((&j.policy_id, j.message.as_str(), counts(j)), j.action)),
        );
        of_pod.judgements.retain(|one| {
            let message = as_told(&one.message);
            judgements.get(&(&one.policy_id, message.as_str(), counts(one))) < Some(&one.action)
        });
        let errors = told.errors.get(expanded.errors.clone()).unwrap_or_default();
        of_pod.errors.retain(|one| {
            let message = as_told(&one.message);
            !errors.iter().any(|told| {
                told.policy == one.policy && told.kind == one.kind && told.message == message
            })
        });
    }
}

/// Adds what the implied pod would meet. A violation is shown once: at the stronger action, and
/// at equal actions as the object's own. A weaker one of the object is dropped, too, where a
/// stronger one of its pod names all its fields.
pub(crate) fn merge(verdict: &mut Verdict, pod: Verdict) {
    let strongest = pod.judgements.iter().map(|of_pod| of_pod.action).max();
    if verdict.judgements.iter().any(|own| strongest > Some(own.action)) {
        let of_pod = Strongest::of(&pod.judgements);
        verdict.judgements.retain(|own| !of_pod.covers(own));
    }
    let own = by_rule(&verdict.judgements);
    let shown = |j: &Judgement| own.get(&rule(j)) >= Some(&j.action);
    let added: Vec<Judgement> = pod.judgements.into_iter().filter(|j| !shown(j)).collect();
    verdict.judgements.extend(added);
    for (own, of_pod) in
        [(&mut verdict.errors, pod.errors), (&mut verdict.tolerated, pod.tolerated)]
    {
        for error in of_pod {
            if !own.contains(&error) {
                own.push(error);
            }
        }
    }
    verdict.reads.keys.extend(pod.reads.keys);
    verdict.reads.ranges.extend(pod.reads.ranges);
}

/// The strongest action on each rule and on each field.
struct Strongest<'a> {
    by_rule: BTreeMap<OfRule<'a>, Action>,
    by_field: BTreeMap<(&'a PolicyId, &'a Pointer), Action>,
}

/// What is shown once: a rule of a policy. One that names no fields may be broken in many ways,
/// and its message tells them apart.
type OfRule<'a> = (&'a PolicyId, &'a str, &'a str);

fn rule(judgement: &Judgement) -> OfRule<'_> {
    let message = if judgement.pointers.is_empty() { judgement.message.as_str() } else { "" };
    (&judgement.policy_id, &judgement.rule, message)
}

/// The strongest action on each rule.
fn by_rule(judgements: &[Judgement]) -> BTreeMap<OfRule<'_>, Action> {
    strongest(judgements.iter().map(|judgement| (rule(judgement), judgement.action)))
}

fn strongest<K: Ord>(all: impl Iterator<Item = (K, Action)>) -> BTreeMap<K, Action> {
    // Texts differ soon, so that comparing some takes less than hashing one.
    let mut strongest = BTreeMap::new();
    for (key, action) in all {
        let known = strongest.entry(key).or_insert(action);
        *known = action.max(*known);
    }
    strongest
}

impl<'a> Strongest<'a> {
    fn of(judgements: &'a [Judgement]) -> Self {
        let by_field =
            judgements.iter().flat_map(|Judgement { policy_id, pointers, action, .. }| {
                pointers.iter().map(move |pointer| ((policy_id, pointer), *action))
            });
        Self { by_rule: by_rule(judgements), by_field: strongest(by_field) }
    }

    /// Whether these show more than `own` does: its rule, or all its fields, at a stronger action.
    fn covers(&self, own: &Judgement) -> bool {
        let stronger = |action: Option<&Action>| action > Some(&own.action);
        let of_field = |pointer| self.by_field.get(&(&own.policy_id, pointer));
        stronger(self.by_rule.get(&rule(own)))
            || !own.pointers.is_empty() && own.pointers.iter().all(|p| stronger(of_field(p)))
    }
}
