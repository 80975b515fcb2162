//! What stands beside an application's workload.

use super::app::{App, Posture};
use super::random::Random;

/// The file names and texts of the application's other objects.
pub(super) fn write(app: &App, random: &mut Random) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("service.yaml", service(app)),
        ("configmap.yaml", config_map(app, random)),
        ("secret.yaml", secret(app, random)),
        ("serviceaccount.yaml", service_account(app)),
    ];
    if random.percent(60) {
        files.push(("networkpolicy.yaml", network_policy(app)));
    }
    if random.percent(50) {
        files.push(("hpa.yaml", autoscaler(app, random)));
    }
    if random.percent(40) {
        files.push(("ingress.yaml", ingress(app)));
    }
    if random.percent(40) {
        files.push(("role.yaml", role(app)));
        files.push(("rolebinding.yaml", role_binding(app)));
    }
    if random.percent(30) {
        files.push(("pdb.yaml", disruption_budget(app)));
    }
    files
}

fn service(app: &App) -> String {
    format!(
        "apiVersion: v1\nkind: Service\n{metadata}spec:\n  type: ClusterIP\n  selector:\n{selector}  \
         ports:\n  - name: http\n    port: 80\n    targetPort: http\n    protocol: TCP\n  - name: \
         metrics\n    port: {port}\n    targetPort: metrics\n",
        metadata = app.metadata(&app.name),
        selector = app.selector(4),
        port = app.port + 1,
    )
}

/// A service that selects what the application's other one does, without an address.
pub(super) fn headless_service(app: &App) -> String {
    format!(
        "apiVersion: v1\nkind: Service\n{metadata}spec:\n  clusterIP: None\n  selector:\n\
         {selector}  ports:\n  - name: http\n    port: {port}\n",
        metadata = app.metadata(&format!("{}-headless", app.name)),
        selector = app.selector(4),
        port = app.port,
    )
}

/// A service that is reached from outside.
pub(super) fn external_service(app: &App, random: &mut Random) -> String {
    format!(
        "apiVersion: v1\nkind: Service\n{metadata}spec:\n  type: {kind}\n  externalIPs: \
         [203.0.113.{host}]\n  selector:\n{selector}    example.com/exposed: \"true\"\n  ports:\n  - \
         port: 443\n    targetPort: http\n",
        metadata = app.metadata(&format!("{}-external", app.name)),
        kind = random.pick(&["NodePort", "LoadBalancer"]),
        host = random.below(4),
        selector = app.selector(4),
    )
}

fn config_map(app: &App, random: &mut Random) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: ConfigMap\n{metadata}data:\n  LOG_LEVEL: {level}\n  \
         FEATURE_FLAGS: \"{flags}\"\n  config.yaml: |\n    server:\n      port: {port}\n      \
         timeout: 30s\n      # Both must stay below the load balancer's idle timeout.\n      \
         keepAlive: 55s\n    upstreams:\n",
        metadata = app.metadata(&app.name),
        level = random.pick(&["debug", "info", "warn"]),
        flags = random.pick(&["new-search,dark-mode", "", "canary"]),
        port = app.port,
    );
    for upstream in 0..2 + random.below(14) {
        text.push_str(&format!(
            "    - name: upstream-{upstream}\n      url: http://{}-{upstream}.{}.svc.cluster.local:8080\n      \
             retries: {}\n",
            app.part_of,
            app.namespace,
            1 + random.below(5),
        ));
    }
    if random.percent(20) {
        text.push_str("  init.sql: |\n");
        for table in 0..10 + random.below(30) {
            text.push_str(&format!(
                "    CREATE TABLE IF NOT EXISTS events_{table} (id BIGINT PRIMARY KEY, body JSONB \
                 NOT NULL, created TIMESTAMPTZ DEFAULT now());\n"
            ));
        }
    }
    text
}

fn secret(app: &App, random: &mut Random) -> String {
    // Base64 of nothing in particular: hexadecimal digits are valid in fours.
    format!(
        "apiVersion: v1\nkind: Secret\n{metadata}type: Opaque\ndata:\n  username: YXBw\n  \
         password: {password}\n  ca.crt: {certificate}\n",
        metadata = app.metadata(&app.name),
        password = random.hex(32),
        certificate = random.hex(1200),
    )
}

fn service_account(app: &App) -> String {
    format!(
        "apiVersion: v1\nkind: ServiceAccount\n{metadata}automountServiceAccountToken: false\n",
        metadata = app.metadata(&app.name),
    )
}

fn network_policy(app: &App) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{metadata}spec:\n  podSelector:\n    \
         matchLabels:\n{selector}  policyTypes: [Ingress, Egress]\n  ingress:\n  - from:\n    - \
         namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: {namespace}\n    \
         ports:\n    - port: {port}\n      protocol: TCP\n  egress:\n  - to:\n    - ipBlock:\n        \
         cidr: 10.0.0.0/8\n        except:\n        - 10.96.0.1/32\n  - ports:\n    - {{port: 53, \
         protocol: UDP}}\n    - {{port: 53, protocol: TCP}}\n",
        metadata = app.metadata(&app.name),
        selector = app.selector(6),
        namespace = app.namespace,
        port = app.port,
    )
}

fn autoscaler(app: &App, random: &mut Random) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n{metadata}spec:\n  \
         scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: {name}\n  \
         minReplicas: 2\n  maxReplicas: {max}\n  metrics:\n  - type: Resource\n    resource:\n      \
         name: cpu\n      target:\n        type: Utilization\n        averageUtilization: 75\n  \
         behavior:\n    scaleDown:\n      stabilizationWindowSeconds: 300\n",
        metadata = app.metadata(&app.name),
        name = app.name,
        max = 3 + random.below(20),
    )
}

fn ingress(app: &App) -> String {
    ingress_as(app, &app.name, "cert-manager.io/cluster-issuer: letsencrypt")
}

/// A second ingress of the application's host.
pub(super) fn canary(app: &App) -> String {
    let name = format!("{}-canary", app.name);
    ingress_as(app, &name, "nginx.ingress.kubernetes.io/canary: \"true\"")
}

fn ingress_as(app: &App, name: &str, annotation: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\n{metadata}  annotations:\n    \
         {annotation}\nspec:\n  ingressClassName: nginx\n  tls:\n  - \
         hosts:\n    - {app}.example.com\n    secretName: {app}-tls\n  rules:\n  - host: \
         {app}.example.com\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        \
         backend:\n          service:\n            name: {app}\n            port:\n              \
         name: http\n",
        metadata = app.metadata(name),
        app = app.name,
    )
}

fn role(app: &App) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n{metadata}rules:\n- apiGroups: [\"\"]\n  \
         resources: [configmaps, endpoints]\n  verbs: [get, list, watch]\n- apiGroups:\n  - \
         coordination.k8s.io\n  resources:\n  - leases\n  resourceNames:\n  - {name}-leader\n  \
         verbs:\n  - get\n  - update\n",
        metadata = app.metadata(&app.name),
        name = app.name,
    )
}

fn role_binding(app: &App) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n{metadata}roleRef:\n  \
         apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {name}\nsubjects:\n- kind: \
         ServiceAccount\n  name: {name}\n  namespace: {namespace}\n",
        metadata = app.metadata(&app.name),
        name = app.name,
        namespace = app.namespace,
    )
}

/// A binding that gives the application's account, and sometimes anyone, a role everywhere.
pub(super) fn cluster_role_binding(app: &App) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: \
         {name}\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: \
         view\nsubjects:\n- kind: ServiceAccount\n  name: {name}\n  namespace: {namespace}\n- \
         apiGroup: rbac.authorization.k8s.io\n  kind: Group\n  name: system:{group}\n",
        name = app.name,
        namespace = app.namespace,
        group = if app.posture == Posture::Risky { "unauthenticated" } else { "masters" },
    )
}

fn disruption_budget(app: &App) -> String {
    format!(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\n{metadata}spec:\n  maxUnavailable: 1\n  \
         selector:\n    matchLabels:\n{selector}",
        metadata = app.metadata(&app.name),
        selector = app.selector(6),
    )
}
