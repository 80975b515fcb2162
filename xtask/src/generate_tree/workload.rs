//! The controller of an application and its pod template.

use super::app::{App, Posture};
use super::random::Random;

/// The application's workload.
pub(super) struct Workload {
    pub(super) file: &'static str,
    pub(super) text: String,
    /// what it makes pods from
    pub(super) template: String,
}

/// The application's workload.
pub(super) fn write(app: &App, random: &mut Random) -> Workload {
    let metadata = app.metadata(&app.name);
    let selector = format!("  selector:\n    matchLabels:\n{}", app.selector(6));
    let replicas = 1 + random.below(5);
    let (file, head, indent, restart) = match random.below(20) {
        0..13 => {
            let head = format!(
                "# The {name} service; owned by {team}.\napiVersion: apps/v1\nkind: Deployment\n\
                 {metadata}  annotations:\n    example.com/runbook: https://runbooks.example.com/{name}\n\
                 spec:\n  replicas: {replicas}\n  revisionHistoryLimit: 5\n  strategy:\n    \
                 type: RollingUpdate\n    rollingUpdate:\n      maxSurge: 25%\n      \
                 maxUnavailable: 0\n{selector}  template:\n",
                name = app.name,
                team = app.team,
            );
            ("deployment.yaml", head, 4, "Always")
        }
        13..16 => {
            let head = format!(
                "---\napiVersion: apps/v1\nkind: StatefulSet\n{metadata}spec:\n  serviceName: \
                 {name}\n  replicas: {replicas}\n  podManagementPolicy: Parallel\n{selector}  \
                 volumeClaimTemplates:\n  - metadata:\n      name: data\n    spec:\n      \
                 accessModes: [\"ReadWriteOnce\"]\n      resources:\n        requests:\n          \
                 storage: {size}Gi\n  template:\n",
                name = app.name,
                size = 10 * replicas,
            );
            ("statefulset.yaml", head, 4, "Always")
        }
        16 | 17 => {
            let head = format!(
                "apiVersion: apps/v1\nkind: DaemonSet\n{metadata}spec:\n  updateStrategy:\n    \
                 type: RollingUpdate\n{selector}  template:\n"
            );
            ("daemonset.yaml", head, 4, "Always")
        }
        _ => {
            let head = format!(
                "apiVersion: batch/v1\nkind: CronJob\n{metadata}spec:\n  schedule: \"{minute} \
                 {hour} * * *\"\n  concurrencyPolicy: Forbid\n  successfulJobsHistoryLimit: 1\n  \
                 jobTemplate:\n    spec:\n      backoffLimit: 2\n      template:\n",
                minute = random.below(60),
                hour = random.below(24),
            );
            ("cronjob.yaml", head, 8, "OnFailure")
        }
    };
    let template = template(app, random, restart);
    Workload { file, text: head + &indented(&template, indent), template }
}

fn template(app: &App, random: &mut Random, restart: &str) -> String {
    let mut pod = format!(
        "metadata:\n  labels:\n{labels}  annotations:\n    checksum/config: {sum}\n    \
         prometheus.io/scrape: \"true\"\n    prometheus.io/port: \"{port}\"\nspec:\n  \
         serviceAccountName: {name}\n  restartPolicy: {restart}\n  \
         terminationGracePeriodSeconds: 30\n",
        labels = app.labels(4),
        sum = random.hex(64),
        port = app.port + 1,
        name = app.name,
    );
    let risk = random.below(5);
    if app.posture == Posture::Risky && risk == 0 {
        pod.push_str("  hostNetwork: true\n  hostPID: true\n");
    }
    if app.posture == Posture::Hardened {
        pod.push_str(
            "  automountServiceAccountToken: false\n  securityContext:\n    runAsNonRoot: true\n    \
             runAsUser: 10001\n    fsGroup: 10001\n    seccompProfile:\n      type: RuntimeDefault\n",
        );
    }
    if random.percent(40) {
        pod.push_str(&init_container(app));
    }
    pod.push_str("  containers:\n");
    pod.push_str(&container(app, random, risk));
    if random.percent(25) {
        pod.push_str(&sidecar(app));
    }
    pod.push_str(&volumes(app, risk));
    if random.percent(35) {
        pod.push_str(&format!(
            "  topologySpreadConstraints:\n  - maxSkew: 1\n    topologyKey: \
             topology.kubernetes.io/zone\n    whenUnsatisfiable: ScheduleAnyway\n    \
             labelSelector:\n      matchLabels:\n{}",
            app.selector(8)
        ));
    }
    pod
}

fn container(app: &App, random: &mut Random, risk: u64) -> String {
    let (cpu, memory) = (50 + 50 * random.below(8), 64 << random.below(5));
    let App { name, image, port, team, .. } = app;
    let mut text = format!(
        "  - name: app\n    image: {image}\n    imagePullPolicy: IfNotPresent\n    args:\n    \
         - --listen=0.0.0.0:{port}\n    - --log-format=json\n    - \
         --config=/etc/app/config.yaml\n    env:\n    - name: POD_NAME\n      valueFrom:\n        \
         fieldRef:\n          fieldPath: metadata.name\n    - name: TEAM\n      value: {team}\n    \
         - name: MAX_CONNECTIONS\n      value: \"{connections}\"\n    - name: \
         DATABASE_PASSWORD\n      valueFrom:\n        secretKeyRef:\n          name: {name}\n          \
         key: password\n    ports:\n    - name: http\n      containerPort: {port}\n",
        connections = 10 * (1 + random.below(20)),
    );
    if app.posture == Posture::Risky && risk == 1 {
        text.push_str(&format!("      hostPort: {port}\n"));
    }
    text.push_str(&format!(
        "    - name: metrics\n      containerPort: {metrics}\n      protocol: TCP\n    resources:\n      \
         requests:\n        cpu: {cpu}m\n        memory: {memory}Mi\n      limits:\n        \
         memory: {memory}Mi\n    readinessProbe:\n      httpGet:\n        path: /healthz\n        \
         port: http\n      periodSeconds: 5\n    livenessProbe:\n      httpGet:\n        path: \
         /livez\n        port: http\n      initialDelaySeconds: 15\n",
        metrics = port + 1,
    ));
    text.push_str(&security_context(app, risk));
    text.push_str(
        "    volumeMounts:\n    - name: config\n      mountPath: /etc/app\n      readOnly: true\n    \
         - name: tmp\n      mountPath: /tmp\n",
    );
    text
}

fn security_context(app: &App, risk: u64) -> String {
    match app.posture {
        Posture::Hardened => "    securityContext:\n      allowPrivilegeEscalation: false\n      \
             readOnlyRootFilesystem: true\n      capabilities:\n        drop: [\"ALL\"]\n"
            .to_owned(),
        Posture::Risky if risk == 2 => "    securityContext:\n      privileged: true\n".to_owned(),
        Posture::Risky if risk == 3 => "    securityContext:\n      capabilities:\n        \
             add:\n        - NET_ADMIN\n        - SYS_PTRACE\n"
            .to_owned(),
        _ => String::new(),
    }
}

fn init_container(app: &App) -> String {
    format!(
        "  initContainers:\n  - name: migrate\n    image: {image}\n    command: [\"/app/migrate\", \
         \"--wait\"]\n    envFrom:\n    - configMapRef:\n        name: {name}\n{security}",
        image = app.image,
        name = app.name,
        security = security_context(app, u64::MAX),
    )
}

fn sidecar(app: &App) -> String {
    format!(
        "  - name: log-shipper\n    image: registry.example.com/platform/log-shipper:1.14.2\n    \
         resources:\n      requests: {{cpu: 20m, memory: 32Mi}}\n      limits: {{memory: 64Mi}}\n\
         {security}    volumeMounts:\n    - {{name: tmp, mountPath: /var/log/app}}\n",
        security = security_context(app, u64::MAX),
    )
}

fn volumes(app: &App, risk: u64) -> String {
    let mut text = format!(
        "  volumes:\n  - name: config\n    configMap:\n      name: {}\n  - name: tmp\n    \
         emptyDir: {{}}\n",
        app.name
    );
    if app.posture == Posture::Risky && risk == 4 {
        text.push_str("  - name: docker\n    hostPath:\n      path: /var/run/docker.sock\n");
    }
    text
}

fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines().flat_map(|line| [&pad, line, "\n"]).collect()
}
