//! The chart, and what becomes of it.

use crate::render::render;
use crate::template::TemplateError;
use sekisho_manifest::{Document, ReadOptions, read};
use sekisho_value::{Map, Value};

/// The chart's templates, in the order in which their objects are made.
const TEMPLATES: [(&str, &str); 11] = [
    ("namespace.yaml", include_str!("../../../charts/sekisho/templates/namespace.yaml")),
    ("serviceaccount.yaml", include_str!("../../../charts/sekisho/templates/serviceaccount.yaml")),
    ("rbac.yaml", include_str!("../../../charts/sekisho/templates/rbac.yaml")),
    ("exceptions.yaml", include_str!("../../../charts/sekisho/templates/exceptions.yaml")),
    ("policies.yaml", include_str!("../../../charts/sekisho/templates/policies.yaml")),
    ("certificate.yaml", include_str!("../../../charts/sekisho/templates/certificate.yaml")),
    ("availability.yaml", include_str!("../../../charts/sekisho/templates/availability.yaml")),
    ("networkpolicy.yaml", include_str!("../../../charts/sekisho/templates/networkpolicy.yaml")),
    ("service.yaml", include_str!("../../../charts/sekisho/templates/service.yaml")),
    ("deployment.yaml", include_str!("../../../charts/sekisho/templates/deployment.yaml")),
    // Last, so that nothing waits for a webhook that is not there yet.
    ("webhooks.yaml", include_str!("../../../charts/sekisho/templates/webhooks.yaml")),
];

/// What the templates know beside the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// the namespace that is installed into
    pub namespace: String,
    /// the version that is installed
    pub version: String,
}

/// The objects of an installation, in the order in which they are made.
///
/// # Errors
/// Where the values do not fit the templates.
pub fn manifests(values: &Value, release: &Release) -> Result<Vec<Document>, TemplateError> {
    let text = |text: &str| Value::from(text);
    let of = |pairs: Vec<(&'static str, Value)>| Value::Object(pairs.into_iter().collect::<Map>());
    let root = of(vec![
        ("Values", values.clone()),
        ("Release", of(vec![("Namespace", text(&release.namespace)), ("Name", text("sekisho"))])),
        ("Chart", of(vec![("AppVersion", text(&release.version))])),
    ]);
    let mut documents = Vec::new();
    for (name, template) in TEMPLATES {
        let rendered = render(name, template, &root)?;
        let read = read(name, rendered.as_bytes(), &ReadOptions::default());
        if let Some(error) = read.errors.first() {
            let message = format!("what it makes is no manifest: {error}");
            return Err(TemplateError { template: name.to_owned(), line: error.line, message });
        }
        documents.extend(read.documents);
    }
    Ok(documents)
}

/// The kinds of the chart as they are called in paths, and whether their objects are in namespaces.
const KINDS: [(&str, &str, bool); 18] = [
    ("Certificate", "certificates", true),
    ("ClusterRole", "clusterroles", false),
    ("ClusterRoleBinding", "clusterrolebindings", false),
    ("ConfigMap", "configmaps", true),
    ("CustomResourceDefinition", "customresourcedefinitions", false),
    ("Deployment", "deployments", true),
    ("Issuer", "issuers", true),
    ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
    ("Namespace", "namespaces", false),
    ("NetworkPolicy", "networkpolicies", true),
    ("PodDisruptionBudget", "poddisruptionbudgets", true),
    ("ResourceQuota", "resourcequotas", true),
    ("Role", "roles", true),
    ("RoleBinding", "rolebindings", true),
    ("Secret", "secrets", true),
    ("Service", "services", true),
    ("ServiceAccount", "serviceaccounts", true),
    ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false),
];

/// Where an API server has an object of the chart; none where it is no object of the chart.
#[must_use]
pub fn path(object: &Value) -> Option<String> {
    let text = |path: &[&str]| object.path_str(path);
    let kind = text(&["kind"])?;
    let (_, plural, namespaced) = KINDS.iter().find(|(of, _, _)| *of == kind)?;
    let api_version = text(&["apiVersion"])?;
    let root = if api_version.contains('/') { "/apis" } else { "/api" };
    let name = text(&["metadata", "name"])?;
    Some(match text(&["metadata", "namespace"]).filter(|_| *namespaced) {
        Some(namespace) => format!("{root}/{api_version}/namespaces/{namespace}/{plural}/{name}"),
        None => format!("{root}/{api_version}/{plural}/{name}"),
    })
}

/// Whether an object makes an API server ask the webhook.
#[must_use]
pub fn is_webhook(object: &Value) -> bool {
    object.path_str(&["kind"]).is_some_and(|kind| kind.ends_with("WebhookConfiguration"))
}

/// Whether an object stays where an installation goes: all Exceptions would be deleted with their
/// definition.
#[must_use]
pub fn stays(object: &Value) -> bool {
    object.path_str(&["kind"]) == Some("CustomResourceDefinition")
}

#[cfg(test)]
mod tests {
    use super::{Release, TEMPLATES, is_webhook, manifests, path};
    use crate::values::{defaults, set};
    use std::collections::BTreeSet;

    fn release() -> Release {
        Release { namespace: "checkpoint".into(), version: "1.2.3".into() }
    }

    /// Kind and name of everything that is made.
    fn made(changes: &[&str]) -> Vec<String> {
        let mut values = defaults();
        for change in changes {
            set(&mut values, change).unwrap();
        }
        let documents = manifests(&values, &release()).unwrap();
        documents.iter().map(|d| format!("{} {}", d.kind(), d.name().unwrap_or_default())).collect()
    }

    #[test]
    fn every_template_of_the_chart_is_here() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/sekisho/templates");
        let files = std::fs::read_dir(folder).unwrap();
        let files: BTreeSet<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        let here: BTreeSet<String> = TEMPLATES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(files, here);
    }

    #[test]
    fn values_decide_what_is_made() {
        let plain = [
            "ServiceAccount sekisho",
            "ClusterRole sekisho",
            "ClusterRoleBinding sekisho",
            "Role sekisho",
            "RoleBinding sekisho",
            "PodDisruptionBudget sekisho",
            "ResourceQuota sekisho",
            "NetworkPolicy sekisho",
            "Service sekisho",
            "Deployment sekisho",
            "ValidatingWebhookConfiguration sekisho",
        ];
        assert_eq!(made(&[]), plain);
        let all = made(&[
            "namespace.create=true",
            "policies.cluster=true",
            "policies.files.a.yaml=x",
            "webhooks.mutating.enabled=true",
            "imagePullSecrets[0].name=s",
        ]);
        let mut wanted: BTreeSet<String> = plain.iter().map(|one| (*one).to_owned()).collect();
        for one in [
            "Namespace checkpoint",
            "CustomResourceDefinition exceptions.sekisho.dev",
            "ConfigMap sekisho-policies",
            "MutatingWebhookConfiguration sekisho",
        ] {
            wanted.insert(one.to_owned());
        }
        assert_eq!(all.iter().cloned().collect::<BTreeSet<_>>(), wanted);
        assert_eq!(all[0], "Namespace checkpoint", "before what is in it");
        assert!(!made(&["priorityClassName="]).contains(&"ResourceQuota sekisho".to_owned()));
        assert!(!made(&["networkPolicy.enabled=false"]).contains(&"NetworkPolicy sekisho".into()));
    }

    #[test]
    fn who_makes_the_certificate_decides_what_is_made() {
        let others = |source: &str| {
            let all = made(&[&format!("tls.source={source}"), "tls.crt=Y3J0"]);
            let of = ["Role", "RoleBinding", "ClusterRole", "Secret", "Issuer", "Certificate"];
            let kind = |one: &String| one.split(' ').next().unwrap_or_default().to_owned();
            all.into_iter().filter(|one| of.contains(&kind(one).as_str())).collect::<Vec<_>>()
        };
        assert_eq!(
            others("cluster"),
            ["ClusterRole sekisho", "Role sekisho", "RoleBinding sekisho"]
        );
        assert_eq!(others("values"), ["Secret sekisho-tls"]);
        assert_eq!(others("secret"), Vec::<String>::new());
        let chain = [
            "Issuer sekisho-selfsigned",
            "Certificate sekisho-ca",
            "Issuer sekisho-ca",
            "Certificate sekisho",
        ];
        assert_eq!(others("certManager"), chain);
    }

    /// The text of all objects.
    fn text(changes: &[&str]) -> String {
        let mut values = defaults();
        changes.iter().for_each(|change| set(&mut values, change).unwrap());
        let documents = manifests(&values, &release()).unwrap();
        documents.iter().map(|document| document.value.to_json() + "\n").collect()
    }

    #[test]
    fn no_more_is_granted_than_what_is_used() {
        for (change, granted) in [
            ("policies.cluster=true", r#"["sekisho.dev"],"resources":["exceptions"]"#),
            ("policies.cluster=true", r#""resources":["subjectaccessreviews"],"verbs":["create"]"#),
            ("tls.source=cluster", r#""resources":["secrets"],"verbs":["create"]"#),
            (
                "server.events=true",
                r#"["events.k8s.io"],"resources":["events"],"verbs":["create"]"#,
            ),
        ] {
            assert!(text(&["tls.source=secret", change]).contains(granted), "{change}");
            assert!(!text(&["tls.source=secret"]).contains(granted), "{change}");
        }
        let policies = r#""validatingadmissionpolicies""#;
        assert!(!text(&["policies.cluster=true"]).contains(policies));
        let both = text(&["policies.cluster=true", "policies.admissionPolicies=true"]);
        assert!(both.contains(policies) && both.contains("--admission-policies"));
        let none = text(&["tls.source=secret"]);
        assert!(!none.contains("api-access") && !none.contains("egress\""), "nothing is asked");
        assert!(text(&[]).contains("api-access") && text(&[]).contains(r#""port":6443"#));
    }

    #[test]
    fn deletions_are_asked_about_where_that_is_wanted() {
        assert!(!text(&[]).contains(r#""operations":["DELETE"]"#));
        assert!(text(&["webhooks.deletions=true"]).contains(r#""operations":["DELETE"]"#));
    }

    #[test]
    fn what_a_policy_asks_the_api_server_is_not_asked_about() {
        let count = |values: &[&str]| text(values).matches(r#""name":"not-virtual""#).count();
        assert_eq!((count(&[]), count(&["webhooks.mutating.enabled=true"])), (1, 2));
    }

    #[test]
    fn a_single_replica_lets_its_node_be_drained() {
        let budget = text(&["replicas=1"]);
        assert!(budget.contains(r#""maxUnavailable":1"#) && !budget.contains("minAvailable"));
    }

    #[test]
    fn objects_are_where_they_belong() {
        for document in manifests(&defaults(), &release()).unwrap() {
            let namespace = document.value.path_str(&["metadata", "namespace"]);
            let wanted = match document.kind() {
                "ClusterRole" | "ClusterRoleBinding" | "ValidatingWebhookConfiguration" => None,
                _ => Some("checkpoint"),
            };
            assert_eq!(namespace, wanted, "{}", document.kind());
        }
    }

    #[test]
    fn an_api_server_has_all_of_it_somewhere() {
        let mut values = defaults();
        set(&mut values, "policies.cluster=true").unwrap();
        let mut documents = manifests(&values, &release()).unwrap();
        set(&mut values, "tls.source=certManager").unwrap();
        documents.extend(manifests(&values, &release()).unwrap());
        let paths: Vec<String> = documents.iter().map(|d| path(&d.value).unwrap()).collect();
        for wanted in [
            "/api/v1/namespaces/checkpoint/services/sekisho",
            "/apis/apps/v1/namespaces/checkpoint/deployments/sekisho",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/sekisho",
            "/apis/cert-manager.io/v1/namespaces/checkpoint/issuers/sekisho-ca",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/exceptions.sekisho.dev",
        ] {
            assert!(paths.iter().any(|path| path == wanted), "{wanted} in {paths:?}");
        }
        assert_eq!(documents.iter().filter(|d| is_webhook(&d.value)).count(), 2);
    }

    #[test]
    fn images_have_a_digest_or_a_version() {
        let image = |changes: &[&str]| {
            let mut values = defaults();
            changes.iter().for_each(|change| set(&mut values, change).unwrap());
            let documents = manifests(&values, &release()).unwrap();
            let deployment = documents.iter().find(|d| d.kind() == "Deployment").unwrap();
            let containers = deployment.value.path(&["spec", "template", "spec", "containers"]);
            containers.unwrap().as_array().unwrap()[0].path_str(&["image"]).unwrap().to_owned()
        };
        assert_eq!(image(&["image.repository=r/s"]), "r/s:1.2.3");
        assert_eq!(image(&["image.repository=r/s", "image.tag=v9"]), "r/s:v9");
        let both = ["image.repository=r/s", "image.tag=v9", "image.digest=sha256:0"];
        assert_eq!(image(&both), "r/s@sha256:0");
    }
}
