//! Mutators as the schemas of their kinds and Gatekeeper's webhook take them.
//!
//! Source of the rules: `pkg/mutation/mutators` and `apis/mutations` of Gatekeeper v3.23.

use super::apply_to::ApplyTo;
use super::external::{DataSource, OnFailure, Reference};
use super::image::{ImageError, ImageParts};
use super::mutator::{GROUP, Mutator, MutatorId, MutatorKind};
use super::path::{Node, Path};
use super::path_tests::{Condition, PathTests};
use super::setter::{Assigned, SetOperation, Setter};
use crate::matching::Match;
use sekisho_policy::Fault;
use sekisho_value::{MAX_DEPTH, Map, Pointer, Str, Value};

/// The longest name of a mutator.
const NAME_LENGTH: usize = 63;

/// How many kinds and operations one mutator may name; Gatekeeper knows no limit.
const MAX_BINDINGS: usize = 10_000;

pub(super) fn read(document: &Value, strict: bool) -> Result<Mutator, Vec<Fault>> {
    let mut reader = Reader { faults: Vec::new(), strict };
    let mutator = reader.mutator(document);
    match mutator {
        Some(mutator) if reader.faults.is_empty() => Ok(mutator),
        _ => Err(reader.faults),
    }
}

struct Reader {
    faults: Vec<Fault>,
    strict: bool,
}

impl Reader {
    fn fault(&mut self, at: &Pointer, message: impl Into<String>) {
        self.faults.push(Fault::new(at.clone(), message));
    }

    fn help(&mut self, at: &Pointer, message: impl Into<String>, help: &str) {
        self.faults.push(Fault::new(at.clone(), message).with_help(help));
    }

    fn mutator(&mut self, document: &Value) -> Option<Mutator> {
        let root = Pointer::root();
        let kind = MutatorKind::parse(document.path_str(&["kind"]).unwrap_or_default())?;
        self.version(kind, document);
        let id = self.id(kind, document);
        let at = root.key("spec");
        let spec = self.object(document.get("spec"), &at, fields(kind));
        let get = |field: &str| spec.and_then(|spec| spec.get(field));
        let matching = if self.strict {
            Match::parse_strict(get("match"))
        } else {
            Match::parse(get("match"))
        };
        let matching = matching.unwrap_or_else(|faults| {
            let at = at.key("match");
            self.faults.extend(faults.into_iter().map(|fault| fault.below(&at)));
            Match::default()
        });
        let path = self.location(kind, get("location"));
        let at = at.key("parameters");
        let parameters = self.object(get("parameters"), &at, parameters(kind));
        let parameter = |field: &str| parameters.and_then(|parameters| parameters.get(field));
        let setter = match kind {
            MutatorKind::Assign | MutatorKind::AssignMetadata => {
                let assigned = self.assign(kind, parameter("assign"), &at.key("assign"), &path);
                assigned.map(Setter::Assign)
            }
            MutatorKind::ModifySet => self.modify_set(parameters, &at, &path),
            MutatorKind::AssignImage => self.image(parameters, &at),
        };
        let (tests, apply_to) = match kind {
            MutatorKind::AssignMetadata => (PathTests::last_must_not_exist(&path), None),
            _ => (
                self.path_tests(parameter("pathTests"), &at.key("pathTests"), &path),
                Some(self.apply_to(get("applyTo"))),
            ),
        };
        Some(Mutator { id, path, tests, setter: setter?, apply_to, matching })
    }

    fn version(&mut self, kind: MutatorKind, document: &Value) {
        let api_version = document.path_str(&["apiVersion"]).unwrap_or_default();
        let version = api_version.strip_prefix(GROUP).and_then(|rest| rest.strip_prefix('/'));
        let known: &[&str] = match kind {
            MutatorKind::AssignImage => &["v1alpha1"],
            _ => &["v1", "v1beta1", "v1alpha1"],
        };
        if !version.is_some_and(|version| known.contains(&version)) {
            let message = format!("`{api_version}` has no {}", kind.as_str());
            let help = format!("its versions are {}", known.join(", "));
            self.help(&Pointer::root().key("apiVersion"), message, &help);
        }
    }

    fn id(&mut self, kind: MutatorKind, document: &Value) -> MutatorId {
        let text = |field| document.path_str(&["metadata", field]).unwrap_or_default();
        let name = text("name");
        let at = Pointer::root().keys(&["metadata", "name"]);
        if name.is_empty() {
            self.fault(&at, format!("{} without a name", kind.as_str()));
        } else if name.len() > NAME_LENGTH {
            let message = format!("the name is longer than {NAME_LENGTH} characters");
            self.help(&at, message, "give it a shorter one");
        }
        MutatorId { kind, namespace: text("namespace").into(), name: name.into() }
    }

    fn location(&mut self, kind: MutatorKind, value: Option<&Value>) -> Path {
        let at = Mutator::location_pointer();
        let text = self.text(value, &at).unwrap_or_default();
        let path = match Path::parse(text) {
            Ok(path) => path,
            Err(error) => {
                let help = "a location looks like `spec.containers[name: *].image`";
                self.help(&at, format!("no location: {error}"), help);
                return Path::default();
            }
        };
        let nodes = path.nodes();
        let of = kind.as_str();
        match (kind, nodes) {
            (_, []) => {
                let help = "a location looks like `spec.containers[name: *].image`";
                self.help(&at, format!("{of} without a location"), help);
            }
            (MutatorKind::AssignMetadata, [Node::Field(a), Node::Field(b), Node::Field(_)])
                if a == "metadata" && (b == "labels" || b == "annotations") => {}
            (MutatorKind::AssignMetadata, _) => {
                let help = "it is `metadata.labels.NAME` or `metadata.annotations.NAME`, the name \
                            in quotes where it has other signs than `-` and `_`";
                self.help(&at, "AssignMetadata writes labels and annotations alone", help);
            }
            _ if path.is_below_metadata() => {
                let message = format!("{of} cannot change `metadata`");
                self.help(&at, message, "AssignMetadata adds labels and annotations");
            }
            (
                MutatorKind::Assign | MutatorKind::AssignImage,
                [.., Node::Items(items), Node::Field(last)],
            ) if *last == items.key => {
                let message =
                    format!("`{last}` tells the items of the list apart and must not change");
                self.fault(&at, message);
            }
            (MutatorKind::ModifySet | MutatorKind::AssignImage, [.., Node::Items(_)]) => {
                self.fault(&at, format!("{of} cannot write the item of a list"));
            }
            (MutatorKind::Assign, [.., Node::Items(items)]) if items.value.is_none() => {
                self.fault(&at, "there is no one item to add at `*`");
            }
            _ => {}
        }
        path
    }

    /// What an Assign or AssignMetadata writes.
    fn assign(
        &mut self,
        kind: MutatorKind,
        value: Option<&Value>,
        at: &Pointer,
        path: &Path,
    ) -> Option<Assigned> {
        let assign = self.object(value, at, &["value", "fromMetadata", "externalData"]);
        let get = |field| assign.and_then(|map| map.get(field)).filter(|value| !value.is_null());
        let set = ["value", "fromMetadata", "externalData"].map(get);
        let to_item = match path.nodes() {
            // That `*` is no item is told of the location.
            [.., Node::Items(items)] if items.value.is_some() => Some(items),
            _ => None,
        };
        match set {
            [Some(value), None, None] => {
                let assigned = Assigned::value(value);
                let at = at.key("value");
                self.depth(value, &at, path);
                if kind == MutatorKind::AssignMetadata && value.as_str().is_none() {
                    let message =
                        format!("a label or annotation is a string, this is a {}", value.kind());
                    self.help(&at, message, "put it in quotes");
                }
                if let (Some(items), Assigned::Value(item)) = (to_item, &assigned) {
                    match item {
                        Value::Object(map) if map.get(&items.key) == items.value.as_ref() => {}
                        Value::Object(_) => {
                            let message = format!(
                                "the item's `{}` is not that of the location `{items}`",
                                items.key
                            );
                            // Assigned integers are doubles to Gatekeeper, and equal no key.
                            self.help(&at, message, "only a key that is a string can be added");
                        }
                        other => {
                            let message = format!(
                                "the item of a list with a key is an object, this is a {}",
                                other.kind()
                            );
                            self.fault(&at, message);
                        }
                    }
                }
                Some(assigned)
            }
            [None, Some(from), None] => {
                let at = at.key("fromMetadata");
                if to_item.is_some() {
                    self.fault(&at, "a field of the metadata is no item of a list");
                }
                let from = self.object(Some(from), &at, &["field"]);
                let at = at.key("field");
                match self.text(from.and_then(|from| from.get("field")), &at) {
                    Some("name") => Some(Assigned::Name),
                    Some("namespace") => Some(Assigned::Namespace),
                    other => {
                        let message =
                            format!("there is no field `{}` to assign", other.unwrap_or_default());
                        self.help(&at, message, "it is `name` or `namespace`");
                        None
                    }
                }
            }
            [None, None, Some(external)] => {
                let at = at.key("externalData");
                if to_item.is_some() {
                    self.fault(&at, "external data is no item of a list");
                }
                let reference = self.external(external, &at)?;
                if kind == MutatorKind::AssignMetadata && reference.source != DataSource::Username {
                    let help = "write `dataSource: Username`";
                    self.help(&at, "AssignMetadata asks for the user's name alone", help);
                }
                Some(Assigned::External(reference))
            }
            _ if value.is_some_and(|value| !value.is_null()) && assign.is_none() => None,
            _ => {
                let help = "set one of `value`, `fromMetadata` and `externalData`";
                self.help(at, "there is not one thing to assign", help);
                None
            }
        }
    }

    /// What is written must not nest deeper than objects may.
    fn depth(&mut self, value: &Value, at: &Pointer, path: &Path) {
        if path.nodes().len() + depth(value) > MAX_DEPTH {
            self.fault(at, format!("an object with it would nest deeper than {MAX_DEPTH}"));
        }
    }

    fn external(&mut self, value: &Value, at: &Pointer) -> Option<Reference> {
        let known = ["provider", "dataSource", "failurePolicy", "default"];
        let map = self.object(Some(value), at, &known)?;
        let get = |field| map.get(field);
        let provider = self.text(get("provider"), &at.key("provider")).unwrap_or_default();
        if provider.is_empty() {
            self.fault(&at.key("provider"), "there is no provider to ask");
        }
        let source = match self.text(get("dataSource"), &at.key("dataSource")) {
            None | Some("ValueAtLocation") => DataSource::ValueAtLocation,
            Some("Username") => DataSource::Username,
            Some(other) => {
                let message = format!("unknown data source `{other}`");
                self.help(&at.key("dataSource"), message, "it is ValueAtLocation or Username");
                return None;
            }
        };
        let default = self.text(get("default"), &at.key("default")).unwrap_or_default();
        let on_failure = match self.text(get("failurePolicy"), &at.key("failurePolicy")) {
            None | Some("Fail") => OnFailure::Fail,
            Some("Ignore") => OnFailure::Ignore,
            Some("UseDefault") => {
                if default.is_empty() {
                    let message = "`failurePolicy: UseDefault` wants a `default`";
                    self.fault(&at.key("default"), message);
                }
                OnFailure::UseDefault(default.into())
            }
            Some(other) => {
                let message = format!("unknown failure policy `{other}`");
                let help = "it is Fail, Ignore or UseDefault";
                self.help(&at.key("failurePolicy"), message, help);
                return None;
            }
        };
        Some(Reference { provider: provider.into(), source, on_failure })
    }

    fn modify_set(
        &mut self,
        parameters: Option<&Map>,
        at: &Pointer,
        path: &Path,
    ) -> Option<Setter> {
        let get = |field: &str| parameters.and_then(|parameters| parameters.get(field));
        let operation = match self.text(get("operation"), &at.key("operation")) {
            None | Some("merge") => SetOperation::Merge,
            Some("prune") => SetOperation::Prune,
            Some(other) => {
                let message = format!("unknown operation `{other}`");
                self.help(&at.key("operation"), message, "it is merge or prune");
                return None;
            }
        };
        let at = at.key("values");
        let values = self.object(get("values"), &at, &["fromList"]);
        let at = at.key("fromList");
        let values = match values.and_then(|values| values.get("fromList")) {
            None | Some(Value::Null) => None,
            Some(list @ Value::Array(items)) => {
                self.depth(list, &at, path);
                Some(items.to_vec())
            }
            Some(other) => {
                self.wrong(&at, "a list", other);
                None
            }
        };
        Some(Setter::ModifySet { operation, values })
    }

    fn image(&mut self, parameters: Option<&Map>, at: &Pointer) -> Option<Setter> {
        let mut part = |field: &str| {
            let value = parameters.and_then(|parameters| parameters.get(field));
            self.text(value, &at.key(field)).filter(|part| !part.is_empty()).map(str::to_owned)
        };
        let parts = ImageParts {
            domain: part("assignDomain"),
            path: part("assignPath"),
            tag: part("assignTag"),
        };
        if let Err(error) = parts.check() {
            let (field, help) = match error {
                ImageError::NoPart => (None, "set the part that is to change"),
                ImageError::Domain(_) => {
                    (Some("assignDomain"), "it looks like `registry.example.com:5000`")
                }
                ImageError::Path(_) => (Some("assignPath"), "it looks like `team/web`"),
                ImageError::Tag(_) => (Some("assignTag"), "it looks like `:v1` or `@sha256:…`"),
                ImageError::DomainInPath(_) => {
                    (Some("assignPath"), "put the domain into assignDomain")
                }
            };
            let at = field.map_or_else(|| at.clone(), |field| at.key(field));
            self.help(&at, error.to_string(), help);
        }
        Some(Setter::Image(parts))
    }

    fn path_tests(&mut self, value: Option<&Value>, at: &Pointer, path: &Path) -> PathTests {
        let mut tests = Vec::new();
        let faults = self.faults.len();
        for (index, item) in self.list(value, at).iter().enumerate() {
            let at = at.index(index);
            let test = self.object(Some(item), &at, &["subPath", "condition"]);
            let get = |field| test.and_then(|test| test.get(field));
            let sub_path = self.text(get("subPath"), &at.key("subPath")).unwrap_or_default();
            let condition = match self.text(get("condition"), &at.key("condition")) {
                Some("MustExist") => Condition::MustExist,
                Some("MustNotExist") => Condition::MustNotExist,
                other => {
                    let message = format!("unknown condition `{}`", other.unwrap_or_default());
                    self.help(&at.key("condition"), message, "it is MustExist or MustNotExist");
                    continue;
                }
            };
            match Path::parse(sub_path) {
                Ok(path) => tests.push((path, condition)),
                Err(error) => self.fault(&at.key("subPath"), format!("no location: {error}")),
            }
        }
        if self.faults.len() > faults || path.nodes().is_empty() {
            return PathTests::default();
        }
        match PathTests::new(path, &tests) {
            Ok(tests) => tests,
            Err(error) => {
                let at = at.index(error.index());
                let help = "every sub-path is a beginning of the location; tests that something \
                            must exist stand first";
                self.help(&at, error.to_string(), help);
                PathTests::default()
            }
        }
    }

    fn apply_to(&mut self, value: Option<&Value>) -> Vec<ApplyTo> {
        let at = Pointer::root().keys(&["spec", "applyTo"]);
        let items = self.list(value, &at);
        if items.is_empty() {
            self.help(&at, "`applyTo` names no kinds", "list groups, versions and kinds");
        }
        let mut found = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = at.index(index);
            let known = ["groups", "versions", "kinds", "operations"];
            let Some(map) = self.object(Some(item), &at, &known) else {
                continue;
            };
            let mut names = |field: &str| {
                let at = at.key(field);
                let names: Vec<Str> = self.names(map.get(field), &at);
                if names.is_empty() {
                    let help =
                        "all of groups, versions and kinds are needed; the core group is \"\"";
                    self.help(&at, format!("`applyTo` without {field}"), help);
                }
                names
            };
            let (groups, versions, kinds) = (names("groups"), names("versions"), names("kinds"));
            let (on_create, on_update) =
                self.operations(map.get("operations"), &at.key("operations"));
            found.push(ApplyTo { groups, versions, kinds, on_create, on_update });
        }
        let bindings = found.iter().map(ApplyTo::bindings).fold(0, usize::saturating_add);
        if bindings > MAX_BINDINGS {
            self.fault(&at, format!("`applyTo` names more than {MAX_BINDINGS} kinds"));
        }
        found
    }

    /// Whether creation and change are among the operations; none stand for both.
    fn operations(&mut self, value: Option<&Value>, at: &Pointer) -> (bool, bool) {
        let names = self.names(value, at);
        for (index, name) in names.iter().enumerate() {
            let at = at.index(index);
            if !["CREATE", "UPDATE", "*"].contains(&name.as_str()) {
                let message = format!("objects are not mutated on `{name}`");
                self.help(&at, message, "the operations are CREATE, UPDATE and *");
            } else if names.iter().take(index).any(|other| other == name) {
                self.fault(&at, format!("operation `{name}` stands twice"));
            }
        }
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        if has("*") && names.len() > 1 {
            self.fault(at, "`*` stands for every operation and with no other");
        }
        let all = names.is_empty() || has("*");
        (all || has("CREATE"), all || has("UPDATE"))
    }

    fn wrong(&mut self, at: &Pointer, wanted: &str, found: &Value) {
        self.fault(at, format!("expected {wanted}, found {}", found.kind()));
    }

    /// An object, its fields looked over where that was asked for; null is no object.
    fn object<'v>(
        &mut self,
        value: Option<&'v Value>,
        at: &Pointer,
        known: &[&str],
    ) -> Option<&'v Map> {
        match value? {
            Value::Null => None,
            Value::Object(map) => {
                let is_unknown = |key: &&Str| !known.contains(&key.as_str());
                let looked_over = if self.strict { map.len() } else { 0 };
                for key in map.keys().take(looked_over).filter(is_unknown) {
                    let help = format!("the fields are {}", known.join(", "));
                    self.help(&at.key(key), format!("unknown field `{key}`"), &help);
                }
                Some(map)
            }
            other => {
                self.wrong(at, "an object", other);
                None
            }
        }
    }

    fn list<'v>(&mut self, value: Option<&'v Value>, at: &Pointer) -> &'v [Value] {
        match value {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.wrong(at, "a list", other);
                &[]
            }
        }
    }

    fn names(&mut self, value: Option<&Value>, at: &Pointer) -> Vec<Str> {
        let mut names = Vec::new();
        for (index, item) in self.list(value, at).iter().enumerate() {
            match item {
                Value::String(name) => names.push(name.clone()),
                other => self.wrong(&at.index(index), "a string", other),
            }
        }
        names
    }

    fn text<'v>(&mut self, value: Option<&'v Value>, at: &Pointer) -> Option<&'v str> {
        match value? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => {
                self.wrong(at, "a string", other);
                None
            }
        }
    }
}

fn depth(value: &Value) -> usize {
    let below = match value {
        Value::Object(map) => map.iter().map(|(_, value)| depth(value)).max(),
        _ => value.as_array().unwrap_or_default().iter().map(depth).max(),
    };
    1 + below.unwrap_or(0)
}

/// The fields of a mutator's `spec`.
fn fields(kind: MutatorKind) -> &'static [&'static str] {
    match kind {
        MutatorKind::AssignMetadata => &["match", "location", "parameters"],
        _ => &["applyTo", "match", "location", "parameters"],
    }
}

/// The fields of a mutator's `spec.parameters`.
fn parameters(kind: MutatorKind) -> &'static [&'static str] {
    match kind {
        MutatorKind::Assign => &["assign", "pathTests"],
        MutatorKind::AssignMetadata => &["assign"],
        MutatorKind::ModifySet => &["operation", "pathTests", "values"],
        MutatorKind::AssignImage => &["assignDomain", "assignPath", "assignTag", "pathTests"],
    }
}
