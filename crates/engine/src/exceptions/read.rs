use super::Exception;
use jiff::Timestamp;
use sekisho_manifest::Document;
use sekisho_policy::{Pattern, Target};
use sekisho_report::Diagnostic;
use sekisho_value::{Pointer, Value};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// The API group of Sekisho's own kinds.
pub(crate) const GROUP: &str = "sekisho.dev";
/// The kind of an exception.
pub(crate) const KIND: &str = "Exception";

const SPEC: &[&str] = &[
    "policy",
    "rules",
    "target",
    "subject",
    "containers",
    "reason",
    "ticket",
    "requestedBy",
    "approvedBy",
    "notBefore",
    "notAfter",
];
const SUBJECT: &[&str] = &["kinds", "namespaces", "names"];
const TARGET: &[&str] = &["labels"];

/// Reads an `Exception`. Whatever is wrong with it is an error: an exception that says other than
/// its author thinks must not apply. That a label of the target decides which the target does not
/// have is an error, too: it is not guessed which way.
pub(crate) fn read(document: &Document, target: &Target) -> Result<Exception, Vec<Diagnostic>> {
    let mut reader = Reader { document, errors: Vec::new() };
    let exception = reader.exception();
    for key in exception.iter().flat_map(|exception| exception.target.keys()) {
        if !target.labels.contains_key(key) {
            let at = Pointer::root().keys(&["spec", "target", "labels", key]);
            let message = format!("the target that is judged for has no label `{key}`");
            reader.error(&at, message, "give the target the label, whatever its value");
        }
    }
    match (exception, reader.errors.is_empty()) {
        (Some(exception), true) => Ok(exception),
        _ => Err(reader.errors),
    }
}

struct Reader<'a> {
    document: &'a Document,
    errors: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn exception(&mut self) -> Option<Exception> {
        let root = Pointer::root();
        let spec_at = root.key("spec");
        if self.document.api_version() != "sekisho.dev/v1alpha1" {
            let message = format!("`{}` is not served", self.document.api_version());
            self.error(&root.key("apiVersion"), message, "write `sekisho.dev/v1alpha1`");
        }
        let Some(spec) = self.document.value.get("spec").filter(|v| v.as_object().is_some()) else {
            self.error(&spec_at, "an exception wants a `spec`", "");
            return None;
        };
        self.known(spec, &spec_at, SPEC);
        let id = self.document.name().unwrap_or_default().to_owned();
        if id.is_empty() {
            self.error(&root.keys(&["metadata", "name"]), "an exception wants a name", "");
        }
        let policy = self.text(spec, &spec_at, "policy");
        if policy.is_none() {
            let help = "name the policy: its id, name or dialect; `*` stands for any run";
            self.error(&spec_at.key("policy"), "`policy` is required", help);
        }
        let reason = self.text(spec, &spec_at, "reason").filter(|r| !r.trim().is_empty());
        if reason.is_none() {
            self.error(
                &spec_at.key("reason"),
                "`reason` is required",
                "say why the rule may be violated",
            );
        }
        let not_after = self.time(spec, &spec_at, "notAfter");
        if spec.get("notAfter").is_none() {
            let help = "say until when it applies, as in `2027-01-31T00:00:00Z`";
            self.error(&spec_at.key("notAfter"), "`notAfter` is required", help);
        }
        let not_before = self.time(spec, &spec_at, "notBefore");
        let (subject, subject_at) = self.object(spec, &spec_at, "subject", SUBJECT);
        let (target, target_at) = self.object(spec, &spec_at, "target", TARGET);
        let exception = Exception {
            id,
            policy: Pattern::new(policy.unwrap_or_default()),
            rules: self.patterns(spec, &spec_at, "rules"),
            target: self.labels(&target, &target_at),
            kinds: self.patterns(&subject, &subject_at, "kinds"),
            namespaces: self.patterns(&subject, &subject_at, "namespaces"),
            names: self.patterns(&subject, &subject_at, "names"),
            containers: self.patterns(spec, &spec_at, "containers"),
            reason: reason.unwrap_or_default(),
            ticket: self.text(spec, &spec_at, "ticket"),
            requested_by: self.text(spec, &spec_at, "requestedBy"),
            approved_by: self.text(spec, &spec_at, "approvedBy"),
            not_before,
            not_after: not_after?,
            used: AtomicBool::new(false),
        };
        if exception.not_before.is_some_and(|from| from > exception.not_after) {
            self.error(&spec_at.key("notBefore"), "`notBefore` is after `notAfter`", "");
        }
        Some(exception)
    }

    fn error(&mut self, at: &Pointer, message: impl Into<String>, help: &str) {
        let place = self.document.locate(at);
        let name = self.document.source().name.clone();
        let diagnostic = Diagnostic::at(name, place.line, place.column, message);
        self.errors.push(if help.is_empty() { diagnostic } else { diagnostic.with_help(help) });
    }

    fn known(&mut self, object: &Value, at: &Pointer, fields: &[&str]) {
        let unknown: Vec<String> = object
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys())
            .filter(|key| !fields.contains(&key.as_str()))
            .map(ToString::to_string)
            .collect();
        for key in unknown {
            let help = format!("the fields here are {}", fields.join(", "));
            self.error(&at.key(&key), format!("unknown field `{key}`"), &help);
        }
    }

    fn object(
        &mut self,
        value: &Value,
        at: &Pointer,
        key: &str,
        fields: &[&str],
    ) -> (Value, Pointer) {
        let at = at.key(key);
        let found = value.get(key).cloned().unwrap_or_default();
        match found {
            Value::Null | Value::Object(_) => {}
            _ => self.error(&at, format!("`{key}` wants an object"), ""),
        }
        self.known(&found, &at, fields);
        (found, at)
    }

    fn text(&mut self, value: &Value, at: &Pointer, key: &str) -> Option<String> {
        match value.get(key)? {
            Value::String(text) => Some(text.to_string()),
            Value::Null => None,
            other => {
                let message = format!("`{key}` wants a string, found a {}", other.kind());
                self.error(&at.key(key), message, "put it in quotes");
                None
            }
        }
    }

    fn time(&mut self, value: &Value, at: &Pointer, key: &str) -> Option<Timestamp> {
        let text = self.text(value, at, key)?;
        match text.parse() {
            Ok(time) => Some(time),
            Err(_) => {
                let message = format!("`{text}` is not a time as in RFC 3339");
                self.error(&at.key(key), message, "write it as in `2027-01-31T00:00:00Z`");
                None
            }
        }
    }

    fn patterns(&mut self, value: &Value, at: &Pointer, key: &str) -> Vec<Pattern> {
        let at = at.key(key);
        let items = match value.get(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) if !items.is_empty() => items.as_slice(),
            Some(_) => {
                let help = "leave it away where there is no limit";
                self.error(&at, format!("`{key}` wants a list of at least one name"), help);
                return Vec::new();
            }
        };
        let mut patterns = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(text) => patterns.push(Pattern::new(text)),
                None => {
                    let message = format!("`{key}` wants strings, found a {}", item.kind());
                    self.error(&at.index(index), message, "put it in quotes");
                }
            }
        }
        patterns
    }

    fn labels(&mut self, target: &Value, at: &Pointer) -> BTreeMap<String, String> {
        let at = at.key("labels");
        let mut labels = BTreeMap::new();
        match target.get("labels") {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => {
                for (key, value) in map.iter() {
                    match value.as_str() {
                        Some(text) => {
                            labels.insert(key.to_string(), text.to_owned());
                        }
                        None => self.error(&at.key(key), "labels are strings", "put it in quotes"),
                    }
                }
            }
            Some(_) => self.error(&at, "`labels` wants an object", ""),
        }
        labels
    }
}
