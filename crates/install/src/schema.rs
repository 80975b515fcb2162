//! The schema of the chart's values, which Helm goes by, too.
//!
//! Source: JSON Schema, draft 7; of its keywords those that the chart's schema uses.

use crate::conditions;
use sekisho_go_regex::Pattern;
use sekisho_kube_model::{Quantity, is_near};
use sekisho_value::{Kind, Map, Value, from_json};

const SCHEMA: &str = include_str!("../../../charts/sekisho/values.schema.json");

/// How much of a value is repeated when it is refused.
const SHOWN: usize = 60;
/// How deep values are looked into: the chart's own are no deeper than the schema.
const DEEPEST: usize = 32;

/// What is wrong with values, a line each; nothing where they are those of the chart.
#[must_use]
pub fn problems(values: &Value) -> Vec<String> {
    // A test reads it.
    let schema = from_json(SCHEMA).unwrap_or_default();
    let mut check = Check { schema: &schema, problems: Vec::new() };
    check.value(&schema, values, "", 0);
    check.whole(values);
    check.enforced(values);
    check.problems.extend(conditions::problems(values));
    check.problems
}

/// The name that was probably meant by one that is not known.
pub(crate) fn meant<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let mut near = known.filter(|one| is_near(name, one));
    near.next().map_or(String::new(), |near| format!(": did you mean `{near}`?"))
}

struct Check<'s> {
    schema: &'s Value,
    problems: Vec<String>,
}

impl<'s> Check<'s> {
    fn value(&mut self, schema: &'s Value, value: &Value, path: &str, depth: usize) {
        if depth > DEEPEST {
            return self.problem(path, "is nested too deep");
        }
        if let Some(name) = schema.path_str(&["$ref"]) {
            let name = name.trim_start_matches("#/definitions/");
            if let Some(of) = self.schema.path(&["definitions", name]) {
                self.value(of, value, path, depth + 1);
            }
            return;
        }
        if let Some(wanted) = schema.path_str(&["type"])
            && !is(value, wanted)
        {
            let article = if wanted.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
            let (wanted, found) = (wanted.replace("array", "list"), shown(path, value));
            let article = if wanted == "list" { "a" } else { article };
            return self.problem(path, &format!("is to be {article} {wanted}, and is {found}"));
        }
        match value {
            Value::Object(fields) => self.object(schema, fields, path, depth),
            Value::Array(items) => {
                if (items.len() as i64) < limit(schema, "minItems").unwrap_or(0) {
                    self.problem(path, "is to have an item at least");
                }
                if let Some(most) = limit(schema, "maxItems")
                    && items.len() as i64 > most
                {
                    let found = items.len();
                    self.problem(
                        path,
                        &format!("is to have {most} items at most, and has {found}"),
                    );
                }
                for (at, item) in items.iter().enumerate() {
                    if let Some(of) = schema.get("items") {
                        self.value(of, item, &format!("{path}[{at}]"), depth + 1);
                    }
                }
            }
            _ => self.scalar(schema, value, path),
        }
    }

    fn object(&mut self, schema: &'s Value, fields: &Map, path: &str, depth: usize) {
        let known = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        let required = schema.get("required").and_then(Value::as_array).unwrap_or_default();
        for key in required.iter().filter_map(Value::as_str).filter(|key| !fields.contains_key(key))
        {
            self.problem(path, &format!("is to have `{key}`"));
        }
        for (key, value) in fields.iter() {
            let at = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
            match (known.and_then(|known| known.get(key)), others) {
                (Some(of), _) | (None, Some(of @ Value::Object(_))) => {
                    self.value(of, value, &at, depth + 1);
                }
                (None, Some(Value::Bool(false))) => {
                    let known = known.into_iter().flat_map(Map::keys).map(|key| key.as_str());
                    let hint = meant(key, known);
                    self.problems.push(format!("there is no value `{at}`{hint}"));
                }
                _ => {}
            }
        }
    }

    fn scalar(&mut self, schema: &Value, value: &Value, path: &str) {
        let found = shown(path, value);
        if let Some(choice) = schema.get("enum").and_then(Value::as_array)
            && !choice.contains(value)
        {
            let choice: Vec<&str> = choice.iter().filter_map(Value::as_str).collect();
            self.problem(path, &format!("is to be one of {}, and is {found}", choice.join(", ")));
        }
        if let Some(number) = value.as_i64() {
            if limit(schema, "minimum").is_some_and(|least| number < least) {
                let least = limit(schema, "minimum").unwrap_or_default();
                self.problem(path, &format!("is to be {least} at least, and is {found}"));
            }
            if limit(schema, "maximum").is_some_and(|most| number > most) {
                let most = limit(schema, "maximum").unwrap_or_default();
                self.problem(path, &format!("is to be {most} at most, and is {found}"));
            }
        }
        let Some(text) = value.as_str() else { return };
        if text.is_empty() && limit(schema, "minLength").is_some() {
            self.problem(path, "is not to be empty");
        }
        let pattern = schema.path_str(&["pattern"]).and_then(|source| Pattern::new(source).ok());
        if pattern.is_some_and(|pattern| !pattern.is_match(text).unwrap_or(false)) {
            let wanted = schema.path_str(&["description"]).unwrap_or("something else");
            self.problem(path, &format!("is to be {wanted}, and is {found}"));
        }
    }

    /// What holds between values. The schema does not say it, since Helm would not say why.
    fn whole(&mut self, values: &Value) {
        let text = |path: &[&str]| values.path_str(path).unwrap_or_default();
        let is = |path: &[&str]| values.path(path).and_then(Value::as_bool) == Some(true);
        let source = text(&["tls", "source"]);
        let of = |key: &str| !text(&["tls", key]).is_empty();
        if source == "secret" && !of("caBundle") {
            let why =
                "is the way to trust the Secret's certificate: give it with `tls.source=secret`";
            self.problem("tls.caBundle", why);
        }
        if ["cluster", "certManager"].contains(&source) {
            for key in ["caBundle", "crt", "key"].into_iter().filter(|key| of(key)) {
                let why = format!(
                    "is not used with `tls.source={source}`: set `tls.source` to `values`, or to \
                     `secret` where the Secret is there"
                );
                self.problem(&format!("tls.{key}"), &why);
            }
        }
        if source == "secret" && (of("crt") || of("key")) {
            self.problem(
                "tls.crt",
                "is not used with `tls.source=secret`: see `tls.source=values`",
            );
        }
        if source == "values" && !(of("crt") && of("key") && of("caBundle")) {
            let why = "is `values`, which wants `tls.crt`, `tls.key` and `tls.caBundle` together";
            self.problem("tls.source", why);
        }
        let config_map = values.path_str(&["policies", "configMap"]).is_some_and(|n| !n.is_empty());
        for (value, given) in [
            ("policies.admissionPolicies", is(&["policies", "admissionPolicies"])),
            ("policies.configMap", config_map),
        ] {
            if given && !is(&["policies", "cluster"]) {
                self.problem(value, "wants `policies.cluster`");
            }
        }
        for path in [&["tls", "secretName"][..], &["policies", "configMap"], &["priorityClassName"]]
        {
            let alone =
                |part: &str| part.is_empty() || part.starts_with('-') || part.ends_with('-');
            if text(path).contains('.') && text(path).split('.').any(alone) {
                let why = "is to have a letter or digit at both ends of what is between its dots";
                self.problem(&path.join("."), why);
            }
        }
        let quantity = |which: &str, what: &str| {
            let given = values.path(&["resources", which, what])?.to_json();
            Quantity::parse(given.trim_matches('"')).ok()
        };
        for what in ["cpu", "memory"] {
            if let (Some(wanted), Some(most)) =
                (quantity("requests", what), quantity("limits", what))
                && wanted > most
            {
                let why = format!("is more than `resources.limits.{what}`");
                self.problem(&format!("resources.requests.{what}"), &why);
            }
        }
        let files = values.path(&["policies", "files"]).and_then(Value::as_object);
        let fits = |name: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            (1..=253).contains(&name.len()) && name.chars().all(plain) && !name.starts_with("..")
        };
        for (name, _) in files.into_iter().flat_map(Map::iter).filter(|(name, _)| !fits(name)) {
            let why = "is to be named by at most 253 letters, digits, `-`, `_` and `.`";
            self.problem(&format!("policies.files.{name}"), why);
        }
        let length = |path: &[&str]| match values.path(path) {
            Some(Value::Array(items)) => items.len(),
            Some(Value::Object(fields)) => fields.len(),
            _ => 0,
        };
        let judged = ["args", "files"].into_iter().map(|key| length(&["policies", key]));
        if judged.sum::<usize>() == 0 && !is(&["policies", "cluster"]) {
            let why = "is empty, and there is nothing else to judge by: see `policies.cluster` \
                       and `policies.files`";
            self.problem("policies.args", why);
        }
    }

    /// What the advisory webhook leaves to the enforcing one is to be asked about there.
    fn enforced(&mut self, values: &Value) {
        let list = |of: &Value, path: &[&str]| -> Vec<Value> {
            of.path(path).and_then(Value::as_array).map(|items| items.to_vec()).unwrap_or_default()
        };
        let conditions = list(values, &["webhooks", "advisory", "matchConditions"]);
        if !conditions.iter().any(|one| one.path_str(&["name"]) == Some("not-enforced-already")) {
            return;
        }
        let rules = list(values, &["webhooks", "enforcing", "rules"]);
        let has = |rule: &Value, key: &str, wanted: &str| {
            let items = list(rule, &[key]);
            items.iter().filter_map(Value::as_str).any(|item| item == wanted || item == "*")
        };
        for resource in ["namespaces", "pods"] {
            for operation in ["CREATE", "UPDATE"] {
                let is_asked = rules.iter().any(|rule| {
                    has(rule, "apiGroups", "")
                        && has(rule, "resources", resource)
                        && has(rule, "operations", operation)
                });
                if !is_asked {
                    let why = format!(
                        "leaves out {operation} of {resource}, which the condition \
                         `not-enforced-already` of `webhooks.advisory` leaves to it"
                    );
                    self.problem("webhooks.enforcing.rules", &why);
                }
            }
        }
    }

    fn problem(&mut self, path: &str, wrong: &str) {
        let path = if path.is_empty() { "values".to_owned() } else { format!("`{path}`") };
        self.problems.push(format!("{path} {wrong}"));
    }
}

fn limit(schema: &Value, keyword: &str) -> Option<i64> {
    schema.get(keyword).and_then(Value::as_i64)
}

fn is(value: &Value, wanted: &str) -> bool {
    match wanted {
        "object" => value.kind() == Kind::Object,
        "array" => value.kind() == Kind::Array,
        "string" => value.kind() == Kind::String,
        "boolean" => value.kind() == Kind::Bool,
        "integer" => value.as_i64().is_some(),
        _ => true,
    }
}

/// A value as it is told of, but for what may be a key.
fn shown(path: &str, value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) if path.starts_with("tls.") && text.len() > SHOWN => {
            "something else".to_owned()
        }
        scalar => {
            let text = scalar.as_str().map_or_else(|| scalar.to_json(), str::to_owned);
            let short: String = text.chars().take(SHOWN).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("`{short}{more}`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SCHEMA, problems};
    use crate::values::{defaults, set};
    use sekisho_value::{Value, from_json};

    /// Keywords that are known here; others would hold for Helm alone.
    const KNOWN: [&str; 16] = [
        "$ref",
        "$schema",
        "additionalProperties",
        "definitions",
        "description",
        "enum",
        "items",
        "maxItems",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "type",
    ];

    fn keywords(schema: &Value, found: &mut Vec<String>) {
        for (key, below) in schema.as_object().unwrap().iter() {
            found.push(key.to_string());
            match key.as_str() {
                "properties" | "definitions" => {
                    below.as_object().unwrap().iter().for_each(|(_, of)| keywords(of, found));
                }
                "items" => keywords(below, found),
                "additionalProperties" if below.as_object().is_some() => keywords(below, found),
                _ => {}
            }
        }
    }

    #[test]
    fn the_schema_says_nothing_that_is_not_known_here() {
        let schema = from_json(SCHEMA).unwrap();
        let mut found = Vec::new();
        keywords(&schema, &mut found);
        let other: Vec<&String> = found.iter().filter(|k| !KNOWN.contains(&k.as_str())).collect();
        assert_eq!(other, Vec::<&String>::new());
        assert!(found.len() > 100, "it was looked through");
    }

    /// The schema and the values of the chart have the same fields.
    #[test]
    fn every_value_of_the_chart_is_in_the_schema() {
        fn walk(values: &Value, schema: &Value, path: &str) {
            let (Some(values), Some(of)) =
                (values.as_object(), schema.get("properties").and_then(Value::as_object))
            else {
                return;
            };
            for (key, below) in of.iter().filter(|(key, _)| key.as_str() != "global") {
                let value = values.get(key).unwrap_or_else(|| panic!("{path}.{key} has no value"));
                walk(value, below, &format!("{path}.{key}"));
            }
        }
        walk(&defaults(), &from_json(SCHEMA).unwrap(), "");
        assert_eq!(problems(&defaults()), Vec::<String>::new());
    }

    #[test]
    fn wrong_values_are_told_with_their_places() {
        let digest = "`image.digest` is to be sha256: and 64 hexadecimal digits, and is `sha256:0`";
        for (changes, wanted) in [
            (&["replicas=0"][..], "`replicas` is to be 1 at least, and is `0`"),
            (&["replicas=2.5"], "`replicas` is to be an integer, and is `2.5`"),
            (&["replicas=two"], "`replicas` is to be an integer, and is `two`"),
            (&["replicas=null"], "`replicas` is to be an integer, and is null"),
            (&["image.digest=sha256:0"], digest),
            (
                &["image.pullPolicy=always"],
                "`image.pullPolicy` is to be one of Always, IfNotPresent, Never, and is `always`",
            ),
            (
                &["webhooks.enforcing.timeoutSeconds=31"],
                "`webhooks.enforcing.timeoutSeconds` is to be 30 at most, and is `31`",
            ),
            (
                &["webhooks.enforcing.timeoutSeconds=0"],
                "`webhooks.enforcing.timeoutSeconds` is to be 1 at least, and is `0`",
            ),
            (
                &["webhooks.mutating.rules=[]"],
                "`webhooks.mutating.rules` is to have an item at least",
            ),
            (
                &["webhooks.mutating.rules=[{}]"],
                "`webhooks.mutating.rules[0]` is to have `apiGroups`",
            ),
            (
                &["webhooks.enforcing.rules[0].resources=[namespaces]"],
                "`webhooks.enforcing.rules` leaves out CREATE of pods, which",
            ),
            (
                &["webhooks.advisory.matchConditions=[{name: a, expression: 'true', when: b}]"],
                "there is no value `webhooks.advisory.matchConditions[0].when`",
            ),
            (&["policies.args=[1]"], "`policies.args[0]` is to be a string, and is `1`"),
            (&["policies.args=['']"], "`policies.args[0]` is not to be empty"),
            (&["policies.args=[]"], "`policies.args` is empty, and there is nothing else to judge"),
            (
                &["policies.admissionPolicies=true"],
                "`policies.admissionPolicies` wants `policies.c",
            ),
            (&["resources.limits.memory=32Mi"], "`resources.requests.memory` is more than `resour"),
            (
                &["tls.secretName=a..b"],
                "`tls.secretName` is to have a letter or digit at both ends",
            ),
            (
                &["priorityClassName=A_b"],
                "`priorityClassName` is to be the name of a PriorityClass",
            ),
            (&["policies.configMap=a"], "`policies.configMap` wants `policies.cluster`"),
            (&["policies.files.a/b=x"], "`policies.files.a/b` is to be named by at most 253"),
            (&["policies.files.a=1"], "`policies.files.a` is to be a string, and is `1`"),
            (
                &["server.failurePolicies=[x]"],
                "`server.failurePolicies[0]` is to be fail, ignore, or POLICY= before either, and",
            ),
            (
                &["metrics.namespaces=[A]"],
                "`metrics.namespaces[0]` is to be the name of a namespace",
            ),
            (
                &["tls.source=mine"],
                "`tls.source` is to be one of cluster, certManager, values, sec",
            ),
            (&["tls.source=secret"], "`tls.caBundle` is the way to trust the Secret's certificate"),
            (&["tls.source=values"], "`tls.source` is `values`, which wants `tls.crt`, `tls.key`"),
            (&["tls.caBundle=Y2E="], "`tls.caBundle` is not used with `tls.source=cluster`"),
            (
                &["tls.source=secret", "tls.caBundle=ä"],
                "`tls.caBundle` is to be base64, and is `ä`",
            ),
            (&["networkPolicy.dnsPorts=[0]"], "`networkPolicy.dnsPorts[0]` is to be 1 at least"),
        ] {
            let mut values = defaults();
            changes.iter().for_each(|change| set(&mut values, change).unwrap());
            let told = problems(&values);
            assert!(told.iter().any(|one| one.starts_with(wanted)), "{changes:?}: {told:?}");
        }
        for changes in [
            &["policies.args=[]", "policies.cluster=true"][..],
            &["policies.args=[]", "policies.files.a=x"],
            &["webhooks.enforcing.rules=[{apiGroups: [''], apiVersions: [v1], operations: ['*'], \
               resources: ['*']}]"],
            &[
                "webhooks.enforcing.rules=[{apiGroups: [''], apiVersions: [v1], \
                 operations: [CREATE], resources: [namespaces]}]",
                "webhooks.advisory.matchConditions=[]",
            ],
            &["tls.source=secret", "tls.caBundle=Y2E="],
            &["tls.source=values", "tls.caBundle=Y2E=", "tls.crt=Y2E=", "tls.key=Y2E="],
            &["tls.source=certManager", "replicas=1", "imagePullSecrets[0].name=x"],
        ] {
            let mut values = defaults();
            changes.iter().for_each(|change| set(&mut values, change).unwrap());
            assert_eq!(problems(&values), Vec::<String>::new(), "{changes:?}");
        }
    }

    #[test]
    fn what_may_be_a_key_is_not_repeated() {
        let mut values = defaults();
        set(&mut values, &format!("tls.key=BEGIN-{}", "x".repeat(100))).unwrap();
        let told = problems(&values).join("\n");
        assert!(
            told.contains("`tls.key` is to be base64, and is something else")
                && !told.contains("xxx"),
            "{told}"
        );
    }
}
