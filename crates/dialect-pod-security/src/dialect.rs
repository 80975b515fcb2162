//! The dialect: which documents it reads, and what it makes of them.

use crate::admission::namespace_rule;
use crate::configuration;
use crate::fields::Fields;
use crate::fixed_level::FixedLevel;
use crate::level::LevelVersion;
use crate::registry::CHECKS;
use sekisho_policy::{
    Action, CompileContext, Compiled, CompiledPolicy, Dialect, Evaluate, Matcher, OperationSet,
    PolicyDocument, PolicyId, ResourceRule, Rule, Severity,
};
use sekisho_value::{Map, Pointer, Value};
use std::sync::{Arc, LazyLock};

/// The name in output and options.
const NAME: &str = "pod-security";

/// The group and kind of our own policy document.
const LEVEL_GROUP: &str = "sekisho.dev";
const LEVEL_VERSION: &str = "v1alpha1";
const LEVEL_KIND: &str = "PodSecurityLevel";

/// The controllers that upstream knows; others are judged by the pods that they create.
const CONTROLLERS: [(&str, &str); 8] = [
    ("", "ReplicationController"),
    ("", "PodTemplate"),
    ("apps", "ReplicaSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
];

/// The Pod Security Standards, as the API server's admission plugin `PodSecurity` applies them.
///
/// It reads `PodSecurityConfiguration` (`pod-security.admission.config.k8s.io`), alone or within
/// an `AdmissionConfiguration`, and `PodSecurityLevel` (`sekisho.dev/v1alpha1`).
#[derive(Clone, Copy, Debug, Default)]
pub struct PodSecurity;

/// The policy that holds where none is given: baseline denies, restricted warns, and the labels
/// of namespaces count.
#[must_use]
pub fn default_configuration() -> &'static str {
    "\
apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
metadata:
  name: default
defaults:
  enforce: baseline
  enforce-version: latest
  warn: restricted
  warn-version: latest
"
}

/// The policy that denies whatever violates a level (`restricted`) in a version (`latest`,
/// `v1.37`), whatever the labels of namespaces say.
#[must_use]
pub fn level_document(level: &str, version: &str) -> String {
    let text = |text: &str| Value::from(text).to_json();
    // Not a name that a cluster would take, so that it is never that of a document.
    format!(
        "apiVersion: {LEVEL_GROUP}/{LEVEL_VERSION}\nkind: {LEVEL_KIND}\nmetadata:\n  name: {}\n\
         spec:\n  level: {}\n  version: {}\n",
        text(&format!("{level}:{version}")),
        text(level),
        text(version),
    )
}

impl Dialect for PodSecurity {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "the Pod Security Standards, as the API server applies them"
    }

    fn names_needs(&self) -> bool {
        true
    }

    fn reads(&self, group: &str, kind: &str) -> bool {
        configuration::reads(group, kind) || kind == LEVEL_KIND && group == LEVEL_GROUP
    }

    fn compile(&self, documents: &[PolicyDocument<'_>], _: &CompileContext<'_>) -> Compiled {
        let mut compiled = Compiled::default();
        for document in documents {
            let mut fields = Fields::of(document.document);
            let policy = match document.document.kind() {
                LEVEL_KIND => fixed_level(&mut fields, document),
                kind => configured(&mut fields, document, kind),
            };
            match fields.errors.first() {
                None => compiled.policies.extend(policy.ok()),
                Some(first) => {
                    let reason = first.message.clone();
                    let id = policy.map_or_else(|id| id, |policy| policy.id);
                    compiled.failed.push((id, document.digest, reason));
                    compiled.diagnostics.append(&mut fields.errors);
                }
            }
        }
        compiled
    }

    fn rules(&self) -> &'static [&'static Rule] {
        static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
            CHECKS.iter().map(|check| check.rule).chain([namespace_rule()]).collect()
        });
        &RULES
    }
}

/// The policy of a configuration, or what its id would be.
fn configured<'a>(
    fields: &mut Fields<'a>,
    document: &PolicyDocument<'a>,
    kind: &str,
) -> Result<CompiledPolicy, PolicyId> {
    let value = &document.document.value;
    let read = if kind == configuration::WRAPPER_KIND {
        configuration::read_wrapped(fields, value)
    } else {
        configuration::read(fields, Some(value), &Pointer::root())
    };
    let id = |name: &str| PolicyId::new(document.origin, NAME, configuration::KIND, name);
    let read = read.ok_or_else(|| id("default"))?;
    let name = read.name.as_deref().unwrap_or("default");
    let kinds = [("", "Pod"), ("", "Namespace")].into_iter().chain(CONTROLLERS);
    // Labels may enforce where the defaults do not.
    let action = Action::Deny;
    Ok(policy(document, id(name), name, kinds, action, Arc::new(read.admission)))
}

/// The policy of a `PodSecurityLevel`, or what its id would be.
fn fixed_level<'a>(
    fields: &mut Fields<'a>,
    document: &PolicyDocument<'a>,
) -> Result<CompiledPolicy, PolicyId> {
    let root = Pointer::root();
    let known = ["apiVersion", "kind", "metadata", "spec"];
    let object = fields.object(Some(&document.document.value), &root, &known);
    let api_version = fields.text(object, &root, "apiVersion").unwrap_or_default();
    if api_version != format!("{LEVEL_GROUP}/{LEVEL_VERSION}") {
        let help = format!("use `{LEVEL_GROUP}/{LEVEL_VERSION}`");
        fields.error(&root.key("apiVersion"), format!("unknown version `{api_version}`"), &help);
    }
    let at = root.key("spec");
    let spec = object.and_then(|object| object.get("spec"));
    let spec = fields.object(spec, &at, &["level", "version", "action"]);
    let before = fields.errors.len();
    let level = fields.level(spec, &at, "level");
    if level.is_none() && fields.errors.len() == before {
        let help = "the levels are privileged, baseline and restricted";
        fields.error(&at.key("level"), "`spec.level` is missing".to_owned(), help);
    }
    let version = fields.version(spec, &at, "version");
    let action = action(fields, spec, &at);
    let own = document.document.name().unwrap_or_default();
    if own.is_empty() {
        let at = root.keys(&["metadata", "name"]);
        fields.error(&at, "`metadata.name` is missing".to_owned(), "give the policy a name");
    }
    let id = PolicyId::new(document.origin, NAME, LEVEL_KIND, own);
    let Some(level) = level else {
        return Err(id);
    };
    let wanted = LevelVersion { level, version };
    let name = wanted.to_string();
    let kinds = [("", "Pod")].into_iter().chain(CONTROLLERS);
    Ok(policy(document, id, &name, kinds, action, Arc::new(FixedLevel { wanted, action })))
}

fn action<'a>(fields: &mut Fields<'a>, spec: Option<&'a Map>, at: &Pointer) -> Action {
    let Some(word) = fields.text(spec, at, "action") else {
        return Action::Deny;
    };
    match Action::parse(word) {
        Some(action) if action != Action::Off => action,
        _ => {
            let help = "the actions are deny, warn and audit";
            fields.error(&at.key("action"), format!("unknown action `{word}`"), help);
            Action::Deny
        }
    }
}

fn policy(
    document: &PolicyDocument<'_>,
    id: PolicyId,
    name: &str,
    kinds: impl Iterator<Item = (&'static str, &'static str)>,
    action: Action,
    evaluate: Arc<dyn Evaluate>,
) -> CompiledPolicy {
    let rule = |(group, kind)| ResourceRule::kind(group, kind, OperationSet::WRITES);
    CompiledPolicy {
        id,
        digest: document.digest,
        name: name.into(),
        dialect: NAME,
        binding: None,
        matcher: Matcher { rules: kinds.map(rule).collect(), ..Matcher::default() },
        action,
        severity: Severity::Medium,
        evaluate,
    }
}

#[cfg(test)]
mod tests;
