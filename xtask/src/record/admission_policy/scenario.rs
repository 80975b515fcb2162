//! What `scenarios/*.yaml` say, shortly, and the manifests and cases that they mean.
//!
//! Short forms: a policy without `matchConstraints` is about ConfigMaps that are made or changed;
//! a policy that no binding names has one of its own name, which denies; a binding without
//! `matchResources` matches in the namespaces of its scenario; an object is a ConfigMap `c` in the
//! scenario's namespace but for what is said of it.

use super::value;
use crate::record::golden::Case;
use anyhow::{Context as _, bail};
use serde_json::{Map, Value as Json, json};

/// Policies and what was asked under them.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    /// everything to create, in this order
    pub(super) manifests: Vec<Json>,
    /// whether answers keep the object as it would be stored
    pub(super) mutates: bool,
    /// whether the server takes several policies, bindings or parameters in any order
    pub(super) unordered: bool,
    /// whether the policies are there to be refused
    pub(super) refused: bool,
    /// what was said to the policies, by kind and name
    pub(super) said: Map<String, Json>,
    pub(super) cases: Vec<Asked>,
}

/// One request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) operation: String,
    pub(super) object: Option<Json>,
    pub(super) old: Option<Json>,
    /// `name` and `groups` to impersonate
    pub(super) user: Option<Json>,
    pub(super) dry_run: bool,
    /// below the namespace's path, or from the root
    pub(super) path: Option<String>,
    /// fields of the golden case that the audit log tells
    pub(super) told: Map<String, Json>,
    pub(super) answer: Json,
}

impl Scenario {
    /// The manifests of the policies.
    pub(super) fn policies(&self) -> impl Iterator<Item = &Json> {
        self.manifests.iter().filter(|object| text(object, "kind").ends_with("AdmissionPolicy"))
    }

    /// The line of the golden file.
    pub(super) fn line(self) -> anyhow::Result<Case> {
        let cases: Vec<Json> = self.cases.into_iter().map(Asked::line).collect();
        let mut fields = vec![("manifests", json!(self.manifests)), ("cases", json!(cases))];
        if !self.said.is_empty() {
            fields.push(("policies", Json::Object(self.said)));
        }
        if self.unordered {
            fields.push(("unordered", Json::Bool(true)));
        }
        let mut case = Case::new(self.name, []);
        for (key, field) in fields {
            case.fields.insert(key, value(&field)?);
        }
        Ok(case)
    }
}

impl Asked {
    fn line(self) -> Json {
        let mut line = self.told;
        line.insert("name".into(), self.name.into());
        line.insert("operation".into(), self.operation.into());
        let optional = [("object", self.object), ("oldObject", self.old)];
        for (key, field) in optional {
            if let Some(field) = field {
                line.insert(key.into(), field);
            }
        }
        if !self.dry_run {
            line.insert("dryRun".into(), false.into());
        }
        line.insert("answer".into(), self.answer);
        Json::Object(line)
    }
}

/// Reads a file of scenarios.
pub(super) fn read(yaml: &str) -> anyhow::Result<Vec<Scenario>> {
    let read = sekisho_manifest::read_value(yaml)?;
    let Json::Object(mut file) = lengthened(serde_json::from_str(&read.to_json())?) else {
        bail!("no mapping");
    };
    let Some(Json::Array(scenarios)) = file.remove("scenarios") else { bail!("no `scenarios`") };
    let mut read = Vec::new();
    for scenario in scenarios {
        let Json::Object(fields) = scenario else { bail!("no mapping: {scenario}") };
        let name = fields.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        for (name, fields) in split(&name, fields)? {
            read.push(expand(&name, fields).with_context(|| format!("scenario `{name}`"))?);
        }
    }
    Ok(read)
}

/// Warnings are cut where there are many: of many errors, several scenarios are made.
fn split(
    name: &str,
    mut fields: Map<String, Json>,
) -> anyhow::Result<Vec<(String, Map<String, Json>)>> {
    let errors = list(&mut fields, "errors")?;
    if errors.is_empty() {
        return Ok(vec![(name.to_owned(), fields)]);
    }
    let part = |(index, errors): (usize, &[Json])| {
        let mut fields = fields.clone();
        fields.insert("errors".into(), json!(errors));
        (format!("{name}-{index}"), fields)
    };
    Ok(errors.chunks(MAX_WARNINGS).enumerate().map(part).collect())
}

/// `L*5120` in a value means so many `L`.
fn lengthened(mut json: Json) -> Json {
    match &mut json {
        Json::String(text) if text.contains("L*") => {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let count = digits.parse().unwrap_or_default();
            *text = text.replace(&format!("L*{digits}"), &"L".repeat(count));
        }
        Json::Array(items) => items.iter_mut().for_each(|item| *item = lengthened(item.take())),
        Json::Object(fields) => {
            fields.values_mut().for_each(|field| *field = lengthened(field.take()));
        }
        _ => {}
    }
    json
}

fn expand(name: &str, mut fields: Map<String, Json>) -> anyhow::Result<Scenario> {
    fields.remove("name");
    let version = take(&mut fields, "version").unwrap_or_else(|| "v1".into());
    let version = version.as_str().unwrap_or_default();
    let mut manifests = vec![namespace(name, &Json::Null)];
    let mut namespaces = vec![Json::from(name)];
    for (name, labels) in table(&mut fields, "namespaces")? {
        manifests.push(namespace(&name, &labels));
        namespaces.push(name.into());
    }
    for object in list(&mut fields, "objects")? {
        manifests.push(object);
    }
    let isolate = take(&mut fields, "isolate").and_then(|isolate| isolate.as_bool());
    let own = isolate.unwrap_or(true).then(|| {
        let own =
            json!({"key": "kubernetes.io/metadata.name", "operator": "In", "values": namespaces});
        json!({"namespaceSelector": {"matchExpressions": [own]}})
    });
    let variables = take(&mut fields, "variables").unwrap_or_else(|| json!([]));
    let mut tables = Map::new();
    for (policy, spec) in value_policies(name, &variables, &list(&mut fields, "values")?) {
        tables.insert(policy, spec);
    }
    let mut warners = Map::new();
    let errors = list(&mut fields, "errors")?;
    if !errors.is_empty() {
        warners.insert(name.into(), json!({"policyName": name, "validationActions": ["Warn"]}));
        tables.insert(name.into(), error_policy(&variables, &errors));
    }
    let mut mutates = false;
    for (key, kind) in [("validating", "Validating"), ("mutating", "Mutating")] {
        let mut policies = table(&mut fields, key)?;
        policies.append(&mut tables);
        mutates |= kind == "Mutating" && !policies.is_empty();
        let mut given = table(&mut fields, &format!("{key}Bindings"))?;
        given.append(&mut warners);
        let mut bindings = given.clone();
        for (policy, spec) in policies {
            let named = |spec: &Json| spec.get("policyName").is_none_or(|named| *named == policy);
            if given.values().all(|spec| !named(spec)) {
                bindings.insert(policy.clone(), json!({"policyName": policy}));
            }
            manifests.push(admission(
                version,
                &format!("{kind}AdmissionPolicy"),
                &policy,
                with_constraints(spec),
            ));
        }
        for (binding, mut spec) in bindings {
            let fields = spec.as_object_mut().context("no mapping")?;
            if kind == "Validating" && !fields.contains_key("validationActions") {
                fields.insert("validationActions".into(), json!(["Deny"]));
            }
            if let (Some(own), false) = (&own, fields.contains_key("matchResources")) {
                fields.insert("matchResources".into(), own.clone());
            }
            manifests.push(admission(
                version,
                &format!("{kind}AdmissionPolicyBinding"),
                &binding,
                spec,
            ));
        }
    }
    let unordered = take(&mut fields, "unordered").is_some();
    let refused = take(&mut fields, "refused").is_some();
    let mut cases = Vec::new();
    for case in list(&mut fields, "cases")? {
        for case in each(case)? {
            let number = cases.len();
            let case = asked(name, number, case).with_context(|| format!("case {number}"))?;
            cases.push(case);
        }
    }
    if let Some(key) = fields.keys().next() {
        bail!("unknown field `{key}`");
    }
    let (name, said) = (name.to_owned(), Map::new());
    Ok(Scenario { name, manifests, mutates, unordered, refused, said, cases })
}

/// Policies that write what each expression gives into the audit log; what fails, they leave out.
fn value_policies(name: &str, variables: &Json, expressions: &[Json]) -> Vec<(String, Json)> {
    let of = |(chunk, expressions): (usize, &[Json])| {
        let annotations: Vec<Json> = expressions
            .iter()
            .enumerate()
            .map(|(index, expression)| {
                let expression = expression.as_str().unwrap_or_default();
                json!({"key": format!("v{index}"), "valueExpression": format!("'%s'.format([{expression}])")})
            })
            .collect();
        let spec = json!({"failurePolicy": "Ignore", "variables": variables, "auditAnnotations": annotations});
        (format!("{name}-{chunk}"), spec)
    };
    expressions.chunks(MAX_AUDIT_ANNOTATIONS).enumerate().map(of).collect()
}

/// A policy that warns of each expression that fails.
fn error_policy(variables: &Json, expressions: &[Json]) -> Json {
    let validations: Vec<Json> = expressions
        .iter()
        .map(|expression| {
            let expression = expression.as_str().unwrap_or_default();
            json!({"expression": format!("[dyn({expression})].size() == 1")})
        })
        .collect();
    json!({"variables": variables, "validations": validations})
}

/// What a policy may have.
const MAX_AUDIT_ANNOTATIONS: usize = 20;
/// So many warnings are not yet cut.
const MAX_WARNINGS: usize = 12;

/// A case with lists of values below `each` stands for every combination of them; null stands for
/// none. A key that begins with a slash is a place in the object, others are keys of its `data`.
fn each(case: Json) -> anyhow::Result<Vec<Map<String, Json>>> {
    let Json::Object(mut case) = case else { bail!("no mapping: {case}") };
    let each = table(&mut case, "each")?;
    let mut cases = vec![Json::Object(case)];
    for (key, values) in each {
        let Json::Array(values) = values else { bail!("`{key}` of `each` is no list") };
        let place = if key.starts_with('/') { key } else { format!("/data/{key}") };
        let mut combined = Vec::new();
        for case in cases {
            for value in &values {
                let mut case = case.clone();
                if !value.is_null() {
                    put(&mut case, &place, value).with_context(|| place.clone())?;
                }
                combined.push(case);
            }
        }
        cases = combined;
    }
    Ok(cases.into_iter().filter_map(|case| case.as_object().cloned()).collect())
}

/// Puts a value where a pointer says; mappings on the way are made.
fn put(object: &mut Json, place: &str, value: &Json) -> anyhow::Result<()> {
    let mut here = object;
    for step in place.split('/').skip(1) {
        let step = step.replace("~1", "/");
        here = match here {
            Json::Array(items) => items.get_mut(step.parse::<usize>()?).context("no such item")?,
            other => {
                if other.is_null() {
                    *other = json!({});
                }
                other.as_object_mut().context("no mapping")?.entry(step).or_insert(Json::Null)
            }
        };
    }
    *here = value.clone();
    Ok(())
}

fn asked(scenario: &str, number: usize, mut case: Map<String, Json>) -> anyhow::Result<Asked> {
    let name = take(&mut case, "name").and_then(|name| name.as_str().map(str::to_owned));
    let name = name.unwrap_or_else(|| number.to_string());
    let old = take(&mut case, "old").map(|old| object(scenario, &old));
    let path = take(&mut case, "path").and_then(|path| path.as_str().map(str::to_owned));
    let operation =
        take(&mut case, "operation").and_then(|given| given.as_str().map(str::to_owned));
    let operation =
        operation.unwrap_or_else(|| if old.is_some() { "UPDATE" } else { "CREATE" }.to_owned());
    let user = take(&mut case, "user");
    let dry_run = take(&mut case, "dryRun").and_then(|dry| dry.as_bool()).unwrap_or(true);
    let mut given = take(&mut case, "object").unwrap_or_else(|| json!({}));
    let fields = given.as_object_mut().context("`object` is no mapping")?;
    fields.append(&mut case);
    let mut new = object(scenario, &given);
    let mut old = old;
    if let Some(old) = &mut old {
        // Old objects are all there at once.
        if named(old) == "c" {
            let unique = format!("old-{number}");
            set_name(old, &unique);
            set_name(&mut new, &unique);
        }
    }
    let without = operation == "DELETE" || fields_say_none(&given);
    let object = (!without).then_some(new);
    Ok(Asked {
        name,
        operation,
        object,
        old,
        user,
        dry_run,
        path,
        told: Map::new(),
        answer: Json::Null,
    })
}

/// `object: {none: true}` sends no body.
fn fields_say_none(given: &Json) -> bool {
    given.get("none").is_some()
}

/// The name of an object.
pub(super) fn named(object: &Json) -> &str {
    object.pointer("/metadata/name").and_then(Json::as_str).unwrap_or_default()
}

fn set_name(object: &mut Json, name: &str) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.insert("name".into(), name.into());
    }
}

/// A ConfigMap `c` of the scenario's namespace, but for what is given. `labels` and `annotations`
/// are those of the metadata.
fn object(scenario: &str, given: &Json) -> Json {
    let mut object = given.as_object().cloned().unwrap_or_default();
    let cluster_scoped = object.remove("clusterScoped").is_some();
    let mut metadata = match object.remove("metadata") {
        Some(Json::Object(metadata)) => metadata,
        _ => Map::new(),
    };
    for key in ["labels", "annotations"] {
        if let Some(given) = object.remove(key) {
            metadata.insert(key.into(), given);
        }
    }
    if !metadata.contains_key("generateName") {
        metadata.entry("name").or_insert_with(|| "c".into());
    }
    if !cluster_scoped {
        metadata.entry("namespace").or_insert_with(|| scenario.into());
    }
    object.insert("metadata".into(), Json::Object(metadata));
    object.entry("apiVersion").or_insert_with(|| "v1".into());
    object.entry("kind").or_insert_with(|| "ConfigMap".into());
    Json::Object(object)
}

fn with_constraints(mut spec: Json) -> Json {
    if let Some(fields) = spec.as_object_mut() {
        fields.entry("matchConstraints").or_insert_with(|| {
            json!({"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}]})
        });
        if fields.contains_key("mutations") {
            fields.entry("reinvocationPolicy").or_insert_with(|| "Never".into());
        }
    }
    spec
}

fn admission(version: &str, kind: &str, name: &str, spec: Json) -> Json {
    let group = format!("admissionregistration.k8s.io/{version}");
    json!({"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": spec})
}

fn namespace(name: &str, labels: &Json) -> Json {
    let mut metadata = json!({"name": name});
    if let (Some(fields), false) = (metadata.as_object_mut(), labels.is_null()) {
        fields.insert("labels".into(), labels.clone());
    }
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
}

fn take(fields: &mut Map<String, Json>, key: &str) -> Option<Json> {
    fields.remove(key)
}

fn table(fields: &mut Map<String, Json>, key: &str) -> anyhow::Result<Map<String, Json>> {
    match fields.remove(key) {
        Some(Json::Object(table)) => Ok(table),
        None => Ok(Map::new()),
        Some(other) => bail!("`{key}` is no mapping: {other}"),
    }
}

fn list(fields: &mut Map<String, Json>, key: &str) -> anyhow::Result<Vec<Json>> {
    match fields.remove(key) {
        Some(Json::Array(list)) => Ok(list),
        None => Ok(Vec::new()),
        Some(other) => bail!("`{key}` is no list: {other}"),
    }
}

/// A text field at the top of an object; empty where there is none.
pub(super) fn text<'a>(object: &'a Json, key: &str) -> &'a str {
    object.get(key).and_then(Json::as_str).unwrap_or_default()
}
