use super::{Expansion, Template, cycles};
use crate::constraint::Reading;
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_policy::{
    Action, Budget, EvalError, Expand, Expanded, Inventory, MutateContext, MutateError, PolicyId,
    Reads, Request, Target,
};
use sekisho_value::{Value, from_json};

struct Nothing;

impl Inventory for Nothing {}

fn strict() -> Reading {
    Reading { strict: true, ..Reading::default() }
}

fn document(name: &str, from: &str, source: &str, to: &str, more: &str) -> Value {
    let gvk = |text: &str| -> [String; 3] {
        let parts: Vec<String> = text.split(' ').map(str::to_owned).collect();
        parts.try_into().unwrap()
    };
    let ([group, version, kind], [to_group, to_version, to_kind]) = (gvk(from), gvk(to));
    let group = group.replace("core", "");
    let to_group = to_group.replace("core", "");
    from_json(&format!(
        r#"{{"apiVersion":"expansion.gatekeeper.sh/v1beta1","kind":"ExpansionTemplate",
        "metadata":{{"name":"{name}"}},"spec":{{
        "applyTo":[{{"groups":["{group}"],"versions":["{version}"],"kinds":["{kind}"]}}],
        "templateSource":"{source}",
        "generatedGVK":{{"group":"{to_group}","version":"{to_version}","kind":"{to_kind}"}}{more}}}}}"#
    ))
    .unwrap()
}

fn template(name: &str, from: &str, source: &str, to: &str) -> Template {
    Template::read(&document(name, from, source, to, ""), strict()).unwrap()
}

fn expand(templates: Vec<Template>, object: &str) -> Result<Vec<Expanded>, MutateError> {
    let id = |t: &Template| PolicyId::new("local", "gatekeeper", "ExpansionTemplate", t.name());
    let templates = templates.into_iter().map(|t| (t.clone(), id(&t))).collect();
    let object = from_json(object).unwrap();
    let namespace = object.path_str(&["metadata", "namespace"]).map(Into::into);
    let request =
        Request { gvk: Gvk::of(&object).unwrap(), namespace, object, ..Request::default() };
    let (target, budget) = (Target::default(), Budget::standard());
    let context = MutateContext {
        request: &request,
        inventory: &Reads::new(&Nothing),
        target: &target,
        schemas: &Schemas::builtin(),
        budget: &budget,
        is_off: &|_| false,
    };
    Expansion::new(templates, None).expand(&context)
}

const DEPLOYMENT: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"Web","namespace":"shop"},
    "spec":{"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[]}}}}"#;

fn pods() -> Template {
    template("pods", "apps v1 Deployment", "spec.template", "core v1 Pod")
}

#[test]
fn a_pod_comes_of_a_deployment() {
    let found = expand(vec![pods()], DEPLOYMENT).unwrap();
    let [pod] = found.as_slice() else { panic!("{found:?}") };
    let wanted = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"app":"web"},"name":"web-pod","namespace":"shop","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"Web","uid":""}]},"spec":{"containers":[]}}"#;
    assert_eq!(pod.object.to_json(), wanted);
    assert_eq!(pod.source.as_str(), "/spec/template");
    assert_eq!(&*pod.prefix, "[Implied by pods] ");
    assert_eq!(pod.action, None);

    let service = r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"}}"#;
    assert!(expand(vec![pods()], service).unwrap().is_empty());
    let unnamed = DEPLOYMENT.replace("\"name\":\"Web\",", "");
    let found = expand(vec![pods()], &unnamed).unwrap();
    assert_eq!(found[0].object.path_str(&["metadata", "name"]), Some("-pod"));
    assert_eq!(found[0].object.path(&["metadata", "ownerReferences"]), None);
}

#[test]
fn objects_come_of_objects_that_come_of_objects() {
    let cron = template("jobs", "batch v1 CronJob", "spec.jobTemplate", "batch v1 Job");
    let job = template("pods", "batch v1 Job", "spec.template", "core v1 Pod");
    let object = r#"{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"c"},
        "spec":{"jobTemplate":{"spec":{"template":{"spec":{}}}}}}"#;
    let found = expand(vec![cron, job], object).unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.object.path_str(&["kind"]).unwrap(), one.source.as_str(), &*one.prefix))
        .collect();
    let wanted = [
        ("Pod", "/spec/jobTemplate/spec/template", "[Implied by pods] "),
        ("Job", "/spec/jobTemplate", "[Implied by jobs] "),
    ];
    assert_eq!(told, wanted);
    assert_eq!(found[0].object.path_str(&["metadata", "name"]), Some("c-job-pod"));
}

#[test]
fn a_source_that_is_not_there_is_an_error() {
    for (source, message) in [
        ("spec.none", "could not find source field \"spec.none\" in resource Web"),
        ("metadata.name", "the source field `metadata.name` of `Web` is no object"),
    ] {
        let template = template("t", "apps v1 Deployment", source, "core v1 Pod");
        let error = expand(vec![template], DEPLOYMENT).unwrap_err();
        assert_eq!(error.policy.unwrap().name(), "t");
        assert_eq!(error.error, EvalError::Failed { message: message.to_owned(), help: None });
    }
}

#[test]
fn hostile_templates_come_to_an_end() {
    let kinds = |n: usize| format!("g v K{n}");
    let next =
        |n: usize, side: &str| template(&format!("t{n}{side}"), &kinds(n), "spec", &kinds(n + 1));
    let nested = format!("{}{{}}{}", r#"{"spec":"#.repeat(31), "}".repeat(31));
    let object =
        nested.replacen('{', r#"{"apiVersion":"g/v","kind":"K0","metadata":{"name":"n"},"#, 1);
    let chain: Vec<Template> = (0..30).map(|n| next(n, "")).collect();
    assert_eq!(expand(chain, &object).unwrap().len(), 30);
    let chain: Vec<Template> = (0..31).map(|n| next(n, "")).collect();
    assert!(expand(chain, &object).is_err(), "too many generations");
    let doubling: Vec<Template> = (0..30).flat_map(|n| [next(n, "a"), next(n, "b")]).collect();
    assert!(expand(doubling, &object).is_err(), "too many objects");
}

#[test]
fn cycles_are_found() {
    let one = |n: usize, to: usize| {
        template(&format!("t{n}"), &format!("g v K{n}"), "spec", &format!("g v K{to}"))
    };
    let all = [one(0, 1), one(1, 2), one(2, 1), one(3, 0), one(4, 5)];
    assert_eq!(cycles(&all), [1, 2]);
    assert_eq!(cycles(&[]), [0; 0]);
}

#[test]
fn what_is_wrong_with_a_template_is_told() {
    let good = document("t", "apps v1 Deployment", "spec.template", "core v1 Pod", "");
    let warn = document("t", "a v K", "s", "core v1 Pod", r#","enforcementAction":"warn""#);
    assert_eq!(Template::read(&warn, strict()).unwrap().action, Some(Action::Warn));
    let text = good.to_json();
    for (from, to, at, message) in [
        ("v1beta1\",\"kind\":\"Exp", "v2\",\"kind\":\"Exp", "/apiVersion", "there is no `v2`"),
        ("\"name\":\"t\"", "\"name\":\"\"", "/metadata/name", "a name has 1 to 63 characters"),
        (
            "\"templateSource\":\"spec.template\"",
            "\"templateSource\":\"\"",
            "/spec/templateSource",
            "`templateSource` is missing",
        ),
        (
            "\"templateSource\":\"spec.template\"",
            "\"templateSource\":1",
            "/spec/templateSource",
            "expected a string",
        ),
        (
            "\"kinds\":[\"Deployment\"]",
            "\"kinds\":\"Deployment\"",
            "/spec/applyTo/0/kinds",
            "expected a list",
        ),
        (
            "\"kinds\":[\"Deployment\"]",
            "\"kindz\":[]",
            "/spec/applyTo/0/kindz",
            "unknown field `kindz`",
        ),
        (
            "\"spec\":{",
            "\"spec\":{\"enforcementAction\":\"no\",",
            "/spec/enforcementAction",
            "unknown enforcement action `no`",
        ),
        (
            "\"kind\":\"Pod\",\"version\":\"v1\"",
            "\"kind\":\"\"",
            "/spec/generatedGVK",
            "`generatedGVK` is missing",
        ),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text, "{from}");
        let faults = Template::read(&from_json(&broken).unwrap(), strict()).unwrap_err();
        let told = |fault: &&sekisho_policy::Fault| {
            fault.pointer.as_str() == at && fault.message.contains(message)
        };
        assert!(faults.iter().any(|fault| told(&fault)), "{at} {message}: {faults:?}");
    }
    let own = document("t", "core v1 Pod", "spec", "core v1 Pod", "");
    assert!(Template::read(&own, Reading::default()).is_err());
    let unknown = document("t", "a v K", "s", "core v1 Pod", r#","enforcementAction":"no""#);
    let as_given = Reading { as_given: true, ..strict() };
    assert_eq!(Template::read(&unknown, as_given).unwrap().action, Some(Action::Audit));
}
