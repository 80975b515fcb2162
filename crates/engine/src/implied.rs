use sekisho_kube_model::{Gvk, Schemas, pod_template};
use sekisho_policy::{Operation, Request, UserInfo};
use sekisho_value::{Pointer, Str, Value};

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

/// The request that would come once the object is stored: the creation of its pod by its
/// controller. With it, where the pod's template stands in the object.
///
/// `None` where no pod would come of the object.
#[must_use]
pub fn pod_request(request: &Request, schemas: &Schemas) -> Option<(Request, Pointer)> {
    let writes = matches!(request.operation, Operation::Create | Operation::Update);
    if !writes || !request.subresource.is_empty() || request.gvk.kind == "PodTemplate" {
        return None;
    }
    let template = pod_template(&request.gvk, &request.object)?;
    let namespace = request.namespace.clone();
    let pod = stored(schemas, &template.pod);
    let pod = Request {
        gvk: Gvk::new("", "v1", "Pod"),
        resource: Str::new_static("pods"),
        subresource: Str::default(),
        name: Str::default(),
        namespace,
        operation: Operation::Create,
        user: controller_user(&request.gvk),
        object: pod,
        old_object: Value::Null,
        dry_run: request.dry_run,
    };
    Some((pod, template.pointer))
}

/// An object as the API server would store it: decoded, defaulted, and with what the always-on
/// admission plugins add.
#[must_use]
pub fn stored(schemas: &Schemas, object: &Value) -> Value {
    schemas.store(object).object
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
        },
        None => UserInfo::default(),
    }
}
