//! What a cluster holds beside the manifests of an application: namespaces, pods, and objects that
//! stand in each other's way.

use super::Manifest;
use super::app::{App, STAGES, TEAMS};
use super::objects;
use super::random::Random;

/// The namespaces of all applications.
pub(super) fn namespaces() -> impl Iterator<Item = Manifest> {
    TEAMS.iter().flat_map(|team| STAGES.iter().map(move |stage| namespace(team, stage)))
}

fn namespace(team: &str, stage: &str) -> Manifest {
    // One team names itself nowhere, and one stage has no level.
    let owner = match team {
        "media" => String::new(),
        team => format!("    owner: {team}\n"),
    };
    let level = match stage {
        "dev" => "",
        _ => "    pod-security.kubernetes.io/warn: restricted\n",
    };
    Manifest {
        path: format!("{team}/{stage}.yaml"),
        text: format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {team}-{stage}\n  labels:\n    \
             kubernetes.io/metadata.name: {team}-{stage}\n    example.com/stage: {stage}\n\
             {owner}{level}"
        ),
    }
}

/// The file names and texts of what the workload of that file brings about, pods above all.
pub(super) fn write(
    app: &App,
    workload: &str,
    template: &str,
    random: &mut Random,
) -> Vec<(String, String)> {
    let mut files: Vec<_> = (0..1 + random.below(3))
        .map(|number| {
            let suffix = random.hex(10);
            (format!("pod-{number}.yaml"), pod(app, &suffix, template))
        })
        .collect();
    if workload == "statefulset.yaml" {
        files.push(("service-headless.yaml".to_owned(), objects::headless_service(app)));
    }
    if random.percent(5) {
        files.push(("ingress-canary.yaml".to_owned(), objects::canary(app)));
    }
    if random.percent(5) {
        files.push(("service-external.yaml".to_owned(), objects::external_service(app, random)));
    }
    if random.percent(5) {
        files.push(("clusterrolebinding.yaml".to_owned(), objects::cluster_role_binding(app)));
    }
    files
}

/// A pod of the application, as its template says.
fn pod(app: &App, suffix: &str, template: &str) -> String {
    let App { name, namespace, .. } = app;
    let metadata = format!(
        "metadata:\n  name: {name}-{suffix}\n  namespace: {namespace}\n  ownerReferences:\n  - \
         apiVersion: apps/v1\n    kind: ReplicaSet\n    name: {name}\n    controller: true\n    \
         uid: 7a6e3f0c-1f5b-4d52-9a57-2f0f3c1f{port}\n",
        port = app.port,
    );
    let template = template.strip_prefix("metadata:\n").unwrap_or(template);
    format!("apiVersion: v1\nkind: Pod\n{metadata}{template}")
}
