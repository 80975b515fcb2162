//! One evaluation of the restricted level on one pod. No other program does this in a process
//! of ours, so there is no rival.

use super::Figure;
use super::measure::{self, Contender};
use anyhow::{Context as _, ensure};
use sekisho_engine::{BuildOptions, Judge, MemoryInventory, PolicySet, evaluate};
use sekisho_kube_model::Schemas;
use sekisho_policy::{Bundle, BundleFile, Operation, Request, Target, UserInfo};
use sekisho_value::{Str, Value};
use std::collections::BTreeMap;

const ALLOWED: &str = r"
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/name: web}}
spec:
  automountServiceAccountToken: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    seccompProfile: {type: RuntimeDefault}
  containers:
  - name: web
    image: registry.example.com/shop/web:1.4.2
    ports: [{name: http, containerPort: 8080}]
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}
    securityContext: &hardened
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    readinessProbe: {httpGet: {path: /healthz, port: http}}
    volumeMounts: [{name: config, mountPath: /etc/web, readOnly: true}]
  - name: log-shipper
    image: registry.example.com/platform/log-shipper:1.14.2
    securityContext: *hardened
    volumeMounts: [{name: tmp, mountPath: /var/log/web}]
  volumes:
  - name: config
    configMap: {name: web}
  - name: tmp
    emptyDir: {}
";

const REFUSED: &str = r"
apiVersion: v1
kind: Pod
metadata: {name: breakout, namespace: shop}
spec:
  hostPID: true
  containers:
  - name: shell
    image: alpine:3.22
    command: [nsenter, --target, '1', --all]
    securityContext: {privileged: true}
  - name: log-shipper
    image: registry.example.com/platform/log-shipper:1.14.2
    volumeMounts: [{name: host, mountPath: /host}]
  volumes:
  - name: host
    hostPath: {path: /}
";

/// Judges a pod that is let in and one that is refused for many reasons.
pub(super) fn judge() -> anyhow::Result<Vec<Figure>> {
    let set = restricted()?;
    let figures =
        [("a pod that is let in", ALLOWED, true), ("a pod that is refused", REFUSED, false)];
    figures
        .into_iter()
        .map(|(case, text, allowed)| {
            let request = request(text)?;
            let judge = Judge {
                inventory: &MemoryInventory::new(),
                schemas: &Schemas::builtin(),
                now: jiff::Timestamp::UNIX_EPOCH,
                implied: true,
                record: false,
                cancelled: None,
            };
            let verdict = evaluate(&set, &request, &judge);
            ensure!(verdict.allowed() == allowed, "{case}: {:?}", verdict.denials);
            let run = Contender::new("ours", || evaluate(&set, &request, &judge));
            let figures = measure::compare(&mut [run]);
            let (_, seconds) = figures.first().context("nothing was measured")?;
            Ok(Figure {
                bench: "judge",
                case: format!("restricted:latest, {case}"),
                unit: "ns",
                ours: seconds * 1e9,
                rivals: BTreeMap::new(),
                note: format!("two containers, {} findings", verdict.judgements.len()),
            })
        })
        .collect()
}

fn restricted() -> anyhow::Result<PolicySet> {
    let document = sekisho_dialect_pod_security::level_document("restricted", "latest");
    let file = BundleFile { path: "restricted".into(), bytes: document.into_bytes().into() };
    let options = BuildOptions {
        dialects: sekisho_dialects::DIALECTS,
        unsupported: sekisho_dialects::unsupported,
        target: &Target::default(),
        strict: true,
    };
    let (set, diagnostics) = PolicySet::build(&Bundle::anonymous(vec![file]), &options);
    ensure!(diagnostics.is_empty(), "{diagnostics:?}");
    Ok(set)
}

/// The request that creates a pod, defaulted as it would be stored.
fn request(text: &str) -> anyhow::Result<Request> {
    let given = sekisho_manifest::read_value(text).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let decoded = Schemas::builtin().store(&given);
    let text = |path: &[&str]| Str::new(decoded.object.path_str(path).unwrap_or_default());
    Ok(Request {
        gvk: decoded.gvk.clone(),
        resource: decoded.resource.clone(),
        subresource: Str::default(),
        name: text(&["metadata", "name"]),
        namespace: Some(text(&["metadata", "namespace"])),
        operation: Operation::Create,
        user: UserInfo::default(),
        object: decoded.object.clone(),
        old_object: Value::Null,
        dry_run: false,
        ..Request::default()
    })
}
