//! Constraints: a template's code with parameters, for some objects.
//!
//! Source of the rules: `pkg/client/crds` and `pkg/client/template_client.go` of the constraint
//! framework.

use crate::code::{CelCode, Code, RegoCode};
use crate::enforcement::Enforcement;
use crate::evaluate::Judgement;
use crate::matching::Match;
use crate::severity;
use crate::template::{Engine, Template};
use crate::told::Told;
use crate::{Fault, NAME};
use sekisho_policy::{
    CompiledPolicy, Matcher, OperationSet, Point, PolicyDocument, PolicyId, ResourceRule, Severity,
};
use sekisho_value::{Map, Pointer, Str, Value};
use std::sync::Arc;

pub(crate) const GROUP: &str = "constraints.gatekeeper.sh";
const VERSIONS: [&str; 2] = ["v1beta1", "v1alpha1"];
/// How long the name of a constraint may be.
const LONGEST_NAME: usize = 63;

/// The id of the policy that a constraint is.
pub(crate) fn id(policy: &PolicyDocument<'_>) -> PolicyId {
    let document = policy.document;
    PolicyId::new(policy.origin, NAME, document.kind(), document.name().unwrap_or_default())
}

/// Reads a constraint of a template; `None` where something is wrong, which is told.
pub(crate) fn read(
    policy: &PolicyDocument<'_>,
    template: &Template,
    strict: bool,
    exclusions: &Arc<crate::config::Exclusions>,
    told: &mut Told<'_>,
) -> Option<CompiledPolicy> {
    let document = policy.document;
    let value = &document.value;
    check_head(value, told);
    let spec_at = Pointer::root().key("spec");
    let spec = value.get("spec").filter(|spec| !spec.is_null());
    let mut faults = Vec::new();
    check_fields(
        value,
        &Pointer::root(),
        &["apiVersion", "kind", "metadata", "spec", "status"],
        &mut faults,
    );
    if let Some(spec) = spec {
        let known = ["match", "parameters", "enforcementAction", "scopedEnforcementActions"];
        check_fields(spec, &spec_at, &known, &mut faults);
    }
    let field = |name: &str| spec.and_then(|spec| spec.get(name)).filter(|value| !value.is_null());
    let enforcement = Enforcement::read(spec, &spec_at, &mut faults);
    let parse = if strict { Match::parse_strict } else { Match::parse };
    let matching = match parse(field("match")) {
        Ok(matching) => matching,
        Err(found) => {
            let at = spec_at.key("match");
            faults.extend(found.into_iter().map(|fault| fault.below(&at)));
            Match::default()
        }
    };
    let parameters =
        parameters(template, field("parameters"), &spec_at.key("parameters"), &mut faults);
    told.extend(faults, &Pointer::root());
    if !told.is_empty() {
        return None;
    }
    let name: Arc<str> = document.name().unwrap_or_default().into();
    let severity = severity::of(value).or(template.severity).unwrap_or(Severity::Medium);
    let matcher = Matcher { rules: rules(&matching), ..Matcher::default() };
    let code = match &template.engine {
        Engine::Cel(cel) => {
            let parameters = parameters.unwrap_or_default();
            Ok(Code::Cel(CelCode::new(cel, value, parameters)))
        }
        Engine::Rego(rego) => {
            let parameters = parameters.unwrap_or_else(|| Value::Object(Map::new()));
            RegoCode::new(rego, parameters).map(|code| Code::Rego(Box::new(code)))
        }
    };
    let code = match code {
        Ok(code) => code,
        Err(message) => {
            told.push(Fault::new(spec_at.key("parameters"), message));
            return None;
        }
    };
    Some(CompiledPolicy {
        id: id(policy),
        digest: policy.digest,
        name: template.kind.as_str().into(),
        dialect: NAME,
        binding: Some(Arc::clone(&name)),
        matcher,
        action: enforcement.at(Point::Admission),
        severity,
        evaluate: Arc::new(Judgement {
            kind: template.kind.clone(),
            name,
            matching,
            operations: template.operations,
            enforcement,
            severity,
            code,
            exclusions: Arc::clone(exclusions),
        }),
    })
}

fn check_head(value: &Value, told: &mut Told<'_>) {
    let root = Pointer::root();
    let api_version = value.path_str(&["apiVersion"]).unwrap_or_default();
    let version = api_version.rsplit('/').next().unwrap_or_default();
    if !VERSIONS.contains(&version) {
        let message = format!("unknown version `{api_version}`");
        told.fault(root.key("apiVersion"), message, "use `constraints.gatekeeper.sh/v1beta1`");
    }
    let name = value.path_str(&["metadata", "name"]).unwrap_or_default();
    let at = root.keys(&["metadata", "name"]);
    if name.is_empty() {
        told.fault(at, "`metadata.name` is missing", "give the constraint a name");
    } else if name.len() > LONGEST_NAME || !is_subdomain(name) {
        let help = "lower case letters, digits, `-` and `.`, at most 63, letters or digits at \
                    both ends of every part";
        told.fault(at, format!("`{name}` is no name of a constraint"), help);
    }
}

fn is_subdomain(name: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.split('.').all(|part| {
        let bytes = part.as_bytes();
        bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
            && bytes.first().is_some_and(alphanumeric)
            && bytes.last().is_some_and(alphanumeric)
    })
}

fn check_fields(value: &Value, at: &Pointer, known: &[&str], faults: &mut Vec<Fault>) {
    let Some(map) = value.as_object() else {
        faults.push(Fault::new(at.clone(), format!("wants an object, found a {}", value.kind())));
        return;
    };
    for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
        let help = format!("the fields here are {}", known.join(", "));
        faults.push(Fault::new(at.key(key), format!("unknown field `{key}`")).with_help(help));
    }
}

/// The parameters as policies see them: checked, and completed by the schema's defaults; `None`
/// where there are none.
fn parameters(
    template: &Template,
    given: Option<&Value>,
    at: &Pointer,
    faults: &mut Vec<Fault>,
) -> Option<Value> {
    let Some(schema) = &template.parameters else {
        if given.is_some_and(|given| given.as_object().is_none_or(|map| !map.is_empty())) {
            let message = format!("constraints of `{}` have no parameters", template.kind);
            let help = "the template has no schema of parameters (`openAPIV3Schema`)";
            faults.push(Fault::new(at.clone(), message).with_help(help));
        }
        return given.cloned();
    };
    if let Some(given) = given {
        schema.validate(given, at, faults);
    }
    // A default of the parameters as a whole counts, those within only where there are any.
    let mut holder = Map::new();
    if let Some(given) = given {
        holder.insert("parameters", given.clone());
    }
    let mut holder = Value::Object(holder);
    schema.fill_field("parameters", &mut holder);
    holder.get("parameters").filter(|found| !found.is_null()).cloned()
}

/// The kinds that a constraint is about, as the engine's index has them. Operations are its
/// template's, and do not hold at every point.
fn rules(matching: &Match) -> Vec<ResourceRule> {
    let operations = OperationSet::ALL;
    let any = |list: &[Str]| list.is_empty() || list.iter().any(|one| one == "*");
    let each = |list: &[Str]| -> Vec<Option<Str>> {
        if any(list) { vec![None] } else { list.iter().cloned().map(Some).collect() }
    };
    let mut rules = Vec::new();
    for entry in matching.kinds() {
        for group in each(&entry.groups) {
            for kind in each(&entry.kinds) {
                rules.push(ResourceRule { group: group.clone(), kind, operations });
            }
        }
    }
    if rules.is_empty() {
        rules.push(ResourceRule { group: None, kind: None, operations });
    }
    rules
}
