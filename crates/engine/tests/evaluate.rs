//! The engine with a dialect made for the test: it knows no other.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_engine::{
    BuildOptions, Cause, ExceptionUse, Judge, MemoryInventory, Partner, PolicySet, Split, Verdict,
    evaluate, evaluate_with, take_part,
};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_policy::{
    Action, Bundle, BundleFile, BundleManifest, CompileContext, Compiled, CompiledPolicy, Dialect,
    EvalContext, EvalError, Evaluate, Manner, Matcher, Operation, OperationSet, Outcome, Pattern,
    PolicyDocument, PolicyId, Request, ResourceRule, Severity, StatusReason, Stop, Target,
    UserInfo, Violation,
};
use sekisho_report::{PolicyStatus, Status};
use sekisho_value::{Pointer, Value, from_json};
use std::sync::Arc;

/// Policies of kind `Rule`: `spec` has `kind`, `action`, `fields` (JSON pointers that must be
/// absent), `does` (`fail`, `spend`, `read`, `count`, or how it refuses: `plain`, `invalid`, `with`),
/// and `says` (a violation, `ACTION MESSAGE`, each, on the fields that are there).
struct TestDialect;

struct TestRule {
    fields: Vec<Pointer>,
    does: String,
    says: Vec<(Action, String)>,
}

impl Evaluate for TestRule {
    fn stands_alone(&self) -> bool {
        self.does != "count"
    }

    fn manner(&self, _: &[&Violation]) -> Manner {
        match self.does.as_str() {
            "plain" => Manner::Plain,
            "invalid" => Manner::Invalid,
            "with" => Manner::With(StatusReason::Invalid),
            _ => Manner::Forbidden,
        }
    }

    fn evaluate(&self, context: &EvalContext<'_>) -> Result<Outcome, EvalError> {
        match self.does.as_str() {
            "fail" => {
                let message = "no answer".to_owned();
                return Err(EvalError::Failed { message, help: None });
            }
            "spend" => loop {
                context.budget.step(1_000)?;
            },
            "count" => {
                let count = context.shared.get(|| std::cell::Cell::new(0));
                count.set(count.get() + 1);
                let warnings = vec![format!("the {}.", count.get())];
                return Ok(Outcome { warnings, ..Outcome::default() });
            }
            "read" => {
                let _ = context.inventory.namespace("absent");
                let _ = context.inventory.list("", "Service", "shop");
            }
            _ => {}
        }
        let found: Vec<Pointer> = self
            .fields
            .iter()
            .filter(|field| context.request.object.pointer(field).is_some())
            .cloned()
            .collect();
        let violation = |action: Option<Action>, message: String| Violation {
            parameter: None,
            policy: None,
            rule: "absent".into(),
            message,
            pointers: found.clone(),
            action,
            severity: Severity::High,
            help: None,
            details: Value::Null,
        };
        let said = self.says.iter().map(|(action, text)| violation(Some(*action), text.clone()));
        let mut violations: Vec<Violation> = said.collect();
        if self.says.is_empty() && !found.is_empty() {
            violations.push(violation(None, format!("{} fields", found.len())));
        }
        Ok(Outcome { violations, ..Outcome::default() })
    }
}

impl Dialect for TestDialect {
    fn name(&self) -> &'static str {
        "test"
    }

    fn about(&self) -> &'static str {
        "rules of the test"
    }

    fn reads(&self, group: &str, kind: &str) -> bool {
        (group, kind) == ("test.example", "Rule")
    }

    fn compile(&self, documents: &[PolicyDocument<'_>], _: &CompileContext<'_>) -> Compiled {
        let policy = |document: &PolicyDocument<'_>| {
            let spec = |key: &str| document.document.value.path(&["spec", key]);
            let text = |key: &str| spec(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let fields = spec("fields").and_then(Value::as_array).unwrap_or_default();
            let says = spec("says").and_then(Value::as_array).unwrap_or_default();
            let said = |line: &Value| {
                let (action, text) = line.as_str().unwrap().split_once(' ').unwrap();
                (Action::parse(action).unwrap(), text.to_owned())
            };
            let name = document.document.name().unwrap_or_default();
            let kind = text("kind");
            CompiledPolicy {
                id: PolicyId::new(document.origin, "test", "Rule", name),
                digest: document.digest,
                name: name.into(),
                dialect: "test",
                binding: None,
                matcher: Matcher {
                    rules: vec![ResourceRule {
                        group: None,
                        kind: (kind != "*").then(|| kind.into()),
                        operations: OperationSet::WRITES,
                    }],
                    ..Matcher::default()
                },
                action: Action::parse(&text("action")).unwrap_or(Action::Deny),
                severity: Severity::Medium,
                evaluate: Arc::new(TestRule {
                    fields: fields
                        .iter()
                        .map(|f| Pointer::parse(f.as_str().unwrap()).unwrap())
                        .collect(),
                    does: text("does"),
                    says: says.iter().map(said).collect(),
                }),
            }
        };
        Compiled { policies: documents.iter().map(policy).collect(), ..Compiled::default() }
    }
}

/// A target with the label `tier: core`.
fn target() -> Target {
    Target { labels: [("tier".to_owned(), "core".to_owned())].into(), ..Target::default() }
}

fn build(policies: &str, manifest: BundleManifest) -> (PolicySet, Vec<String>) {
    let files = vec![BundleFile { path: "p.yaml".into(), bytes: policies.as_bytes().into() }];
    let options = BuildOptions {
        dialects: &[&TestDialect],
        unsupported: |_, _| None,
        target: &target(),
        strict: false,
    };
    let (set, errors) = PolicySet::build(&Bundle::new(files, manifest), &options);
    (set, errors.into_iter().map(|error| error.message).collect())
}

fn rule(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: test.example/v1\nkind: Rule\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

fn judge(set: &PolicySet, object: &str, operation: Operation, record: bool) -> Verdict {
    judge_until(set, object, operation, record, None)
}

fn judge_until(
    set: &PolicySet,
    object: &str,
    operation: Operation,
    record: bool,
    cancelled: Option<&Stop>,
) -> Verdict {
    let (inventory, schemas) = (MemoryInventory::new(), Schemas::builtin());
    let judge = Judge { record, cancelled, ..judging(&inventory, &schemas) };
    evaluate(set, &request(object, operation), &judge)
}

fn request(object: &str, operation: Operation) -> Request {
    let object = from_json(object).unwrap();
    Request {
        gvk: Gvk::of(&object).unwrap(),
        resource: "".into(),
        subresource: "".into(),
        name: object.path_str(&["metadata", "name"]).unwrap_or_default().into(),
        namespace: Some("shop".into()),
        operation,
        user: UserInfo::default(),
        object,
        old_object: Value::Null,
        dry_run: false,
        ..Request::default()
    }
}

fn judging<'a>(inventory: &'a MemoryInventory, schemas: &'a Schemas) -> Judge<'a> {
    Judge {
        inventory,
        schemas,
        now: jiff::Timestamp::UNIX_EPOCH,
        implied: true,
        record: false,
        cancelled: None,
    }
}

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostPID":true,
    "containers":[{"name":"x","image":"i","stdin":true},{"name":"y","image":"i","stdin":true}]}}"#;

const DEPLOYMENT: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},
    "spec":{"template":{"spec":{"hostPID":true,"containers":[{"name":"x","image":"i"}]}}}}"#;

fn summary(verdict: &Verdict) -> Vec<String> {
    let line = |j: &sekisho_engine::Judgement| {
        let pointers: Vec<&str> = j.pointers.iter().map(Pointer::as_str).collect();
        let implied = if j.implied { " implied" } else { "" };
        format!("{} {} {}{implied}", j.action, j.policy, pointers.join(","))
    };
    verdict.judgements.iter().map(line).collect()
}

#[test]
fn kinds_and_operations_are_matched() {
    let policies = [
        rule("pods", "{kind: Pod, fields: [/spec/hostPID]}"),
        rule("any", "{kind: '*', action: warn, fields: [/spec]}"),
        rule("services", "{kind: Service, fields: [/spec]}"),
    ];
    let (set, errors) = build(&policies.concat(), BundleManifest::default());
    assert_eq!(errors, Vec::<String>::new());
    let verdict = judge(&set, POD, Operation::Create, false);
    assert_eq!(summary(&verdict), ["deny pods /spec/hostPID", "warn any /spec"]);
    assert_eq!(verdict.denials[0].message, "1 fields");
    assert_eq!(verdict.warnings, ["1 fields"]);
    assert!(!verdict.allowed());
    assert!(judge(&set, POD, Operation::Delete, false).judgements.is_empty());
}

#[test]
fn causes_are_kept_where_they_are_told() {
    for (manner, wanted) in
        [("forbidden", &[][..]), ("plain", &[]), ("invalid", &["a", "b"]), ("with", &["a", "b"])]
    {
        let policy = rule(
            "pods",
            &format!(
                "{{kind: Pod, fields: [/spec/hostPID], does: {manner}, says: [deny a, deny b]}}"
            ),
        );
        let (set, _) = build(&policy, BundleManifest::default());
        let verdict = judge(&set, POD, Operation::Create, false);
        let [denial] = verdict.denials.as_slice() else { panic!("{manner}: {verdict:?}") };
        let told = |cause: &Cause| {
            assert_eq!(cause.pointer.as_ref().unwrap().as_str(), "/spec/hostPID");
            cause.message.clone()
        };
        assert_eq!(denial.causes.iter().map(told).collect::<Vec<_>>(), wanted, "{manner}");
    }
}

#[test]
fn implied_pods_are_judged_once_at_the_stronger_action() {
    let policies = [
        rule("pods", "{kind: Pod, fields: [/spec/hostPID]}"),
        rule("both", "{kind: '*', action: warn, fields: [/metadata/name, /spec/hostPID]}"),
    ];
    let (set, _) = build(&policies.concat(), BundleManifest::default());
    let verdict = judge(&set, DEPLOYMENT, Operation::Create, false);
    assert_eq!(
        summary(&verdict),
        ["warn both /metadata/name", "deny pods /spec/template/spec/hostPID implied"]
    );
    assert!(verdict.allowed(), "the Deployment itself is let through");
}

#[test]
fn one_violation_is_shown_once_and_none_hides_behind_another() {
    for (spec, wanted) in [
        // Nothing names a field: the messages tell them apart.
        ("says: [deny a, deny b, deny a]", vec!["deny a", "deny b"]),
        ("says: [warn a, deny a, audit a]", vec!["deny a"]),
        ("says: [warn a, deny b]", vec!["warn a", "deny b"]),
        // The same fields: one finding at the strongest action, whatever it says.
        ("fields: [/spec/hostPID], says: [audit a, deny a, warn c]", vec!["deny a"]),
        ("fields: [/spec/hostPID], says: [deny a, deny b, warn a]", vec!["deny a", "deny b"]),
        ("says: [off a]", vec![]),
    ] {
        let (set, errors) =
            build(&rule("r", &format!("{{kind: Pod, {spec}}}")), BundleManifest::default());
        assert_eq!(errors, Vec::<String>::new());
        let verdict = judge(&set, POD, Operation::Create, false);
        let found = verdict.judgements.iter().map(|j| format!("{} {}", j.action, j.message));
        assert_eq!(found.collect::<Vec<_>>(), wanted, "{spec}");
    }
}

/// With a walk over all containers for each of them, this would take minutes.
#[test]
fn a_controller_of_very_many_containers_is_judged_in_linear_time() {
    let count = 10_000;
    let items: Vec<String> =
        (0..count).map(|i| format!(r#"{{"name":"c{i}","image":"i","stdin":true}}"#)).collect();
    let deployment = DEPLOYMENT.replace(r#"{"name":"x","image":"i"}"#, &items.join(","));
    let fields: Vec<String> = (0..count).map(|i| format!("/spec/containers/{i}/stdin")).collect();
    let of_template: Vec<String> =
        fields.iter().map(|field| format!("/spec/template{field}")).collect();
    let policies = [
        rule("both", &format!("{{kind: Pod, fields: [{}]}}", fields.join(","))),
        rule("own", &format!("{{kind: '*', action: warn, fields: [{}]}}", of_template.join(","))),
    ];
    let (set, _) = build(&policies.concat(), BundleManifest::default());
    let verdict = judge(&set, &deployment, Operation::Create, false);
    let pointers: Vec<usize> = verdict.judgements.iter().map(|j| j.pointers.len()).collect();
    assert_eq!(pointers, [count, count]);
}

#[test]
fn what_cannot_be_evaluated_is_an_error_never_a_pass() {
    for (does, message) in
        [("fail", "no answer"), ("spend", "the evaluation took more steps than it may")]
    {
        let (set, _) =
            build(&rule("r", &format!("{{kind: Pod, does: {does}}}")), BundleManifest::default());
        let verdict = judge(&set, POD, Operation::Create, false);
        assert!(!verdict.allowed());
        assert_eq!(verdict.errors.len(), 1);
        assert_eq!(verdict.errors[0].message, message);
        assert!(verdict.judgements.is_empty());
    }
}

#[test]
fn a_raised_flag_ends_an_evaluation() {
    let (set, _) = build(&rule("r", "{kind: Pod, does: spend}"), BundleManifest::default());
    let raised = Stop::raised();
    let verdict = judge_until(&set, POD, Operation::Create, false, Some(&raised));
    assert!(!verdict.allowed());
    assert_eq!(verdict.errors[0].message, "the evaluation took longer than it may");
}

#[test]
fn a_policy_set_judges_nothing_once_its_time_is_over() {
    let policy = rule("r", "{kind: Pod, fields: [/spec/absent]}");
    let until = |seconds| BundleManifest {
        not_after: Some(jiff::Timestamp::from_second(seconds).unwrap()),
        ..BundleManifest::default()
    };
    let verdict = |seconds| judge(&build(&policy, until(seconds)).0, POD, Operation::Create, false);
    assert!(verdict(0).allowed(), "the last instant is within");
    let verdict = verdict(-1);
    assert!(!verdict.allowed());
    assert_eq!(verdict.errors[0].message, "the policy set may be used until 1969-12-31T23:59:59Z");
}

#[test]
fn a_template_that_makes_no_pod_is_an_error() {
    // Nothing tells the schema of a Rollout, so only the pod itself shows what is wrong.
    let rollout = r#"{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","metadata":{"name":"a"},
        "spec":{"template":{"spec":{"hostPID":"true","containers":[]}}}}"#;
    let (set, _) = build(&rule("r", "{kind: Pod, fields: [/spec/x]}"), BundleManifest::default());
    let verdict = judge(&set, rollout, Operation::Create, false);
    assert!(!verdict.allowed());
    let error = &verdict.errors[0];
    assert_eq!(error.pointer.as_str(), "/spec/template/spec/hostPID");
    assert_eq!(
        error.message,
        "the pod that it would create: `hostPID` wants a boolean, found the string `\"true\"`"
    );
    assert!(judge(&set, &rollout.replace(r#""true""#, "true"), Operation::Create, false).allowed());
}

#[test]
fn the_manifest_replaces_actions_and_says_so() {
    let actions = |pattern: &str, action| BundleManifest {
        actions: vec![(Pattern::new(pattern), action)],
        ..BundleManifest::default()
    };
    let policy = rule("pods", "{kind: Pod, fields: [/spec/hostPID]}");
    let (set, _) = build(&policy, actions("local/test/*", Action::Audit));
    let verdict = judge(&set, POD, Operation::Create, false);
    assert!(verdict.allowed());
    let judgement = &verdict.judgements[0];
    assert_eq!((judgement.action, judgement.declared_action), (Action::Audit, Action::Deny));
    assert_eq!(judgement.action_reason.as_deref(), Some("the bundle sets `local/test/*` to audit"));
    assert_eq!(set.states()[0].status, PolicyStatus::Audited);
    let (set, _) = build(&policy, actions("pods", Action::Off));
    assert!(judge(&set, POD, Operation::Create, false).judgements.is_empty());
    assert_eq!(set.states()[0].status, PolicyStatus::Off, "it is seen doing nothing");
}

#[test]
fn one_id_with_two_contents_is_an_error() {
    let same = rule("r", "{kind: Pod}");
    let twice = [same.clone(), rule("other", "{kind: Pod}"), same.clone()];
    let (set, errors) = build(&twice.concat(), BundleManifest::default());
    assert_eq!((errors.len(), set.states().len()), (0, 2));
    let (_, errors) = build(&[same, rule("r", "{kind: '*'}")].concat(), BundleManifest::default());
    assert_eq!(
        errors,
        ["policy `local/test/Rule/r` stands twice with different contents, here and in `p.yaml:2`"]
    );
}

#[test]
fn reads_are_recorded_misses_included() {
    let (set, _) = build(&rule("r", "{kind: Pod, does: read}"), BundleManifest::default());
    let reads = judge(&set, POD, Operation::Create, true).reads;
    let key = reads.keys.first().unwrap();
    assert_eq!((key.kind.as_str(), key.name.as_str()), ("Namespace", "absent"));
    let range = reads.ranges.first().unwrap();
    assert_eq!((range.kind.as_str(), range.namespace.as_str()), ("Service", "shop"));
    assert!(judge(&set, POD, Operation::Create, false).reads.keys.is_empty());
}

fn exception(name: &str, more: &str) -> String {
    format!(
        "---\napiVersion: sekisho.dev/v1alpha1\nkind: Exception\nmetadata: {{name: {name}}}\nspec:\n  \
         policy: test\n  reason: r\n  notAfter: 2000-01-01T00:00:00Z\n{more}"
    )
}

#[test]
fn an_exception_for_a_container_wants_every_offending_container() {
    let first = "{kind: Pod, fields: [/spec/containers/0/stdin]}";
    let both = "{kind: Pod, fields: [/spec/containers/0/stdin, /spec/containers/1/stdin]}";
    let pod_level = "{kind: Pod, fields: [/spec/containers/0/stdin, /spec/hostPID]}";
    for (spec, more, excepted) in [
        (first, "  containers: [x]\n", true),
        (first, "  containers: ['y']\n", false),
        (both, "  containers: [x]\n", false),
        (both, "  containers: [x, 'y']\n", true),
        (both, "  containers: ['*']\n", true),
        (pod_level, "  containers: ['*']\n", false),
        (pod_level, "", true),
        (first, "  rules: [other]\n", false),
        (first, "  subject: {kinds: [Pod], namespaces: [shop], names: [a]}\n", true),
        (first, "  subject: {kinds: [Deployment]}\n", false),
        (first, "  subject: {namespaces: [kube-*]}\n", false),
        (first, "  target: {labels: {tier: edge}}\n", false),
        (first, "  target: {labels: {tier: core}}\n", true),
        (first, "  subject: {namespaces: [ops, shop]}\n", true),
        (first, "  subject: {namespaces: ['*'], names: [b]}\n", false),
        (first, "  subject: {names: [b, a]}\n", true),
        (first, "  subject: {names: ['?']}\n", false),
        (first, "  notBefore: 1999-01-01T00:00:00Z\n", false),
    ] {
        let (set, errors) =
            build(&(rule("r", spec) + &exception("e", more)), BundleManifest::default());
        assert_eq!(errors, Vec::<String>::new(), "{more}");
        let verdict = judge(&set, POD, Operation::Create, false);
        let status = if excepted { Status::Excepted } else { Status::Active };
        assert_eq!(verdict.judgements[0].status, status, "{spec} {more}");
        assert_eq!(verdict.allowed(), excepted, "{spec} {more}");
    }
}

#[test]
fn the_first_exception_that_covers_counts_and_all_that_do_are_used() {
    let policies = [
        rule("r", "{kind: Pod, fields: [/spec/hostPID]}"),
        exception("other", "  subject: {namespaces: [ops]}\n"),
        exception("wide", "  subject: {names: ['*']}\n"),
        exception("by-namespace", "  subject: {namespaces: [shop]}\n"),
        exception("by-name", "  subject: {names: [a]}\n"),
    ];
    let (set, errors) = build(&policies.concat(), BundleManifest::default());
    assert_eq!(errors, Vec::<String>::new());
    let verdict = judge(&set, POD, Operation::Create, false);
    assert_eq!(verdict.judgements[0].exception.as_deref(), Some("wide"));
    let uses = set.exception_uses(jiff::Timestamp::UNIX_EPOCH);
    let unused: Vec<_> = uses.filter(|(_, _, usage)| *usage == ExceptionUse::Unused).collect();
    assert_eq!(unused.iter().map(|(e, _, _)| e.id.as_str()).collect::<Vec<_>>(), ["other"]);
}

#[test]
fn a_label_that_the_target_does_not_have_is_not_guessed() {
    let exception = exception("e", "  target: {labels: {region: north}}\n");
    let (set, errors) =
        build(&(rule("r", "{kind: Pod, fields: [/spec]}") + &exception), BundleManifest::default());
    assert_eq!(errors, ["the target that is judged for has no label `region`"]);
    assert!(!judge(&set, POD, Operation::Create, false).allowed());
}

/// Another thread for a part of an evaluation.
enum Other<'t, 's> {
    /// does all there is to do before the first begins
    Before(&'t PolicySet, &'t Request),
    /// comes when it comes
    Beside(&'s std::thread::Scope<'s, 't>, &'t PolicySet, &'t Request),
    /// never comes
    Never,
}

impl Partner for Other<'_, '_> {
    fn is_free(&self) -> bool {
        true
    }

    fn invite(&self, split: &Arc<Split>) {
        let take_part = |set: &PolicySet, request: &Request, split: &Split| {
            let (inventory, schemas) = (MemoryInventory::new(), Schemas::builtin());
            take_part(set, request, &judging(&inventory, &schemas), split);
        };
        match *self {
            Self::Before(set, request) => take_part(set, request, split),
            Self::Beside(scope, set, request) => {
                let split = Arc::clone(split);
                scope.spawn(move || take_part(set, request, &split));
            }
            Self::Never => {}
        }
    }
}

#[test]
fn the_verdict_is_the_same_whoever_takes_part() {
    let rules = (0..60).map(|n| {
        let spec = match n % 5 {
            0 => "{kind: Pod, fields: [/spec/hostPID]}",
            1 => "{kind: Pod, action: warn, fields: [/metadata/name]}",
            2 => "{kind: '*', does: fail}",
            // It says the how manieth of its kind it is.
            3 => "{kind: '*', does: count}",
            _ => "{kind: '*', fields: [/spec/none]}",
        };
        rule(&format!("r{n}"), spec)
    });
    let (set, errors) = build(&rules.collect::<String>(), BundleManifest::default());
    assert_eq!(errors, Vec::<String>::new());
    let (inventory, schemas) = (MemoryInventory::new(), Schemas::builtin());
    let judge = judging(&inventory, &schemas);
    let pod = request(POD, Operation::Create);
    let told = |partner: Option<&dyn Partner>| {
        format!("{:#?}", evaluate_with(&set, &pod, &judge, partner))
    };
    let alone = told(None);
    assert!(alone.contains("the 12."), "{alone}");
    assert_eq!(told(Some(&Other::Never)), alone);
    assert_eq!(told(Some(&Other::Before(&set, &pod))), alone);
    for _ in 0..50 {
        std::thread::scope(|scope| {
            assert_eq!(told(Some(&Other::Beside(scope, &set, &pod))), alone);
        });
    }
}
