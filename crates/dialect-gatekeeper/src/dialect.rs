use crate::config::{self, Exclusions};
use crate::constraint::{Numbers, Reading};
use crate::expansion::{self, Expansion, Template};
use crate::mutation::{self, Mutator, MutatorId, MutatorKind, Mutators, Webhook};
use crate::template::FailurePolicy;
use crate::{constraint, lint, sync, template};
use sekisho_manifest::Document;
use sekisho_policy::{
    Advice, CompileContext, Compiled, CompiledExpansion, CompiledMutators, CompiledPolicy, Dialect,
    Digest, Mutate, PolicyDocument, PolicyId, PolicyState, PolicyStatus, Rule, Told, Workers,
};
use sekisho_report::Diagnostic;
use sekisho_value::{Pointer, Str};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The dialect's name.
pub const NAME: &str = "gatekeeper";

/// Gatekeeper's templates and constraints.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gatekeeper;

/// What Gatekeeper reads beside templates, constraints and its Config: group, kind, and why it
/// does nothing here; `Err` where that loses something.
const OTHERS: &[(&str, &str, Result<&str, &str>)] = &[
    (
        sync::GROUP,
        sync::KIND,
        Ok("it names what policies may look up in a cluster; of files the inventory holds all"),
    ),
    (
        "externaldata.gatekeeper.sh",
        "Provider",
        Ok("no provider is asked: a policy that asks for external data is an error"),
    ),
];

impl Dialect for Gatekeeper {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "constraint templates and constraints, as Gatekeeper's webhook applies them"
    }

    fn reads(&self, group: &str, kind: &str) -> bool {
        match group {
            template::GROUP => kind == template::KIND,
            constraint::GROUP => true,
            config::GROUP => kind == config::KIND,
            mutation::GROUP => MutatorKind::parse(kind).is_some(),
            expansion::GROUP => kind == expansion::KIND,
            _ => other(group, kind).is_some(),
        }
    }

    fn rules(&self) -> &'static [&'static Rule] {
        lint::RULES
    }

    fn compile(&self, documents: &[PolicyDocument<'_>], context: &CompileContext<'_>) -> Compiled {
        let reading = Reading { strict: context.strict, ..Reading::default() };
        compile(documents, reading, context.workers)
    }
}

/// The dialect as Gatekeeper's CLI takes its documents: as they are given, and not as an API server
/// would store them. Actions that are unknown deny nothing, and are told.
#[derive(Clone, Copy, Debug, Default)]
pub struct GatekeeperCli;

impl Dialect for GatekeeperCli {
    fn name(&self) -> &'static str {
        Gatekeeper.name()
    }

    fn about(&self) -> &'static str {
        Gatekeeper.about()
    }

    fn reads(&self, group: &str, kind: &str) -> bool {
        Gatekeeper.reads(group, kind)
    }

    fn rules(&self) -> &'static [&'static Rule] {
        Gatekeeper.rules()
    }

    fn compile(&self, documents: &[PolicyDocument<'_>], context: &CompileContext<'_>) -> Compiled {
        let numbers = Numbers::Doubles;
        let reading =
            Reading { strict: context.strict, as_given: true, numbers, ..Reading::default() };
        compile(documents, reading, context.workers)
    }
}

impl Gatekeeper {
    /// Compiles documents as Gatekeeper's CLI takes them: as they are given, and not as an API
    /// server would store them. What becomes of errors of CEL where a template does not say it is
    /// a flag of that CLI.
    #[must_use]
    pub fn compile_as_given(
        documents: &[PolicyDocument<'_>],
        numbers: Numbers,
        failure_policy: FailurePolicy,
        workers: &dyn Workers,
    ) -> Compiled {
        let reading = Reading { strict: false, as_given: true, numbers, failure_policy };
        compile(documents, reading, workers)
    }
}

/// Templates do not depend on each other, nor do constraints: what is wrong with them is told in
/// their order all the same.
fn compile(documents: &[PolicyDocument<'_>], reading: Reading, workers: &dyn Workers) -> Compiled {
    let mut run = Run::default();
    let mut exclusions = Exclusions::default();
    let mut configs = documents.iter().filter(|policy| group(policy) == config::GROUP);
    if let Some(config) = configs.next() {
        run.config(config, reading.strict, &mut exclusions);
        configs.for_each(|other| run.other_config(config, other));
    }
    let exclusions = Arc::new(exclusions);
    let templates = of_group(documents, template::GROUP);
    let shared = template::Shared::of(&templates, workers);
    let read = workers.each(&templates, |policy| {
        let mut told = Told::of(policy.document);
        (template::read(policy, reading, &shared, &mut told), told)
    });
    for (policy, ((template, kind), told)) in templates.into_iter().zip(read) {
        run.template(policy, template, kind, told);
    }
    let constraints = of_group(documents, constraint::GROUP);
    let templates = &run.templates;
    let read = workers.each(&constraints, |policy| {
        Constraint::read(policy, templates.get(policy.document.kind()), &exclusions, reading)
    });
    for (policy, constraint) in constraints.iter().zip(read) {
        run.constraint(policy, constraint);
    }
    run.unused_templates(&constraints.iter().map(|policy| policy.document.kind()).collect());
    let mutators = run.mutators(documents, exclusions, reading);
    run.expansion(documents, mutators, reading);
    run.compiled.needs = sync::needs(documents);
    for policy in documents {
        run.other(policy);
    }
    run.compiled
}

fn of_group<'p, 'd>(
    documents: &'p [PolicyDocument<'d>],
    wanted: &str,
) -> Vec<&'p PolicyDocument<'d>> {
    documents.iter().filter(|policy| group(policy) == wanted).collect()
}

fn group<'a>(policy: &PolicyDocument<'a>) -> &'a str {
    policy.document.api_version().split_once('/').map_or("", |(group, _)| group)
}

/// Where a document begins.
fn place(document: &Document) -> String {
    format!("{}:{}", document.source().name, document.locate(&Pointer::root()).line)
}

fn is_expansion(policy: &PolicyDocument<'_>) -> bool {
    group(policy) == expansion::GROUP && policy.document.kind() == expansion::KIND
}

fn other(group: &str, kind: &str) -> Option<Result<&'static str, &'static str>> {
    OTHERS.iter().find(|(g, k, _)| *g == group && *k == kind).map(|(_, _, why)| *why)
}

fn id(policy: &PolicyDocument<'_>) -> PolicyId {
    let document = policy.document;
    PolicyId::new(policy.origin, NAME, document.kind(), document.name().unwrap_or_default())
}

/// A template by the kind of its constraints.
enum Entry {
    Compiled { template: Box<template::Template>, id: PolicyId, digest: Digest },
    Failed { digest: Digest, reason: String },
}

/// What became of a constraint.
struct Constraint<'d> {
    compiled: Option<CompiledPolicy>,
    advice: Vec<Advice>,
    /// why its template did not compile
    without_template: Option<String>,
    told: Told<'d>,
}

impl<'d> Constraint<'d> {
    fn read(
        policy: &PolicyDocument<'d>,
        template: Option<&Entry>,
        exclusions: &Arc<Exclusions>,
        reading: Reading,
    ) -> Self {
        let told = Told::of(policy.document);
        let mut read = Self { compiled: None, advice: Vec::new(), without_template: None, told };
        let told = &mut read.told;
        match template {
            None => {
                let kind = policy.document.kind();
                let message = format!("there is no template for constraints of kind `{kind}`");
                let help = format!(
                    "give the ConstraintTemplate `{}` with the policies",
                    kind.to_lowercase()
                );
                told.fault(Pointer::root().key("kind"), message, &help);
            }
            Some(Entry::Failed { reason, .. }) => read.without_template = Some(reason.clone()),
            Some(Entry::Compiled { template, .. }) => {
                read.compiled = constraint::read(policy, template, reading, exclusions, told);
                if read.compiled.is_some() {
                    read.advice = lint::of_constraint(&constraint::id(policy), policy, template);
                }
            }
        }
        read
    }
}

#[derive(Default)]
struct Run<'d> {
    compiled: Compiled,
    templates: BTreeMap<Str, Entry>,
    /// the first template of a kind
    firsts: BTreeMap<Str, &'d Document>,
}

impl<'d> Run<'d> {
    fn fail(&mut self, policy: &PolicyDocument<'_>, told: Told<'_>) {
        let reason = told.reason();
        self.compiled.failed.push((id(policy), policy.digest, reason));
        self.compiled.diagnostics.extend(told.diagnostics);
    }

    fn state(&mut self, id: &PolicyId, digest: Digest, status: PolicyStatus, reason: &str) {
        self.compiled.states.push(PolicyState {
            id: id.as_str().to_owned(),
            digest: digest.to_string(),
            status,
            reason: Some(reason.to_owned()),
        });
    }

    /// Gatekeeper reads the Config of the namespace that it runs in, which nobody knows here. What
    /// they sync is nothing to files; libraries give every policy a Config that says it.
    fn other_config(&mut self, config: &PolicyDocument<'_>, other: &PolicyDocument<'_>) {
        let excludes = |config: &PolicyDocument<'_>| {
            config.document.value.path(&["spec", "match"]).cloned().unwrap_or_default()
        };
        if config.digest == other.digest {
            return;
        }
        if excludes(config) == excludes(other) {
            let reason = "another Config excludes the same namespaces, and counts";
            return self.state(&id(other), other.digest, PolicyStatus::Off, reason);
        }
        let mut told = Told::of(other.document);
        let message =
            format!("another Config stands in `{}`: Gatekeeper reads one", place(config.document));
        told.fault(Pointer::root().keys(&["metadata", "name"]), message, "keep one");
        self.fail(other, told);
    }

    fn config(&mut self, policy: &PolicyDocument<'_>, strict: bool, exclusions: &mut Exclusions) {
        let mut told = Told::of(policy.document);
        exclusions.read(&policy.document.value, strict, &mut told);
        if !told.is_empty() {
            return self.fail(policy, told);
        }
        let reason = "the namespaces that it excludes are passed over";
        self.state(&id(policy), policy.digest, PolicyStatus::Enforced, reason);
    }

    fn template(
        &mut self,
        policy: &PolicyDocument<'d>,
        template: Option<template::Template>,
        kind: Option<Str>,
        mut told: Told<'_>,
    ) {
        let digest = policy.digest;
        if let Some(kind) = &kind
            && let Some(before) = self.templates.get(kind)
        {
            let (Entry::Compiled { digest: before, .. } | Entry::Failed { digest: before, .. }) =
                before;
            if *before == digest {
                return;
            }
            let at = Pointer::root().keys(&["metadata", "name"]);
            let other = self.firsts.get(kind).map(|first| place(first)).unwrap_or_default();
            let message =
                format!("another template of the same name, in `{other}`, says something else");
            told.fault(at, message, "keep one");
        }
        let failed = !told.is_empty();
        let reason = told.reason();
        if failed {
            self.fail(policy, told);
        }
        let Some(kind) = kind else { return };
        let entry = match template {
            Some(template) if !failed => {
                let id = id(policy);
                self.compiled.advice.extend(lint::of_template(&id, policy, &template));
                Entry::Compiled { template: Box::new(template), id, digest }
            }
            _ => Entry::Failed { digest, reason },
        };
        self.firsts.entry(kind.clone()).or_insert(policy.document);
        self.templates.insert(kind, entry);
    }

    fn constraint(&mut self, policy: &PolicyDocument<'_>, constraint: Constraint<'_>) {
        let Constraint { compiled, advice, without_template, told } = constraint;
        // What is wrong with the template is told once.
        if let Some(reason) = without_template {
            let reason = format!("its template does not compile: {reason}");
            return self.compiled.failed.push((id(policy), policy.digest, reason));
        }
        self.compiled.advice.extend(advice);
        self.compiled.policies.extend(compiled);
        if !told.is_empty() {
            self.fail(policy, told);
        }
    }

    fn mutators(
        &mut self,
        documents: &[PolicyDocument<'_>],
        exclusions: Arc<Exclusions>,
        reading: Reading,
    ) -> Option<Arc<Webhook>> {
        let mut read = Vec::new();
        let mut given: BTreeMap<MutatorId, &PolicyDocument<'_>> = BTreeMap::new();
        for policy in documents.iter().filter(|policy| group(policy) == mutation::GROUP) {
            let mut told = Told::of(policy.document);
            let mutator = match Mutator::read(&policy.document.value, reading.strict) {
                Ok(mutator) => mutator,
                Err(faults) => {
                    told.extend(faults, &Pointer::root());
                    self.fail(policy, told);
                    continue;
                }
            };
            match given.get(mutator.id()) {
                Some(before) if before.digest == policy.digest => continue,
                Some(before) => {
                    let at = Pointer::root().keys(&["metadata", "name"]);
                    let message = format!(
                        "another mutator of the same name, in `{}`, says something else",
                        place(before.document)
                    );
                    told.fault(at, message, "give them different names, or take one away");
                    self.fail(policy, told);
                    continue;
                }
                None => {}
            }
            given.insert(mutator.id().clone(), policy);
            read.push(mutator);
        }
        if read.is_empty() {
            return None;
        }
        let mutators = Mutators::new(read);
        let of = |id: &MutatorId| given.get(id).copied();
        for conflict in mutators.conflicts() {
            let Some(policy) = of(&conflict.id) else { continue };
            let with: Vec<String> = conflict.with.iter().map(|id| format!("`{id}`")).collect();
            let message = format!(
                "its location takes a field for something else than {} does",
                with.join(", ")
            );
            let help = "none of them is applied until the locations agree on what is an object, a \
                        list or a value";
            let mut told = Told::of(policy.document);
            told.fault(Mutator::location_pointer(), message, help);
            self.fail(policy, told);
        }
        let in_conflict = |id: &MutatorId| mutators.conflicts().iter().any(|c| c.id == *id);
        let all = mutators.mutators().iter().map(Mutator::id);
        let ids: Vec<PolicyId> = all.clone().filter_map(of).map(id).collect();
        let in_force = all.filter(|id| !in_conflict(id)).filter_map(of);
        let policies = in_force.map(|policy| (id(policy), policy.digest)).collect();
        let webhook = Arc::new(Webhook { mutators, ids, exclusions });
        let mutate = Arc::clone(&webhook) as Arc<dyn Mutate>;
        self.compiled.mutators = Some(CompiledMutators { dialect: NAME, policies, mutate });
        Some(webhook)
    }

    fn expansion(
        &mut self,
        documents: &[PolicyDocument<'_>],
        mutators: Option<Arc<Webhook>>,
        reading: Reading,
    ) {
        let mut read: Vec<Template> = Vec::new();
        let mut given: Vec<&PolicyDocument<'_>> = Vec::new();
        for policy in documents.iter().filter(|policy| is_expansion(policy)) {
            let mut told = Told::of(policy.document);
            match Template::read(&policy.document.value, reading) {
                Ok(template) => {
                    let name = template.name();
                    match read.iter().zip(&given).find(|(other, _)| other.name() == name) {
                        Some((_, before)) if before.digest == policy.digest => continue,
                        Some((_, before)) => {
                            let at = Pointer::root().keys(&["metadata", "name"]);
                            let message = format!(
                                "another expansion template of the same name, in `{}`, says \
                                 something else",
                                place(before.document)
                            );
                            told.fault(at, message, "give them different names, or take one away");
                        }
                        None => {
                            read.push(template);
                            given.push(policy);
                        }
                    }
                }
                Err(faults) => told.extend(faults, &Pointer::root()),
            }
            if !told.is_empty() {
                self.fail(policy, told);
            }
        }
        let cycles = expansion::cycles(&read);
        let mut templates = Vec::new();
        let mut policies = Vec::new();
        for (number, (template, policy)) in read.into_iter().zip(given).enumerate() {
            if cycles.contains(&number) {
                let mut told = Told::of(policy.document);
                let at = Pointer::root().keys(&["spec", "generatedGVK"]);
                let message = "template forms expansion cycle: what it generates comes round to it";
                told.fault(at, message, "none of the templates on the cycle is applied");
                self.fail(policy, told);
                continue;
            }
            policies.push((id(policy), policy.digest));
            templates.push((template, id(policy)));
        }
        if !templates.is_empty() {
            let expand = Arc::new(Expansion::new(templates, mutators));
            self.compiled.expansion = Some(CompiledExpansion { dialect: NAME, policies, expand });
        }
    }

    fn unused_templates(&mut self, used: &BTreeSet<&str>) {
        let unused: Vec<(PolicyId, Digest)> = self
            .templates
            .iter()
            .filter(|(kind, _)| !used.contains(kind.as_str()))
            .filter_map(|(_, entry)| match entry {
                Entry::Compiled { id, digest, .. } => Some((id.clone(), *digest)),
                Entry::Failed { .. } => None,
            })
            .collect();
        for (id, digest) in unused {
            self.state(&id, digest, PolicyStatus::Off, "no constraint is of its kind");
        }
    }

    fn other(&mut self, policy: &PolicyDocument<'_>) {
        match other(group(policy), policy.document.kind()) {
            None => {}
            Some(Ok(reason)) => self.state(&id(policy), policy.digest, PolicyStatus::Off, reason),
            Some(Err(reason)) => {
                self.state(&id(policy), policy.digest, PolicyStatus::Unsupported, reason);
                let document = policy.document;
                let place = document.locate(&Pointer::root().key("kind"));
                let name = document.name().unwrap_or_default();
                let message = format!("{} `{name}`: {reason}", document.kind());
                let file = document.source().name.clone();
                let diagnostic = Diagnostic::at(file, place.line, place.column, message);
                self.compiled.diagnostics.push(diagnostic);
            }
        }
    }
}
