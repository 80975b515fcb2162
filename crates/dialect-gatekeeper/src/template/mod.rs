//! Constraint templates.
//!
//! Source of the rules: `pkg/apis/templates`, `pkg/client/client.go` and
//! `pkg/client/drivers/rego` of the constraint framework.

mod cel;
mod external;
mod fields;
mod libraries;
mod references;
mod rego;
mod rewrite;
mod shape;

pub use cel::FailurePolicy;
pub(crate) use cel::{ANY_OBJECT, Cel, Expression, PARAMS, Validation};
pub(crate) use external::ANSWERS;
pub(crate) use rego::Rego;

use crate::constraint::Reading;
use crate::severity;
use crate::structural::Schema;
use crate::{constraint, lint};
use libraries::Libraries;
use rego::Code;
use sekisho_go_regex::Pattern;
use sekisho_policy::{Operation, OperationSet, PolicyDocument, Severity, Told, Workers};
use sekisho_value::{Pointer, Str, Value};
use std::sync::{Arc, Mutex};

pub(crate) const GROUP: &str = "templates.gatekeeper.sh";
pub(crate) const KIND: &str = "ConstraintTemplate";
const VERSIONS: [&str; 3] = ["v1", "v1beta1", "v1alpha1"];
/// The one target that there is.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// A template, compiled.
pub(crate) struct Template {
    /// the kind of its constraints
    pub(crate) kind: Str,
    /// what may be done to an object for it to be judged
    pub(crate) operations: OperationSet,
    /// the schema of its constraints
    pub(crate) constraints: Schema,
    /// whether they may have parameters
    pub(crate) has_parameters: bool,
    /// what judges
    pub(crate) engine: Engine,
    /// how bad a violation is, where the template says so
    pub(crate) severity: Option<Severity>,
    /// whether its code compares prefixes of texts
    pub(crate) compares_prefixes: bool,
}

/// What judges by a template.
pub(crate) enum Engine {
    /// its CEL
    Cel(Arc<Cel>),
    /// its Rego
    Rego(Arc<Rego>),
}

/// What templates that are compiled together share.
pub(crate) struct Shared<'v> {
    libraries: Libraries<'v>,
    /// of their schemas, each once
    patterns: Mutex<Vec<Pattern>>,
}

impl<'v> Shared<'v> {
    /// What these templates share.
    pub(crate) fn of(templates: &[&PolicyDocument<'v>], workers: &dyn Workers) -> Self {
        Self { libraries: Libraries::of(templates, workers), patterns: Mutex::default() }
    }
}

/// Reads and compiles a template, one of many. What cannot be compiled is told, and gives the kind
/// of its constraints where that is known.
pub(crate) fn read<'v>(
    policy: &PolicyDocument<'v>,
    reading: Reading,
    shared: &Shared<'v>,
    told: &mut Told<'_>,
) -> (Option<Template>, Option<Str>) {
    let value = &policy.document.value;
    let root = Pointer::root();
    let api_version = value.path_str(&["apiVersion"]).unwrap_or_default();
    let version = api_version.strip_prefix("templates.gatekeeper.sh/").unwrap_or_default();
    if !VERSIONS.contains(&version) {
        let message = format!("unknown version `{api_version}`");
        told.fault(root.key("apiVersion"), message, "use `templates.gatekeeper.sh/v1`");
        return (None, None);
    }
    if reading.strict {
        fields::check(value, told);
    }
    shape::check_types(value, told);
    if !told.is_empty() {
        return (None, kind_of(value).map(Str::new));
    }
    let kind = kind(value, told);
    let target = target(value, told);
    let parameters = parameters(value, version, &shared.patterns, told);
    let operations = target.and_then(|target| operations(target, told));
    let engine = target.and_then(|target| engine(policy, target, reading, shared, told));
    let (Some(name), Some(operations), Some(engine), Some(parameters), true) =
        (kind.clone(), operations, engine, parameters, told.is_empty())
    else {
        return (None, kind);
    };
    let severity = severity::of(value);
    let compares_prefixes = target.is_some_and(lint::compares_prefixes);
    let template = Template {
        kind: name,
        operations,
        has_parameters: parameters.is_some(),
        constraints: constraint::schema_of(parameters),
        engine,
        severity,
        compares_prefixes,
    };
    (Some(template), kind)
}

/// The defaults of the constraints of a template that compiles.
pub(crate) fn defaults_of_constraints(template: &Value) -> Schema {
    let legacy = template.path(&["spec", "crd", "spec", "validation", "legacySchema"]);
    let version = template.path_str(&["apiVersion"]).unwrap_or_default();
    let legacy = legacy.and_then(Value::as_bool).unwrap_or(!version.ends_with("/v1"));
    let schema = template.path(&["spec", "crd", "spec", "validation", "openAPIV3Schema"]);
    let schema = schema.map(|schema| Schema::of_defaults(schema, legacy));
    constraint::schema_of(schema)
}

/// The kind of a template's constraints.
fn kind_of(value: &Value) -> Option<&str> {
    value.path_str(&["spec", "crd", "spec", "names", "kind"]).filter(|kind| !kind.is_empty())
}

fn kind(value: &Value, told: &mut Told<'_>) -> Option<Str> {
    let at = Pointer::root().keys(&["spec", "crd", "spec", "names"]);
    let Some(kind) = kind_of(value) else {
        let help = "it is the kind of the template's constraints";
        told.fault(at.key("kind"), "`spec.crd.spec.names.kind` is missing", help);
        return None;
    };
    if let Some(names) = value.pointer(&at) {
        shape::check_names(names, &at, told);
    }
    let name = value.path_str(&["metadata", "name"]).unwrap_or_default();
    if name != kind.to_lowercase() {
        let message = format!("`{name}` is not the name that the template of `{kind}` has to have");
        let help = format!("call it `{}`", kind.to_lowercase());
        told.fault(Pointer::root().keys(&["metadata", "name"]), message, &help);
        return None;
    }
    Some(kind.into())
}

/// The only target.
fn target<'v>(value: &'v Value, told: &mut Told<'_>) -> Option<&'v Value> {
    let at = Pointer::root().keys(&["spec", "targets"]);
    let targets = value.pointer(&at).and_then(Value::as_array).unwrap_or_default();
    let [target] = targets else {
        let message = format!("a template has one target, not {}", targets.len());
        told.fault(at, message, &format!("give the target `{TARGET}`"));
        return None;
    };
    let name = target.path_str(&["target"]).unwrap_or_default();
    if name != TARGET {
        let at = at.index(0).key("target");
        let message = match name {
            "" => "`target` is missing".to_owned(),
            name => format!("unknown target `{name}`"),
        };
        told.fault(at, message, &format!("use `{TARGET}`"));
        return None;
    }
    Some(target)
}

/// The schema of the parameters; the outer `None` where it is faulty.
#[expect(clippy::option_option, reason = "no schema is something else than a faulty one")]
fn parameters(
    value: &Value,
    version: &str,
    patterns: &Mutex<Vec<Pattern>>,
    told: &mut Told<'_>,
) -> Option<Option<Schema>> {
    let at = Pointer::root().keys(&["spec", "crd", "spec", "validation"]);
    let validation = value.pointer(&at).filter(|validation| !validation.is_null());
    let legacy = validation.and_then(|validation| validation.get("legacySchema"));
    let legacy = legacy.and_then(Value::as_bool).unwrap_or(version != "v1");
    let schema = validation.and_then(|validation| validation.get("openAPIV3Schema"));
    let Some(schema) = schema.filter(|schema| !schema.is_null()) else {
        return Some(legacy.then(Schema::anything));
    };
    let read = match patterns.lock() {
        Ok(mut patterns) => Schema::read_beside(schema, legacy, &mut patterns),
        Err(_) => Schema::read(schema, legacy),
    };
    match read {
        Ok(schema) => Some(Some(schema)),
        Err(faults) => {
            told.extend(faults, &at.key("openAPIV3Schema"));
            None
        }
    }
}

/// The operations that a template asks for: Gatekeeper's webhook judges others by none of its
/// constraints. None, or `*`, stands for all.
fn operations(target: &Value, told: &mut Told<'_>) -> Option<OperationSet> {
    let at = Pointer::root().keys(&["spec", "targets"]).index(0).key("operations");
    let mut set = OperationSet::NONE;
    let list = target.get("operations").and_then(Value::as_array).unwrap_or_default();
    for (index, word) in list.iter().enumerate() {
        let word = word.as_str().unwrap_or_default();
        set = match word {
            "*" => OperationSet::ALL,
            "CREATE" => set.with(Operation::Create),
            "UPDATE" => set.with(Operation::Update),
            "DELETE" => set.with(Operation::Delete),
            "CONNECT" => set.with(Operation::Connect),
            _ => {
                let help = "the operations are CREATE, UPDATE, DELETE, CONNECT and *";
                told.fault(at.index(index), format!("unknown operation `{word}`"), help);
                return None;
            }
        };
    }
    Some(if list.is_empty() { OperationSet::ALL } else { set })
}

/// Compiles the code of the engine that judges. Where there are several, Gatekeeper takes CEL
/// before Rego.
fn engine<'v>(
    policy: &PolicyDocument<'v>,
    target: &'v Value,
    reading: Reading,
    shared: &Shared<'v>,
    told: &mut Told<'_>,
) -> Option<Engine> {
    let at = target_at();
    if let Some((source, at)) = cel::source(target, &at) {
        let cel = Cel::compile(source, &at, reading.failure_policy, told)?;
        return Some(Engine::Cel(Arc::new(cel)));
    }
    let code = match Code::of(target, &at) {
        Ok(code) => code,
        Err(fault) => {
            told.push(fault);
            return None;
        }
    };
    let Some(code) = code else {
        let engines: Vec<&str> = target
            .get("code")
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(|code| code.path_str(&["engine"]))
            .collect();
        let (message, help) = match engines.as_slice() {
            [] => ("the target has no code".to_owned(), "give its Rego as `rego`"),
            engines => (
                format!("the engine `{}` is not supported here", engines.join("`, `")),
                "give the template's code for `Rego` or `K8sNativeValidation`",
            ),
        };
        told.fault(at.key("code"), message, help);
        return None;
    };
    let rego = Rego::compile(policy.document, &code, &shared.libraries, told)?;
    Some(Engine::Rego(Arc::new(rego)))
}

/// Where the target stands.
fn target_at() -> Pointer {
    Pointer::root().keys(&["spec", "targets"]).index(0)
}

/// The Rego of a template that is judged by it; none where something is wrong, too.
fn rego_of<'v>(policy: &PolicyDocument<'v>) -> Option<Code<'v>> {
    let [target] = policy.document.value.path(&["spec", "targets"])?.as_array()? else {
        return None;
    };
    let at = target_at();
    match cel::source(target, &at) {
        Some(_) => None,
        None => Code::of(target, &at).ok()?,
    }
}
