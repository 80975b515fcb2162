//! Every pod at every level and version.

use super::{HOW, dry_run, file, namespace, pods, value};
use crate::record::golden::{Case, File};
use anyhow::{Context as _, bail};
use sekisho_testenv::{Builder, TestEnv};
use sekisho_value::{Map, Value};
use serde_json::json;

/// Stands for the version in a message, so that versions that say the same are told once.
const VERSION: &str = "VERSION";

/// Asks for each pod in a namespace of each level and version.
pub(super) fn record(
    env: &TestEnv,
    builder: &Builder,
    report: &mut Vec<String>,
) -> anyhow::Result<File> {
    let how = format!(
        "{HOW}, in namespaces that enforce a level at a version; an answer is a list of [first \
         version, last version, message, null where it is let in], {VERSION} in place of theirs"
    );
    let mut file = file("levels", env, builder, &how)?;
    let minor = env.version()?;
    let minor: u32 = minor.split('.').nth(1).and_then(|minor| minor.parse().ok()).context(minor)?;
    let versions: Vec<String> = (0..=minor).map(|minor| format!("v1.{minor}")).collect();
    let versions: Vec<&str> = versions.iter().map(String::as_str).chain(["latest"]).collect();
    for level in ["baseline", "restricted"] {
        for version in &versions {
            let labels = json!({"enforce": level, "enforce-version": version});
            namespace(env, &name(level, version), &labels)?;
        }
    }
    let mut asked = 0;
    for (pod_name, pod) in pods::pods()? {
        let given = value(&pod)?;
        let mut answer = Map::new();
        let free = dry_run(&env.admin(), &given)?;
        if !free.is_success() {
            report.push(format!("no valid pod: {pod_name}: {}", free.message()));
            continue;
        }
        for level in ["baseline", "restricted"] {
            let mut runs: Vec<(&str, &str, Option<String>)> = Vec::new();
            for version in &versions {
                let user = env.admin().in_namespace(&name(level, version));
                let said = dry_run(&user, &given)?;
                asked += 1;
                let message = match said.status {
                    200..300 => None,
                    403 => {
                        let theirs = format!("\"{level}:{version}\"");
                        let any = format!("\"{level}:{VERSION}\"");
                        Some(said.message().replace(&theirs, &any))
                    }
                    status => bail!("{pod_name}: {status}: {}", said.message()),
                };
                match runs.last_mut() {
                    Some((_, last, before)) if *before == message => *last = version,
                    _ => runs.push((version, version, message)),
                }
            }
            let runs = runs.into_iter().map(|(first, last, message)| {
                let message = message.map_or(Value::Null, |message| message.as_str().into());
                Value::from(vec![first.into(), last.into(), message])
            });
            answer.insert(level, Value::from(runs.collect::<Vec<_>>()));
        }
        file.cases.push(Case::new(pod_name, [("given", given), ("answer", answer.into())]));
    }
    report.push(format!("{asked} questions of {} pods at levels", file.cases.len()));
    Ok(file)
}

fn name(level: &str, version: &str) -> String {
    format!("{level}-{}", version.replace('.', "-"))
}
