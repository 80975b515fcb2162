//! Reports made by hand.

use sekisho_report::{
    Action, Basis, Diagnostic, Finding, Format, InventoryBasis, Location, Marked, PolicyState,
    PolicyStatus, RenderOptions, Report, Resource, RuleInfo, Severity, Skipped, Status, Summary,
    TargetBasis, render,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A place whose mark is the part `field` of the line `text`.
pub(crate) fn location(file: &str, line: u32, text: &str, field: &str) -> Location {
    let at = text.find(field).unwrap();
    let column = u32::try_from(text[..at].chars().count()).unwrap() + 1;
    let len = u32::try_from(field.chars().count()).unwrap();
    let marked = Some(Marked { text: Arc::from(text), column, len });
    Location { file: Arc::from(file), line, column, pointer: "/spec".to_owned(), marked }
}

pub(crate) fn resource(api: &str, kind: &str, namespace: Option<&str>, name: &str) -> Resource {
    Resource {
        api_version: api.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

/// A denial by the baseline level on `Pod default/breakout`; `key` is one hexadecimal digit.
pub(crate) fn finding(key: char, rule: &str, message: &str, location: Location) -> Finding {
    Finding {
        key: key.to_string().repeat(32),
        policy: "baseline:v1.37".to_owned(),
        policy_id: "local/pod-security/Level/baseline".to_owned(),
        binding: None,
        dialect: "pod-security".to_owned(),
        rule: rule.to_owned(),
        action: Action::Deny,
        declared_action: Action::Deny,
        action_reason: None,
        status: Status::Active,
        exception: None,
        implied: false,
        severity: Severity::High,
        message: message.to_owned(),
        help: None,
        resource: resource("v1", "Pod", Some("default"), "breakout"),
        location,
        related: Vec::new(),
        docs: None,
    }
}

pub(crate) fn basis() -> Basis {
    Basis {
        policy_set: format!("sha256:{}", "ab".repeat(32)),
        sequence: 0,
        engine_version: "0.1.0".to_owned(),
        target: TargetBasis {
            id: None,
            labels: BTreeMap::from([("stage".to_owned(), "test".to_owned())]),
            kubernetes_version: "v1.37".to_owned(),
            kubernetes_version_assumed: true,
        },
        inventory: InventoryBasis {
            revision: format!("sha256:{}", "cd".repeat(32)),
            complete: false,
            age_seconds: None,
        },
        time: "2026-08-01T12:00:00Z".to_owned(),
        settings: Some("../.sekisho.yaml".to_owned()),
    }
}

/// A report with nothing in it but the findings.
pub(crate) fn report(findings: Vec<Finding>) -> Report {
    Report {
        version: (),
        summary: Summary { files: 1, objects: 1, ..Summary::default() }.count(&findings),
        basis: basis(),
        policies: Vec::new(),
        findings,
        skipped: Vec::new(),
        errors: Vec::new(),
    }
}

/// One of everything.
pub(crate) fn full() -> Report {
    let mut report = report(full_findings());
    report.policies = vec![
        PolicyState {
            id: "local/pod-security/Level/baseline".to_owned(),
            digest: format!("sha256:{}", "12".repeat(32)),
            status: PolicyStatus::Enforced,
            reason: None,
        },
        PolicyState {
            id: "local/gatekeeper/K8sOld/old".to_owned(),
            digest: format!("sha256:{}", "34".repeat(32)),
            status: PolicyStatus::NotCompiled,
            reason: Some("the template has no target".to_owned()),
        },
    ];
    report.skipped = vec![Skipped {
        file: Arc::from("charts/values.yaml"),
        line: 1,
        reason: "no Kubernetes object: `apiVersion` and `kind` are absent".to_owned(),
    }];
    let mut broken = Diagnostic::at("broken.yaml", 2, 5, "a tab cannot indent YAML");
    broken.marked = Some(Marked { text: Arc::from("spec:\tcontainers: []"), column: 6, len: 1 });
    report.errors = vec![
        broken.with_help("indent with spaces"),
        Diagnostic::file("secret.bin", "the file is binary"),
        Diagnostic::general("the policy `x` is loaded twice, with two contents"),
    ];
    report.summary = Summary {
        files: 6,
        objects: 5,
        skipped: report.skipped.len(),
        errors: report.errors.len(),
        seconds: 0.25,
        ..Summary::default()
    }
    .count(&report.findings);
    report
}

fn full_findings() -> Vec<Finding> {
    let pod = "examples/breakout.yaml";
    let web = "examples/web.yaml";
    let mut list = Vec::new();

    let mut host = finding(
        'a',
        "hostNamespaces",
        "host namespaces (hostNetwork=true, hostPID=true)",
        location(pod, 6, "  hostPID: true", "hostPID"),
    );
    host.related = vec![location(pod, 7, "  hostNetwork: true", "hostNetwork")];
    host.help = Some("leave the fields out, or set them to false".to_owned());
    host.docs =
        Some("https://kubernetes.io/docs/concepts/security/pod-security-standards/".to_owned());
    list.push(host);

    let mut privileged = finding(
        'b',
        "privileged",
        "privileged (container \"sh\" must not set securityContext.privileged=true)",
        location(pod, 12, "      privileged: true", "privileged"),
    );
    privileged.severity = Severity::Critical;
    list.push(privileged);

    let deployment = resource("apps/v1", "Deployment", Some("shop"), "web");
    let container = location(web, 14, "      - name: web", "name");
    for (key, rule, message, help) in [
        (
            'c',
            "allowPrivilegeEscalation",
            "allowPrivilegeEscalation != false (container \"web\" must set securityContext.allowPrivilegeEscalation=false)",
            Some("set `securityContext.allowPrivilegeEscalation: false`"),
        ),
        (
            'd',
            "runAsNonRoot",
            "runAsNonRoot != true (pod or container \"web\" must set securityContext.runAsNonRoot=true)",
            None,
        ),
    ] {
        let mut warning = finding(key, rule, message, container.clone());
        warning.policy = "restricted:v1.37".to_owned();
        warning.policy_id = "local/pod-security/Level/restricted".to_owned();
        warning.action = Action::Warn;
        warning.declared_action = Action::Deny;
        warning.action_reason = Some("the default set only warns of it".to_owned());
        warning.implied = true;
        warning.severity = Severity::Medium;
        warning.help = help.map(str::to_owned);
        warning.resource = deployment.clone();
        list.push(warning);
    }
    let mut port = finding(
        'e',
        "hostPorts",
        "hostPort (container \"web\" uses hostPort 9100)",
        location(web, 17, "          hostPort: 9100", "hostPort"),
    );
    port.resource = deployment.clone();
    port.status = Status::Excepted;
    port.exception = Some("node-exporter".to_owned());
    port.implied = true;
    list.push(port);
    let mut path = finding(
        'f',
        "hostPathVolumes",
        "hostPath volumes (volume \"logs\")",
        location(web, 21, "        hostPath: {path: /var/log}", "hostPath"),
    );
    path.resource = deployment;
    path.status = Status::Baselined;
    path.implied = true;
    list.push(path);

    let mut unknown = finding(
        '0',
        "schema/unknown-field",
        "unknown field `data.passwrd`",
        location("secret.yaml", 5, "  passwrd: aHVudGVyMg==", "passwrd"),
    );
    unknown.policy = "schema".to_owned();
    unknown.policy_id = "builtin/schema/Schema/schema".to_owned();
    unknown.dialect = "schema".to_owned();
    unknown.action = Action::Warn;
    unknown.declared_action = Action::Warn;
    unknown.severity = Severity::Low;
    unknown.resource = resource("v1", "Secret", Some("shop"), "db");
    list.push(unknown);

    let mut owner = finding(
        '1',
        "K8sRequiredLabels",
        "you must provide labels: {\"owner\"}",
        location("ns.yaml", 4, "  name: caf\u{e9}-\u{65e5}\u{672c}", "name"),
    );
    owner.policy = "K8sRequiredLabels".to_owned();
    owner.policy_id = "local/gatekeeper/K8sRequiredLabels/all-must-have-owner".to_owned();
    owner.binding = Some("all-must-have-owner".to_owned());
    owner.dialect = "gatekeeper".to_owned();
    owner.action = Action::Audit;
    owner.declared_action = Action::Audit;
    owner.severity = Severity::Info;
    owner.resource = resource("v1", "Namespace", None, "caf\u{e9}");
    list.push(owner);
    list
}

pub(crate) fn rules() -> Vec<RuleInfo> {
    vec![RuleInfo {
        id: "hostNamespaces".to_owned(),
        dialect: "pod-security".to_owned(),
        title: "Host namespaces".to_owned(),
        description: "Sharing the host's namespaces is refused.".to_owned(),
        help_markdown: "# Host namespaces\n\nSharing the host's namespaces is refused.".to_owned(),
        docs: Some(
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/".to_owned(),
        ),
        severity: Severity::High,
    }]
}

pub(crate) fn shown(report: &Report, format: Format, options: &RenderOptions<'_>) -> String {
    let mut out = Vec::new();
    render(report, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub(crate) fn json(report: &Report, format: Format) -> serde_json::Value {
    serde_json::from_str(&shown(report, format, &RenderOptions::default())).unwrap()
}
