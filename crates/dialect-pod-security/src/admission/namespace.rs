//! Namespaces: their labels have to be right, and who tightens them learns which pods would not
//! be let in again.

use super::{Admission, labels};
use crate::channels::{Channels, LabelError};
use crate::judgement;
use crate::level::{Level, LevelVersion};
use crate::pod::{Pod, items, text};
use crate::references;
use sekisho_policy::{
    Action, EvalContext, EvalError, Operation, Outcome, Reference, Rule, Severity, Violation,
};
use sekisho_value::{Str, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How many existing pods are judged.
const MAX_PODS: usize = 3000;
/// How long listing them may take, where less is not left of the request's time.
const LISTING: Duration = Duration::from_secs(1);

pub(crate) static RULE: Rule = Rule {
    id: "namespaceLabels",
    title: "Pod Security labels of a namespace must be valid",
    severity: Severity::Medium,
    what: "The labels `pod-security.kubernetes.io/enforce`, `audit` and `warn` of a Namespace may \
           only be privileged, baseline or restricted, and their `-version` companions `latest` \
           or `v1.N`. Creation is refused otherwise, a change only where it makes a label wrong.",
    why: "A label that cannot be read does not do what its author meant: the API server then \
          enforces restricted, and neither records nor warns.",
    example: "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: strict
",
    fix: "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
",
    references: &[
        Reference {
            title: "Kubernetes: Pod Security admission labels for namespaces",
            url: "https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces",
        },
        references::NSA_POD_SECURITY,
        references::OWASP_K04,
    ],
};

impl Admission {
    pub(super) fn namespace(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let request = context.request;
        if !request.subresource.is_empty() {
            return Ok(Outcome::default());
        }
        match request.operation {
            Operation::Create => self.namespace_created(context),
            Operation::Update => self.namespace_updated(context),
            Operation::Delete | Operation::Connect => Ok(Outcome::default()),
        }
    }

    fn namespace_created(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let object = &context.request.object;
        judgement::decodable(object)?;
        let (channels, errors) = Channels::of_labels(labels(object), self.defaults);
        if !errors.is_empty() {
            return Ok(invalid(&errors));
        }
        let warnings = if self.exemptions.namespace(name(object)) {
            self.ignored_labels(object, &channels).into_iter().collect()
        } else {
            Vec::new()
        };
        Ok(Outcome { warnings, ..Outcome::default() })
    }

    fn namespace_updated(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        let (object, old_object) = (&context.request.object, &context.request.old_object);
        judgement::decodable(object)?;
        judgement::decodable(old_object)?;
        let (new, errors) = Channels::of_labels(labels(object), self.defaults);
        let (old, old_errors) = Channels::of_labels(labels(old_object), self.defaults);
        if !errors.is_empty() && errors != old_errors {
            return Ok(invalid(&errors));
        }
        let (wanted, before) = (new.enforce, old.enforce);
        let relaxed = wanted.version == before.version && wanted.level <= before.level;
        if wanted == before || wanted.level == Level::Privileged || relaxed {
            return Ok(Outcome::default());
        }
        let warnings = if self.exemptions.namespace(name(object)) {
            self.ignored_labels(object, &new).into_iter().collect()
        } else {
            self.existing_pods(name(object), wanted, context)?
        };
        Ok(Outcome { warnings, ..Outcome::default() })
    }

    /// Tells who labels an exempt namespace that the labels do nothing.
    fn ignored_labels(&self, object: &Value, channels: &Channels) -> Option<String> {
        if channels.is_privileged() || channels.is_equivalent(&self.defaults) {
            return None;
        }
        Some(format!(
            "namespace \"{}\" is exempt from Pod Security, and the policy ({}) will be ignored",
            name(object),
            channels.set_by_labels(labels(object))
        ))
    }

    /// Which of a namespace's pods violate a level, as upstream sums them up.
    fn existing_pods(
        &self,
        namespace: &str,
        wanted: LevelVersion,
        context: &EvalContext<'_>,
    ) -> Result<Vec<String>, EvalError> {
        if namespace.is_empty() {
            // Would be the pods of all namespaces.
            return Ok(Vec::new());
        }
        let Some(pods) = context.inventory.pods(namespace, LISTING) else {
            let message = "failed to list pods while checking new PodSecurity enforce level";
            return Ok(vec![message.to_owned()]);
        };
        let pods = self.prioritized(&pods);
        let mut violating: BTreeMap<String, (&str, usize)> = BTreeMap::new();
        for object in pods.iter().take(MAX_PODS) {
            let pod = Pod::of(object);
            judgement::account(&pod, context)?;
            let results = judgement::judge(&pod, wanted, context.target.kubernetes_version);
            if results.is_empty() {
                continue;
            }
            let reasons: Vec<&str> =
                results.iter().map(|(_, forbidden)| forbidden.reason).collect();
            let (first, count) = violating.entry(reasons.join(", ")).or_insert((name(object), 0));
            *first = (*first).min(name(object));
            *count += 1;
        }
        let mut warnings = Vec::new();
        if pods.len() > MAX_PODS {
            warnings.push(format!(
                "new PodSecurity enforce level only checked against the first {MAX_PODS} of {} \
                 existing pods",
                pods.len()
            ));
        }
        if !violating.is_empty() {
            warnings.push(format!(
                "existing pods in namespace \"{namespace}\" violate the new PodSecurity enforce \
                 level \"{wanted}\""
            ));
        }
        let mut lines: Vec<String> = violating
            .into_iter()
            .map(|(reasons, (first, count))| match count {
                1 => format!("{first}: {reasons}"),
                2 => format!("{first} (and 1 other pod): {reasons}"),
                _ => format!("{first} (and {} other pods): {reasons}", count - 1),
            })
            .collect();
        lines.sort();
        warnings.append(&mut lines);
        Ok(warnings)
    }

    /// One pod of every controller first, then the others; exempt ones not at all.
    fn prioritized<'a>(&self, pods: &'a [Value]) -> Vec<&'a Value> {
        let mut controllers = BTreeSet::new();
        let (mut first, mut others) = (Vec::new(), Vec::new());
        for pod in pods {
            if self.exemptions.runtime_class(pod.path_str(&["spec", "runtimeClassName"])) {
                continue;
            }
            match controller_uid(pod) {
                Some(uid) if !controllers.insert(uid) => others.push(pod),
                _ => first.push(pod),
            }
        }
        first.append(&mut others);
        first
    }
}

fn controller_uid(pod: &Value) -> Option<&str> {
    let owners = items(pod.path(&["metadata", "ownerReferences"]));
    let is_controller =
        |owner: &&Value| owner.get("controller").and_then(Value::as_bool) == Some(true);
    owners.iter().find(is_controller).map(|owner| text(owner, "uid"))
}

fn name(object: &Value) -> &str {
    object.path_str(&["metadata", "name"]).unwrap_or_default()
}

fn invalid(errors: &[LabelError]) -> Outcome {
    let violation = |error: &LabelError| Violation {
        parameter: None,
        policy: None,
        rule: Str::new_static(RULE.id),
        message: error.to_string(),
        pointers: vec![error.pointer()],
        action: Some(Action::Deny),
        severity: RULE.severity,
        details: Value::Null,
        help: Some(Str::new_static(
            "levels are privileged, baseline and restricted; versions are `latest` or like `v1.37`",
        )),
    };
    Outcome { violations: errors.iter().map(violation).collect(), ..Outcome::default() }
}
