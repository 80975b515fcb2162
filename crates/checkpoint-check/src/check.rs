//! `sekisho check`: files in, report out.

use crate::advice;
use crate::external::Answers;
use crate::input::{Input, collect};
use crate::load::{Loaded, Stdin, load};
use crate::mutation::{self, Mutation};
use crate::namespaces;
use crate::no_policy;
use crate::objects::Object;
use crate::places::Places;
use crate::reviews;
use crate::schema_findings;
use crate::{AT_ONCE, Progress, Silent};
use rayon::prelude::*;
use sekisho_engine::{
    BuildOptions, ExceptionUse, Judge, Judgement, PolicySet, VerdictError, as_violation, evaluate,
    finding_key, subject,
};
use sekisho_kube_model::{Gvk, Schemas};
use sekisho_manifest::Document;
use sekisho_policy::{
    Bundle, Dialect, Digest, Form, NamespaceObject, Operation, Point, PolicyId, Target, UserInfo,
};
use sekisho_report::{
    Action, Basis, Diagnostic, Finding, InventoryBasis, Report, Resource, Severity, Status,
    Summary, TargetBasis, apply_baseline,
};
use sekisho_value::{Pointer, Value};
use sekisho_watchdog::{LIMIT, Watchdog};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What `check` judges by.
pub struct CheckOptions<'a> {
    /// the policies
    pub bundle: &'a Bundle,
    /// the dialects that are built in
    pub dialects: &'a [&'a dyn Dialect],
    /// tells of a kind whether it is a policy of a dialect that is not built in
    pub unsupported: fn(group: &str, kind: &str) -> Option<&'static str>,
    /// what is judged for
    pub target: &'a Target,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
    /// the version of the engine, for the basis
    pub engine_version: &'a str,
    /// the namespace of objects that name none
    pub namespace: &'a str,
    /// who creates the objects
    pub user: &'a UserInfo,
    /// judge the pods that controllers would create
    pub implied: bool,
    /// skipped documents and schema findings are errors
    pub strict: bool,
    /// Gatekeeper's policies judge as in its CLI, where that differs from the webhook
    pub gator_compat: bool,
    /// files and folders of objects that are known and not judged: what policies may look up
    pub inventory: &'a [PathBuf],
    /// what providers of external data answer
    pub external_data: &'a Answers,
    /// how many findings of each key do not count
    pub baseline: Option<&'a BTreeMap<String, usize>>,
}

/// Reads the inputs and judges every object in them.
#[must_use]
pub fn check(
    input: Input,
    stdin: Stdin<'_>,
    options: &CheckOptions<'_>,
    progress: &dyn Progress,
) -> Report {
    let mut loaded = load(input, stdin, progress);
    reviews::skip(&mut loaded);
    let inventory = known(options.inventory);
    let build = BuildOptions {
        dialects: options.dialects,
        unsupported: options.unsupported,
        target: options.target,
        strict: options.strict,
    };
    let (set, mut errors) = PolicySet::build(options.bundle, &build);
    if errors.is_empty() {
        errors.extend(no_policy::error(&set, options.now));
    }
    let exceptions = set.exception_uses(options.now).map(|(_, document, _)| document);
    let advised = set.advice().iter().map(|advice| &advice.document);
    let of_policies: Vec<&Document> =
        set.objects().iter().chain(exceptions).chain(advised).collect();
    let all = of_policies.into_iter().chain(&inventory.documents).chain(&loaded.documents);
    let places = Places::of(all);
    let (schemas, schema_errors) =
        schemas(&set, inventory.documents.iter().chain(&loaded.documents), &places);
    errors.extend(schema_errors);
    errors.extend(inventory.errors);
    errors.extend(set.twice(&inventory.documents));
    let external = options.external_data;
    errors.extend(external.errors.iter().cloned());
    if !options.inventory.is_empty() {
        let revisions = [loaded.revision.as_bytes(), inventory.revision.as_bytes()];
        loaded.revision = Digest::of(revisions).to_string();
    }
    if !external.revision.is_empty() {
        let revisions = [loaded.revision.as_bytes(), external.revision.as_bytes()];
        loaded.revision = Digest::of(revisions).to_string();
    }
    let mut run = Run {
        options,
        set: &set,
        schemas: &schemas,
        places: &places,
        findings: Vec::new(),
        errors,
    };
    run.judge_all(&loaded.documents, &inventory.documents, progress);
    run.exceptions();
    run.findings.extend(set.advice().iter().map(|advice| advice::finding(advice, &places)));
    run.report(loaded)
}

/// What is known and not judged.
pub(crate) fn known(paths: &[PathBuf]) -> Loaded {
    if paths.is_empty() {
        return Loaded::default();
    }
    let nothing = || Err("the inventory is not read from standard input".to_owned());
    load(collect(paths, &[]), &nothing, &Silent)
}

/// The built-in schemas and those of the CustomResourceDefinitions among policies and inputs.
pub(crate) fn schemas<'d>(
    set: &'d PolicySet,
    documents: impl IntoIterator<Item = &'d Document>,
    places: &Places,
) -> (Schemas, Vec<Diagnostic>) {
    let is_crd = |d: &&Document| {
        d.kind() == "CustomResourceDefinition"
            && d.api_version().starts_with("apiextensions.k8s.io/")
    };
    let crds: Vec<&Document> = set.objects().iter().chain(documents).filter(is_crd).collect();
    let (schemas, problems) = Schemas::with_crds(crds.iter().map(|d| &d.value));
    let errors = problems
        .into_iter()
        .filter_map(|(index, problem)| {
            let document = crds.get(index)?;
            let message = format!("{}: {}", document.name().unwrap_or_default(), problem.message);
            let error = places.diagnostic(document, &problem.pointer, message);
            Some(Diagnostic { help: problem.help, ..error })
        })
        .collect();
    (schemas, errors)
}

struct Run<'a> {
    options: &'a CheckOptions<'a>,
    set: &'a PolicySet,
    schemas: &'a Schemas,
    places: &'a Places,
    findings: Vec<Finding>,
    errors: Vec<Diagnostic>,
}

#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    errors: Vec<Diagnostic>,
}

impl Run<'_> {
    fn judge_all(
        &mut self,
        documents: &[Document],
        inventory: &[Document],
        progress: &dyn Progress,
    ) {
        progress.objects(documents.len());
        let mut objects: Vec<Object<'_>> = documents
            .par_iter()
            .map(|document| Object::new(document, self.schemas, self.options.namespace))
            .collect();
        // What the inventory holds is as certain as what the policies come with.
        let of_policies = self.set.objects().iter().chain(inventory);
        let of_policies: Vec<Object<'_>> =
            of_policies.map(|document| Object::new(document, self.schemas, "default")).collect();
        for object in &of_policies {
            self.errors.extend(schema_findings::refusals(object, self.places));
        }
        self.errors.extend(namespaces::errors(&of_policies, self.places));
        self.findings.extend(namespaces::overridden(&of_policies, &objects, self.places));
        let mutation = Mutation {
            set: self.set,
            schemas: self.schemas,
            now: self.options.now,
            user: self.options.user,
            known: &of_policies,
            external: &self.options.external_data.answers,
        };
        // Gatekeeper's CLI judges what is not mutated.
        if !self.options.gator_compat {
            mutation.apply(&mut objects);
        }
        let inventory = mutation::inventory(&objects, &of_policies, mutation.external);
        let judge = Judge {
            inventory: &inventory,
            schemas: self.schemas,
            now: self.options.now,
            implied: self.options.implied,
            record: false,
            cancelled: None,
        };
        let watchdog = Watchdog::start(LIMIT);
        let judged: Vec<Judged> = objects
            .par_iter()
            .with_max_len(AT_ONCE)
            .map(|object| {
                let watched = watchdog.watch();
                let judge = Judge { cancelled: Some(watched.stop()), ..judge };
                let judged = self.judge(object, &judge);
                progress.judged_object();
                judged
            })
            .collect();
        for one in judged {
            self.findings.extend(one.findings);
            self.errors.extend(one.errors);
        }
    }

    fn judge(&self, object: &Object<'_>, judge: &Judge<'_>) -> Judged {
        let mut judged = Judged::default();
        schema_findings::sort_out(
            object,
            self.schemas,
            self.places,
            self.options.target.kubernetes_version,
            self.options.strict,
            &mut judged.findings,
            &mut judged.errors,
        );
        if !object.decoded.is_readable() {
            return judged;
        }
        if !object.unmutated.is_empty() {
            judged.errors.extend(object.unmutated.iter().map(|error| self.error(object, error)));
            return judged;
        }
        let mut request = object.request(self.options.user);
        if self.options.gator_compat {
            (request.point, request.form) = (Point::Gator, Form::Bare);
            if request.namespace.is_none() {
                // What is in no namespace is in one without a name, there.
                request.namespace_object = NamespaceObject::Given(Value::object());
            }
        }
        if schema_findings::has_assumed_scope(object) && self.set.goes_by_namespace(&request) {
            judged.findings.push(schema_findings::assumed_scope(object, self.places));
        }
        let verdict = evaluate(self.set, &request, judge);
        for judgement in verdict.judgements {
            judged.findings.push(self.finding(judgement, object));
        }
        for error in verdict.errors.iter().chain(&verdict.tolerated) {
            if self.options.gator_compat
                && let Some(violation) =
                    as_violation(self.set, error, &request, self.schemas, self.options.now)
                && violation.dialect == "gatekeeper"
            {
                judged.findings.push(self.finding(violation, object));
                continue;
            }
            judged.errors.push(self.error(object, error));
        }
        judged
    }

    fn error(&self, object: &Object<'_>, error: &VerdictError) -> Diagnostic {
        schema_findings::policy_error(self.set, object, error, self.places)
    }

    fn finding(&self, judgement: Judgement, object: &Object<'_>) -> Finding {
        let place = |at: &Pointer| self.places.location(object.document, at);
        judgement.into_finding(self.options.dialects, place)
    }

    /// Expired exceptions warn, unused ones are recorded.
    fn exceptions(&mut self) {
        for (exception, document, usage) in self.set.exception_uses(self.options.now) {
            let (rule, action, field, message) = match usage {
                ExceptionUse::InOrder => continue,
                ExceptionUse::Expired => (
                    "exception/expired",
                    Action::Warn,
                    "notAfter",
                    format!("exception `{}` expired on {}", exception.id, exception.not_after),
                ),
                ExceptionUse::Unused => (
                    "exception/unused",
                    Action::Audit,
                    "policy",
                    format!("exception `{}` covers nothing that was judged", exception.id),
                ),
            };
            let id = PolicyId::new(PolicyId::LOCAL, "exception", document.kind(), &exception.id);
            let subject = Gvk::of(&document.value)
                .map(|gvk| subject(&gvk, &document.value, None))
                .unwrap_or_default();
            let at = Pointer::root().keys(&["spec", field]);
            self.findings.push(Finding {
                key: finding_key(&id, rule, &subject, &[], rule),
                policy: exception.id.clone(),
                policy_id: id.as_str().to_owned(),
                binding: None,
                dialect: "exception".to_owned(),
                rule: rule.to_owned(),
                action,
                declared_action: action,
                action_reason: None,
                status: Status::Active,
                exception: None,
                implied: false,
                severity: Severity::Low,
                message,
                help: Some("renew it or take it away".to_owned()),
                resource: Resource {
                    api_version: document.api_version().to_owned(),
                    kind: document.kind().to_owned(),
                    namespace: None,
                    name: exception.id.clone(),
                },
                location: self.places.location(document, &at),
                related: Vec::new(),
                docs: None,
            });
        }
    }

    fn report(mut self, loaded: Loaded) -> Report {
        let mut errors = loaded.errors;
        errors.append(&mut self.errors);
        if self.options.strict {
            errors.extend(loaded.skipped.iter().map(|skipped| {
                let message = format!("not judged: {}", skipped.reason);
                Diagnostic::at(skipped.file.clone(), skipped.line, 1, message)
            }));
        }
        if let Some(baseline) = self.options.baseline {
            apply_baseline(&mut self.findings, baseline);
        }
        let mut skipped = loaded.skipped;
        skipped.extend_from_slice(self.set.skipped());
        let summary = Summary {
            files: loaded.files,
            objects: loaded.documents.len(),
            skipped: skipped.len(),
            errors: errors.len(),
            ..Summary::default()
        };
        let summary = summary.count(&self.findings);
        Report {
            version: (),
            summary,
            basis: self.basis(loaded.revision),
            policies: self.set.states_for(Operation::Create),
            findings: self.findings,
            skipped,
            errors,
        }
    }

    fn basis(&self, revision: String) -> Basis {
        let target = self.options.target;
        Basis {
            policy_set: self.set.digest().to_owned(),
            sequence: self.set.sequence(),
            engine_version: self.options.engine_version.to_owned(),
            target: TargetBasis {
                id: target.id.clone(),
                labels: target.labels.clone(),
                kubernetes_version: target.kubernetes_version.to_string(),
                kubernetes_version_assumed: target.assumed,
            },
            inventory: InventoryBasis { revision, complete: false, age_seconds: None },
            time: self.options.now.to_string(),
            settings: None,
        }
    }
}
