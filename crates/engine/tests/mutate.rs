//! Mutation in the engine, with a dialect made for the test.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_engine::{
    BuildOptions, Judge, MemoryInventory, Mutated, PolicySet, json_patch, mutate,
};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_policy::{
    Action, Bundle, BundleFile, BundleManifest, CompileContext, Compiled, CompiledMutators,
    Dialect, EvalError, Mutate, MutateContext, MutateError, Mutation, Operation, Pattern,
    PolicyDocument, PolicyId, Request, Target,
};
use sekisho_report::PolicyStatus;
use sekisho_value::{Pointer, Value, from_json};
use std::sync::Arc;

/// Policies of kind `Setter`: `spec` has top-level fields that are set; `fail` fails.
struct TestDialect;

struct Setters(Vec<(PolicyId, Value)>);

impl Mutate for Setters {
    fn mutate(&self, context: &MutateContext<'_>) -> Result<Mutation, MutateError> {
        let mut object = context.request.object.clone();
        let mut applied = Vec::new();
        for (id, fields) in self.0.iter().filter(|(id, _)| !(context.is_off)(id)) {
            for (key, value) in fields.as_object().unwrap().iter() {
                if key == "fail" {
                    return Err(MutateError {
                        policy: Some(id.clone()),
                        pointer: Pointer::root().key("data"),
                        error: EvalError::Failed { message: "no way".to_owned(), help: None },
                    });
                }
                let _ = context.inventory.namespace("absent");
                object.as_object_mut().unwrap().insert(key.clone(), value.clone());
                applied.push(id.clone());
            }
        }
        Ok(Mutation { object, applied })
    }
}

impl Dialect for TestDialect {
    fn name(&self) -> &'static str {
        "test"
    }

    fn about(&self) -> &'static str {
        "setters of the test"
    }

    fn reads(&self, group: &str, _: &str) -> bool {
        group == "test.example"
    }

    fn compile(&self, documents: &[PolicyDocument<'_>], _: &CompileContext<'_>) -> Compiled {
        let id = |document: &PolicyDocument<'_>| {
            let name = document.document.name().unwrap();
            PolicyId::new(document.origin, "test", "Setter", name)
        };
        let setter = |document: &PolicyDocument<'_>| {
            (id(document), document.document.value.get("spec").unwrap().clone())
        };
        let mutators = CompiledMutators {
            dialect: "test",
            policies: documents.iter().map(|document| (id(document), document.digest)).collect(),
            mutate: Arc::new(Setters(documents.iter().map(setter).collect())),
        };
        Compiled { mutators: Some(mutators), ..Compiled::default() }
    }
}

fn build(specs: &[(&str, &str)], manifest: BundleManifest) -> PolicySet {
    let text: String = specs
        .iter()
        .map(|(name, spec)| {
            format!("---\napiVersion: test.example/v1\nkind: Setter\nmetadata: {{name: {name}}}\nspec: {spec}\n")
        })
        .collect();
    let files = vec![BundleFile { path: "p.yaml".into(), bytes: text.as_bytes().into() }];
    let options = BuildOptions {
        dialects: &[&TestDialect],
        unsupported: |_, _| None,
        target: &Target::default(),
        strict: false,
    };
    let (set, errors) = PolicySet::build(&Bundle::new(files, manifest), &options);
    assert!(errors.is_empty(), "{errors:?}");
    set
}

const CONFIG_MAP: &str = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n"},"data":{"x":"1"}}"#;

fn run(set: &PolicySet, operation: Operation) -> Mutated {
    let object = from_json(CONFIG_MAP).unwrap();
    let request = Request {
        gvk: Gvk::of(&object).unwrap(),
        name: "a".into(),
        namespace: Some("n".into()),
        operation,
        object,
        ..Request::default()
    };
    let judge = Judge {
        inventory: &MemoryInventory::new(),
        schemas: &Schemas::builtin(),
        now: jiff::Timestamp::UNIX_EPOCH,
        implied: true,
        record: true,
        cancelled: None,
    };
    mutate(set, &request, &judge)
}

#[test]
fn objects_are_mutated_and_decoded_again() {
    let set =
        build(&[("data", "{data: {z: '2'}}"), ("typo", "{dta: {}}")], BundleManifest::default());
    assert!(set.mutates());
    let found = run(&set, Operation::Create);
    assert!(found.errors.is_empty(), "{found:?}");
    let applied: Vec<&str> = found.applied.iter().map(PolicyId::name).collect();
    assert_eq!(applied, ["data", "typo"]);
    assert_eq!(found.object.path_str(&["data", "z"]), Some("2"));
    // What the schema does not have is sent, told, and dropped.
    assert!(found.sent.get("dta").is_some() && found.object.get("dta").is_none());
    let unknown: Vec<&str> = found.problems.iter().map(|p| p.pointer.as_str()).collect();
    assert_eq!(unknown, ["/dta"]);
    assert_eq!(found.reads.keys.len(), 1);
    let patch = json_patch(&from_json(CONFIG_MAP).unwrap(), &found.object);
    assert_eq!(
        Value::from(patch).to_json(),
        r#"[{"op":"add","path":"/data/z","value":"2"},{"op":"remove","path":"/data/x"}]"#
    );
    for operation in [Operation::Delete, Operation::Connect] {
        let found = run(&set, operation);
        assert_eq!((found.object, found.applied), (from_json(CONFIG_MAP).unwrap(), vec![]));
    }
}

#[test]
fn what_cannot_be_mutated_is_an_error_and_stays_as_it_came() {
    for (spec, pointer, message) in [
        ("{fail: true}", "/data", "no way"),
        ("{data: [1]}", "/data", "the mutated object: "),
        ("{kind: Secret}", "/kind", "mutation makes another object of it"),
        ("{metadata: {name: a}}", "/metadata/namespace", "mutation makes another object"),
        ("{metadata: {namespace: 'n'}}", "/metadata/name", "mutation leaves it without a name"),
    ] {
        let found = run(&build(&[("m", spec)], BundleManifest::default()), Operation::Create);
        let [error] = found.errors.as_slice() else { panic!("{spec}: {found:?}") };
        assert_eq!(error.pointer.as_str(), pointer, "{spec}");
        assert!(error.message.starts_with(message), "{spec}: {}", error.message);
        assert_eq!(found.object, from_json(CONFIG_MAP).unwrap(), "{spec}");
    }
}

#[test]
fn what_is_created_may_be_renamed_and_what_is_changed_may_not() {
    for (metadata, created, updated) in [
        ("{name: b, namespace: 'n'}", Some("b"), None),
        ("{generateName: b-, namespace: 'n'}", Some(""), None),
        ("{name: a, generateName: b-, namespace: 'n'}", Some("a"), Some("a")),
        ("{name: b, namespace: 'm'}", None, None),
    ] {
        let spec = format!("{{metadata: {metadata}}}");
        let set = build(&[("m", &spec)], BundleManifest::default());
        for (operation, expected) in [(Operation::Create, created), (Operation::Update, updated)] {
            let found = run(&set, operation);
            let name = found.object.path_str(&["metadata", "name"]).unwrap_or_default();
            let name = found.errors.is_empty().then_some(name);
            assert_eq!(name, expected, "{operation:?} {metadata}: {:?}", found.errors);
        }
    }
}

#[test]
fn the_manifest_of_a_bundle_switches_mutation_off() {
    let actions = vec![(Pattern::new("one"), Action::Off)];
    let manifest = BundleManifest { actions, ..BundleManifest::default() };
    let specs = [("one", "{data: {x: '2'}}"), ("two", "{immutable: true}")];
    let set = build(&specs, manifest);
    let found = run(&set, Operation::Update);
    assert_eq!(found.applied.iter().map(PolicyId::name).collect::<Vec<_>>(), ["two"]);
    assert_eq!(found.object.path_str(&["data", "x"]), Some("1"));
    let states: Vec<PolicyStatus> = set.states().iter().map(|state| state.status).collect();
    assert_eq!(states, [PolicyStatus::Off, PolicyStatus::Enforced]);
}

#[test]
fn an_expired_set_mutates_nothing() {
    let not_after = Some("1960-01-01T00:00:00Z".parse().unwrap());
    let manifest = BundleManifest { not_after, ..BundleManifest::default() };
    let found = run(&build(&[("m", "{data: {}}")], manifest), Operation::Create);
    assert_eq!((found.errors.len(), found.applied.len()), (1, 0));
}
