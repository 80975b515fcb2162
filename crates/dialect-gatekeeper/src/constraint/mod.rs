//! Constraints: a template's code with parameters, for some objects.
//!
//! Source of the rules: `pkg/client/crds` and `pkg/client/template_client.go` of the constraint
//! framework.

mod schema;

pub(crate) use schema::of as schema_of;

use crate::NAME;
use crate::code::{CelCode, Code, RegoCode};
use crate::double::{in_rego, stored_in_rego, to_doubles};
use crate::enforcement::Enforcement;
use crate::evaluate::Judgement;
use crate::matching::Match;
use crate::severity;
use crate::template::{self, Engine, FailurePolicy, Template};
use sekisho_policy::{
    CompiledPolicy, Fault, Matcher, OperationSet, Point, PolicyDocument, PolicyId, ResourceRule,
    Severity, Told,
};
use sekisho_value::{Map, Pointer, Str, Value};
use std::sync::Arc;

pub(crate) const GROUP: &str = "constraints.gatekeeper.sh";
const VERSIONS: [&str; 2] = ["v1beta1", "v1alpha1"];
/// How long the name of a constraint may be.
const LONGEST_NAME: usize = 63;

/// How many pairs of groups and kinds one entry of `kinds` may make in the index.
const MOST_RULES: usize = 256;

/// The id of the policy that a constraint is.
pub(crate) fn id(policy: &PolicyDocument<'_>) -> PolicyId {
    let document = policy.document;
    PolicyId::new(policy.origin, NAME, document.kind(), document.name().unwrap_or_default())
}

/// What policies see numbers of a constraint as that are written as integers. Defaults are
/// integers always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Numbers {
    /// as an API server stores them, and `gator verify` reads them
    #[default]
    Integers,
    /// as `gator test` reads them
    Doubles,
}

/// How documents are read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    /// unknown fields and words are wrong
    pub(crate) strict: bool,
    /// as Gatekeeper's CLI takes them, and not as an API server stores them
    pub(crate) as_given: bool,
    /// what numbers of constraints are
    pub(crate) numbers: Numbers,
    /// what becomes of errors of CEL where a template does not say it
    pub(crate) failure_policy: FailurePolicy,
}

/// Reads a constraint of a template; `None` where something is wrong, which is told.
pub(crate) fn read(
    policy: &PolicyDocument<'_>,
    template: &Template,
    reading: Reading,
    exclusions: &Arc<crate::config::Exclusions>,
    told: &mut Told<'_>,
) -> Option<CompiledPolicy> {
    let document = policy.document;
    let value = &document.value;
    check_head(value, told);
    let mut faults = Vec::new();
    let value = loaded(template, value, reading, &mut faults);
    for fault in &mut faults {
        if fault.pointer.as_str() == "/spec/parameters" && value.path(PARAMETERS).is_some() {
            without_parameters(template, fault);
        }
    }
    let spec_at = Pointer::root().key("spec");
    let spec = value.get("spec");
    let mut others = Vec::new();
    let enforcement = Enforcement::read(spec, &spec_at, reading.as_given, &mut others);
    let parse = if reading.strict { Match::parse_strict } else { Match::parse };
    let matching = match parse(spec.and_then(|spec| spec.get("match"))) {
        Ok(matching) => matching,
        Err(found) => {
            let at = spec_at.key("match");
            others.extend(found.into_iter().map(|fault| fault.below(&at)));
            Match::default()
        }
    };
    // What is of a wrong type is told once.
    let is_told = |other: &Fault| {
        faults.iter().any(|fault| other.pointer.as_str().starts_with(fault.pointer.as_str()))
    };
    others.retain(|other| !is_told(other));
    faults.append(&mut others);
    told.extend(faults, &Pointer::root());
    if !told.is_empty() {
        return None;
    }
    let parameters = value.path(PARAMETERS).filter(|parameters| !parameters.is_null()).cloned();
    let name: Arc<str> = document.name().unwrap_or_default().into();
    let severity = severity::of(&value).or(template.severity).unwrap_or(Severity::Medium);
    let matcher = Matcher { rules: rules(&matching), ..Matcher::default() };
    let code = match &template.engine {
        Engine::Cel(cel) => {
            let parameters = parameters.unwrap_or_default();
            Ok(Code::Cel(CelCode::new(cel, &value, parameters)))
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

/// Where parameters stand.
const PARAMETERS: &[&str] = &["spec", "parameters"];

/// A constraint as policies see it: checked, and completed by the schema's defaults. The API server
/// takes nulls out and sets defaults before anything is checked; Gatekeeper's CLI takes it as it is
/// given, and sets defaults last.
fn loaded(template: &Template, given: &Value, reading: Reading, faults: &mut Vec<Fault>) -> Value {
    let schema = &template.constraints;
    let mut value = given.clone();
    if !reading.as_given {
        schema.prune_nulls(&mut value);
        schema.fill(&mut value);
    }
    schema.validate(&value, &Pointer::root(), faults);
    if reading.numbers == Numbers::Doubles {
        value = match template.engine {
            Engine::Cel(_) => to_doubles(&value),
            Engine::Rego(_) => in_rego(&value).unwrap_or(value),
        };
    }
    if reading.as_given {
        schema.fill(&mut value);
    } else if faults.is_empty() {
        // Gatekeeper's CLI does not ask rules in CEL.
        schema.check_rules(&value, &Pointer::root(), faults);
    }
    match (&template.engine, reading.numbers) {
        (Engine::Rego(_), Numbers::Integers) => stored_in_rego(&value).unwrap_or(value),
        _ => value,
    }
}

/// A constraint as Gatekeeper's CLI shows it: with the defaults of its template, which compiles.
#[must_use]
pub fn with_defaults(template: Option<&Value>, constraint: &Value) -> Value {
    let schema = template.map_or_else(|| schema::of(None), template::defaults_of_constraints);
    let mut value = constraint.clone();
    schema.fill(&mut value);
    value
}

fn without_parameters(template: &Template, fault: &mut Fault) {
    if template.has_parameters {
        return;
    }
    fault.message = format!("constraints of `{}` have no parameters", template.kind);
    fault.help = Some("the template has no schema of parameters (`openAPIV3Schema`)".to_owned());
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
        // What lists many of both goes by its kinds alone: the match itself looks at groups again.
        let many = entry.groups.len().saturating_mul(entry.kinds.len()) > MOST_RULES;
        let groups = if many { vec![None] } else { each(&entry.groups) };
        for group in groups {
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
